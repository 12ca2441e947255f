"""What a template tells: resources, functions, parameters, nested stacks and cloud assemblies; what it cannot know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kms_eval.errors import InputError
from kms_eval.formats.document import RawDocument, SourceFile
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.cloudformation.kinds import FOLDERS, KINDS
from kms_eval.sources.cloudformation.template import read_stack
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from tests.sources.terraform.plans import world

ACCOUNT = "123456789012"
ROOT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}


def read(template: object, path: Path | None = None, **parameters: str) -> Raw:
    """What a template tells."""
    file = SourceFile("template.json", path)
    return read_stack(
        RawDocument(file, template), Options(parameters={k.replace("__", "::"): v for k, v in parameters.items()})
    )


def key(principal: object, **more: object) -> dict[str, object]:
    """A key with a statement for a principal."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}
    return {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}, **more},
    }


def principal_of(raw: Raw, handle: str = "Key") -> Any:
    """Whom the only statement of a key names."""
    keys: Any = raw.value["keys"]
    return keys[handle]["policy"]["Statement"][0]["Principal"]["AWS"]


def test_decisions_follow_the_resources_of_a_template() -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "worker",
            "Policies": [
                {
                    "PolicyName": "use",
                    "PolicyDocument": {
                        "Statement": [
                            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Fn::GetAtt": ["Key", "Arn"]}}
                        ]
                    },
                }
            ],
        },
    }
    alias = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/app", "TargetKeyId": {"Ref": "Key"}}}
    found = world(read({"Resources": {"Key": key(ROOT), "Worker": role, "Alias": alias}}))
    assert found.can("role/worker", "kms:Decrypt", key="alias/app")
    assert not found.can("role/worker", "kms:Encrypt", key="Key")


def test_a_key_without_a_policy_has_the_default_one() -> None:
    found = world(read({"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}))
    assert found.can("root", "kms:PutKeyPolicy", key="Key")


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ({"Ref": "Who"}, "arn:aws:iam::123456789012:role/given"),
        ({"Fn::GetAtt": "Role.Arn"}, "arn:aws:iam::123456789012:role/app/r"),
        (
            {"Fn::Join": [":", ["arn", "aws", "iam:", {"Ref": "AWS::AccountId"}, "root"]]},
            "arn:aws:iam::123456789012:root",
        ),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "who"]}, "mapped"),
        ({"Fn::If": ["Prod", "yes", "no"]}, "no"),
        ({"Fn::If": ["NotProd", ["x", {"Ref": "AWS::NoValue"}], "no"]}, ["x"]),
        ({"Fn::Sub": ["${A}-${!B}", {"A": "x"}]}, "x-${B}"),
    ],
)
def test_functions_have_their_values(function: object, value: object) -> None:
    template = {
        "Parameters": {
            "Who": {"Type": "String", "Default": "other"},
            "Stage": {"Type": "String", "Default": "test"},
        },
        "Conditions": {
            "Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "NotProd": {"Fn::And": [{"Fn::Not": [{"Condition": "Prod"}]}, {"Fn::Or": [{"Condition": "Prod"}, True]}]},
        },
        "Mappings": {"M": {"us-east-1": {"who": "mapped"}}},
        "Resources": {
            "Key": key(function),
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "Path": "/app/"}},
        },
    }
    raw = read(template, Who="arn:aws:iam::123456789012:role/given")
    assert principal_of(raw) == value


@pytest.mark.parametrize(
    ("function", "address"),
    [
        ({"Ref": "Account"}, "Account"),
        ({"Fn::Sub": "arn:aws:iam::${Account}:root"}, "Account"),
        ({"Fn::ImportValue": "shared-role"}, "shared-role"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket.Arn"),
        ({"Fn::If": ["Given", "a", "b"]}, "Account"),
    ],
)
def test_what_only_a_stack_can_tell_is_unknown_by_its_address(function: object, address: str) -> None:
    template = {
        "Parameters": {"Account": {"Type": "String"}},
        "Conditions": {"Given": {"Fn::Equals": [{"Ref": "Account"}, "1"]}},
        "Resources": {"Key": key(function), "Bucket": {"Type": "AWS::S3::Bucket"}},
    }
    found = principal_of(read(template))
    assert isinstance(found, Unknown)
    assert found.address == address


def test_a_resource_whose_condition_does_not_hold_is_not_made() -> None:
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"Key": {**key(ROOT), "Condition": "Never"}},
    }
    assert not read(template).value.get("keys")


def test_a_name_that_cloudformation_makes_up_is_made_up_and_said() -> None:
    raw = read({"Resources": {"Worker": {"Type": "AWS::IAM::Role"}}})
    assert any("the name of Worker" in word for word in raw.notices)


