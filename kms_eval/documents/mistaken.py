"""Key policies given where an identity policy is expected.

Comes in: the shape of a policy. Goes out: remarks. Never here: what is wrong with a policy of the right kind.

Every statement of a key policy has a Principal; AWS refuses identity policies that have one. Published examples of
identity policies still name the one user or role that they are for, and are read with a warning. But a policy with a
statement for a whole account, a service or everybody is not meant as an identity policy.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kms_eval.documents.findings import Remark
from kms_eval.documents.model import PolicyKind

if TYPE_CHECKING:
    from kms_eval.documents.shapes import PolicyShape, PrincipalShape

_ACCOUNT = re.compile(r"[0-9]{12}|arn:[^:]*:iam::[0-9]{12}:root|\*")


def key_policy_instead(policy: PolicyShape, kind: PolicyKind) -> Iterator[Remark]:
    """A fault for a key policy that is given as an identity policy."""
    principals = [statement.Principal for statement in policy.Statement or ()]
    if principals and all(each is not None for each in principals) and any(map(_is_no_identity, principals)):
        message = "this is a key policy: every statement says in `Principal` whom it is about"
        yield Remark((), message, "give it as the `policy` of a key, with `--key-policy` on the command line")


def _is_no_identity(principal: str | PrincipalShape | None) -> bool:
    if principal is None or isinstance(principal, str):
        return principal is not None
    return bool(principal.Service) or any(map(_ACCOUNT.fullmatch, principal.AWS or ()))
