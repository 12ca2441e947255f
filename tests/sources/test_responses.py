"""Responses of AWS, in whatever files they are, are the account that they tell of."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kms_eval import InputError, Scenario
from tests.sources.account import (
    ACCOUNT,
    ARN,
    DETAILS,
    FILES,
    GRANTS,
    KEY,
    KEY_POLICY,
    METADATA,
    document,
    statement,
    written,
)


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in FILES.items() if not name.endswith(names)}


def test_a_folder_of_responses_is_an_account(tmp_path: Path) -> None:
    world = Scenario.load(written(tmp_path))
    assert world.can("role/app", "kms:Decrypt", key="app")
    assert not world.can("role/app", "kms:Encrypt", key=ARN)
    assert world.can("role/worker", "kms:Decrypt", key="alias/app")
    assert world.can("user/alice", "kms:DescribeKey")
    assert world.can("user/alice", "kms:Decrypt").decision == "implicitDeny"
    assert world.world.keys["app"].tags == {"project": "alpha"}
    assert world.world.region == "eu-west-1"


def test_policies_go_by_their_names_and_stand_in_their_files(tmp_path: Path) -> None:
    decision = Scenario.load(written(tmp_path)).can("role/app", "kms:Decrypt")
    text = (tmp_path / "details.json").read_text(encoding="utf-8").splitlines()
    line = next(number for number, content in enumerate(text, 1) if "%7B" in content)
    assert "use-keys statement 0" in decision.explain()
    assert f"details.json:{line})" in decision.explain()


def test_a_managed_policy_that_is_not_included_is_not_known(tmp_path: Path) -> None:
    decision = Scenario.load(written(tmp_path)).can("role/reader", "kms:Decrypt")
    assert decision.decision == "undetermined"
    assert not decision
    (unknown,) = decision.explanation.unknowns
    assert unknown.address == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert "get-policy-version" in unknown.remedy


@pytest.mark.parametrize(("left_out", "told"), [(f"policy-{KEY}.json", "policy"), ("grants.json", "grants")])
def test_what_no_response_shows_of_a_key_is_not_known(tmp_path: Path, left_out: str, told: str) -> None:
    decision = Scenario.load(written(tmp_path, without(left_out))).can("user/alice", "kms:Decrypt")
    assert decision.decision == "undetermined"
    assert [unknown.address for unknown in decision.explanation.unknowns] == [f"app.{told}"]


def test_grants_that_no_response_shows_are_called_unknown(tmp_path: Path) -> None:
    decision = Scenario.load(written(tmp_path, without("grants.json"))).can("user/alice", "kms:Decrypt")
    assert "is not known in full: grant (unknown)\n" in str(decision.explain())


def test_a_list_that_is_cut_off_is_not_known_beyond_its_token(tmp_path: Path) -> None:
    cut = {**GRANTS, "Truncated": True, "NextMarker": "token-1"}
    world = Scenario.load(written(tmp_path, {**FILES, f"{KEY}/grants.json": cut}))
    assert world.can("role/worker", "kms:Decrypt")
    decision = world.can("user/alice", "kms:Decrypt")
    assert decision.decision == "undetermined"
    assert "token-1" in decision.explanation.unknowns[0].reason


def test_pages_complete_one_another(tmp_path: Path) -> None:
    first = {"Grants": [], "Truncated": True, "NextMarker": "token-1"}
    folder = written(tmp_path, {**FILES, f"{KEY}/grants.json": [first, GRANTS]})
    assert Scenario.load(folder).can("user/alice", "kms:Decrypt").decision == "implicitDeny"


def test_one_file_may_hold_all_outputs_and_be_packed(tmp_path: Path) -> None:
    policy = {"Policy": json.dumps(KEY_POLICY)}
    lines = [json.dumps(each) for each in (DETAILS, METADATA, GRANTS, policy)]
    path = tmp_path / f"{KEY}.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert Scenario.load(path).can("role/app", "kms:Decrypt")


def test_a_key_id_is_not_taken_for_an_account(tmp_path: Path) -> None:
    digits = "00000000-0000-4000-8000-000000000000"
    files = {
        name.replace(KEY, digits): json.loads(json.dumps(value).replace(KEY, digits)) for name, value in FILES.items()
    }
    assert Scenario.load(written(tmp_path, files)).can("role/app", "kms:Decrypt")


def test_a_response_without_its_key_says_what_to_do(tmp_path: Path) -> None:
    written(tmp_path, {"policy.json": {"Policy": json.dumps(KEY_POLICY)}})
    with pytest.raises(InputError, match=r"policy.json:1: does not say of which key it is \(put the key id"):
        Scenario.load(tmp_path / "policy.json")


@pytest.mark.parametrize("key_id", [f"mrk-{KEY}", f"mrk-{KEY.replace('-', '')}"])
def test_multi_region_keys_are_known_by_their_ids(tmp_path: Path, key_id: str) -> None:
    files = {
        name.replace(KEY, key_id): json.loads(json.dumps(value).replace(KEY, key_id)) for name, value in FILES.items()
    }
    world = Scenario.load(written(tmp_path, files)).world
    assert [key.arn for key in world.keys.values()] == [ARN.replace(KEY, key_id)]


def test_a_policy_that_is_some_text_is_no_path_of_a_file(tmp_path: Path) -> None:
    written(tmp_path, {f"{KEY}.json": {"Policy": "details.json"}, "details.json": KEY_POLICY})
    with pytest.raises(InputError, match=r"Policy: is no policy: expected an object, or the text of one$"):
        Scenario.load(tmp_path / f"{KEY}.json")


def test_responses_may_be_yaml(tmp_path: Path) -> None:
    text = f"KeyMetadata:\n  Arn: {ARN}\n  KeyId: {KEY}\n  KeyState: Enabled\n"
    assert Scenario.load(written(tmp_path, {"key.yaml": text}) / "key.yaml").world.keys[KEY].arn == ARN


def test_the_later_source_replaces_the_earlier_one(tmp_path: Path) -> None:
    account = written(tmp_path / "account")
    closed = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "Action": "kms:*",
         "Resource": "*"}]}  # fmt: skip
    change = {"account": ACCOUNT, "keys": {"closed": {"arn": ARN, "policy": closed}}}
    written(tmp_path, {"change.json": change})
    both = Scenario.load([account, tmp_path / "change.json"])
    assert list(both.world.keys) == ["closed"]
    assert both.can("user/alice", "kms:Decrypt", key="closed")
    assert not both.can("role/app", "kms:Decrypt", key="alias/app")
    assert both.can("role/worker", "kms:Decrypt")


def test_a_scenario_brings_in_sources_and_replaces_what_they_say(tmp_path: Path) -> None:
    written(tmp_path / "account")
    scenario = tmp_path / "kms-eval.yaml"
    scenario.write_text(
        f'account: "{ACCOUNT}"\nsources: [account]\nprincipals:\n  role/app: {{policies: []}}\n'
        "tests:\n  - {principal: role/app, action: kms:Decrypt, expect: denied}\n",
        encoding="utf-8",
    )
    world = Scenario.load(scenario)
    assert world.can("role/app", "kms:Decrypt").decision == "implicitDeny"
    assert [case.name for case in world.tests]
    assert world.can("role/worker", "kms:Decrypt")


def of_another_account(value: object) -> object:
    return json.loads(json.dumps(value).replace(ACCOUNT, "444455556666"))


def test_accounts_may_be_mixed_and_then_short_names_have_none(tmp_path: Path) -> None:
    written(tmp_path, {**FILES, "other.json": of_another_account(DETAILS)})
    world = Scenario.load(tmp_path)
    assert world.can(f"arn:aws:iam::{ACCOUNT}:role/app", "kms:Decrypt")
    assert not world.can("arn:aws:iam::444455556666:role/app", "kms:Decrypt")
    with pytest.raises(InputError, match=r"`role/app` belongs to no account \(.* give `--account`"):
        world.can("role/app", "kms:Decrypt")
    assert Scenario.load(tmp_path, account=ACCOUNT).can("role/app", "kms:Decrypt")


def test_whose_a_policy_is_has_to_be_told_where_two_accounts_have_that_name(tmp_path: Path) -> None:
    policy = {"RoleName": "app", "PolicyName": "more", "PolicyDocument": KEY_POLICY}
    written(tmp_path, {**FILES, "other.json": of_another_account(DETAILS), "role-policy.json": policy})
    with pytest.raises(
        InputError, match=r"nothing says in which account `app` is \(.*a folder named after the account"
    ):
        Scenario.load(tmp_path)


def test_files_that_are_half_there_say_so(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(METADATA).encode())
    (tmp_path / "a.json.gz").write_bytes(whole[:-9])
    with pytest.raises(InputError, match="is not a whole gzip file"):
        Scenario.load(tmp_path / "a.json.gz")
    (tmp_path / "b.jsonl").write_text(json.dumps(METADATA) + '\n{"Grants": [', encoding="utf-8")
    with pytest.raises(InputError, match=r"b.jsonl:2: ends in the middle: the file is half-written"):
        Scenario.load(tmp_path / "b.jsonl")


def test_a_key_told_twice_with_other_policies_is_said(tmp_path: Path) -> None:
    other = {"Policy": json.dumps({**KEY_POLICY, "Id": "other"})}
    world = Scenario.load(written(tmp_path, {**FILES, f"zz-{KEY}.json": other}))
    assert [warning.code for warning in world.loaded.warnings] == ["source-told-twice"]
    assert world.world.keys["app"].policy.id == "other"


def test_the_policy_of_aws_ram_is_left_out_and_said(tmp_path: Path) -> None:
    names = {"PolicyNames": ["default", "AWS_RAM"], "Truncated": False}
    world = Scenario.load(written(tmp_path, {**FILES, f"{KEY}/names.json": names}))
    assert [warning.code for warning in world.loaded.warnings] == ["further-key-policy"]


def test_roles_of_identity_center_go_by_their_permission_set(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef"
    entry = {"Arn": role, "RoleName": role.rsplit("/", 1)[1], "RoleId": "AROAEXAMPLESSO123", "RolePolicyList": [
        {"PolicyName": "ops", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}], "AttachedManagedPolicies": []}  # fmt: skip
    world = Scenario.load(written(tmp_path, {**FILES, "sso.json": {"RoleDetailList": [entry]}}))
    assert world.can("sso/Ops", "kms:Decrypt")
    with pytest.raises(InputError, match="did you mean `sso/Ops`"):
        world.can("sso/Opps", "kms:Decrypt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!DOCTYPE html><html>", "is an HTML page, not JSON"),
        ("user,arn,user_creation_time,password_enabled\n", "is a credential report"),
        ("# Keys\n\nThis folder has the keys.\n", "is a text that is no source (a source is JSON or YAML"),
        ('{"KeyMetadata": {"KeyId": "1234', "half-written"),
        ("An error occurred (AccessDenied) when calling", "is an error message of the AWS CLI"),
        (
            "<?xml version='1.0'?><ErrorResponse>",
            "is XML, not JSON (save what the AWS CLI prints with `--output json`)",
        ),
        ("a,b,c\n1,2,3\n", "is CSV, not JSON"),
        ("\nUnable to locate credentials. You can configure", "is an error message of the AWS CLI"),
        ("-------\n|  ListKeys  |\n", "is a table as the AWS CLI prints it (save it with `--output json`)"),
        ("{'KeyMetadata': {'Enabled': True}}", "is what Python prints for a value, not JSON"),
        ("KeyMetadata:\n  Enabled: true\n", "is YAML in a file whose name does not say so"),
        ('{"Content": "dXNlcg==", "ReportFormat": "text/csv"}', "a credential report, which has no policies"),
        ('{"__type": "AccessDeniedException"}', "an error that AWS answered: the call failed"),
        ("KEYMETADATA\t111122223333\tkey", "is text output of the AWS CLI (save it with `--output json`)"),
        ('{"Error": {"Code": "AccessDenied"}}', "it looks like an error that AWS answered: the call failed"),
        ('[{"eventName": "Decrypt", "eventSource": "kms.amazonaws.com"}]', "begins with a CloudTrail event"),
        ('{"Aliases": [{"AliasName": "alias/app", "TargetKeyId": 7}]}', "Aliases[0].TargetKeyId: expected a string"),
        ('{"Roles": [{"RoleName": "app", "Arn": "arn:aws:iam::1:user/app"}]}', "is not the ARN of a role"),
        ('{"Records": []}', "is no source: it looks like a CloudTrail trail"),
        ('{"Version": "2012-10-17", "Statement": []}', "(name it in a scenario, or give it as `--key-policy FILE`"),
        ('{"text": 1}\n{"text": 2}\n{"text": 3}', "an object with `text`, and so do 2 more in the file"),
        ('{"Keys": "x", "Aliases": [1]}', "expected an object"),
        ("", "is empty"),
    ],
)
def test_bad_input_is_one_line_with_the_way_out(tmp_path: Path, text: str, said: str) -> None:
    written(tmp_path, {"source.json": text})
    with pytest.raises(InputError) as caught:
        Scenario.load(tmp_path / "source.json")
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_what_powershell_saves_is_read_whatever_the_ending(tmp_path: Path, encoding: str) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    for name, value in FILES.items():
        path = tmp_path / name.replace(".json", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mark + json.dumps(value, indent=4).replace("\n", "\r\n").encode(encoding))
    assert Scenario.load(tmp_path).can("role/app", "kms:Decrypt")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (json.dumps(DETAILS).encode("utf-16-le"), "holds a NUL character"),
        (b"\xff\xfe{", "is not whole UTF-16 text"),
        ('{"Aliases": ["ä"]}'.encode("latin-1"), "is not UTF-8 text"),
    ],
)
def test_other_encodings_say_how_to_save(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "source.json").write_bytes(data)
    with pytest.raises(InputError, match=rf"source.json(:1)?: .*{said}.*\(save it as UTF-8\)$"):
        Scenario.load(tmp_path / "source.json")


def test_everybody_is_unknown_where_no_response_shows_who_there_is(tmp_path: Path) -> None:
    world = Scenario.load(written(tmp_path, without("details.json")))
    for principal in ("role/app", "user/new", "assumed-role/app/session"):
        decision = world.can(principal, "kms:Decrypt")
        assert decision.decision == "undetermined"
        assert decision.explanation.unknowns[0].address == f"users and roles of {ACCOUNT}"
    assert world.can("root", "kms:Decrypt")
    assert world.can("role/worker", "kms:Decrypt").decision == "undetermined"  # a boundary of it may forbid it
    elsewhere = "arn:aws:iam::444455556666:role/elsewhere"
    assert world.can(elsewhere, "kms:Decrypt", stranger=True).decision == "implicitDeny"


def test_who_is_shown_of_an_account_that_is_cut_off_is_known_and_others_are_not(tmp_path: Path) -> None:
    cut = {**DETAILS, "IsTruncated": True, "Marker": "token-7"}
    world = Scenario.load(written(tmp_path, {**FILES, "details.json": cut}))
    assert world.can("role/app", "kms:Decrypt")
    decision = world.can("role/other", "kms:Decrypt")
    assert decision.decision == "undetermined"
    assert "token-7" in decision.explanation.unknowns[0].reason


def test_trust_policies_are_kept_and_decide_nothing(tmp_path: Path) -> None:
    world = Scenario.load(written(tmp_path)).world
    role = world.principals[f"arn:aws:iam::{ACCOUNT}:role/app"]
    assert role.trust_policy == {"Version": "2012-10-17", "Statement": []}
    assert world.principals[f"arn:aws:iam::{ACCOUNT}:user/alice"].trust_policy is None


def test_single_calls_are_of_whom_their_files_are_named_after(tmp_path: Path) -> None:
    iam = f"arn:aws:iam::{ACCOUNT}"
    single: dict[str, object] = {
        "roles.json": {"Roles": [{"RoleName": "app", "Arn": f"{iam}:role/app"}]},
        "users.json": {"Users": [{"UserName": "alice", "Arn": f"{iam}:user/alice"}]},
        "groups.json": {"Groups": [{"GroupName": "dev", "Arn": f"{iam}:group/dev"}]},
        "role-app.json": {"Role": {"RoleName": "app", "Arn": f"{iam}:role/app"}},
        "app-inline.json": {"PolicyNames": ["use"]},
        "app-use.json": {"RoleName": "app", "PolicyName": "use", "PolicyDocument": document(statement("kms:Decrypt"))},
        "app-attached.json": {"AttachedPolicies": []},
        "alice.json": {"User": {"UserName": "alice", "Arn": f"{iam}:user/alice"}},
        "alice-inline.json": {"PolicyNames": []},
        "alice-attached.json": {"AttachedPolicies": []},
        "alice-groups.json": {"Groups": [{"GroupName": "dev", "Arn": f"{iam}:group/dev"}]},
        "dev-inline.json": {"PolicyNames": ["look"]},
        "dev-look.json": {
            "GroupName": "dev",
            "PolicyName": "look",
            "PolicyDocument": document(statement("kms:DescribeKey")),
        },
        "dev-attached.json": {"AttachedPolicies": []},
    }
    asked = Scenario.load(written(tmp_path, {**without("details.json"), **single}))
    assert asked.can("role/app", "kms:Decrypt")
    assert asked.can("role/app", "kms:Encrypt").decision == "implicitDeny"
    assert asked.can("user/alice", "kms:Encrypt").decision == "implicitDeny"
    assert asked.can("user/alice", "kms:DescribeKey")


@pytest.mark.parametrize("trust", [{}, "<URL-encoded-JSON>"])
def test_a_trust_policy_that_is_none_is_left_out_and_said(tmp_path: Path, trust: object) -> None:
    role = {"RoleName": "old", "Arn": f"arn:aws:iam::{ACCOUNT}:role/old", "AssumeRolePolicyDocument": trust}
    loaded = Scenario.load(written(tmp_path, {**FILES, "old.json": {"Role": role}})).loaded
    assert loaded.words == ("the trust policy of old is left out: it is no policy (and decides nothing)",)


def test_a_list_of_no_tags_is_that_of_the_key_it_is_named_after(tmp_path: Path) -> None:
    files = {**without("tags.json"), f"app/tags-{KEY}.json": {"Tags": []}}
    key = Scenario.load(written(tmp_path, files)).world.keys["app"]
    assert (key.tags, key.unknowns) == ({}, {})


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ({"keys.json": {"Keys": [{"KeyId": KEY, "KeyArn": ARN}], "Truncated": True, "NextMarker": "token-3"}},
         "ListKeys is cut off at `token-3`: there are more keys than these"),
        ({"details.json": {"Roles": DETAILS["RoleDetailList"], "IsTruncated": True, "Marker": "token-4"}},
         "ListRoles is cut off at `token-4`"),
    ],
)  # fmt: skip
def test_lists_of_what_there_is_say_where_they_are_cut_off(tmp_path: Path, cut: dict[str, object], said: str) -> None:
    scenario = Scenario.load(written(tmp_path, {**FILES, **cut}))
    unshown = [each.unknown.reason for each in scenario.world.unshown.values()]
    assert [*scenario.loaded.words, *unshown] == [said]


def test_a_scenario_in_memory_brings_in_sources_as_one_in_a_file_does(tmp_path: Path) -> None:
    written(tmp_path / "account")
    scenario = {"account": ACCOUNT, "sources": ["account"], "principals": {"role/app": {"policies": []}}}
    world = Scenario.from_dict(scenario, base=tmp_path)
    assert world.can("role/app", "kms:Decrypt").decision == "implicitDeny"
    assert world.can("role/worker", "kms:Decrypt")
    whole = Scenario.from_dict({**scenario, "sources": [str(tmp_path / "account")]})
    assert whole.can("role/worker", "kms:Decrypt")


def test_a_source_of_a_scenario_in_memory_is_relative_to_its_base(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sources\[0\]: `account` is a path, and nothing says .* \(give `base`\)"):
        Scenario.from_dict({"sources": ["account"]})
    with pytest.raises(InputError, match="account: there is no such file"):
        Scenario.from_dict({"sources": ["account"]}, base=tmp_path)


@pytest.mark.parametrize("sources", [7, [7], {"a": 1}, [""]])
def test_sources_that_are_no_paths_are_one_line(sources: object) -> None:
    with pytest.raises(InputError, match=r"^scenario: sources: expected a list of paths$"):
        Scenario.from_dict({"sources": sources})


def test_files_of_a_folder_that_are_no_sources_are_named(tmp_path: Path) -> None:
    written(tmp_path, {**FILES, "key-policy.json": KEY_POLICY})
    (word,) = Scenario.load(tmp_path).loaded.words
    assert word == f"{tmp_path / 'key-policy.json'} is left out: it looks like {_BARE}"
    written(tmp_path, {f"note-{number}.json": {"a": 1} for number in range(4)})
    (word,) = Scenario.load(tmp_path).loaded.words
    assert word.endswith("note-1.json and 2 more are left out: they are no sources (`-v`)")


def test_files_that_are_left_alone_for_their_endings_are_named_by_v(tmp_path: Path) -> None:
    written(tmp_path, {**FILES, "report.csv": "user,arn", "notes.md": "# Keys", ".hidden.csv": "a"})
    assert Scenario.load(tmp_path).loaded.recognised[1:] == (
        f"{tmp_path}: left alone for their endings: notes.md, report.csv",
    )


_BARE = "a policy by itself: nothing says to what it is attached"


def with_managed(arn: str) -> dict[str, object]:
    """The account, in which the role ``app`` has a managed policy that is longer than customers may write."""
    wide = document(*[statement("kms:Decrypt", Sid=f"s{number}") for number in range(200)])
    policy = {"Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [{"VersionId": "v1", "Document": wide}]}
    details = json.loads(json.dumps(DETAILS))
    for role in details["RoleDetailList"]:
        role["AttachedManagedPolicies"] = [{"PolicyName": "wide", "PolicyArn": arn}]
    return {**FILES, "details.json": {**details, "Policies": [policy]}}


@pytest.mark.parametrize(
    ("arn", "codes"),
    [
        ("arn:aws:iam::aws:policy/job-function/Wide", []),
        (f"arn:aws:iam::{ACCOUNT}:policy/wide", ["over-quota"]),
    ],
)
def test_policies_of_aws_are_read_whatever_their_length(tmp_path: Path, arn: str, codes: list[str]) -> None:
    world = Scenario.load(written(tmp_path, with_managed(arn)))
    assert world.can("role/app", "kms:Decrypt")
    assert [warning.code for warning in world.loaded.warnings] == codes
