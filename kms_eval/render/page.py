"""What web pages have in common: parts in files, the content security policy, and the name of the program.

Comes in: names of files, scripts. Goes out: text. Never here: what a page shows.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """A part of a page, from a file in the folder `pages`."""
    return (files("kms_eval") / "render" / "pages" / name).read_text(encoding="utf-8")


def content_security_policy(style: str, script: str | None = None) -> str:
    """The content security policy of a page that loads nothing, and has only this style and this script, if any.

    https://www.w3.org/TR/CSP3/#external-hash
    """
    scripts = f"; script-src {_digest(script)}" if script is not None else ""
    return f"default-src 'none'; style-src {_digest(style)}{scripts}"


def produced_by() -> str:
    """The program and its version."""
    return f"kms-eval {version('kms-eval')}"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
