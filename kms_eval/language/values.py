"""The typed values that condition operators compare: numbers, instants, Booleans, bytes, addresses.

Comes in: text. Goes out: comparable values; ValueError with a message fit to be shown. Never here: operators.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from kms_eval.records import record

if TYPE_CHECKING:
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

# Compiled on first use: most policies have neither numbers nor dates.
_NUMBER = r"(?a)[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][-+]?\d{1,4})?"
_DATE = (
    r"(?a)(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d{1,9})?)?(?P<zone>Z|[-+]\d\d:?\d\d)?)?)?)?"
)
_EPOCH_SECONDS = r"(?a)-?\d{5,20}(?:\.\d{1,9})?"
_NETWORK = r"(?a)[0-9a-fA-F:.]+(?:/\d{1,3})?"
_KEPT = 4096  # many statements compare the same values of a request
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=_KEPT)
def number(text: str) -> Decimal:
    """An integer or decimal, compared by value: ``7`` equals ``7.0``."""
    if re.fullmatch(_NUMBER, text):
        from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - most policies have no numbers

        try:
            return Decimal(text)
        except InvalidOperation:
            pass
    message = f"`{text}` is not a number"
    raise ValueError(message)


@lru_cache(maxsize=_KEPT)
def instant(text: str) -> Decimal:
    """A point in time as seconds since 1970-01-01T00:00:00Z.

    ISO 8601 in the W3C profile (``YYYY`` to ``YYYY-MM-DDThh:mm:ss.fZ``), or epoch seconds. A date without a time is
    midnight UTC, a time without a zone is UTC (semantics C16, inferred).
    """
    from decimal import Decimal  # noqa: PLC0415

    if found := re.fullmatch(_DATE, text):
        try:
            moment = datetime(
                int(found["year"]), int(found["month"] or 1), int(found["day"] or 1),
                int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0),
                tzinfo=_zone(found["zone"]),
            )  # fmt: skip
            since = moment - _EPOCH
        except (ValueError, OverflowError):
            pass
        else:
            return Decimal(since.days * 86400 + since.seconds) + Decimal(found["fraction"] or 0)
    elif re.fullmatch(_EPOCH_SECONDS, text):
        return Decimal(text)
    message = f"`{text}` is neither a date (YYYY-MM-DDThh:mm:ssZ) nor epoch seconds"
    raise ValueError(message)


def boolean(text: str) -> bool:
    """``true`` or ``false``, in any case (semantics C15)."""
    lowered = text.lower()
    if lowered not in {"true", "false"}:
        message = f"`{text}` is neither true nor false"
        raise ValueError(message)
    return lowered == "true"


def binary(text: str) -> bytes:
    """The bytes of base64 text."""
    from base64 import b64decode  # noqa: PLC0415 - rarely needed

    try:
        return b64decode(text, validate=True)
    except ValueError:
        message = f"`{text}` is not base64"
        raise ValueError(message) from None


@record
class Networks:
    """A CIDR range in its two readings; they differ only for a bare IPv6 address (semantics C17, Z17)."""

    narrow: Network
    wide: Network

    def contains(self, address: Address, *, generous: bool) -> bool:
        """Whether the address lies in the range; IPv4 and IPv6 never match each other."""
        network = self.wide if generous else self.narrow
        return address.version == network.version and address in network


def networks(text: str) -> Networks:
    """A CIDR range or single address of a policy; host bits beyond the prefix are ignored."""
    from ipaddress import ip_network  # noqa: PLC0415 - costs start-up time that most policies do not need

    # Neither netmasks nor scope ids, which Python would accept.
    readable = text if re.fullmatch(_NETWORK, text) else ""
    try:
        narrow = ip_network(readable, strict=False)
        wide = ip_network(f"{text}/32", strict=False) if "/" not in text and ":" in text else narrow
    except ValueError:
        message = f"`{text}` is not an IP address or CIDR range"
        raise ValueError(message) from None
    return Networks(narrow, wide)


@lru_cache(maxsize=_KEPT)
def address(text: str) -> Address:
    """The single address of a request."""
    from ipaddress import ip_address  # noqa: PLC0415

    try:
        return ip_address(text)
    except ValueError:
        message = f"`{text}` is not an IP address"
        raise ValueError(message) from None


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
