"""The least that must exist where there is no scenario: one key, in some account.

Comes in: the principal and the key as typed, and perhaps a key policy. Goes out: a scenario in memory, and words about
what was assumed. Never here: deciding.
"""

from __future__ import annotations

import re

from kms_eval.documents.model import Policy
from kms_eval.language import arn

_EXAMPLE_ACCOUNT = "123456789012"
_ACCOUNT = re.compile(r"[0-9]{12}")
_KEY_ID = re.compile(r"(?:mrk-)?[0-9a-f-]{32,36}")


def assumed(principal: str | None, key: str | None, key_policy: Policy | None) -> tuple[dict[str, object], list[str]]:
    """A scenario with the key and nothing else, and what the user should know about it.

    The key is in the account that its ARN says; else in the one account to which its policy gives; else in the
    principal's; else in the only one that the policy names; else in that of AWS's examples.
    """
    key_arn = arn.parse(key) if key is not None else None
    asker = arn.parse(principal) if principal is not None else None
    owner, because = _owner(key_arn, asker, key_policy)
    partition = next((found.partition for found in (key_arn, asker) if found is not None), "aws")
    words = [f"no scenario: the key is taken to be in account {owner}, {because}"] if because else []
    if key_policy is None:
        words.append("no key policy: the default one is taken, which leaves everything to the account's IAM policies")
    data: dict[str, object] = {
        "account": owner,
        "partition": partition,
        "keys": {_handle(key): _key(key, key_arn, partition, owner)},
    }
    if key_arn is not None and key_arn.region:
        data["region"] = key_arn.region
    return data, words


def _owner(key: arn.Arn | None, asker: arn.Arn | None, key_policy: Policy | None) -> tuple[str, str | None]:
    """The account of the key, and why; None where nothing has been assumed."""
    if key is not None and _ACCOUNT.fullmatch(key.account):
        return key.account, None
    whole, named = _accounts(key_policy)
    if len(whole) == 1:
        return whole.pop(), "to which the key policy delegates"
    if asker is not None and _ACCOUNT.fullmatch(asker.account):
        return asker.account, "that of the principal"
    if len(named) == 1:
        return named.pop(), "the only one in the key policy"
    return _EXAMPLE_ACCOUNT, "for want of a better one"


def _accounts(policy: Policy | None) -> tuple[set[str], set[str]]:
    """The accounts that the policy allows something as a whole, and those of all principals in it."""
    whole: set[str] = set()
    named: set[str] = set()
    for statement in policy.statements if policy is not None else ():
        for entry in statement.principals or ():
            parsed = arn.parse(entry.value)
            account = parsed.account if parsed is not None else entry.value
            if entry.kind == "AWS" and _ACCOUNT.fullmatch(account):
                named.add(account)
                if statement.effect == "Allow" and (parsed is None or parsed.resource == "root"):
                    whole.add(account)
    return whole, named


def _handle(key: str | None) -> str:
    return key if key is not None and not key.startswith(("arn:", "alias/")) else "key"


def _key(key: str | None, key_arn: arn.Arn | None, partition: str, owner: str) -> dict[str, object]:
    """The entry of the key, so that the words it was named by mean it."""
    root = f"arn:{partition}:iam::{owner}:root"
    statement = {"Sid": "Default", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    entry: dict[str, object] = {"policy": {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}}
    name = key_arn.resource if key_arn is not None else key
    if name is not None and name.startswith("alias/"):
        entry["aliases"] = [name]
    elif key_arn is not None:
        entry["arn"] = key
    elif key is not None and _KEY_ID.fullmatch(key):
        entry["key_id"] = key
    return entry
