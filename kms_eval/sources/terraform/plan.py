"""Reads a plan or state as one source: what it says about keys, principals, the organization and endpoints.

Comes in: a document, and which side of it. Goes out: `Raw`. Never here: how any of them is read.

A plan is a part of an account, so what it removes is recorded as well: a policy detached, a grant revoked, an alias
deleted. A key that is destroyed continues to exist until its waiting period ends.
https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kms_eval.formats.document import RawDocument
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from kms_eval.sources.terraform.documents import Documents
from kms_eval.sources.terraform.formats import Read, Side, read
from kms_eval.sources.terraform.identities import Identities
from kms_eval.sources.terraform.keys import Keys
from kms_eval.sources.terraform.naming import Naming
from kms_eval.sources.terraform.organizations import Organizations
from kms_eval.sources.terraform.references import References

_BY_NAME = {"keys": ("grants", "aliases"), "principals": ("policies",), "groups": ("policies",)}


def read_plan(document: RawDocument, options: Options) -> Raw:
    """What is before or after a plan, or in a state. Raises InputError."""
    side: Side = "before" if options.before else "after"
    raw, form = _read_side(document, side, options)
    if side == "after" and form == "plan":
        before, _ = _read_side(document, "before", options)
        _record_deletions(raw, before)
    return raw


def _read_side(document: RawDocument, side: Side, options: Options) -> tuple[Raw, str]:
    found = read(document, side)
    raw = Raw()
    references = References(found)
    naming = Naming(found, references, options)
    documents = Documents(references, naming)
    raw.value["account"] = naming.main_account
    raw.value["region"] = naming.main_region
    if naming.partition != "aws":
        raw.value["partition"] = naming.partition
    Keys(found.index, references, naming, documents).put(raw)
    Identities(found.index, references, naming, documents).put(raw)
    Organizations(found.index, references, documents).put(raw)
    raw.notices[:0] = [*found.notices, *naming.notices()]
    return replace(raw, known_as=_known_as(found, raw)), found.form


def _known_as(found: Read, raw: Raw) -> str:
    keys, principals = len(raw.section("keys")), len(raw.section("principals"))
    parts = [f"{number} {word}" for number, word in ((keys, "keys"), (principals, "users and roles")) if number]
    return ", ".join([f"Terraform {found.form} ({found.version})", *parts])


def _record_deletions(raw: Raw, before: Raw) -> None:
    """Record as deleted what exists before the plan and not after it."""
    raw.attachments.update({attached: None for attached in before.attachments if attached not in raw.attachments})
    for section, members in _BY_NAME.items():
        now = raw.section(section)
        for name, was in before.section(section).items():
            entry = now.get(name)
            if entry is None:
                _record_deletion(raw, before, section, name, was)
            elif isinstance(entry, dict) and isinstance(was, Mapping):
                _record_deleted_names(entry, was, members)
                if section == "keys":
                    _replaced(raw, before, name, was)


def _record_deleted_names(entry: dict[str, object], was: Mapping[str, object], members: tuple[str, ...]) -> None:
    for member in members:
        old, new = was.get(member), entry.get(member, {})
        if isinstance(old, Mapping) and isinstance(new, dict):
            deleted = {name: None for name in old if name not in new}
            if deleted:
                new.update(deleted)
                entry[member] = new


def _record_deletion(raw: Raw, before: Raw, section: str, name: str, was: object) -> None:
    others = before.gaps.get((section, name, "policies"))
    if others is not None and isinstance(was, Mapping):
        # Only what the plan attached to it is deleted; it is managed elsewhere.
        raw.section(section)[name] = {"policies": dict.fromkeys(was.get("policies") or ())}
        raw.gaps[section, name, "policies"] = others
        return
    if section != "keys" or not isinstance(was, Mapping):
        raw.section(section)[name] = None
        return
    raw.section("keys")[name] = {
        **was,
        "state": "PendingDeletion",
        "aliases": dict.fromkeys(was.get("aliases") or (), None),
        "grants": was.get("grants") or {},
    }
    for steps in (("keys", name), ("keys", name, "policy")):
        origin = before.origins.nearest(steps)
        if origin is not None:
            raw.origins.put(steps, origin)


def _replaced(raw: Raw, before: Raw, name: str, was: Mapping[str, object]) -> None:
    """Keep the old key of one that is replaced; it is pending deletion."""
    now = raw.section("keys")[name]
    old = was.get("arn")
    if isinstance(now, Mapping) and isinstance(old, str) and now.get("arn") != old and "key_id" in now:
        _record_deletion(raw, before, "keys", f"{name} (replaced)", was)
