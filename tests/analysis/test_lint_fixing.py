"""Elements taken out of lists of documents."""

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


_ACTIONS = """\
# whose world
a:   # of lists
  # above the first
  - one   # it stays
  # above the second
  - two  # it goes
  - "# three"
b: [one, two]
c:
  - d: {e: f}   # of d
    g:
      - 1
      - 2
  - d: 2
"""


@pytest.mark.parametrize(
    ("places", "gone"),
    [
        ([("a", 1)], ["  - two  # it goes\n"]),
        ([("a", 0), ("a", 2)], ["  - one   # it stays\n", '  - "# three"\n']),
        ([("b", 1)], [", two"]),
        ([("c", 0)], ["  - d: {e: f}   # of d\n    g:\n      - 1\n      - 2\n"]),
        ([("c", 0, "g", 0)], ["      - 1\n"]),
        ([("c", 1), ("c", 0, "g", 1)], ["      - 2\n", "  - d: 2\n"]),
    ],
)
def test_lines_of_yaml_go_and_comments_stay(places: list[Steps], gone: list[str]) -> None:
    expected = _ACTIONS
    for each in gone:
        assert each in expected
        expected = expected.replace(each, "", 1)
    assert without(_ACTIONS, places, comments=True) == (expected, len(places))


@pytest.mark.parametrize(
    "text",
    [
        "a: &list [one, two]\nb: *list\n",
        "a: [one, # why\n  two]\n",
        "a:\n- - one\n  - two\n- three\n",
        "a:\n  - |\n    one\n  - two\n",
        "a:\n  -\n    one\n  - two\n",
        "a: one\n",
    ],
)
def test_what_cannot_go_alone_stays(text: str) -> None:
    assert without(text, [("a", 0, 0), ("a", 0)][: 1 if "- -" in text else 2], comments=True) == (text, 0)
