"""Several stacks at once: a cloud assembly with stages in it, and stacks with the same logical ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval import Scenario
from kms_eval.errors import InputError

_ROOT = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}


_EMPTY = {"Parameters": {"BootstrapVersion": {"Type": "String"}}, "Rules": {"CheckBootstrapVersion": {}}}


def _template(action: str) -> dict[str, object]:
    """A key that leaves everything to the account, and a role that may do one thing."""
    key_policy = [{"Effect": "Allow", "Principal": {"AWS": _ROOT}, "Action": "kms:*", "Resource": "*"}]
    use = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return {
        "Resources": {
            "Key": {
                "Type": "AWS::KMS::Key",
                "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": key_policy}},
            },
            "Worker": {
                "Type": "AWS::IAM::Role",
                "Properties": {"Policies": [{"PolicyName": f"may {action}", "PolicyDocument": use}]},
            },
        }
    }


def _assembly(folder: Path, account: str, templates: dict[str, object], **inside: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, object] = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{account}/eu-west-1",
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name in templates
    }
    for name, directory in inside.items():
        artifacts[name] = {"type": "cdk:cloud-assembly", "properties": {"directoryName": directory}}
    (folder / "manifest.json").write_text(json.dumps({"version": "36", "artifacts": artifacts}))
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))


def test_stacks_with_the_same_logical_ids_have_keys_and_roles_of_their_own(tmp_path: Path) -> None:
    _assembly(tmp_path, "111122223333", {"Dev": _template("kms:Decrypt"), "Prod": _template("kms:Encrypt")})
    scenario = Scenario.load(tmp_path)
    assert sorted(scenario.world.keys) == ["Dev.Key", "Prod.Key"]
    assert scenario.can("role/Dev-Worker", "kms:Decrypt", key="Dev.Key")
    assert not scenario.can("role/Prod-Worker", "kms:Decrypt", key="Prod.Key")
    assert any(word.endswith("Dev.template.json is Dev.Key") for word in scenario.loaded.words)
    with pytest.raises(InputError, match=r"did you mean `Dev\.Key`"):
        scenario.can("role/Dev-Worker", "kms:Decrypt", key="Key")


def test_stacks_of_stages_are_read_too(tmp_path: Path) -> None:
    _assembly(tmp_path, "111122223333", {"Tools": _EMPTY}, Prod="assembly-Prod", Again=".")
    _assembly(tmp_path / "assembly-Prod", "444455556666", {"App": _template("kms:Decrypt")})
    scenario = Scenario.load(tmp_path)
    assert [key.account for key in scenario.world.keys.values()] == ["444455556666"]
    assert scenario.can("arn:aws:iam::444455556666:role/Worker", "kms:Decrypt", key="Key")


def test_a_template_that_is_named_twice_is_one_stack(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps(_template("kms:Decrypt")))
    assert list(Scenario.load([tmp_path / "app.json", tmp_path / "app.json"]).world.keys) == ["Key"]


def test_templates_of_one_file_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "template.json").write_text(json.dumps(_template("kms:Decrypt")))
    assert sorted(Scenario.load(tmp_path).world.keys) == ["dev-template.Key", "prod-template.Key"]
