"""Condition keys of which one tells of the other: the names in kms:EncryptionContextKeys are those of the pairs.

Comes in: literals. Goes out: the answer about them, with that taken into account. Never here: sets of values.
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context-keys
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

from kms_eval.analysis.proving.solving import IMPOSSIBLE, Answer, Known, Literal, Model, Unsettled, presence, solve
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind
from kms_eval.engine.conditions import compile_condition

_PAIR = "kms:encryptioncontext:"
_NAMES = "kms:encryptioncontextkeys"
_MOST_PAIRS = 4
_MADE_UP = Policy("encryption context", PolicyKind.IDENTITY, "2008-10-17", None, ())


def solve_tied(literals: Sequence[Literal], known: Known) -> Answer:
    """Values under which all literals are met; each pair of the encryption context has its name among the keys."""
    asked = {literal.test.key for literal in literals}
    if _NAMES not in asked:
        return solve(literals, known)
    pairs = [key for key in dict.fromkeys((*sorted(asked), *known.must_be)) if key.startswith(_PAIR)]
    if not pairs:
        return solve(literals, known)
    if len(pairs) > _MOST_PAIRS:
        return Unsettled("too many pairs of the encryption context are compared with its keys")
    answers: list[Answer] = []
    for there in product((False, True), repeat=len(pairs)):
        ties = [tie for key, present in zip(pairs, there, strict=True) for tie in _ties(key, present=present)]
        answer = solve([*literals, *ties], known)
        if isinstance(answer, Model):
            return answer
        answers.append(answer)
    return _open(answers) or IMPOSSIBLE


def _open(answers: Iterable[Answer]) -> Answer | None:
    return next((answer for answer in answers if isinstance(answer, Unsettled)), None)


@lru_cache(maxsize=1024)
def _ties(key: str, *, present: bool) -> tuple[Literal, ...]:
    """That the pair is there and its name among the keys, or neither. Names are compared without regard to case."""
    name = key.removeprefix(_PAIR)
    written = ConditionTest("StringEqualsIgnoreCase", "ForAnyValue", if_exists=False, key=_NAMES, values=(name,))
    named = compile_condition(_MADE_UP, (written,)).tests[0]
    return (presence(key, there=present), Literal(named, holds=present, generous=False))
