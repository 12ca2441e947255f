"""``kms-eval diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import KEY_POLICY, Cli

OPEN = {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


@pytest.fixture
def opened(scenario: Path) -> str:
    """The key policy with one statement for everybody."""
    policy = json.loads(KEY_POLICY)
    policy["Statement"].append(OPEN)
    Path("open.json").write_text(json.dumps(policy))
    return "app=open.json"


def test_a_policy_that_opens_a_key_is_found(cli: Cli, opened: str) -> None:
    done = cli("diff", "--key-policy", opened)
    assert done.code == 1
    assert done.err == ""
    assert done.out == (
        "access changes for 5 principals: 3 × appears, 2 × conditions widen (7 principals and 1 key compared)\n"
        "\n"
        "public\n"
        "  appears  anyone at all on app: Decrypt\n"
        "      after:  public\n"
        '      open "Open" (open.json:1: Statement[2])\n'
        "\n"
        "inside the account\n"
        "  appears  user/alice, role/batch on app: Decrypt\n"
        '      open "Open" (open.json:1: Statement[2])\n'
        "  conditions widen  role/worker on app: Decrypt\n"
        "      before: if StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`\n"
        "      after:  always\n"
        "      gained: role/worker kms:Decrypt --key app\n"
        '      open "Open" (open.json:1: Statement[2])\n'
        "  conditions widen  anyone in account 111122223333 on app: Decrypt\n"
        "      before: if an identity policy of its own allows it\n"
        "      after:  always\n"
        "      gained: arn:aws:iam::111122223333:role/anyone kms:Decrypt --key app --stranger\n"
        '      open "Open" (open.json:1: Statement[2])\n'
    )


def test_what_is_allowed_to_appear_is_no_finding(cli: Cli, opened: str) -> None:
    assert cli("diff", "--key-policy", opened, "--allow", "* kms:Decrypt app").code == 0
    assert cli("diff", "--key-policy", opened, "--allow", "role/* kms:Decrypt").code == 1


def test_an_allow_of_which_nothing_comes_is_said(cli: Cli, opened: str) -> None:
    done = cli("diff", "--key-policy", opened, "--allow", "*", "--allow", "role/batch kms:Sign")
    assert done.code == 0
    assert done.err == "kms-eval: warning: nothing appears that `--allow role/batch kms:Sign` lists\n"


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("role/workr", "--allow: nothing in the scenario mentions `role/workr` (did you mean `role/worker`?"),
        ("rle/worker kms:Sign", "--allow: malformed principal `rle/worker` (did you mean `role/worker`?)"),
        ("role/workr*", "--allow: no principal fits `role/workr*`"),
        ("role/worker kms:Decrypt ap", "--allow: the scenario has no key `ap` (did you mean `app`?)"),
    ],
)
def test_an_allow_for_nobody_or_nothing_is_refused(cli: Cli, opened: str, expected: str, said: str) -> None:
    done = cli("diff", "--key-policy", opened, "--allow", expected)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_an_allow_may_be_for_whom_only_one_side_knows(cli: Cli, scenario: Path) -> None:
    text = scenario.read_text()
    Path("less.yaml").write_text(text.replace("  user/alice: {}\n", ""))
    for sides in (("less.yaml", "kms-eval.yaml"), ("kms-eval.yaml", "less.yaml")):
        assert cli("diff", *sides, "--allow", "user/alice").code == 0


def test_an_allow_may_be_for_a_stranger_who_is_meant(cli: Cli, opened: str) -> None:
    words = ("diff", "--key-policy", opened, "--allow", "*", "--allow", "role/new", "--stranger")
    assert cli(*words).code == 0


def test_access_that_goes_is_no_finding(cli: Cli, opened: str) -> None:
    scenario = Path("kms-eval.yaml").read_text()
    Path("before.yaml").write_text(scenario.replace("policies/app.json", "open.json"))
    assert cli("diff", "before.yaml", "kms-eval.yaml").code == 0
    assert cli("diff", "kms-eval.yaml", "before.yaml").code == 1


def test_identity_policies_are_replaced(cli: Cli, scenario: Path) -> None:
    Path("sign.json").write_text('{"Statement": {"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}}')
    Path("none.json").write_text('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}')
    done = cli("diff", "--policy", "role/worker=sign.json", "--policy", "role/worker=none.json", "--json")
    assert done.code == 1
    changes = json.loads(done.out)["changes"]
    assert {(each["kind"], *each["actions"]) for each in changes} == {
        ("appears", "kms:Sign"),
        ("disappears", "kms:Decrypt"),
        ("disappears", "kms:DescribeKey"),
    }


def test_no_change_is_said(cli: Cli, scenario: Path) -> None:
    done = cli("diff", "--key-policy", "app=policies/app.json")
    assert (done.code, done.out) == (0, "no access changes (6 principals and 1 key compared)\n")


def test_markdown_by_the_ending_of_the_file(cli: Cli, opened: str) -> None:
    assert cli("diff", "--key-policy", opened, "-o", "comment.md").code == 1
    assert Path("comment.md").read_text(encoding="utf-8").startswith("### KMS access\n")


def test_only_some_actions(cli: Cli, opened: str) -> None:
    assert cli("diff", "--key-policy", opened, "--action", "kms:Encrypt").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is nothing to compare with"),
        (["a.yaml", "b.yaml", "c.yaml"], "`diff` compares two sources"),
        (["kms-eval.yaml", "--scenario", "kms-eval.yaml", "--key-policy", "app=open.json"], "not both"),
        (["--key-policy", "ap=open.json"], "the scenario has no key `ap`"),
        (["--key-policy", "app=open.json", "--key-policy", "app=open.json"], "key `app` is given two policies"),
        (["--key-policy", "app=gone.json"], "gone.json"),
        (["--policy", "root=policies/worker.json"], "only users and roles have identity policies"),
        (["--key-policy", "app=open.json", "--allow", "a b c d"], "--allow: `a b c d` is not of the form"),
        (["--key-policy", "app=open.json", "--allow", "* kms:Decrpt"], "unknown action"),
        (["kms-eval.yaml", "gone.yaml"], "gone.yaml"),
        (["kms-eval.yaml", "--base", "nowhere"], "--base: git: "),
        (["kms-eval.yaml", "open.json", "--fail-on", "apears"], "did you mean `appears`?"),
    ],
)
def test_bad_input_is_one_line(cli: Cli, opened: str, words: list[str], said: str) -> None:
    done = cli("diff", *words)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert done.err.count("\n") == 1


def test_what_only_a_later_request_meets_is_a_change_unless_a_time_is_given(cli: Cli, scenario: Path) -> None:
    for name, year in (("before", 2090), ("after", 2095)):
        policy = json.loads(KEY_POLICY)
        policy["Statement"].append({**OPEN, "Condition": {"DateLessThan": {"aws:CurrentTime": f"{year}-01-01"}}})
        Path(f"{name}.json").write_text(json.dumps(policy))
    shown = cli("diff", "before.json", "after.json")
    assert shown.code == 1
    assert "--at 2090-01-02T00:00:00Z" in shown.out
    assert cli("diff", "before.json", "after.json", "--at", "2026-01-01T00:00:00Z").code == 0
    assert cli("diff", "before.json", "after.json", "--at", "2092-01-01T00:00:00Z").code == 1
