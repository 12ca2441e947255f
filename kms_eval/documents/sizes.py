"""How long a document may be, and which characters it may have.

Comes in: the plain value of a document whose shape is right. Goes out: remarks. Never here: the quotas; `facts` has
them.

The shortest JSON text of the document is measured. IAM counts in the same way (it ignores white space). KMS and VPC
endpoints count every byte, but the text that they were given may differ from the one that is read here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import PolicyKind
from kms_eval.facts import quotas

LONGEST: Mapping[PolicyKind, int] = {
    PolicyKind.KEY: quotas.KEY_POLICY_BYTES,
    # A scenario does not distinguish managed and inline policies: this is the larger quota.
    PolicyKind.IDENTITY: quotas.ROLE_INLINE_POLICIES_CHARACTERS,
    PolicyKind.BOUNDARY: quotas.MANAGED_POLICY_CHARACTERS,
    # The larger quota here, too: an inline session policy may have 2,048, but sessions may also have managed policies.
    PolicyKind.SESSION: quotas.MANAGED_POLICY_CHARACTERS,
    PolicyKind.SCP: quotas.SERVICE_CONTROL_POLICY_CHARACTERS,
    PolicyKind.RCP: quotas.RESOURCE_CONTROL_POLICY_CHARACTERS,
    PolicyKind.ENDPOINT: quotas.VPC_ENDPOINT_POLICY_CHARACTERS,
}
# KMS accepts characters up to U+00FF in its policies; of control characters only tab and line breaks (semantics D4).
_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*(?P<escape>\\(?:u00[01][0-9a-f]|[bf]))")
_LAST_CHARACTER_OF_KEY_POLICIES = "\u00ff"


def within_bounds(most: int, kind: PolicyKind, written: int | None = None) -> bool:
    """Whether a document of ASCII characters need not be measured: its text has at most `most` characters.

    `written` is the number of bytes of the text it was read from, if known.
    """
    return max(most, written or 0) <= LONGEST[kind]


def measure(value: object, kind: PolicyKind, written: int | None = None) -> tuple[int, tuple[Remark, ...]]:
    """The length of a document in the unit that AWS uses for its kind, and remarks about it.

    `written` is the number of bytes of the text it was read from, if known: AWS KMS counts its white space.
    INVARIANT: the shape of `value` is right, so that its depth is limited.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    length = len(text)
    if kind is PolicyKind.KEY:
        length = max(written or 0, len(text.encode("utf-8", "surrogatepass")))
    return length, tuple(_remarks(text, length, kind))


def _remarks(text: str, length: int, kind: PolicyKind) -> Iterator[Remark]:
    unit = "characters"
    if kind is PolicyKind.KEY:
        unit = "bytes"
        if not text.isascii() and max(text) > _LAST_CHARACTER_OF_KEY_POLICIES:
            strange = next(character for character in text if character > _LAST_CHARACTER_OF_KEY_POLICIES)
            message = f"a key policy cannot have the character `{strange}` (U+{ord(strange):04X})"
            yield Remark((), message, "only characters up to U+00FF")
        if control := _CONTROL.search(text):
            character = json.loads(f'"{control["escape"]}"')
            message = f"a key policy cannot have the control character U+{ord(character):04X}"
            yield Remark((), message, "of these only tab, line feed and carriage return")
    if length > LONGEST[kind]:
        # AWS's own managed policies may exceed the quota of customers; only KMS is known to refuse (semantics S13).
        message = f"has {length:,} {unit}, more than the {LONGEST[kind]:,} of {kind.phrase}"
        yield Remark((), message, code="over-quota", strict=kind is PolicyKind.KEY)
