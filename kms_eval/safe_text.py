"""Escape text for each kind of output, so that it cannot move a cursor, end an element or begin a formula.

Comes in: any text, as hostile as documents and requests may be. Goes out: text that reads the same and is harmless in
the output. Never here: messages. Every output passes all text that it did not write itself through one of these
functions; a test feeds names full of control characters to all outputs and finds those that do not.
"""

from __future__ import annotations

import re
from typing import Final


def printable(text: str) -> str:
    """For a terminal, and the basis of all other functions: every character that is not printable becomes an escape.

    That includes line breaks, control characters, lone surrogates, marks that change the direction of writing, and
    blanks other than the space.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in text
    )


def printable_lines(text: str) -> str:
    """For a terminal, keeping line breaks."""
    return "\n".join(map(printable, text.split("\n")))


def html_text(text: str) -> str:
    """For HTML, in an element or between the quotes of an attribute.

    https://html.spec.whatwg.org/multipage/parsing.html#parse-error-control-character-in-input-stream
    """
    from html import escape  # noqa: PLC0415 - start-up time

    return escape(printable(text))


def html_source(text: str) -> str:
    """For HTML, a line of a file: tabs are kept, as HTML may contain them."""
    return "\t".join(map(html_text, text.split("\t")))


def xml_text(text: str) -> str:
    """For XML, which has no way to write most control characters.

    https://www.w3.org/TR/xml/#charsets
    """
    return html_text(text)


_MARKS: Final = re.compile(r"[&<|\\`*~]|(?<!\w)_|_(?!\w)|\](?=[(\[])")
"""Characters that may be markup in Markdown anywhere in a line; `_` between letters and lone brackets are not."""


def markdown_text(text: str) -> str:
    """For a line or a table cell in Markdown: nothing in it is markup, HTML, a link or a mention of a GitHub user.

    Markup characters become entities, which show the same character and are never structure.
    https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
    """
    shown = _MARKS.sub(lambda found: _ENTITIES.get(found[0]) or f"&#{ord(found[0])};", printable(text))
    return re.sub(r"@(?=\w)", "@<!-- -->", shown)


_ENTITIES: Final = {"&": "&amp;", "<": "&lt;"}


def markdown_code(text: str) -> str:
    """The text as a code span, in which nothing is markup or a mention; it cannot end the span or a table cell."""
    shown = printable(text)
    if "\\|" in shown or not shown.strip():
        # GitHub reads `\\|` as a backslash and the end of the cell; and an empty code span does not exist.
        return f"<code>{markdown_text(shown)}</code>"
    cell = shown.replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", cell)), default=0))
    return f"{fence}{cell}{fence}" if fence == "`" else f"{fence} {cell} {fence}"


def markdown_prose(text: str) -> str:
    """A sentence that quotes in backticks: the text between two backticks becomes a code span.

    Where a quoted name has backticks of its own, so that they do not pair up, the whole sentence becomes one code span.
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0 or "``" in text:
        return markdown_code(text)
    return "".join(markdown_code(piece) if number % 2 else markdown_text(piece) for number, piece in enumerate(pieces))


_FORMULAS: Final = ("=", "+", "-", "@")


def csv_cell(text: str) -> str:
    """For CSV: what a spreadsheet would take for a formula gets an apostrophe in front.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False, compact: bool = False) -> str:
    """Any value as JSON. All characters that are not printable are escaped; JSON itself requires it of a few only."""
    import json  # noqa: PLC0415 - start-up time

    separators = (",", ":") if compact else None
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators)
    # The only unprintable characters outside JSON strings are line breaks, and inside there are no raw line breaks.
    return "\n".join(line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n"))


def script_json(value: object) -> str:
    """JSON that can stand inside ``<script>``: nothing in it ends the element or begins a comment.

    https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    """
    return json_text(value, compact=True).replace("<", "\\u003c").replace(">", "\\u003e")


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[begin : begin + 4]}" for begin in range(0, len(units), 4))
