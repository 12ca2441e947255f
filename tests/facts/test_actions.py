"""The table of actions agrees with itself and with what AWS says in words."""

from __future__ import annotations

import pytest

from kms_eval.facts.actions import ACTION, ACTIONS, KEY_RESOURCE_KEYS, OPERATIONS, Action
from kms_eval.facts.condition_keys import find
from kms_eval.facts.enums import GRANT_OPERATIONS, KEY_USAGES, ORIGINS

# KMS Developer Guide, key-policy-modifying-external-accounts.
CROSS_ACCOUNT = """
    CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey
    GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac
    GetKeyRotationStatus GetPublicKey ListGrants ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac
"""

# KMS Developer Guide, kms-api-permissions-reference: the rows whose resource is `*`.
WITHOUT_KEY = """
    ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores
    DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore
"""

# KMS Developer Guide, concepts: cryptographic operations.
CRYPTOGRAPHIC = """
    Decapsulate Decrypt DeriveSharedSecret Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair
    GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom ReEncryptFrom
    ReEncryptTo Sign Verify VerifyMac
"""


def names(text: str) -> set[str]:
    return {f"kms:{name}" for name in text.split()}


def carriers(key: str) -> set[str]:
    return {action.name for action in ACTIONS if key in action.condition_keys}


def test_the_service_authorization_reference_has_58_permissions() -> None:
    assert len(ACTIONS) == 58


def test_rows_are_in_alphabetical_order_so_that_each_has_one_place() -> None:
    assert [action.name for action in ACTIONS] == sorted(action.name for action in ACTIONS)


def test_an_action_is_found_by_its_name_in_lower_case() -> None:
    assert ACTION["kms:generatedatakeypairwithoutplaintext"].name == "kms:GenerateDataKeyPairWithoutPlaintext"
    assert list(ACTION.values()) == list(ACTIONS)


def test_22_permissions_work_on_keys_of_other_accounts() -> None:
    crossing = {action.name for action in ACTIONS if action.cross_account}

    assert crossing == names(CROSS_ACCOUNT)
    assert len(crossing) == 22


def test_19_permissions_can_be_granted() -> None:
    granted = {action.name for action in ACTIONS if action.grantable}

    assert granted == {f"kms:{operation}" for operation in GRANT_OPERATIONS}
    assert len(granted) == 19


def test_what_can_be_granted_can_be_granted_to_another_account() -> None:
    assert all(action.cross_account for action in ACTIONS if action.grantable)


def test_11_permissions_are_evaluated_without_a_key() -> None:
    assert {action.name for action in ACTIONS if not action.resources} == names(WITHOUT_KEY)


def test_aliases_are_resources_of_the_three_alias_operations_beside_the_key() -> None:
    with_alias = {action.name for action in ACTIONS if "alias" in action.resources}

    assert with_alias == {"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"}
    assert {action.resources for action in ACTIONS} == {(), ("key",), ("alias", "key")}


def test_resource_control_policies_reach_what_has_a_resource_except_retire_grant() -> None:
    for action in ACTIONS:
        assert action.rcp == (bool(action.resources) and action.name != "kms:RetireGrant"), action.name


def test_cryptographic_operations_are_those_of_the_guide() -> None:
    assert {action.name for action in ACTIONS if action.cryptographic} == names(CRYPTOGRAPHIC)


def test_an_encryption_context_and_its_condition_keys_go_together() -> None:
    for key in ("kms:EncryptionContext:", "kms:EncryptionContextKeys"):
        assert carriers(key) == {action.name for action in ACTIONS if action.encryption_context}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_condition_key_of_an_action_is_known_and_named_once(action: Action) -> None:
    assert sorted(action.condition_keys) == sorted(set(action.condition_keys))
    for key in action.condition_keys:
        known = find(key)
        assert known is not None, f"add the row `{key}` to CONDITION_KEYS in kms_eval/facts/condition_keys.py"
        assert known.name == key  # spelled alike


