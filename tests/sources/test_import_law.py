"""What `import` makes of an account decides as the account does, and is the same whenever it is made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.strategies import DrawFn

from kms_eval import Scenario
from kms_eval.doors.importing.scenario_files import scenario_files
from kms_eval.world.load import raw_of
from tests.sources.account import ARN, KEY, document, statement, written

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("us-east-1", "eu-west-1")
NAMES = ("app", "App.2", "team one", "*")
ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant")
_TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})

DOCUMENTS = st.lists(
    st.builds(
        lambda effect, action, condition: {**statement(action), "Effect": effect, **condition},
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["*", "kms:*", "kms:Decrypt", ["kms:Encrypt", "kms:Decrypt"]]),
        st.sampled_from(
            [{}, {}, {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}},
             {"Condition": {"StringEquals": {"kms:ResourceAliases": "alias/app"}}}]
        ),
    ),
    min_size=1,
    max_size=2,
).map(lambda statements: document(*statements))  # fmt: skip


def of_key(draw: DrawFn, account: str) -> dict[str, object]:
    """A key policy: for the account, and perhaps for somebody."""
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    somebody = {"AWS": f"arn:aws:iam::{draw(st.sampled_from(ACCOUNTS))}:role/app"}
    more = draw(st.sampled_from([(), (statement("kms:Decrypt", Principal=somebody),)]))
    return document(statement("kms:*", Principal=root), *more)


@st.composite
def accounts(draw: DrawFn) -> dict[str, object]:
    """Files of responses about one or two accounts, in which some may be missing or cut off."""
    files: dict[str, object] = {}
    for account in ACCOUNTS[: draw(st.integers(1, 2))]:
        _identities(draw, account, files)
        for region in REGIONS[: draw(st.integers(1, 2))]:
            for number in range(draw(st.integers(1, 2))):
                _key(draw, account, region, number, files)
    if draw(st.booleans()):
        organization = {"Id": "o-exampleorg1", "MasterAccountId": ACCOUNTS[1], "FeatureSet": "ALL"}
        files["organization.json"] = {"Organization": organization}
    return files


def _identities(draw: DrawFn, account: str, files: dict[str, object]) -> None:
    def policies(kind: str) -> dict[str, object]:
        inline = draw(
            st.lists(st.tuples(st.sampled_from(NAMES), DOCUMENTS), max_size=2, unique_by=lambda each: each[0])
        )
        listed = [{"PolicyName": name, "PolicyDocument": text} for name, text in inline]
        attached = draw(st.sampled_from([[], [managed], [managed, "arn:aws:iam::aws:policy/ReadOnlyAccess"]]))
        return {
            f"{kind}PolicyList": listed,
            "AttachedManagedPolicies": [{"PolicyName": each.rsplit("/", 1)[1], "PolicyArn": each} for each in attached],
        }

    managed = f"arn:aws:iam::{account}:policy/app"
    roles = [
        {
            "RoleName": name, "Arn": f"arn:aws:iam::{account}:role/{name}", "RoleId": f"AROA{index}{account}",
            "AssumeRolePolicyDocument": _TRUST, **policies("Role"),
            "Tags": draw(st.sampled_from([[], [{"Key": "team", "Value": "blue"}]])),
            **draw(st.sampled_from([{}, {"PermissionsBoundary": {"PermissionsBoundaryArn": managed}}])),
        }
        for index, name in enumerate(draw(st.sampled_from([(), ("app",), ("app", "team/worker")])))
    ]  # fmt: skip
    details = {
        "UserDetailList": [
            {"UserName": "alice", "Arn": f"arn:aws:iam::{account}:user/alice", "GroupList": ["app"], **policies("User")}
        ],
        "GroupDetailList": [{"GroupName": "app", "Arn": f"arn:aws:iam::{account}:group/app", **policies("Group")}],
        "RoleDetailList": roles,
        "Policies": [
            {"PolicyName": "app", "Arn": managed, "DefaultVersionId": "v1",
             "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": draw(DOCUMENTS)}]}
        ],
        **draw(st.sampled_from([{}, {}, {"IsTruncated": True, "Marker": "token"}])),
    }  # fmt: skip
    if draw(st.integers(0, 4)):
        files[f"{account}/details.json"] = details


def _key(draw: DrawFn, account: str, region: str, number: int, files: dict[str, object]) -> None:
    key = f"{number:08d}-0000-4000-8000-{REGIONS.index(region):012d}"
    at = f"{account}/{region}/{key}"
    arn = f"arn:aws:kms:{region}:{account}:key/{key}"
    grant = {"KeyId": arn, "GrantId": "g1", "GranteePrincipal": f"arn:aws:iam::{ACCOUNTS[0]}:role/app",
             "Operations": ["Decrypt"]}  # fmt: skip
    files[f"{at}/key.json"] = {"KeyMetadata": {"KeyId": key, "Arn": arn, "KeyState": "Enabled"}}
    as_text = draw(st.booleans())
    policy = of_key(draw, account)
    some: dict[str, object] = {
        "policy.json": {"Policy": json.dumps(policy) if as_text else policy},
        "grants.json": {"Grants": draw(st.sampled_from([[], [grant]])), "Truncated": draw(st.booleans())},
        "tags.json": {"Tags": [{"TagKey": "project", "TagValue": "alpha"}], "Truncated": False},
        "aliases.json": {"Aliases": [{"AliasName": draw(st.sampled_from(["alias/app", "alias/a/b"])),
                                      "AliasArn": f"arn:aws:kms:{region}:{account}:alias/app", "TargetKeyId": key}]},
    }  # fmt: skip
    left_out = draw(st.sampled_from([None, None, None, *some]))
    files.update({f"{at}/{name}": value for name, value in some.items() if name != left_out})


def _imported(source: Path, into: Path) -> dict[str, str]:
    files = scenario_files(raw_of([source]), "account", source)
    for name, text in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return files


@settings(max_examples=30)
@given(accounts())
def test_decisions_before_and_after_are_equal_and_the_files_are_the_same(files: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, made = written(Path(folder) / "source", files), Path(folder) / "made"
        assert _imported(source, made) == _imported(source, made)
        before, after = Scenario.load(source), Scenario.load(made / "kms-eval.yaml")
        assert {*before.world.principals} == {*after.world.principals}
        assert {key.arn for key in before.world.keys.values()} == {key.arn for key in after.world.keys.values()}
        people = [f"arn:aws:iam::{account}:{name}" for account in ACCOUNTS
                  for name in ("role/app", "role/team/worker", "user/alice", "role/other", "root")]  # fmt: skip
        for person in people:
            for key in before.world.keys.values():
                for action in ACTIONS:
                    was, now = (each.can(person, action, key=key.arn, stranger=True) for each in (before, after))
                    assert (was.decision, was.reason_code) == (now.decision, now.reason_code), (person, action, key.arn)


def test_trust_policies_are_imported_and_read_again(tmp_path: Path) -> None:
    role = {"RoleName": "app", "Arn": f"arn:aws:iam::{ACCOUNTS[0]}:role/app", "AssumeRolePolicyDocument": _TRUST}
    source = written(tmp_path / "source", {"details.json": {"RoleDetailList": [role]}})
    files = _imported(source, tmp_path / "made")
    assert json.loads(files["policies/app-trust.json"]) == _TRUST
    world = Scenario.load(tmp_path / "made" / "kms-eval.yaml").world
    assert world.principals[role["Arn"]].trust_policy == _TRUST  # type: ignore[index]  # a text


_TEXTS = ["1e5", "3561e890", "0o14", "0x1F", ".5", "5.e3", "12345678", "null", "NO", "2020-01-01", "", " x ", "a: b"]


@pytest.mark.parametrize("text", _TEXTS)
def test_texts_that_look_like_something_else_stay_texts(tmp_path: Path, text: str) -> None:
    files = {
        "key.json": {"KeyMetadata": {"KeyId": KEY, "Arn": ARN, "KeyState": "Enabled"}},
        f"{KEY}-tags.json": {"Tags": [{"TagKey": "commit", "TagValue": text}, {"TagKey": f"{text}1", "TagValue": "x"}]},
    }
    _imported(written(tmp_path / "account", files), tmp_path / "files")
    before, after = Scenario.load(tmp_path / "account"), Scenario.load(tmp_path / "files" / "kms-eval.yaml")
    assert after.world.keys[KEY].tags == before.world.keys[KEY].tags


def test_numbers_of_a_policy_keep_their_digits(tmp_path: Path) -> None:
    policy = document(
        statement("kms:*", Principal="*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": 1.50}})
    )
    files: dict[str, object] = {
        "key.json": {"KeyMetadata": {"KeyId": KEY, "Arn": ARN, "KeyState": "Enabled"}},
        f"{KEY}-policy.json": json.dumps({"Policy": policy}).replace("1.5}", "1.50}"),
    }
    made = _imported(written(tmp_path / "account", files), tmp_path / "files")
    assert '"aws:MultiFactorAuthAge": "1.50"' in made[f"policies/key-{KEY}.json"]
