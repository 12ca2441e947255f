"""Text wrapped to the width of a terminal: continuation lines are indented.

Comes in: rendered lines, possibly with marks. Goes out: the same text in lines that fit, as far as the lengths of words
allow. Never here: what they say, terminals.
"""

from __future__ import annotations

import re

_NARROWEST = 40
_WORD = re.compile(r"(\s*)(\S+)")
_MARK = re.compile(r"\x1b\[[0-9;]*m")
"""Escape sequences that mark words on a terminal; they take no columns."""
_KEPT = re.compile(
    r"""[^`]*\bkms-eval\ (?:can|batch)\ |\s*(?:gained|lost):  # to be pasted
        |\s*[-+]?\s*["{}\[\]]                               # JSON
        |\s*[0-9]*\s\|\ """,
    re.VERBOSE,
)
"""Lines that wrapping would break: commands, JSON, quoted lines of a file."""


def wrapped(text: str, width: int | None) -> str:
    """The text in lines of at most `width` columns; None: no terminal shows it, and nothing is wrapped."""
    return text if width is None else "\n".join(_wrapped(line, max(width, _NARROWEST)) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    plain = _MARK.sub("", line)
    if len(plain) <= width or _KEPT.match(plain):
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    further = indent if len(indent) * 2 > width else f"{indent}    "
    lines, reached = [indent], len(indent)
    fresh = True
    for blank, word in _WORD.findall(line.strip()):
        columns = len(_MARK.sub("", word))
        if not fresh and columns and reached + len(blank) + columns > width:
            lines.append(f"{further}{word}")
            reached = len(further) + columns
        else:
            lines[-1] += blank + word
            reached += len(blank) + columns
        fresh = False
    return "\n".join(each.rstrip() for each in lines)
