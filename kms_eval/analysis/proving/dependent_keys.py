"""Condition keys whose values depend on each other.

The names in kms:EncryptionContextKeys are those of the pairs; a request has aws:MultiFactorAuthAge only if there was a
second factor, so that aws:MultiFactorAuthPresent is true.
Comes in: literals. Goes out: the answer about them, with that taken into account. Never here: sets of values.
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context-keys
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

from kms_eval.analysis.proving.solving import IMPOSSIBLE, Answer, Known, Literal, Model, NotProved, presence, solve
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind
from kms_eval.engine.conditions import compile_condition

_PAIR = "kms:encryptioncontext:"
_NAMES = "kms:encryptioncontextkeys"
_AGE, _FACTOR = "aws:multifactorauthage", "aws:multifactorauthpresent"
_MOST_PAIRS = 4
_MADE_UP = Policy("encryption context", PolicyKind.IDENTITY, "2008-10-17", None, ())


def solve_with_dependent_keys(literals: Sequence[Literal], known: Known) -> Answer:
    """Values that meet all literals, and in which condition keys that depend on each other agree."""
    asked = {literal.test.key for literal in literals}
    choices = [_factor()] if {_AGE, _FACTOR} <= asked else []
    if _NAMES in asked:
        pairs = [key for key in dict.fromkeys((*sorted(asked), *known.must_be)) if key.startswith(_PAIR)]
        if len(pairs) > _MOST_PAIRS:
            return NotProved("too many pairs of the encryption context are compared with its keys")
        choices += [(_pair_with_name(key, present=False), _pair_with_name(key, present=True)) for key in pairs]
    if not choices:
        return solve(literals, known)
    answers: list[Answer] = []
    for chosen in product(*choices):
        answer = solve([*literals, *(literal for option in chosen for literal in option)], known)
        if isinstance(answer, Model):
            return answer
        answers.append(answer)
    return _open(answers) or IMPOSSIBLE


def _open(answers: Iterable[Answer]) -> Answer | None:
    return next((answer for answer in answers if isinstance(answer, NotProved)), None)


@lru_cache(maxsize=1024)
def _pair_with_name(key: str, *, present: bool) -> tuple[Literal, ...]:
    """Either that the pair and its name among the keys are present, or that neither is. Case does not matter."""
    name = key.removeprefix(_PAIR)
    written = ConditionTest("StringEqualsIgnoreCase", "ForAnyValue", if_exists=False, key=_NAMES, values=(name,))
    named = compile_condition(_MADE_UP, (written,)).tests[0]
    return (presence(key, present=present), Literal(named, holds=present, generous=False))


@lru_cache(maxsize=1024)
def has_pair(name: str, value: str, *, present: bool) -> Literal:
    """The literal that the encryption context has this pair, or that it does not."""
    written = ConditionTest("StringEquals", "", if_exists=False, key=f"{_PAIR}{name}", values=(value,))
    return Literal(compile_condition(_MADE_UP, (written,)).tests[0], holds=present, generous=False)


@lru_cache(maxsize=1)
def _factor() -> tuple[tuple[Literal, ...], tuple[Literal, ...]]:
    """Either that the age of a second factor is absent, or that it is present and there was a second factor."""
    written = ConditionTest("Bool", "", if_exists=False, key=_FACTOR, values=("true",))
    had_factor = compile_condition(_MADE_UP, (written,)).tests[0]
    return (presence(_AGE, present=False),), (
        presence(_AGE, present=True),
        Literal(had_factor, holds=True, generous=False),
    )