def test_a_nested_stack_is_read_where_its_template_is_given(tmp_path: Path) -> None:
    inner = {
        "Parameters": {"Who": {"Type": "String"}},
        "Resources": {"Key": key({"Ref": "Who"})},
        "Outputs": {"Id": {"Value": {"Ref": "Key"}}},
    }
    (tmp_path / "inner.json").write_text(json.dumps(inner))
    outer = {
        "Resources": {
            "Inner": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "inner.json", "Parameters": {"Who": "arn:aws:iam::123456789012:root"}},
            },
            "Alias": {
                "Type": "AWS::KMS::Alias",
                "Properties": {"AliasName": "alias/a", "TargetKeyId": {"Fn::GetAtt": ["Inner", "Outputs.Id"]}},
            },
        }
    }
    raw = read(outer, tmp_path / "outer.json")
    keys: Any = raw.value["keys"]
    assert keys["Inner.Key"]["aliases"] == {"alias/a": True}
    assert principal_of(raw, "Inner.Key") == "arn:aws:iam::123456789012:root"


def test_nested_stacks_in_a_circle_are_refused_in_one_line(tmp_path: Path) -> None:
    template = {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "a.json"}}}}
    (tmp_path / "a.json").write_text(json.dumps(template))
    with pytest.raises(InputError, match=r"Resources.Inner: nested stacks are in one another in a circle$"):
        read(template, tmp_path / "a.json")


def test_loops_run_over_the_parameters_that_are_given() -> None:
    pytest.importorskip("cfnlint")
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "A"}},
        "Resources": {"Fn::ForEach::Keys": ["N", {"Ref": "Names"}, {"Key${N}": key(ROOT)}]},
    }
    keys: Any = read(template, Names="B,C").value["keys"]
    assert sorted(keys) == ["KeyB", "KeyC"]


@pytest.mark.parametrize(
    "otherwise", [{"Ref": "AWS::NoValue"}, {"Effect": "Deny", "Principal": "*", "Action": "kms:Sign"}]
)
def test_a_statement_under_a_condition_that_is_not_known_leaves_the_others_known(otherwise: dict[str, object]) -> None:
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Shared": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"Key": key(ROOT)},
    }
    other = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:Decrypt", "Resource": "*"}
    statements: Any = template["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]  # type: ignore[index]
    if "Effect" in otherwise:
        otherwise["Resource"] = "*"
    statements.append({"Fn::If": ["Shared", other, otherwise]})
    asked = world(read(template))
    assert asked.can("root", "kms:Decrypt", key="Key")
    assert asked.can("arn:aws:iam::444455556666:root", "kms:Decrypt", key="Key").decision == "undetermined"
    known = world(read(template, Stage="dev"))
    assert known.can("arn:aws:iam::444455556666:root", "kms:Decrypt", key="Key").decision == "implicitDeny"


def test_a_policy_that_is_perhaps_not_made_counts_or_does_not() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
    use = {"PolicyName": "use", "Roles": [{"Ref": "Worker"}], "PolicyDocument": document}
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {
            "Key": key(ROOT),
            "Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker"}},
            "Use": {"Type": "AWS::IAM::Policy", "Condition": "Prod", "Properties": use},
        },
    }
    decision = world(read(template)).can("role/worker", "kms:Decrypt", key="Key")
    assert (decision.decision, [each.address for each in decision.explanation.unknowns]) == ("undetermined", ["Stage"])
    assert world(read(template, Stage="prod")).can("role/worker", "kms:Decrypt", key="Key")
    assert not world(read(template, Stage="dev")).can("role/worker", "kms:Decrypt", key="Key")


def test_a_statement_is_found_where_it_is_written_whatever_stands_before_it() -> None:
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"Key": key(ROOT)},
    }
    statements: Any = template["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]  # type: ignore[index]
    statements.insert(0, {"Fn::If": ["Never", {"Effect": "Deny"}, {"Ref": "AWS::NoValue"}]})
    origin = read(template).origins.nearest(("keys", "Key", "policy", "Statement", 0))
    assert origin is not None
    assert origin.place.steps[-2:] == ("Statement", 1)


def test_a_policy_of_a_role_that_is_not_known_may_be_that_of_any_role() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
    template = {
        "Parameters": {"Who": {"Type": "String"}},
        "Resources": {
            "Key": key(ROOT),
            "Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker"}},
            "Use": {"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "use", "Roles": [{"Ref": "Who"}], "PolicyDocument": document}},
        },
    }  # fmt: skip
    raw = read(template)
    assert "Use hangs on a role that is not known: Who" in raw.notices
    asked = world(raw).can("role/worker", "kms:Decrypt", key="Key")
    assert (asked.decision, [each.address for each in asked.explanation.unknowns]) == ("undetermined", ["Who"])
    assert world(raw).can("role/worker", "kms:Encrypt", key="Key").decision == "implicitDeny"
    assert world(read(template, Who="worker")).can("role/worker", "kms:Decrypt", key="Key")


