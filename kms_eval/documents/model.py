"""Parsed AWS documents: policies and grants as plain frozen values.

Comes in: nothing (types only). Goes out: what `grammar` builds and the engine compiles.
Never here: validation, files, evaluation. Texts are kept exactly as AWS stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from kms_eval.formats.document import Place
from kms_eval.formats.unknown import Unknown

Effect = Literal["Allow", "Deny"]
Qualifier = Literal["", "ForAllValues", "ForAnyValue"]


class PolicyKind(Enum):
    """Which of AWS's policy types a document is; the grammar differs by type (semantics D3)."""

    KEY = "key policy"
    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    ENDPOINT = "VPC endpoint policy"

    @property
    def phrase(self) -> str:
        """The kind with its article, for messages: ``an identity policy``."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"


@dataclass(frozen=True, slots=True)
class PrincipalEntry:
    """One entry of a Principal element.

    `kind` is ``"*"`` for the bare wildcard, else AWS's member name; `value` is the text as written
    (an ARN, a 12-digit account id, a unique id, a service name or ``"*"``).
    """

    kind: Literal["*", "AWS", "Service", "Federated", "CanonicalUser"]
    value: str


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """One condition key under one operator: ``ForAllValues:StringLikeIfExists`` is split into its three parts.

    `values` are texts (JSON true, false and numbers read as their text); empty means AWS's empty list.
    """

    operator: str
    qualifier: Qualifier
    if_exists: bool
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Of each pair (actions/not_actions …) at most one is given; None means the element is absent.

    `condition` None means no Condition element, ``()`` an empty one (they differ: semantics C14).
    `open` holds the unknown values because of which the statement may or may not apply; its other fields are then the
    widest that they could be. It is empty for a statement that is fully known.
    """

    index: int
    sid: str | None
    effect: Effect
    principals: tuple[PrincipalEntry, ...] | None = None
    not_principals: tuple[PrincipalEntry, ...] | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    condition: tuple[ConditionTest, ...] | None = None
    open: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Policy:
    """One policy document. Compared by identity: the same text attached twice is two attachments.

    `name` is what explanations call it: the file's stem, else its Id, else a name by position.
    `variables` says whether ``${…}`` is substituted (Version 2012-10-17 only, semantics W1). `length` is the length of
    its text, if known; that of a key policy is in bytes, with the white space of its original text.
    """

    name: str
    kind: PolicyKind
    version: str | None
    id: str | None
    statements: tuple[Statement, ...]
    place: Place | None = None
    length: int | None = None

    @property
    def variables(self) -> bool:
        """Whether ``${…}`` is substituted."""
        return self.version == "2012-10-17"


@dataclass(frozen=True, slots=True)
class Constraints:
    """Grant constraints as ListGrants returns them; None means the constraint is absent, ``()`` an empty map.

    Pairs are kept in the order of the document. https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """

    encryption_context_equals: tuple[tuple[str, str], ...] | None = None
    encryption_context_subset: tuple[tuple[str, str], ...] | None = None
    source_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant as ListGrants returns it, or the request of CreateGrant (then `id` is empty).

    Exactly one of grantee_principal and grantee_service_principal is set in a stored grant. A CreateGrant request may
    leave out what the question does not need. `issuing_account` is a 12-digit id (ListGrants gives a root ARN).
    """

    id: str
    name: str | None = None
    grantee_principal: str | None = None
    grantee_service_principal: str | None = None
    retiring_principal: str | None = None
    retiring_service_principal: str | None = None
    issuing_account: str | None = None
    operations: tuple[str, ...] = ()
    constraints: Constraints = Constraints()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A grant that a source says exists but cannot show, or can show only in part.

    `grant` is the known part. Without a grantee it may be for anybody, without operations it may have all of them; its
    constraints are unknown.
    """

    unknown: Unknown
    grant: Grant
