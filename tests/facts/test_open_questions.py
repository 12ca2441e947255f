"""What AWS leaves open: every code that the program names has a row, and every row names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kms_eval.codes import CODE, CODES
from kms_eval.facts.open_questions import OPEN_QUESTION, OPEN_QUESTIONS, OpenQuestion

ROOT = Path(__file__).parents[2]


def test_the_register_is_whole() -> None:
    assert {f"Z{number}" for number in range(1, 33)} | {"V8", "X5", "C14", "C19", "G20"} <= OPEN_QUESTION.keys()


@pytest.mark.parametrize("question", OPEN_QUESTIONS, ids=lambda question: question.code)
def test_a_question_has_both_readings_a_page_and_warnings_that_exist(question: OpenQuestion) -> None:
    assert question.question.endswith("?")
    assert question.here != question.other
    assert question.page.startswith("https://docs.aws.amazon.com/")
    assert all(CODE[code].kind == "warning" for code in question.warnings)


def test_every_assumption_of_the_code_is_a_question() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "kms_eval").rglob("*.py"))
    marked = {code for text in sources for code in re.findall(r"ASSUMPTION ([A-Z]+[0-9]+)", text)}
    assert marked <= OPEN_QUESTION.keys()


def test_a_warning_that_names_an_open_question_stands_in_its_row() -> None:
    for row in CODES:
        named = re.findall(r"\b[CGVXZ][0-9]+\b", row.sentence) if row.kind == "warning" else []
        assert all(row.code in OPEN_QUESTION[code].warnings or OPEN_QUESTION[code].settled for code in named)
