"""Every format in, every format out: one answer for each request, in their order, with their ids."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from kms_eval import InputError, Scenario
from tests.doors.batch.request_files import DECISIONS, ROWS, many, read, write
from tests.doors.command_line import Cli

FORMATS = ("jsonl", "jsonl.gz", "csv", "csv.gz", "parquet")


def needs_arrow(*names: str) -> None:
    if any(name.endswith("parquet") for name in names):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("requests", FORMATS)
def test_a_row_for_each_request_with_the_answer_of_can(
    cli: Cli, scenario: Path, tmp_path: Path, requests: str, output: str
) -> None:
    needs_arrow(requests, output)
    write(tmp_path / f"requests.{requests}", ROWS)
    done = cli("batch", f"requests.{requests}", "-o", f"decisions.{output}")
    assert (done.code, done.out) == (3, "")
    assert "10 rows" in done.err
    assert "5 allowed, 1 explicitDeny, 2 implicitDeny, 2 error" in done.err
    decided = read(tmp_path / f"decisions.{output}")
    assert [row["id"] for row in decided] == [row["id"] for row in ROWS]
    assert [row["decision"] for row in decided] == list(DECISIONS)
    world = Scenario.load(scenario)
    for asked, row in zip(ROWS, decided, strict=True):
        assert [row[name] for name in ("principal", "action", "key")] == [
            asked["principal"],
            asked["action"],
            asked.get("key"),
        ]
        fields = {name: value for name, value in asked.items() if name != "id"}
        try:
            decision = world.can(**fields)
        except InputError as error:
            assert row["error"] == str(error)  # noqa: PT017 - most requests make sense, and then the rest is compared
            assert row["decision"] is row["reason_code"] is row["policy"] is row["sid"] is None
            continue
        source = decision.explanation.deciding
        told = (row["decision"], row["reason_code"], row["policy"], row["sid"], row["error"])
        policy, sid = (source.policy, source.sid) if source is not None else (None, None)
        assert told == (decision.decision, decision.reason_code, policy, sid, None)
    assert sorted(tmp_path.glob("*partial*")) == []


def test_all_decided_is_exit_0_whatever_was_denied(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    write(tmp_path / "requests.jsonl", [ROWS[2], ROWS[4]])
    done = cli("batch", "requests.jsonl", "-o", "decisions.jsonl", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_requests_come_through_a_pipe_and_decisions_go_through_one(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = write(tmp_path / "requests.jsonl", ROWS).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    done = cli("batch", "-", "--quiet")
    assert [json.loads(line)["decision"] for line in done.out.splitlines()] == list(DECISIONS)
    content = write(tmp_path / "requests.csv.gz", ROWS).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    done = cli("batch", "-", "--input-format", "csv", "-q")
    assert done.out.splitlines()[0] == "id,principal,action,key,decision,reason_code,policy,sid,error,warnings,line"
    assert len(done.out.splitlines()) == 11


def test_a_folder_is_all_its_files_by_name_and_nothing_of_other_programs(
    cli: Cli, scenario: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    (folder / "deeper").mkdir(parents=True)
    rows = many(8)
    for name, part in (("b.jsonl", 2), ("a.csv", 0), ("c.jsonl.gz", 6), ("deeper/x.jsonl", 8), ("b2.ndjson", 4)):
        write(folder / name, rows[part : part + 2])
    for name in ("_SUCCESS", ".hidden.jsonl", "notes.txt", "_temporary.jsonl", "other.jsonl.partial"):
        (folder / name).write_text("not for us")
    done = cli("batch", "logs", "-o", "logs/all.jsonl", "-q")
    assert [row["id"] for row in read(folder / "all.jsonl")] == [row["id"] for row in rows]
    again = cli("batch", "logs/", "-o", "logs/all.jsonl", "-q")
    assert done.code == again.code
    assert [row["id"] for row in read(folder / "all.jsonl")] == [row["id"] for row in rows]


def test_a_pattern_is_its_matches_by_name(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    for number in (3, 1, 2):
        write(tmp_path / f"part-{number}.jsonl", many(number))
    cli("batch", "part-*.jsonl", "part-1.jsonl", "-o", "decisions.csv", "-q")
    assert [row["id"] for row in read(tmp_path / "decisions.csv")] == ["0", "0", "1", "0", "1", "2", "0"]


IDS = ["7", "1.0", "1.50", "-0.0", "1E+400", "1E-7", "true", '["a", 1.0]', '{"b": null, "c": {"d": 2.5}}', '"7"', '""']


def test_ids_of_other_types_are_kept(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    asked = json.dumps(ROWS[2]).removeprefix('{"id": "r-3", ')
    (tmp_path / "requests.jsonl").write_text("".join(f'{{"id": {each}, {asked}\n' for each in IDS))
    assert cli("batch", "requests.jsonl", "-o", "decisions.jsonl", "-q").code == 0
    lines = (tmp_path / "decisions.jsonl").read_text().splitlines()
    assert [line.removeprefix('{"id": ').partition(', "principal"')[0] for line in lines] == IDS
    cli("batch", "requests.jsonl", "-o", "decisions.csv", "-q")
    decided = read(tmp_path / "decisions.csv")
    assert [row["id"] for row in decided] == [*IDS[:-2], "7", None]


def test_numbers_that_json_has_no_word_for_are_texts(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    numbers = [1.5, float("nan"), float("inf"), None]
    table = pa.table({"id": numbers, "principal": ["role/worker"] * 4, "action": ["kms:Decrypt"] * 4})
    parquet.write_table(table, tmp_path / "requests.parquet")
    cli("batch", "requests.parquet", "-o", "decisions.jsonl", "-q")
    assert [row["id"] for row in read(tmp_path / "decisions.jsonl")] == [1.5, "nan", "inf", None]


@pytest.mark.parametrize(
    ("line", "row_id"),
    [
        (b'{"id": "1", "principal": "root", "principal": "root", "action": "kms:Decrypt"}', "1"),
        (b'{"principal": "root", "action": "kms:Decrypt", "context": {"a": "1", "a": "2"}, "id": "1"}', "1"),
        (b'{"id": {"a": 1}, "principal": "root", "action": "\\u0000"}', {"a": 1}),
        (b'{"id": 7, "context": {"id": 8, "id": 9}}', 7),
        (b'{"id": 7, "at": 1' + b"0" * 9999 + b"}", 7),
        (b'{"id": 7, "context": ' + b"[" * 100_000, 7),
        (b'{"id": 7, "principal": "\xff"}', 7),
        (b'{"id": 7, "principal": "ro', 7),
        (b'{"\\u0069d": 7, "key": "a", "key": "a"}', 7),
        # What is the id here cannot be told.
        (b'{"id": "1", "id": "2", "principal": "root", "action": "kms:Decrypt"}', None),
        (b'{"id": "1", "id": "1", "principal": "root", "action": "kms:Decrypt"}', None),
        (b'{"id": {"a": 1, "a": 1}, "principal": "root", "action": "kms:Decrypt"}', None),
        (b'{"id": "\xff", "principal": "root", "action": "kms:Decrypt"}', None),
        (b'{"id": 12', None),
        (b'{"id": "a"b", "principal": "root"}', None),
        (b'{"id" 7}', None),
        (b'{"a\\x": 1, "id": 7}', None),
    ],
)
def test_a_line_that_is_no_request_keeps_its_id_where_that_can_be_told(
    cli: Cli, scenario: Path, tmp_path: Path, line: bytes, row_id: object
) -> None:
    (tmp_path / "requests.jsonl").write_bytes(line)
    assert cli("batch", "requests.jsonl", "-o", "decisions.jsonl").code == 3
    decided = read(tmp_path / "decisions.jsonl")
    assert [(row["id"], row["decision"], row["error"] is None) for row in decided] == [(row_id, None, False)]


@pytest.mark.parametrize(
    ("row", "row_id"),
    [
        (b"role/admin", None),
        (b"role/admin,2", "2"),
        (b"role/admin,2,kms:Decrypt,,", "2"),
        (b"role/admin,,kms:Decrypt,,", None),
        (b"role/adm\xffin,2,kms:Decrypt,", "2"),
        (b"role/admin,\xff,kms:Decrypt,", None),
    ],
)
def test_a_csv_row_that_is_no_request_keeps_its_id_where_that_can_be_told(
    cli: Cli, scenario: Path, tmp_path: Path, row: bytes, row_id: str | None
) -> None:
    (tmp_path / "requests.csv").write_bytes(b"principal,id,action,context\n" + row + b"\n")
    assert cli("batch", "requests.csv", "-o", "decisions.jsonl").code == 3
    decided = read(tmp_path / "decisions.jsonl")
    assert [(row["id"], row["decision"], row["error"] is None) for row in decided] == [(row_id, None, False)]


def test_parquet_keeps_the_type_of_the_id_and_reads_mappings(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    table = pa.table(
        {
            "id": pa.array([5, 4, None], pa.int64()),
            "principal": ["role/worker"] * 3,
            "action": ["kms:Decrypt"] * 3,
            "key": pa.array(["app"] * 3).dictionary_encode(),
            "context": [
                {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
                None,
                {"kms:ViaService": "ec2.amazonaws.com"},
            ],
            "source": ["log"] * 3,
        }
    )
    parquet.write_table(table, tmp_path / "requests.parquet")
    done = cli("batch", "requests.parquet", "-o", "decisions.parquet")
    assert parquet.read_table(tmp_path / "decisions.parquet").column("id").equals(table.column("id"))
    cli("batch", "requests.parquet", "-o", "decisions.jsonl")
    for name in ("decisions.parquet", "decisions.jsonl"):
        assert [row["decision"] for row in read(tmp_path / name)] == ["allowed", "implicitDeny", "implicitDeny"]
    assert [row["id"] for row in read(tmp_path / "decisions.jsonl")] == [5, 4, None]
    assert "columns that are no part of a request: `source`" in done.err


def test_every_field_of_a_test_is_a_column(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"principal": "role/admin", "action": "ReEncrypt", "key": "app", "destination_key": "app"},
        {"principal": "role/admin", "action": "kms:CreateAlias", "key": "app", "alias": "alias/new"},
        {"principal": "role/admin", "action": "kms:RetireGrant", "key": "app", "grant": "grant-1"},
        {"principal": "role/admin", "action": "kms:CreateGrant", "key": "app", "grant": {"Operations": ["Decrypt"]}},
        {"principal": "role/admin", "action": "kms:Decrypt", "session": {"name": "s", "policies": ["secret.json"]}},
        {"principal": "role/admin", "action": "kms:Decrypt", "key": "app", "at": "2026-01-01T00:00:00Z"},
    ]
    write(tmp_path / "requests.jsonl", rows)
    (tmp_path / "secret.json").write_text("{}")
    assert cli("batch", "requests.jsonl", "-o", "decisions.jsonl").code == 3
    decided = read(tmp_path / "decisions.jsonl")
    assert [row["decision"] for row in decided] == ["allowed"] * 4 + [None, "allowed"]
    assert "secret.json" in decided[4]["error"]  # a row of data reads no file


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "not valid JSON: expecting property name enclosed in double quotes at column 2"),
        (b'["x"]', "expected an object, found a list"),
        (b'{"principal": "role/admin", "principal": "root", "action": "kms:Decrypt"}', "principal: duplicate key"),
        (b'{"principal": "\xff"}', "the line is not UTF-8 text"),
        (b'{"principal": "role/admin", "action": "kms:Decrypt", "contexts": {}}', "unknown column `contexts`"),
        (b"[" * 100_000, "nested more than 100 levels deep"),
        (b'{"principal": "role/admin"}', "action: `action` is missing"),
    ],
)
def test_a_line_that_is_no_request_is_a_row_with_an_error(
    cli: Cli, scenario: Path, tmp_path: Path, line: bytes, error: str
) -> None:
    good = json.dumps(ROWS[0]).encode()
    (tmp_path / "requests.jsonl").write_bytes(b"\xef\xbb\xbf" + good + b"\r\n\n  \n" + line + b"\n" + good)
    assert cli("batch", "requests.jsonl", "-o", "decisions.jsonl").code == 3
    first, second, third = read(tmp_path / "decisions.jsonl")
    assert error in second["error"]
    assert second["decision"] is None
    assert first == third
    assert first["decision"] == "allowed"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"1,role/admin,kms:Decrypt", "the row has 3 cells, the header 4"),
        (b"1,role/admin,kms:Decrypt,{},x", "the row has 5 cells, the header 4"),
        (b'1,role/admin,kms:Decrypt,"{""a"": ""b"', "context: not valid JSON"),
        (b'1,role/admin,kms:Decrypt,"{}"x', "malformed CSV"),
        (b"1,role/adm\xffin,kms:Decrypt,{}", "the row is not UTF-8 text"),
        (b"1,role/admin,kms:Decrypt,[]", "context: expected a mapping, found a list"),
        (b"1,,kms:Decrypt,", "principal: `principal` is missing"),
        (b"1,role/admin,kms:Decrypt," + b"x" * 200_000, "malformed CSV: field larger than field limit"),
    ],
)
def test_a_csv_row_that_is_no_request_is_a_row_with_an_error(
    cli: Cli, scenario: Path, tmp_path: Path, line: bytes, error: str
) -> None:
    good = b"0,role/admin,kms:Decrypt,\n"
    (tmp_path / "requests.csv").write_bytes(
        b"\xef\xbb\xbfid,principal,action,context\n" + good + line + b'"\n' * (line.count(b'"') % 2) + b"\n" + good
    )
    assert cli("batch", "requests.csv", "-o", "decisions.jsonl").code == 3
    rows = read(tmp_path / "decisions.jsonl")
    assert error in rows[1]["error"]
    assert rows[1]["decision"] is None
    assert rows[0]["decision"] == rows[-1]["decision"] == "allowed"


def test_a_quote_that_is_never_closed_is_an_error_not_a_silence(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text('principal,action\nrole/admin,kms:Decrypt\n"role/admin,kms:Decrypt\nx,y\n')
    assert cli("batch", "requests.csv", "-o", "decisions.jsonl").code == 3
    first, second = read(tmp_path / "decisions.jsonl")
    assert first["decision"] == "allowed"
    assert second["error"] == "malformed CSV: unexpected end of data"


def test_no_rows_are_no_decisions(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_text("\n")
    assert cli("batch", "requests.jsonl", "-o", "decisions.csv").code == 0
    assert read(tmp_path / "decisions.csv") == []


def test_the_name_of_a_link_says_the_form_of_what_it_leads_to(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", many(3))
    (tmp_path / "out.jsonl.gz").symlink_to("store")
    assert cli("batch", "in.jsonl", "-o", "out.jsonl.gz").code == 0
    assert (tmp_path / "out.jsonl.gz").is_symlink()
    assert gzip.decompress((tmp_path / "store").read_bytes()).count(b"\n") == 3
