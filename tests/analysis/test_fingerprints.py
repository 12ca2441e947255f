"""Prints differ wherever anything is different that may decide."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from kms_eval.analysis.access.fingerprints import Fingerprints
from kms_eval.documents.model import Constraints, Grant, OpenGrant, Policy, PolicyKind
from kms_eval.formats.unknown import Unknown
from kms_eval.world.model import Key, OrganizationAccount, Principal, VpcEndpoint, World
from tests.analysis.asking_grids import ACCOUNT, asker, document, scenario, statement

UNKNOWN = Unknown("known after apply", "")
POLICY = Policy("p", PolicyKind.KEY, "2012-10-17", None, ())


def world() -> World:
    organization = {
        "id": "o-exampleorgid",
        "management_account": "999999999999",
        "accounts": {
            ACCOUNT: {"path": "o-exampleorgid/r-ab12/", "service_control_policies": [[document(statement())]]}
        },
    }
    return scenario(
        principals={"role/a": {"policies": [document(statement())]}},
        organization=organization,
        vpc_endpoints={"vpce-0a": {}},
    ).world


# What only names a thing decides nothing; the account, Region and id of a key are in its ARN, and so on. Nor does
# who may assume a role: whoever asks has done so.
NAMES = {"trust_policy", "handle", "name", "place", "account", "partition", "region", "key_id"}
VALUES: dict[str, Any] = {
    "arn": "arn:aws:kms:us-east-1:111122223333:key/other",
    "aliases": ("alias/other",),
    "grants": (Grant("g"),),
    "replica_regions": ("eu-west-1",),
    "tags": {"team": "other"},
    "policies": (POLICY,),
    "policy": POLICY,
    "boundary": POLICY,
    "operations": ("Decrypt",),
    "constraints": Constraints(source_arn="arn"),
    "known": False,
    "open_grants": (OpenGrant(UNKNOWN, Grant("g")),),
    "unknowns": {"aws:resourcetag/": UNKNOWN},
    "unknown_path": UNKNOWN,
    "multi_region": True,
    "service_control_policies": ((POLICY,),),
    "resource_control_policies": ((POLICY,),),
}


def changed(thing: Any, name: str) -> Any:
    return replace(thing, **{name: VALUES.get(name, "other")})


def names_of(kind: type) -> list[str]:
    return [each.name for each in fields(kind) if each.name not in NAMES]


@pytest.mark.parametrize("name", names_of(Key))
def test_of_a_key(name: str) -> None:
    base = world()
    fingerprints, key = Fingerprints(base), base.keys["app"]
    assert fingerprints.of_key(replace(key)) == fingerprints.of_key(key)
    assert fingerprints.of_key(changed(key, name)) != fingerprints.of_key(key)


@pytest.mark.parametrize("name", names_of(Grant))
def test_of_a_grant(name: str) -> None:
    base = world()
    fingerprints, key, grant = Fingerprints(base), base.keys["app"], Grant("g1")
    one, other = (replace(key, grants=(each,)) for each in (grant, changed(grant, name)))
    assert fingerprints.of_key(one) != fingerprints.of_key(other)


@pytest.mark.parametrize("name", names_of(Principal))
def test_of_a_principal(name: str) -> None:
    base = world()
    who = asker(scenario(principals={"role/a": {}}).evaluator, "role/a")
    principal = base.principals[who.name]
    one, other = (
        replace(who, caller=replace(who.caller, principal=each)) for each in (principal, changed(principal, name))
    )
    assert Fingerprints(base).of_caller(one) != Fingerprints(base).of_caller(other)


@pytest.mark.parametrize("name", names_of(OrganizationAccount))
def test_of_an_account(name: str) -> None:
    base = world()
    assert base.organization is not None
    if name == "id":
        return
    account = changed(base.organization.accounts[ACCOUNT], name)
    other = replace(base, organization=replace(base.organization, accounts={ACCOUNT: account}))
    who = asker(scenario(principals={"role/a": {}}).evaluator, "role/a")
    callers = [Fingerprints(each).of_caller(who) for each in (base, other)]
    keys = [Fingerprints(each).of_key(base.keys["app"]) for each in (base, other)]
    # SCPs bind the caller's side, RCPs the key's, and where the account is, conditions of both may ask.
    assert (callers[0] != callers[1]) is (name != "resource_control_policies")
    assert (keys[0] != keys[1]) is (name != "service_control_policies")


def test_of_the_management_account_and_of_no_organization() -> None:
    base = world()
    assert base.organization is not None
    key = base.keys["app"]
    management = replace(base, organization=replace(base.organization, management_account=ACCOUNT))
    none = replace(base, organization=None)
    fingerprints = [Fingerprints(each).of_key(key) for each in (base, management, none)]
    assert len(set(fingerprints)) == 3


@pytest.mark.parametrize("name", [each.name for each in fields(VpcEndpoint)])
def test_of_an_endpoint(name: str) -> None:
    base = world()
    other = replace(base, vpc_endpoints={"vpce-0a": changed(base.vpc_endpoints["vpce-0a"], name)})
    assert Fingerprints(base).of_endpoint("vpce-0a") != Fingerprints(other).of_endpoint("vpce-0a")
    assert Fingerprints(base).of_endpoint(None) == ()


def test_the_same_text_elsewhere_is_the_same_policy_and_variables_make_another() -> None:
    base = world()
    key = base.keys["app"]
    elsewhere = replace(key, policy=replace(key.policy, name="another", place=None))
    older = replace(key, policy=replace(key.policy, version="2008-10-17"))
    fingerprints = Fingerprints(base)
    assert fingerprints.of_key(elsewhere) == fingerprints.of_key(key)
    assert fingerprints.of_key(older) != fingerprints.of_key(key)
