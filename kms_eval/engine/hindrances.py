"""Condition keys that real requests of a caller cannot carry: one row for each reason.

Comes in: a situation. Goes out: the keys in the question that real requests cannot carry there, and why.
Never here: which actions carry a key (that is `facts`), deciding: what the question gives counts (semantics S10).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kms_eval.engine.situation import CHAIN, VIA_AWS_SERVICE, Situation
from kms_eval.records import record

OF_A_SERVICE = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner")
"""Keys (lower case) of calls that a service makes with its own service principal for a resource."""
OF_THE_NETWORK = (
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpcsourceip",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
)
"""Keys (lower case) of calls through a VPC endpoint."""
OF_AN_IDENTITY = (
    *CHAIN,
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:assumedroot",
    "aws:federatedprovider",
)
"""Keys (lower case; a name that ends in ``/`` is a family) that users, roles and their sessions have."""
# The suffix is the same in every partition, including China.
_VIA_SERVICE = re.compile(r"[a-z0-9-]+\.[a-z]{2,}(?:-[a-z]+)+-[0-9]+\.amazonaws\.com")


@record
class Hindrance:
    """Keys (lower case; a name that ends in ``/`` is a family) that no request carries where `holds`, and why not."""

    keys: tuple[str, ...]
    holds: Callable[[Situation], bool]
    because: str


HINDRANCES: tuple[Hindrance, ...] = (
    Hindrance(
        OF_AN_IDENTITY,
        lambda situation: situation.scope.caller.kind == "service",
        "a service that calls in its own name does not have it",
    ),
    Hindrance(
        OF_A_SERVICE,
        lambda situation: situation.scope.caller.kind != "service",
        "only services that call in their own name have it",
    ),
    Hindrance(
        OF_THE_NETWORK,
        lambda situation: situation.by_service or situation.scope.caller.kind == "service",
        "a call that a service makes does not have it",
    ),
    Hindrance(
        ("aws:sourceip",),
        lambda situation: situation.network is not None and situation.scope.caller.kind != "service",
        "a call through a VPC endpoint does not have it",
    ),
    Hindrance(
        ("aws:sourceip",),
        lambda situation: situation.scope.caller.kind == "service",
        "a service that calls in its own name does not have it",
    ),
)


BY_VALUE = ("kms:viaservice", VIA_AWS_SERVICE)
"""Keys (lower case) that requests carry, but not with every value."""
REFUSED_BY_STRICT = frozenset((*(key for row in HINDRANCES for key in row.keys), *BY_VALUE))
"""Every key (lower case; a name that ends in ``/`` is a family) that a strict evaluator may refuse in a question."""


def hindrance(situation: Situation, key: str) -> str | None:
    """Why no request of this caller carries the key (lower case), whatever its value; None where one can."""
    for row in HINDRANCES:
        if any(key == name or (name[-1] == "/" and key.startswith(name)) for name in row.keys) and row.holds(situation):
            return row.because
    return None


def is_via_service(text: str) -> bool:
    """Whether a text has the form of a value of kms:ViaService."""
    return _VIA_SERVICE.fullmatch(text) is not None


def uncarried(situation: Situation) -> Iterator[tuple[str, str]]:
    """(key in lower case, why) for everything that the question gives and no request of this caller carries."""
    values = situation.circumstances.given.values
    for key, value in values.items():
        because = hindrance(situation, key)
        if because is not None:
            yield key, because
        elif key == "kms:viaservice" and isinstance(value, tuple) and not all(map(is_via_service, value)):
            yield key, "its values are `SERVICE.REGION.amazonaws.com`"
        elif key == VIA_AWS_SERVICE and value == ("false",) and values.get("kms:viaservice"):
            yield key, "it is true wherever kms:ViaService is present"
