"""The page: that it needs nothing, that nothing in a name gets out of its place, and what data it has."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

import kms_eval
from kms_eval.analysis.access.access_matrix import Matrix, Notes
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.render.page import asset
from kms_eval.render.palette import PALETTE
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
    assert "unsafe" not in policy
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
    runs = zip(notes[::2], notes[1::2], strict=True)
    text, sources, questions = data["notes"][[note for note, length in runs for _same in range(length)][place]]
    assert (text, questions) == ("if Bool a:b `<true>`", [])
    name, effect, where, element, written = data["sources"][sources[0]]
    assert (name, effect, where, element) == ('app "Use"', "Allow", "app.json:7", "Statement[0]")
    assert json.loads(written) == {
        "Sid": "Use", "Effect": "Allow", "Principal": {"AWS": "app"}, "Action": "kms:Encrypt",
    }  # fmt: skip
    assert sum(size for _name, _purpose, size in data["groups"]) == len(data["actions"])
    assert data["people"][1] == ["anyone at all", "anyone at all", "everyone", 0]


def test_equal_rows_share_a_pattern_and_rows_without_key_are_marked() -> None:
    base = two_keys()
    data = page(replace(base, rows=(*base.rows, base.rows[2]))).data
    rows = [data["rows"][place : place + 4] for place in range(0, len(data["rows"]), 4)]
    assert [row[1] for row in rows] == [-1, 0, 1, 1]
    assert rows[2][2] == rows[3][2]
    answers, _notes = data["patterns"][rows[0][2]]
    assert sorted(answers) == ["-", "-", "2"]


def test_rows_say_how_far_somebody_is_the_farthest_first() -> None:
    data = page(one_key()).data
    assert [data["bands"][band] for band in data["rows"][3::4]] == ["inside the account", "public"]
    assert data["bands"][: data["far"]] == ["public", "outside the organization", "outside the account"]
    assert data["bands"][page(two_keys()).data["rows"][3]] == "without a key"


def test_the_scenario_and_the_version_are_named() -> None:
    about = "".join(text for name, text in page(one_key()).texts.items() if name == "p")
    assert "from app.yaml" in about
    assert f"kms-eval {kms_eval.__version__}" in about
    assert "2026-01-01 12:00 UTC" in about


def test_what_has_no_room_is_said() -> None:
    about = page(replace(two_keys(), keys_left_out=7)).texts["p"]
    assert "Left out, or this page would be too big: 7 of 9 keys" in about


def test_a_page_without_reasons_of_denials_says_so() -> None:
    assert page(one_key()).data["brief"] == ""
    assert "kms-eval can" in page(replace(one_key(), notes=Notes.ALLOWED)).data["brief"]
    form = MATRIX_FORM["html"]
    assert [form.notes_for(rows) for rows in (20_000, 20_001)] == [Notes.REASONS, Notes.ALLOWED]


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_it_should_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("role", "least"), [("text", 4.5), ("mark", 3.0)])
def test_text_and_marks_are_told_from_every_ground(theme: str, role: str, least: float) -> None:
    grounds = [getattr(each, theme) for each in PALETTE if each.role == "ground"]
    low = [
        (each.name, ground)
        for each in PALETTE
        if each.role == role
        for ground in grounds
        if contrast(getattr(each, theme), ground) < least
    ]
    assert low == []


@pytest.mark.parametrize("name", ["matrix.css", "coverage.css"])
def test_pages_have_no_colours_but_those_of_the_palette(name: str) -> None:
    text = asset(name)
    assert re.findall(r"#[0-9a-f]{3,8}\b(?!\w)", text) == ["#0003"] * (name == "matrix.css"), "but for a shadow"
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    assert used <= {each.name for each in PALETTE}
