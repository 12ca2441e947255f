"""What a source gives: the raw structure of a scenario, and where each part of it is from.

Comes in: values and places. Goes out: `Raw`. Never here: any format, merging.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kms_eval.documents.findings import DocumentWarning
from kms_eval.formats.document import Origin, Origins, Place, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.records import record


@record
class Document:
    """A policy as raw value, where it stands and what it is called; `parts` are places of statements inside it."""

    value: object
    origin: Origin
    parts: Mapping[Steps, Origin] = field(default_factory=dict)

    def put(self, origins: Origins, steps: Steps) -> None:
        """Say that the document at `steps` of a scenario is from here."""
        origins.put(steps, self.origin)
        for inner, origin in self.parts.items():
            origins.put((*steps, *inner), origin)


@dataclass(frozen=True, slots=True)
class Attached:
    """That a policy of an organization hangs on a root, a unit or an account (`target`, by its id).

    `field` is where policies of its type stand in an account. Without a target: wherever it hangs already.
    """

    field: str
    target: str | None
    name: str


class Whole(dict[str, object]):
    """A list by name that has all there is: it replaces what was said before, and later sources are merged with it."""


class Exclusive(dict[str, object]):
    """Policies by name beside which there are no others of some kinds: what earlier sources say of these is gone.

    `inline` and `managed` have those that stay whatever they say, with what stands for one that no source shows; None
    where others of the kind are left alone.
    """

    inline: Mapping[str, Unknown] | None = None
    managed: Mapping[str, Unknown] | None = None

    def beside(self, before: Mapping[object, object]) -> dict[object, object]:
        """These, and what is left of those that were told before."""
        found: dict[object, object] = {}
        found.update(self.inline or {})
        found.update(self.managed or {})
        for name, value in before.items():
            text = str(name)
            stay = self.managed if text.startswith("arn:") or text == "attached policies" else self.inline
            # What is no name of a policy speaks of groups.
            if stay is None or text in stay or (" " in text and text not in _LISTS):
                found[name] = value
        found.update(self)
        return found


_LISTS = frozenset({"inline policies", "attached policies"})
"""What stands for all policies of a kind that no response shows."""


def perhaps(policy: object, unknown: Unknown) -> object:
    """A policy of which it is not known whether it counts for somebody: its statements hang on something unknown."""
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
    """What one source tells: `value` is built like a scenario file, and an `Unknown` may stand in it anywhere.

    In a source that tells only a part of something, some lists may be mappings by name, which are merged with what
    other sources tell of it: the `policies` of principals and groups (name to document), the `grants` of keys (name to
    entry), their `aliases` (alias name to true). None takes away what has that name; so it does in place of a whole
    key or principal. A `Whole` mapping replaces what earlier sources say, an `Exclusive` one some of it.

    `gaps` has what exists and this source does not show, by the steps to where it would be: it counts only where no
    source says anything there. `attachments` are policies of the organization by what they hang on, which count where a
    source tells the accounts; None takes one away. `managed` are managed policies by their ARNs, whoever has them:
    where another source only names one, it is that. `words` are to be said first, to whoever asks; `known_as` is what
    the source was recognised as. `stack` is what a stack is called, and `logical_ids` are what it calls its own, which
    another stack may have as well.
    """

    value: dict[str, object] = field(default_factory=dict)
    origins: Origins = field(default_factory=Origins)
    gaps: dict[Steps, Unknown] = field(default_factory=dict)
    attachments: dict[Attached, Document | None] = field(default_factory=dict)
    managed: dict[str, Document] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    known_as: str = ""
    stack: str = ""
    logical_ids: frozenset[str] = frozenset()

    def section(self, name: str) -> dict[str, object]:
        """A section that is a mapping; made where it is not there yet."""
        found = self.value.setdefault(name, {})
        assert isinstance(found, dict)  # noqa: S101 - INVARIANT: who gives a Raw makes its sections mappings
        return found

    def put(self, section: str, name: str, entry: dict[str, object], place: Place | None = None) -> None:
        """An entry of a section, which stands at `place`."""
        self.section(section)[name] = entry
        if place is not None:
            self.origins.put((section, name), Origin(place))
