"""Names in Markdown are names: no reader of Markdown sees a mark, a link, an element or the end of a cell in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from kms_eval.safe_text import markdown_code, markdown_prose, markdown_text, printable

markdown_it = pytest.importorskip("markdown_it", reason="what reads Markdown is not installed")
READER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])

NAMES = st.lists(
    st.sampled_from(
        [*"`|\\*_[]()<>&@~!#-=+ \n\tab1.:/", "``", "```", "](http://x.y)", "<b>", "<!--", "&#124;", "\x1b"]
    ),
    max_size=12,
).map("".join)
OURS = {"<code>", "</code>", "<!-- -->"}


def cells(line: str) -> list[list[Any]]:
    """What is in the cells of the one line of a table, as the parts that a reader of Markdown tells apart."""
    read = READER.parse(f"| a | b | c |\n| --- | --- | --- |\n{line}\n")
    assert [token.type for token in read].count("tr_open") == 2
    return [token.children or [] for token in read if token.type == "inline"][3:]


def shown(parts: list[Any]) -> Iterator[str]:
    """What a person sees, blanks aside."""
    for part in parts:
        assert part.type in {"text", "text_special", "code_inline", "html_inline"}, part
        if part.type == "html_inline":
            assert part.content in OURS
        else:
            yield part.content


def blanks_aside(text: str) -> str:
    return re.sub(r"\s+", "", text)


@given(NAMES, NAMES, NAMES)
@example("`", "``", "a``b`c")
@example("\\", "\\|", "`\\|`")
@example("@me", "@me", "@me `@me`")
def test_every_cell_of_a_table_shows_what_the_name_says(one: str, two: str, three: str) -> None:
    line = f"| x{markdown_text(one)} | {markdown_code(two)} | {markdown_prose(three)} |"

    text, code, prose = cells(line)

    assert blanks_aside("".join(shown(text))) == blanks_aside(f"x{printable(one)}")
    assert blanks_aside("".join(shown(code))) == blanks_aside(printable(two))
    # Backticks that quote are seen as code; nothing else is left out.
    told = "".join(shown(prose)).replace("`", "")
    assert blanks_aside(told) == blanks_aside(printable(three).replace("`", ""))
    # GitHub takes `\\|` for the end of a cell, other readers do not.
    assert "\\\\|" not in line


@given(NAMES)
def test_in_an_html_element_it_is_the_text_as_well(name: str) -> None:
    element = markdown_text(name)

    assert "<" not in element.replace("<!-- -->", "")
    assert unescape(element.replace("<!-- -->", "")) == printable(name)


@pytest.mark.parametrize("name", ["@team", "see @org/team", "`@team"])
def test_nobody_is_mentioned(name: str) -> None:
    for marked in (markdown_text(name), markdown_prose(name)):
        outside_code = re.sub(r"(`+).+?\1", "", marked)
        assert not re.search(r"@\w", outside_code)


def test_what_means_nothing_stays_as_it_is() -> None:
    for plain in ("aws_iam_role_policy.report statement 0 (plan.json:57: a_b.policy.Statement[0])", "if a is `b_c`"):
        assert markdown_prose(plain) == plain
