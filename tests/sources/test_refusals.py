"""Files that look like a plan and are none: one line, with the command that makes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kms_eval import Scenario
from kms_eval.errors import InputError


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plan.tfplan", b"PK\x03\x04\x14\x00", "plan in binary form"),
        ("plan.txt", b"\nTerraform used the selected providers to generate\n  + create\n", "prints for people"),
        ("plan.json", b"Terraform will perform the following actions:\n", "prints for people"),
        ("main.tf", b'provider "aws" {}\nresource "aws_kms_key" "app" {\n}\n', "is Terraform configuration"),
    ],
)
def test_each_says_which_command_to_run(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        Scenario.load(path)
    assert message in str(caught.value)
    assert "terraform show -json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_terraform_configuration_says_which_command_to_run(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_kms_key" "k" {}')
    with pytest.raises(InputError, match=r"has Terraform configuration, .* \(`terraform plan -out .* show -json"):
        Scenario.load(tmp_path)
