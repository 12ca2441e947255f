"""What AWS KMS refuses in PutKeyPolicy and CreateKey; policies that are already in place are read (semantics S13).

Comes in: a key policy that has been read. Goes out: one sentence for each reason. Never here: whether principals exist
and the lockout check, which need a world.
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.documents.conditions import is_optional, only_in_iam
from kms_eval.documents.model import Policy
from kms_eval.documents.refused import partition_finding, service_finding
from kms_eval.errors import quoted
from kms_eval.facts.quotas import KEY_POLICY_BYTES


def refusals(policy: Policy) -> Iterator[str]:
    """Why PutKeyPolicy and CreateKey would refuse the document, no matter who calls them."""
    if policy.length is not None and policy.length > KEY_POLICY_BYTES:
        yield f"the policy has {policy.length:,} bytes, more than {KEY_POLICY_BYTES:,}"
    for statement in policy.statements:
        called = f"statement {statement.sid!r}" if statement.sid else f"statement {statement.index}"
        for test in statement.condition or ():
            if only_in_iam(test.key):
                yield f"{called}: the condition key {quoted(test.key)} is not permitted in a key policy"
            elif test.qualifier == "ForAllValues" and is_optional(test.key):
                yield f"{called}: `ForAllValues` over {quoted(test.key)} (OverlyPermissiveCondition)"
        for entry in (*(statement.principals or ()), *(statement.not_principals or ())):
            found = service_finding(entry.value) if entry.kind == "Service" else None
            if entry.kind == "AWS" and entry.value.startswith("arn:"):
                found = partition_finding(entry.value)
            if found is not None:
                yield f"{called}: {found[0]}"
