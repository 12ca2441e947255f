"""Text made safe for each kind of output: what a document says can move no cursor, end no element, begin no formula.

Comes in: any text, as hostile as documents and requests are. Goes out: the same to a reader, harmless where it stands.
Never here: what is said. Every output takes what it did not write itself through one of these; a test walks all of
them with names full of control characters, and finds what goes around.
"""

from __future__ import annotations

import re
from typing import Final


def printable(text: str) -> str:
    """For a terminal, and the ground for all others: line breaks, control characters and the like as escapes.

    So are half surrogates, marks that turn the direction of writing, and blanks that look like others.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in text
    )


def printable_lines(text: str) -> str:
    """For a terminal, lines as they are."""
    return "\n".join(map(printable, text.split("\n")))


def html_text(text: str) -> str:
    """For HTML, in an element or between the quotes of an attribute.

    https://html.spec.whatwg.org/multipage/parsing.html#parse-error-control-character-in-input-stream
    """
    from html import escape  # noqa: PLC0415 - start-up time

    return escape(printable(text))


def html_source(text: str) -> str:
    """For HTML, a line of a file: with its tabs, which HTML may have."""
    return "\t".join(map(html_text, text.split("\t")))


def xml_text(text: str) -> str:
    """For XML, which has no way to write most control characters.

    https://www.w3.org/TR/xml/#charsets
    """
    return html_text(text)


_MARKS: Final = re.compile(r"[&<|\\`*~]|(?<!\w)_|_(?!\w)|\](?=[(\[])")
"""What may mean something in Markdown, wherever it stands; `_` between letters and lone brackets do not."""


def markdown_text(text: str) -> str:
    """For a line or a cell of a table: Markdown, HTML and GitHub see nothing in it, no mark, no link and nobody's name.

    Marks stand as entities, which mean the same in HTML and never are structure.
    https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
    """
    shown = _MARKS.sub(lambda found: _ENTITIES.get(found[0]) or f"&#{ord(found[0])};", printable(text))
    return re.sub(r"@(?=\w)", "@<!-- -->", shown)


_ENTITIES: Final = {"&": "&amp;", "<": "&lt;"}


def markdown_code(text: str) -> str:
    """The text as code, so that it mentions nobody and marks nothing; what is in it cannot end the code, nor a cell."""
    shown = printable(text)
    if "\\|" in shown or not shown.strip():
        # GitHub takes the one for a backslash and the end of the cell; and there is no empty code.
        return f"<code>{markdown_text(shown)}</code>"
    cell = shown.replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", cell)), default=0))
    return f"{fence}{cell}{fence}" if fence == "`" else f"{fence} {cell} {fence}"


def markdown_prose(text: str) -> str:
    """A sentence that quotes in backticks: what is between two of them is code.

    Where a name brought backticks that make no pairs, all of it is code, with all its letters.
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0 or "``" in text:
        return markdown_code(text)
    return "".join(markdown_code(piece) if number % 2 else markdown_text(piece) for number, piece in enumerate(pieces))


_FORMULAS: Final = ("=", "+", "-", "@")


def csv_cell(text: str) -> str:
    """For CSV: what a spreadsheet would take for a formula has an apostrophe before it.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False, compact: bool = False) -> str:
    """Any value as JSON. Characters that are not printable are escapes, as JSON itself demands of a few only."""
    import json  # noqa: PLC0415 - start-up time

    separators = (",", ":") if compact else None
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators)
    # Of what is not printable only line breaks stand outside of texts, and none inside.
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
