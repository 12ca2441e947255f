"""What an explanation says: plain values that every renderer reads.

Comes in: nothing (types only). Goes out: what `explain` fills in. Never here: finding reasons, formatting.
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
    """A statement (or grant) that counted: policy name, Sid, index from 0, effect, and where it stands."""

    policy: str
    sid: str | None
    index: int
    effect: Literal["Allow", "Deny"]
    location: Location | None = None

    @property
    def label(self) -> str:
        """The Sid in quotes, or the index."""
        return f'"{self.sid}"' if self.sid else f"statement {self.index}"

    @property
    def is_grant(self) -> bool:
        """Whether it is a grant, which has no Sid and no index; its name says that it is one."""
        return self.policy.startswith("grant ")

    @property
    def name(self) -> str:
        """Its name in a single text: policy and label, or for a grant its id."""
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
    `statement` the index of the statement in it (None: a new statement, or not about one), `edit` what is added,
    replaced or removed, and `text` says it in a sentence. Where several things have to change together, `kind` is
    ``together`` and `steps` has them in order.
    """

    kind: str
    policy: str | None
    statement: int | None
    edit: Mapping[str, Any]
    text: str
    steps: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object in JSON output: kind, policy, statement, edit, text."""
        edit: dict[str, Any] = {"steps": [step.to_dict() for step in self.steps]} if self.steps else dict(self.edit)
        return {
            "kind": self.kind,
            "policy": self.policy,
            "statement": self.statement,
            "edit": edit,
            "text": self.text,
        }


class Warned(NamedTuple):
    """Something else to know about the decision: a code and its sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons.

    `layers` holds every layer in force. `missing_context` names condition keys that are absent and could change the
    decision. For a call that needs several authorizations `parts` explains each, and the rest is about the one that the
    decision is reported for. `changes` would make a denied request allowed, each tried by the engine, the smallest
    first; `why_unchanged` says why none was found. Both are empty unless advice was asked for (`analysis.advising`).
    `unknowns` are what an undetermined decision depends on. `key_name` is the key's handle in the scenario.
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
        """The statement or grant to name where only one can be: the Deny, else the Allow closest to the caller."""
        wanted = ("denies",) if self.decision == "explicitDeny" else ("allows", "delegates")
        if self.decision in ("implicitDeny", "undetermined"):
            return None
        order = ("grant", "identityPolicy", "keyPolicy") if self.reason_code != "key-policy-allows" else ("keyPolicy",)
        words = sorted(
            (word for word in self.layers if word.outcome in wanted and word.statements),
            key=lambda word: order.index(word.layer) if word.layer in order else len(order),
        )
        return words[0].statements[0] if words else None
