"""``K=V`` as typed.

Comes in: the values of an option that may be given several times. Goes out: mappings; InputError with every fault.
Never here: which names make sense.
"""

from __future__ import annotations

from collections.abc import Iterable

from kms_eval.errors import Fault, InputError, Location, quoted

_NOTHING = "[]"


def several(words: Iterable[str], option: str) -> dict[str, list[str]]:
    """Each name with its values, in order: ``K=V`` adds one, ``K=`` an empty one, ``K[]`` says that there are none."""
    values: dict[str, list[str]] = {}
    empty: set[str] = set()
    faults: list[Fault] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals and name.endswith(_NOTHING) and name != _NOTHING:
            name = name.removesuffix(_NOTHING)
            empty.add(name)
            values.setdefault(name, [])
        elif not equals or not name:
            none = "" if equals else f"; `{name or 'K'}{_NOTHING}` is the key without values"
            faults.append(_not_a_pair(word, option, none))
        else:
            values.setdefault(name, []).append(value)
    faults += [
        Fault(f"{quoted(name)} is given with values and without", Location(field=option))
        for name in values
        if name in empty and values[name]
    ]
    if faults:
        raise InputError(faults)
    return values


def single(words: Iterable[str], option: str) -> dict[str, str]:
    """Each name with its value; a name can be given once."""
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            faults.append(_not_a_pair(word, option, ""))
        elif name in values:
            faults.append(Fault(f"{quoted(name)} is given twice", Location(field=option)))
        else:
            values[name] = value
    if faults:
        raise InputError(faults)
    return values


def _not_a_pair(word: str, option: str, more: str) -> Fault:
    name = word.partition("=")[0]
    advice = f"write `{name}=VALUE`, or `{name}=` for an empty value{more}" if name else "write `NAME=VALUE`"
    return Fault(f"{quoted(word)} is not of the form `NAME=VALUE`", Location(field=option), advice)
