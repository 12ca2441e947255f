"""Services that a check is about beside those that principals and grants name: nobody could list all that there are.

Comes in: an evaluator, names. Goes out: askers. Never here: what a service may do.

`"*"` as a principal includes AWS services, and so does a NotPrincipal. One that nothing names stands for all of these,
beside those that conditions name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kms_eval.analysis.access.principals import Asker, asker_named
from kms_eval.documents.model import Statement
from kms_eval.engine.evaluator import Evaluator
from kms_eval.world.identity import is_service
from kms_eval.world.model import World, policies_of

_WELL_KNOWN = tuple(f"{name}.amazonaws.com" for name in ("sns", "sqs", "s3", "ec2", "lambda", "logs", "rds", "events"))
_NAMES_SERVICES = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})


def other_services(evaluator: Evaluator, named: Collection[str]) -> tuple[Asker, ...]:
    """The services beside `named` that key policies may let in without naming them as a principal."""
    world = evaluator.world
    if not any(_lets_services_in(each) for key in world.keys.values() for each in key.policy.statements):
        return ()
    in_conditions = dict.fromkeys(name for name in _in_conditions(world) if name not in named)
    unnamed = [name for name in _WELL_KNOWN if name not in named and name not in in_conditions]
    return tuple(asker_named(evaluator, name) for name in (*in_conditions, *unnamed[:1]))


def _lets_services_in(statement: Statement) -> bool:
    if statement.effect != "Allow":
        return False
    return statement.not_principals is not None or any(each.kind == "*" for each in statement.principals or ())


def _in_conditions(world: World) -> Iterator[str]:
    for policy in policies_of(world):
        for statement in policy.statements:
            for test in statement.condition or ():
                if test.key.lower() in _NAMES_SERVICES:
                    yield from (name for name in test.values if is_service(name))
