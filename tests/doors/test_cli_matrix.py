"""``kms-eval matrix``."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from kms_eval.analysis.access.access_matrix import Notes
from kms_eval.doors.cli.output import Output
from kms_eval.render import matrix as forms
from tests.doors.command_line import Cli


def test_a_table_on_the_terminal(cli: Cli, scenario: Path) -> None:
    done = cli("matrix")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "principal                       decrypt  use    grants  policy  look  delete  manage  without key\n"
        "role/admin                      ●        ●      ●       ●       ●     2●/3    ●       ●\n"
        "role/worker                     1◐/3     ·      ·       ·       1●/9  ·       ·       ·\n"
        "user/alice                      ·        ·      ·       ·       ·     ·       ·       ·\n"
        "role/batch                      1◐/3     1◐/12  ·       ·       ·     ·       ·       ·\n"
        "root                            ●        ●      ●       ●       ●     2●/3    ●       ●\n"
        "anyone in account 111122223333  ◐        ◐      ◐       ◐       ◐     2◐/3    ◐       ◐\n"
        "\n"
        "● always  ◐ only under conditions  · never  2●1◐/9: of 9 actions 2 always, 1 under conditions\n"
    )


def test_a_table_is_no_wider_than_the_terminal(cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "width", 60)
    done = cli("matrix")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.startswith("principal") for line in lines) == 2
    cli("matrix", "-o", "m.txt")
    # A file is no terminal.
    assert "without key" in Path("m.txt").read_text(encoding="utf-8").split("\n")[0]


def test_only_what_is_asked_for(cli: Cli, scenario: Path) -> None:
    done = cli("matrix", "--principal", "role/*", "--action", "Decrypt", "--action", "Encrypt", "-f", "csv")
    assert list(csv.reader(StringIO(done.out))) == [
        ["principal", "key", "kms:Decrypt", "kms:Encrypt"],
        ["arn:aws:iam::111122223333:role/admin", "app", "always", "always"],
        ["arn:aws:iam::111122223333:role/worker", "app", "conditional", "never"],
        ["arn:aws:iam::111122223333:role/batch", "app", "never", "conditional"],
    ]


def test_a_group_is_unfolded_on_demand(cli: Cli, scenario: Path) -> None:
    head = cli("matrix", "--unfold", "grants").out.split("\n")[0].split()
    assert head[:8] == [
        "principal",
        "decrypt",
        "use",
        "CreateGrant",
        "ListGrants",
        "RetireGrant",
        "RevokeGrant",
        "policy",
    ]


def test_the_ending_of_the_file_says_the_form(cli: Cli, scenario: Path) -> None:
    starts = {"m.csv": "principal,key,", "m.json": '{\n  "schema"', "m.html": "<!doctype html>", "m.svg": "<svg "}
    for name, start in starts.items():
        done = cli("matrix", "-o", name)
        assert (done.code, done.out, done.err) == (0, "", f"kms-eval: wrote {name}\n")
        assert Path(name).read_text(encoding="utf-8").startswith(start)
    assert cli("matrix", "-o", "m.txt").code == 0
    assert "\x1b" not in Path("m.txt").read_text(encoding="utf-8")


def test_json_on_stdout(cli: Cli, scenario: Path) -> None:
    data = json.loads(cli("matrix", "--format", "json").out)
    assert data["title"] == "kms-eval"
    assert len(data["rows"]) == 6


def test_a_file_is_replaced_whole_or_not_at_all(cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("m.json").write_text("as it was")

    def interrupted(_form: object, _matrix: object) -> object:
        yield "{"
        raise KeyboardInterrupt

    monkeypatch.setattr(forms.MatrixForm, "pieces", interrupted)
    before = sorted(Path().rglob("*"))
    assert cli("matrix", "-o", "m.json").code == 130
    assert Path("m.json").read_text() == "as it was"
    assert sorted(Path().rglob("*")) == before


def test_a_page_that_has_no_room_for_all_keys_says_so(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = scenario.read_text()
    scenario.write_text(text.replace("keys:\n", "keys:\n  other: {policy: policies/app.json}\n"))
    small = forms.MatrixForm("html", forms.MATRIX_FORM["html"].module, Notes.REASONS, most_rows=6)
    monkeypatch.setitem(forms.MATRIX_FORM, "html", small)
    done = cli("matrix", "-o", "m.html")
    assert done.code == 0
    assert "the page has room for 1 of 2 keys: choose them with `--key`" in done.err
    assert "1 of 2 keys" in Path("m.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--principal", "role/x*"], "no principal fits `role/x*`"),
        (["--principal", "group/x"], "group"),
        (["--key", "x*"], "no key fits `x*`"),
        (["--action", "kms:Foo*"], "no action fits `kms:Foo*`"),
        (["--unfold", "grant"], "--unfold: unknown group `grant` (did you mean `grants`?)"),
        (["--format", "pdf"], "--format: unknown form `pdf`"),
        (["-o", "."], ".: is a folder"),
        (["-o", "no/m.html"], "no/m.html: there is no folder `no`"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(cli: Cli, scenario: Path, words: list[str], said: str) -> None:
    before = sorted(Path().rglob("*"))
    done = cli("matrix", *words)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert done.err.count("\n") == 1
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("words", [("matrix",), ("who-can", "kms:Decrypt"), ("diff", "kms-eval.yaml", "kms-eval.yaml")])
def test_an_ending_that_means_no_form_is_said_and_nothing_written(
    cli: Cli, scenario: Path, words: tuple[str, ...]
) -> None:
    done = cli(*words, "-o", "answer.pdf")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kms-eval: --output: the ending `.pdf` means no form that this verb has (")
    assert not Path("answer.pdf").exists()
    assert cli(*words, "-o", "answer.pdf", "--format", "json").code in {0, 1}
