"""Results of mutation testing, as text for a person and as JSON.

Comes in: a mutation report. Goes out: text, plain dictionaries. Never here: trying mutants, terminals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any

from kms_eval.analysis.mutating.mutants import Mutant
from kms_eval.analysis.mutating.mutation import MutationReport, Survivor
from kms_eval.errors import Location
from kms_eval.render.json_document import json_document
from kms_eval.render.policy_json import difference
from kms_eval.render.text import Paint, plain
from kms_eval.safe_text import printable
from kms_eval.world.request import Request

_ADDED, _REMOVED = "allowed", "denied"


def render(
    report: MutationReport, *, most: int | None = None, paint: Paint = plain, sources: Sequence[str] = ()
) -> str:
    """The mutants that no test noticed, at most `most` of them (None: all), then the summary."""
    return "\n".join(_lines(report, most, paint, sources))


def summary(report: MutationReport) -> str:
    """The results for all mutants, in one line."""
    parts = [
        f"{_counted(report.mutants, 'mutant')} over {_counted(report.tests, 'test')}",
        f"{report.killed} noticed",
        f"{len(report.survivors)} not noticed",
        f"{report.equivalent} equivalent",
    ]
    if report.unsettled:
        parts.append(f"{len(report.unsettled)} not told apart by any request tried")
    return f"{', '.join(parts)}: {int(report.score)}%"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def request_as_command(request: Request, sources: Sequence[str] = ()) -> str:
    """The request as a ``kms-eval can`` command on `sources`.

    Session policies are in files that the request does not name, so a comment stands for them.
    """
    words = ["kms-eval can", quote(request.principal), quote(request.action)]
    for name, value in _options(request):
        if value is not None:
            words += [name, quote(value)]
    if request.stranger:
        words.append("--stranger")
    words += [word for source in sources for word in ("-s", quote(source))]
    if request.session is not None and request.session.policies:
        words.append("# with the session policies of the test")
    return " ".join(words)


def _options(request: Request) -> Iterator[tuple[str, str | None]]:
    yield "--key", request.key
    yield "--alias", request.alias
    yield "--vpc-endpoint", request.vpc_endpoint
    yield "--at", _time(request)
    for name, values in request.context.items():
        yield from ((("--context", f"{name}={value}") for value in values) if values else [("--context", f"{name}[]")])
    yield from (
        ("--encryption-context", f"{name}={value}") for name, value in (request.encryption_context or {}).items()
    )
    if request.session is not None:
        yield "--session-name", request.session.name
        yield "--source-identity", request.session.source_identity
        yield from (("--session-tag", f"{name}={value}") for name, value in request.session.tags.items())


def _time(request: Request) -> str | None:
    return request.at.isoformat().replace("+00:00", "Z") if request.at is not None else None


def as_dict(report: MutationReport) -> dict[str, Any]:
    """The report as one object."""
    return {
        "tests": report.tests,
        "mutants": report.mutants,
        "noticed": report.killed,
        "equivalent": report.equivalent,
        "score": round(report.score, 1),
        "survivors": [_survivor(survivor) for survivor in report.survivors],
        "unsettled": [_mutant(mutant) for mutant in report.unsettled],
    }


def render_json(report: MutationReport) -> str:
    """The object as text."""
    return json_document(as_dict(report))


def _lines(report: MutationReport, most: int | None, paint: Paint, sources: Sequence[str]) -> Iterator[str]:
    shown = report.survivors[:most]
    for survivor in shown:
        yield from _about(survivor, paint, sources)
        yield ""
    left = len(report.survivors) - len(shown)
    if left:
        yield f"and {left} more"
        yield ""
    yield summary(report)


def _about(survivor: Survivor, paint: Paint, sources: Sequence[str]) -> Iterator[str]:
    mutant, witness = survivor.mutant, survivor.witness
    effect = "allows more" if witness.allows_more else "allows less" if witness.allows_less else "denies otherwise"
    location = mutant.written.reference.location
    place = Location(location.file, location.line)
    yield printable(f"{effect}: {place}: {_name(mutant)}: {mutant.what} [{mutant.kind}]")
    for line in difference(mutant.before, mutant.after):
        kind = {"+": _ADDED, "-": _REMOVED}.get(line[:1])
        yield f"  {paint(kind, printable(line)) if kind is not None else printable(line)}"
    command = printable(request_as_command(witness.request, sources))
    yield f"  no test asks: {command}"
    yield f"  which is {witness.before}, and would be {witness.after}"


def _name(mutant: Mutant) -> str:
    reference = mutant.written.reference
    return f"{reference.policy} {reference.label}"


def _survivor(survivor: Survivor) -> dict[str, Any]:
    witness = survivor.witness
    return {
        **_mutant(survivor.mutant),
        "before": witness.before,
        "after": witness.after,
        "request": _request(witness.request),
    }


def _mutant(mutant: Mutant) -> dict[str, Any]:
    reference = mutant.written.reference
    return {
        "kind": mutant.kind,
        "change": mutant.what,
        "policy": reference.policy,
        "sid": reference.sid,
        "index": reference.index,
        "file": reference.location.file or "",
        "line": reference.location.line,
        "diff": "\n".join(difference(mutant.before, mutant.after)),
    }


def _request(request: Request) -> dict[str, Any]:
    """The request as fields of a test; those that it does not set are left out."""
    fields: dict[str, Any] = {
        "principal": request.principal,
        "action": request.action,
        "key": request.key,
        "alias": request.alias,
        "context": {name: list(values) for name, values in request.context.items()},
        "encryption_context": dict(request.encryption_context or {}),
        "session": {"name": request.session.name} if request.session is not None else None,
        "vpc_endpoint": request.vpc_endpoint,
        "at": _time(request),
    }
    return {name: value for name, value in fields.items() if value}
