"""Several sources as one: the same thing is told once, and what only has the same name is another thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval import InputError, Scenario

_KEY = "11112222-3333-4444-5555-666677778888"


def _state(folder: Path, name: str, account: str, region: str = "eu-west-1") -> Path:
    """A state file with one key, which leaves everything to its account."""
    said = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    attributes = {
        "arn": f"arn:aws:kms:{region}:{account}:key/{_KEY}",
        "key_id": _KEY,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [said]}),
    }
    resource = {
        "mode": "managed",
        "type": "aws_kms_key",
        "name": "main",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"attributes": attributes}],
    }
    state = {"version": 4, "terraform_version": "1.9", "serial": 1, "lineage": "x", "resources": [resource]}
    path = folder / f"{name}.tfstate"
    path.write_text(json.dumps(state), encoding="utf-8")
    return path


def test_keys_of_one_address_in_two_accounts_or_regions_are_two_keys(tmp_path: Path) -> None:
    sources = [
        _state(tmp_path, "dev", "111122223333"),
        _state(tmp_path, "prod", "444455556666"),
        _state(tmp_path, "west", "111122223333", "us-west-2"),
    ]
    scenario = Scenario.load(sources)
    assert sorted(scenario.world.keys) == [
        "aws_kms_key.main", "aws_kms_key.main-eu-west-1-444455556666", "aws_kms_key.main-us-west-2"]  # fmt: skip
    assert sum("aws_kms_key.main is in several accounts or Regions" in word for word in scenario.loaded.words) == 2
    assert scenario.can("arn:aws:iam::444455556666:root", "kms:Decrypt", key="aws_kms_key.main-eu-west-1-444455556666")


def test_a_later_word_about_the_same_key_replaces_an_earlier_one(tmp_path: Path) -> None:
    state = _state(tmp_path, "one", "111122223333")
    nobody = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:*",
         "Resource": "*"}]}  # fmt: skip
    change = tmp_path / "change.json"
    change.write_text(json.dumps({"keys": {"aws_kms_key.main": {"key_id": _KEY, "policy": nobody}}}), encoding="utf-8")
    scenario = Scenario.load([state, change])
    assert list(scenario.world.keys) == ["aws_kms_key.main"]
    assert not scenario.can("root", "kms:Decrypt", key="aws_kms_key.main")


@pytest.mark.parametrize("value", [None, [], "x", 5])
@pytest.mark.parametrize("section", ["keys", "principals", "groups", "vpc_endpoints", "organization"])
def test_a_section_that_is_no_mapping_is_one_line_beside_other_sources_as_well(
    tmp_path: Path, section: str, value: object
) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"account": "111122223333", section: value}), encoding="utf-8")
    other = _state(tmp_path, "other", "111122223333")
    for sources in ([path, other], [other, path]):
        if section == "organization" and value is None:
            Scenario.load(sources)
            continue
        with pytest.raises(InputError, match=section) as caught:
            Scenario.load(sources)
        assert "\n" not in str(caught.value)
