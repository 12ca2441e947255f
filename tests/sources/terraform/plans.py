"""Plans written by hand for tests: as Terraform prints them, with only what is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kms_eval import Scenario
from kms_eval.formats.document import RawDocument, SourceFile
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from kms_eval.sources.terraform.plan import read_plan

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def change(
    address: str,
    after: Mapping[str, object] | None,
    *,
    before: Mapping[str, object] | None = None,
    unknown: object = None,
    sensitive: object = None,
    mode: str = "managed",
    **more: object,
) -> dict[str, Any]:
    """An entry of `resource_changes`."""
    module, _, last = address.rpartition("module.")
    name = address
    if module or last != address:
        inside = last.split(".", 1)
        name = inside[1]
        more.setdefault("module_address", address[: -len(name) - 1])
    plain = name.removeprefix("data.")
    kind, _, rest = plain.partition(".")
    index: object = None
    if rest.endswith("]"):
        rest, _, index = rest[:-1].partition("[")
        index = json.loads(str(index))
        more["index"] = index
    actions = (
        ["no-op"] if before == after else ["create"] if before is None else ["delete"] if after is None else ["update"]
    )
    return {
        "address": address,
        "mode": mode,
        "type": kind,
        "name": rest,
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "after_sensitive": sensitive or {},
        },
        **more,
    }


def configured(address: str, provider: str = "aws", **expressions: object) -> dict[str, Any]:
    """An entry of a module's `resources` in the configuration."""
    kind, _, name = address.removeprefix("data.").partition(".")
    mode = "data" if address.startswith("data.") else "managed"
    return {
        "address": address,
        "mode": mode,
        "type": kind,
        "name": name,
        "provider_config_key": provider,
        "expressions": expressions,
    }


def refers(*references: str) -> dict[str, object]:
    """An expression that refers to something."""
    return {"references": list(references)}


def plan(*changes: Mapping[str, object], resources: object = (), **more: Any) -> dict[str, Any]:
    """A plan of these changes in an account that its provider tells."""
    provider = {
        "name": "aws",
        "expressions": {
            "region": {"constant_value": "eu-west-1"},
            "allowed_account_ids": {"constant_value": [ACCOUNT]},
        },
    }
    configuration = {"provider_config": {"aws": provider}, "root_module": {"resources": list(resources)}}  # type: ignore[call-overload]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": list(changes),
        "configuration": configuration,
        **more,
    }


def read(value: object, *, before: bool = False, account: str | None = None) -> Raw:
    """What a plan tells."""
    return read_plan(RawDocument(SourceFile("plan.json"), value), Options(before=before, account=account))


def world(raw: Raw) -> Scenario:
    """The world of one source by itself: what is taken away is left out, and lists by name are lists."""
    return Scenario.from_dict(_plain(raw.value))


def _plain(value: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, entry in value.items():
        if isinstance(entry, Unknown) or not isinstance(entry, Mapping):
            found[name] = entry
        elif name in ("keys", "principals", "groups", "vpc_endpoints"):
            found[name] = {each: _listed(fields) for each, fields in entry.items() if fields is not None}
        else:
            found[name] = entry
    return found


def _listed(fields: object) -> dict[str, object]:
    assert isinstance(fields, Mapping)
    found = dict(fields)
    for name in ("policies", "grants"):
        if isinstance(found.get(name), Mapping):
            found[name] = [each for each in found[name].values() if each is not None]
    if isinstance(found.get("aliases"), Mapping):
        found["aliases"] = [each for each, there in found["aliases"].items() if there]
    return found


def statement(principal: str, *actions: str) -> dict[str, object]:
    """A statement of a key policy."""
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), "Resource": "*"}


def policy(*statements: Mapping[str, object]) -> str:
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
