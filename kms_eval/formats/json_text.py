"""JSON, with the line of every value at hand but not computed until a message needs it.

Comes in: text without NUL characters. Goes out: plain values and a way to their lines; InputError with every fault.
Never here: files, YAML, the meaning of any value.
https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Steps, field_name
from kms_eval.formats.lines import DEEPEST, LineTree
from kms_eval.formats.numbers import fraction, whole_number

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNFIT = "[\0\ud800-\udfff]"  # compiled where it is needed, which is rare
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)
_CONSTANTS = frozenset({"NaN", "Infinity", "-Infinity"})


def read_json(text: str, name: str) -> tuple[object, Callable[[Steps], int | None]]:
    """The value of a JSON text and the function from a place in it to its line.

    Beyond what JSON forbids, these are faults: duplicate keys, NaN and the infinities, numbers no one means, NUL
    characters and halves of surrogate pairs in strings, nesting deeper than 100 levels.
    """
    hooks = _Hooks()
    try:
        value = json.loads(
            text,
            object_pairs_hook=hooks.mapping,
            parse_int=hooks.whole_number,
            parse_float=hooks.fraction,
            parse_constant=hooks.constant,
        )
    except json.JSONDecodeError as error:
        raise InputError(_syntax_fault(error, name)) from None
    except RecursionError:
        raise InputError(_depth_fault(text, name)) from None
    if _too_deep(value):
        raise InputError(_depth_fault(text, name))
    if hooks.odd or _SUSPICIOUS_ESCAPE.search(text):
        _, faults = _scan(text, name)
        if faults:
            raise InputError(faults)
    return value, _lines(text, name)


class _Hooks:
    """What the parser calls; `odd` is set where the slower scan has to find the place of a fault."""

    def __init__(self) -> None:
        self.odd = False

    def mapping(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        self.odd |= len(members) != len(pairs)
        return members

    def whole_number(self, text: str) -> object:
        return self._number(whole_number, text)

    def fraction(self, text: str) -> object:
        return self._number(fraction, text)

    def constant(self, _text: str) -> object:
        self.odd = True
        return None

    def _number(self, read: Callable[[str], object], text: str) -> object:
        try:
            return read(text)
        except ValueError:
            self.odd = True
            return None


def _lines(text: str, name: str) -> Callable[[Steps], int | None]:
    @cache
    def tree() -> LineTree:
        return _scan(text, name)[0]

    return lambda steps: tree().line_at(steps)


def _syntax_fault(error: json.JSONDecodeError, name: str) -> Fault:
    reason = error.msg[:1].lower() + error.msg[1:]
    return Fault(f"not valid JSON: {reason} at column {error.colno}", Location(name, error.lineno), _syntax_help(error))


def _syntax_help(error: json.JSONDecodeError) -> str | None:
    """What is most likely wrong: JSON has neither comments nor a comma after the last member."""
    rest, before = error.doc[error.pos :].lstrip(), error.doc[: error.pos].rstrip()
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments: remove it"
    if (before.endswith(",") and rest[:1] in {"}", "]"}) or (rest[:1] == "," and rest[1:].lstrip()[:1] in {"}", "]"}):
        return "JSON has no comma after the last member: remove it"
    return None


def _too_deep(value: object, left: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than `left` levels; looked through in the order in which it lies in memory."""
    if not isinstance(value, (dict, list)):
        return False
    if left == 0:
        return True
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, (dict, list)) and _too_deep(member, left - 1):
            return True
    return False


def _depth_fault(text: str, name: str) -> Fault:
    depth = 0
    line: int | None = None
    for match in _TOKEN.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match.group(), 0)
        if depth > DEEPEST:
            line = text.count("\n", 0, match.start()) + 1
            break
    return Fault(f"nested more than {DEEPEST} levels deep", Location(name, line))


class _Frame:
    """An object or array that is open; `step` is None where a key is due."""

    __slots__ = ("step", "tree")

    def __init__(self, tree: LineTree, step: str | int | None) -> None:
        self.tree = tree
        self.step = step


def _scan(text: str, name: str) -> tuple[LineTree, list[Fault]]:
    """Lines of everything in the text, and what is wrong with it beyond its syntax.

    INVARIANT: the parser has accepted the text.
    """
    scanner = _Scanner(name)
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        scanner.take(match.group(), line)
    return scanner.root.members[0], scanner.faults


class _Scanner:
    """Walks through the lexemes of a JSON text, without recursion."""

    def __init__(self, name: str) -> None:
        self.root = LineTree(0)
        self.faults: list[Fault] = []
        self._name = name
        self._frames = [_Frame(self.root, 0)]

    def take(self, lexeme: str, line: int) -> None:
        frame = self._frames[-1]
        if lexeme in "}]":
            self._frames.pop()
        elif lexeme == ",":
            frame.step = frame.step + 1 if isinstance(frame.step, int) else None
        elif frame.step is None:
            self._key(lexeme, line)
        elif lexeme != ":":
            # The line of an object's member is that of its key.
            member = frame.tree.members.setdefault(frame.step, LineTree(line))
            if lexeme in "{[":
                self._frames.append(_Frame(member, 0 if lexeme == "[" else None))
            else:
                self._check(lexeme, line)

    def _key(self, lexeme: str, line: int) -> None:
        frame = self._frames[-1]
        frame.step = key = json.loads(lexeme)
        if key in frame.tree.members:
            self._fault(f"duplicate key {quoted(key)} (the first is on line {frame.tree.members[key].line})", line)
        frame.tree.members[key] = LineTree(line)
        self._check(lexeme, line)

    def _check(self, lexeme: str, line: int) -> None:
        if complaint := _complaint(lexeme):
            self._fault(complaint, line)

    def _fault(self, message: str, line: int) -> None:
        steps = tuple(frame.step for frame in self._frames[1:] if frame.step is not None)
        self.faults.append(Fault(message, Location(self._name, line, field_name(steps) or None)))


def _complaint(lexeme: str) -> str | None:
    """What is wrong with one string, number or constant."""
    if lexeme[0] == '"':
        if "\\u" in lexeme and re.search(_UNFIT, json.loads(lexeme)):
            return "has a character that is none: NUL or half of a surrogate pair"
        return None
    if lexeme in _CONSTANTS:
        return f"`{lexeme}` is not a number of JSON"
    if lexeme in {"true", "false", "null"}:
        return None
    try:
        (whole_number if _WHOLE_NUMBER.fullmatch(lexeme) else fraction)(lexeme)
    except ValueError as error:
        return str(error)
    return None
