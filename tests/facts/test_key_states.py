"""The table of key states has every operation on a key, every state, and the lines the guide draws."""

from __future__ import annotations

import pytest

from kms_eval.facts.actions import ACTIONS
from kms_eval.facts.enums import KEY_STATES
from kms_eval.facts.key_states import OUTCOMES


def operations(*, cryptographic: bool) -> set[str]:
    return {
        operation
        for action in ACTIONS
        if "key" in action.resources and action.cryptographic == cryptographic
        for operation in action.operations
    }


def test_every_operation_on_a_key_has_a_row() -> None:
    # ListAliases can be narrowed to a key; no permission on the key is involved.
    assert set(OUTCOMES) == operations(cryptographic=True) | operations(cryptographic=False) | {"ListAliases"}


def test_every_row_has_every_state() -> None:
    assert {frozenset(row) for row in OUTCOMES.values()} == {frozenset(KEY_STATES)}


def test_everything_but_cancelling_a_deletion_works_on_an_enabled_key() -> None:
    failing = {operation for operation, row in OUTCOMES.items() if not row["Enabled"].startswith("ok")}

    assert failing == {"CancelKeyDeletion"}


def test_a_replica_about_to_be_deleted_is_like_any_key_about_to_be_deleted() -> None:
    assert all(row["PendingReplicaDeletion"] == row["PendingDeletion"] for row in OUTCOMES.values())


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "PendingImport", "Creating"])
def test_no_cryptographic_operation_works_in_a_state_that_is_not_ready(state: str) -> None:
    for operation in operations(cryptographic=True):
        assert OUTCOMES[operation][state].endswith("Exception"), operation


def test_cryptographic_operations_work_while_the_primary_region_changes() -> None:
    assert all(OUTCOMES[operation]["Updating"] == "ok" for operation in operations(cryptographic=True))


@pytest.mark.parametrize(
    ("operation", "state", "outcome"),
    [
        ("Decrypt", "Disabled", "DisabledException"),
        ("Decrypt", "PendingDeletion", "DisabledException or KMSInvalidStateException"),
        ("Decrypt", "Unavailable", "KMSInvalidStateException"),
        ("Sign", "Unavailable", "not applicable"),
        ("GetPublicKey", "Disabled", "ok"),
        ("GetPublicKey", "PendingImport", "ok"),
        ("CreateGrant", "Disabled", "DisabledException"),
        ("ReplicateKey", "Disabled", "DisabledException"),
        ("UpdatePrimaryRegion", "Disabled", "DisabledException"),
        ("CreateGrant", "Unavailable", "ok"),
        ("CreateGrant", "Creating", "KMSInvalidStateException"),
        ("ReplicateKey", "Updating", "KMSInvalidStateException"),
        ("UpdatePrimaryRegion", "Updating", "ok"),
        ("TagResource", "PendingDeletion", "KMSInvalidStateException"),
        ("TagResource", "Creating", "ok"),
        ("EnableKey", "Unavailable", "ok once the key store is available"),
        ("CancelKeyDeletion", "PendingDeletion", "ok"),
        ("ScheduleKeyDeletion", "PendingDeletion", "KMSInvalidStateException"),
        ("UpdateAlias", "PendingDeletion", "ok for the alias's old key only"),
        ("GetParametersForImport", "PendingDeletion", "KMSInvalidStateException or UnsupportedOperationException"),
        ("ImportKeyMaterial", "Enabled", "ok if the origin is EXTERNAL"),
        ("EnableKeyRotation", "Enabled", "ok unless in a custom key store"),
    ],
)
def test_a_cell_of_the_guide(operation: str, state: str, outcome: str) -> None:
    assert OUTCOMES[operation][state] == outcome


@pytest.mark.parametrize(
    "operation", ["DescribeKey", "GetKeyPolicy", "PutKeyPolicy", "ListGrants", "RetireGrant", "RevokeGrant"]
)
def test_descriptions_policies_and_grants_can_be_reached_in_every_state(operation: str) -> None:
    assert set(OUTCOMES[operation].values()) == {"ok"}
