"""Policy variables: ``${aws:username}``, ``${key, 'default'}`` and the escapes ``${*}``, ``${?}``, ``${$}``.

Comes in: text of a Resource or of a condition value. Goes out: a template that is filled in for one request.
Never here: where the values come from. One pass, no nesting (semantics W1-W10).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kms_eval.facts.condition_keys import canonical, find
from kms_eval.language.open_end import OPEN_END
from kms_eval.language.pattern import literal, wild
from kms_eval.records import record

_VARIABLE = re.compile(r"\$\{(?:(?P<escape>[*?$])|(?P<key>[^\s{}',]+)(?:,\s*'(?P<default>[^']*)')?)\}")

Lookup = Callable[[str], str | None]


@record
class Variable:
    """One variable: the condition key by its canonical name, and its default where one is written.

    A multi-valued key never has a value here, whatever the request says (semantics W4).
    """

    key: str
    default: str | None = None
    multi_valued: bool = False


@record
class Template:
    """Text with variables. Parts are AWS text (str, with wildcards), escaped characters (tuple) and variables."""

    parts: tuple[str | tuple[str] | Variable, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys of its variables, by their canonical names."""
        return tuple(part.key for part in self.parts if isinstance(part, Variable))

    def text(self, lookup: Lookup) -> str | None:
        """Filled in as plain text; None where a variable has no value and no default (semantics W6)."""
        pieces: list[str] = []
        for part in self.parts:
            piece = _value(part, lookup) if isinstance(part, Variable) else "".join(part)
            if piece is None:
                return None
            pieces.append(piece)
        return "".join(pieces)

    def glob(self, lookup: Lookup, *, wildcards_in_values: bool) -> str | None:
        """Filled in as a glob; None where a variable has no value and no default (semantics W6).

        With `wildcards_in_values` a ``*`` inside a substituted value is a wildcard (semantics W9), and the unknown end
        of a value (`OPEN_END`) matches anything; otherwise the unknown end matches nothing.
        """
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(wild(part))
            elif isinstance(part, tuple):
                pieces.append(literal(part[0]))
            else:
                value = _value(part, lookup)
                if value is None:
                    return None
                pieces.append(wild(value.replace(OPEN_END, "*")) if wildcards_in_values else literal(value))
        return "".join(pieces)


def parse(text: str) -> Template:
    """The template of a text. Raises ValueError, with a message fit to be shown, for a malformed ``${``."""
    parts: list[str | tuple[str] | Variable] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        found = _VARIABLE.match(text, start)
        if found is None:
            raise ValueError(_complaint(text[start:]))
        if start > position:
            parts.append(text[position:start])
        if found["escape"]:
            parts.append((found["escape"],))
        else:
            row = find(found["key"])
            parts.append(Variable(canonical(found["key"]), found["default"], row is not None and row.multi_valued))
        position = found.end()
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts))


def has_variables(text: str) -> bool:
    """Whether the text contains ``${``."""
    return "${" in text


def _value(variable: Variable, lookup: Lookup) -> str | None:
    if variable.multi_valued:
        return None
    value = lookup(variable.key)
    return variable.default if value is None else value


def _complaint(rest: str) -> str:
    end = rest.find("}")
    if end < 0:
        return "policy variable without its closing brace"
    written = rest[: end + 1]
    if written == "${}":
        return "empty policy variable `${}`"
    return f"malformed policy variable `{written}`"
