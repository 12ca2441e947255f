"""What a rule of the lint is: a row with its page, its example and the function that finds it.

Comes in: nothing (types only). Goes out: what rows are made of. Never here: a rule, reading files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from kms_eval.analysis.linting.subject import Subject
from kms_eval.documents.model import PolicyKind, Statement
from kms_eval.formats.document import Place
from kms_eval.records import record

Level = Literal["error", "warning", "note"]
"""error: AWS refuses it; warning: it does not do what it says; note: it is wider than it needs to be."""
LEVELS: tuple[Level, ...] = ("note", "warning", "error")

ACCOUNT = "111122223333"
"""The account of all examples."""
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"

Members = Mapping[str, Any]


@record
class Found:
    """What a rule says about one place. `statement` is None where it is about the whole policy or a grant.

    `removable`: taking the element at the place away changes no decision, so that ``--fix`` may do it.
    """

    place: Place
    message: str
    help: str | None = None
    statement: Statement | None = None
    removable: bool = False


@record
class Example:
    """A policy by its statements; of a key policy the delegation to the account comes first, unless it is left out.

    `key` are other fields of the key in a scenario (grants, spec), `kind` says which policy it is, `document` members
    of the policy beside its statements.
    """

    statements: tuple[Members, ...] = ()
    kind: PolicyKind = PolicyKind.KEY
    key: Members = field(default_factory=dict)
    delegated: bool = True
    document: Members = field(default_factory=dict)
    comment: str = ""
    """A comment in the scenario, on the line above the key."""
    described: bool = False
    """Whether the scenario describes the role `app`, so that other names are names of nobody."""

    @property
    def policy(self) -> dict[str, Any]:
        """The policy document."""
        first = (DELEGATION,) if self.kind is PolicyKind.KEY and self.delegated else ()
        return {"Version": "2012-10-17", **self.document, "Statement": [*first, *self.statements]}


Check = Callable[[Subject], Iterator[Found]]


@record
class Rule:
    """One rule. `page` is AWS's page that says so; `check` is None where the reader of documents finds it.

    `remarks` are the codes of the reader's remarks that it presents. `optional` rules run only where they are selected.
    """

    code: str
    name: str
    level: Level
    title: str
    why: str
    example: Example
    mended: Example
    page: str
    check: Check | None = None
    remarks: tuple[str, ...] = ()
    optional: bool = False


DELEGATION: Members = {
    "Sid": "Delegation",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": "kms:*",
    "Resource": "*",
}


def allow(principal: object, *actions: str, **members: object) -> Members:
    """A statement of a key policy that allows `actions`."""
    action: object = actions[0] if len(actions) == 1 else list(actions)
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **members}


def deny(principal: object, *actions: str, **members: object) -> Members:
    """A statement of a key policy that denies `actions`."""
    return {**allow(principal, *actions), "Effect": "Deny", **members}
