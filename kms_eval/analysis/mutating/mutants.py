"""Mutants: policies with one mistake in one statement, with a row for each kind of mistake.

Comes in: written statements and the principals of their world. Goes out: mutants, each with the statement it changes.
Never here: tests, deciding, whether a mutant makes any difference.

To add a kind of mistake, write a function that yields changed statements and add its row. The order of rows matters: of
two mutants with equal statements, the first is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from kms_eval.analysis.covering.written_statements import Written, is_about_kms
from kms_eval.documents.model import ConditionTest, Policy, PolicyKind, PrincipalEntry, Qualifier, Statement
from kms_eval.engine.cell import CLOCK
from kms_eval.engine.masks import actions_in, covered
from kms_eval.engine.principals import account_of
from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted
from kms_eval.language.operators import OPERATORS
from kms_eval.language.pattern import is_wild, only_stars, wild

NOBODY = "somebody-else"
"""The name of a role that no statement names, for use where the world has no other principal."""

_Value = TypeVar("_Value")

_ANYONE = PrincipalEntry("AWS", "*")
_EVERY_ACTION = "kms:*"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one statement. `after` None: the statement is removed. `what` describes the change."""

    kind: str
    written: Written
    before: Statement
    after: Statement | None
    what: str

    def policies(self) -> Mapping[Policy, Policy]:
        """For every attached policy that contains the statement, the policy that takes its place."""
        return {policy: replace(policy, statements=tuple(self._changed(policy))) for policy in self.written.policies}

    def _changed(self, policy: Policy) -> Iterator[Statement]:
        for own in policy.statements:
            if own.index != self.before.index:
                yield own
            elif self.after is not None:
                yield _as_changed(own, self.before, self.after)


