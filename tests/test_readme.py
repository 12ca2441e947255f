"""What the README shows is what happens, and what it says is assumed is what the code assumes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from kms_eval.doors.cli.verbs import VERBS
from tests.readme_examples import README, ROOT, Block, Folder, blocks, comparable

TEXT = README.read_text(encoding="utf-8")
BLOCKS = list(blocks(TEXT))
CONSOLE = [block for block in BLOCKS if block.language == "console"]
PROGRAMS = [block for block in BLOCKS if block.language == "python" and block.file is None]

_MARK = re.compile(r"ASSUMPTION(?: ([A-Z]+[0-9]+))?")


def _line(block: Block) -> str:
    return f"line {block.line}"


def _section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    made = Folder(tmp_path_factory.mktemp("readme"))
    for block in BLOCKS:
        made.write(block)
    return made


@pytest.mark.skipif(shutil.which("bash") is None, reason="the commands are typed into bash")
@pytest.mark.parametrize("block", CONSOLE, ids=_line)
def test_commands_print_what_is_shown(folder: Folder, block: Block) -> None:
    # If this fails because the output is meant to be another one: python -m tests.readme_examples
    assert comparable(folder.typed(block)) == comparable(block.text)


@pytest.mark.parametrize("block", PROGRAMS, ids=_line)
def test_programs_end_well(folder: Folder, block: Block) -> None:
    result = folder.program(block)
    assert result.returncode == 0, result.stdout


def test_there_is_something_to_run() -> None:
    assert len(CONSOLE) > 5
    assert PROGRAMS
    assert all(block.commands for block in CONSOLE)


def _assumed_in_code() -> dict[str | None, set[str]]:
    """The code of each mark, None for a mark without one, and the files it stands in."""
    found: dict[str | None, set[str]] = {}
    for path in sorted((ROOT / "kms_eval").rglob("*.py")):
        for match in _MARK.finditer(path.read_text(encoding="utf-8")):
            found.setdefault(match[1], set()).add(path.relative_to(ROOT).as_posix())
    return found


def _assumed_in_readme() -> list[str]:
    return re.findall(r"^\| ([A-Z]+[0-9]+) \|", _section("What is not modelled, and what is assumed"), re.MULTILINE)


def test_every_assumption_in_the_code_has_a_code() -> None:
    assert _assumed_in_code().get(None, set()) == set()


def test_every_assumption_in_the_code_is_listed() -> None:
    assert {code for code in _assumed_in_code() if code} - set(_assumed_in_readme()) == set()


def test_every_listed_assumption_is_in_the_code() -> None:
    listed = _assumed_in_readme()
    assert len(listed) == len(set(listed))
    assert set(listed) - {code for code in _assumed_in_code() if code} == set()


def test_every_verb_is_mentioned() -> None:
    assert [verb.name for verb in VERBS if f"kms-eval {verb.name}" not in TEXT] == []


def test_every_scenario_is_listed() -> None:
    listed = set(re.findall(r"\[[^]]*\]\(scenarios/([\w-]+\.yaml)\)", TEXT))
    assert listed == {path.name for path in (ROOT / "scenarios").glob("*.yaml")}


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)\)", TEXT) if "://" not in target]
    assert targets
    assert [target for target in targets if not Path(ROOT / target).exists()] == []
