"""What a lint rule is: a row with its page, its examples and its check function.

Comes in: nothing (types only). Goes out: the types of rows and findings. Never here: a rule, reading files.
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
"""error: AWS refuses it; warning: it does not do what it seems to do; note: it is wider than it needs to be."""
LEVELS: tuple[Level, ...] = ("note", "warning", "error")

ACCOUNT = "111122223333"
"""The account of all examples."""
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"

Members = Mapping[str, Any]


@record
class Found:
    """What a rule finds at one place. `statement` is None where it is about the whole policy or a grant.

    `removable`: removing the element at the place changes no decision, so that ``--fix`` may do it.
    """

    place: Place
    message: str
    help: str | None = None
    statement: Statement | None = None
    removable: bool = False


@record
class Example:
    """A policy by its statements; a key policy begins with the delegation to the account, unless `delegated` is False.

    `key` has other fields of the key in a scenario (grants, spec), `kind` says which kind of policy it is, `document`
    has members of the policy besides its statements.
    """

    statements: tuple[Members, ...] = ()
    kind: PolicyKind = PolicyKind.KEY
    key: Members = field(default_factory=dict)
    delegated: bool = True
    document: Members = field(default_factory=dict)
    comment: str = ""
    """A comment in the scenario, on the line above the key."""
    described: bool = False
    """Whether the scenario describes the role `app`, so that other names do not exist."""

    @property
    def policy(self) -> dict[str, Any]:
        """The policy document."""
        first = (DELEGATION,) if self.kind is PolicyKind.KEY and self.delegated else ()
        return {"Version": "2012-10-17", **self.document, "Statement": [*first, *self.statements]}


Check = Callable[[Subject], Iterator[Found]]


@record
class Rule:
    """One rule. `page` is the AWS page it is based on; `check` is None where the document reader does the check.

    `remarks` are the codes of the reader's remarks that it reports. `optional` rules run only where they are selected.
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
