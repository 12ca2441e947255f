"""Any bytes as a pyproject.toml, or as a lint baseline: a refusal, or settings of the kinds that are declared.

A scenario that is found is a file that exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from fuzz.harness import Harness, demand, fair
from fuzz.mutation import TOKENS, mutated_text
from kms_eval import InputError
from kms_eval.analysis.linting.baseline import read_baseline
from kms_eval.doors import discovery
from kms_eval.doors.lint_settings import settings
from kms_eval.formats.text import read_text

_SEEDS = (
    b'[tool.kms-eval]\nscenario = "kms-eval.yaml"\n',
    (
        b'[tool.kms-eval.lint]\nselect = ["KMS1"]\nignore = ["KMS404"]\nbaseline = "b.json"\n\n'
        b'[tool.kms-eval.lint.per-file-ignores]\n"policies/*.json" = ["KMS202: because", "KMS1"]\n'
    ),
    b'[project]\nname = "x"\n\n[tool.kms-eval]\nlint = {ignore = []}\n# kms-eval\n',
    b"tool.kms-eval.lint.select = ['''KMS''']\n",
    b'{"schema_version": 1, "known": [{"fingerprint": "ab", "code": "KMS404", "file": null, "message": "m"}]}',
    b'{"known": []}',
)
_TOML = (
    *TOKENS,
    b"[tool.kms-eval]\n",
    b"[[tool]]\n",
    b'"""',
    b"'''",
    b"1979-05-27",
    b"inf",
    b"kms-eval",
    b"= {",
    b"KMS",
)


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="kms-eval-fuzz-"))
    (folder / "kms-eval.yaml").write_text("account: '111122223333'\n", encoding="utf-8")
    return folder


def check(data: bytes) -> None:
    """Look for a scenario and settings in a folder whose pyproject.toml has the bytes; also read them as a baseline."""
    (_folder() / "pyproject.toml").write_bytes(data)
    with _inside(_folder()):
        try:
            found = discovery.find(None)
            demand(found is None or found.exists(), f"{found} does not exist")
        except InputError as error:
            fair(error)
        try:
            said = settings()
            demand(all(isinstance(code, str) for code in (*said.select, *said.ignore)), f"{said!r}")
            for each in said.files:
                demand(isinstance(each.matches("policies/a.json"), bool), f"{each!r}")
        except InputError as error:
            fair(error)
    try:
        read_baseline(read_text(data, "baseline.json", format="json"))
    except InputError as error:
        fair(error)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before, variable = Path.cwd(), os.environ.pop(discovery.VARIABLE, None)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        if variable is not None:
            os.environ[discovery.VARIABLE] = variable


def _mutated(data: bytes, random: Random) -> bytes:
    return mutated_text(data, random, _SEEDS, _TOML)


HARNESS = Harness("project", _SEEDS, check, _mutated)
