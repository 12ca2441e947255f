"""A test of a scenario: a request and the decision it is expected to get.

Comes in: the section `tests`. Goes out: cases that test runners run. Never here: running, and layers or codes by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from kms_eval.errors import InputError
from kms_eval.formats.document import Place
from kms_eval.records import record
from kms_eval.safe_text import printable
from kms_eval.world.entry_forms import TEST_ENTRY
from kms_eval.world.model import Caller, World
from kms_eval.world.names import refuse_stranger, resolve_caller, resolve_key, unknown_endpoint
from kms_eval.world.reading import Reading
from kms_eval.world.request import Request, read_request

if TYPE_CHECKING:
    from kms_eval.world.scenario import TestEntry

Expectation = Literal["allowed", "denied", "explicitDeny", "implicitDeny", "undetermined"]


@record
class TestCase:
    """One request of a scenario's tests, and the decision that is expected.

    `expect` ``denied`` stands for an explicit or an implicit deny. Where `expect_layer`, `expect_reason_code` or
    `expect_missing_context` is None, any value will do. A test with several actions becomes several cases. `place` is
    where the test stands in the file.
    """

    __test__: ClassVar[bool] = False  # pytest would take the class for tests of its own

    name: str
    request: Request
    expect: Expectation
    place: Place
    expect_layer: str | None = None
    expect_reason_code: str | None = None
    expect_missing_context: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"<TestCase {printable(self.name)}: {self.expect}>"


_EXPECTATIONS: dict[str, Expectation] = {
    "allowed": "allowed",
    "denied": "denied",
    "explicitDeny": "explicitDeny",
    "implicitDeny": "implicitDeny",
    "undetermined": "undetermined",
}


_UNCHECKED = ("context", "encryption_context", "at", "grant")
_ANY_REQUEST: dict[str, object] = {"principal": "root", "action": "kms:Decrypt"}


def read_tests(reading: Reading, world: World) -> tuple[TestCase, ...]:
    """The tests of the scenario; faults, including names that do not exist in `world`, go to `reading`."""
    cases: list[TestCase] = []
    for place, value in reading.items("tests"):
        entry = reading.entry("tests", TEST_ENTRY, value, place)
        if not isinstance(value, dict):
            continue
        if entry is not None:
            cases.extend(_cases(reading, world, place, entry, value))
        else:
            # Where a test has the wrong shape, the fields whose shape the entry does not check are still checked.
            rest = {name: value[name] for name in _UNCHECKED if name in value}
            read_request(_ANY_REQUEST | rest, place, reading.findings, lambda: reading.documents)
    return tuple(cases)


def _cases(
    reading: Reading, world: World, place: Place, entry: TestEntry, fields: dict[str, object]
) -> Iterator[TestCase]:
    """A case for each action of a test."""
    actions = entry.action
    single = {**fields, "action": actions[0]}
    before = len(reading.findings.faults)
    request = read_request(single, place, reading.findings, lambda: reading.documents)
    if len(reading.findings.faults) > before:
        return
    _check_names(reading, world, place, request)
    for action in actions:
        name = entry.name or f"{request.principal} {action}"
        if entry.name and len(actions) > 1:
            name = f"{name} ({action})"
        yield TestCase(
            name=name,
            request=replace(request, action=action),
            expect=_EXPECTATIONS[entry.expect],
            place=place,
            expect_layer=entry.expect_layer,
            expect_reason_code=entry.expect_reason_code,
            expect_missing_context=entry.expect_missing_context,
        )


def _check_names(reading: Reading, world: World, place: Place, request: Request) -> None:
    """Report names that do not exist in the world: such a test cannot run. Names of broken sections are not checked."""
    caller: Caller | None = None
    try:
        caller = resolve_caller(world, request.principal, request.session)
        if "principals" not in reading.broken:
            refuse_stranger(world, caller, meant=request.stranger)
    except InputError as error:
        reading.failed(place.at("principal"), error)
    for name, text in (("key", request.key), ("destination_key", request.destination_key)):
        if text is not None and "keys" not in reading.broken:
            try:
                resolve_key(world, text, caller=caller)
            except InputError as error:
                reading.failed(place.at(name), error)
    endpoint = request.vpc_endpoint
    if endpoint is not None and endpoint not in world.vpc_endpoints and "vpc_endpoints" not in reading.broken:
        reading.failed(place.at("vpc_endpoint"), InputError(unknown_endpoint(world, endpoint)))
