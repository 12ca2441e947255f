"""What is true of every change that is advised: made, it allows the request, and nothing less of it would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval.analysis.advising.advise import Search, options
from kms_eval.analysis.advising.edits import Edit
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.trace import Trace
from kms_eval.errors import InputError
from kms_eval.world.request import Request
from tests.effort import examples
from tests.reference import Ask
from tests.strategies import asks, worlds

law = settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))


def asked(ask: Ask) -> Request:
    return Request(
        ask.caller.arn,
        ask.action,
        ask.key.handle if ask.key is not None else None,
        ask.context,
        ask.encryption_context,
        vpc_endpoint=ask.endpoint.id if ask.endpoint is not None else None,
        at=ask.at,
    )


def outcome(search: Search, edits: Iterable[Edit]) -> str:
    """What the engine says once the edits have been made in the world and the request that the search began with."""
    state = search.start
    for edit in edits:
        state = edit.apply(state)
    # The question has been accepted; an edit can take away the only mention of a name in it.
    return Evaluator(state.world, allow_unknown_key=True).rule(replace(state.request, stranger=True)).outcome


def without_one(edits: tuple[Edit, ...]) -> Iterator[tuple[Edit, ...]]:
    for place in range(len(edits) if len(edits) > 1 else 0):
        yield (*edits[:place], *edits[place + 1 :])


def with_one_that_does_less(edits: tuple[Edit, ...]) -> Iterator[tuple[Edit, ...]]:
    """One of several values, principals or pairs less."""
    for place, edit in enumerate(edits):
        told = edit.change.edit
        listed = next((told[name] for name in ("add", "remove", "encryption_context") if name in told), ())
        less = tuple(edit.smaller())
        assert len(less) == (len(listed) if len(listed) > 1 else 0), edit.change
        yield from ((*edits[:place], smaller, *edits[place + 1 :]) for smaller in less)


@law
@given(st.data())
def test_every_change_allows_and_nothing_less_of_it_would(data: st.DataObject) -> None:
    world = data.draw(worlds())
    evaluator = Evaluator(world)
    try:
        ruling = evaluator.rule(asked(data.draw(asks(world))))
    except InputError:
        assume(False)
    assume(ruling.outcome != "allowed")
    search = Search(evaluator, ruling)
    proposed = tuple(options(Trace(ruling.decisive, evaluator.rules)))
    for edits in search.found():
        assert outcome(search, edits) == "allowed"
        for less in (*without_one(edits), *with_one_that_does_less(edits)):
            assert outcome(search, less) != "allowed"
        for other in proposed:
            if len(edits) == len(other) == 1 and is_smaller(other[0], edits[0]):
                assert outcome(search, other) != "allowed"


def is_smaller(one: Edit, other: Edit) -> bool:
    """Whether an edit of the same statement changes less."""
    same = one.change.policy == other.change.policy and one.change.statement == other.change.statement is not None
    return same and one.size < other.size
