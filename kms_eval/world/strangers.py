"""Strangers: users and roles that nothing in the world mentions, where the world says who there is; misspelt services.

Comes in: a world and a principal or the name of a service. Goes out: whether it is a stranger, and the fault that
asking about one is.
Never here: what a stranger may do; who says that one is meant is asked about it like anybody else.

A denial for a name that nobody has is worth nothing: most of the time the name is misspelt. Of an account of which the
world describes no principal nothing can be said to be missing, so nobody there is a stranger; nor are root users,
and whoever a policy or a grant names in full. A pattern names nobody. Names are unique within an account
whatever their path and case, so that whoever has the name of somebody else, but for these, is nobody (semantics P7).
In another partition it is another account. A service is taken to exist unless its name is nearly one that AWS
documents, and nothing in the world mentions it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kms_eval.documents.refused import caller_finding
from kms_eval.errors import Fault, InputError, nearest, quoted
from kms_eval.world.index import Index, index_of
from kms_eval.world.model import Principal, World

_SEARCHED = 500  # as in `names`: a bad row among a million stays cheap
_LISTED = 3

MEANT = "a stranger is asked about with `--stranger`, `stranger: true`, `stranger=True`"
"""How a stranger is asked about on purpose."""

_ADDED = "one that AWS has added since is asked about with `--stranger`, `stranger: true`, `stranger=True`"


def is_stranger(world: World, principal: Principal) -> bool:
    """Whether nothing in the world mentions the principal, and the world describes others of its account."""
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
    """Whether the name of a service is most likely none: nothing mentions it, and it nearly is another one."""
    return service not in index_of(world).mentioned_services and caller_finding(service) is not None


def refusal_of_service(service: str) -> InputError:
    """What is wrong with asking about a service that `is_misspelt`."""
    message, advice = caller_finding(service) or (f"there is no service principal {quoted(service)}", None)
    return InputError(Fault(message, help=" ".join(filter(None, (advice, _ADDED)))))


def refusal(world: World, principal: Principal) -> InputError:
    """What is wrong with asking about a stranger, with the nearest names."""
    name = short_name(world, principal.arn)
    near = [short_name(world, arn) for arn in _near(world, principal)]
    if near:
        advice = f"did you mean {' or '.join(f'`{each}`' for each in near)}? {MEANT}"
    else:
        advice = f"{_known(world, principal)}; {MEANT}"
    return InputError(Fault(f"nothing in the scenario mentions {quoted(name)}", help=advice))


def short_name(world: World, name: str) -> str:
    """An ARN as it is written in short within the scenario's account; else the ARN itself."""
    own = (f"arn:{world.partition}:iam::{world.account}:", f"arn:{world.partition}:sts::{world.account}:")
    return name.split(":", 5)[5] if name.startswith(own) else name


def _near(world: World, principal: Principal) -> list[str]:
    """Who goes by that name with another path, in other case or of the other kind; else who has nearly that name."""
    names = index_of(world)
    partition = principal.arn.split(":", 2)[1]
    same = names.by_name.get((partition, principal.account, principal.name.lower()), ())
    if same:
        return list(same[:_LISTED])
    here = {arn.split(":", 5)[5]: arn for arn in _of_account(names, partition, principal.account)}
    wanted = principal.arn.split(":", 5)[5]
    # By names alone: what they begin with makes them look alike.
    by_last_part = {resource.rpartition("/")[2]: resource for resource in here}
    last = nearest(principal.name, by_last_part)
    if last is not None:
        return [here[by_last_part[last]]]
    # The account may be what is misspelt.
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
