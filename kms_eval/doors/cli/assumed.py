"""The least that must exist if there is no scenario: one key, in some account and Region.

Comes in: the principal and the key as typed, and the policies that the call names. Goes out: a scenario in memory,
messages about what was assumed, and advice that does not rely on it. Never here: deciding.

The key is the one that `--key` names by ARN, else the only key ARN in the documents, else it is made up; then the
first message says so, and names every `Resource` that is about another key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kms_eval.documents.model import Policy
from kms_eval.engine.explanation import Change, Explanation
from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.facts.partitions import PARTITIONS
from kms_eval.facts.regions import partition_of, region_complaint
from kms_eval.language import arn
from kms_eval.language.pattern import compile_text
from kms_eval.records import record

_EXAMPLE_ACCOUNT = "123456789012"
_EXAMPLE_REGION = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
_MADE_UP = "00000000-0000-0000-0000-000000000000"
"""An id that no document is likely to name, unlike that in AWS's examples."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9-]+")
_KEY_ID = re.compile(r"(?:mrk-)?[0-9a-f-]{32,36}")
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_NAMED = 5


@record
class _Owner:
    """Where a key is, and why that account was assumed (None: it was not)."""

    account: str
    region: str
    partition: str
    because: str | None = None


@record
class MadeUp:
    """The key that was made up, by its ARN, and the `Resource` patterns of the documents that do not match it."""

    arn: str
    others: tuple[str, ...] = ()


def about_made_up(explanation: Explanation, key: MadeUp) -> Explanation:
    """The explanation without advice for a key that does not exist.

    If the documents name another key, advice is to name that with `--key`; else advice says *the key*.
    """
    if explanation.why_unchanged is None and not explanation.changes:
        return explanation
    other = next((text for text in key.others if _KEY_ARN.fullmatch(text)), None)
    if other is not None and not any(change.kind == "add-context" for change in explanation.changes):
        why = f"the key is made up, and `Resource` speaks of others: name one with `--key {other}`"
        return replace(explanation, changes=(), why_unchanged=why)
    return replace(explanation, changes=tuple(_of_the_key(change, key) for change in explanation.changes))


def _of_the_key(change: Change, key: MadeUp) -> Change:
    text = change.text.replace(f" on {key.arn}", " on the key").replace(f"`{key.arn}`", "the key's ARN")
    return replace(change, text=text, steps=tuple(_of_the_key(step, key) for step in change.steps))


def assumed(
    principal: str | None,
    key: str | None,
    key_policy: Policy | None,
    policies: Sequence[Policy] = (),
    *,
    account: str | None = None,
    region: str | None = None,
) -> tuple[dict[str, object], list[str], MadeUp | None]:
    """A scenario with the key and nothing else, what the user should know about it, and the key if it is made up.

    A key that is made up is in the given `account`; else in the account to which its policy delegates; else in the one
    that all `Resource` patterns name; else in the principal's; else in the only one that the policy names; else in that
    of AWS's examples. It is in the given `region`; else in the one that all `Resource` patterns name; else in an
    example Region of its partition. Raises InputError for an account or a Region that cannot exist.
    """
    _check(account, region)
    every = [policy for policy in (key_policy, *policies) if policy is not None]
    resources = tuple(dict.fromkeys(_kms_resources(every)))
    named = arn.parse(key) if key is not None else None
    asker = arn.parse(principal) if principal is not None else None
    found = _key_arn(key, named, resources)
    if named is not None and named.service == "kms":
        _check_region(named.region, "--key")
    owner = _owner(arn.parse(found) if found is not None else named, asker, key_policy, resources)
    if found is None and (named is None or not _ACCOUNT.fullmatch(named.account)):
        owner = _told(owner, account, region)
    entry = _entry(key, named, found, owner)
    made_up = _made_up(entry, owner, resources) if found is None else None
    words = [] if made_up is None else [_in_words(key, made_up, owner)]
    if key_policy is None:
        words.append("no key policy: the default one is taken, which leaves everything to the account's IAM policies")
    data: dict[str, object] = {
        "account": account or owner.account,
        "region": region or owner.region,
        "partition": owner.partition,
        "keys": {_handle(key): entry},
    }
    return data, words, made_up


def _check(account: str | None, region: str | None) -> None:
    if account is not None and not _ACCOUNT.fullmatch(account):
        raise InputError(Fault(f"{quoted(account)} is no account id", Location(field="--account"), "it has 12 digits"))
    if region is not None:
        _check_region(region, "--region")


def _check_region(region: str, option: str) -> None:
    complaint = region_complaint(region)
    if complaint is not None:
        raise InputError(Fault(complaint[0], Location(field=option), complaint[1]))


def _told(owner: _Owner, account: str | None, region: str | None) -> _Owner:
    """Where a made-up key is, if the call gives an account or a Region."""
    if account is not None:
        owner = replace(owner, account=account, because="which `--account` tells")
    if region is not None:
        owner = replace(owner, region=region, partition=partition_of(region))
    return owner


