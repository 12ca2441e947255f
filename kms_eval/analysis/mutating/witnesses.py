"""A request that is decided differently after a change of policies, or the proof that there is no such request.

Comes in: an evaluator, and another one for the same world with some policies changed. Goes out: the difference. Never
here: mutants, running tests.

Both compile a cell for every caller on every resource where the changed policies can matter. If all cells have the same
sums and the same pending entries, no request can be decided differently, unless its own context contradicts the world
(keys that a test gives are therefore left open). If they differ, requests are made from what the pending conditions
test, and a witness is a request that both evaluators have actually decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from kms_eval.analysis.mutating.places import Place, Places, change
from kms_eval.analysis.mutating.sample_values import Context as Values, contexts
from kms_eval.documents.model import Policy
from kms_eval.engine import decide
from kms_eval.engine.cell import Cell, Outcome, compile_cell
from kms_eval.engine.context import Context, carried, is_fixed
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import EVERYTHING, actions_in, bit_of, published
from kms_eval.engine.situation import Circumstances, Scope, Situation, given
from kms_eval.errors import InputError
from kms_eval.facts.condition_keys import canonical, spelled
from kms_eval.world.cases import TestCase
from kms_eval.world.request import Request

_MOST_PLACES = 2_000
_ENOUGH_PLACES = 25
_MOST_TRIES = 300
_MOST_TRIES_AT_A_PLACE = 60
_TELLING = frozenset({"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Decrypt", "kms:GenerateDataKey"})
"""Well-known actions, preferred in reports."""
_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"


@dataclass(frozen=True, slots=True)
class Witness:
    """A request, and its decision before and after the change."""

    request: Request
    before: Outcome
    after: Outcome

    @property
    def allows_more(self) -> bool:
        """Whether the change allows what was denied."""
        return self.after == "allowed"

    @property
    def allows_less(self) -> bool:
        """Whether the change denies what was allowed. If neither more nor less is allowed, the kind of deny changed."""
        return self.before == "allowed"

    @property
    def danger(self) -> int:
        """Greater is worse."""
        return 2 if self.allows_more else 1 if self.allows_less else 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What was found: a witness, or that there is `none`; neither if something differs but no request showed it.

    `opened` counts combinations of principal, resource and action that went from never to sometimes, or to always.
    """

    witness: Witness | None = None
    none: bool = False
    opened: int = 0


_Cells = tuple[Cell, ...]
_Known = dict[tuple[object, ...], Cell]


@dataclass(frozen=True, slots=True)
class _Unequal:
    """Cells of one place that differ for some actions.

    `opened` are actions for which certainly more is allowed (from never, or to always), `closed` those for which
    certainly less is; for `shifted` ones it may be either.
    """

    place: Place
    before: _Cells
    after: _Cells
    opened: int
    shifted: int
    closed: int


class Witnesses:
    """Finds witnesses in one world. The cells of the unchanged world are compiled once."""

    def __init__(self, evaluator: Evaluator, cases: Iterable[TestCase], now: datetime) -> None:
        self._evaluator = evaluator
        self._now = now
        asked = tuple(cases)
        self._places = Places(evaluator, asked, now)
        self._unfolded = frozenset(_contradicted(asked))
        self._cells: _Known = {}

    def between(self, other: Evaluator, changed: Mapping[Policy, Policy]) -> Difference:
        """What `other` decides differently, whose rules differ only for the policies in `changed`."""
        unequal: list[_Unequal] = []
        cells: _Known = {}
        complete = True
        for number, place in enumerate(self._places.concerned(change(self._evaluator, other, changed))):
            if number == _MOST_PLACES or len(unequal) == _ENOUGH_PLACES:
                complete = False
                break
            found = self._compared(place, other, cells)
            if found is not None:
                unequal.append(found)
        if not unequal:
            return Difference(none=complete)
        unequal.sort(key=lambda one: one.opened.bit_count(), reverse=True)
        opened = sum(one.opened.bit_count() for one in unequal)
        return Difference(self._witness(unequal, other), opened=opened)

    def _compared(self, place: Place, other: Evaluator, cells: _Known) -> _Unequal | None:
        before = tuple(self._cell(scope, self._evaluator, self._cells) for scope in place.scopes)
        after = tuple(self._cell(scope, other, cells) for scope in place.scopes)
        one, two = _final(before), _final(after)
        denies = others = 0
        for first, second in zip(before, after, strict=True):
            of_denies, of_others = _differing(first, second)
            denies, others = denies | of_denies, others | of_others
        definite = one.allowed & two.allowed | one.denied & two.denied | one.silent & two.silent
        # An Allow makes no difference for what nobody can be allowed, before or after.
        differing = (denies | others & (one.possible | two.possible)) & place.actions & ~definite
        if not differing:
            return None
        opened = two.possible & ~one.possible | two.allowed & ~one.allowed
        closed = one.allowed | ~two.possible
        return _Unequal(place, before, after, opened & differing, differing & ~opened & ~closed, differing & closed)

    def _cell(self, scope: Scope, evaluator: Evaluator, known: _Known) -> Cell:
        about = (scope.caller, scope.target.arn, scope.target.kind, scope.endpoint)
        cell = known.get(about)
        if cell is None:
            cell = known[about] = compile_cell(scope, evaluator.policies_of_caller(scope), unfolded=self._unfolded)
        return cell

    def _witness(self, unequal: Sequence[_Unequal], other: Evaluator) -> Witness | None:
        """The most dangerous witness among the requests that are tried."""
        best: Witness | None = None
        for actions in (_opened, _shifted, _closed):
            for asked in islice(_questions(unequal, actions, self._unfolded, self._now), _MOST_TRIES):
                witness = self._asked(asked, other) if asked.differs() else None
                if witness is not None and (best is None or witness.danger > best.danger):
                    best = witness
                # For closed actions, nothing more is allowed.
                if best is not None and (best.allows_more or (actions is _closed and best.allows_less)):
                    return self._plain(best)
        return self._plain(best) if best is not None else None

    def _asked(self, asked: _Question, other: Evaluator) -> Witness | None:
        """The request as both evaluators decide it: for a call on alias and key, the other part may deny it anyway."""
        request = asked.request()
        try:
            witness = Witness(request, self._evaluator.rule(request).outcome, other.rule(request).outcome)
        except InputError:
            return None
        return witness if witness.before != witness.after else None

    def _plain(self, witness: Witness) -> Witness:
        """The witness without its time if that is the current time, which is irrelevant."""
        if witness.request.at != self._now:
            return witness
        return replace(witness, request=replace(witness.request, at=None))


