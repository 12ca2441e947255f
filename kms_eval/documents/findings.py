"""What is wrong with a document, and what a reader of it should know.

Comes in: remarks with the places they are about. Goes out: faults and warnings, in the order they were found.
Never here: rules. Nothing is raised until the caller has collected everything.
"""

from __future__ import annotations

from kms_eval.errors import Fault, InputError, Location
from kms_eval.formats.document import Place, Steps
from kms_eval.records import record


@record
class DocumentWarning:
    """Something to know about a document that was read all the same.

    `strict` marks what AWS would refuse to store; it is a fault under ``--strict``.
    """

    code: str
    message: str
    place: Place
    help: str | None = None
    strict: bool = False

    @property
    def location(self) -> Location:
        """File, line and field; looked up when needed."""
        return self.place.location()

    def as_fault(self) -> Fault:
        """The warning as a fault."""
        return Fault(self.message, self.location, self.help)


@record
class Remark:
    """What a rule says about the member of a document at `steps`: a fault, or with a `code` a warning."""

    steps: Steps
    message: str
    help: str | None = None
    code: str | None = None
    strict: bool = False

    def under(self, *steps: str | int) -> Remark:
        """The same remark, with steps that start further out: `steps` lead to the value it was about so far."""
        return Remark(steps + self.steps, self.message, self.help, self.code, self.strict)


class Findings:
    """Collects the faults and warnings of everything that is read for one purpose."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[DocumentWarning] = []

    def fault(self, place: Place, message: str, advice: str | None = None) -> None:
        """Add a fault."""
        self.faults.append(Fault(message, place.location(), advice))

    def remark(self, place: Place, remark: Remark) -> None:
        """Add what a rule said about a member of `place`."""
        there = place.at(*remark.steps)
        if remark.code is None:
            self.fault(there, remark.message, remark.help)
        else:
            self.warnings.append(DocumentWarning(remark.code, remark.message, there, remark.help, remark.strict))

    def say_once(self, faults: int, warnings: int) -> None:
        """Remove duplicates among what was found after the first `faults` and `warnings`.

        They come from variants of one statement, all of which were checked.
        """
        said = {(fault.message, fault.location): fault for fault in reversed(self.faults[faults:])}
        self.faults[faults:] = reversed(said.values())
        told = {
            (warning.code, warning.message, warning.place.steps): warning
            for warning in reversed(self.warnings[warnings:])
        }
        self.warnings[warnings:] = reversed(told.values())

    def raise_faults(self, *, strict: bool = False) -> None:
        """Raise InputError with every fault, if there is one; under `strict` some warnings are faults too."""
        faults = [*self.faults, *(warning.as_fault() for warning in self.warnings if strict and warning.strict)]
        if faults:
            raise InputError(faults)
