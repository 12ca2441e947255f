"""Lint: runs every rule on every policy, and adds the remarks of the document reader, as one list of findings.

Comes in: scenarios that have been read, or single policies. Goes out: a report.
Never here: rules, formats, which files there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from kms_eval.analysis.linting.choosing import Chosen
from kms_eval.analysis.linting.comment_rules import UNUSED, unused
from kms_eval.analysis.linting.finding import Finding, Report
from kms_eval.analysis.linting.rule import LEVELS, Found, Level, Rule
from kms_eval.analysis.linting.subject import Subject, alone, owner_of, subjects
from kms_eval.analysis.linting.table import BY_REMARK, RULE, RULES
from kms_eval.analysis.linting.texts import Ignore, Texts
from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.misplaced import misplaced
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import Fault, Location
from kms_eval.formats.document import RawDocument, Steps

_MALFORMED = "KMS100"
WITH_COMMENTS = frozenset({".yaml", ".yml"})
NO_REASON = "no reason given"
_ALL = Chosen()


class Linter:
    """Collects the findings of everything that one call names."""

    def __init__(self, chosen: Chosen = _ALL) -> None:
        self._chosen = chosen
        self._texts = Texts()
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._seen: set[Path] = set()
        self._removable: dict[tuple[Path, Steps], list[set[tuple[Steps, Level]]]] = {}
        self._used: dict[Ignore, set[str]] = {}

    def scenario(
        self,
        evaluator: Evaluator,
        warnings: Iterable[DocumentWarning],
        files: Iterable[Path] = (),
        *,
        account_known: bool = True,
    ) -> None:
        """Check a whole world, and add the remarks of its reader.

        `files` are those that were named for it; `account_known` False means that the account is a placeholder.
        """
        for path in files:
            if path.suffix.lower() in WITH_COMMENTS:
                self._texts.read(path, str(path))
        self._remarks(warnings)
        for subject in subjects(evaluator, account_known=account_known):
            self._subject(subject)

    def policy(self, document: RawDocument, kind: PolicyKind) -> None:
        """Check a single policy, outside any scenario; what AWS would refuse in it is a finding as well."""
        collected = Findings()
        name = document.file.path.stem if document.file.path is not None else None
        policy = read_policy(document.value, document.place, kind, collected, name=name)
        if policy is not None and kind is PolicyKind.KEY:
            account, partition, region = owner_of(policy)
            for remark in misplaced(policy, partition, region) if account is not None else ():
                collected.remark(policy.place or document.place, remark)
        self._remarks(collected.warnings, policy)
        for fault in collected.faults:
            self._fault(fault, name)
        if policy is not None:
            self._subject(alone(policy))

    def has_seen(self, path: Path) -> bool:
        """Whether a policy in that file has been checked."""
        return path.resolve() in self._seen

    def removable(self, levels: Collection[str] = LEVELS) -> dict[Path, list[Steps]]:
        """What can be removed from files without changing a decision, by file; ignored findings do not count.

        Only findings of these levels count. What several keys share is removed only if that changes nothing for any of
        them.
        """
        found: dict[Path, list[Steps]] = {}
        for (path, _around), sets in self._removable.items():
            shared = set.intersection(*sets)
            found.setdefault(path, []).extend(steps for steps, level in sorted(shared, key=str) if level in levels)
        return found

    def report(self) -> Report:
        """Everything found so far, in the order of the places."""
        found = sorted((*self._findings.values(), *self._unused()), key=_order)
        return Report(
            tuple(finding for finding in found if finding.reason is None),
            tuple(finding for finding in found if finding.reason is not None),
        )

    def _subject(self, subject: Subject) -> None:
        origin = subject.place.origin()
        if origin.by_aws:
            return  # nobody else can fix it
        place = origin.place
        if place.file.path is not None:
            self._seen.add(place.file.path.resolve())
            self._texts.of(place)
            self._removable.setdefault((place.file.path, place.steps), []).append(set())
        for rule in RULES:
            if rule.check is not None and rule in self._chosen:
                for found in rule.check(subject):
                    self._add(rule, found, subject.policy)

    def _remarks(self, warnings: Iterable[DocumentWarning], policy: Policy | None = None) -> None:
        for warning in warnings:
            rule = BY_REMARK.get(warning.code)
            # A warning about the sources themselves (two files that contradict each other) is no finding about a
            # policy.
            if rule is not None and rule in self._chosen:
                self._add(rule, Found(warning.place, warning.message, warning.help), policy)

    def _add(self, rule: Rule, found: Found, policy: Policy | None) -> None:
        # In a world that was assembled from several files, this is the place in the original file.
        place = found.place.origin().place
        location = place.location()
        text = self._texts.of(place)
        span = text.span(place.steps) if text is not None else None
        line = span.line if span is not None else location.line
        ignore = self._texts.ignored(place, rule.code)
        reason = self._reason(rule, ignore, location.file)
        path = place.file.path
        around = policy.place.origin().place.steps if policy is not None and policy.place is not None else ()
        if found.removable and reason is None and path is not None and (path, around) in self._removable:
            self._removable[path, around][-1].add((place.steps, rule.level))
        self._keep(
            Finding(
                rule.code,
                rule.name,
                rule.level,
                found.message,
                found.help,
                location.file,
                line,
                span.column if span is not None else location.column,
                span.end_line if span is not None else None,
                span.end_column if span is not None else None,
                location.field,
                policy.name if policy is not None else None,
                found.statement.index if found.statement is not None else None,
                found.statement.sid if found.statement is not None else None,
                text.lines[line - 1] if text is not None and line is not None and line <= len(text.lines) else None,
                reason,
                ignore is not None,
            )
        )

    def _reason(self, rule: Rule, ignore: Ignore | None, file: str | None) -> str | None:
        """Why a comment or settings ignore a finding; None where they do not."""
        if ignore is not None:
            used = self._used.setdefault(ignore, set())
            used.update(code for code in ignore.codes if rule.code.startswith(code))
            return ignore.reason or NO_REASON
        rows = (row for row in self._chosen.files if rule.code.startswith(row.code) and row.matches(file or ""))
        row = next(rows, None)
        return None if row is None else row.reason or NO_REASON

    def _unused(self) -> Iterator[Finding]:
        """The comments that have ignored nothing so far."""
        rule = UNUSED
        for file, text, ignore in self._texts.comments() if rule in self._chosen else ():
            for message in unused(ignore, self._used.get(ignore, ()), RULES, self._chosen.__contains__):
                line = text.lines[ignore.line - 1]
                start, end = line.index("#") + 1, len(line) + 1
                yield Finding(
                    rule.code, rule.name, rule.level, message, "take it out", file, ignore.line, start, ignore.line,
                    end, None, excerpt=line,
                )  # fmt: skip

    def _fault(self, fault: Fault, policy: str | None) -> None:
        rule = RULE[_MALFORMED]
        where = fault.location or Location()
        if rule in self._chosen:
            line = where.line
            finding = Finding(
                rule.code, rule.name, rule.level, fault.message, fault.help, where.file, line, None, None, None,
                where.field, policy,
            )  # fmt: skip
            self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        # A policy that several keys share is checked for each of them, perhaps under different names for the same
        # place.
        where = (finding.line, finding.column) if finding.column is not None else (finding.line, finding.field)
        self._findings.setdefault((finding.code, finding.file, where, finding.message), finding)


def lint_scenario(evaluator: Evaluator, warnings: Sequence[DocumentWarning] = (), chosen: Chosen = _ALL) -> Report:
    """The report on one world."""
    linter = Linter(chosen)
    linter.scenario(evaluator, warnings)
    return linter.report()


def kind_of_policy(value: object) -> PolicyKind | None:
    """Which kind of policy a document most likely is; None where it is not a policy.

    A policy without principals is an identity policy. One with principals that only denies is a resource control
    policy, as a key policy without an Allow would lock everybody out. Any other is a key policy, unless it names
    actions of other services: then it is a VPC endpoint policy.
    """
    statements = value.get("Statement") if isinstance(value, dict) else None
    if statements is None:
        return None
    listed = [each for each in (statements if isinstance(statements, list) else [statements]) if isinstance(each, dict)]
    if not any({"Principal", "NotPrincipal"} & each.keys() for each in listed):
        return PolicyKind.IDENTITY
    if listed and all(each.get("Effect") == "Deny" for each in listed):
        return PolicyKind.RCP
    elsewhere = any(_of_other_service(text) for each in listed for text in _texts(each.get("Action")))
    return PolicyKind.ENDPOINT if elsewhere else PolicyKind.KEY


def _texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _of_other_service(action: str) -> bool:
    service, colon, _name = action.partition(":")
    return bool(colon) and "*" not in service and service.lower() != "kms"


def _order(finding: Finding) -> tuple[str, int, int, str]:
    return (finding.file or "", finding.line or 0, finding.column or 0, finding.code)
