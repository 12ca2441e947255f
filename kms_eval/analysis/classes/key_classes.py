"""What a key's own policies and grants say to each caller: one number for each key, equal if they say the same.

Comes in: keys, callers. Goes out: numbers by place, and the entries behind a number. Never here: the callers' own
policies (`caller_classes`), deciding.

Most keys do not name most callers: for such a pair it is enough to know the caller's account, and the residuals of the
key's conditions for the caller. These are found once for all callers of a kind.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain

from kms_eval.analysis.classes.caller_classes import Asked, entries_of, not_shown
from kms_eval.analysis.classes.facts_read import FactsRead, asks_about_the_grant, readings
from kms_eval.analysis.classes.numbers import Numbers
from kms_eval.analysis.classes.places import EVERYTHING_COVERED, Place, Places, code_at, may_cover, within
from kms_eval.documents.model import Grant, Policy
from kms_eval.engine.conditions import Test
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.grants import allowances, names_account, names_no_grant
from kms_eval.engine.layers import GRANT, LAYERS
from kms_eval.engine.masks import CREATE_GRANT, RETIRE_GRANT
from kms_eval.engine.plan import grant_meant
from kms_eval.engine.principals import Grade, account_of, grade
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.records import record
from kms_eval.world.model import Caller, Key, Session

_OPEN = 0
"""Stands in a row for a number that has not been computed yet."""


@record
class _Reading:
    """What a place reads from callers: `names` and `accounts` that it names, tests by their position in the full list.

    `of_one` means that no two callers are equal to it, `grant` that a condition tests the grant to be retired.
    """

    names: frozenset[str]
    accounts: frozenset[str]
    tests: tuple[int, ...]
    of_one: bool
    grant: bool


@record
class _Kind:
    """A kind of callers: what is the same for all of them on keys that do not name them."""

    common: Hashable
    account: str | None
    residuals: tuple[Hashable, ...]
    may_retire: bool
    asks_about_grant: bool


class KeyClasses:
    """The keys' side of the classes of one world."""

    def __init__(
        self, evaluator: Evaluator, places: Places, facts: FactsRead, numbers: Numbers, *, actions: int = ~0
    ) -> None:
        """`actions` are those asked about."""
        self._evaluator = evaluator
        self._actions = actions
        self._places = places
        self._facts = facts
        self._numbers = numbers
        self._tests: dict[int, tuple[int, Test, Rule]] = {}
        self._reads = [self._read(place) for place in places.all]
        self._naming: dict[str, set[int]] = {}
        for place, read in zip(places.all, self._reads, strict=True):
            for name in read.names:
                self._naming.setdefault(name, set()).add(place.index)
        self._known: dict[Hashable, int] = {}
        self._entries_of: dict[Hashable, tuple[list[Entry], list[Entry]]] = {}
        self._rows: dict[Hashable, list[int]] = {}
        self._residuals: dict[Hashable, tuple[Hashable, ...]] = {}
        self._asked: Asked | None = None
        self._its_kind = _Kind((), None, (), may_retire=True, asks_about_grant=True)
        self._needs = tuple(sorted({key for _at, test, _rule in self._tests.values() for key in test.needs}))

    def row(self, asked: Asked) -> list[int]:
        """The number of each place for the caller. Callers that no key tells apart share one list."""
        kind = self._kind(asked)
        about = (kind.common, kind.account, kind.residuals)
        base = self._rows.get(about)
        if base is None:
            base = self._rows[about] = [_OPEN] * len(self._places.all)
        named = {index for name in _names_of(asked.caller) for index in self._naming.get(name, ())}
        if _OPEN in base:
            for index, number in enumerate(base):
                if number == _OPEN and index not in named:
                    base[index] = self._number(kind, asked, self._places.all[index])
        if not named:
            return base
        row = list(base)
        for index in named:
            row[index] = self._numbers.of(self._said(asked, self._places.all[index]))
        return row

    def kept(self, asked: Asked, place: Place) -> list[Entry]:
        """The entries behind the number of a place, in the order in which they make it up."""
        return self._speaking(asked, place)[1]

    def entries(self, asked: Asked, place: Place) -> list[Entry]:
        """All entries of a place for the caller."""
        return self._speaking(asked, place)[0]

    def _speaking(self, asked: Asked, place: Place) -> tuple[list[Entry], list[Entry]]:
        about = None
        if not any(place.index in self._naming.get(name, ()) for name in _names_of(asked.caller)):
            about = self._about(self._kind(asked), asked, place)
            known = self._entries_of.get(about)
            if known is not None:
                return known
        scope = asked.scope(place)
        entries = self._entries(asked, scope)
        found = (entries, [entry for entry in entries if self._content(entry, asked, place, scope)])
        if about is not None:
            self._entries_of[about] = found
        return found

    def _about(self, kind: _Kind, asked: Asked, place: Place) -> Hashable:
        """All that a place that does not name the caller reads from it."""
        read, key = self._reads[place.index], place.key
        own = key is not None and kind.account == key.account
        account = kind.account if read.of_one or kind.account in read.accounts else None
        one = _names_of(asked.caller) if read.of_one else ()
        return (place.index, kind.common, own, account, one, *[kind.residuals[at] for at in read.tests])

    def _number(self, kind: _Kind, asked: Asked, place: Place) -> int:
        about = self._about(kind, asked, place)
        number = self._known.get(about)
        if number is None:
            number = self._known[about] = self._numbers.of(self._said(asked, place))
        return number

    def _kind(self, asked: Asked) -> _Kind:
        if self._asked is not asked:
            self._asked, self._its_kind = asked, self._find_kind(asked)
        return self._its_kind

    def _find_kind(self, asked: Asked) -> _Kind:
        caller = asked.caller
        scope = asked.scope(self._places.all[0])
        service = caller.arn if caller.kind == "service" else None
        may_retire = _may_retire(asked)
        asks_about_grant = self._actions & RETIRE_GRANT != 0 and any(
            entry.rule is not None and asks_about_the_grant(entry.rule) for entry in entries_of(asked.policies)
        )
        common = (caller.kind, caller.partition, caller.service_linked, service, _of_session(caller.session),
                  may_retire, asks_about_grant, asked.unknown, asked.not_shown)  # fmt: skip
        facts = (readings(self._needs, scope), asked.unknown, asked.not_shown)
        residuals = self._residuals.get(facts)
        if residuals is None:
            residuals = self._residuals[facts] = tuple(
                self._residual(test, rule, scope, asked) for _at, test, rule in self._tests.values()
            )
        return _Kind(common, caller.account, residuals, may_retire, asks_about_grant)

    def _residual(self, test: Test, rule: Rule, scope: Scope, asked: Asked) -> Hashable:
        """What is left of a test that reads the caller; if it reads the key as well, the caller's facts it reads."""
        told = self._facts.rule(rule)
        if any(key in told.of_resource for key in test.needs):
            return readings(set(test.needs) & set(told.of_caller), scope)
        return self._facts.residual_of_test(test, rule, scope, asked.unknown)

    def _said(self, asked: Asked, place: Place) -> Hashable:
        """All that policies and grants say to the caller at a place, and the facts of both that matter besides."""
        scope, key = asked.scope(place), place.key
        if key is None:
            return ()
        caller, service = asked.caller, None
        if caller.kind == "service":
            # Answers to a service also warn about what a key policy says to all AWS principals.
            service = (key.arn, tuple(self._facts.rule(rule).number for rule in self._evaluator.rules(key.policy)))
        read = self._reads[place.index]
        facts = (
            (caller.kind, caller.partition, caller.service_linked, caller.arn if service is not None else None),
            (scope.own_account, key.partition, key.region, key.manager, service),
            (_of_session(caller.session), not_shown(scope), tuple(mask for mask, _target in place.targets[1:])),
            tuple(layer.name for layer in _LAYERS if layer.documents(scope) is not None),
            _names_of(caller) if read.of_one else (),
            self._grant_meant(key, asked, read),
        )
        contents = [self._content(entry, asked, place, scope) for entry in self._entries(asked, scope)]
        return (self._numbers.of(facts), *[content for content in contents if content])

    def _grant_meant(self, key: Key, asked: Asked, read: _Reading) -> Hashable:
        """Whether a RetireGrant that names no grant means one; if a policy tests that grant, the grant's content."""
        grant = grant_meant("kms:retiregrant", key) if self._actions & RETIRE_GRANT else None
        if grant is None or not (read.grant or self._kind(asked).asks_about_grant):
            return grant is not None
        return (grant.operations, grant.constraints, grant.grantee_principal, grant.grantee_service_principal,
                grant.retiring_principal, grant.retiring_service_principal)  # fmt: skip

    def _entries(self, asked: Asked, scope: Scope) -> list[Entry]:
        audience = asked.policies.audience
        found: list[Entry] = []
        for layer in _LAYERS:
            found += audience.entries(layer, chain.from_iterable(layer.documents(scope) or ()))
        if scope.target.key is not None and (scope.target.key.grants or scope.target.key.open_grants):
            found += [Entry(GRANT, each.layer_index, each.actions, allowance=each) for each in allowances(scope)]
        return found

    def _content(self, entry: Entry, asked: Asked, place: Place, scope: Scope) -> int:
        """The number of what an entry says to the caller at a place; 0 if that is nothing."""
        rule, actions = entry.rule, entry.actions & self._actions
        if not actions:
            return 0
        if rule is None:
            said = _granted(entry, actions, scope, may_retire=self._kind(asked).may_retire)
            return 0 if said is None else self._numbers.of(said)
        read, resource = self._facts.rule(rule), rule.resource
        if resource is None:
            return 0
        code = EVERYTHING_COVERED
        more: tuple[Hashable, ...] = ()
        if resource.needs:
            if not may_cover(rule, place):
                return 0
            more = (place.target.arn, readings(rule.needs, scope), read.number)
        elif not resource.everything:
            code = within(code_at(rule, place), entry.actions, place)
            if not code:
                return 0
        residual = self._facts.residual(rule, scope, asked.unknown)
        if residual is None:
            return 0
        about = (entry.layer, entry.layer_index, actions, rule.open, code, *more)
        return self._numbers.of((*about, residual, _how_named(entry, asked.caller)))

    def _read(self, place: Place) -> _Reading:
        key = place.key
        if key is None:
            return _Reading(frozenset(), frozenset(), (), of_one=False, grant=False)
        scope = Scope(self._evaluator.world, _STRANGER, place.target)
        tests: list[int] = []
        texts: set[str] = set()
        of_one = grant = False
        for policy in _policies(scope):
            for rule in self._evaluator.rules(policy):
                if not rule.actions & self._actions:
                    continue
                tests += self._tests_of(rule)
                grant |= self._actions & RETIRE_GRANT != 0 and asks_about_the_grant(rule)
                read = self._facts.rule(rule)
                of_one |= rule.resource is not None and not rule.resource.needs.isdisjoint(read.of_caller)
                statement = rule.statement
                entries = (*(statement.principals or ()), *(statement.not_principals or ()))
                texts.update(entry.value for entry in entries)
        for each in (*key.grants, *(each.grant for each in key.open_grants)):
            texts |= _texts(each)
        accounts = {account for account in map(_account_in, texts) if account is not None}
        names = {text for text in texts if text != "*" and _account_in(text) is None}
        of_one |= any(each.constraints.source_arn is not None for each in key.grants)
        return _Reading(frozenset(names), frozenset(accounts), tuple(dict.fromkeys(tests)), of_one, grant)

    def _tests_of(self, rule: Rule) -> Iterator[int]:
        """The positions of the tests of a rule that read the caller."""
        of_caller = self._facts.rule(rule).of_caller
        for test in rule.condition.tests if rule.condition is not None and of_caller else ():
            if not test.needs.isdisjoint(of_caller):
                number = self._facts.test(test, rule).number
                yield self._tests.setdefault(number, (len(self._tests), test, rule))[0]


