"""Amazon Resource Names: parsing them, and comparing them with patterns in AWS's two ways.

Comes in: ARN text and globs. Goes out: the six fields; matchers. Never here: what a resource is for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kms_eval.language.pattern import Matcher, compile_glob, ends_in_star, is_wild, only_stars

_FIELDS = 6
_SERVICE = 2


class Arn(NamedTuple):
    """The parts of ``arn:partition:service:region:account:resource``; region and account may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse(text: str) -> Arn | None:
    """The ARN, or None where the text does not have the six parts of one."""
    parts = text.split(":", _FIELDS - 1)
    if len(parts) != _FIELDS or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


@lru_cache(maxsize=4096)
def field_matcher(glob: str) -> Matcher | None:
    """ArnLike: six components compared one by one, each wildcard confined to its component (semantics C18).

    None where the pattern does not have six components: it matches nothing.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html (ARN)
    """
    parts = glob.split(":", _FIELDS - 1)
    if len(parts) != _FIELDS:
        return None
    return _fields([compile_glob(part) for part in parts])


@lru_cache(maxsize=8192)
def resource_matcher(glob: str) -> Matcher:
    """The strict reading of a Resource pattern: wildcards stay in their field, except a ``*`` that ends its field.

    Where the pattern has fewer than six fields, such a ``*`` also matches across colons: ``arn:aws:kms:*:key/ID``
    matches the ARN of a key (semantics S2). AWS does not allow a wildcard in the service field; such a pattern matches
    nothing here (semantics R4, Z23).
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if only_stars(glob):
        return compile_glob(glob)
    parts = glob.split(":", _FIELDS - 1)
    if len(parts) > _SERVICE and is_wild(parts[_SERVICE]):
        return _nothing
    matchers = [compile_glob(part) for part in parts]
    if len(parts) == _FIELDS:
        # Each part takes at least one field, so no field is left for a `*` to extend into.
        return _fields(matchers)
    return _running(matchers, [ends_in_star(part) for part in parts])


def completed(glob: str) -> str | None:
    """An incomplete ARN, with ``*`` in each missing field; None where it is complete, or not an ARN (semantics S2).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    missing = _FIELDS - 1 - glob.count(":")
    return glob + ":*" * missing if missing > 0 and glob.startswith("arn:") else None


def _fields(matchers: list[Matcher]) -> Matcher:
    count = len(matchers)

    def match(text: str) -> bool:
        fields = text.split(":", count - 1)
        if len(fields) != count or text.count(":") < _FIELDS - 1:
            return False
        return all(matcher(part) for matcher, part in zip(matchers, fields, strict=True))

    return match


def _running(matchers: list[Matcher], running: list[bool]) -> Matcher:
    """For a pattern with fewer than six fields: those that are `running` may take several fields of the text."""
    last = len(matchers) - 1

    def match_from(part: int, fields: list[str]) -> bool:
        if part == last:
            return (running[part] or len(fields) == 1) and matchers[part](":".join(fields))
        most = len(fields) - (last - part) if running[part] else 1
        return any(
            matchers[part](":".join(fields[:taken])) and match_from(part + 1, fields[taken:])
            for taken in range(1, most + 1)
        )

    def match(text: str) -> bool:
        # The resource may contain colons, which do not separate fields.
        return text.count(":") >= _FIELDS - 1 and match_from(0, text.split(":", _FIELDS - 1))

    return match


def _nothing(_text: str) -> bool:
    return False
