"""Types of values that scenario fields hold, for the forms of entries.

Comes in: plain values. Goes out: the values that a model of `scenario` would make of them, or `Unsure`.
Never here: fields by name, and messages about values of the wrong type (those are in `fields`).
"""

from __future__ import annotations

from kms_eval.documents.forms import Unsure, one_of, string
from kms_eval.facts.enums import KEY_SPECS, KEY_STATES, KEY_USAGES, ORIGINS
from kms_eval.world.identity import is_account
from kms_eval.world.values import grants_source_complaint, policy_source_complaint

MANAGERS = ("CUSTOMER", "AWS")
EXPECTATIONS = ("allowed", "denied", "explicitDeny", "implicitDeny", "undetermined")

key_spec = one_of(*KEY_SPECS)
key_usage = one_of(*KEY_USAGES)
origin = one_of(*ORIGINS)
key_state = one_of(*KEY_STATES)
manager = one_of(*MANAGERS)
expectation = one_of(*EXPECTATIONS)


def text(value: object) -> str:
    """A string that is not empty."""
    if found := string(value):
        return found
    raise Unsure


def account_id(value: object) -> str:
    """Twelve digits, as a string."""
    if is_account(found := string(value)):
        return found
    raise Unsure


def policy_source(value: object) -> object:
    """A path, a policy document or its JSON text."""
    if policy_source_complaint(value) is None:
        return value
    raise Unsure


def grants_source(value: object) -> object:
    """A list of grants or a path to one."""
    if grants_source_complaint(value) is None:
        return value
    raise Unsure


def names(value: object) -> tuple[str, ...]:
    """A name or a list of names, as a tuple."""
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)):
        raise Unsure
    return tuple(map(text, listed))


def actions(value: object) -> tuple[str, ...]:
    """An action or a list of actions, as a tuple."""
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)) or not listed:
        raise Unsure
    return tuple(map(text, listed))
