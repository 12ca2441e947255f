"""What is wrong with a document, and what a reader of it should know.

Comes in: remarks with the places they are about. Goes out: faults and warnings, in the order they were found.
Never here: rules. Nothing is raised before the caller has everything together.
"""

from __future__ import annotations

from kms_eval.errors import Fault, InputError, Location
from kms_eval.formats.document import Place, Steps
from kms_eval.records import record


@record
class DocumentWarning:
    """A document is read, and this should be said about it.

    `strict` marks what AWS would refuse to store; it is a fault where the user asks for strictness.
    """

    code: str
    message: str
    place: Place
    help: str | None = None
    strict: bool = False

    @property
    def location(self) -> Location:
        """File, line and field; looked up when asked for."""
        return self.place.location()

    def as_fault(self) -> Fault:
        """The same as a fault."""
        return Fault(self.message, self.location, self.help)


@record
class Remark:
    """What a rule says about the member of a document that `steps` leads to: a fault, or with a `code` a notice."""

    steps: Steps
    message: str
    help: str | None = None
    code: str | None = None
    strict: bool = False

    def under(self, *steps: str | int) -> Remark:
        """The same remark, seen from further out."""
        return Remark(steps + self.steps, self.message, self.help, self.code, self.strict)


class Findings:
    """Collects the faults and warnings of everything that is read for one purpose."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[DocumentWarning] = []

    def fault(self, place: Place, message: str, advice: str | None = None) -> None:
        """Something is wrong."""
        self.faults.append(Fault(message, place.location(), advice))

    def remark(self, place: Place, remark: Remark) -> None:
        """What a rule said about a member of `place`."""
        there = place.at(*remark.steps)
        if remark.code is None:
            self.fault(there, remark.message, remark.help)
        else:
            self.warnings.append(DocumentWarning(remark.code, remark.message, there, remark.help, remark.strict))

    def say_once(self, faults: int, warnings: int) -> None:
        """Of what was found after that many faults and warnings, keep what is said of two forms of one thing once."""
        said = {(fault.message, fault.location): fault for fault in reversed(self.faults[faults:])}
        self.faults[faults:] = reversed(said.values())
        told = {
            (warning.code, warning.message, warning.place.steps): warning
            for warning in reversed(self.warnings[warnings:])
        }
        self.warnings[warnings:] = reversed(told.values())

    def raise_faults(self, *, strict: bool = False) -> None:
        """InputError with every fault, if there is one; under `strict` some warnings are faults too."""
        faults = [*self.faults, *(warning.as_fault() for warning in self.warnings if strict and warning.strict)]
        if faults:
            raise InputError(faults)
