"""Lines for a terminal: they go on further to the right, and what is to be pasted stays in one piece."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from kms_eval.render.wrapping import wrapped

WORDS = st.lists(st.text("abcdef:/", min_size=1, max_size=70), min_size=1, max_size=30)


@given(words=WORDS, indent=st.integers(0, 50), width=st.integers(40, 120))
def test_words_stay_in_order_and_lines_fit_or_are_one_word(words: list[str], indent: int, width: int) -> None:
    lines = wrapped(" " * indent + " ".join(words), width).split("\n")
    assert " ".join(lines).split() == words
    assert lines[0].startswith(" " * indent)
    assert all(line.startswith(" " * indent) for line in lines[1:])
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        "  no test asks: kms-eval can role/worker kms:Decrypt --key app --context aws:SourceIp=203.0.113.7 -s x.yaml",
        "      gained: role/worker kms:Decrypt --key app --context kms:ViaService=s3.us-east-1.amazonaws.com",
        '  +    "AWS": "arn:aws:iam::111122223333:role/somebody-with-a-name-that-is-long-enough"',
        '  12 |   {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": "*"}',
    ],
)
def test_what_is_to_be_pasted_or_quoted_stays_in_one_line(line: str) -> None:
    assert wrapped(line, 60) == line


def test_words_that_only_mention_a_command_are_wrapped() -> None:
    line = "there is no scenario here (`kms-eval init` writes one; `kms-eval can --key-policy` does without one)"
    assert "\n    " in wrapped(line, 60)


def test_nothing_is_wrapped_where_no_terminal_shows_it() -> None:
    line = "word " * 100
    assert wrapped(line, None) == line
