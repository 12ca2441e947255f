"""Rules that the document reader checks: what AWS refuses, and what it stores although it has no effect.

Comes in: nothing. Goes out: rows, each with the codes of its remarks. Never here: checking; `documents` reads, and says
in `codes` what each remark means.
"""

from __future__ import annotations

from kms_eval.analysis.linting.rule import ACCOUNT, ROLE, ROOT, Example, Members, Rule, allow
from kms_eval.documents.model import PolicyKind

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PUT = "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"

_APP = {"AWS": ROLE}
_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_GOOD = Example((allow(_APP, "kms:Decrypt"),))


def _identity(document: Members | None = None, **members: object) -> Example:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": _KEY, **members}
    return Example((statement,), PolicyKind.IDENTITY, document=document or {})


def _key(**members: object) -> Example:
    statement = {name: value for name, value in allow(_APP, "kms:Decrypt", **members).items() if value is not None}
    return Example((statement,))


def _grant(grantee: str) -> Example:
    grant = {"GrantId": "one", "GranteePrincipal": grantee, "RetiringPrincipal": ROLE, "Operations": ["Decrypt"]}
    return Example(key={"grants": [grant]})


_IDENTITY = _identity()
_SEVERAL = {"Bool": {"aws:SecureTransport": ["true", "false"]}}
_ONE = {"Bool": {"aws:SecureTransport": "true"}}
_FOR_ALL = {"ForAllValues:StringEquals": {"kms:EncryptionContext:app": ["pay"]}}
_PLAIN = {"StringEquals": {"kms:EncryptionContext:app": "pay"}}
_TAG = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
_LONG = "x" * 33_000

