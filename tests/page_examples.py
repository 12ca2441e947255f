"""The examples of README.md and of the pages in docs, run: files written, commands typed, programs executed.

`python -m tests.page_examples [PAGE]...` writes what came out back into the pages; `test_pages.py` compares. Every page
has a folder of its own, in which its examples are run in the order of the text.

A block whose first line is a comment with nothing but a file's name (``# my-app.yaml``) is that file. In ``console``
blocks a line after ``$ `` is a command; what it prints, errors included, is below it. Other ``python`` blocks are
programs, which have to end well. Blocks of other languages are for reading only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import kms_eval

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<name>[\w-]+\.\w+)\n")
# Shows a command and leaves ``$?`` as it was.
_TYPED = r"""typed() { local code=$?; printf '%s\n' "$1"; return $code; }"""
_DURATION = re.compile(r"\bin \d+\.\d+s\b")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, where the text begins in the README and on which line."""

    language: str
    text: str
    start: int
    line: int

    @property
    def file(self) -> str | None:
        """The file that the block is; None where it is none."""
        found = _FILE.match(self.text)
        return found["name"] if found else None

    @property
    def commands(self) -> list[str]:
        """What is typed in a ``console`` block."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a text."""
    for found in _BLOCK.finditer(text):
        start = found.start("text")
        yield Block(found["language"], found["text"], start, text.count("\n", 0, start) + 1)


class Folder:
    """A folder like the one the reader is in, with scenarios in it and `kms-eval` and `python` to be called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(ROOT / "scenarios", path / "scenarios")
        shutil.copy(ROOT / "pyproject.toml", path)
        programs = path / ".programs"
        programs.mkdir()
        self._program(programs / "python", f'exec "{sys.executable}" "$@"')
        self._program(programs / "kms-eval", f'exec "{sys.executable}" -m kms_eval "$@"')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KMS_EVAL_", "PYTEST_"))}
        self._environment = {
            **kept,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            # The package that is being tested, be it installed or not.
            "PYTHONPATH": str(Path(kms_eval.__file__).parents[1]),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "120",
        }

    def write(self, block: Block) -> None:
        """Save the file that the block is."""
        if block.file is not None:
            (self.path / block.file).write_text(block.text, encoding="utf-8")

    def typed(self, block: Block) -> str:
        """A ``console`` block with what its commands print now. They share one shell, so that ``$?`` is the last's."""
        lines = [_TYPED, *(f"typed {quote('$ ' + command)}\n{command}" for command in block.commands)]
        return self._run(["bash", "-c", "\n".join(lines)]).stdout

    def program(self, block: Block) -> subprocess.CompletedProcess[str]:
        """Run a ``python`` block."""
        return self._run([sys.executable, "-c", block.text])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )

    @staticmethod
    def _program(path: Path, line: str) -> None:
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)


def comparable(text: str) -> str:
    """The text without what differs from run to run: how long pytest took."""
    return _DURATION.sub("in a moment", text)


def folder_of(page: Path, path: Path) -> Folder:
    """A folder for the examples of a page, with the files that the page has the reader write."""
    made = Folder(path)
    for block in blocks(page.read_text(encoding="utf-8")):
        made.write(block)
    return made


def rewrite(page: Path, folder: Folder) -> None:
    """Put into a page what its commands print now."""
    text = page.read_text(encoding="utf-8")
    pieces, end = [], 0
    for block in blocks(text):
        pieces.append(text[end : block.start])
        end = block.start + len(block.text)
        printed = folder.typed(block) if block.language == "console" else block.text
        pieces.append(block.text if comparable(printed) == comparable(block.text) else printed)
    page.write_text("".join(pieces) + text[end:], encoding="utf-8")


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    for name in sys.argv[1:] or PAGES:
        chosen = Path(name).resolve()
        with TemporaryDirectory() as scratch:
            rewrite(chosen, folder_of(chosen, Path(scratch)))
