"""The organization and the VPC endpoints that responses show, in the raw structure of a scenario.

Comes in: a `Collection`. Goes out: sections of a `Raw`. Never here: reading responses.
"""

from __future__ import annotations

from kms_eval.formats.document import Origin, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.attachments import FIELDS, FULL_ACCESS
from kms_eval.sources.aws.organizations import OrganizationPolicy, Tree
from kms_eval.sources.aws.responses import Collection
from kms_eval.sources.raw import Raw

_IMPLIED = "p-RCPFullAWSAccess"
_SAVE = (
    "save `aws organizations list-roots`, `list-parents`, `list-policies`, `list-targets-for-policy`, `describe-policy`"
)


def put_organization(raw: Raw, collection: Collection) -> None:
    """Put in the organization with every account that is mentioned; paths and policies not shown are unknown."""
    tree = collection.tree
    shown = tree.organization
    if shown is None:
        return
    management = shown.text("MasterAccountId") or shown.text("ManagementAccountId")
    entry: dict[str, object] = {"id": shown.needed("Id"), "management_account": management or ""}
    raw.value["organization"] = entry
    raw.origins.put(("organization",), Origin(shown.place))
    mentioned = {*tree.accounts, *(name for name in tree.parents if name.isdigit())}
    mentioned |= {each.arn.split(":")[4] for each in collection.identities.table.values()}
    mentioned |= {key.account for key in collection.keys if key.account}
    if tree.accounts and tree.whole:
        # All accounts of the organization are listed, so other accounts are outside it.
        mentioned &= {*tree.accounts}
    entry["accounts"] = {name: _account(raw, tree, name, shown.needed("Id")) for name in sorted(mentioned)}


def _account(raw: Raw, tree: Tree, name: str, organization: str) -> dict[str, object]:
    at = ("organization", "accounts", name)
    path = tree.path_from_root(name)
    shown = tree.organization
    entry: dict[str, object] = {}
    if name in tree.accounts:
        raw.origins.put(at, Origin(tree.accounts[name].place))
    elif shown is not None:
        raw.origins.put(at, Origin(shown.place))
    if path is None:
        entry["path"] = Unknown("no response shows where the account is", f"organization.accounts.{name}.path", _SAVE)
    else:
        entry["path"] = f"{organization}/{'/'.join(path)}/"
    for kind, field in FIELDS.items():
        levels = _levels(raw, tree, name, path, kind=kind, at=(*at, field))
        if levels is not None:
            entry[field] = levels
    return entry


def _levels(
    raw: Raw, tree: Tree, name: str, path: tuple[str, ...] | None, *, kind: str, at: tuple[str, ...]
) -> list[object] | Unknown | None:
    shown = tree.organization
    if shown is not None and shown.text("FeatureSet") == "CONSOLIDATED_BILLING":
        return None
    if tree.types is not None and kind not in tree.types:
        return None
    policies = [each for each in tree.policies.values() if each.type in (kind, None)]
    if kind.startswith("RESOURCE") and not policies and tree.types is None and "SERVICE_CONTROL_POLICY" in tree.listed:
        # SCPs were listed, and nothing says that RCPs are in use.
        return None
    address = ".".join(at)
    if path is None or not (kind in tree.listed or all((target, kind) in tree.shown_at for target in (*path, name))):
        return Unknown("no response shows the policies of the organization", address, _SAVE)
    levels: list[object] = []
    for target in (*path, name):
        level: list[object] = []
        for policy in policies:
            here: Steps
            if policy.id == _IMPLIED:
                continue
            if target in policy.targets:
                here = (*at, len(levels), len(level))
                level.append(_content(policy, address))
                place = policy.content.place if policy.content is not None else policy.targets[target].place
                raw.origins.put(here, Origin(place, policy.name or policy.id))
            elif not policy.whole and (target, kind) not in tree.shown_at:
                reason = f"no response shows where `{policy.name or policy.id}` is attached"
                remedy = f"save `aws organizations list-targets-for-policy --policy-id {policy.id}`"
                level.append(Unknown(reason, address, remedy))
        levels.append(level)
    return levels


def _content(policy: OrganizationPolicy, address: str) -> object:
    if policy.content is not None:
        return policy.content.value
    if policy.id == "p-FullAWSAccess":
        return dict(FULL_ACCESS)
    remedy = f"save `aws organizations describe-policy --policy-id {policy.id}`"
    return Unknown(f"the content of `{policy.name or policy.id}` is not shown", address, remedy)


def put_endpoints(raw: Raw, collection: Collection) -> None:
    """Put in the VPC endpoints of AWS KMS."""
    for name, shown in collection.endpoints.items():
        entry: dict[str, object] = {}
        raw.put("vpc_endpoints", name, entry, shown.place)
        policy = shown.member("PolicyDocument")
        if policy is not None:
            entry["policy"] = policy.document().value
            raw.origins.put(("vpc_endpoints", name, "policy"), Origin(policy.place, f"policy of {name}"))
        if vpc := shown.text("VpcId"):
            entry["vpc"] = vpc
        if owner := shown.text("OwnerId"):
            entry["account"] = owner
