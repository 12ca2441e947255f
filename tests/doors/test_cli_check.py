"""``kms-eval check`` and ``who-can --fail-if``: exit codes and forms."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kms_eval.doors.cli.main import main

WORLD = """
account: "123456789012"
keys:
  app:
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {AWS: "arn:aws:iam::123456789012:root"}
          Action: "kms:*"
          Resource: "*"
        - {Effect: Allow, Principal: {AWS: "444455556666"}, Action: "kms:Encrypt", Resource: "*"}
principals: {role/app: {}}
checks:
"""
HOLDS = "  - {name: decrypt stays here, nobody: outside-account, may: kms:Decrypt}\n"
FAILS = "  - {name: encrypt stays here, nobody: outside-account, may: kms:Encrypt}\n"


def written(folder: Path, checks: str) -> str:
    path = folder / "world.yaml"
    path.write_text(WORLD + checks, encoding="utf-8")
    return str(path)


def test_it_answers_0_where_all_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", written(tmp_path, HOLDS)]) == 0
    assert "1 holds" in capsys.readouterr().out


def test_a_failing_check_shows_a_command_that_the_engine_allows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, HOLDS + FAILS)
    assert main(["check", path, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["checks"]
    assert [each["verdict"] for each in found] == ["holds", "fails"]
    words = found[1]["witnesses"][0]["command"].split()
    assert words[0] == "kms-eval"
    assert main(words[1:]) == 0


def test_reports_are_for_machines_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, HOLDS + FAILS)
    assert main(["check", path, "-o", str(tmp_path / "out.xml")]) == 1
    root = ET.parse(tmp_path / "out.xml").getroot()  # noqa: S314 - it was just written
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")
    capsys.readouterr()
    assert main(["check", path, "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=")


def test_names_that_mean_nothing_are_said_with_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", written(tmp_path, "  - {nobody: outside-organization, may: kms:Decrypt}\n")]) == 2
    assert "world.yaml:15" in capsys.readouterr().err


def test_a_file_without_checks_is_a_wrong_call(tmp_path: Path) -> None:
    assert main(["check", written(tmp_path, "  []\n")]) == 2


def test_who_can_fails_where_somebody_outside_may(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "  []\n")
    assert main(["who-can", "kms:Encrypt", "-s", path, "--fail-if", "outside-account"]) == 1
    assert "444455556666" in capsys.readouterr().err
    assert main(["who-can", "kms:Decrypt", "-s", path, "--fail-if", "outside-account"]) == 0


def test_all_sources_are_checked_and_named_in_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A later source opens the key to another account: the check of the first one must see that."""
    first = written(tmp_path, HOLDS)
    later = tmp_path / "later.yaml"
    later.write_text(WORLD.replace('"kms:Encrypt"', '"kms:Decrypt"').replace("checks:\n", ""), encoding="utf-8")
    assert main(["check", "-s", first]) == 0
    assert main(["check", "-s", first, "-s", str(later)]) == 1
    assert f"-s {first} -s {later}" in capsys.readouterr().out


def test_it_answers_3_where_a_check_hangs_on_an_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = "{unknown: known after apply, address: aws_iam_role_policy.app}"
    text = WORLD.replace("role/app: {}", f"role/app: {{policies: {unknown}}}")
    path = tmp_path / "world.yaml"
    path.write_text(text + "  - {nobody: role/app, may: kms:Decrypt}\n" + HOLDS, encoding="utf-8")
    assert main(["check", str(path)]) == 3
    out = capsys.readouterr().out
    assert "undetermined: " in out
    assert "aws_iam_role_policy.app" in out
    assert main(["who-can", "kms:Decrypt", "-s", str(path), "--fail-if", "role/app"]) == 3
    path.write_text(text + "  - {nobody: role/app, may: kms:Decrypt}\n" + FAILS, encoding="utf-8")
    assert main(["check", str(path)]) == 1


CONTRADICTION = """
        - Effect: Allow
          Principal: {AWS: "arn:aws:iam::123456789012:role/app"}
          Action: kms:Sign
          Resource: "*"
          Condition:
            StringLike: {"kms:ViaService": "s3.*"}
            StringEquals: {"kms:ViaService": ec2.us-east-1.amazonaws.com}
"""


def test_conditions_that_no_request_meets_let_nobody_in_wherever_it_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worlds = []
    for name, text in (("before", WORLD), ("after", WORLD.replace("\nprincipals", f"{CONTRADICTION}\nprincipals"))):
        (tmp_path / name).mkdir()
        worlds.append(str(tmp_path / name / "world.yaml"))
        Path(worlds[-1]).write_text(text + HOLDS, encoding="utf-8")
    for question in (["who-can", "kms:Sign"], ["matrix"]):
        said = []
        for path in worlds:
            assert main([*question, "-s", path, "--format", "csv"]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]
    assert main(["diff", *worlds]) == 0
    assert capsys.readouterr().out.startswith("no access changes")
