"""What does one decision cost: from its words, with all that a question may say, explained, and in a larger world?

    python -m benchmarks.bench_decision

The floor is a dictionary look-up and a bit test, measured in the same run. Answers are checked before. Decisions are
not cached from one question to the next, so there is nothing to switch off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, cycle, islice
from random import Random
from typing import Any

from benchmarks.large import large
from benchmarks.measure import (
    ROOT,
    Seconds,
    arguments,
    duration,
    interleaved,
    profile,
    say,
    statement,
    timed,
    times,
    wrong,
)
from benchmarks.questions import ACCOUNT, question
from kms_eval import Decision, Scenario
from kms_eval.world.request import request

Json = dict[str, Any]

SCENARIO = ROOT / "scenarios" / "default-key-policy.yaml"
BOOL = {"kms:GrantIsForAWSResource": "true"}
"""What the only condition of the example requires; `role/backup` only has the statement with it."""

OTHER = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
"""A condition key that no policy of the example uses."""

_DECRYPT = 0b100


def main() -> None:
    """Four tables."""
    options = arguments(__doc__).parse_args()
    smoke: bool = options.smoke
    rounds = 1 if smoke else 15
    example = Scenario.load(SCENARIO)
    _check(example)
    floor = from_words(example, rounds=rounds, number=100 if smoke else 100_000)
    otherwise(example, floor, rounds=rounds, asked=20 if smoke else 2_000)
    explained(example, rounds=rounds, asked=20 if smoke else 1_000)
    larger(rounds=rounds, asked=20 if smoke else 1_000, sizes=(10, 20) if smoke else (10, 100, 10_000))
    if options.profile:
        profiles(example, asked=20 if smoke else 5_000)


def _check(world: Scenario) -> None:
    known = {
        ("role/admin", "kms:Decrypt", ()): "allowed",
        ("role/worker", "kms:Decrypt", ()): "implicitDeny",
        ("role/backup", "kms:CreateGrant", tuple(BOOL.items())): "allowed",
        ("role/backup", "kms:CreateGrant", (("kms:GrantIsForAWSResource", "false"),)): "implicitDeny",
    }
    for (principal, action, context), right in known.items():
        _expect(world.can(principal, action, "app", context=dict(context)), right)


def _expect(decision: Decision, right: str = "allowed") -> None:
    if decision.decision != right:
        wrong(f"expected {right}: {decision!r}")


def from_words(world: Scenario, *, rounds: int, number: int) -> float:
    """The table of plain questions, from words to a whole decision; returns the floor in seconds."""

    def look_up(principal: str, action: str, key: str) -> bool:
        return bool(rights[principal, key] & bits[action])

    rights = {("role/admin", "app"): 0b111}
    bits = {"kms:Decrypt": _DECRYPT}
    names = {
        "can": world.can, "allows": world.allows, "context": BOOL, "other": OTHER, "look_up": look_up, "rights": rights,
        "pair": ("role/admin", "app"), "decrypt": _DECRYPT,
    }  # fmt: skip
    statements = (
        ("floor: a dictionary look-up and a bit test", "rights[pair] & decrypt"),
        ("the same as a function of three words", "look_up('role/admin', 'kms:Decrypt', 'app')"),
        ("allows, nothing conditional", "allows('role/admin', 'kms:Decrypt', 'app')"),
        ("can, nothing conditional", "can('role/admin', 'kms:Decrypt', 'app')"),
        ("can, key by keyword", "can('role/admin', 'kms:Decrypt', key='app')"),
        ("can, denied", "can('role/worker', 'kms:Decrypt', 'app')"),
        ("allows, one Bool condition", "allows('role/backup', 'kms:CreateGrant', 'app', context=context)"),
        ("can, one Bool condition", "can('role/backup', 'kms:CreateGrant', 'app', context=context)"),
        ("can, one Bool condition, nothing said", "can('role/backup', 'kms:CreateGrant', 'app')"),
        ("can, context that no policy asks for", "can('role/admin', 'kms:Decrypt', 'app', context=other)"),
    )
    taken = interleaved({name: statement(text, names, number=number) for name, text in statements}, rounds=rounds)
    floor, function = list(taken.values())[:2]
    say(
        "A plain question, from its words",
        ("", "a decision", "of the floor", "of the function"),
        [
            (name, duration(seconds), times(seconds / floor), times(seconds / function))
            for name, seconds in taken.items()
        ],
    )
    return floor


def otherwise(example: Scenario, floor: float, *, rounds: int, asked: int) -> None:
    """The table of decisions that take longer: new words, and questions that are not plain."""
    crowd = Scenario.from_dict(large(1_000, statements=5))
    pairs = _pairs(crowd)
    for pair in islice(pairs, len(crowd.world.principals)):
        crowd.can(*pair)
    numbers = count()
    now = datetime.now(UTC)
    settled = request("role/admin", "kms:Decrypt", "app", at=now)
    conditional = request("role/backup", "kms:CreateGrant", "app", context=BOOL, at=now)

    def context() -> dict[str, str]:
        return {"kms:EncryptionContext:order": str(next(numbers))}

    def ask(principal: str, action: str, **fields: Any) -> None:
        example.can(principal, action, "app", **fields)

    def twice() -> None:
        pair = next(pairs)
        crowd.can(*pair)
        crowd.can(*pair)

    calls: dict[str, Callable[[], object]] = {
        "words, new context, nothing conditional": lambda: ask("role/admin", "kms:Decrypt", context=context()),
        "words, new context, one Bool condition": lambda: ask(
            "role/backup", "kms:CreateGrant", context={**BOOL, **context()}
        ),
        "a known principal on a key for the first time": lambda: crowd.can(*next(pairs)),
        "the same, and once more: a cell is compiled": twice,
        "part by part: a request made before, nothing conditional": lambda: example.decide(settled),
        "part by part: a request made before, one Bool condition": lambda: example.decide(conditional),
        "part by part: words, encryption context": lambda: ask(
            "role/admin", "kms:Decrypt", encryption_context={"order": "1"}
        ),
        "part by part: words, a new session of the role": lambda: ask(
            "role/admin", "kms:Decrypt", session={"name": f"s{next(numbers)}"}
        ),
    }
    taken = interleaved({name: _each(call, asked) for name, call in calls.items()}, rounds=rounds)
    say(
        "New words, and questions that are not plain",
        ("", "a decision", "a second", "of the floor"),
        [(name, duration(took), f"{1 / took:,.0f}", times(took / floor)) for name, took in taken.items()],
    )


def _each(call: Callable[[], object], asked: int) -> Seconds:
    many = timed(lambda: [call() for _ in range(asked)])
    return lambda: many() / asked


def _pairs(world: Scenario) -> Iterator[tuple[str, str, str]]:
    """Questions with every pair of a principal and a key once; then all of them again."""
    people, keys = list(world.world.principals), list(world.world.keys)
    Random(1).shuffle(people)
    return cycle((person, "kms:Decrypt", keys[(step + place) % len(keys)])
                 for step in range(len(keys)) for place, person in enumerate(people))  # fmt: skip


def explained(world: Scenario, *, rounds: int, asked: int) -> None:
    """The table of what explanations cost."""
    now = datetime.now(UTC)
    asks = {
        "allowed": request("role/admin", "kms:Decrypt", "app", at=now),
        "denied, and what is missing": request("role/backup", "kms:CreateGrant", "app", at=now),
    }
    wants: dict[str, Callable[[Decision], object]] = {
        "nothing": lambda decision: decision.decision,
        "the reason": lambda decision: decision.reason,
        "the text": Decision.explain,
        "the object for JSON": Decision.to_dict,
    }
    calls = {
        (which, what): _each(lambda asked_=asked_, want=want: want(world.decide(asked_)), asked)  # type: ignore[misc]
        for which, asked_ in asks.items()
        for what, want in wants.items()
    }
    taken = interleaved({f"{which}: {what}": call for (which, what), call in calls.items()}, rounds=rounds)
    rows = []
    for which, what in calls:
        seconds, alone = taken[f"{which}: {what}"], taken[f"{which}: nothing"]
        rows.append((f"{which}: {what}", duration(seconds), duration(max(0.0, seconds - alone))))
    say("Explanations, on a decision made anew", ("wanted", "together", "the explanation"), rows)


def larger(*, rounds: int, asked: int, sizes: tuple[int, ...]) -> None:
    """The table of the same decision in worlds of several sizes."""
    worlds = {size: Scenario.from_dict(_with_crowd(size)) for size in sizes}
    now = datetime.now(UTC)
    once = request("role/admin", "kms:Decrypt", "app", at=now)
    admin = (f"arn:aws:iam::{ACCOUNT}:role/admin", "kms:Decrypt", "app")
    kinds: dict[str, Callable[[Scenario], Callable[[], object]]] = {
        "from words": lambda world: lambda: world.can(*admin),
        "part by part": lambda world: lambda: world.decide(once),
        "the first question to the world": lambda world: lambda: Scenario(world.loaded).can(*admin),
    }
    for world in worlds.values():
        _expect(world.can(*admin))
        _expect(world.can(f"arn:aws:iam::{ACCOUNT}:role/worker", *admin[1:]), "implicitDeny")
    calls = {
        f"{kind} {size}": _each(make(world), asked) for kind, make in kinds.items() for size, world in worlds.items()
    }
    taken = interleaved(calls, rounds=rounds)
    rows = []
    for kind in kinds:
        found = [taken[f"{kind} {size}"] for size in sizes]
        rows.append((kind, *(duration(seconds) for seconds in found), times(found[-1] / found[0])))
    headings = [f"{size:,} principals" for size in sizes]
    say("The same decision in larger worlds", ("", *headings, "largest to smallest"), rows)


def _with_crowd(principals: int) -> Json:
    """The default example in a larger world, with a tenth as many keys as principals."""
    crowd, example = large(principals, statements=5), question("default", short=True).scenario
    return {**crowd, **example, "keys": {**crowd["keys"], **example["keys"]}}


def profiles(example: Scenario, *, asked: int) -> None:
    """Where the time goes in decisions, and in the first request of a principal on a key."""
    settled = request("role/admin", "kms:Decrypt", "app", at=datetime.now(UTC))
    profile("part by part, nothing conditional", lambda: [example.decide(settled) for _ in range(asked)])
    numbers = [{"kms:EncryptionContext:order": f"profiled-{number}", **BOOL} for number in range(asked)]
    profile(
        "words, new context, one Bool condition",
        lambda: [example.can("role/backup", "kms:CreateGrant", "app", context=context) for context in numbers],
    )
    crowd = Scenario.from_dict(large(1_000, statements=5))
    pairs = _pairs(crowd)
    for pair in islice(pairs, len(crowd.world.principals)):
        crowd.can(*pair)
    profile("a known principal on a key for the first time", lambda: [crowd.can(*next(pairs)) for _ in range(asked)])


if __name__ == "__main__":
    main()
