"""Which rules run, selected by prefixes of their codes.

Comes in: codes and prefixes of codes. Goes out: the choice of rules; InputError for a prefix that no rule has.
Never here: running them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kms_eval.analysis.linting.rule import Rule
from kms_eval.analysis.linting.table import RULE, RULES
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.records import record


@record
class IgnoredFile:
    """What settings ignore in some files: which file names, which prefix of codes, and why."""

    matches: Callable[[str], bool]
    code: str
    reason: str


@record
class Chosen:
    """The rules that run. Optional rules run only where their whole code is selected.

    Findings that `files` ignore are still found, and reported as ignored.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    files: tuple[IgnoredFile, ...] = ()

    def __contains__(self, rule: Rule) -> bool:
        if rule.code in self.ignore or rule.code.startswith(tuple(self.ignore)):
            return False
        if rule.optional:
            return rule.code in self.select
        return not self.select or rule.code.startswith(tuple(self.select))


def choose(
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    files: Iterable[IgnoredFile] = (),
    *,
    said_by: str = "",
) -> Chosen:
    """The choice that the words make: each word is a code or prefix, or several separated by commas.

    Raises InputError where no rule has that prefix; `said_by` says where the words come from.
    """
    return Chosen(codes(select, f"{said_by}select"), codes(ignore, f"{said_by}ignore"), tuple(files))


def codes(words: Iterable[str], field: str) -> tuple[str, ...]:
    """The prefixes of codes in the words. Raises InputError."""
    found = [part.strip().upper() for word in words for part in word.split(",")]
    faults = [_unknown(code, field) for code in found if not _begins(code, RULES)]
    if faults:
        raise InputError(faults)
    return tuple(found)


def _begins(code: str, rules: Sequence[Rule]) -> bool:
    return bool(code) and any(rule.code.startswith(code) for rule in rules)


def _unknown(code: str, field: str) -> Fault:
    advice = did_you_mean(code, RULE) or "`kms-eval code` lists them"
    return Fault(f"no rule has a code that begins with {quoted(code)}", Location(field=field), advice)