def _as_changed(own: Statement, before: Statement, after: Statement) -> Statement:
    """The same change, applied to another copy of the statement, which may lack its Principal."""
    changes = {
        field.name: getattr(after, field.name)
        for field in fields(Statement)
        if getattr(own, field.name) == getattr(before, field.name)
    }
    return replace(own, **changes)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A statement to change, the kinds of policy it is in, and principals to use as replacements."""

    statement: Statement
    kinds: frozenset[PolicyKind]
    others: tuple[str, ...]


_Changes = Iterator[tuple[Statement | None, str]]


@dataclass(frozen=True, slots=True)
class MutantKind:
    """One kind of mistake: its name, a summary, and a function that changes a statement."""

    name: str
    summary: str
    changes: Callable[[_Subject], _Changes]


def mutants(written: Iterable[Written], others: Iterable[str], kinds: Iterable[str] | None = None) -> Iterator[Mutant]:
    """Every mutant of every statement. `others` are ARNs of principals; `kinds` names kinds of mistake, None all.

    A statement with unknown parts has no mutants, as it is not known what would be a mistake in it.
    """
    wanted = None if kinds is None else frozenset(kinds)
    names = tuple(others)
    for one in written:
        if one.statement is not None and not _is_open(one, one.statement):
            yield from _of_statement(one, one.statement, names, wanted)


def _is_open(written: Written, statement: Statement) -> bool:
    """Whether a part of the statement is unknown; it may be there twice, in its certain and in its possible form."""
    return any(each.open for policy in written.policies for each in policy.statements if each.index == statement.index)


def _of_statement(
    written: Written, statement: Statement, others: tuple[str, ...], wanted: frozenset[str] | None
) -> Iterator[Mutant]:
    subject = _Subject(statement, frozenset(policy.kind for policy in written.policies), others)
    seen = {_meaning(statement)}
    for kind in KINDS:
        for after, what in kind.changes(subject):
            meaning = _meaning(after)
            if meaning in seen:
                continue
            seen.add(meaning)
            if wanted is None or kind.name in wanted:
                yield Mutant(kind.name, written, statement, after, what)


def _meaning(statement: Statement | None) -> object:
    """A value that is equal for statements that differ only in how they list the same actions or principals."""
    if statement is None:
        return None
    actions = covered(statement.actions) if statement.actions is not None else None
    not_actions = covered(statement.not_actions) if statement.not_actions is not None else None
    principals = frozenset(statement.principals) if statement.principals is not None else None
    return actions, not_actions, principals, replace(statement, actions=None, not_actions=None, principals=None)


def _drop_delegation(subject: _Subject) -> _Changes:
    statement = subject.statement
    if statement.effect != "Allow" or PolicyKind.KEY not in subject.kinds:
        return
    accounts = [entry for entry in statement.principals or () if account_of(entry) is not None]
    if accounts:
        rest = tuple(entry for entry in statement.principals or () if entry not in accounts)
        names = " and ".join(f"`{entry.value}`" for entry in accounts)
        yield (replace(statement, principals=rest) if rest else None), f"no delegation to {names}"


def _drop_statement(subject: _Subject) -> _Changes:
    yield None, "the statement is gone"


def _flip_effect(subject: _Subject) -> _Changes:
    # AWS refuses NotPrincipal with Allow, and every Allow in a resource control policy.
    if subject.statement.not_principals is None and PolicyKind.RCP not in subject.kinds:
        if subject.statement.effect == "Allow":
            yield replace(subject.statement, effect="Deny"), "`Allow` becomes `Deny`"
        else:
            yield replace(subject.statement, effect="Allow"), "`Deny` becomes `Allow`"


def _drop_condition(subject: _Subject) -> _Changes:
    tests = subject.statement.condition or ()
    for position, test in enumerate(tests):
        rest = tests[:position] + tests[position + 1 :]
        yield replace(subject.statement, condition=rest or None), f"no condition on `{test.key}`"


_OPPOSITES: Mapping[str, str] = {
    one: other
    for pair in (
        ("StringEquals", "StringNotEquals"),
        ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        ("StringLike", "StringNotLike"),
        ("NumericEquals", "NumericNotEquals"),
        ("NumericLessThan", "NumericGreaterThanEquals"),
        ("NumericLessThanEquals", "NumericGreaterThan"),
        ("DateEquals", "DateNotEquals"),
        ("DateLessThan", "DateGreaterThanEquals"),
        ("DateLessThanEquals", "DateGreaterThan"),
        ("IpAddress", "NotIpAddress"),
        ("ArnEquals", "ArnNotEquals"),
        ("ArnLike", "ArnNotLike"),
    )
    for one, other in (pair, pair[::-1])
}
_QUALIFIERS: Mapping[Qualifier, Qualifier] = {"ForAllValues": "ForAnyValue", "ForAnyValue": "ForAllValues"}
_BOOLEANS: Mapping[str, str] = {"true": "false", "false": "true"}


def _negate_operator(subject: _Subject) -> _Changes:
    for test in subject.statement.condition or ():
        opposite = _OPPOSITES.get(test.operator)
        if opposite is not None:
            what = f"`{test.operator}` on `{test.key}` becomes `{opposite}`"
            yield _with_test(subject, test, replace(test, operator=opposite)), what
        elif OPERATORS[test.operator].type in {"Bool", "Null"} and all(v.lower() in _BOOLEANS for v in test.values):
            values = tuple(_BOOLEANS[value.lower()] for value in test.values)
            what = f"`{test.operator}` on `{test.key}` wants {' or '.join(f'`{value}`' for value in values)}"
            yield _with_test(subject, test, replace(test, values=values)), what


def _add_if_exists(subject: _Subject) -> _Changes:
    for test in subject.statement.condition or ():
        # These tests hold without the key anyway, or test a key that every request has. IfExists changes nothing under
        # a set operator (semantics S17).
        anyway = bool(test.qualifier) or OPERATORS[test.operator].negated
        anyway = anyway or test.if_exists or test.key.lower() in CLOCK
        if not anyway and test.operator != "Null":
            what = f"`{test.operator}` on `{test.key}` becomes `{test.operator}IfExists`"
            yield _with_test(subject, test, replace(test, if_exists=True)), what


def _swap_qualifier(subject: _Subject) -> _Changes:
    for test in subject.statement.condition or ():
        other = _QUALIFIERS.get(test.qualifier)
        if other is not None:
            yield _with_test(subject, test, replace(test, qualifier=other)), f"`{test.qualifier}` becomes `{other}`"


def _with_test(subject: _Subject, test: ConditionTest, changed: ConditionTest) -> Statement:
    tests = tuple(changed if each is test else each for each in subject.statement.condition or ())
    return replace(subject.statement, condition=tests)


def _widen_action(subject: _Subject) -> _Changes:
    for name, patterns in _action_lists(subject.statement):
        for position, pattern in enumerate(patterns):
            for wider in (f"{pattern}*", _EVERY_ACTION):
                if not only_stars(pattern) and covered((wider,)) != covered((pattern,)):
                    changed = _put(patterns, position, wider)
                    yield _with(subject, name, changed), f"`{pattern}` becomes `{wider}`"


def _narrow_action(subject: _Subject) -> _Changes:
    for name, patterns in _action_lists(subject.statement):
        for position, pattern in enumerate(patterns):
            actions = actions_in(covered((pattern,)))
            if is_wild(wild(pattern)) and len(actions) > 1:
                changed = _put(patterns, position, actions[0].name)
                yield _with(subject, name, changed), f"`{pattern}` becomes `{actions[0].name}`"


def _drop_action(subject: _Subject) -> _Changes:
    for name, patterns in _action_lists(subject.statement):
        for position, pattern in enumerate(patterns):
            rest = _put(patterns, position)
            if rest:
                yield _with(subject, name, rest), f"`{pattern}` is gone from {_ELEMENT[name]}"


_ELEMENT = {"actions": "Action", "not_actions": "NotAction"}


def _action_lists(statement: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lists of action patterns, where they are about AWS KMS."""
    for name, patterns in (("actions", statement.actions), ("not_actions", statement.not_actions)):
        if patterns is not None and any(map(is_about_kms, patterns)):
            yield name, patterns


