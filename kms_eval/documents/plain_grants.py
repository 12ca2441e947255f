"""A fast path for grants that are plainly right, like `plain_policies` for policies.

Comes in: the plain value of an entry of ListGrants. Goes out: the grant; or None, where `grants` has to read it.
Never here: what is wrong with a grant. `principals` says whether a principal may have a grant; each is checked once.

INVARIANT: what is read here, `grants` reads with the same result, without a fault or a warning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kms_eval.documents.model import Constraints, Grant
from kms_eval.documents.principals import ACCOUNT_ID, arn_complaint
from kms_eval.facts import quotas
from kms_eval.facts.enums import GRANT_OPERATIONS
from kms_eval.formats.document import Place

_NAME = re.compile(r"[a-zA-Z0-9:/_-]{0,256}")
_ROOT_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):root")
_NEEDED = frozenset({"GranteePrincipal", "Operations"})
_READ = _NEEDED | {"GrantId", "Name", "KeyId", "CreationDate", "RetiringPrincipal", "IssuingAccount", "Constraints"}
_NOTHING = Constraints()
_MOST = 16_384


def plain_grant(value: Mapping[object, object], place: Place, otherwise: str) -> Grant | None:
    """The grant of an entry that is plainly right, else None; `otherwise` is the id of a grant without GrantId."""
    if type(value) is not dict or not _NEEDED <= value.keys() <= _READ:
        return None
    get = value.get
    grant_id, key_id, name = get("GrantId", ""), get("KeyId", ""), get("Name")
    grantee, retiring, issuer = get("GranteePrincipal"), get("RetiringPrincipal"), get("IssuingAccount", "")
    listed = value["Operations"]
    for text in (grant_id, key_id, grantee, issuer):
        if type(text) is not str or not text.isascii():
            return None
    for text in (name, retiring):  # both may be null
        if text is not None and (type(text) is not str or not text.isascii()):
            return None
    operations = (
        _operations(tuple(listed)) if type(listed) is list and all(type(each) is str for each in listed) else ()
    )
    constraints = _constraints(value["Constraints"]) if "Constraints" in value else _NOTHING
    account = _account(issuer) if "IssuingAccount" in value else None
    right = operations and constraints is not None and account != "" and _NAME.fullmatch(name or "")
    if not right or not _may_have_one(grantee) or not (retiring is None or _may_have_one(retiring)):
        return None
    return Grant(
        grant_id or otherwise,
        name or None,
        grantee,
        None,
        retiring,
        None,
        account,
        operations,
        constraints or _NOTHING,
        place,
    )


@lru_cache(_MOST)
def _operations(names: tuple[str, ...]) -> tuple[str, ...]:
    return names if all(name in GRANT_OPERATIONS for name in names) else ()


@lru_cache(_MOST)
def _account(text: str) -> str:
    """The account id in an IssuingAccount; empty if it has none."""
    root = _ROOT_ARN.fullmatch(text)
    return root[1] if root else text if ACCOUNT_ID.fullmatch(text) else ""


@lru_cache(_MOST)
def _may_have_one(text: str) -> bool:
    return text.startswith("arn:") and arn_complaint(text) is None


def _constraints(value: object) -> Constraints | None:
    if type(value) is not dict or not value.keys() <= {"EncryptionContextEquals", "EncryptionContextSubset"}:
        return None
    if len(value) > 1:
        return None
    found = {name: _pairs(pairs) for name, pairs in value.items()}
    if None in found.values():
        return None
    return Constraints(found.get("EncryptionContextEquals"), found.get("EncryptionContextSubset"))


def _pairs(value: object) -> tuple[tuple[str, str], ...] | None:
    if type(value) is not dict or len(value) > quotas.GRANT_CONSTRAINT_PAIRS:
        return None
    for key, text in value.items():
        if type(key) is not str or type(text) is not str or not (key.isascii() and text.isascii()):
            return None
        if len(text) > quotas.GRANT_CONSTRAINT_VALUE_CHARACTERS:
            return None
    return tuple(value.items())
