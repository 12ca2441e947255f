"""Templates in YAML with short tags (`!Sub`), and templates that a transform has to expand first.

Comes in: text or a template. Goes out: plain values; InputError. Never here: what a template means.
The only place that imports cfn-lint. https://github.com/aws-cloudformation/cfn-lint
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kms_eval.errors import Fault, InputError, Location, MissingExtraError, quoted
from kms_eval.formats.document import Place, Position, Steps

_SAM: Final = "AWS::Serverless-2016-10-31"
_EXTENSIONS: Final = "AWS::LanguageExtensions"
_PROCESSED = "`aws cloudformation get-template --template-stage Processed` shows what it makes of the template"


def read_template(text: str, name: str) -> tuple[object, Callable[[Steps], Position | None]]:
    """The value of a template in YAML, with tags in their long forms, and the way to positions. Raises InputError."""
    decoding = _library("cfnlint.decode.cfn_yaml")
    broken = _library("yaml").YAMLError
    try:
        found = decoding.loads(text, name)
    except decoding.CfnParseError as error:
        first = error.matches[0]
        place = Location(name, int(first.linenumber), column=int(first.columnnumber))
        raise InputError(Fault(_one_line(str(first.message)), place)) from None
    except broken as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        message = f"not valid YAML: {_one_line(getattr(error, 'problem', None) or str(error))}"
        raise InputError(Fault(message, Location(name, line))) from None

    def position(steps: Steps) -> Position | None:
        here: Any = found
        mark = getattr(found, "start_mark", None)
        for step in steps:
            if isinstance(here, dict) and step in here:
                key = next(each for each in here if each == step)
                mark = getattr(key, "start_mark", None) or getattr(here[step], "start_mark", mark)
                here = here[step]
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
                mark = getattr(here, "start_mark", mark)
            else:
                break
        return Position(mark.line + 1, mark.column + 1) if mark is not None else None

    return plain(found), position


_SERVERLESS = "AWS::Serverless::"


def expanded(template: Mapping[str, Any], place: Place, region: str) -> Mapping[str, Any]:
    """The template after its transforms. Raises InputError if one is a macro, which only AWS can run."""
    declared = template.get("Transform")
    names = declared if isinstance(declared, list) else [declared] if declared else []
    for name in names:
        if name not in (_SAM, _EXTENSIONS):
            shown = name if isinstance(name, str) else str(name.get("Name", "")) if isinstance(name, dict) else ""
            message = f"uses the macro {quoted(shown)}, which only AWS can run"
            raise InputError(Fault(message, place.at("Transform").location(), _PROCESSED))
    if not names:
        _refuse_unexpanded(template, place)
        return template
    nodes = _library("cfnlint.decode.utils").convert_dict(dict(template))
    cfn = _library("cfnlint.template").Template(place.file.name, nodes, [region])
    matches = cfn.transform()
    if matches:
        message = _one_line(str(matches[0].message))
        raise InputError(Fault(message, place.at("Transform").location(), _PROCESSED))
    changed: Mapping[str, Any] = plain(cfn.template)  # type: ignore[assignment]  # a template is a mapping
    # cfn-lint 1.52 and later silently leave SAM resources unexpanded: their roles would be missing.
    resources = changed.get("Resources")
    left = [
        name
        for name, each in (resources.items() if isinstance(resources, Mapping) else ())
        if isinstance(each, Mapping) and str(each.get("Type")).startswith(_SERVERLESS)
    ]
    if left:
        message = f"{quoted(left[0])} is a resource of SAM, which this release of cfn-lint does not expand"
        raise InputError(Fault(message, place.at("Resources", left[0]).location(), _PROCESSED))
    return changed


def is_empty_stack(value: Mapping[str, object]) -> bool:
    """Whether a template is what AWS CDK writes for a stack without resources."""
    rules = value.get("Rules")
    return "Resources" not in value and isinstance(rules, Mapping) and "CheckBootstrapVersion" in rules


_LOOP: Final = "Fn::ForEach::"


def _refuse_unexpanded(template: Mapping[str, Any], place: Place) -> None:
    """Raise InputError for loops and macros among the resources of a template that declares no transform."""
    resources = template.get("Resources")
    for name, written in resources.items() if isinstance(resources, Mapping) else ():
        if str(name).startswith(_LOOP):
            message = f"`Fn::ForEach` is nothing without the transform {quoted(_EXTENSIONS)}"
            raise InputError(Fault(message, place.at("Resources", name).location(), f"`Transform: {_EXTENSIONS}`"))
        if name == "Fn::Transform":
            macro = written.get("Name") if isinstance(written, Mapping) else written
            message = f"uses the macro {quoted(str(macro))}, which only AWS can run"
            raise InputError(Fault(message, place.at("Resources", name).location(), _PROCESSED))


def with_evaluated_loops(value: object, steps: Steps, evaluate: Callable[[object, Steps], object]) -> object:
    """A template with the list of every loop evaluated, as cfn-lint makes up names for what it cannot evaluate.

    `evaluate` evaluates a list; it returns None if the list depends on the loop around it.
    """
    if isinstance(value, list):
        return [with_evaluated_loops(each, (*steps, index), evaluate) for index, each in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, object] = {}
    for name, member in value.items():
        here = (*steps, name)
        if str(name).startswith(_LOOP) and isinstance(member, list) and len(member) == 3:
            known = evaluate(member[1], (*here, 1))
            over = member[1] if known is None else known
            found[name] = [member[0], over, with_evaluated_loops(member[2], (*here, 2), evaluate)]
        else:
            found[name] = with_evaluated_loops(member, here, evaluate)
    return found


def plain(value: object) -> object:
    """A value without cfn-lint's own classes; dates become text again."""
    if isinstance(value, dict):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, str):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _library(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - only templates that need it pay for it

    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise MissingExtraError("cfn", "cfn-lint") from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
