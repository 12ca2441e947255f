"""JSON is JSON, knows its lines when asked, and has no way to hurt."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kms_eval.errors import InputError
from kms_eval.formats.document import RawDocument
from kms_eval.formats.text import Format, read_embedded, read_text

POLICY = """\
{
  "Version": "2012-10-17",
  "Id": "key-default-1",
  "Statement": [
    {
      "Sid": "Enable \\u0049AM \\"User\\" Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::123456789012:root",
                            "arn:aws:iam::123456789012:role/admin"]},
      "Action": "kms:*",
      "Resource": "*",
      "Condition": {"NumericLessThan": {"kms:ValidTo": [1.50, -2, true, null]}}
    },
    {}
  ]
}
"""


def read(text: str | bytes) -> RawDocument:
    return read_text(text, "f.json", format="json")


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def test_a_document_is_its_value() -> None:
    expected = json.loads(POLICY)
    expected["Statement"][0]["Condition"]["NumericLessThan"]["kms:ValidTo"][0] = Decimal("1.50")
    assert read(POLICY).value == expected


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ((), 1),
        (("Version",), 2),
        (("Statement",), 4),
        (("Statement", 0), 5),
        (("Statement", 0, "Sid"), 6),
        (("Statement", 0, "Principal", "AWS", 0), 8),
        (("Statement", 0, "Principal", "AWS", 1), 9),
        (("Statement", 0, "Principal", "AWS", 2), 8),
        (("Statement", 0, "Condition", "NumericLessThan", "kms:ValidTo", 3), 12),
        (("Statement", 1), 14),
        (("Statement", 1, "Effect"), 14),
        (("Statement", 2), 4),
        (("Nothing", 2), 1),
    ],
)
def test_every_place_has_its_line_or_that_around_it(steps: tuple[str | int, ...], line: int) -> None:
    assert read(POLICY).file.location(steps).line == line


@pytest.mark.parametrize("text", ["1", '"a"', "[]", "{}", "null", " true ", "[[],[{}]]"])
def test_small_documents_have_lines(text: str) -> None:
    assert read("\n" + text).file.location((0, "a")).line == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n"b": 2,\n"a": 3}', "f.json:3: a: duplicate key `a` (the first is on line 1)"),
        ('{"a": [{"b": 1, "b": 2}]}', "f.json:1: a[0].b: duplicate key `b` (the first is on line 1)"),
        ('{"a": {"x": 1}, "\\u0061": 2}', "f.json:1: a: duplicate key `a` (the first is on line 1)"),
        ('{"a": NaN}', "f.json:1: a: `NaN` is not a number of JSON"),
        ("[1,\n-Infinity]", "f.json:2: [1]: `-Infinity` is not a number of JSON"),
        ('{"a": 1e999999}', "f.json:1: a: number `1e999999` is out of range"),
        ('{"a": 1e99999999999999999999}', "f.json:1: a: number `1e99999999999999999999` is out of range"),
        ('{"a": "\\ud800"}', "f.json:1: a: has a character that is none"),
        ('{"a": "\\u0000"}', "f.json:1: a: has a character that is none"),
        ('{"\\udfff": 1}', "f.json:1: \\udfff: has a character that is none"),
        ('{"a": 1,}', "f.json:1: not valid JSON: "),
        ('{"a": 1\n"b": 2}', "f.json:2: not valid JSON: expecting ',' delimiter at column 1"),
        ("{'a': 1}", "f.json:1: not valid JSON: "),
        ('{"a": 1} {"b": 2}', "f.json:1: not valid JSON: extra data at column 10"),
        ('{"a": "b\nc"}', "f.json:1: not valid JSON: "),
        ("hello", "f.json:1: not valid JSON: "),
        ("", "f.json: is empty"),
        (" \n\t", "f.json: is empty"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    (found,) = faults(text)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('{"a": 1, // why\n"b": 2}', "JSON has no comments: remove it"),
        ('{\n# why\n"b": 2}', "JSON has no comments: remove it"),
        ('{"a": [1, 2,]}', "JSON has no comma after the last member: remove it"),
        ("{'a': 1}", 'JSON has straight double quotes only: write `"`'),
        ('{"a": \u201cb\u201d}', 'JSON has straight double quotes only: write `"`'),
        ('{"a": 1 "b": 2}', "a comma is missing before it"),
        ('{"a": [{"b": 1} {"b": 2}]}', "a comma is missing before it"),
        ('{"a": [1, 2]', "the text ends before all that was opened is closed"),
        ('{"a": 1},', "remove the comma: each line is an object of its own"),
        ('{"a": 1}}', "one value is all that a text has: remove what follows, or what closes too much"),
    ],
)
def test_what_is_most_likely_wrong_with_a_text_is_said(text: str, advice: str) -> None:
    (found,) = faults(text)
    assert found.endswith(f"({advice})")


def test_faults_are_collected() -> None:
    assert len(faults('{"a": NaN, "a": 1e9999, "b": {"c": 1, "c": "\\ud800"}}')) == 5


@pytest.mark.parametrize("number", ["1" * 101, "-" + "9" * 10_000, "1." + "0" * 200])
def test_endless_numbers_are_refused(number: str) -> None:
    assert "out of range" in faults(f'{{"a": {number}}}')[0]


def test_whole_surrogate_pairs_are_characters() -> None:
    assert read('"\\ud83d\\ude00"').value == "\U0001f600"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 101 + "]" * 101, '{"a":\n' * 101 + "1" + "}" * 101]
)
def test_deep_nesting_is_refused(text: str) -> None:
    (found,) = faults(text)
    assert found.endswith("nested more than 100 levels deep")


def test_a_hundred_levels_are_not() -> None:
    assert read("[" * 100 + "]" * 100).value


def test_deep_nesting_has_a_line() -> None:
    assert faults("[\n" * 150 + "]" * 150)[0].startswith("f.json:101:")


def test_a_policy_cut_short_is_refused_wherever_it_is_cut() -> None:
    whole = POLICY.rstrip()
    for end in range(len(whole)):
        with pytest.raises(InputError):
            read(whole[:end])


def test_json_inside_a_document_is_named_by_the_document() -> None:
    outer = read('{\n"policy":\n"x"}')
    place = outer.place.at("policy")
    assert read_embedded('{"Statement": []}', place) == {"Statement": []}
    with pytest.raises(InputError) as caught:
        read_embedded('{"Statement": [\n{"Effect": 1, "Effect": 2}]}', place)
    assert str(caught.value) == (
        "f.json:2: policy.Statement[0].Effect: line 2 of the text: duplicate key `Effect` (the first is on line 2)"
    )


@pytest.mark.parametrize("text", ["", "{", "[" * 1000, "\0", "\ud800", "[NaN]", "x"])
def test_what_is_wrong_inside_is_an_input_error(text: str) -> None:
    place = read('{"policy": 1}').place.at("policy")
    with pytest.raises(InputError) as caught:
        read_embedded(text, place)
    assert str(caught.value).startswith("f.json:1: policy")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.integers(0, 3))
def test_what_json_writes_is_read(value: object, indent: int) -> None:
    text = json.dumps(value, indent=indent or None)
    if "\\u0000" in text:
        return
    document = read(text)
    assert document.value == value
    for line, around in lines_of_members(document):
        assert line is not None
        assert line >= around


def lines_of_members(document: RawDocument) -> list[tuple[int | None, int]]:
    """The line of every member of the document, with that of what it stands in."""
    found = []
    open_places = [(document.value, document.place)]
    while open_places:
        value, place = open_places.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, member in members:
            inner = place.at(step)
            found.append((inner.location().line, place.location().line or 0))
            open_places.append((member, inner))
    return found


@given(st.text(alphabet=st.sampled_from('{}[]:,"\\u0dnaNIfitrue1.-+eE \n'), max_size=40))
def test_any_text_is_a_value_or_an_input_error(text: str) -> None:
    try:
        read(text)
    except InputError as error:
        assert error.faults  # noqa: PT017 - either answer will do


@given(st.binary(max_size=60), st.sampled_from(["json", "yaml"]))
def test_any_bytes_are_a_value_or_an_input_error(data: bytes, form: Format) -> None:
    try:
        read_text(data, "f", format=form)
    except InputError as error:
        assert error.faults  # noqa: PT017 - either answer will do
