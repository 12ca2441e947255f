"""One world asked by several threads, or by forked workers, gives the answers of one thread."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from kms_eval import Scenario
from kms_eval.documents.model import Policy
from kms_eval.engine import evaluator
from kms_eval.engine.rules import Rule, compile_policy

ACCOUNT = "111122223333"
THREADS = 8


def world() -> Scenario:
    """Many cells to compile, and conditions that make answers differ."""
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    delegates = {**allow, "Principal": {"AWS": ACCOUNT}}
    tested = {"StringEquals": {"kms:EncryptionContext:team": "${aws:PrincipalTag/team}"}}
    principals: dict[str, Any] = {
        f"role/r{number}": {
            "tags": {"team": f"t{number % 3}"},
            "policies": [
                {"Version": "2012-10-17", "Statement": [{**allow, "Condition": tested} if number % 2 else allow]}
            ],
        }
        for number in range(12)
    }
    keys = {f"k{number}": {"policy": {"Version": "2012-10-17", "Statement": [delegates]}} for number in range(6)}
    return Scenario.from_dict({"account": ACCOUNT, "keys": keys, "principals": principals})


def answers(asked: Scenario, first: int) -> dict[tuple[int, ...], str]:
    """All questions, each thread beginning with another one."""
    questions = [(role, key, team) for role in range(12) for key in range(6) for team in range(3)]
    return {
        (role, key, team): str(
            asked.can(f"role/r{role}", "kms:Decrypt", f"k{key}", encryption_context={"team": f"t{team}"}).explanation
        )
        for role, key, team in (*questions[first:], *questions[:first])
    }


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a thousand times as often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 1000)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("impatient")
def test_eight_threads_get_the_answers_of_one() -> None:
    alone, shared, start = answers(world(), 0), world(), Barrier(THREADS)

    def ask(number: int) -> dict[tuple[int, ...], str]:
        start.wait()
        return answers(shared, number * 20)

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(ask, range(THREADS)))

    assert [each == alone for each in found] == [True] * THREADS
    assert len(set(alone.values())) > 2


def everybody(asked: Scenario) -> list[str]:
    """What is told of everybody, which keeps more than single answers do."""
    return [str(asked.who_can("kms:Decrypt")), str(asked.matrix()), str(asked.lint())]


@pytest.mark.usefixtures("impatient")
def test_eight_threads_hear_of_everybody_what_one_does() -> None:
    alone, shared, start = everybody(world()), world(), Barrier(THREADS)

    def ask(_number: int) -> list[str]:
        start.wait()
        return everybody(shared)

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(ask, range(THREADS)))

    assert [each == alone for each in found] == [True] * THREADS


def test_threads_that_compile_a_policy_at_once_get_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = world().evaluator
    policy = asked.world.keys["k0"].policy
    meanwhile: list[object] = []

    def interrupted(each: Policy) -> tuple[Rule, ...]:
        monkeypatch.setattr(evaluator, "compile_policy", compile_policy)
        meanwhile.append(asked.rules(each))  # another thread is done with it first
        return compile_policy(each)

    monkeypatch.setattr(evaluator, "compile_policy", interrupted)
    assert asked.rules(policy) is meanwhile[0]
    assert asked.rules(policy) is meanwhile[0]


WORKERS = 3
_shared: list[Scenario] = []
"""The world that forked workers find: nothing is handed over to them but a number."""


def _ask(number: int) -> dict[tuple[int, ...], str]:
    return answers(_shared[0], number * 20)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there are no such processes here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # threads of libraries, which the workers do not use
@pytest.mark.parametrize("asked_before", [False, True])
def test_forked_workers_get_the_answers_of_one_process(*, asked_before: bool) -> None:
    alone = answers(world(), 0)
    _shared[:] = [world()]
    if asked_before:
        assert answers(_shared[0], 0) == alone
    with multiprocessing.get_context("fork").Pool(WORKERS) as workers:
        found = workers.map(_ask, range(WORKERS), chunksize=1)

    assert [each == alone for each in found] == [True] * WORKERS
    assert answers(_shared[0], 0) == alone
