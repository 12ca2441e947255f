"""Globs mean what AWS means, whatever wcmatch means by other characters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from kms_eval.language.pattern import compile_glob, compile_text, is_wild, literal, only_stars, wild
from tests.effort import examples


def matches(pattern: str, text: str) -> bool:
    """The definition: ``*`` any run, ``?`` one character, everything else itself."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return matches(pattern[1:], text) or (bool(text) and matches(pattern, text[1:]))
    return bool(text) and pattern[0] in {"?", text[0]} and matches(pattern[1:], text[1:])


ODD = "ab*?[]{}!\\|~-.^$/:\n\r\x00é\U0001f511"


@settings(max_examples=examples(600))
@given(st.text(ODD, max_size=7), st.text(ODD, max_size=9))
def test_a_pattern_matches_as_the_definition_says(pattern: str, text: str) -> None:
    assert compile_text(pattern)(text) is matches(pattern, text)


@settings(max_examples=examples(300))
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_match_as_the_definition_says(pattern: str, text: str) -> None:
    assert compile_text(pattern)(text) is matches(pattern, text)


@given(st.text(ODD, max_size=8), st.text(ODD, max_size=8))
def test_a_literal_matches_itself_alone(one: str, other: str) -> None:
    assert compile_glob(literal(one))(other) is (one == other)
    assert not is_wild(literal(one))


@given(st.text(ODD, max_size=5), st.text(ODD, max_size=5), st.text(ODD, max_size=5))
def test_pieces_of_both_kinds_can_be_joined(value: str, between: str, text: str) -> None:
    assert compile_glob(wild("x") + literal(value) + wild("*"))(f"x{value}{between}{text}")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("**", "", True),
        ("?", "", False),
        ("a*", "a", True),
        ("a", "a\n", False),
        ("a*", "a\n", True),
        ("kms:[a-z]*", "kms:decrypt", False),
        ("!a", "b", False),
        ("-a", "b", False),
        (".*", "a", False),
        ("{a,b}", "a", False),
        ("a|b", "a", False),
        ("~", "/root", False),
        ("\\*", "*", False),
        ("\\*", "\\x", True),
    ],
)
def test_characters_that_are_magic_elsewhere_are_ordinary(pattern: str, text: str, expected: bool) -> None:
    assert compile_text(pattern)(text) is expected


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "*" + "a?" * 60 + "b", "a*" * 100 + "b", "*" * 5000 + "b"])
def test_hostile_patterns_end(pattern: str) -> None:
    # A backtracking matcher would not come back from these.
    assert not compile_text(pattern)("a" * 20_000 + "c")


def test_only_stars_matches_everything() -> None:
    assert only_stars("***")
    assert not only_stars("")
    assert compile_glob("**")("anything\nat all")
