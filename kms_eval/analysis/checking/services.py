"""Services that a check is about besides those that principals and grants name, since no list of services is complete.

Comes in: an evaluator, names. Goes out: askers. Never here: what a service may do.

`"*"` as a principal includes AWS services, and so does a NotPrincipal. Besides the services that conditions name, one
that nothing names stands for all others; if conditions have patterns, there is one for each set of patterns that a
service can match.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from kms_eval.analysis.access.principals import Asker, asker_of
from kms_eval.documents.model import Statement
from kms_eval.engine.evaluator import Evaluator
from kms_eval.facts.service_principals import SERVICE_NAMES
from kms_eval.language.pattern import compile_text
from kms_eval.world.identity import is_service
from kms_eval.world.model import World, policies_of

_NAMES_SERVICES = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
_WELL_KNOWN = ("sns", "sqs", "s3", "ec2", "lambda", "logs", "rds", "events")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def other_services(evaluator: Evaluator, named: Collection[str]) -> tuple[Asker, ...]:
    """The services besides `named` that key policies may allow something without naming them as a principal."""
    world = evaluator.world
    if not any(_lets_services_in(each) for key in world.keys.values() for each in key.policy.statements):
        return ()
    texts = dict.fromkeys(_in_conditions(world))
    in_conditions = [name for name in texts if is_service(name) and name not in named]
    patterns = [pattern for pattern in (_VARIABLE.sub("*", text) for text in texts) if set(pattern) & set("*?")]
    others = _told_apart(patterns, {*named, *in_conditions})
    return tuple(asker_of(evaluator, evaluator.caller(name)) for name in (*in_conditions, *others))


def _told_apart(patterns: Sequence[str], left_out: Collection[str]) -> Iterator[str]:
    """A service for each set of patterns that a service matches; a made-up one if none that AWS documents does."""
    matchers = [compile_text(pattern) for pattern in patterns]
    documented = (f"{name}.amazonaws.com" for name in (*_WELL_KNOWN, *sorted(SERVICE_NAMES)))
    made_up = (
        pattern.replace("*", anything).replace("?", "a") for pattern in patterns for anything in ("", _WELL_KNOWN[0])
    )
    seen: set[tuple[bool, ...]] = set()
    for name in (*documented, *filter(is_service, made_up)):
        matched = tuple(matcher(name) for matcher in matchers)
        if name not in left_out and matched not in seen:
            seen.add(matched)
            yield name


def _lets_services_in(statement: Statement) -> bool:
    if statement.effect != "Allow":
        return False
    return statement.not_principals is not None or any(each.kind == "*" for each in statement.principals or ())


def _in_conditions(world: World) -> Iterator[str]:
    for policy in policies_of(world):
        for statement in policy.statements:
            for test in statement.condition or ():
                if test.key.lower() in _NAMES_SERVICES:
                    # Some operators ignore case.
                    yield from (name for value in test.values for name in (value, value.lower()))
