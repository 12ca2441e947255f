"""What an explanation says: plain values that every renderer reads.

Comes in: nothing (types only). Goes out: what `explain` fills in. Never here: finding out, formatting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

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


class Warned(NamedTuple):
    """Something to know beside the decision: a code and its sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons.

    `layers` holds every layer in force. `missing_context` names condition keys that are absent and could turn the
    decision. `change` is the smallest thing that would make it allowed (None where allowed or not known). For a call
    that needs several authorizations `parts` explains each, and the rest is about the one the decision is reported for.
    `unknowns` are what an undetermined decision hangs on.
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
    change: str | None = None
    parts: tuple[Explanation, ...] = ()
    unknowns: tuple[Unknown, ...] = ()

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
