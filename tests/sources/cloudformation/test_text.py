"""Templates with short tags, and transforms that cfn-lint runs."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.errors import InputError
from kms_eval.formats.document import Place, SourceFile
from kms_eval.sources.cloudformation.text import expanded, read_template

pytest.importorskip("cfnlint")

_YAML = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Sub "${AWS::Region} key"
      Enabled: !If [Given, true, false]
      KeyPolicy: !GetAtt Other.Arn
"""


def test_short_tags_are_read_as_their_long_forms() -> None:
    value: Any
    value, position = read_template(_YAML, "t.yaml")
    properties = value["Resources"]["Key"]["Properties"]
    assert properties["Description"] == {"Fn::Sub": "${AWS::Region} key"}
    assert properties["Enabled"] == {"Fn::If": ["Given", True, False]}
    assert properties["KeyPolicy"] == {"Fn::GetAtt": ["Other", "Arn"]}
    found = position(("Resources", "Key", "Properties", "Enabled"))
    assert found is not None
    assert found.line == 6


@pytest.mark.parametrize("text", ["Resources:\n  A: {Type: a}\n  A: {Type: b}\n", "Resources: [\n"])
def test_a_fault_of_the_text_is_one_line_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_template(text, "t.yaml")
    assert str(caught.value).startswith("t.yaml:")
    assert "\n" not in str(caught.value)


def test_sam_policy_templates_become_policies() -> None:
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Handler": "a.b",
            "Runtime": "python3.12",
            "CodeUri": "./src",
            "Policies": [{"KMSDecryptPolicy": {"KeyId": "x"}}],
        },
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Work": function}}
    found = expanded(template, Place(SourceFile("t.json")), "us-east-1")
    role = found["Resources"]["WorkRole"]["Properties"]
    assert role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] == "kms:Decrypt"


def test_loops_of_the_language_extensions_are_unrolled() -> None:
    loop = ["Name", ["a", "b"], {"${Name}Key": {"Type": "AWS::KMS::Key"}}]
    template = {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Keys": loop}}
    found = expanded(template, Place(SourceFile("t.json")), "us-east-1")
    assert list(found["Resources"]) == ["aKey", "bKey"]
