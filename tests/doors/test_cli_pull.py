"""``kms-eval pull`` against a server of moto on loopback, with a stub in front that throttles and refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.doors.cli.main import main
from kms_eval.doors.pulling.calls import ALL, PERMISSIONS
from tests.sources.aws_command import AwsCommand
from tests.sources.moto_account import REGIONS, fill

pytestmark = pytest.mark.long

boto3 = pytest.importorskip("boto3", reason="the extra aws is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed")

_SECRET = "testing-secret-that-is-written-nowhere"  # noqa: S105 - of nobody
_OPERATION = re.compile(r"Action=(\w+)")


_REFUSED_JSON = b'{"__type": "AccessDeniedException", "message": "no"}'
_REFUSED_XML = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Front:
    """A server before moto's: it notes operations, refuses some, and throttles the first of each that it is told to."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.asked: list[str] = []
        self.refused: set[str] = set()
        self.throttled: set[str] = set()
        self.garbled: set[str] = set()
        front = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                front.answer(self)

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        target = handler.headers.get("X-Amz-Target")
        found = _OPERATION.search(body.decode())
        operation = target.rsplit(".", 1)[1] if target else found[1] if found else ""
        self.asked.append(operation)
        if operation in self.throttled:
            self.throttled.discard(operation)
            self._send(handler, 400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
        elif operation in self.garbled:
            self._send(handler, 200, b"<!doctype html><p>Please sign in")
        elif operation in self.refused:
            self._send(handler, 400, _REFUSED_JSON if target else _REFUSED_XML)
        else:
            request = urllib.request.Request(self.behind, body, dict(handler.headers.items()), method="POST")  # noqa: S310
            try:
                with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
                    self._send(handler, response.status, response.read())
            except urllib.error.HTTPError as error:
                self._send(handler, error.code, error.read())

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def keys(moto: str) -> dict[str, str]:
    session = boto3.Session("testing", "testing", region_name=REGIONS[0])

    class AtMoto:
        def client(self, service: str, **more: Any) -> Any:
            return session.client(service, endpoint_url=moto, **more)

    return fill(AtMoto())


@pytest.fixture
def front(moto: str, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Front]:
    front = Front(moto)
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", _SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGIONS[0])
    monkeypatch.chdir(tmp_path)
    yield front
    front.server.shutdown()
    front.server.server_close()


def pull(*more: str) -> int:
    regions = [word for region in REGIONS for word in ("--region", region)]
    return main(["pull", "-o", "account", *regions, *more])


def test_a_snapshot_is_a_source(front: Front) -> None:
    assert pull() == 0
    world = Scenario.load("account")
    assert sorted(world.world.keys) == ["logs-eu-west-1", "logs-us-east-1", "payments-eu-west-1", "payments-us-east-1"]
    assert world.can("role/payments-api", "kms:Decrypt", key="payments-us-east-1")
    assert world.can("role/payments-api", "kms:GenerateDataKey", key="logs-us-east-1").reason_code == "grant-allows"
    assert world.can("role/bounded", "kms:Decrypt", key="alias/payments").decision == "implicitDeny"
    assert world.can("user/alice", "kms:DescribeKey", key="alias/payments")
    assert world.world.organization is not None


def test_credentials_are_written_nowhere(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    pull()
    printed = capsys.readouterr()
    texts = [path.read_text(encoding="utf-8") for path in Path().rglob("*.json")]
    assert not any(_SECRET in text for text in (*texts, printed.out, printed.err))


def test_the_least_policy_is_what_is_really_called(front: Front) -> None:
    pull()
    assert {*front.asked} <= {call.operation for call in ALL}
    assert {f"{call.service}:{call.operation}" for call in ALL if call.operation in front.asked} - {
        "sts:GetCallerIdentity"
    } == {*PERMISSIONS}


def test_throttled_calls_are_made_again(front: Front) -> None:
    front.throttled = {"ListGrants"}
    pull()
    assert front.asked.count("ListGrants") == 5
    assert Scenario.load("account").can("user/alice", "kms:Decrypt", key="logs-us-east-1").decision == "implicitDeny"


def test_what_a_refused_call_would_tell_is_not_known(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    front.refused = {"ListGrants"}
    pull()
    assert "refused: kms:ListGrants" in capsys.readouterr().err
    assert len(json.loads(Path("account/snapshot.json").read_text(encoding="utf-8"))["failed"]) == 4
    decision = Scenario.load("account").can("user/alice", "kms:Decrypt", key="logs-us-east-1")
    assert decision.decision == "undetermined"
    assert "AccessDenied" in decision.explanation.unknowns[0].reason


def test_a_snapshot_is_whole_or_not_there_and_goes_on(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    Path("account.partial/123456789012/kms/us-east-1").mkdir(parents=True)
    kept = Path("account.partial/123456789012/kms/us-east-1/list-aliases.json")
    kept.write_text('{"Aliases": [], "Truncated": false}', encoding="utf-8")
    assert pull() == 2
    assert "go on with `--resume`" in capsys.readouterr().err
    assert pull("--resume") == 0
    assert front.asked.count("ListAliases") == 1
    assert not Path("account.partial").exists()
    assert pull() == 2


def test_commands_of_the_aws_cli_make_the_same_files(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull("--print-commands") == 0
    printed = capsys.readouterr().out
    assert front.asked == []
    assert all(f"aws {call.service} {call.command}" in printed for call in ALL)


def test_an_imported_snapshot_decides_alike(front: Front) -> None:
    pull()
    assert main(["import", "account", "-o", "first"]) == 0
    assert main(["import", "account", "-o", "second"]) == 0
    first, second = ({path.relative_to(name): path.read_bytes() for path in Path(name).rglob("*") if path.is_file()}
                     for name in ("first", "second"))  # fmt: skip
    assert first == second
    before, after = Scenario.load("account"), Scenario.load("first/kms-eval.yaml")
    for principal in before.world.principals:
        for key in before.world.keys:
            for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:PutKeyPolicy"):
                was, now = before.can(principal, action, key=key), after.can(principal, action, key=key)
                assert (was.decision, was.reason_code) == (now.decision, now.reason_code)


@pytest.fixture
def aws(moto: str, keys: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsCommand]:
    session = boto3.Session("testing", "testing", region_name=REGIONS[0])
    command = AwsCommand(tmp_path / "bin", shutil.which("bash") or pytest.skip("there is no bash"), session, moto)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    yield command
    command.server.shutdown()
    command.server.server_close()


def run_commands(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["pull", "-o", "account", "--region", REGIONS[0], "--print-commands"]) == 0
    script = capsys.readouterr().out
    bash = str(shutil.which("bash"))
    return subprocess.run([bash, "-c", script], capture_output=True, text=True, check=False).stderr


def test_the_folder_that_the_commands_make_is_the_account_that_pull_shows(
    front: Front, aws: AwsCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_commands(capsys) == ""
    Path("account").rename("by-hand")
    assert main(["pull", "-o", "account", "--region", REGIONS[0]]) == 0
    by_hand, pulled = Scenario.load("by-hand"), Scenario.load("account")
    assert by_hand.world.keys.keys() == pulled.world.keys.keys()
    assert by_hand.world.principals.keys() == pulled.world.principals.keys()
    for principal in ("role/payments-api", "role/bounded", "user/alice"):
        for key in pulled.world.keys:
            was, now = (each.can(principal, "kms:Decrypt", key=key) for each in (pulled, by_hand))
            assert (was.decision, was.reason_code) == (now.decision, now.reason_code)


def test_a_command_that_is_refused_leaves_open_what_it_would_tell(
    front: Front, aws: AwsCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.refused = {"get-account-authorization-details", "list-grants"}
    assert "AccessDenied" in run_commands(capsys)
    world = Scenario.load("account")
    assert any("is empty: the call failed" in word for word in world.loaded.words)
    assert world.can("role/payments-api", "kms:Decrypt", key="alias/payments").decision == "undetermined"
    assert world.can("root", "kms:Decrypt", key="alias/payments")


def test_an_answer_that_is_not_one_of_aws_is_a_call_that_failed(front: Front) -> None:
    front.garbled = {"GetAccountAuthorizationDetails"}
    assert pull() == 0
    (failed,) = json.loads(Path("account/snapshot.json").read_text(encoding="utf-8"))["failed"]
    assert failed["code"] == "ResponseParserError"


def test_everybody_of_the_account_is_unknown_where_iam_was_refused(front: Front) -> None:
    front.refused = {"GetAccountAuthorizationDetails"}
    pull()
    world = Scenario.load("account")
    for principal in ("role/payments-api", "role/of-any-name", "user/any", "assumed-role/any/session"):
        decision = world.can(principal, "kms:Decrypt", key="payments-us-east-1")
        assert decision.decision == "undetermined"
        assert "GetAccountAuthorizationDetails was refused: AccessDenied" in decision.explanation.unknowns[0].reason


def test_accounts_are_pulled_by_a_role_in_each(front: Front) -> None:
    roles = [f"arn:aws:iam::{account}:role/reader" for account in ("111122223333", "444455556666")]
    words = [word for role in roles for word in ("--role-arn", role)]
    assert main(["pull", "-o", "account", "--region", REGIONS[0], *words]) == 0
    record = json.loads(Path("account/snapshot.json").read_text(encoding="utf-8"))
    assert record["accounts"] == ["111122223333", "444455556666"]
    assert {path.name for path in Path("account").iterdir()} == {"111122223333", "444455556666", "snapshot.json"}
