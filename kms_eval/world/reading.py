"""A scenario while it is being read: its sections entry by entry, and everything that is found to be wrong.

Comes in: the scenario as a document. Goes out: entries of the right shape with their places; faults and warnings are
collected, so that reading continues after a faulty entry. Never here: what an entry means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from kms_eval.documents.findings import Findings
from kms_eval.errors import Fault, InputError, did_you_mean
from kms_eval.formats.document import Place, Steps
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.world.attachments import Documents
from kms_eval.world.entries import read_entry
from kms_eval.world.entry_forms import SCENARIO
from kms_eval.world.values import kind_of, quote_it

if TYPE_CHECKING:
    from kms_eval.documents.forms import Form
    from kms_eval.world.scenario import Entry

_Entry = TypeVar("_Entry", bound="Entry")

# Stands for the scenario's account while the rest of a faulty scenario is read.
_UNKNOWN_ACCOUNT = "000000000000"

_ADVISED = 100
_SEARCHED = 500


class Reading:
    """What has been read so far. `broken` has the sections with unreadable entries, whose names are not all known.

    `unknowns` has the unknowns in the place of fields, by their steps from the scenario.
    """

    def __init__(self, place: Place, value: Mapping[str, object], documents: Documents, findings: Findings) -> None:
        self.place = place
        self.value = value
        self.documents = documents
        self.findings = findings
        self.broken: set[str] = set()
        self.unknowns: dict[Steps, Unknown] = {}
        # The fields that are not sections; this also finds names of fields that do not exist.
        fields = {name: member for name, member in value.items() if name not in _SECTIONS}
        head = read_entry(SCENARIO, fields, place, findings)
        self.scenario = head or SCENARIO({"account": _UNKNOWN_ACCOUNT})

    def entries(
        self, section: str, form: Form[_Entry], *, but: Callable[[str], bool] | None = None
    ) -> Iterator[tuple[str, Place, _Entry]]:
        """The entries of a section that is a mapping, with names and places; `but` is true of names to leave out."""
        place = self.place.at(section)
        value = self.value.get(section, {})
        if not isinstance(value, Mapping):
            self.refuse(section, place, f"expected a mapping, found {kind_of(value)}")
            return
        for name, item in value.items():
            if not isinstance(name, str) or not name:
                self.refuse(section, place, f"expected a name, found {kind_of(name)}", quote_it(name))
                continue
            if but is not None and but(name):
                continue
            here = place.at(name)
            entry = self.entry(section, form, item, here)
            if entry is not None:
                yield name, here, entry

    def items(self, section: str) -> Iterator[tuple[Place, object]]:
        """The members of a section that is a list, with their places."""
        place = self.place.at(section)
        value = self.value.get(section, [])
        if not isinstance(value, (list, tuple)):
            self.refuse(section, place, f"expected a list, found {kind_of(value)}")
            return
        for index, item in enumerate(value):
            yield place.at(index), item

    def entry(self, section: str, form: Form[_Entry], value: object, place: Place) -> _Entry | None:
        """One entry, or None where its shape is wrong; the documents in it are read even then."""
        found = len(self.findings.faults)
        entry = read_entry(form, value, place, self.findings)
        if entry is None or _are_unknown(value):
            from kms_eval.world.unknown_fields import without_unknowns  # noqa: PLC0415 - what is known needs it not

            known, unknowns = without_unknowns(section, value)
            if unknowns:
                del self.findings.faults[found:]
                here = place.steps[len(self.place.steps) :]
                self.unknowns |= {(*here, *steps): unknown for steps, unknown in unknowns.items()}
                entry = read_entry(form, known, place, self.findings)
        if entry is None:
            from kms_eval.world.nested_faults import read_nested_faults  # noqa: PLC0415 - only a fault needs it

            self.broken.add(section)
            read_nested_faults(self.documents, value, place, self.findings)
        return entry

    def refuse(self, section: str, place: Place, message: str, advice: str | None = None) -> None:
        """Record an entry that cannot be used."""
        self.broken.add(section)
        self.fault(place, message, advice)

    def fault(self, place: Place, message: str, advice: str | None = None) -> None:
        """Record a fault."""
        self.findings.fault(place, message, advice)

    def advice(self, word: str, words: Iterable[str]) -> str | None:
        """What an unknown name may be a misspelling of; None after many faults, as looking for it takes time."""
        many = len(self.findings.faults) > _ADVISED
        return None if many else did_you_mean(word, islice(words, _SEARCHED))

    def failed(self, place: Place, error: InputError) -> None:
        """Record what is wrong with a name or a request, at its place."""
        self.findings.faults.extend(
            fault if fault.location is not None else Fault(fault.message, place.location(), fault.help)
            for fault in error.faults
        )


def _are_unknown(value: object) -> bool:
    """Whether the tags of an entry are an unknown: in form, it could also be a tag whose key is `unknown`."""
    return isinstance(value, Mapping) and "tags" in value and unknown_in(value["tags"]) is not None


_SECTIONS = frozenset(
    {"keys", "principals", "groups", "attached_by_principal", "organization", "vpc_endpoints", "tests", "checks"}
)
