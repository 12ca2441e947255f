"""Values that a source says exist but cannot show.

Comes in: a reason, an address and a remedy from the source that could not show a value. Goes out: a marker that stands
in raw documents in place of the value. Never here: how an unknown value affects decisions; that is for the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that exists and cannot be shown: known after apply, refused by AWS, a parameter without a value.

    `reason` says why it cannot be shown (``known after apply``), `address` which value it is
    (``aws_kms_key.app.policy``), `remedy` how to supply it (empty: there is no remedy).
    """

    reason: str
    address: str
    remedy: str = ""

    def written(self) -> dict[str, str]:
        """The mapping that stands for it in scenario files."""
        fields = {"unknown": self.reason, "address": self.address, "remedy": self.remedy}
        return {name: text for name, text in fields.items() if text}


def unknown_in(value: object) -> Unknown | None:
    """The `Unknown` for a raw value that is one, or the mapping for one in scenario files; None for other values."""
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, Mapping) or "unknown" not in value or not value.keys() <= {"unknown", "address", "remedy"}:
        return None
    if not all(isinstance(text, str) for text in value.values()):
        return None
    return Unknown(value["unknown"], value.get("address", ""), value.get("remedy", ""))
