"""The table of condition keys agrees with itself, and a key is found however it is written."""

from __future__ import annotations

import pytest

from kms_eval.facts.actions import ACTIONS
from kms_eval.facts.condition_keys import CONDITION_KEYS, find

FAMILIES = {
    "aws:OriginIdentity/",
    "aws:PrincipalTag/",
    "aws:RequestTag/",
    "aws:ResourceTag/",
    "aws:TransactionContext/IdentityProvider/",
    "kms:EncryptionContext:",
    "kms:RecipientAttestation:",
}

# IAM User Guide, reference_policies_condition-keys; KMS Developer Guide, conditions-kms.
MULTI_VALUED = {
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "aws:VpceOrgPaths",
    "kms:EncryptionContextKeys",
    "kms:GrantOperations",
    "kms:ResourceAliases",
}


def found(name: str) -> str | None:
    key = find(name)
    return key.name if key else None


def test_a_trailing_separator_marks_the_families() -> None:
    assert {key.name for key in CONDITION_KEYS if not key.name[-1].isalnum()} == FAMILIES


def test_every_key_finds_itself_in_any_case() -> None:
    for key in CONDITION_KEYS:
        assert find(key.name) is key
        assert find(key.name.upper()) is key
        assert find(key.name.lower()) is key


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("aws:ResourceTag/project", "aws:ResourceTag/"),
        ("AWS:resourcetag/Project", "aws:ResourceTag/"),
        ("aws:PrincipalTag/a/b", "aws:PrincipalTag/"),
        ("aws:RequestTag/aws:x", "aws:RequestTag/"),
        ("kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:"),
        ("KMS:ENCRYPTIONCONTEXT:department", "kms:EncryptionContext:"),
        ("kms:RecipientAttestation:ImageSha384", "kms:RecipientAttestation:"),
        ("kms:recipientattestation:pcr31", "kms:RecipientAttestation:"),
        ("kms:RecipientAttestation:NitroTPMPCR23", "kms:RecipientAttestation:"),
        ("aws:OriginIdentity/SubjectType", "aws:OriginIdentity/"),
        ("aws:TransactionContext/IdentityProvider/acr", "aws:TransactionContext/IdentityProvider/"),
        ("kms:RecipientAttestation:PCR8:ServiceName", "kms:RecipientAttestation:"),
    ],
)
def test_a_member_finds_its_family(name: str, family: str) -> None:
    assert found(name) == family


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kms",
        "kms:",
        "aws:",
        "kms:ViaServices",
        "ViaService",
        "aws:ResourceTag",
        "aws:ResourceTag:project",
        "kms:ResourceTag/project",
        "kms:EncryptionContext",
        "kms:EncryptionContext/department",
        "kms:RecipientAttestation:PCR32",
        "kms:RecipientAttestation:NitroTPMPCR24",
        "kms:RecipientAttestation:ImageSha",
        "s3:prefix",
    ],
)
def test_what_aws_has_not_published_is_not_found(name: str) -> None:
    assert find(name) is None


def test_the_encryption_context_keys_are_not_a_member_of_the_encryption_context() -> None:
    assert found("kms:encryptioncontextkeys") == "kms:EncryptionContextKeys"


def test_an_attestation_document_has_58_measurements() -> None:
    family = find("kms:RecipientAttestation:")

    assert family is not None
    assert len(family.members) == len(set(family.members)) == 58


def test_multi_valued_keys_are_those_that_aws_calls_so() -> None:
    assert {key.name for key in CONDITION_KEYS if key.multi_valued} == MULTI_VALUED


def test_two_keys_are_for_iam_policies_only() -> None:
    assert {key.name for key in CONDITION_KEYS if key.policies == ("iam",)} == {
        "aws:ResourceTag/",
        "kms:ResourceAliases",
    }
    assert {key.policies for key in CONDITION_KEYS} == {("key", "iam"), ("iam",)}


def test_every_kms_key_is_carried_by_some_permission_and_not_by_all() -> None:
    for key in CONDITION_KEYS:
        if key.name.startswith("kms:"):
            assert key.actions is not None, key.name
            assert 0 < len(key.actions) < len(ACTIONS), key.name