_LAYERS = tuple(layer for layer in LAYERS if not layer.part.follows_caller)

_STRANGER = Caller("role", "", None, "aws")
"""Stands for any caller, to find all documents that a key has."""


def _policies(scope: Scope) -> Iterator[Policy]:
    for layer in _LAYERS:
        yield from chain.from_iterable(layer.documents(scope) or ())


def _texts(grant: Grant) -> set[str]:
    """The principals and the account that a grant names."""
    named = (grant.grantee_principal, grant.retiring_principal, grant.issuing_account)
    return {text for text in named if text is not None}


def _account_in(text: str) -> str | None:
    """The account that a text stands for, as a root ARN or an account id."""
    if text.isdigit():
        return text
    return text.split(":", 5)[4] if text.startswith("arn:") and text.endswith(":root") and text.count(":") > 4 else None


def _names_of(caller: Caller) -> tuple[str, ...]:
    """The names of this caller and no other."""
    principal = caller.principal
    names = (caller.arn,) if principal is None else (caller.arn, principal.arn, principal.id)
    return tuple(name for name in names if name is not None)


def _of_session(session: Session | None) -> Hashable:
    """What a session has besides its policies."""
    if session is None:
        return None
    return (session.name, tuple(sorted(session.tags.items())), session.source_identity)


