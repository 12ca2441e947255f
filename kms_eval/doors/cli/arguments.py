"""How a verb declares its arguments and options: each field of its `Call` is one of them.

Comes in: the fields of a verb's call. Goes out: their descriptions, which both readers of command lines use (`quick`
and `application`). Never here: reading, typer, and the options themselves, which are in verbs and `shared_options`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, dataclass, field
from typing import Any, Literal

from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

_MARKS = dict.fromkeys(map(ord, "[]."))
"""The marks in the help for what may be left out or given several times."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An option, which has `names`, or a positional argument, which has none.

    `one` takes a value, `many` takes one each time it is given, `switch` takes none. `complete` names the values that a
    shell offers (see `completion`); `choices` are the only valid values, if they are few.
    """

    kind: Literal["one", "many", "switch"]
    help: str
    names: tuple[str, ...] = ()
    metavar: str | None = None
    complete: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A field of a call: its name, what can be typed for it, and whether it is required."""

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
    """Raise InputError if a value is empty, is not one of the choices, or cannot be an account or a Region.

    A variable that a script left unset must not look like an option that was not given, and a misspelt value must not
    go unnoticed when the question does not use it.
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
"""Finds what is wrong with the values of the options that say where keys are."""


def _unknown(name: str, argument: Argument, place: Location) -> Fault:
    listed = ", ".join(f"`{each}`" for each in argument.choices)
    what = (argument.metavar or "value").translate(_MARKS).lower()
    return Fault(f"unknown {what} {quoted(name)}", place, did_you_mean(name, argument.choices) or f"there are {listed}")


def words_of(call: object) -> list[str]:
    """Command-line words that are read as this call."""
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
    """The long name of an option, or the metavar of a positional argument."""
    long = (name for name in argument.names if name.startswith("--"))
    return next(long, (argument.metavar or "").translate(_MARKS))


def argument(metavar: str, help: str, complete: str | None = None) -> Any:
    """A required positional argument."""
    return field(metadata={"argument": Argument("one", help, metavar=metavar, complete=complete)})


def optional_argument(metavar: str, help: str, complete: str | None = None, *, choices: tuple[str, ...] = ()) -> Any:
    """An optional positional argument; None if it is left out."""
    said = Argument("one", help, metavar=metavar, complete=complete, choices=choices)
    return field(default=None, metadata={"argument": said})


def arguments(metavar: str, help: str, complete: str | None = None) -> Any:
    """All remaining positional arguments."""
    return field(default=(), metadata={"argument": Argument("many", help, metavar=metavar, complete=complete)})


def option(*names: str, metavar: str, help: str, complete: str | None = None, choices: tuple[str, ...] = ()) -> Any:
    """An option with a value; None if it is left out. If it is given again, the last value counts."""
    return field(default=None, metadata={"argument": Argument("one", help, names, metavar, complete, choices)})


def options(*names: str, metavar: str, help: str, complete: str | None = None, choices: tuple[str, ...] = ()) -> Any:
    """An option that may be given several times, each time with a value."""
    return field(default=(), metadata={"argument": Argument("many", help, names, metavar, complete, choices)})


def switch(*names: str, help: str) -> Any:
    """An option without a value, which is off unless it is given."""
    return field(default=False, metadata={"argument": Argument("switch", help, names)})
