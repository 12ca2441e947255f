"""What a person reads on a terminal of sixty columns, and what a program reads, which is never wrapped."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from kms_eval.doors.cli.main import main
from tests.doors.command_line import Cli

WIDTH = 60


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_a_screen(words: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that a terminal shows in the end."""
    screen = Screen()
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    main(words)
    # Progress that is wiped away is no line.
    return screen.getvalue().rpartition("\x1b[2K")[2].splitlines()


def is_to_be_pasted(line: str) -> bool:
    return "kms-eval " in line or "gained:" in line or line.lstrip().startswith(('"', "+", "-    "))


COMMANDS = (
    "can role/worker kms:Decrypt --explain",
    "can user/alice ReEncrypt --destination-key app",
    "can role/workr kms:Decrypt",
    "can user/alice kms:Decrypt --key-policy broken.json",
    "who-can kms:Decrypt",
    "who-can kms:Encrypt --why-not",
    "lockout --as user/alice",
    "diff --policy role/worker=all.json",
    "mutate --fail-under 0",
    "check",
    "test",
    "test --coverage",
    "lint",
    "lint policies/app.json policies/worker.json",
    "code KMS203",
    "code Z1",
    "code identity-policy-allows",
    "--help",
    "test --help",
    "diff --help",
)
ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}'
CHECKS = """\
checks:
  - {name: nobody but the administrator and the root user of the account decrypts, only: [root, role/admin], may: kms:*}
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_line_fits_as_far_as_its_words_let_it(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KMS_EVAL_SCENARIO", raising=False)
    Path("all.json").write_text(ALL)
    Path("broken.json").write_text(ALL.replace("Allow", "Permit"))
    scenario.write_text(scenario.read_text() + CHECKS)
    lines = on_a_screen(command.split(), monkeypatch)
    assert lines
    for line in lines:
        assert len(line) <= WIDTH or len(line.split()) == 1 or is_to_be_pasted(line), line


def test_what_goes_to_a_program_or_into_a_file_is_not_wrapped(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    done = cli("can", "role/worker", "kms:Decrypt")
    assert any(len(line) > WIDTH for line in done.out.splitlines())
    cli("can", "role/worker", "kms:Decrypt", "--output", "answer.txt")
    assert Path("answer.txt").read_text() == done.out
