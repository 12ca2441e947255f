"""Policies as AWS's commands print them."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.wrapping import is_output_text, looks_like_document, unwrapped
from kms_eval.errors import InputError
from kms_eval.formats.document import Place, SourceFile

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
TEXT = json.dumps(POLICY)
HERE = Place(SourceFile("f"))


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (POLICY, ()),
        (TEXT, ()),
        (json.dumps(TEXT), ()),
        (quote(TEXT), ()),
        (quote(TEXT).lower().replace("%7b", "%7B"), ()),
        ([POLICY], (0,)),
        ({"Policy": TEXT}, ("Policy",)),
        ({"Policy": TEXT, "PolicyName": "default", "ResponseMetadata": {}}, ("Policy",)),
        ({"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": TEXT}}, ("Policy", "Content")),
        ({"PolicySummary": {}, "Content": TEXT}, ("Content",)),
        ({"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}}, ("PolicyVersion", "Document")),
        ({"PolicyVersion": {"Document": quote(TEXT), "VersionId": "v1"}}, ("PolicyVersion", "Document")),
        ({"Document": POLICY, "VersionId": "v1", "IsDefaultVersion": True}, ("Document",)),
        ({"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY}, ("PolicyDocument",)),
        ({"UserName": "u", "PolicyName": "p", "PolicyDocument": quote(TEXT)}, ("PolicyDocument",)),
        ({"VpcEndpoints": [{"PolicyDocument": TEXT, "VpcId": "vpc-1"}]}, ("VpcEndpoints", 0, "PolicyDocument")),
        (f"{TEXT}\tdefault\n", ()),
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_policy_is_found_with_its_place(value: object, field: tuple[str | int, ...]) -> None:
    found, place = unwrapped(value, HERE)
    assert json.dumps(found).lower() == TEXT.lower()
    assert place.steps == field


@pytest.mark.parametrize(
    "value",
    [
        {"Policy": TEXT, "Owner": "x"},
        {"Policy": {"Content": 1}},
        {"Policy": 1},
        {"Roles": []},
        {"Content": TEXT},
        [POLICY, POLICY],
        [],
        7,
        None,
    ],
)
def test_what_is_no_wrapping_stays_as_it_is(value: object) -> None:
    assert unwrapped(value, HERE) == (value, HERE)


@pytest.mark.parametrize("entries", [[], [{}, {}], "x", ["x"]])
def test_the_output_of_several_endpoints_names_none(entries: Any) -> None:
    with pytest.raises(InputError, match="VPC endpoints \\(keep the output about one\\)"):
        unwrapped({"VpcEndpoints": entries}, HERE)


def test_a_text_that_is_no_json_is_a_fault_where_it_stands() -> None:
    with pytest.raises(InputError, match=r"f: Policy: line 1 of the text: "):
        unwrapped({"Policy": "{"}, HERE)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("policies/key.json", False),
        ("  {}", True),
        ("[{}]", True),
        ('"{}"', True),
        ("%7B%22Version%22", True),
        ("%7b", True),
        ("%policy.json", False),
    ],
)
def test_a_document_is_told_from_a_path(text: str, is_one: bool) -> None:
    assert looks_like_document(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"), [("%7B%7D", True), ("{}\tdefault\n", True), ("{}", False), ("a: b", False)]
)
def test_the_text_of_a_file_may_be_an_output(text: str, is_one: bool) -> None:
    assert is_output_text(text) is is_one


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_nothing_but_an_input_error_comes_of_it(value: object) -> None:
    with contextlib.suppress(InputError):
        unwrapped(value, HERE)
