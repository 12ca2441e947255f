"""Request values of ordered types: enough of them that every nonempty set that tests describe contains one.

Comes in: tests over numbers, dates, addresses, Booleans or bytes. Goes out: texts, one from each part into which the
values of the tests divide all values: a set that the tests describe and that has none of these texts is empty.
Never here: which of the texts a test accepts (the engine's own test says).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from typing import Any

from kms_eval.engine.conditions import Test

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXAMPLES = ("203.0.113.10", "10.0.0.10", "2001:db8::10")
"""Addresses reserved for documentation, and one of a private network."""


def points(tests: Iterable[Test], kind: str) -> tuple[str, ...]:
    """The texts for tests whose operators all have this type."""
    values = [value for test in tests for value in test.values]
    return tuple(dict.fromkeys(_POINTS[kind](values)))


def is_ordered(kind: str) -> bool:
    """Whether tests of the type are decided by trying points."""
    return kind in _POINTS


def _numbers(values: list[Any]) -> Iterator[str]:
    return (f"{value.normalize():f}" for value in _between(values, Decimal(1)))


def _dates(values: list[Any]) -> Iterator[str]:
    for value in _between(values, Decimal(86400)):
        try:
            moment = _EPOCH + timedelta(seconds=int(value))
        except OverflowError:
            continue
        fraction = value % 1
        yield moment.strftime("%Y-%m-%dT%H:%M:%S") + (f"{fraction.normalize():f}"[1:] if fraction else "") + "Z"


def _between(values: list[Any], step: Decimal) -> Iterator[Decimal]:
    """Each boundary, a value in each gap, and a value beyond each end."""
    bounds = sorted(set(values)) or [Decimal(0)]
    for low, high in pairwise(bounds):
        yield low + step if low + step < high else (low + high) / 2
    yield bounds[-1] + step
    yield bounds[0] - step
    yield from bounds


def _addresses(values: list[Any]) -> Iterator[str]:
    yield from _EXAMPLES
    for value in values:
        for network in (value.narrow, value.wide):
            first, last = int(network.network_address), int(network.broadcast_address)
            largest = 2**network.max_prefixlen - 1
            make: Callable[[int], IPv4Address | IPv6Address] = IPv4Address if network.version == 4 else IPv6Address
            for number in (first + 10, first, last, last + 1, first - 1):
                if 0 <= number <= largest:
                    yield str(make(number))
    yield str(ip_address("0.0.0.0"))  # noqa: S104 - an address that a request may come from, nothing is bound
    yield str(ip_address("::"))


def _bytes(values: list[Any]) -> Iterator[str]:
    known = set(values)
    other = b"x"
    while other in known:
        other += b"x"
    return (b64encode(value).decode() for value in (*values, other))


_POINTS: Mapping[str, Callable[[list[Any]], Iterator[str]]] = {
    "Numeric": _numbers,
    "Date": _dates,
    "IPAddress": _addresses,
    "Bool": lambda _values: iter(("true", "false")),
    "Binary": _bytes,
}
