"""Which principals, actions and keys a question is about, from names and patterns as typed.

Comes in: names; ``*`` and ``?`` are wildcards in them. Goes out: askers, a mask of actions, keys; InputError for a name
that means nothing and a pattern that nothing matches. Never here: what anybody may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.analysis.access.principals import Asker, asker_named, askers
from kms_eval.engine.action_words import action_name
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import bit_of, covered
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.facts.actions import OPERATIONS
from kms_eval.language.pattern import Matcher, compile_text
from kms_eval.world.model import Key, World
from kms_eval.world.names import resolve_key

_Side = TypeVar("_Side")
_Chosen = TypeVar("_Chosen")


def chosen_askers(evaluator: Evaluator, names: Sequence[str]) -> tuple[Asker, ...]:
    """The askers with those names; all of the world if there are no names.

    A name is a short name or an ARN. Raises InputError for strangers, unless the world says that anybody may ask.
    """
    everybody = askers(evaluator)
    if not names:
        return everybody
    found: dict[str, Asker] = {}
    for name in names:
        fits = _matcher(name)
        matching = [each for each in everybody if fits(each.label) or fits(each.name)]
        if not matching and is_pattern(name):
            raise InputError(Fault(f"no principal fits {quoted(name)}"))
        for each in matching or [asker_named(evaluator, name)]:
            found.setdefault(each.name, each)
    return tuple(found.values())


def chosen_actions(names: Iterable[str]) -> int:
    """The mask of the actions; all published ones if there are no names."""
    mask = 0
    for name in names:
        mask |= _actions(name)
    return mask or PUBLISHED


def chosen_keys(world: World, names: Sequence[str]) -> tuple[Key, ...]:
    """The keys with those names; all of the world if there are no names."""
    if not names:
        return tuple(world.keys.values())
    found: dict[str, Key] = {}
    for name in names:
        matching = [resolve_key(world, name).key] if not is_pattern(name) else _fitting(world, name)
        if not matching:
            raise InputError(Fault(f"no key fits {quoted(name)}"))
        found.update((key.handle, key) for key in matching)
    return tuple(found.values())


def chosen_on_either(
    choose: Callable[[_Side, Sequence[str]], Sequence[_Chosen]], sides: tuple[_Side, _Side], names: Sequence[str]
) -> tuple[Sequence[_Chosen], Sequence[_Chosen]]:
    """What the names mean on two sides; a name that means something on one side only adds nothing on the other.

    Raises InputError for a name that means nothing on either side.
    """
    before, after = sides
    if not names:
        return choose(before, ()), choose(after, ())
    found: tuple[list[_Chosen], list[_Chosen]] = ([], [])
    for name in names:
        faults: list[InputError] = []
        for side, chosen in zip(sides, found, strict=True):
            try:
                chosen.extend(choose(side, (name,)))
            except InputError as error:
                faults.append(error)
        if len(faults) == len(sides):
            raise faults[-1]
    return found


def is_pattern(name: str) -> bool:
    """Whether a name has wildcards."""
    return "*" in name or "?" in name


def _matcher(name: str) -> Matcher:
    return compile_text(name) if is_pattern(name) else name.__eq__


def _fitting(world: World, name: str) -> list[Key]:
    fits = compile_text(name)
    return [key for key in world.keys.values() if any(map(fits, (key.handle, key.arn, key.key_id, *key.aliases)))]


def _actions(name: str) -> int:
    if is_pattern(name):
        mask = covered((name if ":" in name else f"kms:{name}",)) & PUBLISHED
        if not mask:
            raise InputError(Fault(f"no action fits {quoted(name)}", help="actions look like `kms:Decrypt`"))
        return mask
    known = action_name(name)
    permissions = [known] if ":" in known else [action.name for action in OPERATIONS[known.lower()]]
    if len(permissions) > 1 and f"kms:{known}" not in permissions:
        listed = " and ".join(f"`{permission}`" for permission in permissions)
        raise InputError(Fault(f"{quoted(name)} is a call that needs several permissions", help=f"ask for {listed}"))
    return bit_of(f"kms:{known}" if ":" not in known else known)
