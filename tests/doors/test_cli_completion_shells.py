"""TAB in bash, zsh and fish: what is offered is completed, and nothing that a scenario says is ever run.

A scenario comes with a cloned repository. Each hostile name would leave a file called MARKER if any of it ran, on TAB
or on the Enter behind it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.command_line import KEY
from tests.doors.terminal import STARTS, Terminal

pytestmark = [pytest.mark.shells, pytest.mark.long]

KEY_ID = KEY.rpartition("/")[2]
HOSTILE = {
    "substitution": "a$(touch MARKER)",
    "quoted": "'a\\$(touch MARKER)'",
    "fish": "a(touch MARKER)",
    "backticks": "a`touch MARKER`",
    "semicolon": "a;touch MARKER",
    "newline": "a\ntouch MARKER\n",
    "quotes": "a\"'$(touch MARKER)'\"",
    "blank": "a >MARKER",
    "option": "-a$(touch MARKER)",
    "control": "a\x15touch MARKER\x0d",
    "escape": "a\x1b[2Jb",
    "flag": "a${(e):-$(touch MARKER)}",
}
HOSTILE_FILE = "x$(touch MARKER);`touch MARKER` '\"(touch MARKER).yaml"
FRIENDLY = {
    "account": "111122223333",
    "keys": {"app": {"policy": {}, "aliases": ["alias/app"]}},
    "principals": {"role/worker": {}, "role/a$(touch MARKER)": {}, "user/path/alice@example.com": {}, "user/bob": {}},
}


@pytest.fixture(scope="module", params=STARTS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of a shell, which has its name, with all scenarios in it."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    folder: Path = tmp_path_factory.mktemp("home") / shell
    folder.mkdir()
    (folder / "kms-eval.yaml").write_text(json.dumps(FRIENDLY))
    (folder / "other.yaml").write_text("principals: {role/other: {}}")
    (folder / "unreadable.yaml").write_text("principals: {role/worker: [")
    (folder / HOSTILE_FILE).write_text("principals: {role/odd: {}}")
    for kind, name in HOSTILE.items():
        keys = {name: {"policy": {}, "aliases": [f"alias/{name}"], "key_id": KEY_ID}}
        world = {"keys": keys, "principals": {name: {}, f"role/{name}": {}}, "vpc_endpoints": {name: {}}}
        (folder / f"{kind}.json").write_text(json.dumps(world))
    return folder


@pytest.fixture(scope="module")
def shell(home: Path) -> Iterator[Terminal]:
    shell = Terminal(home.name, home)
    yield shell
    shell.close()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("lock\t --as role/w\t", "<lockout><--as><role/worker>"),
        ("can role/w\t kms:Decr\t -k a\t", "<can><role/worker><kms:Decrypt><-k><app>"),
        ("can user/p\t Decr\t --expl\t", "<can><user/path/alice@example.com><Decrypt><--explain>"),
        ("can arn:aws:iam::111122223333:role/w\t", "<can><arn:aws:iam::111122223333:role/worker>"),
        ("can role/w\t x --key=al\t", "<can><role/worker><x><--key=alias/app>"),
        ("can -s oth\t role/o\t", "<can><-s><other.yaml><role/other>"),
        ("can --scenario=oth\t role/o\t", "<can><--scenario=other.yaml><role/other>"),
        ("can 'role/w\t", "<can><role/worker>"),
        ('can "role/w\t', "<can><role/worker>"),
        ("--install-completion f\t", "<--install-completion><fish>"),
    ],
)
def test_what_is_begun_is_completed(shell: Terminal, keys: str, words: str) -> None:
    assert shell.run(f"kms-eval {keys}") == words


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_that_a_name_says_is_run(shell: Terminal, home: Path, kind: str) -> None:
    words = shell.run(f"kms-eval can -s {kind}.json a\t -k 1\t")
    assert not (home / "MARKER").exists()
    assert words == f"<can><-s><{kind}.json><a><-k><{KEY_ID}>"


def test_nothing_that_names_begun_by_nobody_say_is_run(shell: Terminal, home: Path) -> None:
    for kind in ("substitution", "option", "newline"):
        words = shell.run(f"kms-eval can -s {kind}.json -k \t")
        assert words == f"<can><-s><{kind}.json><-k><{KEY_ID}>"
    assert not (home / "MARKER").exists()


def test_a_file_with_a_hostile_name_is_quoted_by_the_shell_and_can_be_read(shell: Terminal, home: Path) -> None:
    assert shell.run("kms-eval can -s x\t role/od\t") == f"<can><-s><{HOSTILE_FILE}><role/odd>"
    assert not (home / "MARKER").exists()


def test_what_the_user_has_typed_is_not_run_before_enter(shell: Terminal, home: Path) -> None:
    clear_line = "\x15"
    shell.type(f"kms-eval can -s $(touch MARKER) role/w\t{clear_line}")
    assert shell.run("kms-eval can role/w\t") == "<can><role/worker>"
    assert not (home / "MARKER").exists()


def test_a_scenario_that_cannot_be_read_completes_nothing_and_says_nothing(shell: Terminal) -> None:
    before = len(shell.screen)
    assert shell.run("kms-eval can -s unreadable.yaml role/w\t") == "<can><-s><unreadable.yaml><role/w>"
    said = shell.screen[before:]
    assert "kms-eval:" not in said
    assert "Traceback" not in said