def test_names_that_are_made_up_are_one_line() -> None:
    raw = read({"Resources": {f"Role{number}": {"Type": "AWS::IAM::Role"} for number in range(5)}})
    (word,) = (word for word in raw.notices if "Role" in word)
    assert word.startswith("the names of Role0, Role1, Role2 and 2 more are not known before the stack is made")


def test_a_cloud_assembly_tells_account_and_region_of_its_stacks(tmp_path: Path) -> None:
    artifacts = {
        "Stack": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-west-1",
            "properties": {"templateFile": "Stack.template.json"},
        },
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "36", "artifacts": artifacts}))
    (folder,) = FOLDERS
    assert folder.recognise(tmp_path)
    assert [path.name for path in folder.files(tmp_path)] == ["Stack.template.json"]
    raw = read({"Resources": {}}, tmp_path / "Stack.template.json")
    assert (raw.value["account"], raw.value["region"], raw.notices) == ("111122223333", "eu-west-1", [])


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"Transform": "Mine", "Resources": {}}, "the macro `Mine`"),
        ({"Resources": {"Key": key({"Fn::Bar": 1})}}, "the function `Fn::Bar` is not known"),
        ({"Resources": {"Key": key({"Ref": "Nobody"})}}, "no parameter or resource `Nobody`"),
        (
            {"Conditions": {"A": {"Condition": "A"}}, "Resources": {"K": {**key("x"), "Condition": "A"}}},
            "refers to itself",
        ),
        (
            {
                "Resources": {
                    name: {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": other}}}
                    for name, other in (("A", "B"), ("B", "A"))
                }
            },
            "refers to itself",
        ),
        (
            {"Resources": {n: {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}} for n in ("A", "B")}},
            "is the name of A already",
        ),
        ({"Resources": {"A": {}}}, "without `Type`"),
        ({"Resources": {"A": {"Type": ["x"]}, "Key": key({"Ref": "A"})}}, "without `Type`"),
        (
            {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::A": ["N", ["A"], {"Key${N}": [1]}]}},
            "Resources.KeyA: expected a mapping",
        ),
        ({"AWSTemplateFormatVersion": "2010-09-09"}, "is a template without `Resources`"),
        ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": []}, "Resources: expected a mapping"),
        ({"Resources": {"Fn::ForEach::Keys": ["N", ["A"], {}]}}, "is nothing without the transform"),
        ({"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}, "the macro `AWS::Include`"),
        (
            {
                "Transform": "AWS::LanguageExtensions",
                "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
                "Resources": {"Fn::ForEach::Keys": ["N", {"Ref": "Names"}, {"Key${N}": key(ROOT)}]},
            },
            "loops over Names, which is not known (`--parameter Names=VALUE`)",
        ),
        ({"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": "a.json"}}}}, "is no policy"),
        (
            {"Resources": {"Key": key({"Fn::GetAtt": ["Worker", "Arn"]}), "Worker": {
                "Type": "AWS::IAM::Role", "Properties": {"Description": {"Ref": "Key"}}}}},
            "Resources.Key: needs Worker and that needs Key: a circle",
        ),
        ({"Resources": {"Key": key({"Fn::GetAtt": ["Key", "Arn"]})}}, "Resources.Key: needs Key: a circle"),
        (
            {"Resources": {"A": {**key(ROOT), "DependsOn": ["B"]}, "B": {**key(ROOT), "DependsOn": "A"}}},
            "Resources.A: needs B and that needs A: a circle",
        ),
        (
            {"Mappings": {"M": {"eu-west-1": {"a": ROOT}}},
             "Resources": {"Key": key({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "a"]})}},
            "there is no `us-east-1` in the map (`--region` tells the Region)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_line(template: object, message: str) -> None:
    if isinstance(template, dict) and "Transform" in template:
        pytest.importorskip("cfnlint")
    with pytest.raises(InputError) as caught:
        read(template)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_templates_are_recognised_by_their_members() -> None:
    (kind,) = KINDS
    assert kind.recognise({"Resources": {"Key": {"Type": "AWS::KMS::Key"}}})
    assert kind.recognise({"Transform": "AWS::LanguageExtensions", "Resources": {}})
    assert not kind.recognise({"Resources": [1]})
    assert not kind.recognise({"keys": {}})