def _opened(unequal: _Unequal) -> int:
    return unequal.opened


def _shifted(unequal: _Unequal) -> int:
    return unequal.shifted


def _closed(unequal: _Unequal) -> int:
    return unequal.closed


def _contradicted(cases: Iterable[TestCase]) -> Iterator[str]:
    """Condition keys (lower case) that tests give in place of facts of the world, such as a tag of the caller."""
    for case in cases:
        action = case.request.action.lower()
        for name in case.request.context:
            key = canonical(name)
            if carried(action, key) and is_fixed(action, key, with_key=True):
                yield key


@dataclass(frozen=True, slots=True)
class _Final:
    """The actions for which all requests get the same decision, and those for which some request may be allowed."""

    allowed: int
    denied: int
    silent: int
    possible: int


def _final(cells: _Cells) -> _Final:
    """The cells of one call combined: each has to allow, and a Deny in any of them is an explicit deny."""
    allowed = possible = EVERYTHING
    denied = maybe_denied = 0
    for cell in cells:
        allowed &= cell.allowed
        denied |= cell.denied
        most = list(cell.sums)
        for entry in cell.pending:
            if entry.layer_index == LayerIndex.DENY:
                maybe_denied |= entry.actions
            else:
                most[entry.layer_index] |= entry.actions
        possible &= decide.allowed(most, cell.shape)
    return _Final(allowed, denied, ~possible & ~denied & ~maybe_denied, possible & ~denied)


def _differing(before: Cell, after: Cell) -> tuple[int, int]:
    """The actions for which Deny entries differ, and those for which anything else does, decided or pending."""
    found = [one ^ other for one, other in zip(before.sums, after.sums, strict=True)]
    waiting, changed = _waiting(before), _waiting(after)
    for layer_index, asks in waiting.keys() | changed.keys():
        found[layer_index] |= waiting.get((layer_index, asks), 0) ^ changed.get((layer_index, asks), 0)
    others = 0
    for actions in found[LayerIndex.DENY + 1 :]:
        others |= actions
    return found[LayerIndex.DENY], others


def _waiting(cell: Cell) -> dict[tuple[int, object], int]:
    """The actions of pending entries, by layer index and by their conditions. Grants are the same in both."""
    found: dict[tuple[int, object], int] = {}
    for entry in cell.pending:
        if entry.rule is not None:
            statement, policy = entry.rule.statement, entry.rule.policy
            # Equal statements in policies of different kinds or versions are read differently.
            asks = (statement.condition, statement.resources, statement.not_resources, policy.kind, policy.variables)
            found[entry.layer_index, asks] = found.get((entry.layer_index, asks), 0) | entry.actions
    return found


