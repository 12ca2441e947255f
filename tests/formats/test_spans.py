"""Where values stand in a text, to the character."""

from __future__ import annotations

import pytest

from kms_eval.formats.document import Steps
from kms_eval.formats.spans import Span, spans

JSON = '{\n\t"a": [1, "two"],\n  "b": {"c": true}\n}\n'
YAML = "a:\n  - one\n  - {b: two}\nc: x\n"


def excerpt(text: str, steps: Steps) -> str | None:
    span = spans(text)(steps)
    if span is None or span.line != span.end_line:
        return None
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("text", "steps", "expected"),
    [
        (JSON, ("a",), '"a": [1, "two"]'),
        (JSON, ("a", 1), '"two"'),
        (JSON, ("b", "c"), '"c": true'),
        (YAML, ("a", 0), "one"),
        (YAML, ("a", 1, "b"), "b: two"),
        (YAML, ("c",), "c: x"),
    ],
)
def test_a_span_has_the_value_and_its_key(text: str, steps: Steps, expected: str) -> None:
    assert excerpt(text, steps) == expected


def test_what_is_not_there_has_the_span_of_what_is_around_it() -> None:
    assert excerpt(JSON, ("b", "c", "Statement", 0)) == '"c": true'
    assert excerpt(JSON, ("b", "x")) == '"b": {"c": true}'


def test_the_first_of_a_list_is_also_what_stands_alone() -> None:
    assert excerpt(YAML, ("c", 0)) == "c: x"
    assert excerpt(JSON, ("b", 0, "c")) == '"c": true'


def test_a_text_that_cannot_be_read_so_has_no_spans() -> None:
    assert spans('{"a": "\\ud83d\\ude00"}')(("a",)) in {None, Span(1, 2, 1, 21)}
    assert spans("{")(()) is None
