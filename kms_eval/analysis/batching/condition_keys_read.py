"""What policies read from requests: the condition keys that they name, in tests and as policy variables.

Comes in: policies. Goes out: compiled tests by condition key, and the keys that variables read. Never here: requests.
"""

from __future__ import annotations

from collections.abc import Iterable

from kms_eval.documents.model import ConditionTest, Policy
from kms_eval.engine.conditions import Test, compile_condition
from kms_eval.language import variables
from kms_eval.language.variables import Template


def condition_keys_read_in(policies: Iterable[Policy]) -> tuple[dict[str, list[Test]], set[str]]:
    """The condition keys (lower case) that policies name: each with its tests, and those of variables."""
    compiled: dict[tuple[ConditionTest, bool], Test] = {}
    in_variables: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            for written in statement.condition or ():
                known = (written, policy.variables)
                if known not in compiled:
                    (compiled[known],) = compile_condition(policy, (written,)).tests
            for text in (*(statement.resources or ()), *(statement.not_resources or ())):
                if policy.variables and variables.has_variables(text):
                    in_variables.update(variables.parse(text).keys)
    tests: dict[str, list[Test]] = {}
    for test in compiled.values():
        tests.setdefault(test.key, []).append(test)
        if any(isinstance(value, Template) for value in test.values):
            in_variables |= test.needs
    return tests, in_variables
