"""Unknown values, which a source says exist but cannot show, and how they affect a decision.

Comes in: a scope, entries for one action, a request. Goes out: which condition keys are open, whether an entry counts
whatever the unknowns are, and the unknowns on which a decision depends. Never here: combining (that is `decide`).

A request is decided if the answer is the same whether all unknowns together allow as little or as much as they can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from kms_eval.engine.conditions import Status
from kms_eval.engine.context import Context, carried
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.situation import Scope
from kms_eval.formats.unknown import Unknown
from kms_eval.world.model import World

Facts = Mapping[str, Unknown]
"""Unknown facts by condition key (lower case); a name that ends in ``/`` is a whole family."""

NO_FACTS: Facts = {}

_PRINCIPAL_TAG = "aws:principaltag/"


def paths_are_known(world: World) -> bool:
    """Whether the organization path of every account in the world is known."""
    members = world.organization.accounts.values() if world.organization is not None else ()
    return all(member.unknown_path is None for member in members)


def unknown_facts(scope: Scope, *, paths_known: bool = False) -> Facts:
    """The condition keys of the scope whose facts no source could show; with `paths_known` paths are not checked."""
    key, principal, organization = scope.target.key, scope.caller.principal, scope.world.organization
    found: dict[str, Unknown] = {}
    if key is not None and key.unknowns:
        found |= key.unknowns
    if principal is not None and principal.unknowns:
        found |= principal.unknowns
    if organization is not None and not paths_known:
        endpoint = scope.endpoint.account if scope.endpoint is not None else None
        for name, account in (
            ("aws:principalorgpaths", scope.caller.account),
            ("aws:resourceorgpaths", scope.target.account),
            ("aws:vpceorgpaths", endpoint),
        ):
            member = organization.accounts.get(account) if account is not None else None
            if member is not None and member.unknown_path is not None:
                found[name] = member.unknown_path
    return found or NO_FACTS


def unknown_of(key: str, facts: Facts) -> Unknown | None:
    """The unknown fact behind a condition key (lower case); None where its fact is known."""
    found = facts.get(key)
    if found is not None:
        return found
    family, slash, _rest = key.partition("/")
    return facts.get(family + slash) if slash else None


def unknown_keys(needs: frozenset[str], facts: Facts, action: str) -> frozenset[str]:
    """Those of these condition keys whose facts are unknown and that a request for the action can carry."""
    return frozenset(key for key in needs if unknown_of(key, facts) is not None and carried(action, key))


def _still_open(entry: Entry, facts: Facts, context: Context) -> frozenset[str]:
    """The unknown keys that the entry needs and that neither the question's context nor the session's tags give."""
    if not facts or entry.rule is None:
        return frozenset()
    situation = context.situation
    said = situation.circumstances.given.values
    session = situation.scope.caller.session
    tags = {f"{_PRINCIPAL_TAG}{tag.lower()}" for tag in session.tags} if session is not None else set()
    found = unknown_keys(entry.needs, facts, situation.action)
    return frozenset(key for key in found if key not in said and key.lower() not in tags)


def status(entry: Entry, facts: Facts, context: Context) -> Status:
    """Whether an entry counts in the request: in any case, in no case, or depending on the unknowns."""
    keys = _still_open(entry, facts, context)
    settled = Status.HOLDS if not keys and entry.applies(context) else Status.FAILS
    found = entry.status(context, keys) if keys else settled
    return Status.OPEN if found is Status.HOLDS and entry.unknowns else found


def counts(entry: Entry, found: Status, *, hopeful: bool) -> bool:
    """Whether an entry counts if the unknowns allow as little as they can or, if `hopeful`, as much as they can."""
    if found is Status.OPEN:
        return hopeful is (entry.layer_index != LayerIndex.DENY)
    return found is Status.HOLDS


def _unknowns_of(entry: Entry, facts: Facts, context: Context) -> Iterator[Unknown]:
    yield from entry.unknowns
    for key in sorted(_still_open(entry, facts, context)):
        unknown = unknown_of(key, facts)
        if unknown is not None:
            yield unknown


def decisive_unknowns(
    statuses: Sequence[tuple[Entry, Status]],
    facts: Facts,
    context: Context,
    allowed: Callable[[Callable[[Entry], bool]], bool],
) -> tuple[Unknown, ...]:
    """The unknowns on which the decision depends.

    These are the unknowns that alone change the decision, taking all others as allowing as little, or as much, as they
    can; if there are none, all unknowns. `allowed` says whether the request is allowed if exactly those entries count.
    """
    found = dict(statuses)
    by_unknown: dict[Unknown, set[Entry]] = {}
    for entry, known in statuses:
        if known is Status.OPEN:
            for unknown in _unknowns_of(entry, facts, context):
                by_unknown.setdefault(unknown, set()).add(entry)

    def reverses(entries: Iterable[Entry], *, hopeful: bool) -> bool:
        flipped = set(entries)
        return (
            allowed(lambda entry: counts(entry, found[entry], hopeful=hopeful is not (entry in flipped))) is not hopeful
        )

    deciding = [
        unknown
        for unknown, entries in by_unknown.items()
        if reverses(entries, hopeful=True) or reverses(entries, hopeful=False)
    ]
    return tuple(deciding or by_unknown)