def test_of_the_global_keys_only_those_on_tags_depend_on_the_permission() -> None:
    dependent = {key.name for key in CONDITION_KEYS if not key.name.startswith("kms:") and key.actions is not None}

    assert dependent == {"aws:RequestTag/", "aws:ResourceTag/", "aws:TagKeys"}


def test_a_key_knows_the_permissions_that_carry_it() -> None:
    key = find("kms:MessageType")

    assert key is not None
    assert key.actions == ("kms:Sign", "kms:Verify")


def test_deprecated_synonyms_are_carried_and_valued_like_the_keys_they_stand_for() -> None:
    synonyms = {key.name: key.synonym_of for key in CONDITION_KEYS if key.synonym_of}

    assert synonyms == {
        "kms:CustomerMasterKeySpec": "kms:KeySpec",
        "kms:CustomerMasterKeyUsage": "kms:KeyUsage",
    }
    for name, meant in synonyms.items():
        old, new = find(name), find(meant)
        assert old is not None
        assert new is not None
        assert (old.type, old.values, old.actions) == (new.type, new.values, new.actions)
        assert old.actions is not None


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (
            "ARN",
            """aws:ChatbotSourceArn aws:IdentityCenterInstanceArn aws:IdentityStoreArn aws:PrincipalArn
            aws:SignInSessionArn aws:SourceArn aws:SourceVpcArn codebuild:BuildArn codebuild:ProjectArn
            ec2:SourceInstanceArn kms:GrantConstraintSourceArn lambda:SourceFunctionArn ssm:SourceInstanceArn""",
        ),
        (
            "Bool",
            """aws:AssumedRoot aws:IsMcpServiceAction aws:MultiFactorAuthPresent aws:PrincipalIsAWSService
            aws:SecureTransport aws:ViaAWSMCPService aws:ViaAWSService kms:BypassPolicyLockoutSafetyCheck
            kms:GrantIsForAWSResource kms:MultiRegion kms:ReEncryptOnSameKey""",
        ),
        (
            "Numeric",
            """aws:MultiFactorAuthAge ec2:RoleDelivery kms:RotationPeriodInDays
            kms:ScheduleKeyDeletionPendingWindowInDays kms:TrailingDaysWithoutKeyUsage""",
        ),
        ("Date", "aws:CurrentTime aws:EpochTime aws:TokenIssueTime kms:ValidTo"),
        ("IPAddress", "aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp"),
        ("Binary", ""),
    ],
)
def test_all_but_these_keys_are_strings(type_: str, expected: str) -> None:
    assert {key.name for key in CONDITION_KEYS if key.type == type_} == set(expected.split())


def test_dates_that_also_compare_as_numbers() -> None:
    assert {key.name for key in CONDITION_KEYS if key.also_type} == {"aws:EpochTime", "kms:ValidTo"}


def test_every_global_key_of_the_user_guide_that_kms_sees_is_there() -> None:
    expected = """
        AssumedRoot CalledVia CalledViaAWSMCP CalledViaFirst CalledViaLast ChatbotSourceArn CurrentTime
        Ec2InstanceSourcePrivateIPv4 Ec2InstanceSourceVpc EpochTime FederatedProvider IsMcpServiceAction
        MultiFactorAuthAge MultiFactorAuthPresent PrincipalAccount PrincipalArn PrincipalIsAWSService PrincipalOrgID
        PrincipalOrgPaths PrincipalServiceName PrincipalServiceNamesList PrincipalTag/ PrincipalType referer RequestTag/
        RequestedRegion ResourceAccount ResourceOrgID ResourceOrgPaths ResourceTag/ SecureTransport SignInSessionArn
        SourceAccount SourceArn SourceIdentity SourceIp SourceOrgID SourceOrgPaths SourceVpc SourceVpcArn SourceVpce
        TagKeys TokenIssueTime UserAgent userid username ViaAWSMCPService ViaAWSService ViaCustomerDomain VpcSourceIp
        VpceAccount VpceOrgID VpceOrgPaths
    """
    since = (
        "IdentityCenterInstanceArn IdentityStoreArn OriginIdentity/ SourceOwner TransactionContext/IdentityProvider/"
    )

    assert {key.name for key in CONDITION_KEYS if key.name.startswith("aws:")} == {
        f"aws:{name}" for name in (*expected.split(), *since.split())
    }


def test_every_row_says_where_it_comes_from() -> None:
    assert all(key.source for key in CONDITION_KEYS)
