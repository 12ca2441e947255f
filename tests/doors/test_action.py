"""The GitHub Action: its shell steps, run with a stub in place of `gh`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kms_eval.doors.cli.verbs import VERB

_ROOT = Path(__file__).resolve().parents[2]
_ACTION = _ROOT / "action.yml"

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or not _ACTION.exists(), reason="needs bash and the repository"
)

_GH = """\
#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in *"--paginate"*) printf '%s' "$KNOWN" ;; esac
"""


_WITH_A_CHECK = """\
account: "123456789012"
region: us-east-1
keys:
  app:
    key_id: 1234abcd-12ab-34cd-56ef-1234567890ab
    policy: {Statement: [{Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*"}]}
checks:
  - name: nothing public
    nobody: public
    may: kms:Decrypt
"""


class Runner:
    """A folder in which the steps of the action run as GitHub runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stubs = folder / "bin"
        stubs.mkdir()
        self.script(stubs / "gh", _GH)
        self.script(stubs / "kms-eval", f'#!/usr/bin/env bash\nexec "{sys.executable}" -m kms_eval "$@"\n')
        self.script(stubs / "python", f'#!/usr/bin/env bash\nexec "{sys.executable}" "$@"\n')
        self.environment = {
            **os.environ,
            "PATH": f"{stubs}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(folder),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "output.txt"),
            "CALLS": str(folder / "calls.txt"),
            "KNOWN": "",
        }

    @staticmethod
    def script(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def step(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one step. Its expressions all stand in `env`, so that a test can give them."""
        action: Any = yaml.safe_load(_ACTION.read_text())
        step = next(each for each in action["runs"]["steps"] if each["id"] == name)
        assert "${{" not in step["run"]
        return subprocess.run(
            [shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def outputs(self) -> dict[str, str]:
        """What the steps gave out."""
        lines = (self.folder / "output.txt").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def calls(self) -> list[str]:
        """How `gh` was called."""
        path = self.folder / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    policy = '{"Statement": [{"Effect": "Allow", "Principal": "%s", "Action": "kms:*", "Resource": "*"}]}'
    (tmp_path / "open.json").write_text(policy % "*")
    closed = (
        '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"}]}'
    )
    (tmp_path / "a b.json").write_text(closed)
    return Runner(tmp_path)


def test_a_diff_becomes_summary_and_report_with_a_mark(runner: Runner) -> None:
    done = runner.step("run", COMMAND="diff", ARGUMENTS="'a b.json' open.json", TITLE="KMS access")
    assert done.returncode == 0, done.stderr
    assert runner.outputs()["exit-code"] == "1"
    summary = (runner.folder / "summary.md").read_text()
    assert summary.startswith("<!-- kms-eval: KMS access -->\n### KMS access\n")
    assert "public: **appears**" in summary
    assert Path(runner.outputs()["report"]).read_text() == summary


def test_nothing_in_the_arguments_is_run(runner: Runner) -> None:
    runner.step("run", COMMAND="diff", ARGUMENTS="'$(touch evil)' `touch evil` ; touch evil", TITLE="x")
    assert not (runner.folder / "evil").exists()
    assert runner.outputs()["exit-code"] == "2"


def test_wrong_input_is_said_in_the_report(runner: Runner) -> None:
    done = runner.step("run", COMMAND="diff", ARGUMENTS="gone.json open.json", TITLE="KMS access")
    assert done.returncode == 0
    assert "gone.json" in (runner.folder / "summary.md").read_text()
    assert runner.step("verdict", CODE="2", FAIL="false").returncode == 2


def test_the_tests_of_scenarios_run_too(runner: Runner) -> None:
    runner.step("run", COMMAND="test", ARGUMENTS="gone.yaml", TITLE="KMS tests")
    assert (runner.folder / "summary.md").read_text().startswith("<!-- kms-eval: KMS tests -->\n### KMS tests\n")
    assert runner.step("run", COMMAND="rm", ARGUMENTS="", TITLE="x").returncode == 2


def test_checks_run_too(runner: Runner) -> None:
    (runner.folder / "kms-eval.yaml").write_text(_WITH_A_CHECK)
    done = runner.step("run", COMMAND="check", ARGUMENTS="kms-eval.yaml", TITLE="KMS checks")
    assert done.returncode == 0, done.stderr
    assert runner.outputs()["exit-code"] == "1"
    summary = (runner.folder / "summary.md").read_text()
    assert summary.startswith("<!-- kms-eval: KMS checks -->\n### KMS checks\n")
    assert "nothing public" in summary


def test_without_a_version_the_action_installs_itself(runner: Runner) -> None:
    action: Any = yaml.safe_load(_ACTION.read_text())
    step = action["runs"]["steps"][0]
    assert step["env"] == {"VERSION": "${{ inputs.version || github.action_path }}"}
    runner.script(runner.folder / "bin" / "python", '#!/usr/bin/env bash\nprintf "%s\\n" "$@" >> "$CALLS"\n')
    assert runner.step("install", VERSION="/where/the action is").returncode == 0
    assert runner.calls()[-1] == "/where/the action is"


@pytest.mark.parametrize(
    ("known", "method", "where"), [("", "POST", "issues/7/comments"), ("99\n", "PATCH", "comments/99")]
)
def test_a_pull_request_has_one_comment_that_is_changed(runner: Runner, known: str, method: str, where: str) -> None:
    report = runner.folder / "report.md"
    report.write_text("<!-- kms-eval: KMS access -->\nbody\n")
    done = runner.step("comment", REPORT=str(report), NUMBER="7", REPOSITORY="o/r", GH_TOKEN="t", KNOWN=known)  # noqa: S106 - no secret
    assert done.returncode == 0, done.stderr
    listed, written = runner.calls()
    assert "--paginate repos/o/r/issues/7/comments" in listed
    assert f"--method {method} repos/o/r/" in written
    assert where in written
    assert f"body=@{report}" in written


@pytest.mark.parametrize(
    ("code", "fail", "verdict"), [("0", "true", 0), ("1", "true", 1), ("1", "false", 0), ("3", "false", 3)]
)
def test_the_verdict_is_the_last_step(runner: Runner, code: str, fail: str, verdict: int) -> None:
    assert runner.step("verdict", CODE=code, FAIL=fail).returncode == verdict


def test_the_hooks_name_verbs_that_exist() -> None:
    hooks: Any = yaml.safe_load((_ROOT / ".pre-commit-hooks.yaml").read_text())
    entries = [hook["entry"].split()[:2] for hook in hooks]
    assert entries == [["kms-eval", verb] for verb in ("test", "diff", "check", "lint")]
    for _program, verb in entries:
        assert verb in VERB
