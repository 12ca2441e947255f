"""Quotas of AWS for sizes and counts. Read 2026-11-24.

Comes in: nothing. Goes out: one constant for each limit; its name ends in the unit, unless it is a count.
Never here: how a document is measured. IAM does not count white space; VPC endpoints do; KMS counts bytes.

KMS Developer Guide, resource-limits; IAM User Guide, reference_iam-quotas; AWS Organizations User Guide,
orgs_reference_limits; AWS PrivateLink guide, vpc-endpoints-access.
"""

from __future__ import annotations

from typing import Final

# Documents.
KEY_POLICY_BYTES: Final = 32_768
MANAGED_POLICY_CHARACTERS: Final = 6_144
ROLE_INLINE_POLICIES_CHARACTERS: Final = 10_240  # all inline policies of the role together
SERVICE_CONTROL_POLICY_CHARACTERS: Final = 10_240  # 5,120 until 2025
RESOURCE_CONTROL_POLICY_CHARACTERS: Final = 5_120
VPC_ENDPOINT_POLICY_CHARACTERS: Final = 20_480

# KMS.
ALIASES_PER_KEY: Final = 50

# Parameters: KMS Developer Guide, create-grant-overview; KMS API Reference, Tag and GrantConstraints.
GRANT_CONSTRAINT_PAIRS: Final = 8
GRANT_CONSTRAINT_VALUE_CHARACTERS: Final = 384
GRANT_SOURCE_ARN_MINIMUM_CHARACTERS: Final = 20
GRANT_SOURCE_ARN_CHARACTERS: Final = 512
TAG_KEY_CHARACTERS: Final = 128
TAG_VALUE_CHARACTERS: Final = 256
