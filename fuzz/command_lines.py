"""Any words as a command line: an exit code of those that are promised, printable words, and no traceback.

Standard output is empty or complete: a line that asks for JSON gets JSON.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from fuzz.documents import POLICIES, ROLE, WORLDS
from fuzz.harness import Harness, demand
from fuzz.mutation import ATOMS
from fuzz.request_rows import ROWS
from kms_eval.doors.cli.arguments import described
from kms_eval.doors.cli.main import main
from kms_eval.doors.cli.verbs import VERB

_PROMISED = frozenset({0, 1, 2, 3})
_LINES = (
    "can role/admin kms:Decrypt --key app", "can role/admin Decrypt -k app --json --strict",
    "can role/admin kms:Decrypt --key app --context kms:ViaService=s3.us-east-1.amazonaws.com --encryption-context a=b",
    "can role/admin kms:Decrypt --key-policy policy.json --policy other.json", "can --at 2026-01-01 root kms:* -k app",
    "test", "test a.json --junit out.xml --coverage", "check a.json", "check a.json -f junit", "lint -s a.json --json",
    "lint -f sarif -s a.json", "lockout --key app --as role/admin -s a.json", "who-can kms:Decrypt --key app",
    "who-can kms:Decrypt -f csv --why-not", "matrix -f csv -s a.json", "matrix -f json -s a.json", "diff a.json b.json",
    "diff a.json b.json -f markdown", "batch rows.jsonl", "batch - --input-format jsonl --output-format csv",
    "batch rows.jsonl -o out.jsonl", "import a.json -o made", "schema", "code explicit-deny", "code KMS404", "code",
    "init", "--version", "--help", "can --help", "batch --help", "matrix -f svg -s b.json", "diff b.json a.json --json",
)  # fmt: skip
_SEEDS = tuple(line.replace(" ", "\0").encode() for line in _LINES)
_WORDS = tuple(dict.fromkeys(word for line in _LINES for word in line.split()))
_LETTERS = (b"=", b"-", b"*", b"\xff", b"\x1b", b"a", b"")
_FORBIDDEN = ("pull", "--master", "mutate")
"""Words that would reach outside this process (AWS, a cluster), and a verb that takes seconds even when all is well."""


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="kms-eval-fuzz-"))


def _write_all(folder: Path) -> None:
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    files: dict[str, Any] = {
        "a.json": WORLDS[1],
        "b.json": WORLDS[3],
        "policy.json": POLICIES[0],
        "other.json": POLICIES[2],
    }
    for name, value in {**files, "kms-eval.yaml": WORLDS[1]}.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")


def check(data: bytes) -> None:
    """Run the words, which are separated by zero bytes, as a command line in a folder with a small scenario."""
    words = data.decode("utf-8", "surrogateescape").split("\0")
    if not _harmless(words):
        return
    folder = _folder()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with _inside(folder), redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    output, errors = (_written(stream) for stream in (out, err))
    demand(code in _PROMISED, f"exit code {code}: {errors!r}")
    demand("internal error" not in errors and "Traceback" not in errors, errors)
    for text in (output, errors):
        demand(all(line.isprintable() for line in text.replace("\r\n", "\n").split("\n")), f"not printable: {text!r}")
    if output and _asks_for_json(words) and not {"--help", "-h", "--version"} & set(words):
        json.loads(output)


def _asks_for_json(words: list[str]) -> bool:
    """Whether `--json` is an option, and not the value of one or a word after `--`: a file may have that name."""
    verb = VERB.get(words[0])
    taking = {
        name
        for each in (described(verb.module().Call) if verb is not None else ())
        if each.argument.kind != "switch"
        for name in each.argument.names
    }
    options = words[: words.index("--")] if "--" in words else words
    return any(word == "--json" and before not in taking for before, word in pairwise(options))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)  # noqa: S101 - made above
    return written.getvalue().decode("utf-8")


def _harmless(words: list[str]) -> bool:
    """Whether the line stays in its folder and in this process, as far as its words show."""
    outside = any(word.startswith(("/", "~")) or "=/" in word or "../" in word or "\\" in word for word in words)
    return not outside and not any(word in _FORBIDDEN or "spark" in word for word in words)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before, stdin = Path.cwd(), sys.stdin
    if sorted(entry.name for entry in folder.iterdir()) != _FILES:
        _write_all(folder)
    os.chdir(folder)
    sys.stdin = io.TextIOWrapper(io.BytesIO(json.dumps(ROWS[0]).encode() + b"\n"), "utf-8")
    try:
        yield
    finally:
        sys.stdin = stdin
        os.chdir(before)


_FILES = ["a.json", "b.json", "kms-eval.yaml", "other.json", "policy.json", "rows.jsonl"]


def _mutated(data: bytes, random: Random) -> bytes:
    words = data.split(b"\0")
    at = random.randrange(len(words))
    kind = random.randrange(6)
    if kind == 0:
        del words[at]
    elif kind == 1:
        words.insert(at, _word(random))
    elif kind == 2:
        words[at] = _word(random)
    elif kind == 3:
        words.insert(random.randrange(len(words)), words[at])
    elif kind == 4:
        place = random.randrange(len(words[at]) + 1)
        words[at] = words[at][:place] + random.choice(_LETTERS) + words[at][place + 1 :]
    else:
        words[0] = random.choice(list(VERB)).encode()
    return b"\0".join(words)


def _word(random: Random) -> bytes:
    if random.random() < 0.7:
        return random.choice((*_WORDS, ROLE)).encode()
    atom = random.choice(ATOMS)
    text = atom if isinstance(atom, str) else json.dumps(atom)
    return text.replace("\0", "").encode("utf-8", "surrogateescape" if "\ud800" not in text else "replace")


HARNESS = Harness("commands", _SEEDS, check, _mutated)