def _add_anyone(subject: _Subject) -> _Changes:
    entries = subject.statement.principals
    if entries is not None and all(entry.value != "*" for entry in entries):
        yield replace(subject.statement, principals=(*entries, _ANYONE)), "`*` is added to Principal"


def _drop_principal(subject: _Subject) -> _Changes:
    for name, entries in _principal_lists(subject.statement):
        for position, entry in enumerate(entries):
            rest = _put(entries, position)
            if rest:
                yield _with(subject, name, rest), f"`{entry.value}` is gone from {_WHOM[name]}"


def _swap_principal(subject: _Subject) -> _Changes:
    for name, entries in _principal_lists(subject.statement):
        for position, entry in enumerate(entries):
            other = _another(entry, entries, subject.others)
            if other is not None:
                changed = _with(subject, name, _put(entries, position, other))
                yield changed, f"`{entry.value}` becomes `{other.value}`"


_WHOM = {"principals": "Principal", "not_principals": "NotPrincipal"}


def _principal_lists(statement: Statement) -> Iterator[tuple[str, tuple[PrincipalEntry, ...]]]:
    for name, entries in (("principals", statement.principals), ("not_principals", statement.not_principals)):
        if entries is not None:
            yield name, entries


def _another(
    entry: PrincipalEntry, entries: tuple[PrincipalEntry, ...], others: tuple[str, ...]
) -> PrincipalEntry | None:
    """Another principal of the same account and kind; another account for an account, another service for a service."""
    taken = {each.value for each in entries}
    if entry.kind == "Service":
        names = (name for name in ("lambda.amazonaws.com", "ec2.amazonaws.com") if name not in taken)
        return PrincipalEntry("Service", next(names, "rds.amazonaws.com"))
    parts = entry.value.split(":", 5)
    if entry.kind != "AWS" or len(parts) < 6:
        account = account_of(entry)
        return None if account is None else PrincipalEntry("AWS", _another_account(account[1]))
    if account_of(entry) is not None:
        return PrincipalEntry("AWS", ":".join((*parts[:4], _another_account(parts[4]), "root")))
    kind = parts[5].split("/", 1)[0]
    alike = ":".join((*parts[:5], f"{kind}/"))
    made_up = alike + (f"{NOBODY}/{NOBODY}" if kind == "assumed-role" else NOBODY)
    return PrincipalEntry("AWS", next((o for o in others if o.startswith(alike) and o not in taken), made_up))


def _another_account(account: str) -> str:
    return "000000000000" if account != "000000000000" else "000000000001"


def _add_every_resource(subject: _Subject) -> _Changes:
    statement = subject.statement
    # In a key policy the element means this key, whatever it says.
    if subject.kinds == {PolicyKind.KEY} or statement.resources is None or any(map(only_stars, statement.resources)):
        return
    yield replace(statement, resources=(*statement.resources, "*")), "`*` is added to Resource"


def _put(values: tuple[_Value, ...], position: int, *instead: _Value) -> tuple[_Value, ...]:
    return values[:position] + instead + values[position + 1 :]


def _with(subject: _Subject, name: str, value: Any) -> Statement:
    changes = {name: value}
    return replace(subject.statement, **changes)


KINDS: tuple[MutantKind, ...] = (
    MutantKind("drop-delegation", "a key policy no longer delegates to the account", _drop_delegation),
    MutantKind("drop-statement", "a statement is forgotten", _drop_statement),
    MutantKind("flip-effect", "Allow and Deny are mixed up", _flip_effect),
    MutantKind("drop-condition", "a condition is forgotten", _drop_condition),
    MutantKind("negate-operator", "a condition says the opposite", _negate_operator),
    MutantKind("add-if-exists", "a condition also holds where the request lacks the key", _add_if_exists),
    MutantKind("swap-qualifier", "ForAllValues and ForAnyValue are mixed up", _swap_qualifier),
    MutantKind("widen-action", "an action pattern covers more", _widen_action),
    MutantKind("narrow-action", "an action pattern covers one action only", _narrow_action),
    MutantKind("drop-action", "an action pattern is forgotten", _drop_action),
    MutantKind("add-anyone", "`*` is added to the principals", _add_anyone),
    MutantKind("drop-principal", "a principal is forgotten", _drop_principal),
    MutantKind("swap-principal", "a principal is mistaken for another", _swap_principal),
    MutantKind("add-every-resource", "`*` is added to the resources", _add_every_resource),
)
"""Kinds of mistake; specific ones come before general ones that may result in the same statement."""


def known_kinds(names: Sequence[str], field: str) -> Sequence[str] | None:
    """The names of kinds; None, meaning all, if there are none. Raises InputError, about `field`, for unknown names."""
    known = [kind.name for kind in KINDS]
    faults = [
        Fault(f"unknown kind {quoted(name)}", Location(field=field), did_you_mean(name, known) or _LISTED)
        for name in names
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    return names or None


_LISTED = "`kms-eval mutate --kinds` lists them"
