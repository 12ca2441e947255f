"""Principals and resources in a policy that belong to a different partition or Region: AWS refuses them.

Comes in: a policy that has been read, with its partition and Region. Goes out: remarks, which are errors under
``--strict``. Never here: texts that are wrong in any partition and Region (`refused` has these).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import Policy, PolicyKind, Statement
from kms_eval.documents.refused import region_of
from kms_eval.errors import quoted
from kms_eval.facts.partitions import PARTITIONS
from kms_eval.facts.regions import could_be_region
from kms_eval.facts.service_principals import OPT_IN_REGIONS


def misplaced(policy: Policy, partition: str, region: str | None = None) -> Iterator[Remark]:
    """Remarks on principals and resources of other partitions, and for a key policy on services of another Region."""
    if policy.kind is not PolicyKind.KEY and _is_here(policy, f"arn:{partition}:"):
        return
    for statement in policy.statements:
        of_partition = _principals if policy.kind is PolicyKind.KEY else _resources
        yield from (remark.under("Statement", statement.index) for remark in of_partition(statement, partition))
        if policy.kind is PolicyKind.KEY and region is not None:
            yield from (remark.under("Statement", statement.index) for remark in _services(statement, region))


def _is_here(policy: Policy, here: str) -> bool:
    """Whether all resources are of the partition or `*`, as in nearly all policies; a fast check."""
    return all(
        text.startswith(here) or text == "*" for statement in policy.statements for text in statement.resources or ()
    ) and not any(statement.not_resources for statement in policy.statements)


def _principals(statement: Statement, partition: str) -> Iterator[Remark]:
    here = f"arn:{partition}:"
    for name, entries in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        for entry in entries or ():
            if entry.kind == "AWS" and not entry.value.startswith(here) and _is_elsewhere(entry.value, partition):
                message = f"{quoted(entry.value)} is of another partition than the key: AWS refuses it"
                advice = f"here it begins `arn:{partition}:`"
                yield Remark((name, "AWS"), message, advice, "other-partition", strict=True)


def _resources(statement: Statement, partition: str) -> Iterator[Remark]:
    for name, texts in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
        for text in texts or ():
            if _is_elsewhere(text, partition):
                message = f"{quoted(text)} is of another partition than the principal: AWS refuses it"
                yield Remark((name,), message, f"here it begins `arn:{partition}:`", "other-partition", strict=True)


def _services(statement: Statement, region: str) -> Iterator[Remark]:
    for name, entries in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        for entry in entries or ():
            other = region_of(entry.value) if entry.kind == "Service" else None
            if other not in {None, region} and other not in OPT_IN_REGIONS and could_be_region(other or ""):
                message = f"{quoted(entry.value)} is of another Region than the key, which is in {region}"
                advice = f"did you mean `{entry.value.replace(other or '', region)}`?"
                yield Remark((name, "Service"), message, advice, "service-of-another-region", strict=True)


def _is_elsewhere(text: str, partition: str) -> bool:
    fields = text.split(":", 2)
    return len(fields) > 1 and fields[0] == "arn" and fields[1] in PARTITIONS and fields[1] != partition
