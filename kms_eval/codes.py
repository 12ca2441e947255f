"""Every reason and warning code, with the sentence it stands for and what to do about it.

Comes in: nothing. Goes out: rows that explanations, renderers and documentation read. Never here: which one applies.
Codes are stable: they appear in `--json`, batch output and tests. A sentence may have `{layer}`, `{action}` and other
placeholders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kms_eval.records import record


@record
class Code:
    """One code: its kind, its sentence and, for `kms-eval code CODE`, what it means and what would change it."""

    code: str
    kind: Literal["allow", "deny", "undetermined", "warning", "notice"]
    sentence: str
    meaning: str


def _allow(code: str, sentence: str, meaning: str) -> Code:
    return Code(code, "allow", sentence, meaning)


def _deny(code: str, sentence: str, meaning: str) -> Code:
    return Code(code, "deny", sentence, meaning)


def _warn(code: str, sentence: str, meaning: str) -> Code:
    return Code(code, "warning", sentence, meaning)


def _note(code: str, sentence: str, meaning: str) -> Code:
    return Code(code, "notice", sentence, meaning)


CODES: tuple[Code, ...] = (
    _allow(
        "key-policy-allows",
        "the key policy allows it directly",
        "A statement names the caller (or everyone), so no identity policy is needed in the key's own account.",
    ),
    _allow(
        "identity-policy-allows",
        "the key policy delegates to the account, and an identity policy allows it",
        "The account principal in the key policy makes identity policies effective; one of them allows the action.",
    ),
    _allow(
        "both-accounts-allow",
        "the key policy allows it to the other account, and an identity policy there allows it",
        "Across accounts both sides have to allow.",
    ),
    _allow(
        "grant-allows",
        "a grant allows it",
        "A grant on the key lists the operation for the caller, and its constraints are met.",
    ),
    _allow(
        "identity-policy-allows-without-key",
        "an identity policy allows it; no key policy takes part",
        "Operations without a key, and the alias half of alias operations, are decided by identity policies alone.",
    ),
    _allow(
        "root-user-allows",
        "the root user of the account may do it",
        "The root user needs no identity policy; on a key it needs a key policy statement for its account.",
    ),
    _allow(
        "grant-retirable",
        "the grant lets the caller retire it",
        "RetireGrant is decided by the grant: retiring principal, grantee with RetireGrant, or the issuing account.",
    ),
    _deny(
        "explicit-deny",
        "a statement of the {layer} denies it",
        "A matching Deny anywhere outranks every Allow and every grant. Change or narrow that statement.",
    ),
    _deny(
        "not-supported-across-accounts",
        "AWS KMS does not support {action} on a key of another account",
        "Whatever the policies say, the operation works only for callers of the key's own account.",
    ),
    _deny(
        "partitions-never-cross",
        "caller and key belong to different AWS partitions",
        "Principals of one partition (aws, aws-cn, aws-us-gov) never use keys of another.",
    ),
    _deny(
        "assumed-root-session",
        "a session of AssumeRoot has nothing but its task policy, which allows no action of AWS KMS",
        "Central root access is for a few privileged tasks of AWS Identity and Access Management, S3 and SQS.",
    ),
    _deny(
        "no-service-control-policy-allows",
        "at some level of the organization no service control policy allows it",
        "From the root to the account every level needs an attached policy that allows the action.",
    ),
    _deny(
        "no-vpc-endpoint-policy-allows",
        "the VPC endpoint's policy does not allow it",
        "A request through an endpoint needs an Allow in its policy besides everything else.",
    ),
    _deny(
        "no-key-policy-allows",
        "neither the key policy nor a grant allows it to the caller",
        "The key policy neither names the caller nor delegates the action to the account, and no grant covers it.",
    ),
    _deny(
        "key-policy-does-not-delegate",
        "an identity policy allows it, but the key policy does not delegate this action to the account",
        "Without a statement for the account principal, identity policies that allow have no effect on this key.",
    ),
    _deny(
        "no-identity-policy-allows",
        "no identity policy allows it",
        "The key policy speaks to the caller's account, which gives nobody anything by itself: identity policies do.",
    ),
    _deny(
        "no-permissions-boundary-allows",
        "the permissions boundary does not allow it",
        "A boundary limits what identity policies give; it needs a matching Allow itself.",
    ),
    _deny(
        "no-session-policy-allows",
        "no session policy allows it",
        "Session policies limit the session to what they allow.",
    ),
    _deny(
        "grant-does-not-cover",
        "grants serve the caller, but none of them covers this request",
        "The operation is not listed, or a constraint is not met.",
    ),
    _deny(
        "not-retirable",
        "the grant does not let the caller retire it",
        "Only its retiring principal, a grantee with RetireGrant, or its issuing account can.",
    ),
    _deny(
        "retirement-needs-identity-policy",
        "the grant lets principals of the caller's account retire it, and no identity policy allows it to the caller",
        "The account that made a grant, and the key's own, retire it by identity policies with kms:RetireGrant. Key "
        "policies and resource control policies have no say about RetireGrant.",
    ),
    Code(
        "undetermined",
        "undetermined",
        "it hangs on what could not be read",
        "A source says that something exists and cannot show it (known after apply, a refused call, a parameter "
        "without value). The decision is not the same whatever that is, so there is none; it is never `allowed`.",
    ),
    _warn(
        "unknown-may-deny",
        "something that could not be read might deny it explicitly",
        "The request is denied whatever the unknown is; only whether by silence or by a Deny statement is not known.",
    ),
    _warn(
        "principal-not-described",
        "the scenario does not describe {principal}: it has no identity policies here",
        "A policy or a grant names it, it is of an account of which the scenario describes nobody, or the question "
        "said that a stranger is meant. What it may do by identity policies of its own is not known.",
    ),
    _warn(
        "context-contradicts-fact",
        "{key} was given as {given}, but the facts say {fact}; what was given counts",
        "The question's own context wins over what the scenario knows.",
    ),
    _warn(
        "context-not-carried",
        "{key} counts because it was given, but {because} (S10)",
        "Real requests of this caller cannot carry it. --strict refuses it.",
    ),
    _warn(
        "context-not-carried-by-action",
        "AWS does not send {key} with {action}: an Allow that asks for it does not count",
        "The condition key does not exist for this action. In case AWS adds it, a Deny that asks for it counts.",
    ),
    _warn(
        "encryption-context-ignored",
        "{action} carries no encryption context; the one given is ignored",
        "Only symmetric cryptographic operations and CreateGrant have one.",
    ),
    _warn(
        "endpoint-not-passed",
        "a service makes the call, and AWS does not say whether it passes the VPC endpoint: both are considered (V8)",
        "The endpoint's policy has to allow it, and its Deny counts; the condition keys of the network are absent.",
    ),
    _warn(
        "key-state",
        "the key is {state}: the call fails with {error}",
        "Key state never influences authorization, but the call fails afterwards.",
    ),
    _warn(
        "key-usage",
        "the key's usage is {usage}: {action} fails on it",
        "Usage, spec and origin are checked after authorization.",
    ),
    _warn(
        "key-origin",
        "the key's origin is {origin}: {action} fails on it",
        "Usage, spec and origin are checked after authorization.",
    ),
    _warn(
        "reserved-alias",
        "aliases that begin with alias/aws/ are reserved for AWS: the call fails",
        "CreateAlias, UpdateAlias and DeleteAlias on them fail whatever the policies say.",
    ),
    _warn(
        "grant-limited",
        "a grant covers it, but the caller's boundary or session policy does not (ASSUMPTION Z1)",
        "AWS does not document whether their silence limits a grant; the strict answer is given.",
    ),
    _warn(
        "grant-needs-identity-policy",
        "a grant by the key's owner covers it, but no identity policy in the caller's account (ASSUMPTION Z2)",
        "AWS does not document whether such a grant is enough across accounts; the strict answer is given.",
    ),
    _warn(
        "grant-to-account",
        "a grant to the whole account covers it, but no identity policy of the caller does (ASSUMPTION Z3)",
        "AWS does not document who may use a grant whose grantee is an account; the strict answer is given.",
    ),
    _warn(
        "retirement-limited",
        "the grant could be retired, but a limit on the caller does not allow it (ASSUMPTION Z19)",
        "AWS does not document whether silence of organization, boundary and session policies keeps from retiring.",
    ),
    _warn(
        "federated-user-without-session-policies",
        "the user's identity policies allow it, but no session policy was passed (ASSUMPTION Z9)",
        "AWS documents both that a federated user then has nothing and that it has what the user has.",
    ),
    _warn(
        "aws-wildcard-and-services",
        "a statement for `*` under AWS decides: whether that includes services is not documented (ASSUMPTION Z6)",
        "For Allow it does not, for Deny it does. Name the service, or write `*` alone.",
    ),
    _warn(
        "deny-names-account",
        "a Deny that names the account decides: it is taken to deny every principal of it (ASSUMPTION Z7)",
        "AWS documents what naming an account means for Allow only; the strict answer is given.",
    ),
    _warn(
        "grant-with-source-arn",
        "a grant with SourceArn serves only calls made by a service (ASSUMPTION Z28)",
        "The constraint is evaluated only when a service makes the request.",
    ),
    _warn(
        "grant-context-key-case",
        "a grant's encryption context differs from the request's only in the case of a key (Z4)",
        "The guide demands an exact match, the API Reference calls keys case-insensitive; the strict answer is given.",
    ),
    _warn(
        "grant-not-named",
        "the question does not say which grant is to be retired: all of the key's have to be retirable",
        "Name the grant by its GrantId.",
    ),
    _warn(
        "alias-not-named",
        "the question does not name the alias: only policies for every alias count",
        "Name the alias.",
    ),
    _warn(
        "wildcard-not-limited",
        "a wildcard principal allows it although the caller's boundary or session policy does not (ASSUMPTION Z10)",
        "AWS documents this for a wildcard with a condition on aws:PrincipalArn.",
    ),
    _warn(
        "external-root-user",
        "an external root user needs no identity policy (ASSUMPTION Z26)",
        "Root is documented as exempt from the default deny; across accounts AWS does not say so.",
    ),
    _warn(
        "session-not-named",
        "a statement is for one session of {principal}; the question names no session",
        "A role that asks without a session name is some session of it, none in particular.",
    ),
    _warn(
        "replica-not-described",
        "the replica in {region} is not in the scenario: only the primary's side is decided",
        "UpdatePrimaryRegion needs the permission on both keys.",
    ),
    # Open questions inside a statement: an Allow has to match in both readings, a Deny in either (two-readings rule).
    _warn(
        "multi-valued-without-set-operator",
        "{key} may have several values, and the operator has no set qualifier (Z5)",
        "It may never match: it allows nothing, and denies where one value matches. Write ForAllValues or ForAnyValue.",
    ),
    _warn(
        "resource-pattern",
        "a Resource pattern matches in one of two readings only (S2, Z23)",
        "Write all six fields of the ARN.",
    ),
    _warn("empty-value-list", "a condition has an empty list of values (Z13)", "Give a value."),
    _warn("empty-condition", "a Condition element is empty (Z14)", "Remove it, or give a condition."),
    _warn("arn-pattern-bare-star", "`*` alone stands under an ARN operator (Z15)", "Write arn:*:*:*:*:*:* or Null."),
    _warn("tag-key-case", "tags that differ only in case: AWS does not say which one is compared (Z16)", "Rename one."),
    _warn("encryption-context-key-case", "encryption context keys that differ only in case (Z16)", "Rename one."),
    _warn("context-key-twice", "a condition key is given twice in different spelling (Z16)", "Give it once."),
    _warn("bare-ipv6-address", "an IPv6 address without prefix length (Z17)", "Write /128."),
    _warn(
        "variable-under-bool",
        "a policy variable under Bool (Z21)",
        "AWS documents both that it works and that it does not.",
    ),
    _warn("unresolved-variable", "NotResource with a variable that has no value (Z22)", "Give it a default."),
    _warn("empty-string-as-no-value", "a list of values holds only the empty string (Z24)", "Leave the key out."),
    _warn("wildcard-in-variable", "a substituted value contains a wildcard (Z27)", "Literal for Allow, live for Deny."),
    _warn(
        "default-of-omitted-parameter",
        "AWS does not say whether {key} has its default when omitted (Z29)",
        "Give the parameter.",
    ),
    _warn(
        "iam-only-key-in-key-policy",
        "{key} is supported in IAM policies only, and stands in a key policy (Z30)",
        "Move the condition to an IAM policy.",
    ),
    _warn(
        "aliases-over-quota", "the key has more aliases than its quota: kms:ResourceAliases denies", "Remove aliases."
    ),
    _warn(
        "session-name-not-told",
        "{key} ends in the name of the session, which the question does not tell (S7)",
        "For Allow every name has to match, for Deny one is enough. Name the session: `assumed-role/NAME/SESSION`.",
    ),
    _warn(
        "mfa-not-told",
        "nobody said whether the session was made with a second factor: {key} may be true or false (S8)",
        "For Allow both have to do, for Deny either. Give aws:MultiFactorAuthPresent.",
    ),
    _warn(
        "retiring-principal-not-named",
        "the question does not name the retiring principal, which is the resource of ListRetirableGrants (S4)",
        "For Allow the Resource has to cover every principal. Give it as RetiringPrincipal in `grant`.",
    ),
    _warn(
        "grant-is-for-aws-resource",
        "AWS does not say whether a direct call carries kms:GrantIsForAWSResource (G20)",
        "Give true or false.",
    ),
    _warn(
        "unreadable-request-value",
        "{key} has a value that is not of the operator's type (C19)",
        "Give a value of the type.",
    ),
    # Notices from reading documents and scenarios. Faults have no codes: their messages say everything.
    _note(
        "identity-policy-principal",
        "an identity policy has a Principal element",
        "AWS refuses it. It is read and has to match as well; in attached_by_principal it says whom it is for.",
    ),
    _note(
        "identity-policy-sid",
        "a Sid of an identity policy has other characters than ASCII letters and digits",
        "AWS refuses it; key policies may have spaces.",
    ),
    _note("policy-id", "a policy of an identity has an Id", "AWS refuses it; only resource policies have one."),
    _note(
        "resource-not-an-arn",
        "a Resource is neither an ARN nor an asterisk",
        "AWS refuses it, and it matches no key: a key id or an alias name is not a resource.",
    ),
    _note("unknown-action", "an action pattern covers no action of AWS KMS", "It is stored and does nothing."),
    _note("statement-without-action", "a key policy statement has no Action", "It is stored and has no effect."),
    _note("statement-without-resource", "a key policy statement has no Resource", "It is stored and has no effect."),
    _note("empty-element", "a list is empty", "The statement has no effect, but for a Deny that excepts nothing."),
    _note("unknown-condition-key", "a condition key is not one that AWS documents", "No request carries it."),
    _note("several-booleans", "a Bool condition lists true and false", "It always matches where the key is present."),
    _note(
        "overly-permissive-condition",
        "ForAllValues stands over a key with one value",
        "It is true where the key is absent; AWS KMS refuses such key policies with OverlyPermissiveCondition.",
    ),
    # What AWS refuses to store. It is read all the same; under --strict it is an error.
    _note(
        "malformed-action",
        "an action has a blank in its service, or several colons",
        "AWS refuses it, and it matches no action of AWS KMS.",
    ),
    _note(
        "malformed-resource",
        "a Resource has not the six fields of an ARN, and none of the short forms that AWS takes",
        "AWS refuses it. Write all six fields: `arn:aws:kms:*:111122223333:key/*`.",
    ),
    _note(
        "incomplete-arn",
        "a Resource has fewer than six fields",
        "In identity policies AWS puts an asterisk in each missing field: `arn:aws:kms` is everything of AWS KMS (S2).",
    ),
    _note("unknown-partition", "a partition does not exist", "AWS refuses it: aws, aws-cn, aws-us-gov and few others."),
    _note(
        "other-partition",
        "an ARN is of another partition than the account",
        "Nobody of another partition calls AWS KMS here, and no key of another partition is used: AWS refuses it.",
    ),
    _note(
        "unknown-service-principal",
        "a service principal does not exist",
        "AWS KMS refuses a key policy with it: MalformedPolicyDocumentException.",
    ),
    _note(
        "service-of-another-region",
        "a service principal is of another Region than the key",
        "Services call the keys of their own Region; those of opt-in Regions go by such names elsewhere (P6).",
    ),
    _note("policy-without-statement", "a policy has no statement", "AWS refuses it. It allows and denies nothing."),
    _note(
        "policy-version",
        "a policy has not Version 2012-10-17",
        "AWS refuses it in policies of identities. Policy variables in it are plain text.",
    ),
    _note(
        "key-policy-condition-key",
        "a key policy has a condition key that AWS KMS permits in IAM policies only",
        "PutKeyPolicy refuses it (S13). A document that is there already is read in both ways (Z30).",
    ),
    _note(
        "over-quota",
        "a document is longer than its quota",
        "It is read all the same: AWS managed policies are longer. AWS refuses customers to put it.",
    ),
    _note(
        "opaque-grantee",
        "a grant names nobody who can be told",
        "AWS Internal, or the session of a deleted role: the grant is kept, and matches nobody.",
    ),
    _note("federated-principal", "a Federated principal", "It belongs in role trust policies and matches nobody here."),
    _note("canonical-user-principal", "a CanonicalUser principal", "It belongs to Amazon S3 and matches nobody here."),
    _note(
        "further-key-policy",
        "a key has a second policy, which is left out",
        "AWS RAM attaches one to keys that are shared with it. Only the policy `default` is evaluated.",
    ),
    _note(
        "source-told-twice",
        "two files of a source tell different things of the same key",
        "The later one counts. Remove the one that is out of date.",
    ),
    _note(
        "principal-name-twice",
        "two users or two roles of an account share a name",
        "Names are unique whatever the path and the case.",
    ),
)

CODE: Mapping[str, Code] = {row.code: row for row in CODES}
if len(CODE) != len(CODES):
    message = "a code is listed twice"
    raise AssertionError(message)
