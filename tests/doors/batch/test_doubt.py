"""What a batch says of decisions that hang on something, and where the rows stand that have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doors.batch.request_files import read
from tests.doors.command_line import Cli

ACCOUNT = "111122223333"
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"},
    ],
}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
GRANT = {"GrantId": "g1", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/bounded", "Operations": ["Decrypt"]}
SCENARIO = {
    "account": ACCOUNT,
    "keys": {"app": {"policy": KEY_POLICY, "grants": [GRANT]}},
    "principals": {
        "role/bounded": {"permissions_boundary": NOTHING},
        "role/hidden": {"policies": [{"unknown": "AccessDenied", "address": "iam:GetRolePolicy"}]},
    },
}
BOUNDED = {"id": "a", "principal": "role/bounded", "action": "kms:Decrypt", "key": "app"}
HIDDEN = {"id": "b", "principal": "role/hidden", "action": "kms:Decrypt", "key": "app"}


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "kms-eval.yaml"
    path.write_text(json.dumps(SCENARIO))
    return path


def lines(*rows: object) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def decided(tmp_path: Path) -> list[dict[str, Any]]:
    return read(tmp_path / "out.jsonl")


def test_an_open_question_is_a_warning_in_its_column(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(lines(BOUNDED, {**BOUNDED, "action": "kms:Encrypt"}))
    assert cli("batch", "in.jsonl", "-o", "out.jsonl", "-q").code == 0
    hangs, plain = decided(tmp_path)
    assert (hangs["decision"], hangs["warnings"], hangs["line"]) == ("implicitDeny", "grant-limited", None)
    assert (plain["decision"], plain["warnings"]) == ("implicitDeny", None)


def test_undetermined_rows_are_counted_by_themselves_and_end_in_3(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(lines(BOUNDED, HIDDEN))
    done = cli("batch", "in.jsonl", "-o", "out.jsonl")
    assert done.code == 3
    assert "1 undetermined, 0 error" in done.err
    row = decided(tmp_path)[1]
    assert (row["decision"], row["reason_code"], row["line"]) == (None, "undetermined", 2)
    assert row["error"] == "undetermined: iam:GetRolePolicy: AccessDenied"


def test_a_row_that_is_no_request_says_its_line(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(lines(BOUNDED, "", {**BOUNDED, "action": "kms:Decript"}, "{torn", BOUNDED))
    assert cli("batch", "in.jsonl", "-o", "out.jsonl", "-q").code == 3
    assert [row["line"] for row in decided(tmp_path)] == [None, 3, 4, None]


def test_in_csv_a_row_stands_where_it_begins(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    rows = ["id,principal,action,key", '"a', 'b",role/bounded,kms:Decrypt,app', '"c', 'd",role/bounded,kms:Decript,app']
    (tmp_path / "in.csv").write_text("\n".join([*rows, "e,role/bounded", ""]))
    assert cli("batch", "in.csv", "-o", "out.jsonl", "-q").code == 3
    assert [row["line"] for row in decided(tmp_path)] == [None, 4, 6]


def test_in_parquet_the_rows_are_counted(cli: Cli, scenario: Path, tmp_path: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [BOUNDED, HIDDEN, BOUNDED, {**BOUNDED, "key": "other"}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    for name in ("out.jsonl", "out.parquet"):
        assert cli("batch", "in.parquet", "-o", name, "-q").code == 3
        assert [row["line"] for row in read(tmp_path / name)] == [None, 2, None, 4]
