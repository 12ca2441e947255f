"""What a source says exists but cannot show.

Comes in: a reason, an address and a remedy from whoever could not show a value. Goes out: a value that stands in raw
documents wherever the value itself would. Never here: what follows from not knowing; the engine decides that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that exists and cannot be shown: known after apply, refused by AWS, a parameter without a value.

    `reason` says why it cannot be shown (``known after apply``), `address` what it is about
    (``aws_kms_key.app.policy``), `remedy` how to tell it; an empty remedy means that there is none to give.
    """

    reason: str
    address: str
    remedy: str = ""

    def written(self) -> dict[str, str]:
        """The mapping that stands for it in scenario files."""
        fields = {"unknown": self.reason, "address": self.address, "remedy": self.remedy}
        return {name: text for name, text in fields.items() if text}


def unknown_in(value: object) -> Unknown | None:
    """The unknown that a raw value is: the marker itself, or the mapping that stands for it in scenario files."""
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, Mapping) or "unknown" not in value or not value.keys() <= {"unknown", "address", "remedy"}:
        return None
    if not all(isinstance(text, str) for text in value.values()):
        return None
    return Unknown(value["unknown"], value.get("address", ""), value.get("remedy", ""))
