"""Does cost grow linearly where somebody tries to make it grow faster?

    python -m benchmarks.bench_hostile

Every case is measured in four sizes, each twice the one before: globs full of stars, policies of 32 KB with as many
statements or values as fit, contexts of thousands of values, long lists of everything. Growth is per doubling: 2 is
linear, 4 is quadratic; below 2, fixed costs still dominate. A case that takes more than a few seconds is not made
larger. Every verb of the command line is also asked about a caller under many levels of SCPs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import process_time
from typing import Any

from benchmarks import hostile_verbs
from benchmarks.measure import arguments, duration, say, timed, wrong
from benchmarks.questions import ACCOUNT, principal
from kms_eval import Scenario
from kms_eval.world.request import request

Json = dict[str, Any]

MEASURED = ("load, first answer", "another answer", "explanation")
HEADINGS = ("case", "sizes", *(heading for what in MEASURED for heading in (what, "a doubling")))

STEPS = 4
TOO_LONG = 4.0
"""Seconds after which a case is not made larger."""

WRITTEN = {"account": ACCOUNT, "region": "us-east-1"}
TEXT_KEY = "kms:EncryptionContext:note"


@dataclass(frozen=True, slots=True)
class Case:
    """`make` returns a scenario with the key `app`, and fields of the question; `base` is the smallest size."""

    name: str
    base: int
    make: Callable[[int], tuple[Json, Json]]
    right: str = "implicitDeny"


def main() -> None:
    """Two tables: the cases for `can`, and a line for each verb."""
    options = arguments(__doc__).parse_args()
    rounds, steps = (1, 1) if options.smoke else (5, STEPS)
    say("Under attack", HEADINGS, [_row(case, rounds, steps, small=options.smoke) for case in CASES])
    levels = hostile_verbs.rows(steps=steps, too_long=TOO_LONG)
    say("Every verb, under levels of SCPs with conditions", hostile_verbs.HEADINGS, list(levels))


def _row(case: Case, rounds: int, steps: int, *, small: bool) -> Sequence[str]:
    base = max(2, case.base // 10) if small else case.base
    sizes: list[int] = []
    taken: list[tuple[float, ...]] = []
    for step in range(steps):
        sizes.append(base * 2**step)
        taken.append(_measure(case, sizes[-1], rounds))
        if sum(taken[-1]) > TOO_LONG:
            break
    given_up = "" if len(sizes) == steps else ", no further"
    cells = [f"{sizes[0]:,} to {sizes[-1]:,}{given_up}"]
    for seconds in zip(*taken, strict=True):
        cells += [f"{duration(seconds[0])} to {duration(seconds[-1])}", _growth(seconds)]
    return (case.name, *cells)


def _growth(taken: Sequence[float]) -> str:
    doublings = len(taken) - 1
    return f"{(taken[-1] / taken[0]) ** (1 / doublings):.1f} x" if doublings else ""


def _measure(case: Case, size: int, rounds: int) -> tuple[float, ...]:
    scenario, fields = case.make(size)
    asked = request(principal("role/admin"), "kms:Decrypt", "app", at=datetime.now(UTC), **fields)
    taken: tuple[list[float], ...] = tuple([] for _ in MEASURED)
    for _ in range(rounds):
        started = process_time()
        world = Scenario.from_dict(scenario)
        decision = world.decide(asked)
        taken[0].append(process_time() - started)
        if decision.decision != case.right:
            wrong(f"`{case.name}` of {size}: {decision.decision} instead of {case.right}")
        taken[1].append(timed(partial(world.decide, asked))())
        taken[2].append(timed(decision.explain)())
    return tuple(map(median, taken))


def _world(*statements: Json, **more: Any) -> Json:
    key = {"policy": {"Version": "2012-10-17", "Statement": list(statements)}, **more.pop("key", {})}
    return {**WRITTEN, "keys": {"app": key}, "principals": {"role/admin": more.pop("admin", {})}, **more}


def _allow(**more: Any) -> Json:
    admin = {"AWS": principal("role/admin")}
    return {"Effect": "Allow", "Principal": admin, "Action": "kms:Decrypt", "Resource": "*", **more}


def _if(operator: str, values: object, key: str = TEXT_KEY) -> Json:
    return _allow(Condition={operator: {key: values}})


def _said(value: object, key: str = TEXT_KEY) -> Json:
    return {"context": {key: value}}


def _words(size: int, form: str = "v{}") -> list[str]:
    return [form.format(number) for number in range(size)]


def _long_text(size: int) -> tuple[Json, Json]:
    return _world(_if("StringLike", "*a" * 20 + "*b")), _said("a" * size)


def _question_marks(size: int) -> tuple[Json, Json]:
    return _world(_if("StringLike", "*" + "?a" * 20 + "b*c")), _said("a" * size)


def _many_stars(size: int) -> tuple[Json, Json]:
    return _world(_if("StringLike", "*a" * size + "b")), _said("a" * 4_000)


def _stars_in_arns(size: int) -> tuple[Json, Json]:
    pattern = "arn:aws:s3:::" + "*a" * 20 + "*b"
    return _world(_if("ArnLike", pattern, "aws:SourceArn")), _said("arn:aws:s3:::" + "a" * size, "aws:SourceArn")


def _variables(size: int) -> tuple[Json, Json]:
    return _world(_if("StringLike", "${aws:PrincipalAccount}*" * size + "b")), _said(ACCOUNT * size)


def _statements(size: int) -> tuple[Json, Json]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:Get*", "Resource": "*"}
    return _world(*([statement] * size)), {}


def _conditional_statements(size: int) -> tuple[Json, Json]:
    return _world(*(_if("StringEquals", word) for word in _words(size))), _said("none")


def _denies(size: int) -> tuple[Json, Json]:
    denies = ({**_if("StringEquals", word), "Effect": "Deny"} for word in _words(size))
    return _world(_allow(), *denies), _said("none")


def _action_patterns(size: int) -> tuple[Json, Json]:
    return _world(_allow(Action=_words(size, "kms:*e*e*{}"))), {}


def _resource_patterns(size: int) -> tuple[Json, Json]:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": _words(size, "arn:aws:kms:*:*:key/*z{}*")}
    return _world(_allow(Principal={"AWS": ACCOUNT}), admin={"policies": [{"Statement": statement}]}), {}


def _equal_values(size: int) -> tuple[Json, Json]:
    return _world(_if("StringEquals", _words(size))), _said("none")


def _pattern_values(size: int) -> tuple[Json, Json]:
    return _world(_if("StringLike", _words(size, "*v{}*"))), _said("none")


def _networks(size: int) -> tuple[Json, Json]:
    networks = [f"10.{number // 256 % 256}.{number % 256}.0/24" for number in range(size)]
    return _world(_if("IpAddress", networks, "aws:SourceIp")), _said("192.0.2.1", "aws:SourceIp")


def _values_in_context(size: int) -> tuple[Json, Json]:
    return _world(_if("ForAnyValue:StringEquals", _words(50), "kms:EncryptionContextKeys")), _said(
        _words(size, "w{}"), "kms:EncryptionContextKeys"
    )


def _values_on_both_sides(size: int) -> tuple[Json, Json]:
    return _world(_if("ForAnyValue:StringEquals", _words(size), "kms:EncryptionContextKeys")), _said(
        _words(size, "w{}"), "kms:EncryptionContextKeys"
    )


def _patterns_on_both_sides(size: int) -> tuple[Json, Json]:
    return _world(_if("ForAnyValue:StringLike", _words(size, "*v{}*"), "kms:EncryptionContextKeys")), _said(
        _words(size, "w{}"), "kms:EncryptionContextKeys"
    )


def _keys_in_context(size: int) -> tuple[Json, Json]:
    return _world(_if("StringEquals", "x")), {"context": dict.fromkeys(_words(size, TEXT_KEY + "{}"), "y")}


def _tested_keys(size: int) -> tuple[Json, Json]:
    tests = dict.fromkeys(_words(size, TEXT_KEY + "{}"), "y")
    last = f"{TEXT_KEY}{size - 1}"
    return _world(_allow(Condition={"StringEquals": tests})), {"context": {**tests, last: "x"}}


def _keys_spelled_twice(size: int) -> tuple[Json, Json]:
    tests = dict.fromkeys(_words(size, TEXT_KEY + "{}"), "y")
    upper = {name.upper(): "y" for name in tests}
    deny = _allow(Effect="Deny", Condition={"StringEquals": {**tests, TEXT_KEY: "y"}})
    return _world(_allow(), deny), {"context": {**tests, **upper, TEXT_KEY: "x"}}


def _resource_tags(size: int) -> tuple[Json, Json]:
    tags = dict.fromkeys(_words(size), "y")
    tests = {f"aws:ResourceTag/{name}": "y" for name in tags}
    deny = _allow(Effect="Deny", Condition={"StringEquals": {**tests, "aws:ResourceTag/other": "y"}})
    return _world(_allow(), deny, key={"tags": {**tags, "other": "x"}}), {}


def _principals(size: int) -> tuple[Json, Json]:
    return _world(_allow(Principal={"AWS": [principal(f"role/{word}") for word in _words(size)]})), {}


def _policies(size: int) -> tuple[Json, Json]:
    statement = {"Effect": "Allow", "Action": "kms:Get*", "Resource": "*"}
    admin = {"policies": [{"Version": "2012-10-17", "Statement": [statement]} for _ in range(size)]}
    return _world(_allow(Principal={"AWS": ACCOUNT}), admin=admin), {}


def _grant(number: int, grantee: str) -> Json:
    return {"GrantId": f"{number:064x}", "GranteePrincipal": principal(grantee), "Operations": ["Decrypt"]}


def _grants(size: int) -> tuple[Json, Json]:
    grants = [_grant(number, f"role/{number}") for number in range(size)]
    return _world(_allow(Action="kms:Get*"), key={"grants": grants}), {}


def _constrained_grants(size: int) -> tuple[Json, Json]:
    constraints = [{"EncryptionContextEquals": {"order": word}} for word in _words(size)]
    grants = [{**_grant(number, "role/admin"), "Constraints": each} for number, each in enumerate(constraints)]
    return _world(_allow(Action="kms:Get*"), key={"grants": grants}), {"encryption_context": {"order": "none"}}


CASES: tuple[Case, ...] = (
    Case("a glob of 20 stars, a text of n", 2_000, _long_text),
    Case("a glob of 20 question marks, a text of n", 2_000, _question_marks),
    Case("a glob of n stars, a text of 4,000", 100, _many_stars),
    Case("an ARN pattern of 20 stars, an ARN of n", 2_000, _stars_in_arns),
    Case("a glob of n policy variables", 20, _variables),
    Case("n statements, up to 32 KB", 45, _statements),
    Case("n statements with a condition, up to 32 KB", 20, _conditional_statements),
    Case("n Denies with a condition, up to 32 KB", 20, _denies, "allowed"),
    Case("n action patterns", 200, _action_patterns),
    Case("n resource patterns", 40, _resource_patterns),
    Case("n values of StringEquals, up to 32 KB", 450, _equal_values),
    Case("n values of StringLike, up to 32 KB", 350, _pattern_values),
    Case("n networks of IpAddress", 200, _networks),
    Case("n values in the context, 50 in the policy", 500, _values_in_context),
    Case("n values on both sides", 250, _values_on_both_sides),
    Case("n values in the context, n globs", 100, _patterns_on_both_sides),
    Case("n keys in the context", 500, _keys_in_context),
    Case("n keys in one condition", 80, _tested_keys),
    Case("n keys in one condition, each given in two spellings", 2, _keys_spelled_twice, "allowed"),
    Case("n resource tags in one condition of a key policy", 2, _resource_tags, "allowed"),
    Case("n principals in one statement, up to 32 KB", 75, _principals),
    Case("n policies of one principal", 100, _policies),
    Case("n grants to others", 500, _grants),
    Case("n grants to the caller with constraints", 500, _constrained_grants),
)


if __name__ == "__main__":
    main()
