"""A matrix as a table, as CSV, as JSON and as a picture."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.analysis.access.action_groups import ACTION_GROUPS
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.render.matrix_text import LETTERS, render as render_text
from kms_eval.render.short_names import short_name, short_names
from tests.render.small_matrix import NASTY, every_answer, one_key, two_keys

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


def classes(text: str) -> dict[str, int]:
    """How many marks of which class a picture has, its legend included."""
    drawn = ET.fromstring(text)  # noqa: S314
    counts: dict[str, int] = {}
    for path in drawn.iter(f"{SVG}path"):
        kind = path.get("class") or ""
        counts[kind] = counts.get(kind, 0) + (path.get("d") or "").count("M")
    return counts


def test_the_picture_has_a_mark_for_each_answer_and_tells_what_they_mean() -> None:
    text = written(one_key(), "svg")
    # Columns: Decrypt, Encrypt, ListKeys. The first line has three answers, the second never twice and always.
    assert classes(text) == {"always": 2 + 1, "conditional": 1 + 1, "ring": 1 + 1, "never": 3 + 1}
    texts = [each.text for each in ET.fromstring(text).iter(f"{SVG}text")]  # noqa: S314
    assert texts.index("Public") < texts.index("anyone at all") < texts.index("Inside the account")
    assert texts[-3:] == ["always", "only under conditions", "never"]


@pytest.mark.parametrize("keys", [1, 2, 300])
def test_every_answer_has_a_shape_of_its_own(keys: int) -> None:
    """Shapes are compared without their colour: the path of one mark from where it begins."""
    drawn = ET.fromstring(written(every_answer(keys), "svg"))  # noqa: S314
    shapes = {}
    for path in drawn.iter(f"{SVG}path"):
        first = (path.get("d") or "").split("M")[1]
        shapes[path.get("class")] = first[re.match(r"[\d.]+ [\d.]+", first).end() :]  # type: ignore[union-attr]
    kinds = {"always", "conditional", "public", "undetermined"}
    assert kinds <= set(shapes)
    assert len({shapes[kind] for kind in kinds}) == 4


def test_letters_of_the_picture_are_of_14_pixels_and_lines_are_higher() -> None:
    text = written(every_answer(), "svg")
    assert "font: 14px" in text
    lines = [int(y) for x, y in re.findall(r'<text x="(\d+)" y="(\d+)">', text) if x == "28"]
    assert {below - above for above, below in pairwise(lines)} <= {20, 40}


def test_the_picture_leaves_out_who_may_do_nothing_and_says_so() -> None:
    text = written(every_answer(), "svg")
    assert "role/never" not in text
    assert "1 rows that allow nothing are left out" not in text
    assert "1 row that allows nothing is left out" in text


def test_the_picture_of_several_keys_fills_boxes_by_how_much_is_allowed() -> None:
    text = written(two_keys(), "svg")
    drawn = ET.fromstring(text)  # noqa: S314
    assert {"app", "log", "role/a"} <= {each.text for each in drawn.iter(f"{SVG}text")}
    counts = classes(text)
    # On `app` one of two actions is always allowed and one under conditions, on `log` nothing; and the legend.
    assert (counts["always"], counts["conditional"], counts["never"]) == (2, 2, 2)


WIDE = (
    "arn:aws:iam::444455556666:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    "anyone in account 444455556666",
)


def wide(keys: int) -> Matrix:
    """All actions, and names that are longer than a terminal is wide."""
    base = every_answer(keys)
    people = tuple(replace(base.principals[place], label=name) for place, name in enumerate(WIDE))
    return replace(base, actions=PUBLISHED, principals=(*people, *base.principals[2:]))


@pytest.mark.parametrize("keys", [1, 2])
@pytest.mark.parametrize("width", [60, 80])
def test_a_table_folds_to_the_terminal(keys: int, width: int) -> None:
    lines = list(render_text(wide(keys), width=width))
    assert max(map(len, lines)) <= width
    heads = [line for line in lines if line.startswith("principal")]
    assert len(heads) > (width == 60)
    shown = " ".join(heads)
    assert all(group.name in shown for group in ACTION_GROUPS if keys == 1 or group.name != "without key")
    assert any("4444" in line and "AutoScaling" in line for line in lines)


def test_a_table_that_fits_is_not_folded() -> None:
    assert list(render_text(one_key(), width=60)) == list(render_text(one_key()))


def test_folded_keys_stand_below_their_principal() -> None:
    assert list(render_text(two_keys(), signs=LETTERS, width=40)) == [
        "principal, key   Decrypt  Encrypt",
        "role/a",
        "  app            A        c",
        "",
        "principal, key   ListKeys",
        "role/a",
        "  without a key  A",
        "",
        "A always  c only under conditions",
        "- never",
        "1 of 3 lines allow nothing and are left",
        "out",
    ]


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("role/app", "role/app"),
        ("role/team/blue/app", "role/…/app"),
        ("assumed-role/app/session", "assumed-role/app/session"),
        ("arn:aws:iam::111122223333:root", "111122223333:root"),
        ("arn:aws-cn:iam::111122223333:role/team/app", "111122223333:role/…/app"),
        ("anyone in account 111122223333", "anyone in 111122223333"),
        ("logs.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com"),
    ],
)
def test_names_are_short(label: str, short: str) -> None:
    assert short_name(label) == short


def test_two_principals_never_share_a_short_name() -> None:
    labels = ("role/a/app", "role/b/app", "role/c/other")
    assert short_names(labels) == ("role/a/app", "role/b/app", "role/…/other")
