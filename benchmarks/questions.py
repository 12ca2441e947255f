"""The questions that every engine is asked, and the right answers.

Comes in: nothing but the example policies of this repository and a seed. Goes out: `QUESTIONS`. Never here: timing.

An answer counts as right if kms-eval and the naive loop, which share no code, agree on it; if they do not, or if they
differ from an answer that is written down here, nothing is measured at all.

- ``default``: the default key policy, which delegates to the account, with its three IAM policies. Three principals,
  every action that has a key.
- ``combined``: the same with everything in one key policy.
- ``mix``: 10,000 requests by 50 principals for 44 actions on 4 keys, half of them with context: delegation, principals
  in key policies, `Bool` and `StringEquals`, Denies in key policies and identity policies.
- ``crowd``: the first 1,000 requests of the mix in the same account with 950 more principals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from benchmarks import naive
from benchmarks.measure import ROOT, wrong
from kms_eval import Scenario
from kms_eval.facts.actions import ACTIONS

Json = dict[str, Any]

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROOT_USER = f"arn:aws:iam::{ACCOUNT}:root"
WITH_A_KEY = tuple(action.name for action in ACTIONS if action.resources == ("key",))
"""The 44 actions that are evaluated on a key and on nothing else."""

_SERVICES = tuple(f"{service}.{REGION}.amazonaws.com" for service in ("s3", "ec2", "rds", "dynamodb"))
_ASKERS = 50
_ADMINISTRATORS, _USERS, _GRANTORS = "key-administrators", "key-users", "key-grantors"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `principal` is an ARN, `key` a name in the question's keys."""

    principal: str
    action: str
    key: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its policy."""

    arn: str
    policy: Json


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Requests on one small world, which is given twice: as AWS's documents, and as a scenario of kms-eval."""

    name: str
    keys: Mapping[str, Key]
    identity: Mapping[str, tuple[Json, ...]]
    scenario: Json
    asks: tuple[Ask, ...]
    right: tuple[bool, ...]


