"""The organization of a scenario and its VPC endpoints: limits that are set outside the account and the key.

Comes in: the sections `organization` and `vpc_endpoints`. Goes out: an Organization, endpoints by id.
Never here: which callers the policies apply to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.errors import quoted
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown
from kms_eval.world.entry_forms import ENDPOINT_ENTRY, ORGANIZATION_ENTRY
from kms_eval.world.model import Organization, OrganizationAccount, VpcEndpoint
from kms_eval.world.reading import Reading

if TYPE_CHECKING:
    from kms_eval.world.scenario import AccountEntry, OrganizationEntry


def read_organization(reading: Reading) -> Organization | None:
    """The organization, or None where the scenario has none; faults go to `reading`."""
    value = reading.value.get("organization")
    if value is None:
        return None
    place = reading.place.at("organization")
    entry = reading.entry("organization", ORGANIZATION_ENTRY, value, place)
    if entry is None:
        return None
    accounts = {
        name: _account(reading, name, place.at("accounts", name), entry, account)
        for name, account in entry.accounts.items()
    }
    return Organization(entry.id, entry.management_account, accounts)


def _account(
    reading: Reading, name: str, place: Place, organization: OrganizationEntry, entry: AccountEntry
) -> OrganizationAccount:
    # AWS writes paths with a slash at the end, and policies compare them as text:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html
    written = entry.path or ""
    path = written if written.endswith("/") else f"{written}/"
    unknown_path = reading.unknowns.get(("organization", "accounts", name, "path"))
    if entry.path is None:
        unknown_path = Unknown("no path is given", f"organization.accounts.{name}.path", "give the account its `path`")
    if unknown_path is None and not path.startswith(f"{organization.id}/"):
        message = f"the path {quoted(path)} does not begin with the organization `{organization.id}`"
        advice = f"did you mean `{organization.id}/{path}`?" if path.startswith("r-") else None
        reading.fault(place.at("path"), message, advice)
    service = entry.service_control_policies
    return OrganizationAccount(
        id=name,
        path=path,
        service_control_policies=(
            None if service is None else _levels(reading, service, place.at("service_control_policies"), PolicyKind.SCP)
        ),
        resource_control_policies=_levels(
            reading, entry.resource_control_policies, place.at("resource_control_policies"), PolicyKind.RCP
        ),
        unknown_path=unknown_path,
    )


def _levels(
    reading: Reading, levels: tuple[tuple[object, ...], ...], place: Place, kind: PolicyKind
) -> tuple[tuple[Policy, ...], ...]:
    return tuple(
        reading.documents.policies(level, place.at(index), kind, reading.findings) for index, level in enumerate(levels)
    )


def read_endpoints(reading: Reading) -> dict[str, VpcEndpoint]:
    """The VPC endpoints by id; faults go to `reading`."""
    endpoints: dict[str, VpcEndpoint] = {}
    for name, place, entry in reading.entries("vpc_endpoints", ENDPOINT_ENTRY):
        policy = None
        if entry.policy is not None:
            policy = reading.documents.policy(entry.policy, place.at("policy"), PolicyKind.ENDPOINT, reading.findings)
        endpoints[name] = VpcEndpoint(name, policy, entry.vpc, entry.account)
    return endpoints
