"""Refuses values for parameters that no template declares, since nobody would notice that they change nothing.

Comes in: templates as plain values, and names of parameters. Goes out: the fault. Never here: what a parameter means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kms_eval.errors import Fault, InputError, Location, did_you_mean, quoted

OF_A_STACK = ("AWS::StackName", "AWS::StackId", "AWS::NotificationARNs")
"""Pseudo parameters whose values only an existing stack has; they can be given like parameters."""

_TOLD_OTHERWISE = {"AWS::Region": "--region", "AWS::AccountId": "--account"}
_LISTED = 8


class UndeclaredParametersError(InputError):
    """Values were given for parameters that no template declares. `names` are those of the parameters."""

    def __init__(self, names: Iterable[str], declared: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.declared = tuple(declared)
        super().__init__([_fault(name, self.declared) for name in sorted(self.names)])


def refuse_undeclared(given: Iterable[str], templates: Iterable[object]) -> None:
    """Raise UndeclaredParametersError if a name is not that of a parameter of any of the templates."""
    sections = [each.get("Parameters") or {} for each in templates if isinstance(each, Mapping)]
    declared = {str(name): None for section in sections if isinstance(section, Mapping) for name in section}
    known = {*declared, *OF_A_STACK} if sections else set()
    missing = set(given) - known
    if missing:
        raise UndeclaredParametersError(missing, declared)


def _fault(name: str, declared: tuple[str, ...]) -> Fault:
    return Fault(
        f"no template has the parameter {quoted(name)}", Location(field="--parameter"), _advice(name, declared)
    )


def _advice(name: str, declared: tuple[str, ...]) -> str:
    if name in _TOLD_OTHERWISE:
        return f"give `{_TOLD_OTHERWISE[name]}`"
    near = did_you_mean(name, declared)
    if near is not None:
        return near
    if not declared:
        return "there is none that has parameters"
    listed = ", ".join(f"`{each}`" for each in declared[:_LISTED])
    return f"there {'is' if len(declared) == 1 else 'are'} {listed}{', …' if len(declared) > _LISTED else ''}"
