"""Turns everything that responses show into the raw structure of a scenario.

Comes in: a `Collection`. Goes out: a `Raw`; what exists and was not shown is `Unknown`. Never here: reading responses.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping

from kms_eval.documents.findings import DocumentWarning
from kms_eval.documents.wrapping import looks_like_document
from kms_eval.formats.document import Origin
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.aws.identities import PrincipalFacts
from kms_eval.sources.aws.keys import KeyFacts
from kms_eval.sources.aws.limits import put_endpoints, put_organization
from kms_eval.sources.aws.responses import Collection
from kms_eval.sources.aws.shown import Shown
from kms_eval.sources.options import STAND_IN_ACCOUNT, STAND_IN_REGION, Options, stand_in_notice
from kms_eval.sources.raw import Document, Raw, Whole

_METADATA: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("spec", ("KeySpec", "CustomerMasterKeySpec")),
    ("usage", ("KeyUsage",)),
    ("origin", ("Origin",)),
    ("state", ("KeyState",)),
    ("manager", ("KeyManager",)),
)


def assemble(collection: Collection, options: Options) -> Raw:
    """All of it as one source. If it has several accounts, short names belong to none unless the options name one."""
    raw = Raw()
    accounts = _accounts(collection)
    account = options.account or (accounts[0] if len(accounts) == 1 else None)
    regions = Counter(key.region for key in collection.keys if key.region)
    region = options.region or (next(iter(regions)) if len(regions) == 1 else STAND_IN_REGION)
    if not accounts and account is None and any(True for _ in collection.keys):
        account = STAND_IN_ACCOUNT
        raw.notices.append(stand_in_notice("account", account))
    if account is not None:
        raw.value["account"] = account
    raw.value["region"] = region
    partition = next((key.partition for key in collection.keys), "aws")
    if partition != "aws":
        raw.value["partition"] = partition
    if collection.keys.table and not regions and options.region is None:
        raw.notices.append(stand_in_notice("Region", region))
    _put_keys(raw, collection, account or STAND_IN_ACCOUNT, region)
    _put_identities(raw, collection, account)
    _put_unshown(raw, collection)
    put_organization(raw, collection)
    put_endpoints(raw, collection)
    return raw


def _accounts(collection: Collection) -> list[str]:
    """The account of the caller who asked AWS, if there is only one; else those of identities, else those of keys."""
    callers = list(collection.callers)
    if len(callers) == 1:
        return callers
    owners = dict.fromkeys(each.arn.split(":")[4] for each in collection.identities.table.values())
    return list(owners) or list(dict.fromkeys(key.account for key in collection.keys if key.account))


def _refused(collection: Collection, operation: str, **subject: str | None) -> str | None:
    """Why a call failed, if a snapshot says so."""
    for failed in collection.failed:
        if failed.text("operation") == operation and all(
            value is None or failed.text(name) in (None, value) for name, value in subject.items()
        ):
            return f"{operation} was refused: {failed.text('code') or 'error'}"
    return None


def _put_keys(raw: Raw, collection: Collection, account: str, region: str) -> None:
    for key in collection.keys:
        key.account = key.account or account
        key.region = key.region or region
    handles = _handles(list(collection.keys))
    for key, handle in handles.items():
        entry: dict[str, object] = {
            "arn": f"arn:{key.partition}:kms:{key.region}:{key.account}:key/{key.key_id}",
        }
        raw.put("keys", handle, entry, key.place)
        _put_metadata(entry, key)
        _put_key_parts(raw, collection, key, handle, entry)
    for name, shown in collection.keys.further_policies:
        message = f"the key policy `{name}` is left out: AWS RAM made it, and only `default` is evaluated"
        raw.warnings.append(DocumentWarning("further-key-policy", message, shown.place))
    for token in collection.keys.list_cut.values():
        raw.notices.append(f"ListKeys is cut off at `{token}`: there are more keys than these")
    for what, key, shown in collection.keys.replaced:
        message = f"the {what} of key `{key.key_id}` differs from what an earlier file says; this one counts"
        raw.warnings.append(DocumentWarning("source-told-twice", message, shown.place))


def _handles(keys: list[KeyFacts]) -> dict[KeyFacts, str]:
    """The names of keys: an alias, else the id; with the Region, and the account if needed, to tell keys apart."""
    handles: dict[KeyFacts, str] = {}
    aliases = {key: min(key.aliases, default="").removeprefix("alias/") for key in keys}
    names = Counter(aliases[key] or key.key_id for key in keys)
    here = Counter((aliases[key] or key.key_id, key.region) for key in keys)
    for key in keys:
        name = aliases[key] or key.key_id
        if names[name] > 1:
            suffix = f"{key.region}" if here[name, key.region] == 1 else f"{key.region}-{key.account}"
            name = f"{name}-{suffix}"
        handles[key] = name
    return handles


def _put_metadata(entry: dict[str, object], key: KeyFacts) -> None:
    if any(name.startswith("alias/aws/") for name in key.aliases):
        entry["manager"] = "AWS"
    shown = key.metadata
    if shown is None:
        return
    for field, names in _METADATA:
        value = next((text for name in names if (text := shown.text(name))), None)
        if value is not None:
            entry[field] = value
    configuration = shown.member("MultiRegionConfiguration")
    if configuration is not None:
        entry["multi_region"] = True
        primary = configuration.member("PrimaryKey")
        if primary is not None and primary.text("Region"):
            entry["primary_region"] = primary.text("Region")
        replicas = [replica.needed("Region") for replica in configuration.items("ReplicaKeys")]
        if replicas:
            entry["replica_regions"] = replicas


def _put_key_parts(raw: Raw, collection: Collection, key: KeyFacts, handle: str, entry: dict[str, object]) -> None:
    at = ("keys", handle)
    where = {"key": key.key_id, "region": key.region, "account": key.account}
    about = f"--region {shlex.quote(str(key.region))} --key-id {shlex.quote(key.key_id)}"

    def gap(field: str, operation: str, command: str) -> None:
        reason = _refused(collection, operation, **where) or f"no response of {operation} shows it"
        raw.gaps[*at, field] = Unknown(reason, f"{handle}.{field}", f"save `aws kms {command} {about}`")

    if key.policy is not None:
        entry["policy"] = key.policy.value
        raw.origins.put((*at, "policy"), Origin(key.policy.place))
    else:
        gap("policy", "GetKeyPolicy", "get-key-policy")
    _put_aliases(raw, collection, key, handle, entry)
    if key.grants is None:
        gap("grants", "ListGrants", "list-grants")
    else:
        grants: list[object] = [_grant(shown.value) for shown in key.grants.values()]
        if key.grants_place is not None and key.grants:
            raw.origins.put((*at, "grants"), Origin(key.grants_place))
        else:
            for index, shown in enumerate(key.grants.values()):
                raw.origins.put((*at, "grants", index), Origin(shown.place))
        if "grants" in key.next_tokens:
            reason = f"ListGrants is cut off at `{key.next_tokens['grants']}`"
            grants.append(Unknown(reason, f"{handle}.grants", f"save `aws kms list-grants {about}`"))
        entry["grants"] = grants
    if key.tags is None:
        gap("tags", "ListResourceTags", "list-resource-tags")
    elif "tags" in key.next_tokens:
        reason = f"ListResourceTags is cut off at `{key.next_tokens['tags']}`"
        entry["tags"] = Unknown(reason, f"{handle}.tags", f"save `aws kms list-resource-tags {about}`")
    else:
        entry["tags"] = key.tags[0]
        raw.origins.put((*at, "tags"), Origin(key.tags[1].place))


def _put_aliases(raw: Raw, collection: Collection, key: KeyFacts, handle: str, entry: dict[str, object]) -> None:
    at = ("keys", handle)
    if key.aliases:
        entry["aliases"] = sorted(key.aliases)
        for index, alias in enumerate(sorted(key.aliases)):
            raw.origins.put((*at, "aliases", index), Origin(key.aliases[alias].place))
    table = collection.keys.alias_tokens
    place = next(
        (each for each in ((key.account, key.region), (None, key.region), (None, None)) if each in table), None
    )
    if key not in collection.keys.only_of and (place is None or table[place] is not None):
        token = table[place] if place is not None else None
        if token is not None or not key.aliases:
            reason = f"ListAliases is cut off at `{token}`" if token else None
            reason = reason or _refused(collection, "ListAliases", region=key.region, account=key.account)
            reason = reason or "no response of ListAliases shows them"
            unknown = Unknown(reason, f"{handle}.aliases", f"save `aws kms list-aliases --region {key.region}`")
            if key.aliases:
                entry["aliases"] = [*sorted(key.aliases), unknown]
            else:
                raw.gaps[*at, "aliases"] = unknown


def _grant(value: object) -> object:
    """The entry without its date and without null, which AWS and others answer for what a grant does not have."""
    if not isinstance(value, Mapping):
        return value
    return {name: member for name, member in value.items() if member is not None and name != "CreationDate"}


def _put_identities(raw: Raw, collection: Collection, account: str | None) -> None:
    tables = collection.identities
    for text, policy in tables.managed.items():
        if policy.document is not None:
            raw.managed[text] = Document(policy.document.value, _managed_origin(text, policy.document))
    names = {each.arn: each.name if each.arn.split(":")[4] == account else each.arn for each in tables.of_kind("group")}
    for each in tables.of_kind("group"):
        name = names[each.arn]
        raw.put("groups", name, {"policies": _policies(raw, collection, each, ("groups", name))}, each.place)
    for each in tables.of_kind("user", "role"):
        _put_principal(raw, collection, each, names)
    unread = [each.name for each in tables.of_kind("role") if each.trust is not None and not _is_document(each.trust)]
    if unread:
        more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
        raw.notices.append(
            f"the trust policy of {', '.join(unread[:_NAMED])}{more} is left out: it is no policy (and decides nothing)"
        )


_NAMED = 3


def _is_document(shown: Shown) -> bool:
    """Whether something is a policy, or the text of one."""
    value = shown.value
    if isinstance(value, str):
        return looks_like_document(value) and "Statement" in value
    return isinstance(value, Mapping) and "Statement" in value


def _put_principal(raw: Raw, collection: Collection, each: PrincipalFacts, groups: dict[str, str]) -> None:
    at = ("principals", each.arn)
    entry: dict[str, object] = {}
    raw.put("principals", each.arn, entry, each.place)
    if each.id:
        entry["id"] = each.id
    policies = _policies(raw, collection, each, at)
    if each.kind == "user":
        _put_groups(raw, each, groups, entry, policies)
    entry["policies"] = policies
    if each.boundary is not None:
        text, shown = each.boundary
        entry["permissions_boundary"] = _managed(raw, collection, text, shown, (*at, "permissions_boundary"))
    elif "boundary" not in each.whole:
        raw.gaps[*at, "permissions_boundary"] = _missing(each, "permissions boundary", f"get-{each.kind}")
    if each.trust is not None and _is_document(each.trust):
        entry["trust_policy"] = each.trust.value
        raw.origins.put((*at, "trust_policy"), Origin(each.trust.place))
    if each.tags is None:
        raw.gaps[*at, "tags"] = _missing(each, "tags", f"get-{each.kind}")
    elif "tags" in each.next_tokens:
        entry["tags"] = Unknown(f"the tags are cut off at `{each.next_tokens['tags']}`", f"{each.arn} tags")
    elif each.tags[0]:
        entry["tags"] = each.tags[0]
        raw.origins.put((*at, "tags"), Origin(each.tags[1].place))


def _put_groups(
    raw: Raw, each: PrincipalFacts, groups: dict[str, str], entry: dict[str, object], policies: dict[str, object]
) -> None:
    at = ("principals", each.arn)
    owner = each.arn.rsplit("/", 1)[0].split(":user", 1)[0]
    for name, shown in each.groups.items():
        found = next(
            (text for text in groups if text.startswith(f"{owner}:group/") and text.endswith(f"/{name}")), None
        )
        if found is None:
            policies[f"group {name}"] = Unknown(
                f"the group `{name}` is not shown",
                f"{each.arn} group {name}",
                f"save `aws iam get-group --group-name {name}`",
            )
        else:
            members = entry.setdefault("groups", [])
            assert isinstance(members, list)  # noqa: S101 - made in the line above
            raw.origins.put((*at, "groups", len(members)), Origin(shown.place))
            members.append(groups[found])
    if "groups" not in each.whole:
        policies["groups"] = _missing(each, "groups", "list-groups-for-user")


def _put_unshown(raw: Raw, collection: Collection) -> None:
    """Record that the users and roles of an account are unknown if no source shows all of them."""
    reasons: dict[str, str] = {}
    for failed in collection.failed:
        if failed.text("operation") == "GetAccountAuthorizationDetails" and (account := failed.text("account")):
            reasons[account] = f"GetAccountAuthorizationDetails was refused: {failed.text('code') or 'error'}"
    for key in collection.keys:
        if key.account and not collection.identities.is_complete(key.account):
            reasons.setdefault(key.account, "no response of GetAccountAuthorizationDetails shows who there is")
    for (account, operation), token in collection.identities.next_tokens.items():
        if not collection.identities.is_complete(account):
            reasons[account] = f"{operation} is cut off at `{token}`"
    partition = raw.value.get("partition", "aws")
    for account, reason in reasons.items():
        name = f"arn:{partition}:iam::{account}:*"
        raw.section("principals")[name] = Unknown(reason, f"users and roles of {account}", _SAVE_DETAILS)


_SAVE_DETAILS = "save `aws iam get-account-authorization-details`"


def _missing(each: PrincipalFacts, what: str, command: str) -> Unknown:
    token = each.next_tokens.get(what.split(maxsplit=1)[0])
    reason = f"its {what} are cut off at `{token}`" if token else f"no response shows its {what}"
    return Unknown(reason, f"{each.arn} {what}", f"save `aws iam {command} --{each.kind}-name {each.name}`")


def _policies(raw: Raw, collection: Collection, each: PrincipalFacts, at: tuple[str, ...]) -> Whole:
    """The policies of one identity: inline policies by name, then managed policies by ARN."""
    policies = Whole()
    for name, shown in each.inline.items():
        if shown is None:
            remedy = f"save `aws iam get-{each.kind}-policy --{each.kind}-name {each.name} --policy-name {name}`"
            policies[name] = Unknown(f"the inline policy `{name}` is not shown", f"{each.arn} {name}", remedy)
        else:
            policies[name] = shown.value
            raw.origins.put((*at, "policies", name), Origin(shown.place, name))
    for text, (_name, shown) in each.attached.items():
        policies[text] = _managed(raw, collection, text, shown, (*at, "policies", text))
    if "inline" not in each.whole:
        policies["inline policies"] = _missing(each, "inline policies", f"list-{each.kind}-policies")
    if "attached" not in each.whole:
        policies["attached policies"] = _missing(each, "attached policies", f"list-attached-{each.kind}-policies")
    return policies


def _managed(raw: Raw, collection: Collection, text: str, shown: object, at: tuple[str | int, ...]) -> object:
    policy = collection.identities.managed.get(text)
    document = policy.document if policy is not None else None
    if document is None:
        reason = _refused(collection, "GetPolicyVersion", policy=text) or "the managed policy is named and not included"
        remedy = f"save `aws iam get-policy --policy-arn {text}` and `aws iam get-policy-version`, or `kms-eval pull`"
        return Unknown(reason, text, remedy)
    raw.origins.put(at, _managed_origin(text, document))
    return document.value


def _managed_origin(text: str, document: Shown) -> Origin:
    return Origin(document.place, text.split(":policy/", 1)[-1].rsplit("/", 1)[-1], ":iam::aws:policy/" in text)
