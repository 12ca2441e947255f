"""What a shell is offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.command_line import Cli


class Shell:
    """Asks as bash does."""

    def __init__(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cli = cli
        self._monkeypatch = monkeypatch

    def __call__(self, line: str) -> list[str]:
        self._monkeypatch.setenv("_KMS_EVAL_COMPLETE", "complete_bash")
        self._monkeypatch.setenv("COMP_WORDS", line)
        self._monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        done = self._cli()
        assert (done.code, done.err) == (0, "")
        return done.out.split()


@pytest.fixture
def shell(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(cli, monkeypatch)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kms-eval ca", ["can"]),
        ("kms-eval can role/", ["role/admin", "role/worker"]),
        ("kms-eval can role/worker kms:Decr", ["kms:Decrypt"]),
        ("kms-eval can role/worker Decr", ["Decrypt"]),
        ("kms-eval can role/worker kms:Decrypt --ex", ["--explain"]),
        ("kms-eval can role/worker kms:Decrypt --key ", ["app"]),
        ("kms-eval lockout --as user/", ["user/alice"]),
        ("kms-eval code explicit", ["explicit-deny"]),
    ],
)
def test_the_values_of_the_scenario_are_offered(shell: Shell, scenario: Path, line: str, offered: list[str]) -> None:
    assert shell(line) == offered


def test_the_scenario_on_the_line_is_the_one_that_is_read(shell: Shell, scenario: Path) -> None:
    Path("other.yaml").write_text("principals: {role/other: {}}\n")
    assert shell("kms-eval can -s other.yaml role/") == ["role/other"]


@pytest.mark.parametrize("text", [None, "principals: [", "principals: []", "[]", "principals: {1: {}}"])
def test_without_a_readable_scenario_nothing_is_offered_and_nothing_fails(shell: Shell, text: str | None) -> None:
    if text is not None:
        Path("kms-eval.yaml").write_text(text)
    assert shell("kms-eval can role/") == []