REMARK_RULES: tuple[Rule, ...] = (
    Rule(
        "KMS100",
        "malformed-document",
        "error",
        "AWS refuses the document",
        "An element is missing, unknown, in the wrong place or of the wrong form. AWS answers "
        "MalformedPolicyDocument, and nothing can be decided with it.",
        _key(Effect=None),
        _GOOD,
        f"{_IAM}reference_policies_grammar.html",
    ),
    Rule(
        "KMS101",
        "identity-policy-principal",
        "error",
        "an identity policy has a Principal element",
        "An identity policy is about the identity it is attached to; AWS refuses one that says whom it is about.",
        _identity(Principal=_APP),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_principal.html",
        remarks=("identity-policy-principal",),
    ),
    Rule(
        "KMS102",
        "identity-policy-sid",
        "error",
        "a Sid has characters that AWS refuses",
        "In identity policies a Sid has ASCII letters and digits only; key policies may have spaces.",
        _identity(Sid="Allow use"),
        _identity(Sid="AllowUse"),
        f"{_IAM}reference_policies_elements_sid.html",
        remarks=("identity-policy-sid",),
    ),
    Rule(
        "KMS103",
        "policy-id",
        "error",
        "a policy of an identity has an Id",
        "Only policies of resources have one; AWS refuses it elsewhere.",
        _identity({"Id": "mine"}),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_id.html",
        remarks=("policy-id",),
    ),
    Rule(
        "KMS104",
        "resource-not-an-arn",
        "error",
        "a Resource is neither an ARN nor an asterisk",
        "A key id or an alias name is not a resource: AWS refuses it, and it matches no key.",
        _identity(Resource="alias/app"),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_resource.html",
        remarks=("resource-not-an-arn",),
    ),
    Rule(
        "KMS105",
        "overly-permissive-condition",
        "error",
        "AWS KMS refuses ForAllValues over what a caller may leave out",
        "ForAllValues is true where the key is absent: AWS KMS refuses such key policies with "
        "OverlyPermissiveCondition.",
        _key(Condition=_FOR_ALL),
        _key(Condition=_PLAIN),
        _PUT,
        remarks=("overly-permissive-condition",),
    ),
    Rule(
        "KMS106",
        "malformed-action",
        "error",
        "an action is not of the form that AWS takes",
        "There is a blank in its service, or several colons: AWS refuses it, and it matches nothing.",
        _identity(Action=" kms:Decrypt"),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_action.html",
        remarks=("malformed-action",),
    ),
    Rule(
        "KMS107",
        "malformed-resource",
        "error",
        "a Resource has not the six fields of an ARN",
        "It is none of the short forms that AWS takes either: AWS refuses it.",
        _identity(Resource="arn:aws::us-east-1:111122223333:key/*"),
        _IDENTITY,
        f"{_IAM}reference-arns.html",
        remarks=("malformed-resource",),
    ),
    Rule(
        "KMS108",
        "unknown-partition",
        "error",
        "a partition does not exist",
        "There are aws, aws-cn, aws-us-gov and few others: AWS refuses any other.",
        _identity(Resource="arn:amazon:kms:us-east-1:111122223333:key/*"),
        _IDENTITY,
        f"{_IAM}reference-arns.html",
        remarks=("unknown-partition",),
    ),
    Rule(
        "KMS109",
        "other-partition",
        "error",
        "an ARN is of another partition than the account",
        "Principals of one partition never use keys of another: AWS refuses it.",
        _identity(Resource="arn:aws-cn:kms:cn-north-1:111122223333:key/*"),
        _IDENTITY,
        f"{_IAM}reference-arns.html",
        remarks=("other-partition",),
    ),
    Rule(
        "KMS110",
        "unknown-service-principal",
        "error",
        "a service principal does not exist",
        "AWS KMS refuses a key policy with it: MalformedPolicyDocumentException.",
        _key(Principal={"Service": "cloudtrial.amazonaws.com"}),
        _GOOD,
        _PUT,
        remarks=("unknown-service-principal",),
    ),
    Rule(
        "KMS111",
        "service-of-another-region",
        "error",
        "a service principal is of another Region than the key",
        "Services call the keys of their own Region; those of opt-in Regions go by such names elsewhere.",
        _key(Principal={"Service": "logs.eu-west-1.amazonaws.com"}, Condition=_PLAIN),
        _key(Principal={"Service": "logs.us-east-1.amazonaws.com"}, Condition=_PLAIN),
        f"{_IAM}reference_policies_elements_principal.html",
        remarks=("service-of-another-region",),
    ),
    Rule(
        "KMS112",
        "policy-without-statement",
        "error",
        "a policy has no statement",
        "AWS refuses it. It allows and denies nothing.",
        Example((), PolicyKind.IDENTITY),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_statement.html",
        remarks=("policy-without-statement",),
    ),
    Rule(
        "KMS113",
        "policy-version",
        "error",
        "a policy has not Version 2012-10-17",
        "AWS refuses it in policies of identities, and policy variables in it are plain text.",
        _identity({"Version": "2008-10-17"}),
        _IDENTITY,
        f"{_IAM}reference_policies_elements_version.html",
        remarks=("policy-version",),
    ),
    Rule(
        "KMS114",
        "key-policy-condition-key",
        "error",
        "a key policy has a condition key that AWS KMS permits in IAM policies only",
        "aws:ResourceTag, kms:ResourceTag and kms:ResourceAliases are not permitted in a key policy.",
        _key(Condition=_TAG),
        _identity(Condition=_TAG),
        _PUT,
        remarks=("key-policy-condition-key",),
    ),
    Rule(
        "KMS115",
        "over-quota",
        "error",
        "a document is longer than its quota",
        "A key policy has at most 32,768 bytes; AWS refuses customers to put a longer one.",
        _key(Sid=_LONG),
        _GOOD,
        f"{_KMS}resource-limits.html",
        remarks=("over-quota",),
    ),
    Rule(
        "KMS121",
        "unknown-action",
        "warning",
        "an action pattern covers no action of AWS KMS",
        "It is stored and does nothing.",
        _key(Action="kms:Decript"),
        _GOOD,
        f"{_KMS}kms-api-permissions-reference.html",
        remarks=("unknown-action",),
    ),
    Rule(
        "KMS122",
        "incomplete-statement",
        "warning",
        "a statement lacks an element that it needs to do anything",
        "A key policy statement without Action or Resource, or with an empty list, is stored and has no effect.",
        _key(Resource=None),
        _GOOD,
        f"{_KMS}key-policy-overview.html",
        remarks=("statement-without-action", "statement-without-resource", "empty-element"),
    ),
    Rule(
        "KMS123",
        "unknown-condition-key",
        "warning",
        "a condition key is not one that requests to AWS KMS carry",
        "It is stored, and to every request the key is absent.",
        _key(Condition={"StringEquals": {"kms:ViaServices": "s3.us-east-1.amazonaws.com"}}),
        _key(Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
        f"{_KMS}policy-conditions.html",
        remarks=("unknown-condition-key",),
    ),
    Rule(
        "KMS124",
        "several-booleans",
        "warning",
        "a Bool condition lists true and false",
        "It always holds where the key is present.",
        _key(Condition=_SEVERAL),
        _key(Condition=_ONE),
        f"{_IAM}reference_policies_elements_condition_operators.html#Conditions_Boolean",
        remarks=("several-booleans",),
    ),
    Rule(
        "KMS125",
        "principal-without-calls",
        "warning",
        "a principal of a kind that never calls AWS KMS",
        "Federated principals belong in role trust policies, canonical users to Amazon S3: here they match nobody.",
        _key(Principal={"Federated": "cognito-identity.amazonaws.com"}),
        _GOOD,
        f"{_IAM}reference_policies_elements_principal.html",
        remarks=("federated-principal", "canonical-user-principal"),
    ),
    Rule(
        "KMS126",
        "incomplete-arn",
        "note",
        "a Resource has fewer than six fields",
        "In identity policies AWS puts an asterisk in each missing field: `arn:aws:kms` is everything of AWS KMS.",
        _identity(Resource="arn:aws:kms"),
        _IDENTITY,
        f"{_IAM}reference-arns.html",
        remarks=("incomplete-arn",),
    ),
    Rule(
        "KMS127",
        "opaque-grantee",
        "note",
        "a grant names nobody who can be told",
        "`AWS Internal`, or the session of a deleted role: the grant is kept, and matches nobody.",
        _grant("AWS Internal"),
        _grant(ROLE),
        f"{_KMS}determining-access-grants.html",
        remarks=("opaque-grantee",),
    ),
    Rule(
        "KMS128",
        "principal-name-twice",
        "error",
        "two users or two roles of an account share a name",
        "Names are unique whatever the path and the case: one of the two does not exist.",
        Example((allow({"AWS": ROOT}, "kms:*"),), key={"principals": {"role/app": {}, "role/team/app": {}}}),
        Example((allow({"AWS": ROOT}, "kms:*"),), key={"principals": {"role/app": {}, "role/team/other": {}}}),
        f"{_IAM}reference_iam-quotas.html",
        remarks=("principal-name-twice",),
    ),
)
