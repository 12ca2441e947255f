"""A change as users get it: plain frozen values that show themselves.

Comes in: nothing (types only). Goes out: what `advise` fills in. Never here: trying, rendering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change; the engine has tried it, and it makes the request `allowed`.

    `kind` names what is done (``add-action``), `policy` the document or grant (None: the request, or a new document),
    `statement` the position of the statement in it (None: a new one, or none), `edit` the change as AWS's own JSON, and
    `text` says it in one sentence. Where several things have to change together, `kind` is ``together`` and `steps` has
    them in order.
    """

    kind: str
    policy: str | None
    statement: int | None
    edit: Mapping[str, Any]
    text: str
    steps: tuple[Change, ...] = field(default=())

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """The object of the contract: kind, policy, statement, edit, text."""
        edit: dict[str, Any] = {"steps": [step.to_dict() for step in self.steps]} if self.steps else dict(self.edit)
        return {
            "kind": self.kind,
            "policy": self.policy,
            "statement": self.statement,
            "edit": edit,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Advice:
    """Every change that was found, the smallest first; `why_none` says why there is none (None where there are)."""

    changes: tuple[Change, ...] = ()
    why_none: str | None = None
