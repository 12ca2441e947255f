"""The rule about ignore comments: one that ignores nothing is out of date, or never worked.

Comes in: comments, and what each has ignored. Goes out: messages; the row. Never here: reading comments.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from kms_eval.analysis.linting.rule import ROLE, Example, Rule, allow
from kms_eval.errors import quoted

if TYPE_CHECKING:
    from kms_eval.analysis.linting.texts import Ignore

_IGNORED = "# kms-eval: ignore KMS201 a public dataset"

COMMENT_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS701",
        "unused-ignore",
        "warning",
        "a comment ignores what is not found there",
        "What it was written for has been mended, or stands on another line. Left behind it would hide the next "
        "mistake. It is found only where the rule that it names runs.",
        Example((allow({"AWS": ROLE}, "kms:Decrypt"),), comment=_IGNORED),
        Example((allow("*", "kms:Decrypt"),), comment=_IGNORED),
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html",
    ),
)
UNUSED = COMMENT_RULES[0]


def unused(
    ignore: Ignore, used: Collection[str], rules: Collection[Rule], runs: Callable[[Rule], bool]
) -> Iterator[str]:
    """The messages about one comment; `used` are those of its codes that have ignored something."""
    if not ignore.codes:
        yield "this comment ignores nothing: it names no code"
    for code in ignore.codes:
        meant = [rule for rule in rules if rule.code.startswith(code)]
        if not meant:
            yield f"this comment ignores nothing: no rule has a code that begins with {quoted(code)}"
        elif code not in used and _all_run(meant, runs):
            yield f"nothing that {quoted(code)} means is found here"


def _all_run(meant: Collection[Rule], runs: Callable[[Rule], bool]) -> bool:
    """Whether every rule that is meant runs; optional rules count only where no others are meant."""
    asked = [rule for rule in meant if not rule.optional] or meant
    return all(map(runs, asked))
