"""The permission or API operation that a question names.

Comes in: the user's word. Goes out: the name as AWS spells it, or InputError that says what was probably meant.
Never here: what a call needs (`plan`), patterns in policies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from kms_eval.engine.masks import published
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.facts.actions import ACTIONS, OPERATIONS

_PRINCIPAL = re.compile(r"(?:role|user|assumed-role|federated-user)/.*|root|arn:[^:]*:(?:iam|sts):.*|[a-z0-9.-]+\.com")
_PERMISSION = re.compile(r"kms:[A-Za-z]+", re.IGNORECASE)
_KEY = re.compile(r"alias/.*|arn:[^:]*:kms:.*")
_BLANK = frozenset("*? \t\n")


@lru_cache(maxsize=4096)
def action_name(text: str, *, allow_unknown: bool = False) -> str:
    """The permission (``kms:Decrypt``) or API operation (``ReEncrypt``) that a text names, spelled as AWS spells it.

    Raises InputError, with the most similar names, for anything else; `allow_unknown` accepts ``kms:Anything``.
    """
    service, colon, name = text.partition(":")
    lowered = text.lower()
    for complaint in _COMPLAINTS:
        fault = complaint(text)
        if fault is not None:
            raise InputError(fault)
    if colon and service.lower() != "kms":
        advice = _nearest_actions(f"kms:{name}") or "actions look like `kms:Decrypt`"
        raise InputError(Fault(f"{quoted(text)} is not an action of AWS KMS", help=advice))
    full = lowered if colon else f"kms:{lowered}"
    row = published(full)
    operation = OPERATIONS.get(lowered)
    if not colon and operation is not None:
        return next(name for action in operation for name in action.operations if name.lower() == lowered)
    if row is not None:
        return row.name
    if allow_unknown and colon and name and not set(name) & _BLANK:
        return f"kms:{name}"
    advice = _nearest_actions(text) or "actions look like `kms:Decrypt`"
    raise InputError(Fault(f"unknown action {quoted(text)}", help=advice))


def swapped(principal: str, action: str) -> InputError | None:
    """The error for a principal and an action that were given in the wrong order; None where they were not."""
    if not _PERMISSION.fullmatch(principal) or not _PRINCIPAL.fullmatch(action):
        return None
    message = f"{quoted(principal)} is an action, not a principal"
    return InputError(Fault(message, help=f"the principal comes first, then the action: `{action}`, `{principal}`"))


def _is_list(text: str) -> Fault | None:
    if "," not in text:
        return None
    first = text.partition(",")[0].strip() or "kms:Decrypt"
    return Fault(f"{quoted(text)} is more than one action", help=f"ask for one at a time: `{first}`")


def _is_principal(text: str) -> Fault | None:
    if not _PRINCIPAL.fullmatch(text):
        return None
    return Fault(f"{quoted(text)} is a principal, not an action", help="actions look like `kms:Decrypt`")


def _is_key(text: str) -> Fault | None:
    if not _KEY.fullmatch(text):
        return None
    return Fault(f"{quoted(text)} is a key, not an action", help="name the key with `--key`, `key=`")


def _is_pattern(text: str) -> Fault | None:
    if not set(text) & set("*?"):
        return None
    advice = "ask for one action such as `kms:Decrypt`; `kms-eval matrix` answers for all of them"
    return Fault(f"{quoted(text)} is a pattern, not one action", help=advice)


def _is_call(text: str) -> Fault | None:
    """An API operation whose permissions have different names (semantics A3)."""
    service, colon, name = text.partition(":")
    permissions = OPERATIONS.get(name.lower())
    if not colon or service.lower() != "kms" or permissions is None or published(text.lower()) is not None:
        return None
    call = next(each for action in permissions for each in action.operations if each.lower() == name.lower())
    needed = " and ".join(f"`{action.name}`" for action in permissions)
    return Fault(f"there is no permission `kms:{call}`", help=f"the call is `{call}`, its permissions are {needed}")


_COMPLAINTS: tuple[Callable[[str], Fault | None], ...] = (_is_list, _is_principal, _is_key, _is_pattern, _is_call)
"""What people type in place of an action, the most obvious first."""


def _nearest_actions(text: str) -> str | None:
    near = [f"`{name}`" for name in _near(text.lower() if ":" in text else f"kms:{text.lower()}")]
    return f"did you mean {' or '.join(near)}?" if near else None


def _near(word: str) -> Iterator[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only a fault needs it

    known = {action.name.lower(): action.name for action in ACTIONS}
    if word in known:
        yield known[word]
        return
    yield from (known[match] for match in get_close_matches(word, known, n=3, cutoff=0.75))