def test_properties_of_the_key_come_with_every_key_operation_and_with_no_other() -> None:
    with_key = {action.name for action in ACTIONS if "key" in action.resources}

    for key in KEY_RESOURCE_KEYS:
        # CreateKey has most of them too, from its parameters.
        assert carriers(key) - {"kms:CreateKey"} == with_key, key
    assert "kms:ResourceAliases" not in ACTION["kms:createkey"].condition_keys


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("kms:BypassPolicyLockoutSafetyCheck", "CreateKey PutKeyPolicy"),
        ("kms:DataKeyPairSpec", "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext"),
        ("kms:EncapsulationAlgorithm", "Decapsulate Encapsulate"),
        (
            "kms:EncryptionAlgorithm",
            """Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
            GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo""",
        ),
        (
            "kms:EncryptionContext:",
            """CreateGrant Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
            GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo RetireGrant""",
        ),
        ("kms:ExpirationModel", "ImportKeyMaterial"),
        ("kms:GrantConstraintSourceArn", "CreateGrant"),
        ("kms:GrantConstraintType", "CreateGrant RetireGrant"),
        ("kms:GrantIsForAWSResource", "CreateGrant ListGrants RevokeGrant"),
        ("kms:GrantOperations", "CreateGrant"),
        ("kms:GranteePrincipal", "CreateGrant"),
        ("kms:GranteeServicePrincipal", "CreateGrant"),
        ("kms:KeyAgreementAlgorithm", "DeriveSharedSecret"),
        ("kms:MacAlgorithm", "GenerateMac VerifyMac"),
        ("kms:MessageType", "Sign Verify"),
        ("kms:PolicyName", "GetKeyPolicy PutKeyPolicy"),
        ("kms:PrimaryRegion", "UpdatePrimaryRegion"),
        ("kms:ReEncryptOnSameKey", "ReEncryptFrom ReEncryptTo"),
        (
            "kms:RecipientAttestation:",
            "Decrypt DeriveSharedSecret GenerateDataKey GenerateDataKeyPair GenerateRandom",
        ),
        ("kms:ReplicaRegion", "ReplicateKey"),
        ("kms:RetiringPrincipal", "CreateGrant"),
        ("kms:RetiringServicePrincipal", "CreateGrant"),
        ("kms:RotationPeriodInDays", "EnableKeyRotation"),
        ("kms:ScheduleKeyDeletionPendingWindowInDays", "ScheduleKeyDeletion"),
        ("kms:SigningAlgorithm", "Sign Verify"),
        ("kms:TrailingDaysWithoutKeyUsage", "DisableKey ScheduleKeyDeletion"),
        ("kms:ValidTo", "ImportKeyMaterial"),
        ("kms:WrappingAlgorithm", "GetParametersForImport"),
        ("kms:WrappingKeySpec", "GetParametersForImport"),
    ],
)
def test_a_condition_key_is_carried_by_the_operations_the_guide_names(key: str, expected: str) -> None:
    assert carriers(key) == names(expected)


def test_the_request_alias_comes_with_cryptographic_operations_on_a_key_and_two_more() -> None:
    on_a_key = {action.name for action in ACTIONS if action.cryptographic and action.resources}

    assert carriers("kms:RequestAlias") == on_a_key | {"kms:DescribeKey", "kms:GetPublicKey"}


def test_caller_and_via_service_are_missing_where_no_publication_has_them() -> None:
    everything = {action.name for action in ACTIONS}
    stores = {name for name in everything if "CustomKeyStore" in name}

    assert everything - carriers("kms:CallerAccount") == {"kms:ListRetirableGrants", "kms:SynchronizeMultiRegionKey"}
    assert everything - carriers("kms:ViaService") == {
        "kms:GenerateRandom",
        "kms:ListRetirableGrants",
        "kms:SynchronizeMultiRegionKey",
        *stores,
    }


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (
            "List",
            "ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants",
        ),
        (
            "Read",
            """DescribeCustomKeyStores DescribeKey GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus
            GetParametersForImport GetPublicKey""",
        ),
        ("Tagging", "TagResource UntagResource"),
        ("Permissions management", "CreateGrant PutKeyPolicy RetireGrant RevokeGrant"),
    ],
)
def test_all_but_these_permissions_write(level: str, expected: str) -> None:
    assert {action.name for action in ACTIONS if action.access_level == level} == names(expected)


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (("EXTERNAL",), "DeleteImportedKeyMaterial GetParametersForImport ImportKeyMaterial"),
        (("AWS_KMS",), "DisableKeyRotation EnableKeyRotation"),
        (("AWS_KMS", "EXTERNAL"), "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext RotateKeyOnDemand"),
    ],
)
def test_all_but_these_permissions_work_whatever_the_origin(origins: tuple[str, ...], expected: str) -> None:
    assert {action.name for action in ACTIONS if action.origins == origins} == names(expected)


def test_usages_and_origins_are_words_of_the_api() -> None:
    assert {usage for action in ACTIONS for usage in action.key_usage} <= set(KEY_USAGES)
    assert {origin for action in ACTIONS for origin in action.origins} <= set(ORIGINS)


def test_cryptographic_operations_on_a_key_want_one_usage_of_it() -> None:
    for action in ACTIONS:
        if action.cryptographic and action.resources:
            assert len(action.key_usage) == 1, action.name


def test_re_encrypt_needs_both_halves() -> None:
    assert [action.name for action in OPERATIONS["reencrypt"]] == ["kms:ReEncryptFrom", "kms:ReEncryptTo"]


def test_replicate_key_needs_its_own_permission_first_and_create_key() -> None:
    assert [action.name for action in OPERATIONS["replicatekey"]] == ["kms:ReplicateKey", "kms:CreateKey"]


def test_every_other_operation_needs_the_permission_of_its_own_name_alone() -> None:
    for operation, needed in OPERATIONS.items():
        if operation not in {"reencrypt", "replicatekey"}:
            assert [action.name.lower() for action in needed] == [f"kms:{operation}"]


def test_every_row_says_where_it_comes_from() -> None:
    assert all("Service Authorization Reference" in action.source for action in ACTIONS)