def _may_retire(asked: Asked) -> bool:
    """Whether an identity policy may let the caller retire grants; if not, it does not matter whose grants they are."""
    if asked.own_policies or asked.caller.kind == "root":
        return True
    return any(
        entry.layer_index == LayerIndex.IDENTITY and entry.actions & RETIRE_GRANT
        for entry in entries_of(asked.policies)
    )


def _how_named(entry: Entry, caller: Caller) -> Hashable:
    """How a statement names the caller, as far as open questions depend on it: by an asterisk, by its account alone."""
    principals = entry.rule.statement.principals if entry.rule is not None else None
    if not principals:
        return ()
    by_asterisk = any(each.value == "*" for each in principals)
    if entry.layer_index != LayerIndex.DENY:
        return (by_asterisk,)
    others = tuple(each for each in principals if account_of(each) is None)
    by_account = len(others) < len(principals) and grade(others, caller, "Deny") is Grade.NONE
    return (by_asterisk, by_account)


def _granted(entry: Entry, actions: int, scope: Scope, *, may_retire: bool) -> Hashable | None:
    """What a grant says; None if it says nothing: retiring it needs an identity policy, and the caller has none."""
    allowance, key = entry.allowance, scope.target.key
    if allowance is None or key is None:
        return None
    grant = allowance.grant
    which = allowance.holds.__qualname__ if allowance.holds is not None else None
    about = (GRANT, entry.layer_index, actions, which, allowance.unknown)
    if entry.layer_index == LayerIndex.RETIRE_WITH_IDENTITY and not may_retire:
        return about if which == names_no_grant.__qualname__ else None
    account = names_account(grant.grantee_principal, scope)
    if actions & (RETIRE_GRANT | CREATE_GRANT):
        return (*about, account, grant.id, grant.operations, grant.constraints, len(key.grants))
    return (*about, account, grant.constraints)
