"""Policies named in the call: without any scenario, and on top of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import KEY_POLICY, WORKER_POLICY, Cli

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"


@pytest.fixture
def policies(cli: Cli) -> None:
    Path("key.json").write_text(KEY_POLICY)
    Path("worker.json").write_text(WORKER_POLICY)


@pytest.mark.usefixtures("policies")
def test_both_policies_are_a_world_and_what_is_assumed_is_said(cli: Cli) -> None:
    done = cli("can", "role/worker", "kms:DescribeKey", "--key-policy", "key.json", "--policy", "worker.json")
    assert done.code == 0
    assert done.out.startswith("allowed: role/worker kms:DescribeKey on key/")
    assert "arn:aws:kms:us-east-1:111122223333:key/" in done.out
    assert 'key "Enable IAM policies" (key.json:4)' in done.out
    assert 'worker "Reading" (worker.json:11)' in done.out
    assert done.err == (
        "kms-eval: no scenario: a key is made up, arn:aws:kms:us-east-1:111122223333:key/"
        "00000000-0000-0000-0000-000000000000 (in account 111122223333, to which the key policy delegates)\n"
    )


@pytest.mark.usefixtures("policies")
def test_a_key_policy_alone_is_enough(cli: Cli) -> None:
    done = cli("can", ROLE, "kms:DescribeKey", "--key-policy", "key.json")
    assert done.code == 1
    assert "because no identity policy allows it" in done.out


@pytest.mark.usefixtures("policies")
def test_without_a_key_policy_the_default_one_counts(cli: Cli) -> None:
    done = cli("can", ROLE, "kms:DescribeKey", "--policy", "worker.json")
    assert done.code == 0
    assert "in account 111122223333, that of the principal)\n" in done.err
    assert "no key policy: the default one is taken" in done.err


@pytest.mark.usefixtures("policies")
def test_an_arn_says_where_the_key_is_and_nothing_need_be_assumed(cli: Cli) -> None:
    key = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    done = cli("can", ROLE, "kms:DescribeKey", "--key", key, "--key-policy", "key.json")
    assert (done.code, done.err.count("no scenario")) == (1, 0)
    assert done.out.startswith(f"implicitDeny: {ROLE} kms:DescribeKey on {key.rpartition(':')[2]}\n")


@pytest.mark.parametrize(
    ("principal", "statement", "account"),
    [
        ("role/x", {"AWS": "444455556666"}, "444455556666, to which the key policy delegates"),
        (
            "arn:aws:iam::777788889999:role/x",
            {"AWS": "444455556666"},
            "444455556666, to which the key policy delegates",
        ),
        ("arn:aws:iam::777788889999:role/x", {"AWS": "*"}, "777788889999, that of the principal"),
        ("role/x", {"AWS": "arn:aws:iam::444455556666:role/x"}, "444455556666, the only one in the key policy"),
        ("role/x", {"AWS": "*"}, "123456789012, for want of a better one"),
    ],
)
def test_the_account_of_the_key_is_read_off_what_there_is(
    cli: Cli, principal: str, statement: dict[str, str], account: str
) -> None:
    allow = {"Effect": "Allow", "Principal": statement, "Action": "kms:*", "Resource": "*"}
    Path("key.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    done = cli("can", principal, "kms:Decrypt", "--key-policy", "key.json")
    assert f"(in account {account})\n" in done.err


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("key", ["app", "alias/app", "1234abcd-12ab-34cd-56ef-1234567890ab"])
def test_the_key_may_have_any_kind_of_name(cli: Cli, key: str) -> None:
    done = cli(
        "can", "role/worker", "kms:DescribeKey", "-k", key, "--key-policy", "key.json", "--policy", "worker.json"
    )
    assert done.code == 0


def test_the_policies_go_on_top_of_a_scenario(cli: Cli, scenario: Path) -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}
    Path("deny.json").write_text(json.dumps(nothing))
    assert cli("can", "role/worker", "kms:DescribeKey").code == 0
    done = cli("can", "role/worker", "kms:DescribeKey", "--policy", "deny.json")
    assert done.code == 1
    assert "identity policy  denies it: deny statement 0 (deny.json:1)" in done.out
    assert done.err == "kms-eval: on top of the scenario kms-eval.yaml\n"
    assert cli("can", "role/admin", "kms:DescribeKey", "--policy", "deny.json").code == 1
    assert cli("can", "role/admin", "kms:DescribeKey").code == 0


def test_a_key_policy_replaces_that_of_the_key(cli: Cli, scenario: Path) -> None:
    only = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"},
        "Action": "kms:*",
        "Resource": "*",
    }
    Path("only.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [only]}))
    assert cli("can", "role/worker", "kms:DescribeKey", "--key-policy", "only.json").code == 1
    assert cli("can", "user/alice", "kms:Decrypt", "--key-policy", "only.json", "-s", "kms-eval.yaml").code == 0


@pytest.mark.usefixtures("policies")
def test_a_policy_of_a_principal_no_one_mentions_describes_it_where_it_is_meant(cli: Cli, scenario: Path) -> None:
    words = ("can", "role/workr", "kms:DescribeKey", "--policy", "worker.json")
    refused = cli(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "did you mean `role/worker`?" in refused.err
    done = cli(*words, "--stranger")
    assert done.code == 0
    assert "principal-not-described" not in done.err


@pytest.mark.parametrize("option", ["--key-policy", "--policy"])
def test_a_broken_policy_is_2_with_its_line(cli: Cli, option: str) -> None:
    Path("broken.json").write_text('{\n  "Version": "2012-10-17",\n  "Statement": [{"Effect": "Permit"}]\n}')
    done = cli("can", "role/worker", "kms:DescribeKey", option, "broken.json")
    assert done.code == 2
    assert done.out == ""
    assert "kms-eval: broken.json:3: Statement[0].Effect: " in done.err


READING = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
THERE = "arn:aws:kms:eu-west-1:444455556666:key/0987dcba-09fe-87dc-65ba-ab0987654321"


def _policy(*resources: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [READING | {"Resource": list(resources)}]})


def test_the_only_key_in_the_documents_is_the_key(cli: Cli) -> None:
    Path("reader.json").write_text(_policy(THERE))
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json")
    assert done.code == 0
    assert done.out.startswith(f"allowed: role/reader kms:Decrypt on {THERE.rpartition(':')[2]}\n")
    assert "made up" not in done.err


@pytest.mark.parametrize("name", ["app", "alias/app", THERE.rpartition("/")[2]])
def test_a_short_name_of_the_key_means_the_only_one_in_the_documents(cli: Cli, name: str) -> None:
    Path("reader.json").write_text(_policy(THERE))
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json", "--key", name)
    assert done.code == 0
    assert "made up" not in done.err


def test_the_key_that_is_named_is_none_that_the_documents_name(cli: Cli) -> None:
    Path("reader.json").write_text(_policy(THERE))
    other = THERE.replace("0987dcba", "1111aaaa")
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json", "--key", other)
    assert done.code == 1
    assert done.out.startswith(f"implicitDeny: role/reader kms:Decrypt on {other.rpartition(':')[2]}\n")
    assert "made up" not in done.err


def test_a_made_up_key_is_said_first_with_the_resources_that_speak_of_others(cli: Cli) -> None:
    there = THERE.replace("0987dcba", "1111aaaa")
    Path("reader.json").write_text(_policy(THERE, there))
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json")
    assert done.code == 1
    first = done.err.splitlines()[0]
    assert first.startswith("kms-eval: no scenario: a key is made up, arn:aws:kms:eu-west-1:444455556666:key/00000000-")
    assert f"`Resource` speaks of another key: {THERE}, {there}; name the key with `--key ARN`" in first
    assert "any of these changes" not in done.out
    assert f"`Resource` speaks of others: name one with `--key {THERE}`" in done.out


def test_advice_about_a_made_up_key_never_names_it(cli: Cli) -> None:
    Path("reader.json").write_text(_policy("arn:aws:kms:eu-west-1:444455556666:key/*"))
    done = cli("can", "role/reader", "kms:Encrypt", "--policy", "reader.json")
    assert done.code == 1
    advice = done.out.partition("makes it allowed:\n")[2]
    assert "that allows `kms:Encrypt` on the key\n" in advice
    assert "00000000-0000" not in advice


def test_a_made_up_key_is_where_the_patterns_say(cli: Cli) -> None:
    Path("reader.json").write_text(_policy("arn:aws:kms:eu-west-1:444455556666:key/*"))
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json")
    assert done.code == 0
    assert "key/00000000-0000-0000-0000-000000000000 (in account 444455556666, of which `Resource` speaks)" in done.err
    assert "another key" not in done.err


@pytest.mark.usefixtures("policies")
def test_a_key_policy_is_no_identity_policy(cli: Cli) -> None:
    done = cli("can", "role/worker", "kms:DescribeKey", "--policy", "key.json")
    assert (done.code, done.out) == (2, "")
    assert "key.json:1: this is a key policy: every statement says in `Principal` whom it is about" in done.err


@pytest.mark.usefixtures("policies")
def test_an_identity_policy_is_no_key_policy(cli: Cli) -> None:
    done = cli("can", "role/worker", "kms:DescribeKey", "--key-policy", "worker.json")
    assert (done.code, done.out) == (2, "")
    assert (
        "worker.json:4: Statement[0]: `Principal` is missing (a statement without it belongs into an identity policy)"
        in done.err
    )


def test_the_region_in_the_keys_arn_has_to_be_one(cli: Cli) -> None:
    Path("key.json").write_text(KEY_POLICY)
    key = "arn:aws:kms:us-esat-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    done = cli("can", "role/worker", "kms:Decrypt", "--key", key, "--key-policy", "key.json")
    assert done.code == 2
    assert done.err == "kms-eval: --key: there is no Region `us-esat-1` (did you mean `us-east-1`?)\n"


def test_principals_of_another_partition_are_said_where_a_policy_alone_is_given(cli: Cli, tmp_path: Path) -> None:
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    named = [f"arn:aws:iam::{ACCOUNT}:root", "arn:aws-cn:iam::444455556666:root"]
    statements = [{**allow, "Principal": {"AWS": name}} for name in named]
    file = tmp_path / "key.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    done = cli("can", f"arn:aws:iam::{ACCOUNT}:root", "kms:Decrypt", "--key-policy", str(file))
    assert (done.code, "[other-partition]" in done.err) == (0, True)
    assert cli("can", "root", "kms:Decrypt", "--key-policy", str(file), "--strict").code == 2
    refused = cli("lockout", "--key-policy", str(file))
    assert (refused.code, "is of another partition than the key" in refused.out) == (1, True)
    assert "other-partition" in cli("lint", str(file)).out


def test_a_policy_of_another_partition_alone_is_one_of_a_key_there(cli: Cli, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    file = tmp_path / "key.json"
    principal = {"AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Principal": principal}]}))
    done = cli("can", "root", "kms:Decrypt", "--key-policy", str(file))
    assert (done.code, f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/" in done.out) == (0, True)


def test_an_account_and_a_region_that_are_told_are_those_of_the_key(cli: Cli) -> None:
    Path("reader.json").write_text(_policy("*"))
    words = ("can", "role/reader", "kms:Decrypt", "--policy", "reader.json", "--account", "444455556666")
    told = json.loads(cli(*words, "--region", "cn-north-1", "--json").out)
    assert told["principal"] == "arn:aws-cn:iam::444455556666:role/reader"
    assert told["key"].startswith("arn:aws-cn:kms:cn-north-1:444455556666:key/")
    assert "(in account 444455556666, which `--account` tells)" in cli(*words).err


def test_a_key_named_by_arn_stays_where_it_is(cli: Cli) -> None:
    Path("reader.json").write_text(_policy("*"))
    words = ("can", "role/reader", "kms:Decrypt", "--policy", "reader.json", "--key", THERE, "--account", ACCOUNT)
    told = json.loads(cli(*words, "--json").out)
    assert (told["principal"], told["key"]) == (f"arn:aws:iam::{ACCOUNT}:role/reader", THERE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--account", "1111"), "--account: `1111` is no account id"),
        (("--region", "eu-wset-1"), "--region: there is no Region `eu-wset-1` (did you mean `eu-west-1`?)"),
        (("--parameter", "Who=x"), "--parameter: no template has the parameter `Who`"),
    ],
)
def test_what_makes_no_sense_without_a_scenario_is_refused(cli: Cli, words: tuple[str, ...], said: str) -> None:
    Path("reader.json").write_text(_policy("*"))
    done = cli("can", "role/reader", "kms:Decrypt", "--policy", "reader.json", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
