"""How much memory does a batch take where every row has a caller of its own, under SCPs full of conditions?

    python -m benchmarks.bench_memory

What is compiled for a caller takes as much memory as the policies that apply to it, and here no caller comes twice.
Memory is the peak of a separate process; the floor is that of the same process when the scenario is read and nothing is
decided. Ten times the rows must not take more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.bench_compile import _peak
from benchmarks.measure import arguments, duration, report, say, timed, wrong
from benchmarks.questions import ACCOUNT
from kms_eval import Scenario
from kms_eval.analysis.batching.batch import Answers

AT = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENTS = 40
"""Denies with a condition, in each SCP."""
CASES = ((5, 2_000), (5, 20_000), (64, 190), (64, 1_900))
"""Numbers of SCPs, one at each level, and of rows."""
HEADINGS = ("a batch whose rows have distinct callers", "nothing decided", "at most", "a row")


def main() -> None:
    """One table."""
    parser = arguments(__doc__)
    parser.add_argument("--measure", nargs=2, type=int, metavar=("SCPS", "ROWS"), help="that in this process")
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(_measure(*options.measure)))
        return
    rows = []
    for levels, number in ((2, 30),) if options.smoke else CASES:
        told = report("benchmarks.bench_memory", "--measure", str(levels), str(number))
        name = f"{levels} SCPs of {STATEMENTS} conditions, {number:,} rows"
        floor, peak = (f"{told[what] / 1e6:,.0f} MB" for what in ("floor", "peak"))
        rows.append((name, floor, peak, duration(told["seconds"] / number)))
    say("Callers that never come twice", HEADINGS, rows)


def _measure(levels: int, rows: int) -> dict[str, float]:
    answers = Answers(Scenario.from_dict(scenario(levels)).evaluator, AT)
    floor = _peak()
    return {"floor": floor, "seconds": timed(_all(answers, rows))(), "peak": _peak()}


def _all(answers: Answers, rows: int) -> Callable[[], None]:
    def decide() -> None:
        for row in requests(rows):
            if answers.of(row).decision != "allowed":
                wrong(f"{row} is not allowed")

    return decide


def requests(rows: int) -> Iterator[dict[str, object]]:
    """Requests by sessions of one role, each with a name of its own."""
    for number in range(rows):
        caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/session-{number}"
        yield {"principal": caller, "action": "kms:Decrypt", "key": "app"}


def scenario(levels: int) -> dict[str, Any]:
    """An account under that many SCPs."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    path = [[{"Version": "2012-10-17", "Statement": [allow, *_denies(level)]}] for level in range(levels)]
    account = {"path": "o-example/r-ab12/", "service_control_policies": path}
    delegates = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    return {
        "account": ACCOUNT,
        "region": "us-east-1",
        "organization": {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: account}},
        "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": [delegates]}}},
        "principals": {"role/admin": {"policies": [{"Version": "2012-10-17", "Statement": [allow]}]}},
    }


def _denies(level: int) -> Iterator[dict[str, Any]]:
    for number in range(STATEMENTS):
        test = {"StringEquals": {f"kms:EncryptionContext:level{level}-{number}": "no"}}
        yield {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": test}


if __name__ == "__main__":
    main()
