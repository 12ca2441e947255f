"""What each verb of the command line costs under many levels of SCPs, each with conditions of its own.

Comes in: how far to go. Goes out: rows of a table. Never here: other cases, which `bench_hostile` has.

Code that combines the conditions of all levels with one another takes twice as long with every further level. Twice
the levels may take twice as long, or four times if every level is compared with every other one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import duration, timed, wrong
from benchmarks.questions import ACCOUNT, principal
from kms_eval.doors.cli.main import main as answer

LEVELS = 8
ALTERNATIVES = 2
"""Statements at each level, any of which suffices."""

HEADINGS = ("verb", "levels of SCPs", "one answer", "a doubling")

CALLER = principal("role/admin")
QUESTION = (CALLER, "kms:Decrypt", "--key", "app", "-s", "before.json")

VERBS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("can", ("can", *QUESTION), 1),
    ("who-can", ("who-can", "kms:Decrypt", "-s", "before.json"), 0),
    ("matrix, HTML", ("matrix", "-f", "html", "-s", "before.json"), 0),
    ("diff", ("diff", "before.json", "after.json"), 1),
    ("check", ("check", "before.json"), 1),
    ("lockout", ("lockout", "--key", "app", "--as", CALLER, "-s", "before.json"), 1),
    ("test", ("test", "before.json"), 0),
    ("mutate", ("mutate", "before.json"), 1),
    ("lint", ("lint", "-s", "before.json"), 1),
    ("batch", ("batch", "rows.jsonl", "-s", "before.json", "-o", "decided.jsonl"), 0),
    ("import", ("import", "before.json", "-o", "made"), 0),
)
"""A name, the words typed, the exit code that is right. `pull`, `init`, `schema` and `code` read no policies."""

_FILES = frozenset({"before.json", "after.json", "rows.jsonl", "decided.jsonl", "made"})


def rows(*, steps: int, too_long: float) -> Iterator[Sequence[str]]:
    """A row for each verb; one that takes longer than `too_long` seconds is not asked about more levels."""
    for name, words, right in VERBS:
        sizes: list[int] = []
        taken: list[float] = []
        _measure(words, right, 1)  # the verb loads its modules now
        for step in range(steps):
            sizes.append(LEVELS * 2**step)
            taken.append(_measure(words, right, sizes[-1]))
            if taken[-1] > too_long:
                break
        growth = (taken[-1] / taken[0]) ** (1 / (len(taken) - 1)) if len(taken) > 1 else None
        given_up = "" if len(sizes) == steps else ", no further"
        doubling = "" if growth is None else f"{growth:.1f} x"
        yield name, f"{sizes[0]} to {sizes[-1]}{given_up}", f"{duration(taken[0])} to {duration(taken[-1])}", doubling


def _measure(words: Sequence[str], right: int, levels: int) -> float:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, value in (("before.json", "v"), ("after.json", "w")):
            (folder / file).write_text(json.dumps(scenario(levels, value)), encoding="utf-8")
        (folder / "rows.jsonl").write_text(_rows(levels), encoding="utf-8")
        typed = [str(folder / word) if word in _FILES else word for word in words]
        said = io.StringIO()
        return timed(partial(_answer, typed, right, said))()


def _rows(levels: int) -> str:
    """A request with each of the values that a level allows, and one with none."""
    asked = {"principal": CALLER, "action": "kms:Decrypt", "key": "app"}
    contexts = ({f"l{level}": f"v{number}"} for level in range(levels) for number in range(ALTERNATIVES))
    rows = (*({**asked, "encryption_context": context} for context in contexts), asked)
    return "".join(json.dumps(row) + "\n" for row in rows)


def _answer(typed: list[str], right: int, said: io.StringIO) -> None:
    with redirect_stdout(said), redirect_stderr(said):
        code = answer(typed)
    if code != right:
        wrong(f"`{' '.join(typed)}` exits with {code} instead of {right}: {said.getvalue()[:400]}")


def scenario(levels: int, value: str) -> dict[str, Any]:
    """A caller that has to meet one condition at every level."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    path = [
        [
            {
                "Version": "2012-10-17",
                "Statement": [
                    {**allow, "Condition": {"StringEquals": {f"kms:EncryptionContext:l{level}": f"{value}{number}"}}}
                    for number in range(ALTERNATIVES)
                ],
            }
        ]
        for level in range(levels)
    ]
    account = {"path": "o-example/r-ab12/", "service_control_policies": path}
    delegates = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    context = {f"l{level}": f"{value}0" for level in range(levels)}
    asked = {"principal": "role/admin", "action": "kms:Decrypt", "key": "app"}
    return {
        "account": ACCOUNT,
        "region": "us-east-1",
        "organization": {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: account}},
        "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [delegates]}}},
        "principals": {"role/admin": {"policies": [{"Version": "2012-10-17", "Statement": [allow]}]}},
        "tests": [{"name": "may", **asked, "encryption_context": context, "expect": "allowed"}],
        "checks": [{"name": "nobody decrypts", "nobody": ["role/admin"], "may": ["kms:Decrypt"], "on": ["app"]}],
    }
