"""A matrix as a table, as CSV, as JSON and as a picture."""

from __future__ import annotations

import csv
import json
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.settled import PUBLISHED
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.render.matrix_text import LETTERS, render as render_text
from tests.render.small_matrix import NASTY, one_key, two_keys

SVG = "{http://www.w3.org/2000/svg}"


def written(matrix: Matrix, form: str) -> str:
    return "".join(MATRIX_FORM[form].pieces(matrix))


def test_every_action_is_in_one_group() -> None:
    assert sum(group.mask for group in ACTION_GROUPS) == PUBLISHED


def test_few_actions_are_columns_of_the_table() -> None:
    assert list(render_text(one_key())) == [
        "principal      Decrypt  Encrypt  ListKeys",
        "role/a         ●        ◐        ·",
        "anyone at all  ·        ·        ●",
        "",
        "● always  ◐ only under conditions  · never",
    ]


def test_many_actions_are_folded_into_groups_unless_these_are_unfolded() -> None:
    base = one_key()
    many = Matrix(base.title, base.at, PUBLISHED, base.principals, base.keys, base.rows)
    lines = list(render_text(many))
    assert lines[0].split() == [
        "principal",
        *["decrypt", "use", "grants", "policy", "look", "delete", "manage", "without", "key"],
    ]
    assert lines[1].split() == ["role/a", "1●/3", "1◐/12", "·", "·", "·", "·", "·", "·"]
    unfolded = next(iter(render_text(many, unfold=["decrypt"]))).split()
    assert unfolded[1:5] == ["Decapsulate", "Decrypt", "ReEncryptFrom", "use"]
    assert len(next(iter(render_text(many, unfold=["all"]))).split()) == 1 + PUBLISHED.bit_count()


def test_lines_that_allow_nothing_are_left_out_and_counted_where_there_are_several_keys() -> None:
    assert list(render_text(two_keys(), signs=LETTERS)) == [
        "principal  key  Decrypt  Encrypt  ListKeys",
        "role/a                            A",
        "role/a     app  A        c",
        "",
        "A always  c only under conditions  - never",
        "1 of 3 lines allow nothing and are left out",
    ]


def test_control_characters_do_not_reach_the_terminal() -> None:
    handle = "app\x1b[31m"
    base = two_keys()
    key = (type(base.keys[0])(handle, "arn"), base.keys[1])
    text = "\n".join(render_text(Matrix(base.title, base.at, base.actions, base.principals, key, base.rows)))
    assert "\x1b" not in text
    assert r"app\x1b[31m" in text


def test_csv_has_a_column_for_each_action() -> None:
    assert written(one_key(), "csv") == (
        "principal,key,kms:Decrypt,kms:Encrypt,kms:ListKeys\r\n"
        "arn:aws:iam::111122223333:role/a,app,always,conditional,never\r\n"
        "anyone at all,app,never,never,always\r\n"
    )


def test_csv_is_empty_where_an_action_does_not_belong() -> None:
    _head, *lines = csv.reader(StringIO(written(two_keys(), "csv")))
    assert [line[1:] for line in lines] == [
        ["", "", "", "always"],
        ["app", "always", "conditional", ""],
        ["log", "never", "never", ""],
    ]


def test_csv_quotes_names() -> None:
    assert list(csv.reader(StringIO(written(one_key('a,"b"'), "csv"))))[1][1] == 'a,"b"'


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb", "a\\nb"), ("\x1b[2J", "\\x1b[2J"), ("=1+1", "'=1+1"), ("@x", "'@x"), ("a=b", "a=b")]
)
def test_csv_moves_no_cursor_and_begins_no_formula(name: str, shown: str) -> None:
    assert list(csv.reader(StringIO(written(one_key(name), "csv"))))[1][1] == shown


def test_json_names_what_is_allowed_and_under_which_conditions() -> None:
    data = json.loads(written(one_key(), "json"))
    assert data["at"] == "2026-01-01T12:00:00Z"
    assert data["actions"] == ["kms:Decrypt", "kms:Encrypt", "kms:ListKeys"]
    assert data["principals"][1] == {"principal": "anyone at all", "kind": "everyone", "described": False}
    assert data["keys"] == [{"key": "app", "arn": "arn:aws:kms:us-east-1:111122223333:key/1"}]
    assert data["rows"][0] == {
        "principal": "arn:aws:iam::111122223333:role/a",
        "key": "app",
        "always": ["kms:Decrypt"],
        "conditional": [{"actions": ["kms:Encrypt"], "conditions": "if Bool a:b `<true>`"}],
    }


def test_json_of_nobody_is_json() -> None:
    empty = Matrix("nobody", None, PUBLISHED, (), (), ())
    assert json.loads(written(empty, "json"))["rows"] == []


@pytest.mark.parametrize("matrix", [one_key(), two_keys(), one_key(NASTY), one_key("\x00\x1f\ufffe")])
def test_the_picture_is_xml_that_loads_nothing(matrix: Matrix) -> None:
    text = written(matrix, "svg")
    drawn = ET.fromstring(text)  # noqa: S314 - it is our own
    assert drawn.tag == f"{SVG}svg"
    assert drawn.find(f"{SVG}title") is not None
    assert not {name for each in drawn.iter() for name in each.attrib if "href" in name or name == "src"}
    assert "url(" not in text


def test_the_picture_has_a_box_for_each_run_of_equal_answers() -> None:
    drawn = ET.fromstring(written(one_key(), "svg"))  # noqa: S314
    boxes = {path.get("class"): (path.get("d") or "").count("M") for path in drawn.iter(f"{SVG}path")}
    # Columns: Decrypt, Encrypt, ListKeys. The first line has three answers, the second never twice and always.
    assert {kind: boxes[kind] for kind in ("always", "conditional", "never")} == {
        "always": 2,
        "conditional": 1,
        "never": 2,
    }


def test_the_picture_of_several_keys_shades_each_by_how_much_is_allowed() -> None:
    drawn = ET.fromstring(written(two_keys(), "svg"))  # noqa: S314
    assert {path.get("class") for path in drawn.iter(f"{SVG}path")} == {"level5", "never", "grid"}
    assert {"app", "log", "role/a"} <= {each.text for each in drawn.iter(f"{SVG}text")}
