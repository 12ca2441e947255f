"""Template parameters of a call: ``NAME=VALUE``, for one world or for several that are read separately.

Comes in: what was typed. Goes out: values by name; InputError for what is not a pair, and for undeclared names.
Never here: reading templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.sources.undeclared import UndeclaredParametersError

_Read = TypeVar("_Read")


def parameters_by_name(pairs: Sequence[str]) -> dict[str, str]:
    """The values by name. Raises InputError for one that is not a pair, and for two values of one parameter."""
    found: dict[str, str] = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(Fault(f"{quoted(text)} is not NAME=VALUE", Location(field="--parameter")))
        if name in found:
            raise InputError(Fault(f"{quoted(name)} is given twice", Location(field="--parameter")))
        found[name] = value
    return found


class SharedParameters:
    """Parameters for worlds that are read one after the other, not all of which declare the same parameters."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._missing = set(given)
        self._declared: dict[str, None] = {}

    def read(self, load: Callable[[Mapping[str, str]], _Read]) -> _Read:
        """The result of `load` with the parameters that its templates declare. Raises InputError as `load` does."""
        try:
            found = load(self._given)
        except UndeclaredParametersError as error:
            self._declared |= dict.fromkeys(error.declared)
            self._missing &= error.names
            return load({name: value for name, value in self._given.items() if name not in error.names})
        self._missing.clear()
        return found

    def refuse_missing(self) -> None:
        """Raise InputError for the parameters that no template that was read declares."""
        if self._missing:
            raise UndeclaredParametersError(self._missing, self._declared)
