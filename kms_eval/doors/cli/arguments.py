"""How a verb says what can be typed behind it: each field of its `Call` is an argument or an option.

Comes in: the fields of a verb's call. Goes out: their descriptions, which both readers of command lines go by (`quick`
and `application`). Never here: reading, typer; of values only that none is empty.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from kms_eval.errors import Fault, InputError, Location

_MARKS = dict.fromkeys(map(ord, "[]."))
"""What says in the help that something may be left out, or be there several times."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What can be typed: `names` are those of an option, and empty for what stands by its place.

    `one` takes a value, `many` takes one each time it is given, `switch` takes none. `complete` names the values that a
    shell offers (see `completion`).
    """

    kind: Literal["one", "many", "switch"]
    help: str
    names: tuple[str, ...] = ()
    metavar: str | None = None
    complete: str | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """A field of a call: its name, what can be typed for it, and whether it has to be."""

    name: str
    argument: Argument
    required: bool


def described(call: type) -> tuple[Described, ...]:
    """The fields of a call, in order."""
    return tuple(Described(each.name, each.metadata["argument"], each.default is MISSING) for each in fields(call))


def refuse_empty(call: object) -> None:
    """Raise InputError where a value is empty: what a script left unset must not mean that nothing was given."""
    faults = []
    for each in described(type(call)):
        value = getattr(call, each.name)
        if value == "" or (each.argument.kind == "many" and "" in value):
            faults.append(Fault("is empty", Location(field=_called(each.argument))))
    if faults:
        raise InputError(faults)


def _called(argument: Argument) -> str:
    """An option by its long name, what stands by its place by the word in the help."""
    long = (name for name in argument.names if name.startswith("--"))
    return next(long, (argument.metavar or "").translate(_MARKS))


def argument(metavar: str, help: str, complete: str | None = None) -> Any:
    """A value that stands by its place and has to be there."""
    return field(metadata={"argument": Argument("one", help, metavar=metavar, complete=complete)})


def optional_argument(metavar: str, help: str, complete: str | None = None) -> Any:
    """A value that stands by its place; None where it is left out."""
    return field(default=None, metadata={"argument": Argument("one", help, metavar=metavar, complete=complete)})


def arguments(metavar: str, help: str) -> Any:
    """All values that stand by their place."""
    return field(default=(), metadata={"argument": Argument("many", help, metavar=metavar)})


def option(*names: str, metavar: str, help: str, complete: str | None = None) -> Any:
    """A value with a name; None where it is left out, and the last one counts."""
    return field(default=None, metadata={"argument": Argument("one", help, names, metavar, complete)})


def options(*names: str, metavar: str, help: str) -> Any:
    """Values with a name that may be given again and again."""
    return field(default=(), metadata={"argument": Argument("many", help, names, metavar)})


def switch(*names: str, help: str) -> Any:
    """Something that is off unless it is named."""
    return field(default=False, metadata={"argument": Argument("switch", help, names)})


def scenario_option() -> Any:
    """The option that every verb takes which asks a world."""
    return options(
        "--scenario",
        "-s",
        metavar="SOURCE",
        help="A scenario, or any other source: AWS responses, a snapshot, a plan, a template, a folder; again for "
        "more, of which a later one replaces what an earlier one says. Default: $KMS_EVAL_SCENARIO, `[tool.kms-eval] "
        "scenario` in the nearest pyproject.toml, the nearest kms-eval.yaml.",
    )


def stranger_option() -> Any:
    """Whether the call may be about users and roles that nothing in the scenario mentions."""
    return switch("--stranger", help="Ask about users and roles whom nothing in the scenario mentions.")


def unknown_key_option() -> Any:
    """Whether condition keys and values count that are not published."""
    return switch("--allow-unknown-key", help="Take condition keys, and values of them, that AWS may have added since.")


def account_option() -> Any:
    """The account, where no source tells it."""
    return option("--account", metavar="ID", help="The account of short names, and of sources that tell none.")


def region_option() -> Any:
    """The Region, where no source tells it."""
    return option("--region", metavar="REGION", help="The Region of sources that tell none.")


def before_option() -> Any:
    """Which side of a plan counts."""
    return switch("--before", help="What is before a Terraform plan, not after it.")


def parameter_option() -> Any:
    """The parameters of templates."""
    return options("--parameter", metavar="NAME=VALUE", help="The value of a parameter of a template.")


def verbose_option() -> Any:
    """Whether it is said what sources were recognised as."""
    return switch("--verbose", "-v", help="Say what each source was recognised as.")


def strict_option() -> Any:
    """Whether what AWS would refuse to store is a fault even where it can be read."""
    return switch("--strict", help="Refuse documents that AWS would refuse, even where they can be read.")
