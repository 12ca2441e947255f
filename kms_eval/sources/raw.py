"""What a source gives: the raw structure of a scenario, and where each part of it comes from.

Comes in: values and places. Goes out: `Raw`. Never here: any format, merging.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kms_eval.documents.findings import DocumentWarning
from kms_eval.formats.document import Origin, Origins, Place, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record

SECTIONS: Final = ("keys", "principals", "groups", "vpc_endpoints")
"""The sections of a scenario that are mappings by name."""


@record
class Document:
    """A policy as a raw value, with its place and its name; `parts` are the places of statements inside it."""

    value: object
    origin: Origin
    parts: Mapping[Steps, Origin] = field(default_factory=dict)

    def put(self, origins: Origins, steps: Steps) -> None:
        """Record that the document at `steps` of a scenario comes from here."""
        origins.put(steps, self.origin)
        for inner, origin in self.parts.items():
            origins.put((*steps, *inner), origin)


@dataclass(frozen=True, slots=True)
class Attached:
    """That a policy of an organization is attached to a root, an OU or an account (`target`, by its id).

    `field` is where policies of its type stand in an account. Without a target: wherever it is already attached.
    """

    field: str
    target: str | None
    name: str


class Whole(dict[str, object]):
    """A complete list by name: it replaces what earlier sources said, and later sources are merged with it."""


class Exclusive(dict[str, object]):
    """Policies by name that are the only ones of some kinds: other policies of these kinds from earlier sources go.

    `inline` and `managed` name further policies of the kind that stay, each with the `Unknown` that stands for it if
    no source shows it; None if this list is not exclusive for the kind.
    """

    inline: Mapping[str, Unknown] | None = None
    managed: Mapping[str, Unknown] | None = None

    def beside(self, before: Mapping[object, object]) -> dict[object, object]:
        """These, and what is left of the policies that were known before."""
        found: dict[object, object] = {}
        found.update(self.inline or {})
        found.update(self.managed or {})
        for name, value in before.items():
            text = str(name)
            stay = self.managed if text.startswith("arn:") or text == "attached policies" else self.inline
            # A text that is not the name of a policy is about groups.
            if stay is None or text in stay or (" " in text and text not in _LISTS):
                found[name] = value
        found.update(self)
        return found


_LISTS = frozenset({"inline policies", "attached policies"})
"""Names that stand for all policies of a kind that no response shows."""


def conditional_on(policy: object, unknown: Unknown) -> object:
    """A policy that may or may not apply to somebody: its statements get the unknown as their condition."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            return unknown
    written = policy.get("Statement") if isinstance(policy, Mapping) else None
    statements = written if isinstance(written, list) else [written]
    if not isinstance(policy, Mapping) or not all(isinstance(each, Mapping) for each in statements):
        return unknown
    return {**policy, "Statement": [{**each, "Condition": unknown} for each in statements if isinstance(each, Mapping)]}


@dataclass(slots=True, eq=False, repr=False)
class Raw:
    """What one source says: `value` is built like a scenario file, and an `Unknown` may stand anywhere in it.

    In a source that has only a part of something, some lists may be mappings by name, which are merged with what other
    sources say about it: the `policies` of principals and groups (name to document), the `grants` of keys (name to
    entry), their `aliases` (alias name to true). None removes what has that name; in place of a whole key or principal
    it removes that. A `Whole` mapping replaces what earlier sources say, an `Exclusive` one replaces some of it.

    `gaps` has what exists but is not shown by this source, by the steps to where it would be; a gap counts only where
    no source says anything. `attachments` are policies of the organization by what they are attached to, which count
    if a source has the accounts; None detaches one. `managed` are managed policies by their ARNs, whether attached or
    not; they fill in the ones that another source only names. `notices` are messages for the user, shown before any
    answer; `known_as` is what the source was recognised as. `stack` is the name of a stack, and `logical_ids` are the
    logical ids in it, which another stack may have as well.
    """

    value: dict[str, object] = field(default_factory=dict)
    origins: Origins = field(default_factory=Origins)
    gaps: dict[Steps, Unknown] = field(default_factory=dict)
    attachments: dict[Attached, Document | None] = field(default_factory=dict)
    managed: dict[str, Document] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    known_as: str = ""
    stack: str = ""
    logical_ids: frozenset[str] = frozenset()

    def section(self, name: str) -> dict[str, object]:
        """A section that is a mapping; it is made if it does not exist yet."""
        found = self.value.setdefault(name, {})
        assert isinstance(found, dict)  # noqa: S101 - INVARIANT: who gives a Raw makes its sections mappings
        return found

    def put(self, section: str, name: str, entry: dict[str, object], place: Place | None = None) -> None:
        """Add an entry, written at `place`, to a section."""
        self.section(section)[name] = entry
        if place is not None:
            self.origins.put((section, name), Origin(place))
