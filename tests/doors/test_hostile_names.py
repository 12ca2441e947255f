"""Every output format of the command line, with names full of control characters: none gets through raw."""

from __future__ import annotations

import csv
import json
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from kms_eval import render
from tests.doors.command_line import Cli, Done

ACCOUNT = "111122223333"
HOSTILE = (
    "\x1b]0;title\x07", "\x1b[2J", "\x08", "\x7f", "\x9b31m", "\u202e", "\u2028", "\ufeff", "\ufffe",
    "\r\n::error::x", "\t", "<script>", "]]>", "`|`", "[x](y)*a* @me", "--><!--", "\U000e0041",
)  # fmt: skip
NAME = "n" + "".join(HOSTILE)
IN_A_KEY_POLICY = "".join(letter for letter in NAME if letter in "\t\r\n" or " " <= letter <= "\xff")
ALLOW = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Sid": NAME}


def scenario(value: str = "v") -> dict[str, Any]:
    """Whatever takes a name of the user's own has a hostile one."""
    name = IN_A_KEY_POLICY
    tested = {"StringEquals": {f"kms:EncryptionContext:{name}": [name, value]}}
    delegates = {**ALLOW, "Sid": name, "Principal": {"AWS": ACCOUNT}}
    denies = {**ALLOW, "Sid": f"d{name}", "Effect": "Deny", "Principal": "*", "Condition": tested}
    barred = {
        **ALLOW,
        "Sid": f"d{NAME}",
        "Effect": "Deny",
        "Condition": {"StringEquals": {f"kms:EncryptionContext:{NAME}": [NAME, value]}},
    }
    question = {"principal": "role/admin", "action": "kms:Decrypt", "key": NAME}
    return {
        "account": ACCOUNT,
        "keys": {
            NAME: {
                "policy": {"Version": "2012-10-17", "Id": name, "Statement": [delegates, denies]},
                "tags": {NAME: NAME},
            },
        },
        "principals": {"role/admin": {"policies": [{"Version": "2012-10-17", "Statement": [ALLOW, barred]}]}},
        "tests": [
            {"name": NAME, **question, "expect": "allowed", "encryption_context": {name: name}},
            {"name": f"2{NAME}", **question, "expect": "allowed", "encryption_context": {name: "other"}},
        ],
        "checks": [{"name": NAME, "nobody": ["role/admin"], "may": ["kms:Decrypt"], "on": [NAME]}],
    }


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder with the scenario, what it becomes, and requests about it."""
    for file, value in (("a.json", "v"), ("b.json", "w")):
        (tmp_path / file).write_text(json.dumps(scenario(value)), encoding="utf-8")
    passing = scenario()
    passing["tests"] = passing["tests"][1:]
    (tmp_path / "passing.json").write_text(json.dumps(passing), encoding="utf-8")
    row = {
        "id": "1",
        "principal": "role/admin",
        "action": "kms:Decrypt",
        "key": NAME,
        NAME: NAME,
        "context": {NAME: NAME},
    }
    odd = {**row, "id": "2", "action": NAME}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(odd)}\n", encoding="utf-8")
    return tmp_path


FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("text", ("can", "role/admin", "kms:Decrypt", "-s", "a.json")),
    ("json", ("can", "role/admin", "kms:Decrypt", "--json", "-s", "a.json")),
    ("text", ("who-can", "kms:Decrypt", "--why-not", "-s", "a.json")),
    ("json", ("who-can", "kms:Decrypt", "--json", "-s", "a.json")),
    ("csv", ("who-can", "kms:Decrypt", "-f", "csv", "-s", "a.json")),
    ("text", ("matrix", "-f", "table", "-s", "a.json")),
    ("csv", ("matrix", "-f", "csv", "-s", "a.json")),
    ("json", ("matrix", "-f", "json", "-s", "a.json")),
    ("html", ("matrix", "-f", "html", "-s", "a.json")),
    ("xml", ("matrix", "-f", "svg", "-s", "a.json")),
    ("text", ("diff", "a.json", "b.json")),
    ("markdown", ("diff", "a.json", "b.json", "-f", "markdown")),
    ("json", ("diff", "a.json", "b.json", "--json")),
    ("text", ("check", "a.json")),
    ("json", ("check", "a.json", "--json")),
    ("xml", ("check", "a.json", "-f", "junit")),
    ("github", ("check", "a.json", "-f", "github")),
    ("text", ("test", "a.json", "--github", "--coverage")),
    ("text", ("lockout", "--as", "role/admin", "-s", "a.json")),
    ("json", ("lockout", "--as", "role/admin", "--json", "-s", "a.json")),
    ("text", ("mutate", "passing.json")),
    ("json", ("mutate", "passing.json", "--json")),
    ("nothing", ("can", NAME, NAME, "--key", NAME, "-s", "a.json")),
    ("nothing", ("test", NAME)),
    ("text", ("lint", "-s", "a.json")),
    ("json", ("lint", "--json", "-s", "a.json")),
    ("json", ("lint", "-f", "sarif", "-s", "a.json")),
    ("github", ("lint", "-f", "github", "-s", "a.json")),
    ("json", ("batch", "rows.jsonl", "-s", "a.json", "--format", "jsonl")),
    ("csv", ("batch", "rows.jsonl", "-s", "a.json", "--format", "csv")),
)


def raw(text: str) -> set[str]:
    """What no output may have: control characters, marks of direction, separators, halves of pairs."""
    return {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}} - {
        "\n"
    }


@pytest.mark.parametrize(("form", "words"), FORMS)
def test_no_control_character_gets_through(cli: Cli, here: Path, form: str, words: tuple[str, ...]) -> None:
    done = cli(*words)

    out = done.out.replace("\r\n", "\n") if form == "csv" else done.out
    assert raw(out) == set()
    assert raw(done.err) == set()
    assert "Traceback" not in done.err
    assert (done.out == "") is (form == "nothing")
    _reads(form, done)


def _reads(form: str, done: Done) -> None:
    """What a machine reads is whole; what a browser reads has no element that a name brought."""
    if form == "json":
        for line in [done.out] if done.out.startswith("{\n") else done.out.splitlines():
            json.loads(line)
    elif form == "xml":
        fromstring(done.out)  # noqa: S314 - it is ours
    elif form == "csv":
        assert len({len(row) for row in csv.reader(done.out.splitlines())}) == 1
    elif form == "html":
        assert done.out.count("<script>") == 1
    elif form == "markdown":
        # What is code is text to every reader of Markdown.
        assert not re.search(r"<script>|@\w|\]\(", re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", done.out))


@pytest.mark.parametrize(
    ("option", "form"), [("--junit", "xml"), ("--coverage-json", "json"), ("--coverage-html", "html")]
)
def test_none_gets_into_a_file(cli: Cli, here: Path, option: str, form: str) -> None:
    cli("test", "a.json", option, "out")

    text = (here / "out").read_text(encoding="utf-8")
    assert raw(text) == set()
    assert text.count("<script") == 0 or form == "json"


def test_what_is_imported_means_the_same_and_has_none(cli: Cli, here: Path) -> None:
    (here / f"{NAME.replace('/', '')}.json").write_text(json.dumps(scenario()), encoding="utf-8")

    assert cli("import", f"{NAME.replace('/', '')}.json", "-o", "made").code == 0

    files = [path.read_text(encoding="utf-8") for path in (here / "made").rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert [raw(text) for text in files] == [set()] * len(files)
    asked = ("matrix", "-f", "csv", "-s")
    assert cli(*asked, "made/kms-eval.yaml").out == cli(*asked, "a.json").out


@pytest.mark.parametrize("words", [("init",), ("import", "a.json", "-o")])
def test_none_gets_out_of_the_name_of_what_is_made(cli: Cli, here: Path, words: tuple[str, ...]) -> None:
    done = cli(*words, "made\x1b]0;title\x07\u202e")

    assert (done.code, raw(done.err), raw(done.out)) == (0, set(), set())
    assert "made\\x1b]0;title\\x07\\u202e" in done.out


def test_what_is_printed_as_a_script_runs_nothing_of_a_name(cli: Cli) -> None:
    folder, profile = "my account; $(touch X)", "it's `mine`"

    printed = cli("pull", "-o", folder, "--profile", profile, "--region", "us-east-1", "--print-commands").out

    lines = printed.splitlines()
    assert shlex.split(lines[1]) == [f"folder={folder}"]
    (calling,) = (line for line in lines if line.startswith("aws() "))
    assert profile in shlex.split(calling)


def test_names_of_unknown_columns_are_said_in_one_line(cli: Cli, here: Path) -> None:
    said = cli("batch", "rows.jsonl", "-s", "a.json").err.splitlines()

    assert [line for line in said if "no part of a request" in line and "\\x1b" in line]
    assert all(line.startswith("kms-eval: ") for line in said)


def modules() -> Iterator[Path]:
    package = Path(render.__file__).parents[1]
    yield from (*package.glob("render/*.py"), *package.glob("doors/cli/*.py"))


def test_nothing_makes_text_safe_by_itself() -> None:
    own = ("html.escape", "from html import", "saxutils", "ensure_ascii=", 'encode("unicode_escape"')
    found = [(path.name, word) for path in modules() for word in own if word in path.read_text(encoding="utf-8")]

    assert found == []
