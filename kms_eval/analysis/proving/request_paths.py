"""The ways in which a request can reach AWS KMS, and the condition keys that go with each.

Comes in: what kind of caller. Goes out: request paths: which condition keys are absent, and which have one value.
Never here: conditions. The rows follow semantics S10, V1-V7:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_CHAIN = frozenset({"kms:viaservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"})
_SOURCE = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
_ENDPOINT = frozenset(
    {"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip"}
    | {"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"}
)
_ADDRESS = frozenset({"aws:sourceip"})
_DIRECT: Mapping[str, tuple[str, ...]] = {"aws:viaawsservice": ("false",)}
_FORWARDED: Mapping[str, tuple[str, ...]] = {"aws:viaawsservice": ("true",)}


@dataclass(frozen=True, slots=True)
class RequestPath:
    """One path: condition keys (lower case) that no such request has, and those that have one value in all of them."""

    absent: frozenset[str]
    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_OF_PRINCIPALS = (
    RequestPath(_CHAIN | _SOURCE | _ENDPOINT, _DIRECT),
    RequestPath(_CHAIN | _SOURCE | _ADDRESS, _DIRECT),
    RequestPath(_SOURCE | _ENDPOINT, _FORWARDED),
)
"""From the internet, through a VPC endpoint, and by a service with the caller's credentials.

A service does not pass on the endpoint through which its caller's request came.
"""

_OF_SERVICES = (RequestPath(_CHAIN | _ENDPOINT | _ADDRESS),)
"""A service that calls on its own behalf (a service principal) names the resource it calls for, but no network."""


def request_paths(*, service: bool) -> tuple[RequestPath, ...]:
    """The ways in which such a caller's requests reach AWS KMS."""
    return _OF_SERVICES if service else _OF_PRINCIPALS
