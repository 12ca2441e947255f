"""Policies are read as AWS stores them; their shape is checked member by member and every fault has its place."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import ConditionTest, PolicyKind, PrincipalEntry, Statement
from kms_eval.errors import InputError
from kms_eval.formats.text import read_text
from tests.documents.reading import policy, read, statement

DEFAULT = {
    "Version": "2012-10-17",
    "Id": "key-default-1",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def test_the_default_key_policy_is_what_it_is() -> None:
    found = read(DEFAULT)
    assert (found.faults, found.warnings) == ([], [])
    assert found.policy is not None
    assert found.policy.version == "2012-10-17"
    assert found.policy.id == "key-default-1"
    assert found.policy.kind is PolicyKind.KEY
    assert found.policy.variables
    assert found.policy.statements == (
        Statement(
            index=0,
            sid="Enable IAM User Permissions",
            effect="Allow",
            principals=(PrincipalEntry("AWS", "arn:aws:iam::123456789012:root"),),
            actions=("kms:*",),
            resources=("*",),
        ),
    )


def test_every_element_is_kept() -> None:
    found = read(
        {
            "Version": "2008-10-17",
            "Statement": [
                statement(Principal={"AWS": ["*", "AIDAEXAMPLE"], "Service": "s3.amazonaws.com"}, Condition={}),
                statement(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"}),
                statement(Principal="*", Action=None, NotAction=["kms:Decrypt", "kms:Encrypt"]),
                statement(Resource=None, NotResource=["arn:aws:kms:*:*:key/*"]),
            ],
        }
    )
    assert found.policy is not None
    assert not found.policy.variables
    first, second, third, fourth = found.policy.statements
    assert first.principals == (
        PrincipalEntry("AWS", "*"),
        PrincipalEntry("AWS", "AIDAEXAMPLE"),
        PrincipalEntry("Service", "s3.amazonaws.com"),
    )
    assert (first.condition, second.condition) == ((), None)
    assert (second.principals, second.not_principals) == (
        None,
        (PrincipalEntry("AWS", "arn:aws:iam::123456789012:root"),),
    )
    assert third.principals == (PrincipalEntry("*", "*"),)
    assert (third.actions, third.not_actions) == (None, ("kms:Decrypt", "kms:Encrypt"))
    assert (fourth.resources, fourth.not_resources) == (None, ("arn:aws:kms:*:*:key/*",))
    assert [each.index for each in found.policy.statements] == [0, 1, 2, 3]


def test_a_lone_statement_is_a_list_of_one() -> None:
    lone = read({**DEFAULT, "Statement": DEFAULT["Statement"][0]})
    assert lone.policy is not None
    assert lone.policy.statements == read(DEFAULT).policy.statements  # type: ignore[union-attr] # read above


def test_json_text_is_the_document_it_holds() -> None:
    found = read(json.dumps(DEFAULT))
    assert found.policy is not None
    assert found.policy.statements == read(DEFAULT).policy.statements  # type: ignore[union-attr] # read above


def test_a_policy_is_called_by_its_file_its_id_or_its_position() -> None:
    place = read_text(json.dumps(DEFAULT), "f", format="json").place
    without_id = {"Version": DEFAULT["Version"], "Statement": DEFAULT["Statement"]}

    def name(value: object, file: str | None) -> str:
        found = read_policy(value, place, PolicyKind.KEY, Findings(), name=file, position="keys.app.policy")
        assert found is not None
        return found.name

    assert name(DEFAULT, "stem") == "stem"
    assert name(DEFAULT, None) == "key-default-1"
    assert name(without_id, None) == "keys.app.policy"


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        ([], ()),
        (True, ("true",)),
        ([False, "x"], ("false", "x")),
        (7, ("7",)),
        (0, ("0",)),
        (Decimal("1.50"), ("1.50",)),
        (1.5, ("1.5",)),
        ("", ("",)),
    ],
)
def test_condition_values_are_their_text(written: object, texts: tuple[str, ...]) -> None:
    found = read(policy(Condition={"StringEquals": {"aws:PrincipalTag/x": written}}))
    assert found.policy is not None
    assert found.policy.statements[0].condition == (
        ConditionTest("StringEquals", "", if_exists=False, key="aws:PrincipalTag/x", values=texts),
    )


def test_an_operator_is_taken_apart() -> None:
    found = read(
        policy(
            Condition={
                "ForAnyValue:StringLikeIfExists": {"kms:EncryptionContextKeys": "a", "aws:TagKeys": "b"},
                "Null": {"kms:ViaService": True},
            }
        )
    )
    assert found.policy is not None
    assert found.policy.statements[0].condition == (
        ConditionTest("StringLike", "ForAnyValue", if_exists=True, key="kms:EncryptionContextKeys", values=("a",)),
        ConditionTest("StringLike", "ForAnyValue", if_exists=True, key="aws:TagKeys", values=("b",)),
        ConditionTest("Null", "", if_exists=False, key="kms:ViaService", values=("true",)),
    )


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ([], ['f: a key policy is an object (it begins `{"Version": "2012-10-17", "Statement": [`)']),
        (None, ['f: a key policy is an object (it begins `{"Version": "2012-10-17", "Statement": [`)']),
        ("{", ["f: line 1 of the text: not valid JSON: expecting property name enclosed in double quotes at column 2 (the text ends before all that was opened is closed)"]),
        ("[]", ['f: a key policy is an object (it begins `{"Version": "2012-10-17", "Statement": [`)']),
        ({}, ["f: `Statement` is missing"]),
        ({"Statements": []}, ["f: Statements: unknown element `Statements` (did you mean `Statement`?)"]),
        ({"Statement": None}, ["f: Statement: is null: leave it out or give it a value"]),
        ({"Statement": "x"}, ["f: Statement: must be a list"]),
        ({"Statement": [1]}, ["f: Statement[0]: must be an object"]),
        ({"Statement": [statement(), []]}, ["f: Statement[1]: must be an object"]),
        ({"Statement": [], "Version": "2012-10-17"}, ["f: Statement: a key policy needs a statement"]),
        ({"Version": "2012-10-18", "Statement": [statement()]}, ["f: Version: `2012-10-18` is not `2012-10-17` or `2008-10-17` (did you mean `2012-10-17`?)"]),
        ({"Version": 2012, "Statement": [statement()]}, ["f: Version: must be `2012-10-17` or `2008-10-17`"]),
        ({"Id": 7, "Statement": [statement()]}, ["f: Id: must be a string (write it in quotes)"]),
        ({1: 2, "Statement": [statement()]}, ["f: [1]: names must be strings"]),
        ({None: 2, "Statement": [statement()]}, ["f: names must be strings"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_document(value: object, faults: list[str]) -> None:
    found = read(value)
    assert found.faults == faults
    assert found.policy is None


@pytest.mark.parametrize(
    ("elements", "faults"),
    [
        ({"Effect": None}, ["f: Statement[0]: `Effect` is missing"]),
        ({"Effect": None, "Efect": "Deny"}, ["f: Statement[0].Efect: unknown element `Efect` (did you mean `Effect`?)"]),
        ({"Effect": "deny"}, ["f: Statement[0].Effect: `deny` is not `Allow` or `Deny` (did you mean `Deny`?)"]),
        ({"Effect": ["Deny"]}, ["f: Statement[0].Effect: must be `Allow` or `Deny`"]),
        ({"action": "x"}, ["f: Statement[0].action: unknown element `action` (did you mean `Action`?)"]),
        ({"Foo": 1}, ["f: Statement[0].Foo: unknown element `Foo`"]),
        ({"Sid": 5}, ["f: Statement[0].Sid: must be a string (write it in quotes)"]),
        ({"Action": {"a": 1}}, ["f: Statement[0].Action: must be a string or a list of strings"]),
        ({"Action": ["kms:*", 5]}, ["f: Statement[0].Action[1]: must be a string (write it in quotes)"]),
        ({"Action": 5}, ["f: Statement[0].Action: must be a string or a list of strings (write it in quotes)"]),
        ({"Action": [["kms:*"]]}, ["f: Statement[0].Action[0]: must be a string"]),
        ({"Principal": "x"}, ['f: Statement[0].Principal: must be `*` or an object (write `{"AWS": "x"}`)']),
        ({"Principal": ["*"]}, ["f: Statement[0].Principal: must be `*` or an object"]),
        ({"Principal": {"aws": "*"}}, ["f: Statement[0].Principal.aws: unknown element `aws` (did you mean `AWS`?)"]),
        ({"Principal": {"AWS": 123456789012}}, ["f: Statement[0].Principal.AWS: must be a string or a list of strings (write it in quotes)"]),
        ({"Principal": {"AWS": {"x": 1}}}, ["f: Statement[0].Principal.AWS: must be a string or a list of strings"]),
        ({"Condition": "x"}, ["f: Statement[0].Condition: must be an object"]),
        ({"Condition": {"Bool": "x"}}, ["f: Statement[0].Condition.Bool: must be an object"]),
        ({"Condition": {"Bool": {"aws:SecureTransport": {}}}}, ["f: Statement[0].Condition.Bool.aws:SecureTransport: must be a string, true, false, a number or a list of these"]),
        ({"Condition": {"Bool": {"aws:SecureTransport": [[]]}}}, ["f: Statement[0].Condition.Bool.aws:SecureTransport[0]: must be a string"]),
        ({"Condition": {"StringEquals": {"kms:ViaService": float("nan")}}}, ["f: Statement[0].Condition.StringEquals.kms:ViaService: must be a string, true, false, a number or a list of these"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_statement(elements: dict[str, object], faults: list[str]) -> None:
    found = read(policy(**elements))
    assert found.faults == faults
    assert found.policy is None


def test_null_is_no_way_to_leave_an_element_out() -> None:
    value = policy()
    value["Statement"] = [{**statement(), "Condition": None}]
    assert read(value).faults == ["f: Statement[0].Condition: is null: leave it out or give it a value"]


def test_faults_of_shape_do_not_hide_those_of_rules() -> None:
    first = statement(Effect="allow", Action="Decrypt")
    second = statement(
        Principal={"AWS": 1, "Service": "*"},
        Condition={"StringEqual": {"kms:ViaService": {}, "ViaService": "x"}, "Bool": {"kms:MultiRegion": "yes"}},
    )
    assert read({"Version": "2012", "Statement": [first, 7, second]}).faults == [
        "f: Version: `2012` is not `2012-10-17` or `2008-10-17`",
        "f: Statement[0].Effect: `allow` is not `Allow` or `Deny` (did you mean `Allow`?)",
        "f: Statement[1]: must be an object",
        "f: Statement[2].Principal.AWS: must be a string or a list of strings (write it in quotes)",
        "f: Statement[2].Condition.StringEqual.kms:ViaService: must be a string, true, false, a number or a list of these",
        "f: Statement[0].Action: action `Decrypt` has no service before a colon (did you mean `kms:Decrypt`?)",
        "f: Statement[2].Principal.Service: `*` has a wildcard, and AWS takes none in a service principal (name each service)",
        "f: Statement[2].Condition.StringEqual: unknown condition operator `StringEqual` (did you mean `StringEquals`?)",
        "f: Statement[2].Condition.Bool.kms:MultiRegion: `yes` is neither true nor false",
    ]  # fmt: skip


def test_the_field_of_a_lone_statement_is_the_one_that_is_written() -> None:
    value = {"Version": "2012-10-17", "Statement": statement(Effect="deny", Action=["kms:Decrypt", "x"])}
    assert read(value).faults == [
        "f: Statement.Effect: `deny` is not `Allow` or `Deny` (did you mean `Deny`?)",
        "f: Statement.Action[1]: action `x` has no service before a colon (as in `kms:Decrypt`)",
    ]


def test_a_fault_has_the_line_of_its_place() -> None:
    text = json.dumps(policy(Effect="deny", Condition={"Nul": {"kms:ViaService": "true"}}), indent=1)
    document = read_text(text, "policy.json", format="json")
    findings = Findings()
    assert read_policy(document.value, document.place, PolicyKind.KEY, findings) is None
    lines = text.splitlines()
    for fault in findings.faults:
        assert fault.location is not None
        assert fault.location.line is not None
        assert fault.location.field is not None
        assert fault.location.field.rpartition(".")[2] in lines[fault.location.line - 1]


def test_json_text_inside_yaml_is_named_by_the_outer_file() -> None:
    outer = read_text('keys:\n  app:\n    policy: \'{"Statement": [{"Effect": 1}]}\'\n', "s.yaml", format="yaml")
    findings = Findings()
    place = outer.place.at("keys", "app", "policy")
    assert read_policy('{"Statement": [{"Effect": 1}]}', place, PolicyKind.KEY, findings) is None
    assert str(findings.faults[0]) == "s.yaml:3: keys.app.policy.Statement[0].Effect: must be `Allow` or `Deny`"


def test_nothing_is_raised_before_the_caller_asks_for_it() -> None:
    findings = Findings()
    place = read_text("{}", "f", format="json").place
    read_policy({}, place.at("a"), PolicyKind.KEY, findings)
    read_policy({}, place.at("b"), PolicyKind.KEY, findings)
    with pytest.raises(InputError) as caught:
        findings.raise_faults()
    assert [fault.location.field for fault in caught.value.faults if fault.location] == ["a", "b"]


def test_strict_makes_faults_of_what_aws_would_refuse() -> None:
    findings = Findings()
    place = read_text("{}", "f", format="json").place
    value = policy(PolicyKind.IDENTITY, Principal={"AWS": "arn:aws:iam::123456789012:role/x"}, Action="kms:Nothing")
    assert read_policy(value, place, PolicyKind.IDENTITY, findings)
    findings.raise_faults()
    with pytest.raises(InputError) as caught:
        findings.raise_faults(strict=True)
    assert [fault.message for fault in caught.value.faults] == ["AWS refuses an identity policy with `Principal`"]


def test_policies_are_compared_by_identity() -> None:
    found = read(DEFAULT).policy
    assert found is not None
    assert replace(found) != found