@dataclass(frozen=True, slots=True)
class _Question:
    """One request, in the form for cells and in the form for users."""

    unequal: _Unequal
    action: str
    circumstances: Circumstances

    def differs(self) -> bool:
        """Whether any cell decides differently, by itself."""
        bit = bit_of(self.action)
        contexts = [Context(Situation(scope, self.action, self.circumstances)) for scope in self.unequal.place.scopes]
        return any(
            before.decide(bit, context) != after.decide(bit, context)
            for before, after, context in zip(self.unequal.before, self.unequal.after, contexts, strict=True)
        )

    def request(self) -> Request:
        """The request as a user writes it."""
        (action,) = actions_in(bit_of(self.action))
        circumstances = self.circumstances
        context = {
            circumstances.given.names[key]: values
            for key, values in circumstances.given.values.items()
            if isinstance(values, tuple)
        }
        return replace(
            self.unequal.place.request,
            action=action.name,
            context=context,
            encryption_context=circumstances.encryption_context,
            at=circumstances.at,
        )


def _questions(
    unequal: Sequence[_Unequal], actions: Callable[[_Unequal], int], unfolded: frozenset[str], now: datetime
) -> Iterator[_Question]:
    """Requests worth trying for some actions: plain requests before those with a context."""
    for one in unequal:
        yield from islice(_about(one, actions(one), unfolded, now), _MOST_TRIES_AT_A_PLACE)


def _about(unequal: _Unequal, actions: int, unfolded: frozenset[str], now: datetime) -> Iterator[_Question]:
    scope = unequal.place.scopes[0]
    entries = [entry for cell in (*unequal.before, *unequal.after) for entry in cell.pending]
    needs = {key for entry in entries for key in entry.needs}
    for action, open_keys in _representatives(unequal, entries, needs, unfolded, actions):
        about = [entry for entry in entries if entry.actions & bit_of(action)]
        lookup = Context(Situation(scope, action, Circumstances(at=now))).text
        names = _spellings(about)
        for values in contexts(about, lookup, open_keys.__contains__):
            yield _Question(unequal, action, _circumstances(action, values, names, now))


def _representatives(
    unequal: _Unequal, entries: Sequence[Entry], needs: Iterable[str], unfolded: frozenset[str], actions: int
) -> Iterator[tuple[str, frozenset[str]]]:
    """One action of each equivalence class under the cells, with its open condition keys; well-known ones first."""
    seen: set[tuple[object, ...]] = set()
    cells = (*unequal.before, *unequal.after)
    with_key = unequal.place.scopes[0].target.kind == "key"
    for row in sorted(actions_in(actions), key=lambda row: row.name not in _TELLING):
        action = row.name.lower()
        bit = bit_of(action)
        sums = tuple(bool(each & bit) for cell in cells for each in cell.sums)
        asked = tuple(bool(entry.actions & bit) for entry in entries)
        open_keys = frozenset(
            key
            for key in needs
            if carried(action, key) and (key in unfolded or not is_fixed(action, key, with_key=with_key))
        )
        known = (sums, asked, open_keys)
        if known not in seen:
            seen.add(known)
            yield action, open_keys


def _circumstances(action: str, values: Values, names: Mapping[str, str], now: datetime) -> Circumstances:
    """Values of condition keys, put where a request has them: time and encryption context are separate fields."""
    row = published(action)
    with_pairs = row is not None and row.encryption_context and action != "kms:creategrant"
    context: dict[str, tuple[str, ...]] = {}
    pairs: dict[str, str] = {}
    at = now
    for key, texts in values.items():
        if texts is None:
            continue
        name = names.get(key, key)
        if key == "aws:currenttime" and (time := _time(texts)) is not None:
            at = time
        elif with_pairs and key.startswith(_ENCRYPTION_CONTEXT) and len(texts) == 1:
            pairs[name[len(_ENCRYPTION_CONTEXT) :]] = texts[0]
        elif with_pairs and key == "kms:encryptioncontextkeys" and texts:
            pairs |= {text: pairs.get(text, "any") for text in texts}
        else:
            context[name] = texts
    return Circumstances(given=given(context), encryption_context=pairs or None, at=at)


def _time(texts: tuple[str, ...]) -> datetime | None:
    """The time in a value of aws:CurrentTime; None where it is no single time with a time zone."""
    try:
        time = datetime.fromisoformat(texts[0]) if len(texts) == 1 else None
    except ValueError:
        return None
    return time.astimezone(UTC) if time is not None and time.tzinfo is not None else None


def _spellings(entries: Iterable[Entry]) -> Mapping[str, str]:
    """The AWS spelling of condition keys (lower case), or that of policies where users choose a part of the name."""
    found: dict[str, str] = {}
    for entry in entries:
        for key in entry.needs:
            found.setdefault(key, spelled(key))
        for test in entry.rule.condition.tests if entry.rule is not None and entry.rule.condition is not None else ():
            found[test.key] = spelled(test.key, test.written.key)
    return found
