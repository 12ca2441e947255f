"""Structures that a program passes, turned into what reading a file gives: dicts, lists and scalars.

Comes in: mappings, lists and scalars of any type. Goes out: plain dicts and lists; InputError for what no file could
hold. Never here: the meaning of any value. Anything else (a date, an `Unknown`) is passed on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import SourceFile, Steps
from kms_eval.formats.lines import DEEPEST
from kms_eval.formats.numbers import GREATEST

HALF_PAIR = "{} has half of a surrogate pair, which is no character"


def half_pair(text: str) -> bool:
    """Whether a text has a lone surrogate, which neither AWS nor a file can have."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def plain(value: object, file: SourceFile, steps: Steps = ()) -> object:
    """The value as a file would give it; `steps` say where in the file it stands. Raises InputError."""
    return _plain(value, file, steps)


def _plain(value: object, file: SourceFile, steps: Steps) -> object:
    if isinstance(value, str):
        if half_pair(value):
            raise _fault(HALF_PAIR.format(quoted(value)), file, steps)
        return value
    if isinstance(value, (Mapping, list, tuple)) and len(steps) >= DEEPEST:
        raise _fault(f"nested more than {DEEPEST} levels deep", file, ())
    if isinstance(value, Mapping):
        members = {
            _name(name, file, steps): _plain(member, file, (*steps, str(name))) for name, member in value.items()
        }
        # A value that is already plain stays the same object: policies that many principals share are read once.
        same = type(value) is dict and all(members[name] is member for name, member in value.items())
        return value if same else members
    if isinstance(value, (list, tuple)):
        items = [_plain(member, file, (*steps, index)) for index, member in enumerate(value)]
        same = type(value) is list and all(mine is given for mine, given in zip(items, value, strict=True))
        return value if same else items
    if isinstance(value, int) and not -GREATEST < value < GREATEST:
        raise _fault("a number is out of range", file, steps)
    return str(value) if isinstance(value, Path) else value


def _name(name: object, file: SourceFile, steps: Steps) -> object:
    """The name of a member; a name that is not text is refused elsewhere."""
    return _plain(name, file, steps) if isinstance(name, str) else name


def _fault(message: str, file: SourceFile, steps: Steps) -> InputError:
    return InputError(Fault(message, file.location(steps)))
