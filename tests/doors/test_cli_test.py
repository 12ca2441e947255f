"""``kms-eval test``: which files it runs, what it prints, how it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kms_eval.doors.cli.gathering import gather, is_scenario
from kms_eval.errors import InputError
from tests.doors.command_line import KEY, Cli

FAILING = """
  - name: the worker decrypts
    principal: role/worker
    action: kms:Decrypt
    expect: allowed
"""

INVALID = """
  - name: nobody knows this action
    principal: role/worker
    action: kms:Decrpt
    expect: allowed
"""


def test_all_passed_is_0_and_the_summary_is_the_last_line(cli: Cli, scenario: Path) -> None:
    done = cli("test")
    assert (done.code, done.out, done.err) == (0, "1 passed\n", "")


def test_a_failure_is_1_with_file_line_expectation_and_reason(cli: Cli, scenario: Path) -> None:
    scenario.write_text(scenario.read_text() + FAILING)
    done = cli("test", "kms-eval.yaml")
    assert done.code == 1
    assert done.err == ""
    assert done.out == (
        "failed: kms-eval.yaml:27: the worker decrypts\n"
        "  expected allowed, got implicitDeny\n"
        f"  arn:aws:iam::111122223333:role/worker kms:Decrypt on {KEY}\n"
        "  because no identity policy allows it\n"
        '    key policy       delegates it to the account: app "Enable IAM policies" (policies/app.json:4)\n'
        "    identity policy  does not allow it\n"
        "    grant            does not allow it\n"
        "  came near, but did not count:\n"
        '    identity policy, worker "ThroughS3" (policies/worker.json:4): StringEquals kms:ViaService '
        "`s3.us-east-1.amazonaws.com`: the request has no value\n"
        "  missing context that could turn it: kms:ViaService\n"
        "1 passed, 1 failed\n"
    )


def test_a_test_that_makes_no_sense_is_2_and_the_others_are_run(cli: Cli, scenario: Path) -> None:
    scenario.write_text(scenario.read_text() + INVALID + FAILING)
    done = cli("test")
    assert done.code == 2
    assert done.err.startswith("kms-eval: kms-eval.yaml:27: tests[1]: unknown action `kms:Decrpt` (did you mean ")
    assert done.err.count("\n") == 1
    assert done.out.endswith("1 passed, 1 failed, 1 could not be run\n")


def test_a_folder_is_searched_for_scenarios_and_what_lies_beside_them_is_left_alone(cli: Cli, scenario: Path) -> None:
    folder = scenario.parent
    (folder / "workflow.yaml").write_text("on: push\njobs:\n  tests: {}\n  keys: {}\n")
    (folder / "broken.yaml").write_text("{{ template }}: [")
    (folder / "list.json").write_text("[1, 2]")
    os.mkfifo(folder / "pipe.kms.yaml")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "other.kms.yaml").write_text("not a scenario")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "other.kms.yaml").write_text("not a scenario")
    done = cli("test", ".")
    assert (done.code, done.out, done.err) == (0, "1 passed\n", "")


def test_a_file_named_kms_yaml_always_counts(cli: Cli, scenario: Path) -> None:
    (scenario.parent / "other.kms.yaml").write_text("tets: []\n")
    done = cli("test", ".")
    assert done.code == 2
    assert done.err.startswith("kms-eval: other.kms.yaml:1: tets: unknown field `tets` (did you mean `tests`?)")
    assert done.out == "1 passed\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("keys: {}\ntests: []\n", True),
        ("account: '1'\nkeys:\n  app: {}\n", True),
        ('"keys" : {}\n"tests": []\n', True),
        ("keys: {}\ntest: []\n", False),
        ("account: x\norganization: y\n", False),
        ("job:\n  keys: 1\n  tests: 2\n", False),
        ('{"keys": {}, "tests": []}', True),
        ('{"Statement": [{"keys": 1, "tests": 2}]}', False),
        ('{"keys": {}, "tests": [', True),
        ("", False),
        ("keys: {}\rtests: []\r", True),
        ("\ufeffkeys: {}\ntests: []\n", True),
        ('\ufeff{"keys": {}, "tests": []}', True),
    ],
)
def test_scenarios_are_told_by_their_top(tmp_path: Path, text: str, expected: bool) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    assert is_scenario(path) is expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_file_of_a_folder_that_is_no_text_is_2_and_named(cli: Cli, scenario: Path, encoding: str) -> None:
    Path("other.yaml").write_bytes("name: é\nkeys: {}\ntests: []\n".encode(encoding))
    done = cli("test", ".")
    assert (done.code, done.out) == (2, "1 passed\n")
    assert done.err.startswith("kms-eval: other.yaml")
    assert " is " in done.err
    assert done.err.count("\n") == 1


def test_a_link_to_nowhere_in_a_folder_is_2_and_named(cli: Cli, scenario: Path) -> None:
    Path("other.yaml").symlink_to("gone")
    done = cli("test", ".")
    assert (done.code, done.out, done.err) == (2, "1 passed\n", "kms-eval: other.yaml: there is no such file\n")


def test_a_file_of_a_folder_without_permission_is_2_and_named(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("other.yaml").touch()
    opened = Path.open

    def refused(self: Path, *words: str, **named: str) -> object:
        if self.name == "other.yaml":
            raise PermissionError(13, "Permission denied")
        return opened(self, *words, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    done = cli("test", ".")
    assert (done.code, done.out) == (2, "1 passed\n")
    assert done.err == "kms-eval: other.yaml: cannot be read: permission denied\n"


def test_a_folder_in_a_folder_without_permission_is_2_and_named(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("closed").mkdir()
    listed = os.scandir

    def refused(path: str) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    done = cli("test", ".")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kms-eval: closed: cannot be read: permission denied\n"


def test_files_come_in_the_order_named_and_once(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.kms.yaml").touch()
    named = [str(tmp_path / "c.kms.yaml"), str(tmp_path)]
    assert [path.name for path in gather(named)] == ["c.kms.yaml", "a.kms.yaml", "b.kms.yaml"]


def test_a_folder_without_scenarios_is_2(cli: Cli) -> None:
    Path("empty").mkdir()
    done = cli("test", "empty")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kms-eval: empty: no scenario in this folder (scenarios are ")


def test_a_path_that_is_not_there_is_2_with_the_nearest(cli: Cli) -> None:
    Path("scenarios").mkdir()
    done = cli("test", "scenario")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kms-eval: scenario: there is no such file or folder (did you mean `scenarios`?)\n"
    with pytest.raises(InputError):
        list(gather(["nowhere/at/all"]))


def test_a_broken_file_is_2_and_does_not_keep_the_others_from_being_run(cli: Cli, scenario: Path) -> None:
    Path("broken.yaml").write_text("keys: {}\ntests: [\n")
    done = cli("test", "broken.yaml", "gone.yaml", "kms-eval.yaml")
    assert done.code == 2
    assert done.out == "1 passed\n"
    assert "kms-eval: broken.yaml:" in done.err
    assert "kms-eval: gone.yaml: there is no such file" in done.err


def test_no_test_at_all_is_2(cli: Cli, scenario: Path) -> None:
    scenario.write_text(scenario.read_text().partition("tests:")[0])
    done = cli("test")
    assert (done.code, done.out, done.err) == (2, "", "kms-eval: there are no tests in what was named\n")


def test_the_scenario_option_names_the_file_too_but_not_twice(cli: Cli, scenario: Path) -> None:
    assert cli("test", "-s", "kms-eval.yaml").code == 0
    done = cli("test", "kms-eval.yaml", "-s", "kms-eval.yaml")
    assert (done.code, done.out) == (2, "")


def test_notices_are_on_stderr_and_strict_makes_them_faults(cli: Cli, scenario: Path) -> None:
    policy = scenario.parent / "policies" / "worker.json"
    policy.write_text(policy.read_text().replace('"Reading"', '"Reading the key"'))
    done = cli("test")
    assert (done.code, done.out) == (0, "1 passed\n")
    assert done.err.endswith("[identity-policy-sid]\n")
    assert cli("test", "--strict").code == 2
