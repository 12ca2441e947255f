"""A scenario is read whole: from files and from memory, with all its faults at once and each at its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.model import PolicyKind
from kms_eval.errors import InputError
from kms_eval.world.load import Loaded, from_dict, load

KEY_POLICY = {
    "Version": "2012-10-17",
    "Id": "the-id",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
}
IDENTITY_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}

WHOLE = """\
name: A whole scenario
description: all sections
account: "012345678901"
region: eu-central-1
partition: aws
keys:
  app:
    policy: policies/key.json
    grants: policies/grants.json
    aliases: [alias/app]
principals:
  role/admin:
    policies: [policies/identity.json, policies/identity.json]
    permissions_boundary: policies/identity.json
groups:
  all: {policies: []}
attached_by_principal: []
organization:
  id: o-1
  management_account: "999999999999"
vpc_endpoints:
  vpce-1: {}
tests:
  - {name: t, principal: role/admin, action: kms:Decrypt, expect: allowed}
"""


def write(folder: Path, text: str, **files: object) -> Path:
    (folder / "policies").mkdir(exist_ok=True)
    for name, content in files.items():
        body = content if isinstance(content, str) else json.dumps(content)
        (folder / "policies" / f"{name}.json").write_text(body)
    path = folder / "scenario.yaml"
    path.write_text(text)
    return path


def faults(path: Path, *, strict: bool = False) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(path, strict=strict)
    folder = f"{path.parent}/"
    return [str(fault).replace(folder, "") for fault in caught.value.faults]


def memory_faults(data: Mapping[str, Any], base: Path | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        from_dict(data, base=base)
    return [str(fault) for fault in caught.value.faults]


def whole(folder: Path) -> Loaded:
    grant = {"GranteePrincipal": "arn:aws:iam::012345678901:role/x", "Operations": ["Decrypt"]}
    path = write(folder, WHOLE, key=KEY_POLICY, identity=IDENTITY_POLICY, grants={"Grants": [grant]})
    return load(path)


def test_every_section_is_read(tmp_path: Path) -> None:
    loaded = whole(tmp_path)
    world = loaded.world
    assert (loaded.name, loaded.description, loaded.base) == ("A whole scenario", "all sections", tmp_path)
    assert (world.account, world.region, world.partition) == ("012345678901", "eu-central-1", "aws")
    assert list(world.keys) == ["app"]
    assert [grant.operations for grant in world.keys["app"].grants] == [("Decrypt",)]
    assert list(world.principals) == ["arn:aws:iam::012345678901:role/admin"]
    assert world.organization is not None
    assert list(world.vpc_endpoints) == ["vpce-1"]
    assert [case.name for case in loaded.tests] == ["t"]


def test_a_file_is_read_once_for_each_kind_of_policy(tmp_path: Path) -> None:
    (principal,) = whole(tmp_path).world.principals.values()
    first, second = principal.policies
    assert first is second
    assert principal.boundary is not None
    assert principal.boundary is not first
    assert (first.kind, principal.boundary.kind) == (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)
    assert first.name == "identity"


def test_a_scenario_without_a_name_goes_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "empty-world.json"
    path.write_text("{}")
    loaded = load(path)
    assert (loaded.name, loaded.description) == ("empty-world", None)
    assert (loaded.world.account, loaded.world.region) == (None, "us-east-1")
    assert from_dict({}).name == "scenario"


def test_json_text_of_a_policy_is_a_policy(tmp_path: Path) -> None:
    quoted = json.dumps(json.dumps(KEY_POLICY, indent=2))
    path = write(tmp_path, f'account: "012345678901"\nkeys: {{app: {{policy: {quoted}}}}}')
    policy = load(path).world.keys["app"].policy
    assert (policy.name, policy.id) == ("the-id", "the-id")


def test_inline_documents_are_called_by_id_or_place() -> None:
    loaded = from_dict(
        {
            "account": "012345678901",
            "keys": {
                "named": {"policy": KEY_POLICY},
                "app": {"policy": {**KEY_POLICY, "Id": ""}},
                "json": {"policy": "  " + json.dumps({"Statement": KEY_POLICY["Statement"]})},
            },
            "groups": {"all": {"policies": [IDENTITY_POLICY]}},
            "principals": {
                "user/alice": {
                    "policies": [IDENTITY_POLICY],
                    "groups": ["all"],
                    "permissions_boundary": IDENTITY_POLICY,
                }
            },
        }
    )
    keys = loaded.world.keys
    assert [keys[name].policy.name for name in ("named", "app", "json")] == [
        "the-id",
        "keys.app.policy",
        "keys.json.policy",
    ]
    (alice,) = loaded.world.principals.values()
    assert [policy.name for policy in alice.policies] == ["user/alice policies[0]", "groups.all.policies[0]"]
    assert alice.boundary is not None
    assert alice.boundary.name == "user/alice permissions_boundary"


def test_equal_documents_share_their_statements_but_not_their_places() -> None:
    one, two = {**IDENTITY_POLICY}, {**IDENTITY_POLICY}
    world = from_dict(
        {"account": "012345678901", "principals": {"role/a": {"policies": [one]}, "role/b": {"policies": [two]}}}
    ).world
    first, second = (principal.policies[0] for principal in world.principals.values())
    assert first is not second
    assert first.statements is second.statements
    assert first.place is not None
    assert second.place is not None
    assert (first.name, first.place.steps) == ("role/a policies[0]", ("principals", "role/a", "policies", 0))
    assert (second.name, second.place.steps) == ("role/b policies[0]", ("principals", "role/b", "policies", 0))


def test_documents_that_differ_only_in_the_type_of_a_value_are_two() -> None:
    def policy(value: object) -> dict[str, object]:
        condition = {"NumericEquals": {"kms:GrantOperationCount": value}, "StringEquals": {"aws:X": value}}
        return {"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition}}

    world = from_dict(
        {
            "account": "012345678901",
            "principals": {f"role/{i}": {"policies": [policy(value)]} for i, value in enumerate((1, 1.0, "1"))},
        }
    ).world
    texts = [principal.policies[0].statements[0].condition for principal in world.principals.values()]
    assert [condition[1].values for condition in texts if condition] == [("1",), ("1.0",), ("1",)]


def test_remarks_are_made_at_every_place_that_earns_them() -> None:
    statement = {"Sid": "a b", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    spaced = {"Version": "2012-10-17", "Statement": statement}
    loaded = from_dict(
        {"account": "012345678901", "principals": {"role/a": {"policies": [spaced]}, "role/b": {"policies": [spaced]}}}
    )
    assert [str(warning.location) for warning in loaded.warnings] == [
        "scenario: principals.role/a.policies[0].Statement.Sid",
        "scenario: principals.role/b.policies[0].Statement.Sid",
    ]


def test_what_aws_would_refuse_is_a_fault_under_strict(tmp_path: Path) -> None:
    text = 'account: "012345678901"\nprincipals:\n  role/a:\n    policies: [policies/odd.json]\n'
    odd = {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "a b",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::012345678901:role/a"},
            "Action": "kms:*",
            "Resource": "*",
        },
    }
    path = write(tmp_path, text, odd=odd)
    loaded = load(path)
    assert {warning.code for warning in loaded.warnings} == {"identity-policy-principal", "identity-policy-sid"}
    (principal,) = loaded.world.principals.values()
    assert principal.policies[0].statements[0].principals is not None
    assert len(faults(path, strict=True)) == 2
    assert all(fault.startswith("policies/odd.json:1: Statement.") for fault in faults(path, strict=True))


def test_paths_are_relative_to_the_scenario_or_to_base(tmp_path: Path) -> None:
    write(tmp_path, "", key=KEY_POLICY)
    data = {"account": "012345678901", "keys": {"app": {"policy": "policies/key.json"}}}
    assert from_dict(data, base=tmp_path).world.keys["app"].policy.name == "key"
    (fault,) = memory_faults(data)
    assert fault.endswith("`policies/key.json` is a path, and nothing says to what it is relative (give `base`)")


FAULTY = """\
nam: x
account: 12345678901
keys:
  app:
    policy: policies/ke.json
    spec: RSA_204
    alias: [alias/app]
  second:
    policy:
      Statement:
        - Effect: Allow
          Principal: "*"
          Acton: kms:*
          Resource: "*"
  third:
    tags: {a: 1}
