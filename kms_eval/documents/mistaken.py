"""Key policies in the place of identity policies.

Comes in: a policy that was read as an identity policy. Goes out: whether it plainly is a key policy.
Never here: what is wrong with a policy of the right kind.

A key policy says in every statement whom it is about; identity policies never do, AWS refuses it. Published examples do
it all the same, for the one user or role that is meant, and are read with a warning. Nobody means an identity policy by
a statement about a whole account, a service or everybody.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

import re

from kms_eval.documents.model import Policy, PrincipalEntry

_ACCOUNT = re.compile(r"[0-9]{12}|arn:[^:]*:iam::[0-9]{12}:root|\*")

MESSAGE = "this is a key policy: every statement says in `Principal` whom it is about"
ADVICE = "give it as the `policy` of a key, with `--key-policy` on the command line"


def is_key_policy(policy: Policy) -> bool:
    """Whether every statement has a Principal, and one of them names what no identity policy is about."""
    principals = [statement.principals for statement in policy.statements]
    entries = [entry for each in principals for entry in each or ()]
    return None not in principals and any(map(_is_no_identity, entries))


def _is_no_identity(entry: PrincipalEntry) -> bool:
    return entry.kind == "Service" or _ACCOUNT.fullmatch(entry.value) is not None
