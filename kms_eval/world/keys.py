"""Keys of a scenario: identifiers are derived where they are left out, and checked against each other.

Comes in: the section `keys` of a scenario. Goes out: keys by handle. Never here: who may use them.
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.model import Grant, OpenGrant, PolicyKind
from kms_eval.documents.opened import unknowns_within
from kms_eval.errors import quoted
from kms_eval.facts.enums import KEY_KINDS
from kms_eval.facts.regions import region_complaint
from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown
from kms_eval.language import arn
from kms_eval.records import record
from kms_eval.world.entry_forms import KEY_ENTRY
from kms_eval.world.identity import is_account, is_alias_name
from kms_eval.world.model import Key
from kms_eval.world.reading import Reading
from kms_eval.world.unknown_fields import split_grants, unknown_tags

if TYPE_CHECKING:
    from kms_eval.world.scenario import KeyEntry

_KEY_ID = re.compile(r"[A-Za-z0-9-]+")
_MULTI_REGION = "mrk-"


@record
class _Identifiers:
    """The parts of a key ARN."""

    key_id: str
    account: str
    region: str
    partition: str

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"


def read_keys(reading: Reading) -> dict[str, Key]:
    """The keys of the scenario by handle; faults go to `reading`."""
    keys: dict[str, Key] = {}
    for handle, place, entry in reading.entries("keys", KEY_ENTRY):
        key = _key(reading, handle, place, entry)
        if key is not None:
            keys[handle] = key
    _check_unique(reading, keys)
    return keys


def _key(reading: Reading, handle: str, place: Place, entry: KeyEntry) -> Key | None:
    policy = reading.documents.policy(entry.policy, place.at("policy"), PolicyKind.KEY, reading.findings)
    grants, open_grants = _grants(reading, place.at("grants"), entry.grants) if entry.grants else ((), ())
    before = len(reading.findings.faults)
    if handle.startswith(("alias/", "arn:")):
        reading.fault(place, f"the handle {quoted(handle)} reads like an alias or an ARN", "give the key another name")
    identifiers = _identifiers(reading, handle, place, entry)
    _check_aliases(reading, place, entry)
    _check_regions(reading, place, entry, identifiers)
    usage = _usage(reading, place, entry)
    if policy is None or identifiers is None or len(reading.findings.faults) > before:
        reading.broken.add("keys")
        return None
    multi_region = _is_multi_region(entry, identifiers.key_id)
    here = policy.place or place.at("policy")
    for remark in misplaced(policy, identifiers.partition, identifiers.region):
        reading.findings.remark(here, remark)
    return Key(
        handle=handle,
        arn=identifiers.arn,
        key_id=identifiers.key_id,
        account=identifiers.account,
        region=identifiers.region,
        policy=policy,
        partition=identifiers.partition,
        aliases=entry.aliases,
        grants=grants,
        tags=entry.tags,
        spec=entry.spec,
        usage=usage,
        origin=entry.origin,
        state=entry.state,
        multi_region=multi_region,
        manager=_MANAGERS[entry.manager],
        primary_region=(entry.primary_region or identifiers.region) if multi_region else None,
        replica_regions=entry.replica_regions,
        open_grants=open_grants,
        unknowns=_unknowns(reading, handle) if reading.unknowns else {},
    )


def _grants(reading: Reading, place: Place, source: object) -> tuple[tuple[Grant, ...], tuple[OpenGrant, ...]]:
    found = len(reading.findings.faults)
    grants = reading.documents.grants(source, place, reading.findings)
    if len(reading.findings.faults) == found or isinstance(source, str) or not any(unknowns_within(source)):
        return grants, ()
    del reading.findings.faults[found:]
    known, open_grants = split_grants(source)
    return reading.documents.grants(known, place, reading.findings) if known else (), open_grants


def _unknowns(reading: Reading, handle: str) -> dict[str, Unknown]:
    entry = ("keys", handle)
    unknowns = unknown_tags(reading.unknowns, entry, "aws:resourcetag/")
    aliases = reading.unknowns.get((*entry, "aliases"))
    return unknowns if aliases is None else {**unknowns, "kms:resourcealiases": aliases}


_MANAGERS: dict[str, Literal["CUSTOMER", "AWS"]] = {"CUSTOMER": "CUSTOMER", "AWS": "AWS"}


def _identifiers(reading: Reading, handle: str, place: Place, entry: KeyEntry) -> _Identifiers | None:
    if entry.arn is not None:
        return _from_arn(reading, place, entry, entry.arn)
    account = entry.account or reading.scenario.account
    if account is None:
        reading.fault(place, "the key has no `account`, and the scenario has none either", "set one of the two")
        return None
    key_id = entry.key_id
    if key_id is None:
        key_id = derived_id(handle, multi_region=bool(entry.multi_region))
    elif not _KEY_ID.fullmatch(key_id):
        advice = "an ARN goes into `arn`" if key_id.startswith("arn:") else "it has letters, digits and hyphens only"
        reading.fault(place.at("key_id"), f"malformed key id {quoted(key_id)}", advice)
        return None
    if entry.region is not None and not _is_region(reading, place.at("region"), entry.region):
        return None
    return _Identifiers(key_id, account, entry.region or reading.scenario.region, reading.scenario.partition)


def derived_id(handle: str, *, multi_region: bool) -> str:
    """The key id of a key for which none is given: always the same for the same handle."""
    from uuid import NAMESPACE_URL, uuid5  # noqa: PLC0415 - keys that are copied from AWS have their id

    uuid = uuid5(NAMESPACE_URL, f"kms-eval:{handle}")
    return f"{_MULTI_REGION}{uuid.hex}" if multi_region else str(uuid)


def _from_arn(reading: Reading, place: Place, entry: KeyEntry, text: str) -> _Identifiers | None:
    parts = arn.parse(text)
    here = place.at("arn")
    if parts is None or parts.service != "kms" or not is_account(parts.account):
        reading.fault(here, f"malformed key ARN {quoted(text)}", f"write `{_EXAMPLE_ARN}`")
        return None
    kind, _, key_id = parts.resource.partition("/")
    if kind != "key" or not _KEY_ID.fullmatch(key_id):
        advice = "an alias goes into `aliases`" if kind == "alias" else f"write `{_EXAMPLE_ARN}`"
        reading.fault(here, f"malformed key ARN {quoted(text)}", advice)
        return None
    if not _is_region(reading, here, parts.region):
        return None
    found = _Identifiers(key_id, parts.account, parts.region, parts.partition)
    for name in ("key_id", "account", "region"):
        given, said = getattr(entry, name), getattr(found, name)
        if given not in (None, said):
            reading.fault(place.at(name), f"`{name}` is {quoted(given)}, `arn` says `{said}`", "leave one out")
    return found


_EXAMPLE_ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _is_multi_region(entry: KeyEntry, key_id: str) -> bool:
    """As the entry says, else as the key id says: multi-Region keys, and no others, have ids that start with mrk-.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """
    return key_id.startswith(_MULTI_REGION) if entry.multi_region is None else entry.multi_region


def _usage(reading: Reading, place: Place, entry: KeyEntry) -> str:
    """The usage that is given, or the first that the spec allows.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html (KeyUsage)
    """
    usages = [kind.usage for kind in KEY_KINDS if entry.spec in kind.specs]
    if entry.usage is None:
        return usages[0]
    if entry.usage not in usages:
        listed = " or ".join(f"`{usage}`" for usage in usages)
        message = f"a key of spec `{entry.spec}` is not for `{entry.usage}`"
        reading.fault(place.at("usage"), message, f"it is for {listed}")
    return entry.usage


def _check_aliases(reading: Reading, place: Place, entry: KeyEntry) -> None:
    for index, alias in enumerate(entry.aliases):
        here = place.at("aliases", index)
        if not is_alias_name(alias):
            advice = None if alias.startswith("alias/") else f"did you mean `alias/{alias.removeprefix('/')}`?"
            reading.fault(here, f"malformed alias name {quoted(alias)}", advice)
        elif alias.startswith("alias/aws/") and entry.manager != "AWS":
            advice = "say `manager: AWS` if it is an AWS managed key"
            reading.fault(here, f"{quoted(alias)} is reserved for AWS managed keys", advice)


def _is_region(reading: Reading, place: Place, text: str) -> bool:
    complaint = region_complaint(text)
    if complaint is not None:
        reading.fault(place, *complaint)
    return complaint is None


def _check_regions(reading: Reading, place: Place, entry: KeyEntry, identifiers: _Identifiers | None) -> None:
    if entry.primary_region is not None:
        _is_region(reading, place.at("primary_region"), entry.primary_region)
    for index, text in enumerate(entry.replica_regions):
        _is_region(reading, place.at("replica_regions", index), text)
    if identifiers is None or _is_multi_region(entry, identifiers.key_id):
        return
    for name in ("primary_region", "replica_regions"):
        if getattr(entry, name):
            reading.fault(place.at(name), f"`{name}` is for multi-Region keys only", "add `multi_region: true`")


def _check_unique(reading: Reading, keys: dict[str, Key]) -> None:
    """Key ARNs are unique, and so are alias names in one account and Region."""
    owners: dict[str, str] = {}
    for handle, key in keys.items():
        place = reading.place.at("keys", handle)
        other = owners.setdefault(key.arn, handle)
        if other != handle:
            reading.fault(place, f"is the same key as `{other}`: `{key.arn}`")
        for index, alias in enumerate(key.aliases):
            name = f"{key.partition} {key.account} {key.region} {alias}"
            other = owners.setdefault(name, handle)
            if other != handle:
                message = f"{quoted(alias)} already names the key `{other}` of this account and Region"
                reading.fault(place.at("aliases", index), message)
            elif alias in key.aliases[:index]:
                reading.fault(place.at("aliases", index), f"{quoted(alias)} is there twice")
