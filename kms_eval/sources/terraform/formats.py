"""Plans and states as files: which versions are read, and the resources in them before and after.

Comes in: the JSON value of a file. Goes out: resources of the side that is asked for. InputError for anything else, and
for versions that are not supported. Never here: what resources mean.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import Place, RawDocument
from kms_eval.records import record
from kms_eval.sources.shapes import check_shape
from kms_eval.sources.terraform.resources import Index, Resource, module_names
from kms_eval.sources.terraform.shape import DOCUMENT, STATE_FILE

Side = Literal["before", "after"]
Form = Literal["plan", "state", "state file"]

_MAJORS = frozenset({"0", "1"})
_STATE_FILE_VERSION = 4
_PROVIDER = re.compile(r'provider\["[^"]*/(?P<name>[^"/]+)"\](?:\.(?P<alias>\w+))?|provider\.(?P<old>[\w.]+)')
_INDEX = re.compile(r'\[(?:(?P<number>\d+)|"(?P<text>(?:[^"\\]|\\.)*)")\]$')
_AWS = "aws"


@record
class Read:
    """One side of a plan, or a state. `configuration` is empty where the file has none."""

    form: Form
    version: str
    index: Index
    configuration: Mapping[str, Any]
    variables: Mapping[str, object]
    notices: tuple[str, ...] = ()


def form_of(value: object) -> Form | None:
    """What a JSON value is, by its members; None if it is not from Terraform."""
    if not isinstance(value, Mapping):
        return None
    if "format_version" in value:
        if value.keys() & {"planned_values", "resource_changes", "configuration", "prior_state"}:
            return "plan"
        if "values" in value or "terraform_version" in value or len(value) == 1:
            return "state"
        return "plan" if "errored" in value else None
    if "encrypted_data" in value or ("lineage" in value and "serial" in value) or _looks_like_state_file(value):
        return "state file"
    return None


def _looks_like_state_file(value: Mapping[str, object]) -> bool:
    return isinstance(value.get("version"), int) and "terraform_version" in value and "resources" in value


def read(document: RawDocument, side: Side) -> Read:
    """The resources of one side. A state has one side only, and is the same before and after."""
    value: Any = document.value
    form = form_of(value)
    if form is not None:
        check_shape(value, STATE_FILE if form == "state file" else DOCUMENT, document.place)
    if form == "plan":
        return _plan(document, value, side)
    if form == "state":
        _check_version(document.place, value)
        module = (value.get("values") or {}).get("root_module") or {}
        resources = _in_module(module, document.place.at("values", "root_module"))
        return Read(form, _terraform(value), Index.of(resources), {}, {})
    if form == "state file":
        return _state_file(document, value)
    raise InputError(Fault("is neither a Terraform plan nor a state", document.place.location(), _SHOW))


def _terraform(value: Mapping[str, Any]) -> str:
    return str(value.get("terraform_version") or "no version said")


_SHOW = "`terraform show -json plan.tfplan > plan.json` prints a plan that can be read"


def _check_version(place: Place, value: Mapping[str, Any]) -> None:
    version = value.get("format_version")
    if not isinstance(version, str) or version.split(".")[0] not in _MAJORS:
        message = f"is Terraform JSON of format version {quoted(str(version))}; 1.x is read"
        raise InputError(Fault(message, place.at("format_version").location(), "another major version means otherwise"))


def _plan(document: RawDocument, value: Mapping[str, Any], side: Side) -> Read:
    place = document.place
    _check_version(place, value)
    if value.get("errored") is True:
        message = "is the plan of a run that failed: it is not whole"
        raise InputError(
            Fault(message, place.at("errored").location(), "mend what `terraform plan` reports, plan again")
        )
    notices = []
    if value.get("complete") is False:
        notices.append(f"{document.file.name}: the plan is not complete: parts of it were left out or deferred")
    configuration = value.get("configuration") or {}
    prior = (value.get("prior_state") or {}).get("values") or {}
    expressions = _expressions(configuration)
    resources = [
        *_changed(value, place, side, expressions),
        *_in_module(prior.get("root_module") or {}, place.at("prior_state", "values", "root_module"), expressions),
    ]
    if not value.get("resource_changes") and side == "after":
        planned = (value.get("planned_values") or {}).get("root_module") or {}
        resources = [*_in_module(planned, place.at("planned_values", "root_module"), expressions), *resources]
    superseded = {
        address
        for change in value.get("resource_changes") or ()
        for address in (change.get("address"), change.get("previous_address"))
    }
    seen: set[str] = set()
    kept = []
    for each in resources:
        unchanged = each.place.steps[:1] == ("prior_state",)
        if each.address in seen or (unchanged and each.mode == "managed" and each.address in superseded):
            continue
        seen.add(each.address)
        kept.append(each)
    values = {name: (given or {}).get("value") for name, given in (value.get("variables") or {}).items()}
    return Read("plan", _terraform(value), Index.of(kept), configuration, values, tuple(notices))


def _changed(
    value: Mapping[str, Any], place: Place, side: Side, expressions: Mapping[tuple[tuple[str, ...], str], Any]
) -> Iterator[Resource]:
    """The resources of one side of the changes.

    An object that Terraform forgets continues to exist; it only leaves the state.
    https://developer.hashicorp.com/terraform/language/state/remove
    """
    for number, change in enumerate(value.get("resource_changes") or ()):
        about = change.get("change") or {}
        actions = about.get("actions") or ()
        shown: Side = "before" if side == "after" and list(actions) == ["forget"] else side
        values = about.get(shown)
        if not isinstance(values, Mapping) or (change.get("deposed") and side == "after" and shown == side):
            continue
        module = change.get("module_address") or ""
        known = expressions.get((module_names(module), _base(change)), {})
        yield Resource(
            address=_address(change),
            type=str(change.get("type", "")),
            mode=str(change.get("mode", "managed")),
            module=module,
            base=_base(change),
            index=change.get("index"),
            values=values,
            place=place.at("resource_changes", number, "change", shown),
            unknown=about.get("after_unknown", False) if shown == "after" else False,
            sensitive=about.get(f"{shown}_sensitive", False),
            expressions=(known.get("expressions") or {}) if known and shown == "after" else None,
            provider=str(known.get("provider_config_key") or _AWS),
        )


def _address(written: Mapping[str, Any]) -> str:
    deposed = written.get("deposed") or written.get("deposed_key")
    address = str(written.get("address", ""))
    return f"{address} (deposed {deposed})" if deposed else address


def _base(written: Mapping[str, Any]) -> str:
    base = f"{written.get('type', '')}.{written.get('name', '')}"
    return f"data.{base}" if written.get("mode") == "data" else base


def _in_module(
    module: Mapping[str, Any], place: Place, expressions: Mapping[tuple[tuple[str, ...], str], Any] | None = None
) -> Iterator[Resource]:
    """The resources of a module of a state or of planned values, then those of its children."""
    names = module_names(str(module.get("address") or ""))
    for number, written in enumerate(module.get("resources") or ()):
        values = written.get("values")
        known = (expressions or {}).get((names, _base(written)), {})
        yield Resource(
            address=_whole_address(module, written),
            type=str(written.get("type", "")),
            mode=str(written.get("mode", "managed")),
            module=str(module.get("address") or ""),
            base=_base(written),
            index=written.get("index"),
            values=values if isinstance(values, Mapping) else {},
            place=place.at("resources", number, "values"),
            sensitive=written.get("sensitive_values", False),
            provider=str(known.get("provider_config_key") or _AWS),
        )
    for number, child in enumerate(module.get("child_modules") or ()):
        yield from _in_module(child, place.at("child_modules", number), expressions)


def _whole_address(module: Mapping[str, Any], written: Mapping[str, Any]) -> str:
    """The complete address: Terraform 0.12 leaves the module and the index out of the addresses in a state."""
    address = _address(written)
    inside = str(module.get("address") or "")
    index = written.get("index")
    if index is not None and not _INDEX.search(str(written.get("address", ""))):
        address += f"[{index}]" if isinstance(index, int) else f'["{index}"]'
    return f"{inside}.{address}" if inside and not address.startswith("module.") else address


def _expressions(configuration: Mapping[str, Any]) -> dict[tuple[tuple[str, ...], str], Any]:
    """The configuration of every resource, by its modules' names and its own."""
    found: dict[tuple[tuple[str, ...], str], Any] = {}

    def walk(module: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for written in module.get("resources") or ():
            found[path, _base(written)] = written
        for name, call in (module.get("module_calls") or {}).items():
            walk(call.get("module") or {}, (*path, name))

    walk(configuration.get("root_module") or {}, ())
    return found


def _state_file(document: RawDocument, value: Mapping[str, Any]) -> Read:
    place = document.place
    if "encrypted_data" in value:
        message = "is an encrypted state or plan, which only OpenTofu can read"
        advice = "`tofu show -json > state.json`, or `tofu show -json tofu.plan > plan.json`, prints it"
        raise InputError(Fault(message, place.location(), advice))
    if value.get("version") != _STATE_FILE_VERSION:
        message = f"is a state file of version {quoted(str(value.get('version')))}; {_STATE_FILE_VERSION} is read"
        raise InputError(
            Fault(message, place.at("version").location(), "`terraform show -json > state.json` prints it")
        )
    return Read("state file", _terraform(value), Index.of(_of_state_file(value, place)), {}, {})


def _of_state_file(value: Mapping[str, Any], place: Place) -> Iterator[Resource]:
    for number, written in enumerate(value.get("resources") or ()):
        module = str(written.get("module") or "")
        base = _base(written)
        for which, instance in enumerate(written.get("instances") or ()):
            index = instance.get("index_key")
            at = "" if index is None else f"[{index}]" if isinstance(index, int) else f'["{index}"]'
            address = f"{module}.{base}{at}" if module else f"{base}{at}"
            yield Resource(
                address=_address({"address": address, "deposed": instance.get("deposed")}),
                type=str(written.get("type", "")),
                mode=str(written.get("mode", "managed")),
                module=module,
                base=base,
                index=index,
                values=instance.get("attributes") or {},
                place=place.at("resources", number, "instances", which, "attributes"),
                sensitive=_sensitive_paths(instance.get("sensitive_attributes") or ()),
                provider=_provider(str(written.get("provider") or "")),
            )


def _sensitive_paths(paths: Sequence[Any]) -> dict[str, object]:
    """Marks like those of `sensitive_values`; for a path into an attribute, the whole attribute is marked."""
    marks: dict[str, object] = {}
    for path in paths:
        step = path[0] if isinstance(path, list) and path else path
        name = step.get("value") if isinstance(step, Mapping) else step
        if isinstance(name, str):
            marks[name] = True
    return marks


def _provider(text: str) -> str:
    """The provider in a state file, as configurations write it: ``aws``, ``aws.west``."""
    found = _PROVIDER.search(text)
    if found is None:
        return _AWS
    if found["old"]:
        return found["old"]
    return f"{found['name']}.{found['alias']}" if found["alias"] else found["name"]
