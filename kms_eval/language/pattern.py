"""Globs as AWS defines them: ``*`` is any sequence of characters (or none), ``?`` exactly one, all else itself.

Comes in: text as AWS writes it. Goes out: a matcher for one string. The only module that knows wcmatch.
Never here: which element the pattern came from, ARNs, case rules beyond what the caller asks for.

A *glob* below is text in wcmatch's own syntax, where a backslash makes the next character ordinary. `wild` and
`literal` produce globs, so that pieces of both kinds can be joined before they are compiled.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Matcher = Callable[[str], bool]

_MAGIC = re.compile(r"([\\\[])")
_MAGIC_OR_WILDCARD = re.compile(r"([\\\[*?])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WILDCARD = re.compile(r"(?:[^\\*?]|\\.)*[*?]", re.DOTALL)


def wild(text: str) -> str:
    """AWS text in which ``*`` and ``?`` are wildcards, as a glob."""
    return _MAGIC.sub(r"\\\1", text)


def literal(text: str) -> str:
    """Text that stands for itself, wildcards included, as a glob."""
    return _MAGIC_OR_WILDCARD.sub(r"\\\1", text)


def is_wild(glob: str) -> bool:
    """Whether the glob has a wildcard."""
    return _WILDCARD.match(glob) is not None


def only_stars(glob: str) -> bool:
    """Whether the glob is ``*`` (or several of them), which matches everything."""
    return glob != "" and glob.strip("*") == ""


def ends_in_star(glob: str) -> bool:
    """Whether the last character of the glob is the wildcard ``*``."""
    before = len(glob) - 1 - len(glob[:-1].rstrip("\\"))
    return glob.endswith("*") and before % 2 == 0


@lru_cache(maxsize=8192)
def compile_glob(glob: str) -> Matcher:
    """The matcher for one glob: whole string, case-sensitive, in time linear in the string for each wildcard."""
    if only_stars(glob):
        return _everything
    if not is_wild(glob):
        return _plain(glob).__eq__
    if glob.endswith("*") and not is_wild(glob[:-1]):
        start = _plain(glob[:-1])
        return lambda text: text.startswith(start)

    # Imported here: most worlds have no other kind of pattern, and should not pay for the import.
    from wcmatch import fnmatch  # noqa: PLC0415

    # FORCEUNIX: no Windows paths; DOTMATCH: a leading dot is ordinary; CASE: ARNs and values keep their case.
    flags = fnmatch.CASE | fnmatch.DOTMATCH | fnmatch.FORCEUNIX
    (expression,), _exclusions = fnmatch.translate(glob, flags=flags)
    match = re.compile(expression).fullmatch
    return lambda text: match(text) is not None


def compile_text(text: str) -> Matcher:
    """The matcher for AWS text with wildcards, case-sensitive."""
    return compile_glob(wild(text))


def _plain(glob: str) -> str:
    """The one text that a glob without wildcards matches."""
    return _ESCAPED.sub(r"\1", glob)


def _everything(_text: str) -> bool:
    return True
