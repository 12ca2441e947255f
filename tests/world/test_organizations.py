"""The organization and the endpoints of a scenario."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.documents.model import PolicyKind
from kms_eval.errors import InputError
from kms_eval.world.load import from_dict
from kms_eval.world.model import Organization

HERE, ROOT = "111122223333", "999999999999"
SCP = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
RCP = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"},
}
ENDPOINT = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}


def organization(accounts: Any, **more: Any) -> Organization:
    fields = {"id": "o-1", "management_account": ROOT, "accounts": accounts, **more}
    found = from_dict({"organization": fields}).world.organization
    assert found is not None
    return found


def faults(data: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        from_dict(data)
    return [str(fault).removeprefix("scenario: ") for fault in caught.value.faults]


def fault(accounts: Any, **more: Any) -> str:
    fields = {"id": "o-1", "management_account": ROOT, "accounts": accounts, **more}
    (found,) = faults({"organization": fields})
    return found.removeprefix("organization.")


def test_policies_hang_at_their_level() -> None:
    found = organization(
        {
            HERE: {
                "path": "o-1/r-1/ou-1/",
                "service_control_policies": [[SCP], [SCP, SCP], []],
                "resource_control_policies": [[], [RCP]],
            }
        }
    )
    assert (found.id, found.management_account) == ("o-1", ROOT)
    account = found.accounts[HERE]
    assert (account.id, account.path) == (HERE, "o-1/r-1/ou-1/")
    assert account.service_control_policies is not None
    assert [len(level) for level in account.service_control_policies] == [1, 2, 0]
    assert [len(level) for level in account.resource_control_policies] == [0, 1]
    assert account.service_control_policies[0][0].kind is PolicyKind.SCP
    assert account.resource_control_policies[1][0].kind is PolicyKind.RCP
    names = [policy.name for level in account.service_control_policies for policy in level]
    assert names[2] == f"organization.accounts.{HERE}.service_control_policies[1][1]"


def test_scps_that_are_not_in_use_differ_from_levels_without_any() -> None:
    found = organization({HERE: {"path": "o-1/"}, ROOT: {"path": "o-1/", "service_control_policies": [[]]}})
    assert found.accounts[HERE].service_control_policies is None
    assert found.accounts[HERE].resource_control_policies == ()
    assert found.accounts[ROOT].service_control_policies == ((),)


def test_a_path_that_is_left_out_is_unknown() -> None:
    unknown = organization({HERE: {}}).accounts[HERE].unknown_path
    assert unknown is not None
    assert unknown.remedy == "give the account its `path`"


def test_a_path_ends_as_aws_writes_it() -> None:
    assert organization({HERE: {"path": "o-1/r-1"}}).accounts[HERE].path == "o-1/r-1/"


@pytest.mark.parametrize("value", [{}, {"organization": None}])
def test_there_may_be_no_organization(value: Any) -> None:
    assert from_dict(value).world.organization is None


@pytest.mark.parametrize(
    ("accounts", "found"),
    [
        (
            {HERE: {"path": "o-2/r-1/"}},
            f"accounts.{HERE}.path: the path `o-2/r-1/` does not begin with the organization",
        ),
        ({HERE: {"path": "r-1/ou-1/"}}, f"accounts.{HERE}.path: the path `r-1/ou-1/` does not begin with"),
        (
            {HERE: {"path": "o-10/"}},
            f"accounts.{HERE}.path: the path `o-10/` does not begin with the organization `o-1`",
        ),
        (
            {111122223333: {"path": "o-1/"}},
            "accounts[111122223333]: the account id was read as the number `111122223333`",
        ),
        ({"1": {"path": "o-1/"}}, "accounts.1: `1` is no account id"),
        (
            {HERE: {"path": "o-1/", "service_control_policies": [SCP]}},
            f"accounts.{HERE}.service_control_policies[0]: expected a list, found a mapping",
        ),
        (
            {HERE: {"path": "o-1/", "service_control_policies": [["a.json"]]}},
            f"accounts.{HERE}.service_control_policies[0][0]: `a.json` is a path",
        ),
        (
            {HERE: {"path": "o-1/", "resource_control_policies": [[SCP]]}},
            f"accounts.{HERE}.resource_control_policies[0][0]",
        ),
        ([], "accounts: expected a mapping, found a list"),
    ],
)
def test_a_faulty_account_is_refused(accounts: Any, found: str) -> None:
    with pytest.raises(InputError) as caught:
        organization(accounts)
    assert str(caught.value.faults[0]).removeprefix("scenario: organization.").startswith(found)


def test_a_path_without_its_organization_is_completed_in_the_advice() -> None:
    assert fault({HERE: {"path": "r-1/"}}).endswith("(did you mean `o-1/r-1/`?)")


def test_an_organization_has_an_id_and_a_management_account() -> None:
    assert faults({"organization": {}}) == [
        "organization.id: `id` is missing",
        "organization.management_account: `management_account` is missing",
    ]
    assert fault({}, management_account=999999999999).startswith(
        "management_account: the account id was read as the number `999999999999`"
    )


def test_an_endpoint_without_a_policy_has_the_default_one() -> None:
    endpoints = from_dict(
        {"vpc_endpoints": {"vpce-1": {}, "vpce-2": {"policy": ENDPOINT, "vpc": "vpc-1", "account": HERE}}}
    ).world.vpc_endpoints
    assert (endpoints["vpce-1"].policy, endpoints["vpce-1"].vpc, endpoints["vpce-1"].account) == (None, None, None)
    second = endpoints["vpce-2"]
    assert second.policy is not None
    assert (second.policy.kind, second.policy.name) == (PolicyKind.ENDPOINT, "vpc_endpoints.vpce-2.policy")
    assert (second.id, second.vpc, second.account) == ("vpce-2", "vpc-1", HERE)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (
            {"policy": []},
            "vpc_endpoints.vpce-1.policy: expected a path, a policy document or its JSON text, found a list",
        ),
        ({"policies": []}, "vpc_endpoints.vpce-1.policies: unknown field `policies` (did you mean `policy`?)"),
        ({"account": 1}, "vpc_endpoints.vpce-1.account: the account id was read as the number `1`"),
        (None, "vpc_endpoints.vpce-1: expected a mapping, found nothing"),
    ],
)
def test_a_faulty_endpoint_is_refused(entry: Any, found: str) -> None:
    (message,) = faults({"vpc_endpoints": {"vpce-1": entry}})
    assert message.startswith(found)
