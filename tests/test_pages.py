"""What README.md and the pages in docs show is what happens, and what they say is assumed is what the code assumes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from kms_eval.doors.cli.verbs import VERBS
from tests.page_examples import PAGES, README, ROOT, Block, Folder, blocks, comparable, folder_of

_Example = tuple[Path, Block]
EXAMPLES: list[_Example] = [(page, block) for page in PAGES for block in blocks(page.read_text(encoding="utf-8"))]
CONSOLE = [example for example in EXAMPLES if example[1].language == "console"]
PROGRAMS = [example for example in EXAMPLES if example[1].language == "python" and example[1].file is None]

_ASSUMED = ROOT / "docs" / "explanation" / "open-questions.md"
_LAYERS = ROOT / "docs" / "reference" / "layers.md"
_MARK = re.compile(r"ASSUMPTION(?: ([A-Z]+[0-9]+))?")
_MOST_README_LINES = 250


def _place(value: object) -> str | None:
    if isinstance(value, Path):
        return value.relative_to(ROOT).as_posix()
    return f"line {value.line}" if isinstance(value, Block) else None


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Folder]:
    @cache
    def folder(page: Path) -> Folder:
        return folder_of(page, tmp_path_factory.mktemp(page.stem))

    return folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="the commands are typed into bash")
@pytest.mark.parametrize(("page", "block"), CONSOLE, ids=_place)
def test_commands_print_what_is_shown(folders: Callable[[Path], Folder], page: Path, block: Block) -> None:
    # If this fails because the output is meant to be another one: python -m tests.page_examples
    assert comparable(folders(page).typed(block)) == comparable(block.text)


@pytest.mark.parametrize(("page", "block"), PROGRAMS, ids=_place)
def test_programs_end_well(folders: Callable[[Path], Folder], page: Path, block: Block) -> None:
    result = folders(page).program(block)
    assert result.returncode == 0, result.stdout


def test_there_is_something_to_run() -> None:
    assert len(CONSOLE) > 5
    assert PROGRAMS
    assert all(block.commands for _page, block in CONSOLE)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= _MOST_README_LINES


def _assumed_in_code() -> dict[str | None, set[str]]:
    """The code of each mark, None for a mark without one, and the files it stands in."""
    found: dict[str | None, set[str]] = {}
    for path in sorted((ROOT / "kms_eval").rglob("*.py")):
        for match in _MARK.finditer(path.read_text(encoding="utf-8")):
            found.setdefault(match[1], set()).add(path.relative_to(ROOT).as_posix())
    return found


def _assumed_in_docs() -> list[str]:
    return re.findall(r"^\| ([A-Z]+[0-9]+) \|", _ASSUMED.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_assumption_in_the_code_has_a_code() -> None:
    assert _assumed_in_code().get(None, set()) == set()


def test_every_assumption_in_the_code_is_listed() -> None:
    assert {code for code in _assumed_in_code() if code} - set(_assumed_in_docs()) == set()


def test_every_listed_assumption_is_in_the_code() -> None:
    listed = _assumed_in_docs()
    assert len(listed) == len(set(listed))
    assert set(listed) - {code for code in _assumed_in_code() if code} == set()


def test_every_verb_is_mentioned() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [verb.name for verb in VERBS if f"kms-eval {verb.name}" not in text] == []


def test_every_scenario_is_listed() -> None:
    listed = set(re.findall(r"\[[^]]*\]\([./]*scenarios/([\w-]+\.yaml)\)", _LAYERS.read_text(encoding="utf-8")))
    assert listed == {path.name for path in (ROOT / "scenarios").glob("*.yaml")}


@pytest.mark.parametrize("page", PAGES, ids=_place)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []
