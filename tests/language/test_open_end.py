"""Texts that end in a session name nobody told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from kms_eval.language.open_end import matches_open
from kms_eval.language.pattern import compile_glob, literal, wild


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("AROA:*", True),
        ("AROA:??*", True),
        ("*:*", True),
        ("A*", True),
        ("AROA:???*", None),
        ("AROA:??", None),
        ("AROA:ann", None),
        ("AROA:*@example.com", None),
        ("AROA:?", False),
        ("AROA:a:b", False),
        ("AROA", False),
        ("AIDA*", False),
        ("AROA:" + "?" * 65, False),
    ],
)
def test_a_pattern_matches_every_name_or_some_or_none(pattern: str, expected: bool | None) -> None:
    assert matches_open(wild(pattern), "AROA:") is expected


def test_a_text_without_wildcards_matches_one_name() -> None:
    assert matches_open(literal("AROA:a*"), "AROA:") is False
    assert matches_open(literal("AROA:ann"), "AROA:") is None


@given(st.text("ab:*?", max_size=6), st.from_regex(r"[ab.]{2,5}", fullmatch=True))
def test_what_is_said_of_all_names_holds_for_each(pattern: str, name: str) -> None:
    found = matches_open(wild(pattern), "a:")
    matched = compile_glob(wild(pattern))("a:" + name)
    if found is not None:
        assert matched is found
    assert re.fullmatch(r"[ab.]+", name)
