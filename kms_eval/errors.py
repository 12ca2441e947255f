"""What can be wrong with an input, and where.

Comes in: a message, perhaps a place and a piece of advice. Goes out: one line that a person can act on.
Never here: knowledge of AWS, exit codes, printing.

    KmsEvalError                everything this package raises on purpose
    ├── InputError              a file, document, request or option is wrong: nothing was decided
    └── MissingExtraError       an optional dependency is not installed
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kms_eval.safe_text import printable

_LONGEST_QUOTE = 120
_LONGEST_FIELD = 400
_LONGEST_MESSAGE = 1_000
_SHORT = 6


def quoted(text: str) -> str:
    """Text from the user in backticks, cut where it is too long for a message."""
    return f"`{text}`" if len(text) <= _LONGEST_QUOTE else f"`{text[:_LONGEST_QUOTE]}…`"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that is most similar to `word`, ignoring case; None where none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a fault needs it

    if len(word) > _LONGEST_QUOTE:
        # It resembles no known word, and comparing it takes time.
        return None
    by_lower = {known.lower(): known for known in words}
    # One wrong letter is a large part of a short word.
    near = get_close_matches(word.lower(), by_lower, cutoff=0.6 if len(word) < _SHORT else 0.7)
    # Among similar words, prefer one that has the same letters in a different order.
    turned = (each for each in near if sorted(each) == sorted(word.lower()))
    return by_lower[next(turned, near[0])] if near else None


def is_one_slip_from(text: str, name: str) -> bool:
    """Whether the text is the name with one letter missing, added, replaced or swapped with the next."""
    if abs(len(text) - len(name)) > 1:
        return False
    start = next((at for at, (one, other) in enumerate(zip(text, name, strict=False)) if one != other), None)
    if start is None:
        return len(text) != len(name)
    rest, right = text[start:], name[start:]
    turned = rest[:2] == right[1::-1] and rest[2:] == right[2:]
    return turned or rest[1:] == right[1:] or rest == right[1:] or rest[1:] == right


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """Advice that names the `nearest` of `words`; None where none is similar."""
    near = nearest(word, words)
    return None if near is None else f"did you mean `{near}`?"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in an input: the file as the user named it, the line (from 1), the dotted field, the column (from 1).

    Its text leaves out the column: a field tells a person more, and editors jump to lines.
    """

    file: str | None = None
    line: int | None = None
    field: str | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        return ": ".join(part for part in (place, _cut(self.field or "", _LONGEST_FIELD)) if part)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with the place where it was found and, where known, how to fix it."""

    message: str
    location: Location | None = None
    help: str | None = None

    def __str__(self) -> str:
        place = str(self.location) if self.location else ""
        message = _cut(self.message, _LONGEST_MESSAGE)
        line = f"{place}: {message}" if place else message
        return printable(f"{line} ({_cut(self.help, _LONGEST_MESSAGE)})" if self.help else line)


class KmsEvalError(Exception):
    """Everything this package raises on purpose; its text is fit to be shown as it is."""


class InputError(KmsEvalError):
    """The input is wrong and nothing was decided. All faults of one input are reported together.

    The text has one line for each fault: ``file:line: field: message (help)``.
    """

    def __init__(self, faults: Fault | str | tuple[Fault, ...] | list[Fault]) -> None:
        if isinstance(faults, str):
            faults = Fault(faults)
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class MissingExtraError(KmsEvalError):
    """An optional dependency is missing; the text is the pip line that installs it."""

    def __init__(self, extra: str, package: str) -> None:
        self.extra = extra
        super().__init__(f"{package} is not installed: pip install 'kms-eval[{extra}]'")
