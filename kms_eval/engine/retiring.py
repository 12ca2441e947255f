"""Who may retire a grant, in words: the grant, and no policy of the key, says whether the caller may.

Comes in: a trace about kms:RetireGrant. Goes out: near misses. Never here: deciding (that is `grants`), advice.
https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html (semantics G23)
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.documents.model import Grant
from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.explanation import NearMiss
from kms_eval.engine.grants import issuing_account, retires
from kms_eval.engine.layers import GRANT
from kms_eval.engine.situation import Scope
from kms_eval.engine.trace import Trace, grant_source


def ways_to_retire(trace: Trace) -> Iterator[NearMiss]:
    """For each grant in question that the caller may not simply retire: who may, or what else the caller needs."""
    scope = trace.ruling.part.scope
    key, asked = scope.target.key, trace.ruling.part.circumstances.grant
    for grant in (asked,) if asked is not None else key.grants if key is not None else ():
        way = retires(grant, scope)
        if way is LayerIndex.RETIRE_WITH_IDENTITY:
            yield NearMiss(GRANT, grant_source(grant), f"{_right(grant, scope)}; no identity policy of the caller does")
        elif way is None:
            yield NearMiss(GRANT, grant_source(grant), f"it can be retired by {' or '.join(_who(grant, scope))}")


def _right(grant: Grant, scope: Scope) -> str:
    account = scope.caller.account
    if account == issuing_account(grant, scope):
        return f"account {account} made it: its principals retire it where an identity policy allows kms:RetireGrant"
    if account == scope.target.account:
        return f"the key is of account {account}: its principals retire it where an identity policy allows it"
    return f"it names account {account}: principals of it retire it where an identity policy allows kms:RetireGrant"


def _who(grant: Grant, scope: Scope) -> Iterator[str]:
    for name in (grant.retiring_principal, grant.retiring_service_principal):
        if name is not None:
            yield f"its retiring principal `{name}`"
    if "RetireGrant" in grant.operations:
        for name in (grant.grantee_principal, grant.grantee_service_principal):
            if name is not None:
                yield f"its grantee `{name}`"
    yield (
        f"principals of account {issuing_account(grant, scope)}, in which it was made, whom an identity policy allows "
        "kms:RetireGrant"
    )
