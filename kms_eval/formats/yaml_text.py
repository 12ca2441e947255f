"""YAML with the meaning of YAML 1.2's core schema, and the line of every value.

Comes in: text. Goes out: plain values and their lines; InputError with every fault.
Never here: files, JSON, the meaning of any value, PyYAML's own constructors (they follow YAML 1.1: ``no``, ``012``).

Different from the core schema where people mean text: digits that begin with a zero stay text, and the key of a mapping
is always the text as written, so that an account id keeps its zeros.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import yaml

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Position, Steps, field_name
from kms_eval.formats.lines import DEEPEST, LineTree
from kms_eval.formats.numbers import fraction, whole_number
from kms_eval.records import record

# How many values aliases may repeat in one document. Ordinary documents repeat a few; hostile ones double them with
# every line.
MOST_REPEATED = 200_000

# The parser written in C reads an order of magnitude faster; PyYAML can be built without it.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Patterns that are not compiled here are rarely needed.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNFIT = "[\0\ud800-\udfff]"
_START = Position(1, 1)

_NAMED: Mapping[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NULLS = frozenset(text for text, value in _NAMED.items() if value is None)
_DECIMAL = r"[-+]?(?:0|[1-9][0-9]*)"
_OCTAL_OR_HEXADECIMAL = r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}"
_FRACTION = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NO_NUMBER = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"


def read_yaml(text: str, name: str) -> tuple[object, Callable[[Steps], Position | None]]:
    """The value of a YAML text of one document, and the function from a place in it to its position.

    Beyond what YAML forbids, these are faults: duplicate keys, merge keys, tags outside the core schema, keys that are
    not scalars, aliases that repeat too much or contain themselves, numbers that are out of range, nesting deeper than
    100 levels, several documents.
    """
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise InputError(Fault(f"has the control character U+{ord(found.group()):04X}", Location(name, line)))
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.faults.append(_syntax_fault(error, text, name))
    except (yaml.YAMLError, ValueError, OverflowError):
        # Escapes of characters that do not exist, where the parser lets them through to Python.
        builder.faults.append(Fault("not valid YAML", Location(name, builder.position.line)))
    if not builder.faults and builder.value is None:
        builder.faults.append(Fault("is empty", Location(name)))
    if builder.faults:
        raise InputError(builder.faults)
    return builder.value, builder.lines.members[0].position_at


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, name: str) -> Fault:
    if error.problem_mark is None:
        return Fault(f"not valid YAML: {error.problem}", Location(name))
    number: int = error.problem_mark.line
    lines = text.splitlines()
    before = lines[number][: error.problem_mark.column + 1] if number < len(lines) else ""
    advice = "YAML is indented with spaces" if "\t" in before and not before.strip() else None
    return Fault(f"not valid YAML: {error.problem}", Location(name, number + 1), advice)


def scalar_value(text: str) -> object:
    """The value of a scalar without quotes or tag in the core schema.

    Raises ValueError for infinities, for what is "not a number", and for numbers out of range.
    """
    if text in _NAMED:
        return _NAMED[text]
    if text[0] not in "+-.0123456789":
        return text
    if re.fullmatch(_DECIMAL, text):
        return whole_number(text)
    if re.fullmatch(_FRACTION, text):
        return fraction(text)
    if re.fullmatch(_OCTAL_OR_HEXADECIMAL, text):
        return int(text, 0)
    if re.fullmatch(_NO_NUMBER, text):
        raise ValueError(f"`{text}` is not a number that can be compared")
    return text


def _tagged(kind: type, what: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        value = scalar_value(text)
        # In Python a bool is an int.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{quoted(text)} is not {what}")
        return value

    return read


def _null(text: str) -> None:
    if text not in _NULLS:
        raise ValueError(f"{quoted(text)} is not null")


_SCALAR_TAGS: Mapping[str, Callable[[str], object]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": _tagged(int, "a whole number"),
    "tag:yaml.org,2002:float": lambda text: fraction(text) if re.fullmatch(_FRACTION, text) else _no_number(text),
    "tag:yaml.org,2002:bool": _tagged(bool, "true or false"),
    "tag:yaml.org,2002:null": _null,
}
_COLLECTION_TAGS: Mapping[type, frozenset[str | None]] = {
    yaml.MappingStartEvent: frozenset({None, "!", "tag:yaml.org,2002:map"}),
    yaml.SequenceStartEvent: frozenset({None, "!", "tag:yaml.org,2002:seq"}),
}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{quoted(text)} is not a number")


@record
class _Node:
    """A finished value with what an alias to it needs: its size and height, in which aliases inside it are counted."""

    value: object
    lines: LineTree
    size: int = 1
    height: int = 0


class _Frame:
    """A mapping or sequence that is open. `step` is the index or key of the next member; None where a key is next."""

    __slots__ = ("anchor", "container", "height", "keys", "lines", "size", "step")

    def __init__(
        self,
        container: dict[str, object] | list[object],
        position: Position,
        step: int | None,
        anchor: str | None,
    ) -> None:
        self.container = container
        self.lines = LineTree(position)
        self.step: str | int | None = step
        self.anchor = anchor
        self.size = 1
        self.height = 1
        self.keys: dict[str, Position] = {}


class _Builder:
    """Builds the value from parser events, without recursion; it continues after a fault wherever that makes sense."""

    def __init__(self, name: str) -> None:
        self.faults: list[Fault] = []
        self.lines = LineTree(_START)
        self.value: object = None
        self.position = _START
        self._name = name
        self._documents = 0
        self._repeated = 0
        self._anchors: dict[str, _Node | None] = {}
        self._frames: list[_Frame] = []

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the parser. Raises InputError where it makes no sense to continue."""
        if event.start_mark is not None:
            self.position = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()
            case yaml.AliasEvent(anchor=str(anchor)):
                self._alias(anchor)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop("holds more than one document", "remove the line `---` and what follows")

    def _fault(self, message: str, advice: str | None = None) -> None:
        steps = tuple(frame.step for frame in self._frames if frame.step is not None)
        line, column = self.position
        self.faults.append(Fault(message, Location(self._name, line, field_name(steps) or None, column), advice))

    def _stop(self, message: str, advice: str | None = None) -> NoReturn:
        self._fault(message, advice)
        raise InputError(self.faults)

    def _key_is_due(self) -> bool:
        return bool(self._frames) and self._frames[-1].step is None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        if not text.isprintable() and re.search(_UNFIT, text):
            self._fault("has a character that is none: NUL or half of a surrogate pair")
        if self._key_is_due():
            self._key(event, text)
            return
        node = _Node(self._scalar_value(event, text), LineTree(self.position))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node)

    def _key(self, event: yaml.ScalarEvent, text: str) -> None:
        frame = self._frames[-1]
        if text == "<<" and not event.style:
            self._fault("merge keys (`<<`) are not part of YAML 1.2", "repeat the fields, or use an alias as a value")
        elif event.tag is not None and event.tag not in _SCALAR_TAGS:
            self._tag_fault(event.tag)
        frame.step = text
        if text in frame.keys:
            self._fault(f"duplicate key {quoted(text)} (the first is on line {frame.keys[text].line})")
        frame.keys[text] = self.position
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(text, LineTree(self.position))

    def _scalar_value(self, event: yaml.ScalarEvent, text: str) -> object:
        try:
            if event.tag is None:
                return scalar_value(text) if not event.style else text
            if event.tag in _SCALAR_TAGS:
                return _SCALAR_TAGS[event.tag](text)
        except ValueError as error:
            self._fault(str(error))
            return None
        self._tag_fault(event.tag)
        return None

    def _tag_fault(self, tag: str | None) -> None:
        written = (tag or "").replace("tag:yaml.org,2002:", "!!")
        self._fault(f"tag {quoted(written)} is not known", "write the value itself")

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if self._key_is_due():
            self._stop("a key has to be plain text")
        if len(self._frames) == DEEPEST:
            self._stop(f"nested more than {DEEPEST} levels deep")
        if event.tag not in _COLLECTION_TAGS[type(event)]:
            self._tag_fault(event.tag)
        if event.anchor is not None:
            # None means that it is still open: an alias from inside would make it contain itself.
            self._anchors[event.anchor] = None
        frame = (
            _Frame({}, self.position, None, event.anchor)
            if isinstance(event, yaml.MappingStartEvent)
            else _Frame([], self.position, 0, event.anchor)
        )
        self._frames.append(frame)

    def _close(self) -> None:
        frame = self._frames.pop()
        node = _Node(frame.container, frame.lines, frame.size, frame.height)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        self._add(node)

    def _alias(self, anchor: str) -> None:
        if self._key_is_due():
            self._stop("a key has to be plain text, not an alias")
        if anchor not in self._anchors:
            self._fault(f"alias {quoted('*' + anchor)} has no anchor before it")
        node = self._anchors.get(anchor, _Node(None, LineTree(self.position)))
        if node is None:
            self._stop(f"alias {quoted('*' + anchor)} contains itself")
        self._repeated += node.size
        if self._repeated > MOST_REPEATED:
            self._stop(f"aliases repeat more than {MOST_REPEATED:,} values")
        if len(self._frames) + node.height > DEEPEST:
            self._stop(f"nested more than {DEEPEST} levels deep")
        # The lines of its members are those at the anchor; its own line is that of the alias.
        self._add(_Node(node.value, LineTree(self.position, node.lines.members), node.size, node.height))

    def _add(self, node: _Node) -> None:
        """Add a finished value to the innermost open container."""
        if not self._frames:
            self.value = node.value
            self.lines.members[0] = node.lines
            return
        frame = self._frames[-1]
        frame.size += node.size
        frame.height = max(frame.height, node.height + 1)
        if isinstance(frame.container, list):
            frame.lines.members[len(frame.container)] = node.lines
            frame.container.append(node.value)
            frame.step = len(frame.container)
        elif isinstance(frame.step, str):
            node.lines.position = frame.keys[frame.step]
            frame.lines.members[frame.step] = node.lines
            frame.container[frame.step] = node.value
            frame.step = None
