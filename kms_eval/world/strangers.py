"""Strangers: users and roles that nothing in the world mentions, in accounts that it describes; misspelt services.

Comes in: a world and a principal or the name of a service. Goes out: whether it is a stranger, and the fault of asking
about one. Never here: what a stranger may do; where one is meant, it is decided like any other principal.

A denial for a name that nobody has is worthless: most of the time the name is misspelt. Where the world describes no
principal of an account, or a source could not show all of them, nobody there can be said to be missing, so nobody there
is a stranger. Neither are root users, and principals that a policy or a grant names in full; a pattern does not count.
Names are unique within an account regardless of path and case, so that a principal whose name differs from a known one
only in path or case does not exist, in whatever account (semantics P7). The same account id in another partition is a
different account. A service is assumed to exist unless its name is close to one that AWS documents and nothing in the
world mentions it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kms_eval.documents.refused import caller_finding
from kms_eval.errors import Fault, InputError, nearest, quoted
from kms_eval.world.index import Index, index_of
from kms_eval.world.model import Principal, World

_SEARCHED = 500  # as in `names`, so that a bad row among a million stays cheap
_LISTED = 3

MEANT = "a stranger is asked about with `--stranger`, `stranger: true`, `stranger=True`"
"""How a stranger is asked about on purpose."""

_ADDED = "one that AWS has added since is asked about with `--stranger`, `stranger: true`, `stranger=True`"


def is_stranger(world: World, principal: Principal) -> bool:
    """Whether the world mentions the principal nowhere, although it describes its account or knows its name."""
    if principal.known:
        return False
    names = index_of(world)
    partition = principal.arn.split(":", 2)[1]
    if principal.arn in names.mentioned:
        return False
    if (partition, principal.account) not in names.described_accounts:
        same = names.by_name.get((partition, principal.account, principal.name.lower()), ())
        return any(arn.split(":", 5)[5].startswith(f"{principal.kind}/") for arn in same)
    return principal.kind != "role" or (partition, principal.account, principal.name) not in names.mentioned_sessions


def is_misspelt(world: World, service: str) -> bool:
    """Whether the name of a service is most likely misspelt: nothing mentions it, and it is close to another name."""
    return service not in index_of(world).mentioned_services and caller_finding(service) is not None


def refusal_of_service(service: str) -> InputError:
    """The error of asking about a service that `is_misspelt`."""
    message, advice = caller_finding(service) or (f"there is no service principal {quoted(service)}", None)
    return InputError(Fault(message, help=" ".join(filter(None, (advice, _ADDED)))))


def refusal(world: World, principal: Principal) -> InputError:
    """The error of asking about a stranger, with the nearest names."""
    name = short_name(world, principal.arn)
    near = [short_name(world, arn) for arn in _near(world, principal)]
    if near:
        advice = f"did you mean {' or '.join(f'`{each}`' for each in near)}? {MEANT}"
    else:
        advice = f"{_known(world, principal)}; {MEANT}"
    return InputError(Fault(f"nothing in the scenario mentions {quoted(name)}", help=advice))


def short_name(world: World, name: str) -> str:
    """The short name of an ARN in the scenario's account; else the ARN itself."""
    own = (f"arn:{world.partition}:iam::{world.account}:", f"arn:{world.partition}:sts::{world.account}:")
    return name.split(":", 5)[5] if name.startswith(own) else name


def _near(world: World, principal: Principal) -> list[str]:
    """The ARNs with the same name but a different path, case or kind; else those with a similar name."""
    names = index_of(world)
    partition = principal.arn.split(":", 2)[1]
    same = names.by_name.get((partition, principal.account, principal.name.lower()), ())
    if same:
        return list(same[:_LISTED])
    here = {arn.split(":", 5)[5]: arn for arn in _of_account(names, partition, principal.account)}
    wanted = principal.arn.split(":", 5)[5]
    # By names alone: kinds and paths would make them look similar.
    by_last_part = {resource.rpartition("/")[2]: resource for resource in here}
    last = nearest(principal.name, by_last_part)
    if last is not None:
        return [here[by_last_part[last]]]
    # It may be the account that is misspelt.
    elsewhere = [arn for arns in islice(names.by_name.values(), _SEARCHED) for arn in arns]
    return [arn for arn in elsewhere if arn.split(":", 5)[5] == wanted][:_LISTED]


def _of_account(names: Index, partition: str, account: str) -> Iterator[str]:
    start = (f"arn:{partition}:iam::{account}:", f"arn:{partition}:sts::{account}:")
    every = (arn for arns in names.by_name.values() for arn in arns)
    yield from islice((arn for arn in every if arn.startswith(start)), _SEARCHED)


def _known(world: World, principal: Principal) -> str:
    names = index_of(world)
    partition = principal.arn.split(":", 2)[1]
    found = [f"`{short_name(world, arn)}`" for arn in _of_account(names, partition, principal.account)]
    return f"of that account it has {', '.join(found[:_LISTED])}{', …' if len(found) > _LISTED else ''}"
