"""The colours of pages and pictures, for light and dark themes, each with its role.

Comes in: nothing. Goes out: rows, and CSS with the colours as variables. Never here: where a colour is used.

Text has a contrast of at least 4.5 to every background (`ground`), marks of at least 3; a test computes both.
https://www.w3.org/TR/WCAG22/#contrast-minimum
https://www.w3.org/TR/WCAG22/#non-text-contrast
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["ground", "text", "mark", "line"]
"""`line` is for separators: no information depends on it."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour: the name of its CSS variable, what it is for, and its value in both themes."""

    name: str
    role: Role
    light: str
    dark: str


PALETTE: tuple[Colour, ...] = (
    Colour("ground", "ground", "#ffffff", "#0d1117"),
    Colour("raised", "ground", "#f6f8fa", "#151b23"),
    Colour("hover", "ground", "#edf3fb", "#182437"),
    Colour("outside", "ground", "#fdf3ee", "#2a1917"),
    Colour("covered-ground", "ground", "#eaf8ee", "#10241a"),
    Colour("missed-ground", "ground", "#fdeeed", "#2e1719"),
    Colour("idle-ground", "ground", "#fbf5e3", "#2a230f"),
    Colour("line", "line", "#d8dee4", "#2f3742"),
    Colour("ink", "text", "#1f2328", "#e6edf3"),
    Colour("quiet", "text", "#57606a", "#9aa4af"),
    Colour("warning", "text", "#a4341b", "#ff9d86"),
    Colour("always", "text", "#0a5bb5", "#58a6ff"),
    Colour("conditional", "mark", "#b06800", "#e3a93b"),
    Colour("undetermined", "mark", "#8250df", "#c297ff"),
    Colour("public", "mark", "#c4272f", "#ff7b72"),
    Colour("never", "mark", "#818a94", "#6f7884"),
    Colour("covered", "text", "#1a7f37", "#3fb950"),
    Colour("missed", "text", "#c4272f", "#ff7b72"),
    Colour("idle", "text", "#8a5c00", "#d9a520"),
    Colour("focus", "mark", "#8250df", "#c297ff"),
)


def variables(theme: Literal["light", "dark"]) -> str:
    """The colours of one theme as declarations of CSS variables."""
    values: Mapping[str, str] = {each.name: each.light if theme == "light" else each.dark for each in PALETTE}
    return " ".join(f"--{name}: {value};" for name, value in values.items())


THEMES = f"""\
:root {{ color-scheme: light dark; {variables("light")} }}
@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {variables("dark")} }} }}
:root[data-theme=dark] {{ color-scheme: dark; {variables("dark")} }}
:root[data-theme=light] {{ color-scheme: light }}
"""
"""Light or dark as the system prefers, unless ``data-theme`` of the page's root element sets it."""
