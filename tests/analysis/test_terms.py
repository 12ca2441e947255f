"""Terms stay few to find and to say, however many layers ask for something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kms_eval import Scenario
from kms_eval.analysis.access.settled import Settled
from kms_eval.analysis.access.terms import Terms, combined, sufficient
from kms_eval.engine import decide
from kms_eval.engine.cell import Cell
from kms_eval.engine.decide import FIRST_FREE_SLOT, Shape, Slot
from kms_eval.engine.masks import EVERYTHING, bit_of
from tests.analysis.asking_grids import ACCOUNT, answer, document, scenario, statement

DECRYPT = bit_of("kms:Decrypt")
FREE = tuple(range(FIRST_FREE_SLOT, FIRST_FREE_SLOT + 5))


def levels(count: int, *, alternatives: int = 1) -> Scenario:
    """A caller under SCPs, each with as many Allows, each under a condition of its own."""
    path = [
        [
            document(
                *(
                    statement("*", Condition={"StringEquals": {f"kms:EncryptionContext:l{level}": f"v{number}"}})
                    for number in range(alternatives)
                )
            )
        ]
        for level in range(count)
    ]
    account = {"path": "o-example/r-ab12/", "service_control_policies": path}
    organization = {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: account}}
    return scenario(principals={"role/a": {"policies": [document(statement())]}}, organization=organization)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with every time that the layers are combined."""
    allowed, calls = decide.allowed, [0]

    def counted(sums: list[int], shape: Shape) -> int:
        calls[0] += 1
        return allowed(sums, shape)

    monkeypatch.setattr(decide, "allowed", counted)
    return calls


def settled(sums: list[int], **shape: Any) -> Settled:
    facts = Shape(**{"own_account": True, "root": False, "target": "key", **shape})
    cell = object.__new__(Cell)
    object.__setattr__(cell, "shape", facts)
    return Settled(cell, (), sums, (), 0, 0)


def smallest_of_all(of: Settled, slots: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """By trying every set there is."""
    found: list[set[int]] = []
    for size in range(len(slots) + 1):
        for some in combinations(slots, size):
            sums = [value | DECRYPT if slot in some else value for slot, value in enumerate(of.sums)]
            if not any(smaller <= set(some) for smaller in found) and decide.allowed(sums, of.cell.shape) & DECRYPT:
                found.append(set(some))
                yield some


@given(st.data())
def test_bundling_layers_finds_what_trying_every_set_finds(data: st.DataObject) -> None:
    some = st.sets(st.sampled_from(FREE)).map(lambda chosen: tuple(sorted(chosen)))
    limits = data.draw(some)
    pending = data.draw(st.sets(st.sampled_from([*Slot, *FREE]))) - {Slot.DENY}
    sums = [0] * (FREE[-1] + 1)
    for slot in range(1, len(sums)):
        if slot not in pending and data.draw(st.booleans()):
            sums[slot] = EVERYTHING
    of = settled(
        sums,
        own_account=data.draw(st.booleans()),
        root=data.draw(st.booleans()),
        limits=limits,
        grant_limits=tuple(slot for slot in limits if data.draw(st.booleans())),
        gates=data.draw(some),
    )
    slots = tuple(data.draw(st.permutations(sorted(pending))))

    assert list(sufficient(of, DECRYPT, slots)) == list(smallest_of_all(of, slots))


def test_levels_of_scps_cost_no_doubling(asked: list[int]) -> None:
    costs = []
    for count in (6, 12, 24):
        before = asked[0]
        words = answer(levels(count), "role/a", "kms:Decrypt")
        costs.append(asked[0] - before)
        assert words.count("StringEquals") == count

    assert costs[1] == costs[0]
    assert costs[2] == costs[0]


def test_every_way_is_said_while_they_are_few() -> None:
    words = answer(levels(3, alternatives=2), "role/a", "kms:Decrypt")

    assert words.count(" or if ") == 7
    assert "more ways" not in words


def test_more_ways_than_are_listed_are_said_to_be_more() -> None:
    words = answer(levels(9, alternatives=2), "role/a", "kms:Decrypt")

    assert words.count(" or if ") == 63
    assert words.endswith("or in more ways than the 64 listed, which were not simplified further")


def test_ways_that_say_the_same_are_not_too_many() -> None:
    assert combined([[("a",), ("a",), ("a", "b")]] * 12) == ((("a",),), True)


def test_combining_ways_tries_no_more_than_can_be_simplified() -> None:
    tried = [0]

    class Counted(tuple[str, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[str]:
            tried[0] += 1
            return super().__iter__()

    ways, complete = combined([[Counted([f"{slot}-{number}"]) for number in range(1_000)] for slot in range(3)])

    assert (len(ways), complete) == (64, False)
    assert tried[0] <= 3 * (512 + 1)


def test_terms_of_which_ways_are_left_out_are_the_same_only_where_all_of_them_are() -> None:
    some = Terms((("a",),), beyond=frozenset({"a", "b"}))

    assert some.same_as(Terms((("a",),), beyond=frozenset({"a", "b"})))
    assert not some.same_as(Terms((("a",),), beyond=frozenset({"a", "c"})))
    assert not some.same_as(Terms((("a",),)))


def test_terms_of_which_ways_are_left_out_imply_nothing() -> None:
    some, all_of_it = Terms((("a",),), beyond="more"), Terms((("a",),))

    assert not some.implies(all_of_it)
    assert all_of_it.implies(some)


def test_terms_needed_together_leave_out_what_either_leaves_out() -> None:
    both = Terms((("a",),), beyond="more").and_also(Terms((("b",),)))

    assert both.ways == (("a", "b"),)
    assert both.beyond is not None
