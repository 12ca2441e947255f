"""An upper bound on what a principal may do on a key: actions outside it are never allowed, and need no deciding.

Comes in: an asker and a key. Goes out: a mask of actions outside which nothing is allowed. Never here: deciding.

INVARIANT: a caller that is allowed anything is named by an Allow statement of the key policy or by a grant, and has an
identity policy for it if neither names the caller itself (semantics E8, X2). Conditions, Denies and limits only take
away, so they are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from kms_eval.analysis.access.principals import Asker
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import EVERYTHING, RETIRE_GRANT
from kms_eval.engine.resources import key_target
from kms_eval.engine.rules import Rule
from kms_eval.engine.situation import Scope
from kms_eval.language.pattern import is_wild, wild
from kms_eval.world.model import Caller, Key

_COLONS_OF_AN_ARN = 5


@dataclass(frozen=True, slots=True)
class _Speaking:
    """What a key's policy allows to whom: actions by name, and those allowed to all; and whom its grants name."""

    by_name: dict[str, int]
    to_all: int
    granted: frozenset[str]
    grants: bool
    open_grants: bool


class Outermost:
    """The upper bounds for one world; what was looked up once is kept."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._keys: dict[Key, _Speaking] = {}
        self._exact: dict[Rule, frozenset[str] | None] = {}

    def of(self, asker: Asker, key: Key) -> int:
        """The actions on the key outside which the asker is never allowed anything."""
        speaking = self._keys.get(key)
        if speaking is None:
            speaking = self._keys[key] = self._speaking(key)
        caller = asker.caller
        scope = Scope(self._evaluator.world, caller, key_target(key))
        policies = self._evaluator.policies_of_caller(scope)
        names, by_name = policies.audience.names, speaking.by_name
        through_account = _names_of_account(caller)
        direct, delegated = speaking.to_all, 0
        for name in names:
            if name in by_name:
                if name in through_account:
                    delegated |= by_name[name]
                else:
                    direct |= by_name[name]
        granted = EVERYTHING if self._has_grant(caller, names, speaking) else RETIRE_GRANT if speaking.grants else 0
        if caller.kind == "root" or asker.open_policies:
            own = EVERYTHING
        else:
            own = policies.sums[LayerIndex.IDENTITY]
            for entry in policies.rest:
                if entry.layer_index == LayerIndex.IDENTITY and entry.actions & ~own and self._may_be(entry.rule, key):
                    own |= entry.actions
        if scope.own_account:
            return direct | delegated & own | granted
        return (direct | delegated) & own | granted

    def _speaking(self, key: Key) -> _Speaking:
        by_name: dict[str, int] = {}
        to_all = 0
        for rule in self._evaluator.rules(key.policy):
            if rule.effect == "Allow":
                to_all |= rule.actions if rule.named is None else 0
                for name in rule.named or ():
                    by_name[name] = by_name.get(name, 0) | rule.actions
        texts = [text for grant in key.grants for text in (grant.grantee_principal, grant.retiring_principal) if text]
        return _Speaking(by_name, to_all, frozenset(texts), bool(key.grants), bool(key.open_grants))

    def _has_grant(self, caller: Caller, names: frozenset[str], speaking: _Speaking) -> bool:
        if speaking.open_grants or (speaking.grants and caller.kind == "service"):
            return True
        return not speaking.granted.isdisjoint(names)

    def _may_be(self, rule: Rule | None, key: Key) -> bool:
        """Whether the rule's Resource may cover the key: False only if it lists nothing but other complete ARNs."""
        if rule is None:
            return True
        if rule not in self._exact:
            self._exact[rule] = _exact(rule)
        exact = self._exact[rule]
        return exact is None or key.arn in exact


def _names_of_account(caller: Caller) -> frozenset[str]:
    if caller.account is None or caller.kind == "root":
        return frozenset()
    return frozenset({caller.account, f"arn:{caller.partition}:iam::{caller.account}:root"})


def _exact(rule: Rule) -> frozenset[str] | None:
    """The resources of a rule if each is a complete ARN without wildcards and variables; else None."""
    texts = rule.statement.resources
    if texts is None or (rule.resource is not None and rule.resource.needs):
        return None
    whole = all(text.count(":") >= _COLONS_OF_AN_ARN and not is_wild(wild(text)) for text in texts)
    return frozenset(texts) if whole else None
