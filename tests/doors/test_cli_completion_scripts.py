"""`--install-completion` and `--show-completion`: what is written, and that it is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kms_eval.doors.cli.completion_scripts import current_shell
from tests.doors.command_line import Cli

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_file_that_is_written_is_named_and_no_other(cli: Cli, home: Path, shell: str) -> None:
    done = cli("--install-completion", shell)
    assert (done.code, done.err) == (0, "")
    named = {line.split(" the line ")[0].split()[-1] for line in done.out.splitlines()[:-1]}
    assert named == {str(home / name) for name in _files(home)}


@pytest.mark.parametrize("shell", SHELLS)
def test_installing_twice_leaves_what_installing_once_does(cli: Cli, home: Path, shell: str) -> None:
    cli("--install-completion", shell)
    once = _files(home)
    assert cli(f"--install-completion={shell}").code == 0
    assert _files(home) == once


@pytest.mark.parametrize("before", [b"alias ll='ls -l'\n", b"alias ll='ls -l'", b"\xff no text\n", b""])
def test_what_a_start_up_file_says_is_kept(cli: Cli, home: Path, before: bytes) -> None:
    (home / "dotfiles").write_bytes(before)
    (home / ".bashrc").symlink_to("dotfiles")
    assert cli("--install-completion", "bash").code == 0
    after = (home / "dotfiles").read_bytes()
    assert after.startswith(before)
    assert after.splitlines() == [*before.splitlines(), b"source ~/.bash_completions/kms-eval.sh"]
    assert (home / ".bashrc").is_symlink()


def test_the_script_of_an_earlier_version_is_replaced(cli: Cli, home: Path) -> None:
    script = home / ".zfunc" / "_kms-eval"
    script.parent.mkdir()
    script.write_text('eval $(env _KMS_EVAL_COMPLETE="complete_zsh" kms-eval)\n')
    assert cli("--install-completion", "zsh").code == 0
    assert script.read_text() == cli("--show-completion", "zsh").out
    assert [path.name for path in script.parent.iterdir()] == ["_kms-eval"]


@pytest.mark.parametrize("shell", SHELLS)
def test_showing_a_script_writes_nothing(cli: Cli, home: Path, shell: str) -> None:
    done = cli("--show-completion", shell)
    assert (done.code, done.err) == (0, "")
    assert f"_KMS_EVAL_COMPLETE={shell}" in done.out
    assert re.search(r"(?<![-_])\beval\b", done.out) is None
    assert _files(home) == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ksh", "there is no completion for `ksh` (`kms-eval --install-completion SHELL` knows bash, zsh and fish)"),
        ("zsh more", "unexpected argument `more`"),
    ],
)
def test_a_wrong_call_is_said_and_writes_nothing(cli: Cli, home: Path, words: str, said: str) -> None:
    done = cli("--install-completion", *words.split())
    assert (done.code, done.out, done.err) == (2, "", f"kms-eval: --install-completion: {said}\n")
    assert _files(home) == {}


def test_a_folder_that_cannot_be_made_is_said(cli: Cli, home: Path) -> None:
    (home / ".config").write_text("a file")
    done = cli("--install-completion", "fish")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kms-eval: {home}/.config/fish/completions/kms-eval.fish: cannot be written: ")
    assert _files(home) == {".config": b"a file"}


@pytest.mark.parametrize(
    ("parent", "user", "shell"),
    [
        ("zsh", "/bin/bash", "zsh"),
        ("-fish", "/bin/bash", "fish"),
        ("make", "/usr/bin/zsh", "zsh"),
        ("", "/bin/ksh", "ksh"),
        ("", "", ""),
    ],
)
def test_the_shell_in_use_is_the_one_that_called_else_the_users(parent: str, user: str, shell: str) -> None:
    assert current_shell(parent, {"SHELL": user} if user else {}) == shell
