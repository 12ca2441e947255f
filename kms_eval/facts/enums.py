"""Fixed lists of values: key specs, usages, origins, states, grant operations, algorithms.

Comes in: nothing. Goes out: tuples in the order of the AWS KMS API Reference (read 2026-11-24, service model 1.44.8).
Never here: which operation needs which of them; that is in the rows of `actions`.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

from kms_eval.records import record

KEY_SPECS: tuple[str, ...] = (
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
)

KEY_USAGES: tuple[str, ...] = (
    "SIGN_VERIFY",
    "ENCRYPT_DECRYPT",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
)

ORIGINS: tuple[str, ...] = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")

KEY_STATES: tuple[str, ...] = (
    "Creating",
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
)

KEY_MANAGERS: tuple[str, ...] = ("AWS", "CUSTOMER")

MULTI_REGION_KEY_TYPES: tuple[str, ...] = ("PRIMARY", "REPLICA")

# GetKeyPolicy and PutKeyPolicy, parameter PolicyName. Only AWS RAM writes `AWS_RAM` (since 2026-11).
POLICY_NAMES: tuple[str, ...] = ("default", "AWS_RAM")

# Every operation a grant can allow. There are no wildcards, and the spelling is exact:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
GRANT_OPERATIONS: tuple[str, ...] = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
)

# The two kinds of encryption context constraint that a grant can have; the values of kms:GrantConstraintType.
GRANT_CONSTRAINT_TYPES: tuple[str, ...] = ("EncryptionContextEquals", "EncryptionContextSubset")

ENCRYPTION_ALGORITHMS: tuple[str, ...] = ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE")

SIGNING_ALGORITHMS: tuple[str, ...] = (
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "SM2DSA",
    "ML_DSA_SHAKE_256",
    "ED25519_SHA_512",
    "ED25519_PH_SHA_512",
)

MAC_ALGORITHMS: tuple[str, ...] = ("HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512")

KEY_AGREEMENT_ALGORITHMS: tuple[str, ...] = ("ECDH",)

ENCAPSULATION_ALGORITHMS: tuple[str, ...] = ("ML_KEM",)

DATA_KEY_PAIR_SPECS: tuple[str, ...] = (
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SM2",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
)

MESSAGE_TYPES: tuple[str, ...] = ("RAW", "DIGEST", "EXTERNAL_MU")

WRAPPING_ALGORITHMS: tuple[str, ...] = (
    "RSAES_PKCS1_V1_5",
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
    "SM2PKE",
)

WRAPPING_KEY_SPECS: tuple[str, ...] = ("RSA_2048", "RSA_3072", "RSA_4096", "SM2")

EXPIRATION_MODELS: tuple[str, ...] = ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE")


@record
class KeyKind:
    """What a key can be used for. Its usage and spec together determine the kind: at most one row has both.

    `grant_operations` are those that CreateGrant accepts for a key of this kind; others fail with a validation error.
    """

    name: str
    usage: str
    specs: tuple[str, ...]
    grant_operations: tuple[str, ...]


# Specs and usages: KMS API Reference, CreateKey, parameters KeySpec and KeyUsage.
# Grant operations: KMS Developer Guide, grants and symm-asymm-compare.
KEY_KINDS: tuple[KeyKind, ...] = (
    KeyKind(
        "symmetric-encryption",
        "ENCRYPT_DECRYPT",
        ("SYMMETRIC_DEFAULT",),
        (
            "CreateGrant",
            "Decrypt",
            "DescribeKey",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "ReEncryptFrom",
            "ReEncryptTo",
            "RetireGrant",
        ),
    ),
    KeyKind(
        "asymmetric-encryption",
        "ENCRYPT_DECRYPT",
        ("RSA_2048", "RSA_3072", "RSA_4096", "SM2"),
        (
            "CreateGrant",
            "Decrypt",
            "DescribeKey",
            "Encrypt",
            "GetPublicKey",
            "ReEncryptFrom",
            "ReEncryptTo",
            "RetireGrant",
        ),
    ),
    KeyKind(
        "asymmetric-signing",
        "SIGN_VERIFY",
        (
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "SM2",
            "ML_DSA_44",
            "ML_DSA_65",
            "ML_DSA_87",
            "ECC_NIST_EDWARDS25519",
        ),
        ("CreateGrant", "DescribeKey", "GetPublicKey", "RetireGrant", "Sign", "Verify"),
    ),
    KeyKind(
        "asymmetric-key-agreement",
        "KEY_AGREEMENT",
        ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "SM2"),
        ("CreateGrant", "DeriveSharedSecret", "DescribeKey", "GetPublicKey", "RetireGrant"),
    ),
    KeyKind(
        "asymmetric-key-encapsulation",
        "ENCAPSULATE_DECAPSULATE",
        ("ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"),
        ("CreateGrant", "Decapsulate", "DescribeKey", "Encapsulate", "GetPublicKey", "RetireGrant"),
    ),
    KeyKind(
        "hmac",
        "GENERATE_VERIFY_MAC",
        ("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"),
        ("CreateGrant", "DescribeKey", "GenerateMac", "RetireGrant", "VerifyMac"),
    ),
)
