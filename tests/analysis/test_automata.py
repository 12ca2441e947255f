"""Sets of texts against all texts of a small alphabet."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, strategies as st

from kms_eval.analysis.proving.automata import (
    ANYTHING,
    Clause,
    Pattern,
    Symbols,
    Token,
    TooManyStatesError,
    exactly,
    one_of,
    shortest,
)
from kms_eval.language.pattern import compile_text

_LETTERS = "ab"
_TEXTS = ["".join(each) for size in range(5) for each in product(_LETTERS + "c", repeat=size)]

globs = st.text(alphabet=_LETTERS + "*?", max_size=3)
clauses = st.builds(
    lambda texts, inside: (tuple(texts), inside), st.lists(globs, min_size=1, max_size=2), st.booleans()
)


def of_glob(text: str) -> Pattern:
    return tuple(Token(ANYTHING, repeated=letter == "*") if letter in "*?" else one_of(letter) for letter in text)


def clause_of(written: tuple[tuple[str, ...], bool]) -> Clause:
    texts, inside = written
    return Clause(tuple(map(of_glob, texts)), inside)


@given(st.lists(clauses, min_size=1, max_size=3))
def test_a_shortest_text_is_found_exactly_where_brute_force_finds_one(
    written: list[tuple[tuple[str, ...], bool]],
) -> None:
    found = shortest([clause_of(each) for each in written])

    def fits(text: str) -> bool:
        return all(any(compile_text(glob)(text) for glob in texts) is inside for texts, inside in written)

    first = next((text for text in _TEXTS if fits(text)), None)
    if first is not None:
        assert found is not None
        assert len(found) == len(first)
    if found is not None:
        assert fits(found)


@given(globs, globs)
def test_inclusion_is_what_brute_force_says(inner: str, outer: str) -> None:
    witness = shortest([clause_of(((inner,), True)), clause_of(((outer,), True)).complement()])
    wanted = [text for text in _TEXTS if compile_text(inner)(text) and not compile_text(outer)(text)]
    if witness is None:
        assert not wanted
    else:
        assert compile_text(inner)(witness)
        assert not compile_text(outer)(witness)
        assert not wanted or len(wanted[0]) == len(witness)


@given(clauses, st.sampled_from(_TEXTS))
def test_a_clause_has_a_text_or_its_complement_does(written: tuple[tuple[str, ...], bool], text: str) -> None:
    clause = clause_of(written)
    assert clause.has(text) is not clause.complement().has(text)


def test_texts_without_wildcards_are_looked_through_one_by_one() -> None:
    many = Clause(tuple(exactly(f"role-{number}") for number in range(2000)))
    assert shortest([many, clause_of((("*-17*",), True))]) == "role-17"
    assert shortest([many, clause_of((("user-*",), True))]) is None


def test_a_search_that_takes_too_long_is_given_up() -> None:
    apart = [clause_of(((f"*{letter}{'?' * 12}b*",), True)) for letter in "abc"]
    with pytest.raises(TooManyStatesError):
        shortest(apart, most_states=50)


def test_characters_that_no_pattern_names_are_alike() -> None:
    upper = Symbols(frozenset("AB"))
    assert shortest([Clause(((Token(upper),),)), Clause((exactly("A"),), inside=False)]) == "B"