principals:
  role/admin:
    polices: [policies/broken.json]
    policies:
      - Statement: {Effect: allow, Action: kms:*, Resource: "*"}
  rol/x: {}
  user/alice:
    groups: [develop]
  user/bob:
    policies: policies/key.json
groups:
  developers: {}
attached_by_principal:
  - 5
  - policies/broken.json
organization:
  id: o-1
  accounts:
    12345678901:
      service_control_policies: [[policies/missing.json]]
vpc_endpoints: []
tests:
  - {principal: role/admin, action: kms:Decrypt}
  - {principal: role, action: kms:Decrypt, at: noon, expect: allow}
  - {principal: assumed-role/a, action: kms:Decrypt, key: applications, expect: allowed}
  - {principal: role/a, action: A, context: {a: }, session: {policies: [policies/missing.json]}, expect: denied}
"""

FOUND = [
    "scenario.yaml:1: nam: unknown field `nam` (did you mean `name`?)",
    'scenario.yaml:2: account: the account id was read as the number `12345678901` (quote it: `"012345678901"`)',
    "scenario.yaml:5: keys.app.policy: `policies/ke.json`: there is no such file (did you mean `key.json`?)",
    "scenario.yaml:6: keys.app.spec: unknown key spec `RSA_204` (did you mean `RSA_2048`?)",
    "scenario.yaml:7: keys.app.alias: unknown field `alias` (did you mean `aliases`?)",
    "scenario.yaml:13: keys.second.policy.Statement[0].Acton: unknown element `Acton` (did you mean `Action`?)",
    "scenario.yaml:15: keys.third.policy: `policy` is missing",
    'scenario.yaml:16: keys.third.tags.a: expected a string, found a number (quote it: `"1"`)',
    "scenario.yaml:19: principals.role/admin.polices: unknown field `polices` (did you mean `policies`?)",
    "scenario.yaml:21: principals.role/admin.policies[0].Statement.Effect: `allow` is not `Allow` or `Deny`",
    "scenario.yaml:22: principals.rol/x: malformed principal `rol/x` (did you mean `role/x`?)",
    "scenario.yaml:24: principals.user/alice.groups[0]: unknown group `develop` (did you mean `developers`?)",
    "scenario.yaml:26: principals.user/bob.policies: expected a list, found a string (write `[policies/key.json]`)",
    "scenario.yaml:30: attached_by_principal[0]: expected a path, a policy document or its JSON text, found a number",
    "policies/broken.json:1: not valid JSON",
    "scenario.yaml:32: organization.management_account: `management_account` is missing",
    "scenario.yaml:35: organization.accounts.12345678901: `12345678901` is no account id (an account id has 12 digits)",
    "scenario.yaml:36: organization.accounts.12345678901.service_control_policies[0][0]: `policies/missing.json`",
    "scenario.yaml:37: vpc_endpoints: expected a mapping, found a list",
    "scenario.yaml:39: tests[0].expect: `expect` is missing",
    "scenario.yaml:40: tests[1].expect: unknown expectation `allow` (did you mean `allowed`?)",
    "scenario.yaml:40: tests[1].at: `noon` is no ISO 8601 time",
    "scenario.yaml:41: tests[2].principal: `assumed-role/a` names no session",
    "scenario.yaml:42: tests[3].context.a: expected a value or a list of values, found nothing",
    "scenario.yaml:42: tests[3].session.policies[0]: `policies/missing.json`: there is no such file",
]


def test_all_faults_of_a_scenario_and_its_documents_are_raised_at_once(tmp_path: Path) -> None:
    found = faults(write(tmp_path, FAULTY, key=KEY_POLICY, broken='{"Statement"'))
    missing = [line for line in FOUND if not any(fault.startswith(line) for fault in found)]
    assert missing == []
    assert len(found) == len(FOUND)


def test_a_broken_file_is_faulty_once_and_a_missing_one_wherever_it_is_named(tmp_path: Path) -> None:
    text = 'account: "012345678901"\nprincipals:\n'
    for name in ("a", "b"):
        text += f"  role/{name}: {{policies: [policies/broken.json, policies/none.json]}}\n"
    found = faults(write(tmp_path, text, broken="{"))
    assert [fault.partition(": ")[0] for fault in found] == [
        "policies/broken.json:1",
        "scenario.yaml:3",
        "scenario.yaml:4",
    ]


def test_a_file_that_is_no_policy_is_faulty_where_it_is_named(tmp_path: Path) -> None:
    text = 'account: "012345678901"\nkeys:\n  a: {policy: policies}\n  b: {policy: policies/empty.json}\n'
    assert faults(write(tmp_path, text, empty="")) == [
        "scenario.yaml:3: keys.a.policy: `policies`: is a folder, not a file",
        "scenario.yaml:4: keys.b.policy: `policies/empty.json`: is empty",
    ]


def test_a_name_that_a_faulty_section_may_have_is_not_called_unknown() -> None:
    found = memory_faults(
        {
            "account": "012345678901",
            "keys": {"app": {"policy": KEY_POLICY, "spec": "x"}},
            "groups": {"all": {"polices": []}},
            "vpc_endpoints": {"vpce-1": {"vcp": "x"}},
            "principals": {"user/alice": {"groups": ["all"]}},
            "tests": [
                {
                    "principal": "user/alice",
                    "action": "kms:Decrypt",
                    "key": "app",
                    "vpc_endpoint": "vpce-1",
                    "expect": "allowed",
                }
            ],
        }
    )
    assert [fault.split(": ")[1] for fault in found] == [
        "keys.app.spec",
        "groups.all.polices",
        "vpc_endpoints.vpce-1.vcp",
    ]


def test_a_faulty_account_does_not_make_short_names_faulty() -> None:
    found = memory_faults(
        {"account": 123456789012, "principals": {"role/x": {}}, "keys": {"app": {"policy": KEY_POLICY}}}
    )
    assert found == [
        'scenario: account: the account id was read as the number `123456789012` (quote it: `"123456789012"`)'
    ]


def test_the_documents_of_a_faulty_entry_are_read_all_the_same() -> None:
    faulty: dict[str, object] = {"Statement": {}}
    found = memory_faults(
        {
            "account": "012345678901",
            "keys": {"app": {"x": 1, "policy": faulty, "grants": [{}, 5]}, "other": {"policy": 5, "grants": 5}},
            "principals": {"role/a": {"x": 1, "policies": [faulty, 5], "permissions_boundary": faulty}},
            "groups": {"all": {"x": 1, "policies": [faulty]}},
            "organization": {
                "x": 1,
                "accounts": {
                    "1": {"service_control_policies": [[faulty]], "resource_control_policies": [[faulty], 5]},
                },
            },
            "vpc_endpoints": {"vpce-1": {"x": 1, "policy": faulty}},
            "tests": [{"x": 1, "session": {"policies": [faulty, ""]}}],
        }
    )
    places = {fault.split(": ")[1].removesuffix(".Statement") for fault in found}
    assert places >= {
        "keys.app.policy",
        "keys.app.grants[0]",
        "keys.app.grants[1]",
        "keys.other.grants",
        "principals.role/a.policies[0]",
        "principals.role/a.policies[1]",
        "principals.role/a.permissions_boundary",
        "groups.all.policies[0]",
        "organization.accounts.1.service_control_policies[0][0]",
        "organization.accounts.1.resource_control_policies[0][0]",
        "organization.accounts.1.resource_control_policies[1]",
        "vpc_endpoints.vpce-1.policy",
        "tests[0].session.policies[0]",
        "tests[0].session.policies[1]",
    }


@pytest.mark.parametrize("value", [[], "x", 5, None])
def test_a_scenario_is_a_mapping(value: Any) -> None:
    (fault,) = memory_faults(value)
    assert fault.startswith("scenario: a scenario is a mapping, found ")


def test_duplicate_keys_are_faults_of_the_file(tmp_path: Path) -> None:
    (fault,) = faults(write(tmp_path, "keys: {}\nkeys: {}\n"))
    assert fault.startswith("scenario.yaml:2: ")


def test_yes_no_and_dates_are_strings(tmp_path: Path) -> None:
    text = (
        'account: "012345678901"\nname: yes\nprincipals:\n  role/a:\n    tags: {on: off, day: 2012-10-17}\n'
        "    policies: [{Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}]\n"
    )
    loaded = load(write(tmp_path, text))
    (principal,) = loaded.world.principals.values()
    assert loaded.name == "yes"
    assert principal.tags == {"on": "off", "day": "2012-10-17"}
    assert principal.policies[0].version == "2012-10-17"


def deep(depth: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(depth):
        value = {"Statement": value}
    return value


def cyclic() -> dict[str, object]:
    value: dict[str, object] = {}
    value["Statement"] = value
    return value


@pytest.mark.parametrize("value", [deep(5000), cyclic()])
def test_what_has_no_end_is_a_fault(value: dict[str, object]) -> None:
    for section in ("keys", "principals", "groups", "organization", "vpc_endpoints", "tests", "attached_by_principal"):
        assert memory_faults({"account": "012345678901", section: value})
    assert memory_faults({"account": "012345678901", "keys": {"app": {"policy": value}}})


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("role/a") | st.just("012345678901")
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "policy",
                    "policies",
                    "arn",
                    "aliases",
                    "grants",
                    "groups",
                    "role/a",
                    "user/b",
                    "id",
                    "accounts",
                    "012345678901",
                    "path",
                    "management_account",
                    "service_control_policies",
                    "session",
                    "principal",
                    "action",
                    "expect",
                    "context",
                    "Statement",
                    "Effect",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def outcome(data: dict[str, object]) -> Loaded | InputError:
    try:
        return from_dict(data)
    except InputError as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "account",
                "region",
                "keys",
                "principals",
                "groups",
                "attached_by_principal",
                "organization",
                "vpc_endpoints",
                "tests",
            ]
        ),
        VALUES,
        max_size=5,
    )
)
def test_whatever_is_read_is_a_scenario_or_faults_with_places(data: dict[str, object]) -> None:
    found = outcome(data)
    if isinstance(found, InputError):
        assert all(fault.location is not None and fault.location.file == "scenario" for fault in found.faults)
    else:
        assert found.name == (data.get("name") or "scenario")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"region": "*"}, "region: there is no Region `*` (Regions are written as in `us-east-1`)"),
        ({"region": "us east 1"}, "region: there is no Region `us east 1` (did you mean `us-east-1`?)"),
        ({"region": "us-esat-1"}, "region: there is no Region `us-esat-1` (did you mean `us-east-1`?)"),
        ({"partition": "a:b*"}, "partition: malformed partition `a:b*` (as in `aws`)"),
        ({"keys": {"app": {"policy": KEY_POLICY, "region": "*"}}}, "keys.app.region: there is no Region `*`"),
        (
            {"keys": {"app": {"policy": KEY_POLICY, "arn": f"arn:aws:kms:*:{'1' * 12}:key/x"}}},
            "arn: there is no Region `*`",
        ),
    ],
    ids=str,
)
def test_what_arns_are_made_of_has_its_form(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        from_dict({"account": "1" * 12, "keys": {"app": {"policy": KEY_POLICY}}, **said})
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws", "mx-central-1"),
    ],
)
def test_every_partition_and_region_is_taken(partition: str, region: str) -> None:
    keys = {"app": {"policy": KEY_POLICY}}
    assert (
        from_dict({"account": "1" * 12, "partition": partition, "region": region, "keys": keys}).world.region == region
    )
