"""How a verb says what can be typed behind it: each field of its `Call` is an argument or an option.

Comes in: the fields of a verb's call. Goes out: their descriptions, which both readers of command lines go by (`quick`
and `application`). Never here: reading, typer, and the options themselves, which are in verbs and `shared_options`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, dataclass, field
from typing import Any, Literal

from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

_MARKS = dict.fromkeys(map(ord, "[]."))
"""What says in the help that something may be left out, or be there several times."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What can be typed: `names` are those of an option, and empty for what stands by its place.

    `one` takes a value, `many` takes one each time it is given, `switch` takes none. `complete` names the values that a
    shell offers (see `completion`); `choices` are the only ones that there are, where these are few.
    """

    kind: Literal["one", "many", "switch"]
    help: str
    names: tuple[str, ...] = ()
    metavar: str | None = None
    complete: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A field of a call: its name, what can be typed for it, and whether it has to be."""

    name: str
    argument: Argument
    required: bool


def described(call: type) -> tuple[Described, ...]:
    """The fields of a call: first its own, then those that it shares with other verbs."""
    return tuple(
        Described(each.name, each.metadata["argument"], each.default is MISSING) for each in _ordered(call).values()
    )


def _ordered(call: type) -> dict[str, Field[Any]]:
    known: dict[str, Field[Any]] = getattr(call, "__dataclass_fields__", {})
    shared: dict[str, Field[Any]] = {}
    for base in call.__bases__:
        shared |= {name: known[name] for name in _ordered(base)}
    return {name: each for name, each in known.items() if name not in shared} | shared


def check_values(call: object) -> None:
    """Raise InputError where a value is empty, is none of the few that there are, or no account or Region at all.

    What a script left unset must not mean that nothing was given; nor may what is misspelt go unnoticed where the
    question has no use for it.
    """
    faults = []
    for each in described(type(call)):
        argument, value = each.argument, getattr(call, each.name)
        place = Location(field=_called(argument))
        if value == "" or (argument.kind == "many" and "" in value):
            faults.append(Fault("is empty", place))
        elif argument.choices and value:
            given = value if argument.kind == "many" else (value,)
            faults += [_unknown(name, argument, place) for name in given if name not in argument.choices]
        elif each.name in _PLACES and value:
            faults += _PLACES[each.name](value if argument.kind == "many" else (value,), place)
    if faults:
        raise InputError(faults)


def _accounts(texts: Iterable[str], place: Location) -> Iterator[Fault]:
    from kms_eval.world.identity import is_account

    for text in texts:
        if not is_account(text):
            yield Fault(f"{quoted(text)} is no account id", place, "an account id has 12 digits")


def _regions(texts: Iterable[str], place: Location) -> Iterator[Fault]:
    from kms_eval.facts.regions import region_complaint

    for text in texts:
        complaint = region_complaint(text)
        if complaint is not None:
            yield Fault(complaint[0], place, complaint[1])


_PLACES: dict[str, Callable[[Iterable[str], Location], Iterator[Fault]]] = {"account": _accounts, "region": _regions}
"""What is wrong with the values of the options that say where keys are."""


def _unknown(name: str, argument: Argument, place: Location) -> Fault:
    listed = ", ".join(f"`{each}`" for each in argument.choices)
    what = (argument.metavar or "value").translate(_MARKS).lower()
    return Fault(f"unknown {what} {quoted(name)}", place, did_you_mean(name, argument.choices) or f"there are {listed}")


def words_of(call: object) -> list[str]:
    """The words that are read as this call."""
    placed: list[str] = []
    named: list[str] = []
    for each in described(type(call)):
        argument, value = each.argument, getattr(call, each.name)
        values = value if argument.kind == "many" else (value,) if value else ()
        for text in values:
            if not argument.names:
                placed.append(text)
            else:
                named += [_called(argument)] if argument.kind == "switch" else [_called(argument), text]
    return [*placed, *named]


def _called(argument: Argument) -> str:
    """An option by its long name, what stands by its place by the word in the help."""
    long = (name for name in argument.names if name.startswith("--"))
    return next(long, (argument.metavar or "").translate(_MARKS))


def argument(metavar: str, help: str, complete: str | None = None) -> Any:
    """A value that stands by its place and has to be there."""
    return field(metadata={"argument": Argument("one", help, metavar=metavar, complete=complete)})


def optional_argument(metavar: str, help: str, complete: str | None = None, *, choices: tuple[str, ...] = ()) -> Any:
    """A value that stands by its place; None where it is left out."""
    said = Argument("one", help, metavar=metavar, complete=complete, choices=choices)
    return field(default=None, metadata={"argument": said})


def arguments(metavar: str, help: str, complete: str | None = None) -> Any:
    """All values that stand by their place."""
    return field(default=(), metadata={"argument": Argument("many", help, metavar=metavar, complete=complete)})


def option(*names: str, metavar: str, help: str, complete: str | None = None, choices: tuple[str, ...] = ()) -> Any:
    """A value with a name; None where it is left out, and the last one counts."""
    return field(default=None, metadata={"argument": Argument("one", help, names, metavar, complete, choices)})


def options(*names: str, metavar: str, help: str, complete: str | None = None, choices: tuple[str, ...] = ()) -> Any:
    """Values with a name that may be given again and again."""
    return field(default=(), metadata={"argument": Argument("many", help, names, metavar, complete, choices)})


def switch(*names: str, help: str) -> Any:
    """Something that is off unless it is named."""
    return field(default=False, metadata={"argument": Argument("switch", help, names)})
