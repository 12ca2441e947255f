"""What does a check cost on a whole organization: where it fails at once, and where it has to be proved of everybody?

    python -m benchmarks.bench_check             1,000 principals, 200 keys
    python -m benchmarks.bench_check --smoke     a tiny one, to see that it runs

Each check is run in a process of its own; seconds are processor time, including loading the scenario (the first line).
A wrong verdict stops the measurement.
"""

from __future__ import annotations

import json
from argparse import SUPPRESS
from collections.abc import Mapping
from dataclasses import dataclass
from time import process_time
from typing import Any

from benchmarks import worlds
from benchmarks.measure import arguments, profile, report, say, wrong
from kms_eval import Scenario

_THROUGH_S3 = "s3.us-east-1.amazonaws.com"


@dataclass(frozen=True)
class Asked:
    """A check, its right verdict, and whether every key denies kms:Decrypt except through Amazon S3."""

    name: str
    check: Mapping[str, Any]
    verdict: str
    through_s3: bool = False


CHECKS = (
    Asked("load the scenario, nothing else", {}, ""),
    Asked("nobody outside the account of the key may anything", {"nobody": "outside-account", "may": "kms:*"}, "fails"),
    Asked("only root may decrypt", {"only": ["root"], "may": "kms:Decrypt"}, "fails"),
    Asked("the public may not decrypt", {"nobody": "public", "may": "kms:Decrypt"}, "holds"),
    Asked("nobody outside the organization may anything", {"nobody": "outside-organization", "may": "kms:*"}, "holds"),
    Asked("somebody may put each key policy", {"somebody": {"in": "*"}, "may": "kms:PutKeyPolicy"}, "fails"),
    Asked(
        "nobody at all may decrypt but through Amazon S3",
        {"only": [], "may": "kms:Decrypt", "unless": {"kms:ViaService": "s3.*"}},
        "holds",
        through_s3=True,
    ),
)
"""The last check is the hardest: it is about everybody on every key, and all of it has to be proved."""


def one(place: int, principals: int, keys: int) -> dict[str, float | str]:
    """Run one check, and measure what it costs in this process."""
    asked = CHECKS[place]
    start = process_time()
    world = worlds.organization(principals, keys)
    if asked.through_s3:
        _only_through_s3(world)
    scenario = Scenario.from_dict(world)
    verdict = scenario.check(**asked.check).verdict if asked.check else ""
    seconds = process_time() - start
    if principals >= 1_000 and verdict != asked.verdict:
        wrong(f"`{asked.name}` {verdict}, and should be {asked.verdict}")
    return {"check": asked.name, "seconds": seconds, "verdict": verdict}


def _only_through_s3(world: worlds.Json) -> None:
    unless = {"StringNotEquals": {"kms:ViaService": _THROUGH_S3}}
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": unless}
    for key in world["keys"].values():
        key["policy"]["Statement"].append(deny)


def main() -> None:
    """Run every check once and print what it costs."""
    parser = arguments(__doc__)
    parser.add_argument("--principals", type=int, default=1_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--one", type=int, help=SUPPRESS)
    given = parser.parse_args()
    principals, keys = (12, 3) if given.smoke else (given.principals, given.keys)
    if given.one is not None:
        print(json.dumps(one(given.one, principals, keys)))
        return
    rows = []
    for place in range(len(CHECKS)):
        words = ("--one", str(place), "--principals", str(principals), "--keys", str(keys))
        cost = report("benchmarks.bench_check", *words)
        rows.append((cost["check"], f"{cost['seconds']:.2f}", cost["verdict"]))
    say(f"Checks of {principals:,} principals and {keys:,} keys", ("", "s", "verdict"), rows)
    if given.profile:
        profile(CHECKS[-1].name, lambda: one(len(CHECKS) - 1, principals, keys))


if __name__ == "__main__":
    main()
