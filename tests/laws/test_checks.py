"""What a check says of everybody is true of each: no request that is allowed contradicts a check that holds."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies as st

from kms_eval.analysis.checking.checking import Checking
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import published
from kms_eval.world.checks import Check, CheckKind
from kms_eval.world.model import Key
from tests.analysis.asking_grids import AT
from tests.analysis.test_grid_laws import within_the_question
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import asks, worlds
from tests.twins.asking import rule

law = settings(max_examples=examples(100), suppress_health_check=list(HealthCheck), deadline=None)

ASKED = 8
"""Requests in each world: most are denied, and tell nothing."""


def denying(data: st.DataObject, ask: Ask, key: Key | None) -> Check:
    """A check that says that nobody may what the request asks for, or that somebody of several may not."""
    caller = ask.caller
    own = caller.principal.arn if caller.principal is not None else caller.arn
    whole = caller.arn if caller.account is None else f"arn:{caller.partition}:iam::{caller.account}:*"
    whom: list[tuple[CheckKind, tuple[str, ...]]] = [("only", ()), ("nobody", (own,)), ("nobody", (whole, own))]
    if key is not None and caller.account not in {None, key.account}:
        whom += [("nobody", ("outside-account",)), ("only", (f"arn:{key.partition}:iam::{key.account}:*",))]
    if key is not None:
        whom.append(("nobody", ("outside-account", own)))
    kind, who = data.draw(st.sampled_from(whom))
    return Check("drawn", kind, who, (ask.action,), (key.handle,) if key is not None else ())


@law
@given(st.data())
def test_no_request_that_is_allowed_contradicts_a_check_that_holds(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    checking = Checking(evaluator, AT)
    for _asked in range(ASKED):
        ask = within_the_question(world, data.draw(asks(world)))
        row = published(ask.action)
        # Of an alias operation this asks one half only; sessions and strangers are asked about by their roles.
        if row is None or "alias" in row.resources or ask.caller.session is not None or ask.region is not None:
            continue
        if rule(world, ask).outcome != "allowed":
            continue
        found = checking.run(denying(data, ask, ask.key))
        assert found.verdict != "holds", (ask, found.check.sentence)
