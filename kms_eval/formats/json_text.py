"""JSON, with the position of every value, computed only when a message needs it.

Comes in: text without NUL characters. Goes out: plain values and a function that finds their positions; InputError with
every fault.
Never here: files, YAML, the meaning of any value.
https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Position, Steps, field_name
from kms_eval.formats.lines import DEEPEST, LineTree
from kms_eval.formats.numbers import fraction, whole_number

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNFIT = "[\0\ud800-\udfff]"  # compiled where it is needed, which is rare
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)
_CONSTANTS = frozenset({"NaN", "Infinity", "-Infinity"})


def read_json(text: str, name: str) -> tuple[object, Callable[[Steps], Position | None]]:
    """The value of a JSON text and the function from a place in it to its position.

    Beyond what JSON forbids, these are faults: duplicate keys, NaN and the infinities, numbers that are out of range,
    NUL characters and lone surrogates in strings, nesting deeper than 100 levels.
    """
    hooks = _Hooks()
    try:
        value = hooks.decoder().decode(text)
    except json.JSONDecodeError as error:
        raise InputError(_syntax_fault(error, name)) from None
    except RecursionError:
        raise InputError(_depth_fault(text, name)) from None
    _refuse_odd(text, name, value, odd=hooks.odd)
    return value, _Finder(text)


def read_json_values(text: str, name: str) -> tuple[list[object], Callable[[Steps], Position | None]]:
    """The values of a text of consecutive JSON values, such as JSON Lines, and the function that finds their positions.

    The first step of a place is the index of the value. The faults are those of `read_json`.
    """
    hooks = _Hooks()
    decoder = hooks.decoder()
    values: list[object] = []
    offsets: list[int] = []
    here = _after_space(text, 0)
    try:
        while here < len(text):
            offsets.append(here)
            value, here = decoder.raw_decode(text, here)
            values.append(value)
            here = _after_space(text, here)
    except json.JSONDecodeError as error:
        raise InputError(_syntax_fault(error, name)) from None
    except RecursionError:
        raise InputError(_depth_fault(text, name)) from None
    _refuse_odd(text, name, values, odd=hooks.odd)
    return values, _Finder(text, offsets)


def _refuse_odd(text: str, name: str, value: object, *, odd: bool) -> None:
    if _too_deep(value):
        raise InputError(_depth_fault(text, name))
    if odd or ("\\u" in text and _SUSPICIOUS_ESCAPE.search(text)):
        faults = _scan(text, name)
        if faults:
            raise InputError(faults)


class _Hooks:
    """Callbacks of the parser; `odd` is set where the slower scan has to find the place of a fault."""

    def __init__(self) -> None:
        self.odd = False

    def decoder(self) -> json.JSONDecoder:
        return json.JSONDecoder(
            object_pairs_hook=self.mapping,
            parse_int=self.whole_number,
            parse_float=self.fraction,
            parse_constant=self.constant,
        )

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


_SPACE = re.compile(r"[ \t\n\r]*")


def _after_space(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


_PAST = json.JSONDecoder().raw_decode
"""From a text and an offset, the value that begins there and the offset after it."""


class _Finder:
    """Finds places in a JSON text by walking to them, skipping the values that are not on the way.

    The members of each object or array on the way are remembered, so that the next place in it is found at once.
    INVARIANT: the parser has accepted the text.
    """

    def __init__(self, text: str, values: list[int] | None = None) -> None:
        self._text = text
        self._breaks: list[int] | None = None
        # By the steps to an object or array: the offsets of each member (in an object, of its key) and of its value.
        self._members: dict[Steps, dict[str | int, tuple[int, int]]] = {}
        if values is not None:
            self._members[()] = {index: (offset, offset) for index, offset in enumerate(values)}

    def __call__(self, steps: Steps) -> Position:
        """The position of the place that `steps` lead to; where there is none, that of the last place on the way.

        The position of an object's member is that of its key. Step 0 also leads to a single value that stands in place
        of a list, as AWS allows in policies.
        """
        around: Steps = ()
        start = value = _after_space(self._text, 0)
        for step in steps:
            if around not in self._members:
                self._members[around] = self._walk(value)
            member = self._members[around].get(step)
            if member is not None:
                start, value = member
                around = (*around, step)
            elif step != 0:
                break
        return self._position(start)

    def _position(self, offset: int) -> Position:
        """Line and column of an offset; the line breaks are found once, for all positions."""
        if self._breaks is None:
            self._breaks = [found.start() for found in re.finditer("\n", self._text)]
        line = bisect_left(self._breaks, offset)
        return Position(line + 1, offset - (self._breaks[line - 1] if line else -1))

    def _walk(self, offset: int) -> dict[str | int, tuple[int, int]]:
        """The members of the object or array that begins at `offset`; no members for any other value."""
        text = self._text
        opening = text[offset]
        members: dict[str | int, tuple[int, int]] = {}
        if opening not in "{[":
            return members
        here = _after_space(text, offset + 1)
        while text[here] not in "}]":
            start = here
            step: str | int = len(members)
            if opening == "{":
                step, here = _PAST(text, here)
                here = _after_space(text, _after_space(text, here) + 1)
            members[step] = (start, here)
            _, here = _PAST(text, here)
            here = _after_space(text, here)
            if text[here] == ",":
                here = _after_space(text, here + 1)
        return members


def _syntax_fault(error: json.JSONDecodeError, name: str) -> Fault:
    reason = error.msg[:1].lower() + error.msg[1:]
    place = Location(name, error.lineno, column=error.colno)
    return Fault(f"not valid JSON: {reason} at column {error.colno}", place, _syntax_help(error))


_OTHER_QUOTES = frozenset("'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb")
_BEGINNINGS = frozenset('"{[-0123456789tfn')
_AFTER = "one value is all that a text has: remove what follows, or what closes too much"


def _syntax_help(error: json.JSONDecodeError) -> str | None:
    """What is most likely wrong: something that other notations allow and JSON does not, or something missing."""
    rest, before = error.doc[error.pos :].lstrip(), error.doc[: error.pos].rstrip()
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments: remove it"
    if rest[:1] in _OTHER_QUOTES:
        return 'JSON has straight double quotes only: write `"`'
    if not rest and before:
        return "the text ends before all that was opened is closed"
    if error.msg.startswith("Extra data"):
        return "remove the comma: each line is an object of its own" if rest == "," else _AFTER
    if error.msg.startswith("Expecting ',' delimiter") and rest[:1] in _BEGINNINGS:
        return "a comma is missing before it"
    if (before.endswith(",") and rest[:1] in {"}", "]"}) or (rest[:1] == "," and rest[1:].lstrip()[:1] in {"}", "]"}):
        return "JSON has no comma after the last member: remove it"
    return None


def _too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than `left` levels; visited in the order in which it lies in memory."""
    kind = type(value)  # the parser makes plain dicts and lists, no subclasses
    if kind is not dict and kind is not list:
        return False
    if left == 0:
        return True
    for member in value.values() if kind is dict else value:
        kind = type(member)
        if (kind is dict or kind is list) and _too_deep(member, left - 1):
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
    """An object or array that is open; `step` is None where a key comes next."""

    __slots__ = ("step", "tree")

    def __init__(self, tree: LineTree, step: str | int | None) -> None:
        self.tree = tree
        self.step = step


