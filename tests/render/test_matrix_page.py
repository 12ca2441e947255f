"""The page: that it needs nothing, that nothing in a name gets out of its place, and what data it has."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.render.matrix import MATRIX_FORM
from tests.render.small_matrix import NASTY, one_key, two_keys


class Page(HTMLParser):
    """Counts elements and collects the text of those with an id, scripts included."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data

    @property
    def data(self) -> Any:
        return json.loads(self.texts["data"])


def page(matrix: Matrix) -> Page:
    return Page("".join(MATRIX_FORM["html"].pieces(matrix)))


def test_the_page_loads_nothing() -> None:
    made = page(one_key())
    assert not [tag for tag, _attributes in made.tags if tag in {"link", "img", "iframe", "object", "embed", "base"}]
    assert not [name for _tag, attributes in made.tags for name in attributes if name in {"src", "href", "action"}]
    policy = next(attributes["content"] for tag, attributes in made.tags if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    text = "".join(MATRIX_FORM["html"].pieces(one_key()))
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\(|fetch\(|XMLHttp", text)


def test_names_stay_where_they_belong() -> None:
    plain, nasty = page(one_key("app")), page(one_key(NASTY))
    assert [tag for tag, _attributes in nasty.tags] == [tag for tag, _attributes in plain.tags]
    assert nasty.data["keys"][0][0] == NASTY
    assert nasty.texts["h1"].strip() == f"Access to {NASTY}"


@pytest.mark.parametrize("name", ["<!--<script>", "]]>", "<!--here-->", "{{about}}"])
def test_no_name_ends_the_script(name: str) -> None:
    assert page(one_key(name)).data["keys"][0][0] == name


@pytest.mark.parametrize("name", ["\u2028", "\x1b[2J", "\x9b", "\u202e"])
def test_what_no_reader_sees_is_an_escape(name: str) -> None:
    assert page(one_key(name)).data["keys"][0][0] == name.encode("unicode_escape").decode("ascii")


def test_the_data_has_every_answer_and_its_text() -> None:
    data = page(one_key()).data
    place = data["actions"].index("kms:Encrypt")
    answers, notes = data["patterns"][data["rows"][2]]
    assert answers[place] == "1"
    assert data["texts"][notes[place]] == "if Bool a:b `<true>`"
    assert sum(size for _name, _purpose, size in data["groups"]) == len(data["actions"])
    assert data["people"][1] == ["anyone at all", "anyone at all", "everyone", 0]


def test_equal_rows_share_a_pattern_and_rows_without_key_are_marked() -> None:
    base = two_keys()
    data = page(replace(base, rows=(*base.rows, base.rows[2]))).data
    rows = [data["rows"][place : place + 3] for place in range(0, len(data["rows"]), 3)]
    assert [row[1] for row in rows] == [-1, 0, 1, 1]
    assert rows[2][2] == rows[3][2]
    answers, _notes = data["patterns"][rows[0][2]]
    assert sorted(answers) == ["-", "-", "2"]


def test_what_has_no_room_is_said() -> None:
    assert (
        "Left out, or this page would be too big: 7 of 9 keys" in page(replace(two_keys(), keys_left_out=7)).texts["p"]
    )
