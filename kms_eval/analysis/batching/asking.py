"""Asking one evaluator many times about names that its world may not have.

Comes in: requests. Goes out: rulings, and the evaluator's own InputError. Never here: deciding.

Finding a suggestion for an unknown key takes longer than a thousand decisions, and the log of a whole organization is
full of keys that one scenario leaves out; so the faults of an unknown key are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.engine.plan import Part
from kms_eval.errors import Fault, InputError
from kms_eval.world.names import refuse_stranger
from kms_eval.world.request import Request

_MOST_STRANGERS = 20_000

Result = TypeVar("Result")


class Asking:
    """An evaluator that remembers which keys its world does not have."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._strangers: BoundedCache[tuple[Fault, ...]] = BoundedCache(_MOST_STRANGERS)
        # Actions, as requests spell them, for which the key has been looked up.
        self._keyed: BoundedCache[bool] = BoundedCache(_MOST_STRANGERS)

    def rule(self, asked: Request) -> Ruling:
        """The evaluator's ruling. Raises InputError as it does."""
        return self._ask(asked, self.evaluator.rule)

    def parts(self, asked: Request) -> tuple[Part, ...]:
        """All authorizations that the request needs. Raises InputError as the evaluator does."""
        return self._ask(asked, self.evaluator.parts)

    def _ask(self, asked: Request, answer: Callable[[Request], Result]) -> Result:
        key = asked.key
        if key is None or not _plain(asked):
            return answer(asked)
        # Faults come in the evaluator's order: first the caller, then the action, then the key.
        caller = self.evaluator.caller(asked.principal, asked.session)
        if caller.stranger:
            refuse_stranger(self.evaluator.world, caller, meant=asked.stranger)
        if self._keyed.get(asked.action) and (faults := self._strangers.get(key)):
            raise InputError(faults)
        try:
            return answer(asked)
        except InputError as error:
            if error.faults[0].message == f"the scenario has no key `{key}`":
                self._strangers.put(key, error.faults)
                self._keyed.put(asked.action, value=True)
            raise


def _plain(asked: Request) -> bool:
    """Whether nothing but caller, action and key can be unknown."""
    other = (asked.vpc_endpoint, asked.destination_key, asked.alias, asked.region, asked.grant, asked.via_grant)
    return other == (None,) * len(other)