def _key_arn(key: str | None, named: arn.Arn | None, resources: Sequence[str]) -> str | None:
    """The ARN of the key: as it is named, else the only one in the documents, unless another key is named."""
    if named is not None and not named.resource.startswith("alias/"):
        return key
    told = [text for text in resources if _KEY_ARN.fullmatch(text)]
    if len(told) != 1:
        return None
    parts = told[0].split(":", 5)
    if named is not None and (named.region, named.account) != (parts[3], parts[4]):
        return None
    if named is None and key is not None and _KEY_ID.fullmatch(key) and parts[5] != f"key/{key}":
        return None
    return told[0]


def _kms_resources(policies: Iterable[Policy]) -> Iterator[str]:
    for policy in policies:
        for statement in policy.statements:
            for text in (*(statement.resources or ()), *(statement.not_resources or ())):
                parts = arn.parse(text)
                if parts is not None and parts.service == "kms" and not parts.resource.startswith("alias/"):
                    yield text


def _owner(key: arn.Arn | None, asker: arn.Arn | None, key_policy: Policy | None, resources: Sequence[str]) -> _Owner:
    partition = next((found.partition for found in (key, asker) if found is not None), None)
    partition = partition or _partition(key_policy)
    if key is not None and _ACCOUNT.fullmatch(key.account):
        return _Owner(key.account, key.region or _region_of(partition), partition)
    parts = [found for text in resources if (found := arn.parse(text)) is not None]
    regions = {each.region for each in parts if _REGION.fullmatch(each.region)}
    region = regions.pop() if len(regions) == 1 else _region_of(partition)
    spoken_of = {each.account for each in parts if _ACCOUNT.fullmatch(each.account)}
    whole, named = _accounts(key_policy, partition)
    if len(whole) == 1:
        return _Owner(whole.pop(), region, partition, "to which the key policy delegates")
    if len(spoken_of) == 1:
        return _Owner(spoken_of.pop(), region, partition, "of which `Resource` speaks")
    if asker is not None and _ACCOUNT.fullmatch(asker.account):
        return _Owner(asker.account, region, partition, "that of the principal")
    if len(named) == 1:
        return _Owner(named.pop(), region, partition, "the only one in the key policy")
    return _Owner(_EXAMPLE_ACCOUNT, region, partition, "for want of a better one")


def _region_of(partition: str) -> str:
    return _EXAMPLE_REGION.get(partition, _EXAMPLE_REGION["aws"])


def _partition(policy: Policy | None) -> str:
    """The partition of all principals that the policy names by ARN; ``aws`` if they are in several, or in none."""
    entries = (entry for statement in (policy.statements if policy else ()) for entry in statement.principals or ())
    found = {parsed.partition for entry in entries if (parsed := arn.parse(entry.value)) is not None}
    return found.pop() if len(found) == 1 and found <= PARTITIONS else "aws"


def _accounts(policy: Policy | None, partition: str) -> tuple[set[str], set[str]]:
    """The accounts of a partition to which the policy allows something as a whole, and those of all its principals."""
    whole: set[str] = set()
    named: set[str] = set()
    for statement in policy.statements if policy is not None else ():
        for entry in statement.principals or ():
            parsed = arn.parse(entry.value)
            account = parsed.account if parsed is not None else entry.value
            here = parsed is None or parsed.partition == partition
            if entry.kind == "AWS" and here and _ACCOUNT.fullmatch(account):
                named.add(account)
                if statement.effect == "Allow" and (parsed is None or parsed.resource == "root"):
                    whole.add(account)
    return whole, named


def _made_up(entry: dict[str, object], owner: _Owner, resources: Sequence[str]) -> MadeUp:
    made = f"arn:{owner.partition}:kms:{owner.region}:{owner.account}:key/{entry['key_id']}"
    return MadeUp(made, tuple(text for text in resources if not compile_text(text)(made)))


def _in_words(key: str | None, made: MadeUp, owner: _Owner) -> str:
    named = f"the key {key}" if key is not None else "a key"
    word = f"no scenario: {named} is made up, {made.arn} (in account {owner.account}, {owner.because})"
    others = made.others
    if not others:
        return word
    listed = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
    return f"{word}; `Resource` speaks of another key: {listed}; name the key with `--key ARN`"


def _handle(key: str | None) -> str:
    return key if key is not None and not key.startswith(("arn:", "alias/")) else "key"


def _entry(key: str | None, named: arn.Arn | None, found: str | None, owner: _Owner) -> dict[str, object]:
    """The entry of the key, which can be referred to by the words that the call used for it."""
    root = f"arn:{owner.partition}:iam::{owner.account}:root"
    statement = {"Sid": "Default", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    entry: dict[str, object] = {"policy": {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}}
    name = named.resource if named is not None else key
    if name is not None and name.startswith("alias/"):
        entry["aliases"] = [name]
    if found is not None:
        entry["arn"] = found
    else:
        entry["key_id"] = key if key is not None and _KEY_ID.fullmatch(key) else _MADE_UP
    return entry
