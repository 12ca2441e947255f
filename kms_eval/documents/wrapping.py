"""Policies as AWS returns them: inside the output of a command, URL-encoded, or as JSON text in a string.

Comes in: a value and its place. Goes out: the policy document in it and where it stands.
Never here: what a policy says. A value that AWS does not wrap in this way is returned as it is; the caller checks it.
https://docs.aws.amazon.com/cli/latest/reference/kms/get-key-policy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html (URL-encoded as in RFC 3986)
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Place, Steps
from kms_eval.formats.text import read_embedded
from kms_eval.records import record

_DEEPEST = 4
"""How many layers of wrapping are removed: AWS's own output has one text inside another, files made in a shell two."""

_ENCODED = ("%7b", "%5b", "%22")
_TEXT_OUTPUT = ("\tdefault", "\tAWS_RAM")
"""What get-key-policy prints after the policy with ``--output text``: the PolicyName."""


@record
class Wrapping:
    """One form of output that contains a policy.

    `path` leads from the output to the policy, `beside` are the other members that may be there, and `telling` those
    that have to be there, because they identify the output.
    """

    path: Steps
    beside: frozenset[str]
    telling: frozenset[str] = frozenset()


_ANSWER = frozenset({"ResponseMetadata"})
_INLINE = frozenset({"PolicyName", "RoleName", "UserName", "GroupName"})

WRAPPINGS: tuple[Wrapping, ...] = (
    # get-key-policy, and the request of put-key-policy.
    Wrapping(("Policy",), frozenset({"PolicyName", "KeyId", "BypassPolicyLockoutSafetyCheck"})),
    # describe-policy of Organizations; the row above does not match it, because there `Policy` is neither a text nor a
    # document.
    Wrapping(("Policy", "Content"), frozenset()),
    Wrapping(("Content",), frozenset({"PolicySummary"}), frozenset({"PolicySummary"})),
    # get-policy-version
    Wrapping(("PolicyVersion", "Document"), frozenset()),
    Wrapping(("Document",), frozenset({"VersionId", "IsDefaultVersion", "CreateDate"}), frozenset({"VersionId"})),
    # get-role-policy, get-user-policy, get-group-policy; entries of RolePolicyList and similar lists
    Wrapping(("PolicyDocument",), _INLINE),
)

_ENDPOINTS = "VpcEndpoints"


def looks_like_document(text: str) -> bool:
    """Whether a text that is given as a policy is the policy itself, not the path of a file."""
    start = text.lstrip()[:3].lower()
    return start.startswith(("{", "[", '"')) or start in _ENCODED


def is_output_text(text: str) -> bool:
    """Whether the text of a file is not JSON only because of the form in which AWS returns it."""
    return text.lstrip()[:3].lower() in _ENCODED or text.rstrip("\r\n").endswith(_TEXT_OUTPUT)


def unwrapped(value: object, place: Place) -> tuple[object, Place]:
    """The policy without AWS's wrapping, parsed where it is text. Raises InputError for text that is not JSON."""
    for _depth in range(_DEEPEST):
        if isinstance(value, str):
            value = _read(value, place)
        elif isinstance(value, (list, tuple)) and len(value) == 1:
            value, place = value[0], place.at(0)
        elif isinstance(value, Mapping) and _ENDPOINTS in value:
            value, place = _of_endpoint(value, place)
        elif isinstance(value, Mapping) and (found := _inside(value)) is not None:
            steps, value = found
            place = place.at(*steps)
        else:
            break
    return value, place


def type_of_policy(value: object) -> str | None:
    """The type of a policy in the output of Organizations' describe-policy, for example ``SERVICE_CONTROL_POLICY``."""
    policy = value.get("Policy", value) if isinstance(value, Mapping) else None
    summary = policy.get("PolicySummary") if isinstance(policy, Mapping) else None
    kind = summary.get("Type") if isinstance(summary, Mapping) else None
    return kind if isinstance(kind, str) else None


def _read(text: str, place: Place) -> object:
    if text.lstrip()[:3].lower() in _ENCODED:
        from urllib.parse import unquote  # noqa: PLC0415 - rarely needed

        text = unquote(text)
    for ending in _TEXT_OUTPUT:
        text = text.rstrip("\r\n").removesuffix(ending)
    return read_embedded(text, place)


def _inside(value: Mapping[object, object]) -> tuple[Steps, object] | None:
    """The policy in the output of a command, and the steps that lead to it."""
    for wrapping in WRAPPINGS:
        first, *rest = wrapping.path
        others = value.keys() - {first} - _ANSWER
        if first not in value or not others <= wrapping.beside or not wrapping.telling <= others:
            continue
        found: object = value[first]
        for step in rest:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str) or (isinstance(found, Mapping) and "Statement" in found):
            return wrapping.path, found
    return None


def _of_endpoint(value: Mapping[object, object], place: Place) -> tuple[object, Place]:
    """The policy in the output of describe-vpc-endpoints, which has to be about a single endpoint."""
    endpoints = value[_ENDPOINTS]
    entries = endpoints if isinstance(endpoints, (list, tuple)) else ()
    if len(entries) != 1 or not isinstance(entries[0], Mapping):
        message = f"has the policies of {len(entries)} VPC endpoints"
        raise InputError(Fault(message, place.at(_ENDPOINTS).location(), "keep the output about one"))
    return entries[0].get("PolicyDocument"), place.at(_ENDPOINTS, 0, "PolicyDocument")
