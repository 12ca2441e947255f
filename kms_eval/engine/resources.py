"""The resource of a request, and whether a Resource or NotResource element covers it.

Comes in: resource patterns and a target. Goes out: a test, which may need values for variables. Never here: principals.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.engine.masks import LIST_RETIRABLE_GRANTS, WITHOUT_KEY
from kms_eval.engine.readings import Source, assignments, iam_only, in_reading, or_absent, text_in
from kms_eval.language import variables
from kms_eval.language.arn import completed, resource_matcher
from kms_eval.language.pattern import compile_glob, is_wild, only_stars, wild
from kms_eval.language.variables import Lookup, Template
from kms_eval.records import record
from kms_eval.world.model import Key

ANY_ALIAS = "\x00"
"""Stands for the name of an alias that the request does not give; only a wildcard covers it."""


ANY_PRINCIPAL = "\x00"
"""Stands for the retiring principal of ListRetirableGrants, if the request does not give it."""

_COLONS = 5
"""The number of colons between the fields of an ARN."""


@record
class Target:
    """The resource of one authorization: a key, a key to be created, an alias, or none (`arn` is ``*``).

    ListRetirableGrants is of the kind "none", too, but its resource is the retiring principal (semantics S1, S4).
    """

    kind: Literal["key", "new key", "alias", "none"]
    arn: str
    account: str | None
    region: str
    partition: str
    key: Key | None = None


def without_key(account: str | None, region: str, partition: str) -> tuple[tuple[int, Target], ...]:
    """The targets of all operations without a key, each with the mask of its operations."""
    where = (account, region, partition)
    return (
        (WITHOUT_KEY & ~LIST_RETIRABLE_GRANTS, no_target(*where)),
        (LIST_RETIRABLE_GRANTS, retiring_target(None, *where)),
    )


def key_target(key: Key) -> Target:
    """The key itself, no matter by which name the request refers to it (semantics R2)."""
    return Target("key", key.arn, key.account, key.region, key.partition, key)


def alias_target(alias: str | None, account: str, region: str, partition: str) -> Target:
    """An alias, for the alias part of alias operations (R3); None: an alias that the request does not name."""
    name = alias or f"alias/{ANY_ALIAS}"
    return Target("alias", f"arn:{partition}:kms:{region}:{account}:{name}", account, region, partition)


def no_target(account: str | None, region: str, partition: str) -> Target:
    """Operations without a key: the resource is the text ``*`` (semantics S1).

    https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
    """
    return Target("none", "*", account, region, partition)


def retiring_target(principal: str | None, account: str | None, region: str, partition: str) -> Target:
    """ListRetirableGrants: the retiring principal; None: a principal that the request does not name (semantics S4).

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html
    """
    arn = principal if principal is not None else f"arn:{partition}:iam::{account}:{ANY_PRINCIPAL}"
    return Target("none", arn, account, region, partition)


@record
class ResourceTest:
    """A Resource (or, `negated`, NotResource) element. `needs` are its variables' condition keys, in lower case.

    `everything` says that a pattern is the plain asterisk, as in most statements; `completes` that AWS is known to
    complete ARNs with fewer than six fields here. `whole` are the patterns that are one ARN without wildcards and
    variables, `others` all the rest.
    """

    patterns: tuple[str | Template, ...]
    whole: frozenset[str]
    others: tuple[str | Template, ...]
    negated: bool
    needs: frozenset[str]
    everything: bool
    completes: bool
    iam_only_in_key_policy: frozenset[str] = frozenset()

    def covers(self, target: Target, source: Source, *, generous: bool) -> bool:
        """Whether the element covers the target; for NotResource whether its list does not.

        For NotResource the readings are exchanged: a generous reading of the statement is a strict one of its list.
        """
        if self.everything:
            return True
        if not self.patterns:
            # ASSUMPTION C14: an empty list has no effect; with an empty NotResource a Deny applies, an Allow does not.
            return self.negated and generous
        if not self.needs:
            return self._covers(target, _no_value, generous=generous)
        readings = {key: source.get(key) for key in self.needs}
        # ASSUMPTION Z30: in a key policy these keys may be absent or have their real values.
        readings |= {key: or_absent(readings[key]) for key in self.iam_only_in_key_policy}
        ways = assignments(readings)
        if ways is None:
            # Too many combinations: an Allow does not count, a Deny does.
            return generous
        return in_reading(
            ways, lambda assignment: self._covers(target, text_in(assignment), generous=generous), generous=generous
        )

    def with_only(self, pattern: str | Template) -> ResourceTest:
        """The same element with that as its only pattern."""
        return replace(self, patterns=(pattern,), whole=frozenset(), others=(pattern,))

    def _covers(self, target: Target, lookup: Lookup, *, generous: bool) -> bool:
        inner = not generous if self.negated else generous
        # The whole ARN of an existing key is known; other targets may have an unknown part.
        existing = target.kind == "key"
        found = existing and target.arn in self.whole
        for pattern in () if found else self.others if existing else self.patterns:
            if self._one(pattern, target, lookup, generous=inner):
                found = True
                break
        if self.negated and not found:
            # ASSUMPTION Z22: NotResource with a variable without a value: an Allow does not apply, a Deny does.
            return generous or not self._unresolved(lookup)
        return found is not self.negated

    def _unresolved(self, lookup: Lookup) -> bool:
        return any(isinstance(p, Template) and p.text(lookup) is None for p in self.patterns)

    def _one(self, pattern: str | Template, target: Target, lookup: Lookup, *, generous: bool) -> bool:
        if isinstance(pattern, str):
            return matcher(pattern, target, generous=generous, completes=self.completes)(target.arn)
        glob = pattern.glob(lookup, wildcards_in_values=generous)
        return glob is not None and matcher(glob, target, generous=generous, completes=self.completes)(target.arn)


def _no_value(_key: str) -> None:
    return None


_COMPLETING = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY})
"""Identity policies, managed and inline, and boundaries: here AWS completes ARNs with fewer fields (semantics S2)."""


def resource_test(policy: Policy, statement: Statement) -> ResourceTest | None:
    """The compiled element; None where the statement has none, so that it has no effect (semantics R7)."""
    texts = statement.resources if statement.resources is not None else statement.not_resources
    if texts is None:
        return None
    patterns: list[str | Template] = []
    whole: dict[str | Template, str] = {}
    needs: set[str] = set()
    for text in texts:
        template = _template(text) if policy.variables else None
        if template is None:
            glob = wild(text)
            patterns.append(glob)
            if not is_wild(glob) and text.count(":") >= _COLONS:
                whole[glob] = text
        else:
            patterns.append(template)
            needs.update(template.keys)
    negated = statement.resources is None
    everything = not negated and any(isinstance(pattern, str) and only_stars(pattern) for pattern in patterns)
    completes = policy.kind in _COMPLETING
    only_in_iam = iam_only(policy, frozenset(needs))
    others = tuple(pattern for pattern in patterns if pattern not in whole)
    known = frozenset(whole.values())
    return ResourceTest(tuple(patterns), known, others, negated, frozenset(needs), everything, completes, only_in_iam)


def _template(text: str) -> Template | None:
    # Variables count only after the fifth colon (semantics W2).
    if not variables.has_variables(text):
        return None
    head, colons, resource = _split_resource(text)
    template = variables.parse(resource)
    return Template((head + colons, *template.parts)) if head or colons else template


def _split_resource(text: str) -> tuple[str, str, str]:
    parts = text.split(":", 5)
    return (":".join(parts[:5]), ":", parts[5]) if len(parts) == 6 else (text, "", "")


def matcher(glob: str, target: Target, *, generous: bool, completes: bool) -> Callable[[str], bool]:
    """The matcher of one pattern for the target's ARN.

    ASSUMPTION Z23: strict means field by field, except a ``*`` that ends its field; generous lets ``*`` span anything.
    ASSUMPTION S2: a pattern with fewer fields is certainly completed if `completes`; otherwise it may match nothing.
    """
    if target.arn == "*":
        return compile_glob(glob)
    if generous and target.arn.endswith((ANY_ALIAS, ANY_PRINCIPAL)):
        whole = completed(glob)
        covers_some = _covers_some_principal if target.kind == "none" else _covers_some_alias
        covered = covers_some(glob, target) or (whole is not None and covers_some(whole, target))
        return lambda _text: covered
    return _known_matcher(glob, generous, completes)


@lru_cache(maxsize=8192)
def _known_matcher(glob: str, generous: bool, completes: bool) -> Callable[[str], bool]:  # noqa: FBT001 - a cache's key
    """The matcher of one pattern for a completely known ARN."""
    if only_stars(glob):
        return compile_glob("*")
    whole = completed(glob) if completes or generous else None
    as_written = compile_glob(glob) if generous else resource_matcher(glob)
    if whole is None:
        return as_written
    as_completed = compile_glob(whole) if generous else resource_matcher(whole)
    return lambda text: as_written(text) or as_completed(text)


def _covers_some_principal(glob: str, target: Target) -> bool:
    """Whether the pattern could match some principal of the account, by the fields before its name (S4)."""
    fields = glob.split(":", 5)
    if len(fields) < 6:
        return is_wild(glob)
    return any(
        all(
            compile_glob(pattern)(text)
            for pattern, text in zip(fields, ("arn", target.partition, service, "", target.account or ""), strict=False)
        )
        for service in ("iam", "sts")
    )


def _covers_some_alias(glob: str, target: Target) -> bool:
    # Whether the pattern could match some alias of the account and Region, by the fields before its name.
    fields = glob.split(":", 5)
    actual = ("arn", target.partition, "kms", target.region, target.account or "")
    covered = all(compile_glob(pattern)(text) for pattern, text in zip(fields, actual, strict=False))
    resource = fields[5] if len(fields) > len(actual) else "*"
    literal_start = resource.split("*", 1)[0].split("?", 1)[0]
    return covered and ("alias/".startswith(literal_start) or literal_start.startswith("alias/"))
