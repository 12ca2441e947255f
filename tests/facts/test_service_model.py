"""The tables are held against AWS's own model of the KMS API, as botocore ships it.

A failure here after an update of botocore usually means that AWS has published something: the message says what to add.
"""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from kms_eval.facts import enums, quotas
from kms_eval.facts.actions import ACTION, ACTIONS, OPERATIONS
from kms_eval.facts.condition_keys import find
from kms_eval.facts.key_states import OUTCOMES

SERVICE: Any = botocore.session.get_session().get_service_model("kms")
PUBLISHED: tuple[str, ...] = tuple(SERVICE.operation_names)

# A name of ours, and the shape of the model that lists the same values.
ENUMS = [
    ("KEY_SPECS", "KeySpec"),
    ("KEY_USAGES", "KeyUsageType"),
    ("ORIGINS", "OriginType"),
    ("KEY_STATES", "KeyState"),
    ("KEY_MANAGERS", "KeyManagerType"),
    ("MULTI_REGION_KEY_TYPES", "MultiRegionKeyType"),
    ("GRANT_OPERATIONS", "GrantOperation"),
    ("ENCRYPTION_ALGORITHMS", "EncryptionAlgorithmSpec"),
    ("SIGNING_ALGORITHMS", "SigningAlgorithmSpec"),
    ("MAC_ALGORITHMS", "MacAlgorithmSpec"),
    ("KEY_AGREEMENT_ALGORITHMS", "KeyAgreementAlgorithmSpec"),
    ("ENCAPSULATION_ALGORITHMS", "EncapsulationAlgorithmSpec"),
    ("DATA_KEY_PAIR_SPECS", "DataKeyPairSpec"),
    ("MESSAGE_TYPES", "MessageType"),
    ("WRAPPING_ALGORITHMS", "AlgorithmSpec"),
    ("WRAPPING_KEY_SPECS", "WrappingKeySpec"),
    ("EXPIRATION_MODELS", "ExpirationModelType"),
]


def members(operation: str) -> set[str]:
    shape = SERVICE.operation_model(operation).input_shape
    return set(shape.members) if shape else set()