@cache
def question(name: str, *, short: bool = False) -> Question:
    """The question with that name; `short` takes only a few of its requests. Exits if the answers are in doubt."""
    keys, identity, made, asks, known = _MAKERS[name]()
    scenario = {**made, "strangers": True}
    if short:
        asks = asks[: len(known)] + asks[len(known) :: max(1, len(asks) // 20)]
    world = Scenario.from_dict(scenario)
    loop = naive.compile_documents({each: key.policy for each, key in keys.items()}, identity, ACCOUNT)
    right = tuple(world.allows(ask.principal, ask.action, ask.key, context=ask.context) for ask in asks)
    for ask, answer in zip(asks, right, strict=True):
        if loop(ask.principal, ask.action, ask.key, ask.context) is not answer:
            wrong(f"kms-eval says {answer} and the naive loop does not, of {ask} in `{name}`")
    if right[: len(known)] != known:
        wrong(f"the first answers in `{name}` are {right[: len(known)]}, and should be {known}")
    return Question(name, keys, identity, scenario, asks, right)


def principal(name: str) -> str:
    """The ARN of a principal of the account: ``role/admin``."""
    return f"arn:aws:iam::{ACCOUNT}:{name}"


def document(name: str) -> Json:
    """A policy of the examples."""
    found: Json = json.loads((ROOT / "scenarios" / "policies" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def for_identity(name: str) -> Json:
    """A policy of the examples as IAM would accept it: without `Principal`, without spaces in Sids."""
    found = document(name)
    for statement in found["Statement"]:
        statement.pop("Principal", None)
        statement["Sid"] = statement["Sid"].replace(" ", "")
    return found


_Made = tuple[dict[str, Key], dict[str, tuple[Json, ...]], Json, tuple[Ask, ...], tuple[bool, ...]]
_ADMIN, _USER, _WORKER = (principal(name) for name in ("role/admin", "user/admin", "role/worker"))


def _default() -> _Made:
    keys = {"app": Key(_key_arn(0), document("key-default-1"))}
    written = tuple(for_identity(name) for name in (_ADMINISTRATORS, _USERS, _GRANTORS))
    known = {(_ADMIN, "kms:Decrypt"): True, (_USER, "kms:CreateGrant"): True, (_WORKER, "kms:Decrypt"): False,
             (_ADMIN, "kms:TagResource"): False}  # fmt: skip
    attached = [document(name) for name in (_ADMINISTRATORS, _USERS, _GRANTORS)]
    scenario = {"account": ACCOUNT, "keys": _in_scenario(keys), "attached_by_principal": attached}
    return keys, {_ADMIN: written, _USER: written, _WORKER: ()}, scenario, *_everything(known)


def _combined() -> _Made:
    keys = {"app": Key(_key_arn(0), document("key-combined-1"))}
    known = {(_ADMIN, "kms:Decrypt"): True, (_USER, "kms:Decrypt"): True, (_USER, "kms:PutKeyPolicy"): False,
             (_WORKER, "kms:DescribeKey"): False}  # fmt: skip
    scenario = {"account": ACCOUNT, "keys": _in_scenario(keys)}
    return keys, {_ADMIN: (), _USER: (), _WORKER: ()}, scenario, *_everything(known)


def _everything(known: Mapping[tuple[str, str], bool]) -> tuple[tuple[Ask, ...], tuple[bool, ...]]:
    rest = [(who, action) for who in (_ADMIN, _USER, _WORKER) for action in WITH_A_KEY if (who, action) not in known]
    return tuple(Ask(who, action, "app", {}) for who, action in (*known, *rest)), tuple(known.values())


def _mix(crowd: int = _ASKERS, asked: int = 10_000) -> _Made:
    chance = Random(10_000)
    everybody = [principal(f"{'role' if number % 2 else 'user'}/person-{number}") for number in range(crowd)]
    people = everybody[:_ASKERS]
    keys = {
        "delegating": Key(_key_arn(1), _policy(_delegation())),
        "naming": Key(_key_arn(2), _naming(people)),
        "for-services": Key(_key_arn(3), _for_services(people)),
        "guarded": Key(_key_arn(4), _guarded(people)),
    }
    identity = {arn: _attached(number) for number, arn in enumerate(everybody)}
    asks = tuple(_random_ask(chance, people, tuple(keys)) for _ in range(asked))
    scenario = {
        "account": ACCOUNT,
        "keys": _in_scenario(keys),
        "principals": {arn: {"policies": list(documents)} for arn, documents in identity.items()},
    }
    return keys, identity, scenario, asks, ()


def _random_ask(chance: Random, people: list[str], keys: tuple[str, ...]) -> Ask:
    context: dict[str, str] = {}
    if chance.random() < 0.2:
        context["kms:ViaService"] = chance.choice(_SERVICES)
    key = chance.choice(keys)
    # If it is not given, it may be either for a role; so the key that depends on it is never asked about without it.
    if key == "guarded" or chance.random() < 0.2:
        context["aws:MultiFactorAuthPresent"] = chance.choice(("true", "false"))
    return Ask(chance.choice(people), chance.choice(WITH_A_KEY), key, context)


def _attached(number: int) -> tuple[Json, ...]:
    """The policies of the principal with that number: in turn none, one to three examples, or two and a Deny."""
    administrators, users, grantors = (for_identity(name) for name in (_ADMINISTRATORS, _USERS, _GRANTORS))
    actions = ["kms:ScheduleKeyDeletion", "kms:Disable*"]
    never = _policy({"Sid": "Never", "Effect": "Deny", "Action": actions, "Resource": "*"})
    kinds = ((), (users,), (administrators, users), (administrators, users, grantors), (never, administrators, users))
    return kinds[number % 5]


def _naming(people: list[str]) -> Json:
    return _policy(
        _delegation(),
        _allow("Administrators", people[:3], document(_ADMINISTRATORS)["Statement"][0]["Action"]),
        _allow("Users", people[3:12], document(_USERS)["Statement"][0]["Action"]),
    )


def _for_services(people: list[str]) -> Json:
    actions = document(_USERS)["Statement"][0]["Action"]
    return _policy(
        _delegation(),
        _allow("Through", people[10:30], actions, {"StringEquals": {"kms:ViaService": list(_SERVICES[:2])}}),
        _allow("Present", people[30:35], ["kms:*"], {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )


def _guarded(people: list[str]) -> Json:
    some = _allow("Some", people[::4], ["kms:Decrypt", "kms:Get*"])
    actions = ["kms:*Key", "kms:*KeyDeletion"]
    guard = {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*"}
    return _policy(_delegation(), some, {**guard, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})


def _policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _delegation() -> Json:
    return _allow("Enable IAM User Permissions", [ROOT_USER], ["kms:*"])


def _allow(sid: str, people: list[str], actions: list[str], condition: Json | None = None) -> Json:
    more = {} if condition is None else {"Condition": condition}
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": people}, "Action": actions, "Resource": "*", **more}


def _key_arn(number: int) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890{number:02d}"


def _in_scenario(keys: Mapping[str, Key]) -> Json:
    return {name: {"arn": key.arn, "policy": key.policy} for name, key in keys.items()}


def _crowd() -> _Made:
    return _mix(1_000, 1_000)


_MAKERS: Mapping[str, Callable[[], _Made]] = {
    "default": _default,
    "combined": _combined,
    "mix": _mix,
    "crowd": _crowd,
}

QUESTIONS = tuple(_MAKERS)
"""The names of the questions."""
