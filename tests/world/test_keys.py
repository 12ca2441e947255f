"""Keys get their identifiers, and what contradicts itself is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kms_eval.errors import InputError
from kms_eval.world.load import from_dict
from kms_eval.world.model import Key

HERE, THERE = "111122223333", "999999999999"
POLICY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}
KEY_ARN = f"arn:aws:kms:eu-west-1:{THERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def key(**fields: Any) -> Key:
    return from_dict({"account": HERE, "keys": {"app": {"policy": POLICY, **fields}}}).world.keys["app"]


def faults(keys: Any, **fields: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        from_dict({"account": HERE, "keys": keys, **fields})
    return [str(fault).removeprefix("scenario: keys.") for fault in caught.value.faults]


def fault(**fields: Any) -> str:
    (found,) = faults({"app": {"policy": POLICY, **fields}})
    return found.removeprefix("app.")


def test_what_a_key_does_not_say_has_the_defaults_of_aws_and_the_scenario() -> None:
    found = key()
    assert (found.handle, found.account, found.region, found.partition) == ("app", HERE, "us-east-1", "aws")
    assert (found.spec, found.usage, found.origin, found.state) == (
        "SYMMETRIC_DEFAULT",
        "ENCRYPT_DECRYPT",
        "AWS_KMS",
        "Enabled",
    )
    assert (found.manager, found.multi_region, found.primary_region, found.replica_regions) == (
        "CUSTOMER",
        False,
        None,
        (),
    )
    assert (found.aliases, found.grants, found.tags) == ((), (), {})


def test_what_a_key_says_is_kept() -> None:
    found = key(
        key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
        account=THERE,
        region="eu-west-1",
        aliases=["alias/a", "alias/b/c"],
        tags={"project": "alpha"},
        spec="RSA_2048",
        usage="SIGN_VERIFY",
        origin="EXTERNAL",
        state="Disabled",
    )
    assert found.arn == KEY_ARN
    assert found.aliases == ("alias/a", "alias/b/c")
    assert found.tags == {"project": "alpha"}
    assert (found.spec, found.usage, found.origin, found.state) == ("RSA_2048", "SIGN_VERIFY", "EXTERNAL", "Disabled")


def test_an_id_is_derived_from_the_handle_and_from_nothing_else() -> None:
    found = key()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found.key_id)
    assert found.arn == f"arn:aws:kms:us-east-1:{HERE}:key/{found.key_id}"
    assert key(account=THERE, tags={"a": "b"}).key_id == found.key_id
    keys = from_dict({"account": HERE, "keys": {"app": {"policy": POLICY}, "b": {"policy": POLICY}}}).world.keys
    assert keys["app"].key_id == found.key_id != keys["b"].key_id


def test_an_arn_says_everything() -> None:
    found = key(arn=KEY_ARN)
    assert (found.arn, found.account, found.region) == (KEY_ARN, THERE, "eu-west-1")
    assert found.key_id == "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert key(arn=KEY_ARN, account=THERE, region="eu-west-1").arn == KEY_ARN
    assert key(arn="arn:aws-cn:kms:cn-north-1:123456789012:key/a").partition == "aws-cn"


def test_the_partition_of_the_scenario_is_that_of_its_keys() -> None:
    keys = from_dict({"account": HERE, "partition": "aws-us-gov", "keys": {"app": {"policy": POLICY}}}).world.keys
    assert keys["app"].arn.startswith("arn:aws-us-gov:kms:")


def test_a_multi_region_key_has_an_id_that_says_so() -> None:
    found = key(multi_region=True)
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", found.key_id)
    assert (found.multi_region, found.primary_region, found.replica_regions) == (True, "us-east-1", ())
    assert key(key_id="mrk-1234").multi_region
    assert key(key_id="mrk-1234", region="eu-west-1", primary_region="us-east-1").primary_region == "us-east-1"
    assert key(multi_region=True, replica_regions=["eu-west-1"]).replica_regions == ("eu-west-1",)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("RSA_4096", "ENCRYPT_DECRYPT"),
        ("ECC_NIST_P256", "SIGN_VERIFY"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
        ("ML_DSA_44", "SIGN_VERIFY"),
    ],
)
def test_a_usage_that_is_left_out_goes_with_the_spec(spec: str, usage: str) -> None:
    assert key(spec=spec).usage == usage


def test_an_aws_managed_key_may_have_the_aliases_of_aws() -> None:
    found = key(manager="AWS", aliases=["alias/aws/s3"])
    assert (found.manager, found.aliases) == ("AWS", ("alias/aws/s3",))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"spec": "DES"}, "spec: unknown key spec `DES` (one of `RSA_2048`"),
        ({"usage": "encrypt_decrypt"}, "usage: unknown key usage `encrypt_decrypt` (did you mean `ENCRYPT_DECRYPT`?)"),
        ({"origin": "AWS"}, "origin: unknown key origin `AWS` ("),
        ({"state": "enabled"}, "state: unknown key state `enabled` (did you mean `Enabled`?)"),
        ({"manager": "aws"}, "manager: unknown key manager `aws` (did you mean `AWS`?)"),
        ({"spec": 5}, 'spec: expected a string, found a number (quote it: `"5"`)'),
        (
            {"spec": "HMAC_256", "usage": "SIGN_VERIFY"},
            "usage: a key of spec `HMAC_256` is not for `SIGN_VERIFY` (it is for `GENERATE_VERIFY_MAC`)",
        ),
        (
            {"spec": "SM2", "usage": "GENERATE_VERIFY_MAC"},
            "usage: a key of spec `SM2` is not for `GENERATE_VERIFY_MAC` (it is for `ENCRYPT_DECRYPT` or `SIGN_VERIFY`",
        ),
        ({"multi_region": "yes"}, "multi_region: expected true or false, found a string"),
        ({"primary_region": "eu-west-1"}, "primary_region: `primary_region` is for multi-Region keys only"),
        ({"replica_regions": ["eu-west-1"]}, "replica_regions: `replica_regions` is for multi-Region keys only"),
        ({"key_id": ""}, "key_id: is empty"),
        ({"key_id": "a/b"}, "key_id: malformed key id `a/b` (it has letters, digits and hyphens only)"),
        ({"key_id": KEY_ARN}, f"key_id: malformed key id `{KEY_ARN}` (an ARN goes into `arn`)"),
        ({"arn": "1234"}, "arn: malformed key ARN `1234` (write `arn:aws:kms:us-east-1:123456789012:key/"),
        ({"arn": "arn:aws:kms:us-east-1:1:key/a"}, "arn: malformed key ARN"),
        ({"arn": f"arn:aws:kms::{HERE}:key/a"}, "arn: there is no Region ``"),
        ({"arn": f"arn:aws:s3:us-east-1:{HERE}:key/a"}, "arn: malformed key ARN"),
        ({"arn": f"arn:aws:kms:us-east-1:{HERE}:key/a b"}, "arn: malformed key ARN"),
        (
            {"arn": f"arn:aws:kms:us-east-1:{HERE}:alias/a"},
            f"arn: malformed key ARN `arn:aws:kms:us-east-1:{HERE}:alias/a` (an alias goes into `aliases`)",
        ),
        ({"arn": KEY_ARN, "account": HERE}, f"account: `account` is `{HERE}`, `arn` says `{THERE}` (leave one out)"),
        ({"arn": KEY_ARN, "region": "us-east-1"}, "region: `region` is `us-east-1`, `arn` says `eu-west-1`"),
        ({"arn": KEY_ARN, "key_id": "a"}, "key_id: `key_id` is `a`, `arn` says `1234abcd-"),
        ({"aliases": ["app"]}, "aliases[0]: malformed alias name `app` (did you mean `alias/app`?)"),
        ({"aliases": ["alias/a", "/b"]}, "aliases[1]: malformed alias name `/b` (did you mean `alias/b`?)"),
        ({"aliases": ["alias/a b"]}, "aliases[0]: malformed alias name `alias/a b`"),
        ({"aliases": ["alias/"]}, "aliases[0]: malformed alias name `alias/`"),
        ({"aliases": ["alias/ä"]}, "aliases[0]: malformed alias name `alias/ä`"),
        (
            {"aliases": ["alias/aws/s3"]},
            "aliases[0]: `alias/aws/s3` is reserved for AWS managed keys (say `manager: AWS`",
        ),
        ({"aliases": ["alias/a", "alias/a"]}, "aliases[1]: `alias/a` is there twice"),
        ({"account": 111122223333}, "account: the account id was read as the number `111122223333` (quote it:"),
        ({"account": 1}, 'account: the account id was read as the number `1` (quote it: `"000000000001"`)'),
        ({"account": "1"}, "account: `1` is no account id (an account id has 12 digits)"),
        ({"account": True}, "account: expected a string, found true or false"),
        ({"tags": {"a": True}}, 'tags.a: expected a string, found true or false (quote it: `"true"`)'),
        ({"tags": {1: "a"}}, 'tags[1]: expected a string, found a number (quote it: `"1"`)'),
        ({"grants": 5}, "grants: expected a list of grants or a path to such a list, found a number"),
        ({"grants": ""}, "grants: expected a list of grants or a path to such a list, found an empty string"),
        ({"grants": "none.json"}, "grants: `none.json` is a path, and nothing says to what it is relative"),
        ({"grants": [{"Operations": ["Decrypt"]}]}, "grants[0]: `GranteePrincipal` is missing"),
        ({"policy": "none.json"}, "policy: `none.json` is a path, and nothing says to what it is relative"),
        ({"policy": []}, "policy: expected a path, a policy document or its JSON text, found a list"),
    ],
)
def test_a_key_that_cannot_be_is_refused(fields: dict[str, Any], found: str) -> None:
    assert fault(**fields).startswith(found)


def test_a_key_needs_a_policy() -> None:
    assert faults({"app": {}}) == ["app.policy: `policy` is missing"]
    assert faults({"app": None}) == ["app: expected a mapping, found nothing"]


@pytest.mark.parametrize("handle", ["alias/app", "arn:aws:kms:us-east-1:111122223333:key/a"])
def test_a_handle_is_no_alias_or_arn(handle: str) -> None:
    (found,) = faults({handle: {"policy": POLICY}})
    assert "reads like an alias or an ARN (give the key another name)" in found


@pytest.mark.parametrize("handle", ["", 5])
def test_a_handle_is_a_name(handle: Any) -> None:
    (found,) = faults({handle: {"policy": POLICY}})
    assert found.startswith("scenario: keys: expected a name, found ")


def test_a_key_is_owned_by_someone() -> None:
    with pytest.raises(InputError, match="the key has no `account`, and the scenario has none either"):
        from_dict({"keys": {"app": {"policy": POLICY}}})
    assert from_dict({"keys": {"app": {"policy": POLICY, "arn": KEY_ARN}}}).world.keys["app"].account == THERE


def test_two_keys_cannot_have_one_arn() -> None:
    keys = {"a": {"policy": POLICY, "key_id": "x"}, "b": {"policy": POLICY, "key_id": "x"}}
    assert faults(keys) == [f"b: is the same key as `a`: `arn:aws:kms:us-east-1:{HERE}:key/x`"]


def test_related_keys_share_an_id_in_several_regions() -> None:
    keys = {
        "a": {"policy": POLICY, "key_id": "mrk-1", "replica_regions": ["eu-west-1"]},
        "b": {"policy": POLICY, "key_id": "mrk-1", "region": "eu-west-1", "primary_region": "us-east-1"},
    }
    found = from_dict({"account": HERE, "keys": keys}).world.keys
    assert found["a"].key_id == found["b"].key_id
    assert found["a"].primary_region == found["b"].primary_region == "us-east-1"


def test_an_alias_names_one_key_of_an_account_and_region() -> None:
    a = {"policy": POLICY, "aliases": ["alias/x"]}
    assert faults({"a": a, "b": {"policy": POLICY, "aliases": ["alias/y", "alias/x"]}}) == [
        "b.aliases[1]: `alias/x` already names the key `a` of this account and Region"
    ]
    elsewhere = {"a": a, "b": {**a, "account": THERE}, "c": {**a, "region": "eu-west-1"}}
    assert len(from_dict({"account": HERE, "keys": elsewhere}).world.keys) == 3


def test_grants_are_read_in_every_form() -> None:
    grant = {
        "GrantId": "g1",
        "GranteePrincipal": f"arn:aws:iam::{HERE}:role/worker",
        "IssuingAccount": f"arn:aws:iam::{HERE}:root",
        "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextSubset": {"department": "IT"}},
    }
    for form in ([grant], {"Grants": [grant]}, grant):
        (found,) = key(grants=form).grants
        assert (found.id, found.issuing_account) == ("g1", HERE)
        assert found.constraints.encryption_context_subset == (("department", "IT"),)
    assert key(grants=[]).grants == ()
