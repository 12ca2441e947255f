"""`--strict` refuses context that no request of the caller has, at every door that is told of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kms_eval import Scenario
from kms_eval.analysis.batching.batch import Answers
from kms_eval.analysis.mutating.mutation import MutantEvaluator
from kms_eval.errors import InputError
from kms_eval.world.request import Request
from tests.doors.command_line import Cli

ACCOUNT = "111122223333"
OF_A_SERVICE = {"aws:SourceAccount": ACCOUNT}
S3 = "s3.us-east-1.amazonaws.com"
REFUSED = "the request cannot bring aws:SourceAccount"
EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
SCENARIO = {
    "account": ACCOUNT,
    "keys": {
        "app": {
            "policy": {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                },
            }
        }
    },
    "principals": {"role/app": {"policies": [EVERYTHING]}},
    "tests": [
        {"principal": "role/app", "action": "kms:Decrypt", "key": "app", "context": OF_A_SERVICE, "expect": "allowed"}
    ],
}
AT = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = Request("role/app", "kms:Decrypt", "app", {"aws:SourceAccount": (ACCOUNT,)}, at=AT)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kms-eval.yaml").write_text(json.dumps(SCENARIO))
    (tmp_path / "policy.json").write_text(json.dumps(EVERYTHING))
    return tmp_path


COMMANDS = (
    f"can role/app kms:Decrypt --context aws:SourceAccount={ACCOUNT}",
    f"can role/app kms:Decrypt --context aws:SourceAccount={ACCOUNT} --policy policy.json",
    f"lockout --as role/app --context aws:SourceAccount={ACCOUNT}",
    "test",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_refused_only_where_it_is_strict(command: str, cli: Cli, folder: Path) -> None:
    assert cli(*command.split()).code == 0
    strict = cli(*command.split(), "--strict")
    assert (strict.code, REFUSED in strict.err) == (2, True)


ROWS = (
    (OF_A_SERVICE, False),
    ({"kms:ViaService": S3}, True),
    ({"kms:ViaService": S3, "aws:ViaAWSService": "false"}, False),
    ({"aws:SourceIp": "203.0.113.7"}, True),
)


def test_no_row_of_a_strict_batch_brings_what_no_policy_asks_about_and_no_request_has() -> None:
    for strict in (False, True):
        answers = Answers(Scenario.from_dict(SCENARIO, strict=strict).evaluator, AT)
        for context, carried in ROWS:
            answer = answers.of({"principal": "role/app", "action": "kms:Decrypt", "key": "app", "context": context})
            assert (answer.error is None) is (carried or not strict), context


def test_a_column_of_decisions_has_none_where_a_strict_batch_has_an_error() -> None:
    pa = pytest.importorskip("pyarrow")
    from kms_eval.analysis.batching.columns import DecisionColumn

    columns = DecisionColumn(Scenario.from_dict(SCENARIO, strict=True).evaluator, AT)
    words = [[word] * len(ROWS) for word in ("role/app", "kms:Decrypt", "app")]
    contexts = [json.dumps(context) for context, _carried in ROWS]
    asked = pa.record_batch([*words, contexts], names=["principal", "action", "key", "context"])
    assert [each is not None for each in columns.decide(asked).to_pylist()] == [carried for _context, carried in ROWS]


def test_what_travels_to_a_cluster_and_what_mutants_ask_is_as_strict() -> None:
    scenario = Scenario.from_dict(SCENARIO, strict=True)
    evaluators = [MutantEvaluator(scenario.evaluator, {})]
    try:
        from kms_eval.spark import shipped
    except ImportError:
        pass  # without the extra
    else:
        evaluators.append(shipped(scenario).evaluator())  # type: ignore[arg-type]
    for evaluator in evaluators:
        with pytest.raises(InputError, match=REFUSED):
            evaluator.rule(ASKED)
