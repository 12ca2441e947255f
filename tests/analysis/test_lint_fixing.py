"""Elements taken out of lists of JSON documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from kms_eval.analysis.linting.fixing import without
from kms_eval.formats.document import Steps


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ('{"a": [1, 2, 3]}', [("a", 0)], '{"a": [2, 3]}'),
        ('{"a": [1, 2, 3]}', [("a", 2)], '{"a": [1, 2]}'),
        ('{"a": [1, 2, 3]}', [("a", 0), ("a", 1)], '{"a": [3]}'),
        ('{"a": [\n\t{"b": 1},\n\t{"b": 2}\n]}', [("a", 1)], '{"a": [\n\t{"b": 1}\n]}'),
        ('{"a": [{"b": [1, 2]}, 3]}', [("a", 0, "b", 1), ("a", 1)], '{"a": [{"b": [1]}]}'),
        ('{"a": [1]}', [("a", 0)], '{"a": [1]}'),
        ('{"a": 1}', [("a", 0)], '{"a": 1}'),
        ("{", [("a", 0)], "{"),
    ],
)
def test_elements_go_and_the_rest_stays_letter_by_letter(text: str, places: list[Steps], expected: str) -> None:
    shorter, removed = without(text, places)
    assert shorter == expected
    assert (removed > 0) is (text != expected)


@given(st.lists(st.integers() | st.text(st.characters(codec="ascii")), min_size=1, max_size=6), st.data())
def test_what_is_left_is_the_list_without_them(values: list[object], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, len(values) - 1), max_size=len(values) - 1))
    shorter, removed = without(json.dumps({"list": values}, indent=1), [("list", index) for index in gone])
    assert json.loads(shorter) == {"list": [each for index, each in enumerate(values) if index not in gone]}
    assert removed == len(gone)
