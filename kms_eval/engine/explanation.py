"""What an explanation says: plain values that every renderer reads.

Comes in: nothing (types only). Goes out: what `explain` fills in. Never here: finding out, formatting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kms_eval.engine.cell import Outcome
from kms_eval.errors import Location
from kms_eval.formats.unknown import Unknown

LayerOutcome = Literal["allows", "delegates", "denies", "silent", "unknown"]


def layer_in_words(layer: str) -> str:
    """A layer's name in words: ``serviceControlPolicy`` as ``service control policy``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", layer).replace("vpc", "VPC")


@dataclass(frozen=True, slots=True)
class Source:
    """The statement (or grant) that had a say: policy name, Sid, position from 0, effect, and where it stands."""

    policy: str
    sid: str | None
    index: int
    effect: Literal["Allow", "Deny"]
    location: Location | None = None

    @property
    def label(self) -> str:
        """The Sid in quotes, or the position."""
        return f'"{self.sid}"' if self.sid else f"statement {self.index}"

    @property
    def is_grant(self) -> bool:
        """Whether it is a grant: that has neither Sid nor position, and its name says what it is."""
        return self.policy.startswith("grant ")

    @property
    def name(self) -> str:
        """What it is called where there is room for one name: policy and label; of a grant its id."""
        return self.policy if self.is_grant else f"{self.policy} {self.label}"


class LayerWord(NamedTuple):
    """What one layer said: `delegates` is an Allow that works only together with an identity policy."""

    layer: str
    outcome: LayerOutcome
    statements: tuple[Source, ...] = ()


class NearMiss(NamedTuple):
    """A statement or grant for this caller that did not count, and what kept it from counting."""

    layer: str
    source: Source
    because: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change; the engine has tried it, and it makes the request `allowed`.

    `kind` names what is done (``add-action``), `policy` the document or grant (None: the request, or a new document),
    `statement` the position of the statement in it (None: a new one, or none), `edit` what is added, replaced or
    removed, and `text` says it in a sentence. Where several things have to change together, `kind` is ``together`` and
    `steps` has them in order.
    """

    kind: str
    policy: str | None
    statement: int | None
    edit: Mapping[str, Any]
    text: str
    steps: tuple[Change, ...] = ()

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


class Warned(NamedTuple):
    """Something to know beside the decision: a code and its sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons.

    `layers` holds every layer in force. `missing_context` names condition keys that are absent and could turn the
    decision. For a call that needs several authorizations `parts` explains each, and the rest is about the one the
    decision is reported for. `changes` are tested ones, the smallest first; `why_unchanged` says why there is none.
    Both are empty until somebody asks for advice (`analysis.advising`). `unknowns` are what an undetermined decision
    hangs on. `key_name` is what the scenario calls the key.
    """

    decision: Outcome
    principal: str
    action: str
    key: str | None
    reason: str
    reason_code: str
    layers: tuple[LayerWord, ...] = ()
    missing_context: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    changes: tuple[Change, ...] = ()
    why_unchanged: str | None = None
    parts: tuple[Explanation, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    key_name: str | None = None

    @property
    def deciding(self) -> Source | None:
        """The one statement to name where there is room for one: the Deny, else the Allow nearest to the caller."""
        wanted = ("denies",) if self.decision == "explicitDeny" else ("allows", "delegates")
        if self.decision in ("implicitDeny", "undetermined"):
            return None
        order = ("grant", "identityPolicy", "keyPolicy") if self.reason_code != "key-policy-allows" else ("keyPolicy",)
        words = sorted(
            (word for word in self.layers if word.outcome in wanted and word.statements),
            key=lambda word: order.index(word.layer) if word.layer in order else len(order),
        )
        return words[0].statements[0] if words else None
