"""Reads entries of a scenario: with a form where they are clearly valid, else with their pydantic model.

Comes in: plain values and their places. Goes out: entries, or None and faults. Never here: fields by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from kms_eval.documents.findings import Findings
from kms_eval.documents.forms import Form, Unsure
from kms_eval.formats.document import Place

if TYPE_CHECKING:
    from kms_eval.world.scenario import Entry

_Entry = TypeVar("_Entry", bound="Entry")


def read_entry(form: Form[_Entry], value: object, place: Place, findings: Findings) -> _Entry | None:
    """`value` as an entry; None where it is invalid, and then everything wrong with it is added to `findings`."""
    try:
        return form(value)
    except Unsure:
        from kms_eval.world.shape import validated  # noqa: PLC0415 - what is right does not need pydantic

        return validated(form.model(), value, place, findings)
