"""The command line in this process, and a small scenario to ask."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.command_line import KEY_POLICY, SCENARIO, WORKER_POLICY, Cli


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    monkeypatch.chdir(tmp_path)
    for name in ("KMS_EVAL_SCENARIO", "KMS_EVAL_DEBUG", "_KMS_EVAL_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    threshold = gc.get_threshold()
    yield Cli(capsys)
    gc.set_threshold(*threshold)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario that is found by itself, with policies in files."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "app.json").write_text(KEY_POLICY)
    (tmp_path / "policies" / "worker.json").write_text(WORKER_POLICY)
    path = tmp_path / "kms-eval.yaml"
    path.write_text(SCENARIO)
    return path
