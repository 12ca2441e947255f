"""Values that no policy tells apart: one of them stands for all, and no test answers differently."""

from __future__ import annotations

from kms_eval import Scenario
from kms_eval.analysis.batching.condition_keys_read import condition_keys_read_in
from kms_eval.analysis.batching.equivalent_values import EquivalentValues
from kms_eval.analysis.batching.relevance import Relevance
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind, Statement
from kms_eval.engine import conditions
from kms_eval.world.model import policies_of
from tests.strategies import questions

VALUES = (
    "", "a", "A", "b", "ab", "prod", "PROD", "true", "TRUE", "false", "maybe", "1", "1.0", "2", "-3", "2026-01-01",
    "2026-01-01T00:00:00Z", "10.0.0.1", "10.0.0.2", "2001:db8::1", "arn:aws:iam::111122223333:role/x", "YWJj", "*",
)  # fmt: skip


def compiled(*written: ConditionTest) -> list[conditions.Test]:
    statement = Statement(0, None, "Allow", condition=written)
    policy = Policy("p", PolicyKind.IDENTITY, "2012-10-17", None, (statement,))
    return next(iter(condition_keys_read_in([policy])[0].values()))


def asks(operator: str, *values: str) -> ConditionTest:
    return ConditionTest(operator, "", if_exists=False, key="aws:x", values=values)


def test_no_test_tells_a_value_from_the_one_that_stands_for_it() -> None:
    for mine in (
        tests
        for world, _ask in questions(7, worlds=60, asks=1)
        for tests in condition_keys_read_in(policies_of(world))[0].values()
    ):
        kinds = EquivalentValues(mine)
        literal = [test for test in mine if test.needs == {test.key}]
        for value in VALUES:
            first = kinds.representative(value)
            for test in literal:
                for generous in (True, False):
                    answers = {test.holds((text,), lambda _key: None, generous=generous) for text in (value, first)}
                    assert len(answers) == 1, (test.written, value, first)


def test_values_that_nothing_mentions_are_one() -> None:
    kinds = EquivalentValues(compiled(asks("StringEquals", "a", "b"), asks("StringNotEqualsIgnoreCase", "C")))
    assert [kinds.representative(value) for value in ("x", "y", "a", "b", "c", "C", "z", "a", "")] == [
        "x", "x", "a", "b", "c", "c", "x", "a", "",
    ]  # fmt: skip


def test_values_are_told_apart_as_patterns_networks_and_numbers_do() -> None:
    like = EquivalentValues(compiled(asks("StringLike", "s3-*")))
    assert [like.representative(value) for value in ("s3-a", "ec2", "s3-b", "rds")] == ["s3-a", "ec2", "s3-a", "ec2"]
    network = EquivalentValues(compiled(asks("IpAddress", "10.0.0.0/8")))
    addresses = ("10.1.1.1", "11.1.1.1", "10.2.2.2", "no address")
    assert [network.representative(value) for value in addresses] == ["10.1.1.1", "11.1.1.1", "10.1.1.1", "no address"]


def test_what_grants_compare_is_told_apart() -> None:
    assert [EquivalentValues((), {"a"}).representative(value) for value in ("a", "b")] == ["a", "b"]
    kinds = EquivalentValues((), {"a"})
    assert [kinds.representative(value) for value in ("b", "c", "a")] == ["b", "b", "a"]


def test_many_patterns_are_not_worth_the_while() -> None:
    assert EquivalentValues(compiled(*(asks("StringLike", f"{number}*") for number in range(16)))).few
    assert not EquivalentValues(compiled(*(asks("StringLike", f"{number}*") for number in range(17)))).few
    assert EquivalentValues(compiled(*(asks("StringEquals", f"{number}") for number in range(17)))).few


def test_a_key_that_a_variable_reads_keeps_its_values() -> None:
    def relevance(value: str) -> Relevance:
        condition = {"StringEquals": {"aws:x": ["a"], "aws:y": [value]}}
        allow = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}
        policy = {"Version": "2012-10-17", "Statement": allow}
        return Relevance(Scenario.from_dict({"account": "111122223333", "keys": {"app": {"policy": policy}}}).world)

    def left(of: Relevance) -> list[str]:
        return [(of.of_texts({"aws:x": value}) or {})["aws:x"] for value in ("one", "two", "a")]

    assert left(relevance("b")) == ["one", "one", "a"]
    assert left(relevance("${aws:x}")) == ["one", "two", "a"]
