"""Words with fixed values fit together. That they are AWS's is held by `test_service_model`."""

from __future__ import annotations

import pytest

from kms_eval.facts import quotas
from kms_eval.facts.actions import ACTION
from kms_eval.facts.enums import (
    GRANT_OPERATIONS,
    KEY_KINDS,
    KEY_SPECS,
    KEY_USAGES,
    KeyKind,
)
from kms_eval.facts.services import VIA_SERVICES


def test_every_spec_and_every_usage_belongs_to_a_kind_of_key() -> None:
    assert {spec for kind in KEY_KINDS for spec in kind.specs} == set(KEY_SPECS)
    assert {kind.usage for kind in KEY_KINDS} == set(KEY_USAGES)


def test_spec_and_usage_tell_the_kind_of_a_key() -> None:
    pairs = [(kind.usage, spec) for kind in KEY_KINDS for spec in kind.specs]

    assert len(pairs) == len(set(pairs))


def test_every_grant_operation_suits_some_kind_of_key() -> None:
    assert {operation for kind in KEY_KINDS for operation in kind.grant_operations} == set(GRANT_OPERATIONS)


@pytest.mark.parametrize("kind", KEY_KINDS, ids=lambda kind: kind.name)
def test_grant_operations_of_a_kind_work_with_its_usage(kind: KeyKind) -> None:
    for operation in kind.grant_operations:
        usages = ACTION[f"kms:{operation.lower()}"].key_usage
        assert not usages or kind.usage in usages, operation


@pytest.mark.parametrize("kind", KEY_KINDS, ids=lambda kind: kind.name)
def test_public_keys_are_granted_for_asymmetric_keys_alone(kind: KeyKind) -> None:
    assert ("GetPublicKey" in kind.grant_operations) == kind.name.startswith("asymmetric-")


@pytest.mark.parametrize("kind", KEY_KINDS, ids=lambda kind: kind.name)
def test_grants_can_be_made_retired_and_the_key_described_for_every_kind(kind: KeyKind) -> None:
    assert {"CreateGrant", "DescribeKey", "RetireGrant"} <= set(kind.grant_operations)


def test_names_of_services_are_labels_without_region_and_suffix_in_order() -> None:
    assert list(VIA_SERVICES) == sorted(set(VIA_SERVICES))
    assert all(name.replace("-", "").isalnum() for name in VIA_SERVICES)
    assert {"s3", "ec2", "dynamodb", "elasticache", "dax"} <= set(VIA_SERVICES)
    assert "eks" not in VIA_SERVICES


def test_document_sizes_of_2026() -> None:
    assert quotas.KEY_POLICY_BYTES == 32_768
    assert quotas.MANAGED_POLICY_CHARACTERS == 6_144
    assert quotas.SERVICE_CONTROL_POLICY_CHARACTERS == 10_240
    assert quotas.RESOURCE_CONTROL_POLICY_CHARACTERS == 5_120
    assert quotas.VPC_ENDPOINT_POLICY_CHARACTERS == 20_480
