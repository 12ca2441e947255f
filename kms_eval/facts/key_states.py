"""Whether an allowed call succeeds, by the state of the key. Informational: the state never decides an authorization.

Comes in: nothing. Goes out: `OUTCOMES`, API operation -> key state -> outcome: a text that starts with ``ok``, or
``not applicable``, or the names of the exceptions that AWS may raise.
Never here: operations that take no key, and calls that fail because of spec, usage or origin (see `actions`).

KMS Developer Guide, key-state (2026 edition, read 2026-11-24; in the 2023 edition GetPublicKey fails on disabled keys).
It does not list Decapsulate, Encapsulate and GetKeyLastUsage: INFERRED from the exceptions that the API Reference names
for them, and from the fact that custom key stores hold symmetric keys only.
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from kms_eval.facts.rows import keyed

Outcome = Literal[
    "ok",
    "ok if the origin is EXTERNAL",
    "ok unless in a custom key store",
    "ok once the key store is available",
    "ok for the alias's old key only",
    "not applicable",
    "DisabledException",
    "DisabledException or KMSInvalidStateException",
    "KMSInvalidStateException",
    "KMSInvalidStateException or UnsupportedOperationException",
    "UnsupportedOperationException",
]

OK: Final = "ok"
EXTERNAL: Final = "ok if the origin is EXTERNAL"
IN_KMS: Final = "ok unless in a custom key store"
DEFERRED: Final = "ok once the key store is available"
OLD_KEY: Final = "ok for the alias's old key only"
NONE: Final = "not applicable"  # a key that the operation works with is never in that state
DISABLED: Final = "DisabledException"
EITHER: Final = "DisabledException or KMSInvalidStateException"
STATE: Final = "KMSInvalidStateException"
NO_IMPORT: Final = "KMSInvalidStateException or UnsupportedOperationException"
UNSUPPORTED: Final = "UnsupportedOperationException"

StateRow = tuple[str, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome]

# Formatted by hand, to be read by columns. Deletion is PendingDeletion, Import is PendingImport.
# fmt: off
ROWS: tuple[StateRow, ...] = (
    # operation                             Enabled   Disabled  Deletion     Import       Unavailable  Creating Updating
    ("CancelKeyDeletion",                   STATE,    STATE,    OK,          STATE,       STATE,       STATE,   STATE),
    ("CreateAlias",                         OK,       OK,       STATE,       OK,          OK,          OK,      OK),
    ("CreateGrant",                         OK,       DISABLED, EITHER,      STATE,       OK,          STATE,   OK),
    ("Decapsulate",                         OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("Decrypt",                             OK,       DISABLED, EITHER,      STATE,       STATE,       STATE,   OK),
    ("DeleteAlias",                         OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("DeleteImportedKeyMaterial",           EXTERNAL, EXTERNAL, EXTERNAL,    OK,          NONE,        STATE,   STATE),
    ("DeriveSharedSecret",                  OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("DescribeKey",                         OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("DisableKey",                          OK,       OK,       STATE,       STATE,       DEFERRED,    STATE,   STATE),
    ("DisableKeyRotation",                  IN_KMS,   DISABLED, STATE,       UNSUPPORTED, UNSUPPORTED, STATE,   IN_KMS),
    ("EnableKey",                           OK,       OK,       STATE,       STATE,       DEFERRED,    STATE,   STATE),
    ("EnableKeyRotation",                   IN_KMS,   DISABLED, STATE,       UNSUPPORTED, UNSUPPORTED, STATE,   IN_KMS),
    ("Encapsulate",                         OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("Encrypt",                             OK,       DISABLED, EITHER,      STATE,       STATE,       STATE,   OK),
    ("GenerateDataKey",                     OK,       DISABLED, EITHER,      STATE,       STATE,       STATE,   OK),
    ("GenerateDataKeyPair",                 OK,       DISABLED, EITHER,      STATE,       UNSUPPORTED, STATE,   OK),
    ("GenerateDataKeyPairWithoutPlaintext", OK,       DISABLED, EITHER,      STATE,       UNSUPPORTED, STATE,   OK),
    ("GenerateDataKeyWithoutPlaintext",     OK,       DISABLED, EITHER,      STATE,       STATE,       STATE,   OK),
    ("GenerateMac",                         OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("GetKeyLastUsage",                     OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("GetKeyPolicy",                        OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("GetKeyRotationStatus",                IN_KMS,   IN_KMS,   IN_KMS,      UNSUPPORTED, UNSUPPORTED, IN_KMS,  IN_KMS),
    ("GetParametersForImport",              EXTERNAL, EXTERNAL, NO_IMPORT,   OK,          UNSUPPORTED, STATE,   STATE),
    ("GetPublicKey",                        OK,       OK,       EITHER,      OK,          NONE,        STATE,   OK),
    ("ImportKeyMaterial",                   EXTERNAL, EXTERNAL, UNSUPPORTED, OK,          UNSUPPORTED, STATE,   OK),
    ("ListAliases",                         OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("ListGrants",                          OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("ListKeyPolicies",                     OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("ListKeyRotations",                    IN_KMS,   IN_KMS,   IN_KMS,      OK,          UNSUPPORTED, IN_KMS,  IN_KMS),
    ("ListResourceTags",                    OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("PutKeyPolicy",                        OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("ReEncrypt",                           OK,       DISABLED, EITHER,      STATE,       STATE,       STATE,   OK),
    ("ReplicateKey",                        OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   STATE),
    ("RetireGrant",                         OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("RevokeGrant",                         OK,       OK,       OK,          OK,          OK,          OK,      OK),
    ("RotateKeyOnDemand",                   IN_KMS,   DISABLED, STATE,       STATE,       UNSUPPORTED, STATE,   IN_KMS),
    ("ScheduleKeyDeletion",                 OK,       OK,       STATE,       OK,          OK,          OK,      STATE),
    ("Sign",                                OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("TagResource",                         OK,       OK,       STATE,       OK,          OK,          OK,      OK),
    ("UntagResource",                       OK,       OK,       STATE,       OK,          OK,          OK,      OK),
    ("UpdateAlias",                         OK,       OK,       OLD_KEY,     OK,          OK,          OK,      OK),
    ("UpdateKeyDescription",                OK,       OK,       STATE,       OK,          OK,          OK,      OK),
    ("UpdatePrimaryRegion",                 OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("Verify",                              OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
    ("VerifyMac",                           OK,       DISABLED, EITHER,      STATE,       NONE,        STATE,   OK),
)
# fmt: on

# The index of each state's cell in a row.
COLUMNS: Mapping[str, int] = keyed(
    (
        ("Enabled", 1),
        ("Disabled", 2),
        ("PendingDeletion", 3),
        ("PendingReplicaDeletion", 3),  # the guide has one column for both
        ("PendingImport", 4),
        ("Unavailable", 5),
        ("Creating", 6),
        ("Updating", 7),
    )
)

OUTCOMES: Mapping[str, Mapping[str, str]] = keyed(
    (row[0], keyed((state, row[column]) for state, column in COLUMNS.items())) for row in ROWS
)
