"""The tags of a resource, including those of its provider's `default_tags`.

Comes in: a resource. Goes out: its tags, or `Unknown`. Never here: tags of sessions.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.formats.unknown import Unknown
from kms_eval.sources.terraform.resources import AFTER_APPLY, Resource


def tags_of(resource: Resource) -> dict[str, str] | Unknown:
    """All tags; `tags_all`, if it is known, includes those of the provider."""
    name = "tags_all" if isinstance(resource.get("tags_all"), Mapping) else "tags"
    value = resource.get(name)
    if isinstance(value, Unknown):
        return Unknown(AFTER_APPLY, value.address) if resource.configured("tags") else {}
    found: dict[str, str] = {}
    for tag in value if isinstance(value, Mapping) else ():
        text = resource.get(name, str(tag))
        if isinstance(text, Unknown):
            return text
        found[str(tag)] = "" if text is None else str(text)
    return found
