"""The plain loop that anybody would write first: every statement of the key policy and the identity policies, in turn.

Comes in: the documents of a question. Goes out: a function that decides one request. It knows one account, key and
identity policies, `Bool` and `StringEquals`, and nothing more: enough for the questions here, on which it has to agree
with kms-eval. Never here: the package itself, anything kept from one request to the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = dict[str, Any]
Decide = Callable[[str, str, str, Mapping[str, str]], bool]


def compile_documents(keys: Mapping[str, Json], identity: Mapping[str, Iterable[Json]], account: str) -> Decide:
    """The function ``allowed(principal, action, key, context)``; principals are ARNs, keys the names in `keys`."""
    root = f"arn:aws:iam::{account}:root"
    of_key = {name: [_statement(each) for each in document["Statement"]] for name, document in keys.items()}
    of_principal = {
        name: [_statement(each) for document in documents for each in document["Statement"]]
        for name, documents in identity.items()
    }

    def allowed(principal: str, action: str, key: str, context: Mapping[str, str]) -> bool:
        named = delegated = False
        for effect, principals, covers, conditions in of_key[key]:
            anyone = "*" in principals or principal in principals
            if not (anyone or root in principals) or not covers(action) or not _hold(conditions, context):
                continue
            if effect == "Deny":
                return False
            named, delegated = named or anyone, delegated or not anyone
        by_identity = False
        for effect, _, covers, conditions in of_principal.get(principal, ()):
            if covers(action) and _hold(conditions, context):
                if effect == "Deny":
                    return False
                by_identity = True
        return named or (delegated and by_identity)

    return allowed


def _statement(written: Json) -> tuple[str, list[str], Callable[[str], object], list[tuple[str, list[str]]]]:
    principal = written.get("Principal", {})
    principals = _list(principal if isinstance(principal, str) else principal.get("AWS", []))
    globs = (re.escape(text).replace(r"\*", ".*").replace(r"\?", ".") for text in _list(written["Action"]))
    tests = [
        pair for operator in ("Bool", "StringEquals") for pair in written.get("Condition", {}).get(operator, {}).items()
    ]
    conditions = [(key, _list(values)) for key, values in tests]
    return written["Effect"], principals, re.compile("|".join(globs), re.IGNORECASE).fullmatch, conditions


def _hold(conditions: list[tuple[str, list[str]]], context: Mapping[str, str]) -> bool:
    return all(context.get(key) in values for key, values in conditions)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
