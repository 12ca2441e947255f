"""Columns in, columns out: every row as if it were alone, however the columns are encoded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kms_eval import InputError, Scenario
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import MissingExtraError
from kms_eval.world.model import World
from tests.request_rows import AT, Row, expected, seeded, worlds_and_rows

pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
np: Any = pytest.importorskip("numpy", reason="numpy is not installed")

from kms_eval.analysis.batching import outcomes, residual_entries  # noqa: E402 - needs what may be missing
from kms_eval.analysis.batching.columns import Columns, DecisionColumn, check_schema  # noqa: E402
from kms_eval.analysis.batching.row_numbers import RowNumbers  # noqa: E402
from kms_eval.analysis.batching.rows import DECISION_COLUMNS, FIELDS, NESTED  # noqa: E402
from kms_eval.columns import decide_batches, decisions_only  # noqa: E402
from tests.analysis.test_batch import PLAIN, SIMPLE  # noqa: E402
from tests.effort import examples  # noqa: E402


def as_batch(rows: Sequence[Row], *, encoded: bool = False) -> Any:
    """Rows as columns of text; what is nested as JSON text. Values that are no text are left to other tests."""
    columns = {}
    for name in ("id", *FIELDS):
        told = [row.get(name) for row in rows]
        texts = [json.dumps(each) if name in NESTED and isinstance(each, dict) else each for each in told]
        columns[name] = pa.array(texts, pa.string())
        if encoded and name != "id":
            columns[name] = columns[name].dictionary_encode()
    return pa.record_batch(columns)


def scenario(world: World) -> Any:
    """Anything with an evaluator will do."""

    class Asked:
        evaluator = Evaluator(world)

    return Asked()


@pytest.mark.parametrize("encoded", [False, True])
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(drawn=worlds_and_rows())
def test_every_row_is_decided_as_if_it_were_alone(drawn: tuple[World, list[Row]], encoded: bool) -> None:
    world, rows = drawn
    evaluator = Evaluator(world)
    batch = as_batch(rows, encoded=encoded)
    wanted = [expected(evaluator, row) for row in rows]
    (decided,) = decide_batches(scenario(world), [batch], at=AT)
    found = [tuple(row[name] for name in DECISION_COLUMNS[4:8]) for row in decided.to_pylist()]
    assert found == wanted
    (only,) = decisions_only(scenario(world), [batch], at=AT)
    assert only.column("decision").to_pylist() == [decision for decision, *_reasons in wanted]


@pytest.mark.parametrize("seed", [100, 200])
def test_many_batches_of_many_worlds_agree_with_one_by_one(seed: int) -> None:
    for world, rows in seeded(seed, worlds=60, rows=150):
        evaluator = Evaluator(world)
        column = DecisionColumn(Evaluator(world), AT)
        for start in range(0, len(rows), 60):
            some = rows[start : start + 60]
            found = column.decide(as_batch(some, encoded=start % 120 == 0)).to_pylist()
            assert found == [expected(evaluator, row)[0] for row in some]


def test_tables_that_overflow_begin_anew_and_answer_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "_MOST_WORDS", 40)
    monkeypatch.setattr(outcomes, "_MOST_CIRCUMSTANCES", 20)
    monkeypatch.setattr(outcomes, "_CELLS_KEPT", 3)
    monkeypatch.setattr(outcomes, "RowNumbers", lambda: RowNumbers(widest=1))
    monkeypatch.setattr(residual_entries, "_MOST_RESIDUAL_ENTRIES", 3)
    monkeypatch.setattr(residual_entries, "_MOST_OPEN", 5)
    for world, rows in seeded(12, worlds=15, rows=200):
        evaluator = Evaluator(world)
        column = DecisionColumn(Evaluator(world), AT)
        for start in range(0, len(rows), 20):
            some = rows[start : start + 20]
            assert column.decide(as_batch(some)).to_pylist() == [expected(evaluator, row)[0] for row in some]


def test_a_batch_is_worked_on_in_slices_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kms_eval.analysis.batching.columns.ROWS_AT_ONCE", 7)
    world, rows = next(iter(seeded(13, worlds=1, rows=50)))
    evaluator = Evaluator(world)
    wanted = [expected(evaluator, row)[0] for row in rows]
    for encoded in (False, True):
        assert DecisionColumn(evaluator, AT).decide(as_batch(rows, encoded=encoded)).to_pylist() == wanted


def test_each_distinct_request_is_decided_once() -> None:
    columns = Columns(Scenario.from_dict(SIMPLE).evaluator, AT)
    rows = [PLAIN, {**PLAIN, "principal": "role/b"}] * 500
    columns.decide(as_batch(rows))
    columns.decide(as_batch(rows, encoded=True))
    assert columns.answers.decided == 2
    assert columns.tally.counts == {"allowed": 2000}


def test_what_a_context_could_change_is_asked_once_for_each_context(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    holds = residual_entries._ResidualEntry.holds  # noqa: SLF001 - that it is called seldom is the point

    def counted(*about: Any) -> bool:
        asked.append(about)
        return holds(*about)

    monkeypatch.setattr(residual_entries._ResidualEntry, "holds", counted)  # noqa: SLF001
    services = [json.dumps({"kms:ViaService": f"{name}.us-east-1.amazonaws.com"}) for name in ("s3", "ec2", "rds")]
    rows = [{**PLAIN, "principal": f"role/r{n % 50}", "context": services[n % 3]} for n in range(3000)]
    column = DecisionColumn(Scenario.from_dict(SIMPLE).evaluator, AT)
    found = column.decide(as_batch(rows)).to_pylist()
    assert found == ["explicitDeny", "allowed", "allowed"] * 1000
    assert len(asked) == 3


def test_ids_of_any_type_and_the_order_are_kept() -> None:
    ids = pa.array([3, 1, None, 2], pa.int32())
    batch = pa.record_batch(
        [ids, pa.array(["root"] * 4), pa.array(["kms:Sign"] * 4)], names=["id", "principal", "action"]
    )
    (decided,) = decide_batches(Scenario.from_dict(SIMPLE), [batch])
    assert decided.column("id").equals(ids)
    assert decided.schema.names == list(DECISION_COLUMNS)


def test_a_mapping_may_be_text_a_struct_or_a_map() -> None:
    via = "s3.us-east-1.amazonaws.com"
    agent = "aws:UserAgent"
    struct = pa.array([{"kms:ViaService": via, agent: None}, None, {"kms:ViaService": None, agent: "x"}])
    pairs = pa.array([[("kms:ViaService", via)], None, [(agent, "b"), (agent, "c")]], pa.map_(pa.string(), pa.string()))
    texts = pa.array([json.dumps({"kms:ViaService": via}), None, "{}"])
    found = {}
    for name, context in (("struct", struct), ("map", pairs), ("text", texts)):
        batch = pa.record_batch(
            [pa.array(["root"] * 3), pa.array(["kms:Decrypt"] * 3), context], names=["principal", "action", "context"]
        )
        (only,) = decisions_only(Scenario.from_dict(SIMPLE), [batch])
        (full,) = decide_batches(Scenario.from_dict(SIMPLE), [batch])
        assert full.column("decision").to_pylist() == only.column("decision").to_pylist()
        found[name] = full.column("decision").to_pylist()
    assert found["struct"] == found["text"] == ["explicitDeny", "allowed", "allowed"]
    assert found["map"] == ["explicitDeny", "allowed", None]  # a key twice: one of the two would be ignored


def test_times_may_be_timestamps() -> None:
    kind = pa.timestamp("ns", "UTC")
    batch = pa.record_batch(
        [pa.array(["root"] * 2), pa.array(["kms:Decrypt"] * 2), pa.array([AT, None], kind)],
        names=["principal", "action", "at"],
    )
    (decided,) = decide_batches(Scenario.from_dict(SIMPLE), [batch])
    assert decided.column("decision").to_pylist() == ["allowed", "allowed"]


def test_an_empty_batch_has_no_decisions() -> None:
    batch = as_batch([PLAIN]).slice(1)
    (decided,) = decide_batches(Scenario.from_dict(SIMPLE), [batch])
    (only,) = decisions_only(Scenario.from_dict(SIMPLE), [batch])
    assert (decided.num_rows, only.num_rows) == (0, 0)


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"principal": ["root"]}, "there is no column `action` (the columns are `principal`)"),
        ({"principal": ["root"], "action": ["x"], "key": [7]}, "key: expected text, found int64"),
        (
            {"principal": ["root"], "action": ["x"], "contexts": ["{}"]},
            "unknown column `contexts` (did you mean `context`?)",
        ),
        ({"principal": ["root"], "action": [{"a": "b"}]}, "action: expected text, found struct<a: string>"),
    ],
)
def test_columns_that_make_no_sense_are_refused_as_a_whole(columns: dict[str, list[Any]], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        check_schema(pa.record_batch(columns).schema)
    assert str(caught.value) == fault


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    row = {**PLAIN, "context": '{"kms:ViaService": "\\ud800"}'}
    (decided,) = decide_batches(Scenario.from_dict(SIMPLE), [as_batch([row])])
    assert decided.column("decision").to_pylist() == [None]
    assert "surrogate" in decided.column("error")[0].as_py()


def test_what_is_missing_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.delitem(__import__("sys").modules, "kms_eval.analysis.batching.columns")
    monkeypatch.delattr("kms_eval.analysis.batching.columns")
    with pytest.raises(MissingExtraError, match=r"pyarrow is not installed: pip install 'kms-eval\[batch\]'"):
        decide_batches(Scenario.from_dict(SIMPLE), [])


@pytest.mark.parametrize("widest", [0, 1 << 24])
def test_rows_of_a_table_are_the_same_in_a_plain_and_in_a_hash_table(widest: int) -> None:
    random = np.random.default_rng(5)
    layer_indexes = RowNumbers(widest=widest)
    known: dict[tuple[int, ...], int] = {}
    for most in (3, 40, 700, 5000):
        triples = random.integers(0, most, (3, 4000)).astype(np.int32)
        triples[0] %= 3
        layer_indexes.make_room(3, most, most)
        rows = layer_indexes.find(*triples)
        for row, triple in zip(rows.tolist(), zip(*triples.tolist(), strict=True), strict=True):
            assert known.setdefault(triple, row) == row
            assert layer_indexes.triple(row) == triple
    assert len(layer_indexes) == len(known) == len(set(known.values()))


def test_whether_a_service_calls_is_asked_of_each_row() -> None:
    everything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}

    def policy(statement: dict[str, Any]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statement}

    world = Scenario.from_dict(
        {
            "account": "111122223333",
            "keys": {"app": {"policy": policy({**everything, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}})}},
            "principals": {"user/app": {"policies": [policy(everything)]}},
            "vpc_endpoints": {"vpce-1": {"policy": policy({**everything, "Effect": "Deny", "Principal": "*"})}},
        }
    )
    asked = {"principal": "user/app", "action": "kms:Decrypt", "key": "app", "vpc_endpoint": "vpce-1"}
    rows: list[Row] = [{**asked, "context": {"aws:ViaAWSService": via}} for via in ("true", "false", "true")]
    for some in (rows, rows[1:]):
        found = DecisionColumn(world.evaluator, AT).decide(as_batch(some)).to_pylist()
        assert found == [world.can(**row).decision for row in some]
