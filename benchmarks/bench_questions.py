"""The cost of the whole-organization questions: who-can, matrix and diff on a made-up organization.

    python -m benchmarks.bench_questions             1,000 principals, 200 keys
    python -m benchmarks.bench_questions --smoke     a tiny one, to see that it runs

Each question is asked in a process of its own; seconds are processor time, megabytes the peak, both including loading
the scenario (the first line). Answers are checked before their cost is printed.
"""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks import worlds
from benchmarks.measure import arguments, profile, report, say
from kms_eval import Scenario
from kms_eval.analysis.access.access_diff import compare
from kms_eval.analysis.access.access_matrix import matrix
from kms_eval.analysis.access.grid import Grid
from kms_eval.analysis.access.principals import askers
from kms_eval.analysis.access.selection import chosen_actions
from kms_eval.analysis.access.who_can import who_can
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.world.request import Request

AT = datetime(2026, 1, 1, tzinfo=UTC)
ALL_ACTIONS = chosen_actions(())


@dataclass(frozen=True)
class Size:
    """How big the organization is."""

    principals: int
    keys: int

    def scenario(self, change: Callable[[worlds.Json], None] | None = None) -> Scenario:
        """The organization, changed or as it is."""
        world = worlds.organization(self.principals, self.keys)
        if change is not None:
            world = deepcopy(world)
            change(world)
        return Scenario.from_dict(world)


def grid(scenario: Scenario) -> Grid:
    """The grid of a scenario, at a fixed time."""
    return Grid(scenario.evaluator, Request("arn:aws:iam::000000000000:root", "kms:ListKeys", at=AT))


def load(size: Size) -> str:
    """Nothing but reading the scenario."""
    scenario = size.scenario()
    return f"{len(askers(scenario.evaluator)):,} askers"


def who_can_one_key(size: Size) -> str:
    """One action on one key."""
    return _who_can(size, 1)


def who_can_all_keys(size: Size) -> str:
    """One action on every key."""
    return _who_can(size, size.keys)


def _who_can(size: Size, keys: int) -> str:
    scenario = size.scenario()
    chosen = list(scenario.world.keys.values())[:keys]
    found = who_can(grid(scenario), askers(scenario.evaluator), chosen, chosen_actions(["kms:Decrypt"]))
    assert len(found.findings) == keys
    for finding in found.findings[:3]:
        for who in finding.those("always")[:3]:
            if who.person.described:
                assert scenario.can(who.person.name, finding.action, finding.key, at=AT)
    return f"{sum(len(finding.answers) for finding in found.findings):,} answers"


def matrix_as(form: str, keys: int | None = None) -> Callable[[Size], str]:
    """The whole matrix, written in a form."""

    def ask(size: Size) -> str:
        scenario = size.scenario()
        chosen = list(scenario.world.keys.values())[:keys]
        written = MATRIX_FORM[form]
        made = matrix(grid(scenario), askers(scenario.evaluator), chosen, ALL_ACTIONS, title="all", notes=written.notes)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"matrix.{form}"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(written.pieces(made))
            length = path.stat().st_size
        assert len(made.rows) >= size.principals * len(chosen)
        return f"{len(made.rows):,} lines, {length / 1e6:.1f} MB"

    return ask


def diff_one_key_policy(size: Size) -> str:
    """One key is opened to everybody."""

    def change(world: worlds.Json) -> None:
        statement = {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
        world["keys"]["key-0"]["policy"]["Statement"].append(statement)

    return _diff(size, change)


def diff_every_cell(size: Size) -> str:
    """Every principal gets one more permission, so that nothing can be skipped."""

    def change(world: worlds.Json) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}]}
        for entry in world["principals"].values():
            entry["policies"].append(document)

    return _diff(size, change)


def _diff(size: Size, change: Callable[[worlds.Json], None]) -> str:
    found = compare(grid(size.scenario()), grid(size.scenario(change)), actions=ALL_ACTIONS)
    assert any(each.kind in {"appears", "widens"} for each in found.changes)
    return f"{found.decided:,} cells decided, {len(found.changes):,} changes"


QUESTIONS: tuple[tuple[str, Callable[[Size], str]], ...] = (
    ("load the scenario, nothing else", load),
    ("who-can kms:Decrypt --key key-0", who_can_one_key),
    ("who-can kms:Decrypt", who_can_all_keys),
    ("matrix --key key-0 -o m.html", matrix_as("html", 1)),
    ("matrix -o m.csv", matrix_as("csv")),
    ("matrix -o m.json", matrix_as("json")),
    ("matrix -o m.svg", matrix_as("svg")),
    ("diff --key-policy key-0=open.json", diff_one_key_policy),
    ("diff, every principal changed", diff_every_cell),
)


def one(place: int, size: Size) -> dict[str, float | str]:
    """Ask one question; return what it costs in this process, and what was found."""
    name, question = QUESTIONS[place]
    start = process_time()
    found = question(size)
    return {"question": name, "seconds": process_time() - start, "megabytes": _peak(), "found": found}


def _peak() -> float:
    """The peak memory of this process, in megabytes; 0 if the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Ask every question once and print what it costs."""
    parser = arguments(__doc__)
    parser.add_argument("--principals", type=int, default=1_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--one", type=int, help=SUPPRESS)
    given = parser.parse_args()
    size = Size(12, 3) if given.smoke else Size(given.principals, given.keys)
    if given.one is not None:
        print(json.dumps(one(given.one, size)))
        return
    rows = []
    for place in range(len(QUESTIONS)):
        words = ("--one", str(place), "--principals", str(size.principals), "--keys", str(size.keys))
        cost = report("benchmarks.bench_questions", *words)
        rows.append((cost["question"], f"{cost['seconds']:.2f}", f"{cost['megabytes']:.0f}", cost["found"]))
    say(
        f"Questions about {size.principals:,} principals, {size.keys:,} keys and all actions",
        ("", "s", "MB", "found"),
        rows,
    )
    if given.profile:
        profile("the whole matrix", lambda: matrix_as("csv")(size))


if __name__ == "__main__":
    main()
