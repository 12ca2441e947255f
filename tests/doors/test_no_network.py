"""No verb but `pull` opens a connection, whatever it is asked about a snapshot."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from kms_eval.doors.cli.main import main
from kms_eval.doors.cli.verbs import VERBS

ACCOUNT = Path(__file__).parents[2] / "scenarios" / "account"
_REQUEST = '{"id": "1", "principal": "role/reports", "action": "kms:Decrypt", "key": "payments"}\n'
_SOURCES = f"""sources: [{ACCOUNT}]
tests: [{{principal: role/reports, action: kms:Decrypt, key: payments, expect: allowed}}]
checks: [{{name: no public use, nobody: public, may: kms:Decrypt}}]
"""

CALLS: dict[str, list[str]] = {
    "can": ["role/reports", "kms:Decrypt", "-k", "payments", "-s", "account", "--explain"],
    "test": ["kms-eval.yaml"],
    "check": ["kms-eval.yaml"],
    "lockout": ["-s", "account", "-k", "payments"],
    "who-can": ["kms:Decrypt", "-s", "account"],
    "matrix": ["-s", "account", "--format", "html", "-o", "matrix.html"],
    "diff": ["account", "kms-eval.yaml"],
    "lint": ["-s", "account"],
    "mutate": ["kms-eval.yaml"],
    "batch": ["requests.jsonl", "-s", "account"],
    "import": ["account", "-o", "made"],
    "init": ["new.yaml"],
    "schema": [],
    "code": ["undetermined"],
}


def test_every_verb_but_pull_is_tried() -> None:
    assert CALLS.keys() == {verb.name for verb in VERBS} - {"pull"}


@pytest.mark.parametrize("verb", CALLS)
def test_a_verb_opens_no_connection(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ACCOUNT, tmp_path / "account")
    (tmp_path / "requests.jsonl").write_text(_REQUEST, encoding="utf-8")
    (tmp_path / "kms-eval.yaml").write_text(_SOURCES.replace(str(ACCOUNT), "account"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    opened: list[object] = []

    def refuse(*words: object, **_named: object) -> socket.socket:
        opened.append(words)
        raise OSError("no connection is opened here")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse, raising=False)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    code = main([verb, *CALLS[verb]])
    assert opened == []
    assert code in {0, 1, 3}, capsys.readouterr().err