def _scan(text: str, name: str) -> list[Fault]:
    """What is wrong with the text beyond its syntax.

    INVARIANT: the parser has accepted the text.
    """
    scanner = _Scanner(name)
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        scanner.take(match.group(), Position(line, seen - text.rfind("\n", 0, seen)))
    return scanner.faults


class _Scanner:
    """Goes through the lexemes of a JSON text, without recursion."""

    def __init__(self, name: str) -> None:
        self.faults: list[Fault] = []
        self._name = name
        self._frames = [_Frame(LineTree(Position(1, 1)), 0)]

    def take(self, lexeme: str, here: Position) -> None:
        frame = self._frames[-1]
        if lexeme in "}]":
            self._frames.pop()
        elif lexeme == ",":
            frame.step = frame.step + 1 if isinstance(frame.step, int) else None
        elif frame.step is None:
            self._key(lexeme, here)
        elif lexeme != ":":
            member = frame.tree.members.setdefault(frame.step, LineTree(here))
            if lexeme in "{[":
                self._frames.append(_Frame(member, 0 if lexeme == "[" else None))
            else:
                self._check(lexeme, here)

    def _key(self, lexeme: str, here: Position) -> None:
        frame = self._frames[-1]
        frame.step = key = json.loads(lexeme)
        if key in frame.tree.members:
            first = frame.tree.members[key].position.line
            self._fault(f"duplicate key {quoted(key)} (the first is on line {first})", here)
        frame.tree.members[key] = LineTree(here)
        self._check(lexeme, here)

    def _check(self, lexeme: str, here: Position) -> None:
        if complaint := _complaint(lexeme):
            self._fault(complaint, here)

    def _fault(self, message: str, here: Position) -> None:
        steps = tuple(frame.step for frame in self._frames[1:] if frame.step is not None)
        self.faults.append(Fault(message, Location(self._name, here.line, field_name(steps) or None, here.column)))


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
