"""The shapes of documents in short: what is plainly right is read by these forms, without loading the models.

Comes in: nothing. Goes out: a form for each model of `shapes`. Never here: what those do not say.
This text is derived from them. After a change of theirs `tests/documents/test_forms.py` fails and shows the new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kms_eval.documents.forms import Form, anything, either, list_of, mapping_of, one_of, optional, string
from kms_eval.documents.kinds import texts, values

if TYPE_CHECKING:
    from kms_eval.documents.shapes import (
        ConstraintsShape,
        GrantListShape,
        GrantShape,
        PolicyShape,
        PrincipalShape,
        StatementShape,
    )

_MODELS = "kms_eval.documents.shapes"

PRINCIPAL_SHAPE: Form[PrincipalShape] = Form(
    _MODELS,
    "PrincipalShape",
    {
        "AWS": (texts, None),
        "Service": (texts, None),
        "Federated": (texts, None),
        "CanonicalUser": (texts, None),
    },
)

STATEMENT_SHAPE: Form[StatementShape] = Form(
    _MODELS,
    "StatementShape",
    {
        "Sid": (string, None),
        "Effect": (one_of("Allow", "Deny"), None),
        "Principal": (either(one_of("*"), PRINCIPAL_SHAPE), None),
        "NotPrincipal": (either(one_of("*"), PRINCIPAL_SHAPE), None),
        "Action": (texts, None),
        "NotAction": (texts, None),
        "Resource": (texts, None),
        "NotResource": (texts, None),
        "Condition": (mapping_of(string, mapping_of(string, values)), None),
    },
)

POLICY_SHAPE: Form[PolicyShape] = Form(
    _MODELS,
    "PolicyShape",
    {
        "Version": (one_of("2012-10-17", "2008-10-17"), None),
        "Id": (string, None),
        "Statement": (list_of(STATEMENT_SHAPE), None),
    },
)

CONSTRAINTS_SHAPE: Form[ConstraintsShape] = Form(
    _MODELS,
    "ConstraintsShape",
    {
        "EncryptionContextEquals": (mapping_of(string, string), None),
        "EncryptionContextSubset": (mapping_of(string, string), None),
        "SourceArn": (string, None),
    },
)

GRANT_SHAPE: Form[GrantShape] = Form(
    _MODELS,
    "GrantShape",
    {
        "GrantId": (string, None),
        "Name": (optional(string), None),
        "KeyId": (string, None),
        "CreationDate": (anything, None),
        "GranteePrincipal": (string, None),
        "GranteeServicePrincipal": (string, None),
        "RetiringPrincipal": (optional(string), None),
        "RetiringServicePrincipal": (string, None),
        "IssuingAccount": (string, None),
        "Operations": (list_of(string), None),
        "Constraints": (CONSTRAINTS_SHAPE, None),
        "GrantTokens": (anything, None),
        "DryRun": (anything, None),
    },
)

GRANT_LIST_SHAPE: Form[GrantListShape] = Form(
    _MODELS,
    "GrantListShape",
    {
        "Grants": (list_of(anything), None),
        "NextMarker": (anything, None),
        "Truncated": (anything, None),
        "ResponseMetadata": (anything, None),
    },
)
