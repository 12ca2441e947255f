"""What a shell is offered, and that nothing is offered which a shell would read as more than a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from kms_eval.doors.cli.completion import FILES, offered, split
from kms_eval.doors.cli.completion_names import plain
from kms_eval.world.keys import derived_id
from tests.doors.command_line import KEY, Cli

WHOLE_LINE = "a line up to the cursor, and nothing that bash took off"
HOSTILE = [
    "a$(touch MARKER)",
    "a`touch MARKER`",
    "a;touch MARKER",
    "a|touch MARKER",
    "a&touch MARKER&",
    "a\ntouch MARKER\n",
    "a\rtouch MARKER\r",
    "a b",
    "a\tb",
    "a'b",
    'a"b',
    "a\\b",
    "-a",
    "--help",
    "~root",
    "=ls",
    "a{b,c}",
    "a*",
    "a?",
    "a[b]",
    "a<b",
    "a>MARKER",
    "a(touch MARKER)",
    "a${PATH}",
    "a!b",
    "a#b",
    "#a",
    "a^b",
    "a\x1b[2J",
    "a\x00b",
    "a\x7f",
    "a\u0085b",
    "a\u202eb",
    "ä",
    "a" * 5000,
    "",
]


class Shell:
    """Asks as the scripts do."""

    def __init__(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cli = cli
        self._monkeypatch = monkeypatch

    def __call__(self, line: str, name: str = "zsh", replaced: str = WHOLE_LINE) -> list[str]:
        code, names = self.answer(line, name, replaced)
        assert code == 0
        return names

    def answer(self, line: str, name: str = "zsh", replaced: str = WHOLE_LINE) -> tuple[int, list[str]]:
        self._monkeypatch.setenv("_KMS_EVAL_COMPLETE", name)
        done = self._cli(line, *([] if replaced == WHOLE_LINE else [replaced]))
        assert done.err == ""
        return done.code, done.out.splitlines()


@pytest.fixture
def shell(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(cli, monkeypatch)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("kms-eval ca", ["can"]),
        ("kms-eval nothing", []),
        ("kms-eval nothing ", []),
        ("kms-eva", []),
        ("", []),
        ("kms-eval --ver", ["--version"]),
        ("kms-eval --install-completion ", ["bash", "zsh", "fish"]),
        ("kms-eval --show-completion=f", ["--show-completion=fish"]),
        ("kms-eval can role/", ["role/admin", "role/worker"]),
        ("kms-eval can ROLE/A", ["role/admin"]),
        ("kms-eval can 'role/a", ["role/admin"]),
        ("kms-eval can arn:aws:iam::111122223333:user/", ["arn:aws:iam::111122223333:user/alice"]),
        ("kms-eval can role/worker kms:Decr", ["kms:Decrypt"]),
        ("kms-eval can role/worker Decr", ["Decrypt"]),
        ("kms-eval can role/worker kms:Decrypt more", []),
        ("kms-eval can role/worker kms:Decrypt --exp", ["--explain"]),
        ("kms-eval can role/worker kms:Decrypt --explain --exp", []),
        ("kms-eval can role/worker kms:Decrypt --key ", ["app"]),
        ("kms-eval can role/worker kms:Decrypt --key=a", ["--key=app"]),
        ("kms-eval can role/worker kms:Decrypt --key alias/", ["alias/app"]),
        ("kms-eval can role/worker kms:Decrypt --key 1234", [KEY.rpartition("/")[2]]),
        ("kms-eval can role/worker kms:Decrypt --key arn:", [KEY]),
        ("kms-eval can -- role/w", ["role/worker"]),
        ("kms-eval can -- -", []),
        ("PAGER=cat kms-eval can role/w", ["role/worker"]),
        ("kms-eval lockout --as user/", ["user/alice"]),
        ("kms-eval code explicit", ["explicit-deny"]),
    ],
)
@pytest.mark.usefixtures("scenario")
def test_what_fits_the_place_is_offered(shell: Shell, line: str, names: list[str]) -> None:
    assert shell(line) == names


@pytest.mark.parametrize("line", ["kms-eval can -s ", "kms-eval can --scenario=s", "kms-eval test ", "kms-eval diff a"])
@pytest.mark.usefixtures("scenario")
def test_where_a_file_is_wanted_the_shell_completes_it(shell: Shell, line: str) -> None:
    assert shell.answer(line) == (FILES, [])


@pytest.mark.parametrize(
    ("line", "replaced", "names"),
    [
        ("kms-eval can role/worker kms:Decr", "Decr", ["Decrypt"]),
        ("kms-eval can role/worker kms:Decrypt --key=ap", "ap", ["app"]),
        ("kms-eval can role/worker kms:Decrypt --key=", "", ["app"]),
        ("kms-eval can role/w", "role/w", ["role/worker"]),
        ("kms-eval can role/w", "something else", []),
    ],
)
@pytest.mark.usefixtures("scenario")
def test_bash_is_told_only_what_it_replaces(shell: Shell, line: str, replaced: str, names: list[str]) -> None:
    assert shell(line, "bash", replaced) == names


@pytest.mark.parametrize("option", ["-s other.yaml", "-sother.yaml", "--scenario other.yaml", "--scenario=other.yaml"])
@pytest.mark.usefixtures("scenario")
def test_the_scenario_on_the_line_is_the_one_that_is_read(shell: Shell, option: str) -> None:
    Path("other.yaml").write_text("principals: {role/other: {}}\n")
    assert shell(f"kms-eval can {option} role/") == ["role/other"]


def test_a_scenario_in_the_home_folder_is_found(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("other file.yaml").write_text("principals: {role/other: {}}\n")
    assert shell(r"kms-eval can -s ~/other\ file.yaml role/") == ["role/other"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "principals: [",
        "principals: []",
        "[]",
        "principals: {1: {}}",
        "principals: {role/a: {}, role/a: {}}",
        "a: &a [*a]",
        "[" * 5000,
        "\x00",
        "\udcff",
    ],
)
@pytest.mark.parametrize("line", ["kms-eval can role/", "kms-eval can -k "])
def test_without_a_readable_scenario_nothing_is_offered_and_nothing_fails(
    shell: Shell, text: str | None, line: str
) -> None:
    if text is not None:
        Path("kms-eval.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert shell(line) == []


def test_an_error_of_the_program_is_not_printed_into_the_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("kms_eval.doors.cli.completion.offered", fail)
    assert shell("kms-eval can ") == []


@pytest.mark.parametrize("name", ["", "1", "complete_bash", "complete_zsh", "ksh"])
@pytest.mark.usefixtures("scenario")
def test_the_scripts_of_earlier_versions_get_nothing_to_evaluate(shell: Shell, name: str) -> None:
    assert shell("kms-eval can ", name) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_not_offered_and_its_key_by_its_id(shell: Shell, name: str) -> None:
    principals = [name, f"role/x{name}"]
    world = {"keys": {name: {"policy": {}}}, "principals": {each: {} for each in principals}}
    Path("kms-eval.yaml").write_text(json.dumps(world))
    # No YAML can hold the first, nor as a name the second.
    readable = "\0" not in name and len(name) <= 1024
    assert shell("kms-eval can ") == [each for each in principals if readable and plain(each)]
    assert shell("kms-eval can -k ") == ([derived_id(name, multi_region=False)] if readable else [])


def test_a_key_whose_handle_is_not_plain_is_offered_by_alias_id_or_arn(shell: Shell) -> None:
    keys = {
        "a b": {"aliases": ["alias/$x", "alias/plain"]},
        "a;b": {"key_id": "1234abcd-12ab-34cd-56ef-1234567890ab"},
        "a|b": {"arn": KEY},
        "a&b": {"arn": "arn:$(touch MARKER)"},
        "a$b": {"multi_region": True},
    }
    Path("kms-eval.yaml").write_text(json.dumps({"keys": keys}))
    expected = ["alias/plain", KEY.rpartition("/")[2], KEY, derived_id("a$b", multi_region=True)]
    assert shell("kms-eval can -k ") == expected


@given(st.text())
def test_a_plain_name_has_only_characters_that_no_shell_reads_as_more(name: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+,-")
    assert not plain(name) or (set(name) <= allowed and name[0] not in "-+.:@,/")


@given(st.text(), st.text(alphabet="kms-eval can'\"\\$`;\n\t -=~/:", max_size=40))
def test_no_line_makes_completion_fail(name: str, line: str) -> None:
    assert split(name)
    *before, current = split(f"kms-eval {line}")
    assert all(plain(name.partition("=")[2] or name.lstrip("-")) for name in offered(before, current) or [])
