"""Organizations made up from a seed, of any size, for benchmarks and for tests at scale.

Comes in: numbers of principals, keys and statements, and a seed. Goes out: the mapping of a scenario, for
`Scenario.from_dict`, and requests that make sense in it. The same arguments give the same result everywhere.
Never here: timing, files, the package itself.

The policies are of the kinds that accounts really have: the default key policy, separate administrators and users, keys
that serve one AWS service, keys shared with another account or with the organization, keys by tag, Denies for insecure
transport, for outsiders and without MFA; a third of them have conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from uuid import UUID

Json = dict[str, Any]

REGION = "us-east-1"
ORGANIZATION = "o-exampleorgid"
MANAGEMENT_ACCOUNT = "999999999999"
ENDPOINT = "vpce-0a1b2c3d"
_SERVICES = ("s3", "dynamodb", "ec2", "rds", "secretsmanager", "sqs", "lambda", "ssm")
_TEAMS = ("blue", "green", "red", "amber", "violet")
_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
_ADMINISTER = (
    "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
    "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
)  # fmt: skip
_READ = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:List*")
_GRANT = ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant")


def organization(
    principals: int = 1_000,
    keys: int = 200,
    statements: int = 5,
    *,
    seed: int = 1,
    accounts: int | None = None,
    with_organization: bool = True,
    with_grants: bool = True,
    with_endpoint: bool = True,
) -> Json:
    """A scenario with that many users and roles, keys, and statements in each key policy.

    `accounts` defaults to one for every hundred principals; the first is the scenario's own. A quarter of the
    principals are users. There are always groups, boundaries and tags; unless they are turned off, there are also
    grants, an organization with SCPs and RCPs, and a VPC endpoint with a policy.
    """
    chance = Random(seed)
    owners = [f"{111_111_111_111 + 1_010_101 * index:012d}" for index in range(accounts or max(1, principals // 100))]
    people = [_name(index, owners[index % len(owners)]) for index in range(principals)]
    world: Json = {
        "name": f"{principals} principals, {keys} keys",
        "account": owners[0],
        "region": REGION,
        "keys": {},
        "groups": {team: {"policies": [_policy(_statement(_READ, "*"))]} for team in _TEAMS},
        "principals": {},
    }
    arns = [_key_arn(chance, owners[index % len(owners)]) for index in range(keys)]
    for index, arn in enumerate(arns):
        world["keys"][f"key-{index}"] = _key(
            chance, index, arn, people=people, owners=owners, statements=statements, with_grants=with_grants
        )
    for arn in people:
        world["principals"][arn] = _principal(chance, arn, arns)
    if with_organization:
        world["organization"] = _organization(owners)
    if with_endpoint:
        reads = _statement((*_USE, *_READ), "*", Principal="*")
        world["vpc_endpoints"] = {ENDPOINT: {"policy": _policy(reads), "vpc": "vpc-0a1b2c3d", "account": owners[0]}}
    return world


def requests(world: Json, count: int, *, seed: int = 1) -> Iterator[Json]:
    """That many requests on a world that `organization` made: rows with principal, action, key and context."""
    chance = Random(seed)
    people, keys = list(world["principals"]), list(world["keys"])
    actions = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:PutKeyPolicy", "kms:Sign")
    for number in range(count):
        context: Json = {}
        if chance.random() < 0.3:
            context["kms:ViaService"] = f"{chance.choice(_SERVICES)}.{REGION}.amazonaws.com"
        if chance.random() < 0.1:
            context["aws:MultiFactorAuthPresent"] = "true"
        yield {
            "id": str(number),
            "principal": chance.choice(people),
            "action": chance.choice(actions),
            "key": chance.choice(keys),
            "context": context,
        }


def _name(index: int, account: str) -> str:
    kind = "user" if index % 4 == 3 else "role"
    path = "service/" if index % 7 == 0 else ""
    return f"arn:aws:iam::{account}:{kind}/{path}{_TEAMS[index % len(_TEAMS)]}-{index}"


def _key_arn(chance: Random, account: str) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{UUID(int=chance.getrandbits(128), version=4)}"


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def _policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statement(actions: tuple[str, ...], resource: object, effect: str = "Allow", **more: object) -> Json:
    return {"Effect": effect, "Action": list(actions), "Resource": resource, **more}


def _principal(chance: Random, arn: str, keys: list[str]) -> Json:
    own = [key for key in keys if _account(key) == _account(arn)] or keys
    some = [chance.choice(own) for _ in range(3)]
    policies = [_policy(_statement(_USE, some))]
    kind = chance.randrange(10)
    if kind == 0:
        policies.append(_policy(_statement(_ADMINISTER, f"arn:aws:kms:*:{_account(arn)}:key/*")))
    elif kind == 1:
        policies.append(_policy(_statement(("kms:*",), "*")))
    elif kind in {2, 3}:
        condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        policies.append(_policy(_statement(_USE, "*", Condition=condition)))
    elif kind == 4:
        via = {"StringEquals": {"kms:ViaService": f"{chance.choice(_SERVICES)}.{REGION}.amazonaws.com"}}
        policies.append(_policy(_statement(("kms:Decrypt", "kms:GenerateDataKey*"), "*", Condition=via)))
    elif kind == 5:
        foreign = [chance.choice(keys) for _ in range(4)]
        policies.append(_policy(_statement(_USE, foreign)))
    elif kind == 6:
        mine = f"arn:aws:kms:{REGION}:{_account(arn)}:alias/*"
        policies.append(_policy(_statement(("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"), mine)))
    entry: Json = {"policies": policies, "tags": {"team": chance.choice(_TEAMS)}}
    if ":user/" in arn:
        entry["groups"] = [chance.choice(_TEAMS)]
    if chance.random() < 0.1:
        entry["permissions_boundary"] = _policy(_statement((*_USE, *_READ), "*"))
    return entry


def _key(
    chance: Random,
    index: int,
    arn: str,
    *,
    people: list[str],
    owners: list[str],
    statements: int,
    with_grants: bool,
) -> Json:
    account = _account(arn)
    near = [person for person in people if _account(person) == account] or people
    written = [{"Sid": "Enable IAM User Permissions", **_for({"AWS": _root(account)}, ("kms:*",))}]
    if index % 5 == 4:
        written = []  # a key whose policy does not delegate to the account
    while len(written) < statements:
        make = _KEY_STATEMENTS[(index + len(written)) % len(_KEY_STATEMENTS)]
        written.append({"Sid": f"Statement {len(written)}", **make(chance, near, people, owners)})
    entry: Json = {
        "arn": arn,
        "aliases": [f"alias/key-{index}"],
        "tags": {"team": chance.choice(_TEAMS)},
        "policy": {"Version": "2012-10-17", "Id": f"policy-of-key-{index}", "Statement": written[:statements]},
    }
    if with_grants and index % 3 == 0:
        entry["grants"] = [_granted(chance, near, account, number) for number in range(1 + index % 2)]
    return entry


def _for(principal: object, actions: tuple[str, ...], effect: str = "Allow", condition: object = None) -> Json:
    more = {} if condition is None else {"Condition": condition}
    return _statement(actions, "*", effect, Principal=principal, **more)


def _several(chance: Random, near: list[str]) -> Json:
    return {"AWS": [chance.choice(near) for _ in range(3)]}


def _abroad(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for({"AWS": _root(chance.choice(owners))}, _USE)


def _administrators(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for(_several(chance, near), _ADMINISTER)


def _users(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for(_several(chance, near), _USE)


def _grantors(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for(_several(chance, near), _GRANT, condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def _via_service(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    account = _account(near[0])
    via = f"{chance.choice(_SERVICES)}.{REGION}.amazonaws.com"
    return _for("*", _USE, condition={"StringEquals": {"kms:CallerAccount": account, "kms:ViaService": via}})


def _service(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    account = _account(near[0])
    context = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{account}:log-group:*"}
    return _for({"Service": f"logs.{REGION}.amazonaws.com"}, _USE, condition={"ArnLike": context})


def _organization_wide(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for(
        "*", ("kms:Decrypt", "kms:DescribeKey"), condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    )


def _by_tag(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    condition = {"StringEquals": {"aws:PrincipalTag/team": chance.choice(_TEAMS)}}
    return _for({"AWS": _root(_account(near[0]))}, _USE, condition=condition)


def _by_context(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    condition = {"StringEquals": {"kms:EncryptionContext:department": chance.choice(_TEAMS)}}
    return _for(_several(chance, near), ("kms:Decrypt", "kms:GenerateDataKey*"), condition=condition)


def _insecure(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    return _for("*", ("kms:*",), "Deny", {"Bool": {"aws:SecureTransport": "false"}})


def _without_mfa(chance: Random, near: list[str], people: list[str], owners: list[str]) -> Json:
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    return _for({"AWS": "*"}, ("kms:ScheduleKeyDeletion", "kms:DisableKey"), "Deny", condition)


_KEY_STATEMENTS: tuple[Callable[[Random, list[str], list[str], list[str]], Json], ...] = (
    _users,
    _administrators,
    _via_service,
    _insecure,
    _by_context,
    _service,
    _grantors,
    _abroad,
    _without_mfa,
    _by_tag,
    _organization_wide,
)


def _granted(chance: Random, near: list[str], account: str, number: int) -> Json:
    grant: Json = {
        "GrantId": f"{chance.getrandbits(256):064x}",
        "GranteePrincipal": chance.choice(near),
        "RetiringPrincipal": chance.choice(near),
        "IssuingAccount": _root(account),
        "Operations": ["Decrypt", "GenerateDataKey", "DescribeKey"],
    }
    if number:
        grant["Constraints"] = {"EncryptionContextSubset": {"department": chance.choice(_TEAMS)}}
    return grant


def _organization(owners: list[str]) -> Json:
    full = _policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    region = {"StringNotEquals": {"aws:RequestedRegion": [REGION, "eu-west-1"]}}
    elsewhere = _policy({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": region})
    keep = _policy(_statement(("kms:ScheduleKeyDeletion", "kms:DeleteImportedKeyMaterial"), "*", "Deny"))
    outsiders = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    perimeter = _policy(_statement(("kms:*",), "*", "Deny", Principal="*", Condition=outsiders))
    accounts: Json = {}
    for index, owner in enumerate(owners):
        unit = f"ou-ab12-{index % 3:08d}"
        accounts[owner] = {
            "path": f"{ORGANIZATION}/r-ab12/{unit}/",
            "service_control_policies": [[full, elsewhere], [full], [full, keep] if index % 2 else [full]],
            "resource_control_policies": [[perimeter]],
        }
    return {"id": ORGANIZATION, "management_account": MANAGEMENT_ACCOUNT, "accounts": accounts}
