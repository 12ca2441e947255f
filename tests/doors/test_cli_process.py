"""The command as a process: streams, encodings, interruptions, what it loads."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("scenario")

COMMAND = [sys.executable, "-m", "kms_eval"]


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("KMS_EVAL", "_KMS_EVAL", "PYTEST"))
    }
    return {**kept, **(more or {})}


def _run(
    folder: Path, *words: str | bytes, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=_environment(more),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _closed_pipe() -> int:
    """The end to write into of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("can", "role/worker", "kms:DescribeKey"), 0),
        (("can", "role/worker", "kms:Decrypt"), 1),
        (("can", "role/worker", "kms:Decrpt"), 2),
        (("can", "role/worker"), 2),
        (("test",), 0),
        (("test", "gone.yaml"), 2),
        (("lockout",), 0),
        (("lockout", "--as", "role/worker"), 1),
        (("schema",), 0),
        (("code", "explicit-deny"), 0),
        (("code", "nothing"), 2),
        (("init",), 2),
        (("--help",), 0),
        (("--version",), 0),
        ((), 2),
    ],
)
def test_exit_codes_leave_the_process(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    done = _run(tmp_path, *words)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_bytes_that_are_no_text_are_a_bad_call_or_a_name_nobody_has(tmp_path: Path, position: int) -> None:
    words: list[str | bytes] = ["role/worker", "kms:Decrypt", "--context", "kms:ViaService=x"]
    words[position] = b"\xff\xfe=\x01\xc3"
    done = _run(tmp_path, "can", *words)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(tmp_path: Path, scenario: Path, encoding: str) -> None:
    policy = tmp_path / "policies" / "app.json"
    policy.write_text(policy.read_text().replace("Enable IAM policies", "Schlüssel"), encoding="utf-8")
    more = {"PYTHONIOENCODING": encoding}
    text = _run(tmp_path, "can", "role/worker", "kms:Decrypt", more=more)
    assert text.returncode == 1
    assert text.stderr == b""
    answer = _run(tmp_path, "can", "role/worker", "kms:Decrypt", "--json", more=more)
    said = json.loads(answer.stdout.decode(encoding))
    assert said["layers"][0]["statements"][0]["sid"] == "Schlüssel"


def test_a_reader_that_goes_away_is_no_error_and_the_code_stays_the_answers(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("principal,action\n" + "role/worker,kms:Decrypt\n" * 5000)
    for words, code in (
        (("can", "role/worker", "kms:Decrypt"), 1),
        (("schema",), 0),
        (("--help",), 0),
        (("can", "--help"), 0),
        (("batch", "in.csv"), 0),
    ):
        unread = _closed_pipe()
        done = subprocess.run(
            [*COMMAND, *words], cwd=tmp_path, env=_environment(), stdout=unread, stderr=subprocess.PIPE, check=False
        )
        os.close(unread)
        assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full disk to offer")
def test_a_full_disk_is_said_and_is_3(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "schema"], cwd=tmp_path, env=_environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (3, b"kms-eval: cannot go on: no space left on device\n")


def _full_disk() -> int:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no full disk to offer")
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("stream", [_closed_pipe, _full_disk])
@pytest.mark.parametrize("words", [("can", "root", "kms:Decrypt", "-s", "nope.yaml"), ("can", "root"), ("--no",)])
def test_what_is_wrong_is_2_even_where_nobody_can_be_told(
    tmp_path: Path, stream: Callable[[], int], words: tuple[str, ...]
) -> None:
    unheard = stream()
    done = subprocess.run(
        [*COMMAND, *words], cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE, stderr=unheard, check=False
    )
    os.close(unheard)
    assert (done.returncode, done.stdout) == (2, b"")


def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    line = 'exec "$@" >&- 2>&-'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND, "can", "role/worker", "kms:Decrypt"],
        cwd=tmp_path, env=_environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 1


@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="a job in the background is not interrupted"
)
def test_an_interruption_is_130_without_a_traceback(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "waiting.yaml")
    process = subprocess.Popen(
        [*COMMAND, "test", "waiting.yaml"],
        cwd=tmp_path,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with (tmp_path / "waiting.yaml").open("wb"):  # both ends are open: the process is reading
        process.send_signal(signal.SIGINT)
    # Closed now: a read that the signal came just too early to interrupt ends, too.
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_an_interruption_while_the_program_loads_is_130_without_a_traceback() -> None:
    program = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'dataclasses': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from kms_eval.__main__ import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], env=_environment(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_what_nobody_expected_is_3_and_one_line(tmp_path: Path) -> None:
    program = (
        "import sys; from kms_eval.doors.cli import main; import kms_eval.doors.cli.schema as verb\n"
        "def run(call, output): raise ZeroDivisionError\n"
        "verb.run = run; sys.exit(main.main(['schema']))"
    )
    plain = subprocess.run([sys.executable, "-c", program], env=_environment(), capture_output=True, check=False)
    assert plain.returncode == 3
    assert plain.stderr == b"kms-eval: internal error, please report it (KMS_EVAL_DEBUG=1 shows where)\n"
    more = {"KMS_EVAL_DEBUG": "1"}
    shown = subprocess.run([sys.executable, "-c", program], env=_environment(more), capture_output=True, check=False)
    assert shown.returncode == 3
    assert b"ZeroDivisionError" in shown.stderr


def _on_terminal(folder: Path, words: Sequence[str], more: Mapping[str, str]) -> str:
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    environment = _environment({"TERM": "xterm", **more})
    with subprocess.Popen(
        [*COMMAND, *words], cwd=folder, env=environment, stdin=follower, stdout=follower, stderr=follower
    ):
        os.close(follower)
        said = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            said += piece
    os.close(leader)
    return said.decode()


def test_help_on_a_terminal_loses_nothing_in_brackets(tmp_path: Path) -> None:
    said = _on_terminal(tmp_path, ["can", "--help"], {"NO_COLOR": "", "COLUMNS": "400"})
    assert "[tool.kms-eval] scenario" in re.sub(r"\x1b\[[0-9;]*m", "", said)


def test_help_on_a_narrow_terminal_has_the_names_of_options_whole(tmp_path: Path) -> None:
    said = _on_terminal(tmp_path, ["can", "--help"], {"NO_COLOR": "", "COLUMNS": "60"})
    assert "--allow-unknown-action" in said
    assert "…" not in said


@pytest.mark.parametrize(
    ("more", "colourful"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_that_want_it(tmp_path: Path, more: Mapping[str, str], colourful: bool) -> None:
    said = _on_terminal(tmp_path, ["can", "role/worker", "kms:DescribeKey"], {"NO_COLOR": "", **more})
    assert ("\x1b[1;32mallowed\x1b[0m: " in said) is colourful
    assert ("\x1b" in said) is colourful


@pytest.mark.parametrize("words", [["--help"], ["can", "--help"]])
@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_help_is_plain_text_too_where_nobody_wants_colour(
    tmp_path: Path, words: list[str], more: Mapping[str, str]
) -> None:
    said = _on_terminal(tmp_path, words, more)
    assert "Usage: kms-eval" in said
    assert "\x1b" not in said


def test_there_is_no_colour_where_no_terminal_is(tmp_path: Path) -> None:
    assert b"\x1b" not in _run(tmp_path, "can", "role/worker", "kms:DescribeKey", "--explain").stdout
    assert b"\x1b" not in _run(tmp_path, "--help").stdout


def _loaded(folder: Path, *words: str, more: Mapping[str, str] | None = None) -> set[str]:
    program = (
        "import sys; from kms_eval.doors.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, env=_environment(more), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (("--help",), {"pydantic", "yaml", "wcmatch", "rich", "kms_eval.engine", "kms_eval.world"}),
        (("can", "--help"), {"pydantic", "yaml", "wcmatch", "rich", "kms_eval.engine", "kms_eval.world"}),
        (("--version",), {"pydantic", "yaml", "wcmatch", "rich", "typer", "kms_eval.engine"}),
        (("code",), {"pydantic", "yaml", "rich", "typer"}),
        (
            ("can", "role/worker", "kms:Decrypt"),
            {"rich", "typer", "kms_eval.analysis.access", "kms_eval.doors.cli.test"},
        ),
    ],
)
def test_a_verb_loads_only_what_it_needs(tmp_path: Path, words: tuple[str, ...], never: set[str]) -> None:
    assert _loaded(tmp_path, *words) & never == set()


@pytest.mark.parametrize("line", ["", "kms-eval can role/", "kms-eval can --ex", "kms-eval can -k ", "kms-eval co"])
def test_completing_loads_no_model_and_no_engine(tmp_path: Path, line: str) -> None:
    loaded = _loaded(tmp_path, line, more={"_KMS_EVAL_COMPLETE": "zsh"})
    assert loaded & {"pydantic", "wcmatch", "rich", "typer", "kms_eval.engine", "kms_eval.scenario"} == set()
    assert "kms_eval.doors.cli.completion" in loaded
