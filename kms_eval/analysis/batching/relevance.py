"""The part of a request's context that can matter in a world: requests that differ only in the rest count as one.

Comes in: a world, then contexts as requests carry them. Goes out: what is left of them. Never here: deciding.

Logs are full of values that no policy tests, and nearly every one of them is different (the ARN of the object that was
encrypted, the address of the caller). Only statements, grants and derived condition keys can read a context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Self

from kms_eval.analysis.batching.bounded_cache import BoundedCache
from kms_eval.analysis.batching.condition_keys_read import condition_keys_read_in
from kms_eval.analysis.batching.equivalent_values import EquivalentValues
from kms_eval.analysis.batching.rows import read_value
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.hindrances import REFUSED_BY_STRICT
from kms_eval.engine.situation import ASSUMED_ROOT, CHAIN, VIA_AWS_SERVICE
from kms_eval.errors import InputError
from kms_eval.facts.condition_keys import canonical
from kms_eval.world.context_rules import ContextRules
from kms_eval.world.model import World, policies_of

_BY_SERVICE = (*CHAIN, VIA_AWS_SERVICE)
DERIVED_FROM: Mapping[str, tuple[str, ...]] = {
    "aws:calledviafirst": ("aws:calledvia",),
    "aws:calledvialast": ("aws:calledvia",),
    "aws:viaawsservice": CHAIN,
    "aws:multifactorauthpresent": ("aws:tokenissuetime", *_BY_SERVICE),
    "aws:sourceaccount": ("aws:sourcearn",),
    "aws:sourceorgid": ("aws:sourceaccount", "aws:sourcearn"),
    "aws:sourceorgpaths": ("aws:sourceaccount", "aws:sourcearn"),
    "aws:sourcevpce": _BY_SERVICE,
    "aws:sourcevpc": _BY_SERVICE,
    "aws:sourcevpcarn": _BY_SERVICE,
    "aws:vpceaccount": _BY_SERVICE,
    "aws:vpceorgid": _BY_SERVICE,
    "aws:vpceorgpaths": _BY_SERVICE,
    "kms:grantisforawsresource": _BY_SERVICE,
    "kms:multiregionkeytype": ("kms:multiregion",),
}
"""Condition keys (lower case) whose value the engine may derive from others that a request gives."""

ALWAYS = ("aws:requesttag/", "aws:tagkeys", ASSUMED_ROOT)
"""Prefixes of condition keys that tell what kind of call it is: one that sets tags, or one of an AssumeRoot session."""

Representative = Callable[[str], str]

_READ_BY_MORE_THAN_TESTS = frozenset(("aws:sourcearn", "kms:grantoperations", *chain(*DERIVED_FROM.values())))
_SOMETHING = "\0"
_MOST_TEXTS = 50_000
_MOST_NAMES = 10_000
_LONGEST_NAME = 1_000
_CONTEXT, _CONTEXT_KEYS = "kms:encryptioncontext:", "kms:encryptioncontextkeys"


class Relevance:
    """Drops what cannot matter. Keys and values that make no sense are kept, so that they are reported later."""

    @classmethod
    def of_evaluator(cls, evaluator: Evaluator) -> Self:
        """What matters to this evaluator; a strict one also needs the keys that requests cannot carry (S10)."""
        return cls(evaluator.world, allow_unknown_key=evaluator.allow_unknown_key, strict=evaluator.strict)

    def __init__(self, world: World, *, allow_unknown_key: bool = False, strict: bool = False) -> None:
        self._rules = ContextRules(world, allow_unknown=allow_unknown_key)
        tests, in_variables = condition_keys_read_in(policies_of(world))
        asked = tests.keys() | in_variables
        grants = [grant for key in world.keys.values() for grant in key.grants]
        refused = tuple(REFUSED_BY_STRICT) if strict else ()
        keys = {*asked, *refused, *(source for key in asked for source in DERIVED_FROM.get(key, ()))}
        if any(grant.constraints.source_arn is not None for grant in grants):
            keys.add("aws:sourcearn")
        if any("CreateGrant" in grant.operations for grant in grants):
            keys.add("kms:grantoperations")
        constraints = [grant.constraints for grant in grants]
        equals = [each.encryption_context_equals for each in constraints if each.encryption_context_equals is not None]
        subsets = [each.encryption_context_subset or () for each in constraints]
        in_grants: dict[str, set[str]] = {}
        for name, value in chain.from_iterable((*equals, *subsets)):
            in_grants.setdefault(_CONTEXT + name.lower(), set()).add(value)
        self._pairs = frozenset(key for key in asked | in_grants.keys() if key.startswith(_CONTEXT))
        self._whole = bool(equals)
        self._keys = frozenset(keys)
        families = tuple(key for key in refused if key.endswith("/"))
        self._families = (*ALWAYS, *families, *((_CONTEXT,) if _CONTEXT_KEYS in asked else ()))
        self._all_pairs = _CONTEXT_KEYS in asked
        self._texts: BoundedCache[object] = BoundedCache(_MOST_TEXTS)
        told_apart_by_tests = (tests.keys() | in_grants.keys()) - in_variables - _READ_BY_MORE_THAN_TESTS
        kinds = {key: EquivalentValues(tests.get(key, ()), in_grants.get(key, ())) for key in told_apart_by_tests}
        self._representatives: dict[str, Representative] = {
            key: each.representative for key, each in kinds.items() if each.few
        }
        self._names: dict[str, tuple[bool, Representative | None]] = {}

    def of(self, fields: Mapping[str, object]) -> Mapping[str, object]:
        """What is left of the fields of a request. A context that is JSON text is parsed, unless it makes no sense."""
        context, pairs = fields.get("context"), fields.get("encryption_context")
        if (context is None and pairs is None) or fields.get("session") is not None:
            # A session may have policies that test anything.
            return fields
        left = dict(fields)
        if context is not None:
            by_endpoint = fields.get("vpc_endpoint") is not None
            trim = self._of_context_by_endpoint if by_endpoint else self._of_context
            left["context"] = self._trimmed(("context", by_endpoint), context, trim)
            if left["context"] == {}:
                del left["context"]
        if pairs is not None:
            left["encryption_context"] = self._trimmed("pairs", pairs, self._of_pairs)
            if left["encryption_context"] == {} and fields.get("grant") is None:
                # An empty context differs from an absent one only if a grant in the request would replace the latter.
                del left["encryption_context"]
        return left

    def of_texts(self, context: Mapping[str, object]) -> dict[str, str] | None:
        """What is left of a context of texts only, as nearly all are; else None. Not for calls through an endpoint.

        Also None if a key or a value makes no sense.
        """
        left = {}
        for name, value in context.items():
            if value.__class__ is not str or not name:
                return None
            checked, representative = self._representative_of(name)
            if checked and not self._rules.takes(name, value):
                return None
            if representative is not None:
                left[name] = representative(value)
        return left

    def _of_context(self, context: Mapping[str, object]) -> Mapping[str, object]:
        left: dict[str, object] = {}
        for name, value in context.items():
            if not isinstance(value, str) or not name:
                left[name] = value
            else:
                checked, representative = self._representative_of(name)
                if checked and not self._rules.takes(name, value):
                    left[name] = value
                elif representative is not None:
                    left[name] = representative(value)
        return left

    def _of_context_by_endpoint(self, context: Mapping[str, object]) -> Mapping[str, object]:
        # The endpoint's condition keys are only present if no service makes the call.
        via = {name: value for name, value in context.items() if canonical(name) in _BY_SERVICE}
        return {**via, **self._of_context(context)}

    def _of_pairs(self, pairs: Mapping[str, object]) -> Mapping[str, object]:
        """What is left of an encryption context."""
        left: dict[str, object] = {}
        for name, value in pairs.items():
            if not isinstance(value, str):
                left[name] = value
                continue
            key = _CONTEXT + name.lower()
            if self._all_pairs or key in self._pairs:
                left[name] = self._representatives.get(key, str)(value)
        if self._whole and len(left) < len(pairs):
            # A grant constraint tests whether there are other pairs, not which.
            left[_SOMETHING] = ""
        return left

    def _trimmed(self, kind: object, value: object, trim: Callable[[Mapping[str, object]], object]) -> object:
        if value.__class__ is dict:
            return trim(value)
        if not isinstance(value, str):
            return value
        known = self._texts.get((kind, value))
        if known is None:
            known = value
            try:
                read = read_value(value)
            except InputError:
                pass  # the decision reports what is wrong
            else:
                known = trim(read) if isinstance(read, dict) else value
            self._texts.put((kind, value), known)
        return known

    def _representative_of(self, name: str) -> tuple[bool, Representative | None]:
        """Whether values of this condition key need a check, and a function from a value to the one that stands for it.

        The function is None for a key that cannot matter.
        """
        try:
            return self._names[name]
        except KeyError:
            key = canonical(name)
            representative: Representative | None = None
            if key in self._keys or key.startswith(self._families):
                # `str` leaves a text as it is.
                representative = str if key.startswith(ALWAYS) else self._representatives.get(key, str)
            known = (not self._rules.anything_goes(name), representative)
            if len(self._names) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                self._names[name] = known
            return known