def text(operation: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", SERVICE.operation_model(operation).documentation).split())


def permissions(*parameters: str) -> set[str]:
    """Permissions named like an operation, or like half of one, that has one of the parameters."""
    return {
        action.name
        for action in ACTIONS
        for operation in action.operations
        if action.name.startswith(f"kms:{operation}") and members(operation) & set(parameters)
    }


def carriers(key: str) -> set[str]:
    found = find(key)
    assert found is not None
    return set(found.actions or ())


@pytest.mark.parametrize("operation", PUBLISHED)
def test_every_operation_of_the_api_has_an_action(operation: str) -> None:
    assert operation.lower() in OPERATIONS, (
        f"AWS has published the operation {operation}: add the row `kms:{operation}` to ACTIONS in "
        "kms_eval/facts/actions.py and, if it works on a key, its row to kms_eval/facts/key_states.py"
    )


def test_every_operation_of_the_tables_is_in_the_api() -> None:
    ours = {operation for action in ACTIONS for operation in action.operations}

    assert ours - set(PUBLISHED) == set(), "kms_eval/facts/actions.py names operations that the API does not have"
    assert set(OUTCOMES) - set(PUBLISHED) == set(), "kms_eval/facts/key_states.py likewise"


def test_permissions_are_named_after_their_operation_but_for_three() -> None:
    others = {action.name for action in ACTIONS if action.name.removeprefix("kms:") not in PUBLISHED}

    assert others == {"kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:SynchronizeMultiRegionKey"}
    assert [action.name for action in ACTIONS if not action.operations] == ["kms:SynchronizeMultiRegionKey"]


@pytest.mark.parametrize(("ours", "theirs"), ENUMS)
def test_values_are_those_of_the_api(ours: str, theirs: str) -> None:
    values = getattr(enums, ours)
    published = tuple(SERVICE.shape_for(theirs).enum)

    assert set(published) - set(values) == set(), f"add to {ours} in kms_eval/facts/enums.py"
    assert set(values) - set(published) == set(), f"the API has them no more: {ours} in kms_eval/facts/enums.py"
    assert len(values) == len(published)


@pytest.mark.parametrize("operation", PUBLISHED)
def test_use_across_accounts_is_what_the_operation_says_of_itself(operation: str) -> None:
    said = re.search(r"Cross-account use: ?(Yes)?", text(operation))

    assert said, f"the page of {operation} says nothing about other accounts any more"
    assert {action.cross_account for action in OPERATIONS[operation.lower()]} == {said[1] == "Yes"}


@pytest.mark.parametrize("operation", PUBLISHED)
def test_operations_that_only_iam_policies_can_allow_have_no_resource(operation: str) -> None:
    said = f"kms:{operation} (IAM policy)" in text(operation)

    assert any(not action.resources for action in OPERATIONS[operation.lower()][:1]) == said


def test_the_encryption_context_is_a_parameter_or_that_of_a_grant() -> None:
    parameters = ("EncryptionContext", "SourceEncryptionContext", "DestinationEncryptionContext")

    assert {action.name for action in ACTIONS if action.encryption_context} == {
        *permissions(*parameters),
        "kms:CreateGrant",
        "kms:RetireGrant",
    }


def test_what_a_grant_can_allow_takes_grant_tokens() -> None:
    assert {action.name for action in ACTIONS if action.grantable} - permissions("GrantTokens", "GrantToken") == set()


def test_attestation_keys_go_with_the_parameter_recipient() -> None:
    assert carriers("kms:RecipientAttestation:") == permissions("Recipient")


def test_request_tags_go_with_the_parameter_tags_and_tag_keys_with_either() -> None:
    assert carriers("aws:RequestTag/") == permissions("Tags")
    assert carriers("aws:TagKeys") == permissions("Tags", "TagKeys")


@pytest.mark.parametrize(
    ("key", "parameter"),
    [
        ("kms:DataKeyPairSpec", "KeyPairSpec"),
        ("kms:EncapsulationAlgorithm", "EncapsulationAlgorithm"),
        ("kms:ExpirationModel", "ExpirationModel"),
        ("kms:KeyAgreementAlgorithm", "KeyAgreementAlgorithm"),
        ("kms:MacAlgorithm", "MacAlgorithm"),
        ("kms:MessageType", "MessageType"),
        ("kms:PolicyName", "PolicyName"),
        ("kms:PrimaryRegion", "PrimaryRegion"),
        ("kms:ReplicaRegion", "ReplicaRegion"),
        ("kms:RotationPeriodInDays", "RotationPeriodInDays"),
        ("kms:ScheduleKeyDeletionPendingWindowInDays", "PendingWindowInDays"),
        ("kms:SigningAlgorithm", "SigningAlgorithm"),
        ("kms:ValidTo", "ValidTo"),
        ("kms:WrappingAlgorithm", "WrappingAlgorithm"),
        ("kms:WrappingKeySpec", "WrappingKeySpec"),
    ],
)
def test_a_key_for_a_parameter_is_carried_where_the_parameter_is(key: str, parameter: str) -> None:
    assert carriers(key) == permissions(parameter)


@pytest.mark.parametrize(
    ("key", "operation", "parameter"),
    [
        ("kms:CustomerMasterKeySpec", "CreateKey", "KeySpec"),
        ("kms:CustomerMasterKeyUsage", "CreateKey", "KeyUsage"),
        ("kms:DataKeyPairSpec", "GenerateDataKeyPair", "KeyPairSpec"),
        ("kms:EncapsulationAlgorithm", "Encapsulate", "EncapsulationAlgorithm"),
        ("kms:EncryptionAlgorithm", "Decrypt", "EncryptionAlgorithm"),
        ("kms:ExpirationModel", "ImportKeyMaterial", "ExpirationModel"),
        ("kms:KeyAgreementAlgorithm", "DeriveSharedSecret", "KeyAgreementAlgorithm"),
        ("kms:KeyOrigin", "CreateKey", "Origin"),
        ("kms:KeySpec", "CreateKey", "KeySpec"),
        ("kms:KeyUsage", "CreateKey", "KeyUsage"),
        ("kms:MacAlgorithm", "GenerateMac", "MacAlgorithm"),
        ("kms:MessageType", "Sign", "MessageType"),
        ("kms:SigningAlgorithm", "Sign", "SigningAlgorithm"),
        ("kms:WrappingAlgorithm", "GetParametersForImport", "WrappingAlgorithm"),
        ("kms:WrappingKeySpec", "GetParametersForImport", "WrappingKeySpec"),
    ],
)
def test_a_key_has_the_values_of_its_parameter(key: str, operation: str, parameter: str) -> None:
    found = find(key)

    assert found is not None
    assert set(found.values) == set(SERVICE.operation_model(operation).input_shape.members[parameter].enum)


@pytest.mark.parametrize("operation", OUTCOMES)
def test_exceptions_for_a_key_state_are_exceptions_of_the_operation(operation: str) -> None:
    declared = {shape.name for shape in SERVICE.operation_model(operation).error_shapes}

    for outcome in OUTCOMES[operation].values():
        raised = set(re.findall(r"\w+Exception", outcome))
        assert raised <= declared, outcome


def test_names_of_policies_are_those_the_parameter_names() -> None:
    described = SERVICE.operation_model("GetKeyPolicy").input_shape.members["PolicyName"].documentation

    assert all(name in described for name in enums.POLICY_NAMES)


def test_lengths_of_tags_and_grant_constraints() -> None:
    tag = SERVICE.shape_for("Tag").members
    constraints = SERVICE.shape_for("GrantConstraints").members

    assert tag["TagKey"].metadata["max"] == quotas.TAG_KEY_CHARACTERS
    assert tag["TagValue"].metadata["max"] == quotas.TAG_VALUE_CHARACTERS
    assert constraints["SourceArn"].metadata["min"] == quotas.GRANT_SOURCE_ARN_MINIMUM_CHARACTERS
    assert constraints["SourceArn"].metadata["max"] == quotas.GRANT_SOURCE_ARN_CHARACTERS


def test_constraint_types_are_constraints_of_grants() -> None:
    constraints = set(SERVICE.shape_for("GrantConstraints").members)

    assert constraints == {*enums.GRANT_CONSTRAINT_TYPES, "SourceArn"}


def test_an_operation_that_needs_two_permissions_finds_both() -> None:
    assert "kms:ReEncryptFrom permission on the source KMS key" in text("ReEncrypt")
    assert ACTION["kms:createkey"] in OPERATIONS["replicatekey"]
    assert "kms:CreateKey in an IAM policy in the replica Region" in text("ReplicateKey")
