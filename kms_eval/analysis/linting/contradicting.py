"""Tests of one condition that no request can meet together, as proved by the solver.

Comes in: subjects. Goes out: findings. Never here: sets of values, rows.

All tests of a Condition element have to hold (semantics C1), and a request comes from one place: through a VPC endpoint
it has no aws:SourceIp, and a service that calls on behalf of a principal does not pass on the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations

from kms_eval.analysis.linting.rule import Found
from kms_eval.analysis.linting.subject import Subject, written_operator
from kms_eval.analysis.proving.dependent_keys import solve_with_dependent_keys
from kms_eval.analysis.proving.domains import Domain, domain
from kms_eval.analysis.proving.request_paths import RequestPath, request_paths
from kms_eval.analysis.proving.solving import Impossible, Known, Literal
from kms_eval.documents.model import Statement
from kms_eval.engine.conditions import Test, compile_condition
from kms_eval.engine.hindrances import OF_AN_IDENTITY
from kms_eval.engine.readings import Reading
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import canonical
from kms_eval.facts.source_conditions import VIA_PUBLISHED
from kms_eval.world.model import World

_ANY_PATH = (RequestPath(frozenset()),)
_OF_IDENTITIES = frozenset(name for name in OF_AN_IDENTITY if not name.endswith("/"))
_MOST_TESTS = 12
"""Longer conditions are not tried."""


def contradictions(subject: Subject) -> Iterator[Found]:
    """The statements whose condition no request meets, with the fewest tests that contradict each other."""
    for statement in subject.statements():
        if not statement.condition:
            continue
        tests = _fewest(subject, statement)
        if tests:
            place = subject.test_at(statement, tests[-1].written)
            advice = "all tests of a condition have to hold; write two statements" if len(tests) > 1 else None
            yield Found(place, _message(tests, statement), advice, statement)


def _fewest(subject: Subject, statement: Statement) -> tuple[Test, ...]:
    """The fewest tests that contradict each other; empty where there is none, or one test alone never holds."""
    compiled = compile_condition(subject.policy, statement.condition or ()).tests
    paths = _paths(statement)
    generous, world = statement.effect == "Deny", subject.world
    if len(compiled) > _MOST_TESTS or not _impossible(compiled, paths, world, generous=generous):
        return ()
    for size in range(1, len(compiled) + 1):
        for some in combinations(compiled, size):
            if _impossible(some, paths, world, generous=generous):
                # A test whose value no request can have, whoever calls, is reported by another rule.
                return () if size == 1 and _impossible(some, _ANY_PATH, world, generous=generous) else some
    return ()


def _paths(statement: Statement) -> tuple[RequestPath, ...]:
    entries = statement.principals
    services = entries is not None and any(entry.kind == "Service" for entry in entries)
    people = entries is None or any(entry.kind != "Service" for entry in entries)
    wild = entries is None or any(entry.value == "*" for entry in entries)
    return (
        *(request_paths(service=False) if people else ()),
        *((_of_service(path, statement) for path in request_paths(service=True)) if services or wild else ()),
    )


def _of_service(path: RequestPath, statement: Statement) -> RequestPath:
    """The path of a service that calls in its own name, without the keys that only users and roles have."""
    return RequestPath((path.absent | _OF_IDENTITIES) - published(statement), path.fixed)


def published(statement: Statement) -> frozenset[str]:
    """Condition keys that AWS publishes for services of the statement, although services are assumed to lack them."""
    services = {entry.value for entry in statement.principals or () if entry.kind == "Service"}
    return frozenset({"kms:viaservice"}) if services & VIA_PUBLISHED else frozenset()


def _impossible(tests: Sequence[Test], paths: Sequence[RequestPath], world: World, *, generous: bool) -> bool:
    literals = [Literal(test, holds=True, generous=generous) for test in tests]
    known = (Known(partial(_values, world=world), _absent, _is_open, path.absent, path.fixed) for path in paths)
    return all(isinstance(solve_with_dependent_keys(literals, each), Impossible) for each in known)


_ALIAS = "kms:requestalias"


def _values(key: str, world: World) -> Domain:
    """The values that a condition key can have; an alias may be one that does not exist yet."""
    return Domain() if key == _ALIAS else domain(key, world)


def _absent(_key: str) -> Reading:
    return None


def _is_open(_key: str) -> bool:
    return True


def _message(tests: Sequence[Test], statement: Statement) -> str:
    if len(tests) == 1:
        service = any(entry.kind == "Service" for entry in statement.principals or ())
        why = (
            "a service that calls in its own name does not have it"
            if service
            else "only a service that calls in its own name has it"
        )
        key = quoted(tests[0].written.key)
        return f"no request of these principals meets the test on {key}: {why}"
    keys = list(dict.fromkeys(canonical(test.written.key) for test in tests))
    if len(keys) == 1:
        operators = " and ".join(f"`{written_operator(test.written)}`" for test in tests)
        return f"no value of {quoted(tests[-1].written.key)} meets {operators}: the statement has no effect"
    named = " and ".join(f"`{written_operator(test.written)}` of {quoted(test.written.key)}" for test in tests)
    return f"no request meets {named}: the statement has no effect"
