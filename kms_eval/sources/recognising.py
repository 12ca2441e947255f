"""Recognises what a document or folder is by what is in it, never by its name alone.

Comes in: plain values. Goes out: the kind, or what an unknown document looks like. Never here: reading any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kms_eval.formats.document import RawDocument
from kms_eval.records import record
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw


@record
class Kind:
    """One kind of document: its name, how it is recognised, and what reads it.

    `recognise` is called with plain values of any kind; `read` raises InputError.
    """

    name: str
    recognise: Callable[[object], bool]
    read: Callable[[RawDocument, Options], Raw]


@record
class Folder:
    """One kind of folder that is read as a whole: its name, how it is recognised, and which of its files count."""

    name: str
    recognise: Callable[[Path], bool]
    files: Callable[[Path], Sequence[Path]]


_TELLING = frozenset({"sources", "keys", "principals", "attached_by_principal", "organization", "vpc_endpoints"})


def is_scenario(value: object) -> bool:
    """Whether a document has the sections of a scenario."""
    return isinstance(value, Mapping) and not _TELLING.isdisjoint(value)


SHOW = "`terraform plan -out plan.tfplan`, then `terraform show -json plan.tfplan > plan.json`"
"""How to make a plan that can be read."""
_NAME_IT = "name it in a scenario, or give it as `--key-policy FILE` or `--policy FILE`"
_AGAIN = "the call failed, and what it would tell is not known; save it again"
_NO_LOG = "which tells what happened and not what is allowed"

_LOOKS: tuple[tuple[frozenset[str], str, str | None], ...] = (
    (frozenset({"Records"}), f"a CloudTrail trail, {_NO_LOG}", None),
    (frozenset({"Events"}), "CloudTrail events, which tell what happened and not what is allowed", None),
    (frozenset({"eventName", "eventSource"}), f"a CloudTrail event, {_NO_LOG}", None),
    (frozenset({"detail-type", "detail"}), f"an event of EventBridge, {_NO_LOG}", None),
    (frozenset({"Statement"}), "a policy by itself: nothing says to what it is attached", _NAME_IT),
    (frozenset({"@level", "@message"}), "the log that `terraform plan -json` prints, not a plan", SHOW),
    (frozenset({"resource_changes"}), "a Terraform plan that does not say its `format_version`", SHOW),
    (frozenset({"resource"}), "Terraform configuration, which only Terraform can evaluate", SHOW),
    (frozenset({"Error"}), "an error that AWS answered: the call failed", _AGAIN),
    (frozenset({"__type"}), "an error that AWS answered: the call failed", _AGAIN),
    (frozenset({"Content", "ReportFormat"}), "a credential report, which has no policies", None),
)
"""What a document with these members looks like, and what to do with it."""


def looks_like(value: object) -> str:
    """What a document that is not a source looks like, for a message."""
    if isinstance(value, list):
        return f"a list that begins with {looks_like(value[0])}" if value else "an empty list"
    if not isinstance(value, Mapping):
        return "a single value"
    for members, text, _advice in _LOOKS:
        if members <= value.keys():
            return text
    names = [f"`{name}`" for name in value if isinstance(name, str)]
    if not names:
        return "an empty object"
    return f"an object with {', '.join(names[:4])}" + (" …" if len(names) > 4 else "")


def advice_on(value: object) -> str:
    """What to do with a document that is not a source."""
    first = value[0] if isinstance(value, list) and value else value
    members = first.keys() if isinstance(first, Mapping) else frozenset()
    fitting = (advice for names, _text, advice in _LOOKS if advice is not None and names <= members)
    return next(fitting, f"what is taken: {TAKEN}")


TAKEN = (
    "a scenario, responses of the AWS CLI or boto3, a folder of iam-collect, a Terraform plan or state, "
    "or a CloudFormation template"
)
