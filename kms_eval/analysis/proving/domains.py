"""Which values condition keys can have at all, and which of them look realistic.

Comes in: the name of a condition key and the world. Goes out: a domain: clauses that every value meets, and texts to
try first. Never here: conditions. By default a domain is all texts: a proof then covers more values than can occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kms_eval.analysis.proving.automata import ANYTHING, Clause, Pattern, Symbols, Token, exactly
from kms_eval.facts.condition_keys import find
from kms_eval.facts.services import VIA_SERVICE_SUFFIX, VIA_SERVICES
from kms_eval.world.model import World

_DIGIT = Symbols(frozenset("0123456789"))
_NAME = Symbols(frozenset("abcdefghijklmnopqrstuvwxyz0123456789-"))
_ACCOUNT: Pattern = (Token(_DIGIT),) * 12
_ANY: Pattern = (Token(ANYTHING, repeated=True),)
_SOME: Pattern = (Token(ANYTHING), *_ANY)
_VIA_SERVICE: Pattern = (
    Token(_NAME), Token(_NAME, repeated=True), *exactly("."),
    Token(_NAME), Token(_NAME, repeated=True), *exactly(VIA_SERVICE_SUFFIX),
)  # fmt: skip
"""Semantics S10: the name, the Region, and a suffix that is the same in every partition."""

_FIRST_SERVICES = ("s3", "ec2", "lambda", "secretsmanager", "rds", "dynamodb", "sqs")
_REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2")
_ACCOUNTS = ("111122223333", "444455556666", "777788889999", "555555555555")
"""Accounts of AWS's own examples."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "aws:sourcevpce": ("vpce-0123456789abcdef0",),
    "aws:sourcevpc": ("vpc-0123456789abcdef0",),
    "aws:principalorgid": ("o-aa111bb222", "o-anotherorg1"),
    "aws:sourceaccount": _ACCOUNTS,
    "aws:calleraccount": _ACCOUNTS,
    "kms:calleraccount": _ACCOUNTS,
    "aws:principalaccount": _ACCOUNTS,
    "aws:useragent": ("aws-cli/2.0",),
    "aws:calledvia": ("s3.amazonaws.com",),
    "aws:sourcearn": ("arn:aws:s3:::amzn-s3-demo-bucket",),
}
_STARS = re.compile(r"[*]+")
_BEFORE_A_REGION = re.compile(r"^[a-z0-9-]+\.\*|^arn:[^:]*:[^:]*:\*")
"""Where a wildcard stands for a Region: after the name of a service, or in the fourth field of an ARN."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The values of one condition key. Each value meets the `clauses`; if `multi_valued`, there may be several."""

    clauses: tuple[Clause, ...] = ()
    examples: tuple[str, ...] = ()
    multi_valued: bool = False


def domain(key: str, world: World, *, region: str | None = None) -> Domain:
    """The domain of a condition key in lower case."""
    row = find(key)
    multi = row is None or row.multi_valued
    if key == "kms:viaservice":
        regions = dict.fromkeys((region or world.region, *_REGIONS))
        examples = [f"{name}.{each}{VIA_SERVICE_SUFFIX}" for each in regions for name in _services()]
        return Domain((Clause((_VIA_SERVICE,)),), tuple(examples))
    if key in _OF_ACCOUNTS:
        return Domain((Clause((_ACCOUNT,)),), _ACCOUNTS, multi)
    if key == "kms:requestalias":
        aliases = tuple(alias for each in world.keys.values() for alias in each.aliases)
        return Domain((Clause(tuple(map(exactly, aliases))),), aliases)
    values = row.values if row is not None else ()
    return Domain((), (*EXAMPLES.get(key, ()), *values), multi)


_OF_ACCOUNTS = frozenset(
    {"kms:calleraccount", "aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "aws:vpceaccount"}
)


def principal_arns(account: str | None, partition: str, *, but: Sequence[Pattern], within: Sequence[Pattern]) -> Domain:
    """The ARNs that aws:PrincipalArn can have for a user or role of an account (None: of any).

    None of them matches a pattern of `but`; each matches one of `within`, if there are any.
    """
    digits = exactly(account) if account is not None else _ACCOUNT
    found = tuple(
        (*exactly(f"arn:{partition}:iam::"), *digits, *exactly(f":{kind}/"), *_SOME) for kind in ("role", "user")
    )
    clauses = [Clause(found)]
    clauses += [Clause(tuple(but), inside=False)] if but else []
    clauses += [Clause(tuple(within))] if within else []
    numbers = (account,) if account is not None else _ACCOUNTS
    return Domain(tuple(clauses), tuple(f"arn:{partition}:iam::{number}:role/anyone" for number in numbers))


def of_text(text: str) -> Pattern:
    """The pattern of a text in which ``*`` and ``?`` are wildcards."""
    return tuple(
        Token(ANYTHING, repeated=letter == "*") if letter in "*?" else Token(Symbols(frozenset(letter)))
        for letter in text
    )


def outside(text: str) -> Clause:
    """All texts that do not match the pattern."""
    return Clause((of_text(text),), inside=False)


def realistic_texts(text: str) -> Iterator[str]:
    """Realistic texts that a policy's value matches: the value itself, or with plain text in place of wildcards."""
    if "${" in text:
        return
    if not set(text) & set("*?"):
        yield text
        return
    fillings = ("us-east-1", "example") if _BEFORE_A_REGION.search(text) else ("example", "us-east-1")
    for filling in (*fillings, "1", ""):
        yield _STARS.sub(filling, text).replace("?", "1")


def _services() -> Iterator[str]:
    yield from _FIRST_SERVICES
    yield from (name for name in VIA_SERVICES if name not in _FIRST_SERVICES)
