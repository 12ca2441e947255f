"""What AWS's documentation leaves open, one row each: the question, how it is answered here, and the other reading.

Comes in: nothing. Goes out: `OPEN_QUESTIONS`. Never here: deciding; comments in the engine name the question (Z5, say)
where a decision depends on it.

*Both readings* means: an Allow counts only if it applies in both, a Deny if it applies in either. Questions that AWS
has answered since then stay in the table, because older reports contain their codes. Pages read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Final

from kms_eval.facts.rows import keyed
from kms_eval.records import record

_KMS: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_API: Final = "https://docs.aws.amazon.com/kms/latest/APIReference/"
_ORG: Final = "https://docs.aws.amazon.com/organizations/latest/userguide/"

_GRANTS: Final = f"{_KMS}create-grant-overview.html"
_LOGIC: Final = f"{_IAM}reference_policies_evaluation-logic_policy-eval-denyallow.html"
_PRINCIPAL: Final = f"{_IAM}reference_policies_elements_principal.html"
_RESOURCE: Final = f"{_IAM}reference_policies_elements_resource.html"
_OPERATORS: Final = f"{_IAM}reference_policies_elements_condition_operators.html"
_SETS: Final = f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html"
_VARIABLES: Final = f"{_IAM}reference_policies_variables.html"
_CHECKS: Final = f"{_IAM}access-analyzer-reference-policy-checks.html"
_KEYS: Final = f"{_IAM}reference_policies_condition-keys.html"
_CONDITIONS: Final = f"{_KMS}conditions-kms.html"


@record
class OpenQuestion:
    """One question. `here` is the answer that decisions follow, `other` what AWS might do instead.

    `warnings` are the codes of the warnings that say that a decision depends on it; empty where no warning does yet.
    `settled` says what has answered the question since then; None while it is open.
    """

    code: str
    question: str
    here: str
    other: str
    page: str
    _: KW_ONLY
    warnings: tuple[str, ...] = ()
    settled: str | None = None


_BOTH: Final = "both readings"

OPEN_QUESTIONS: tuple[OpenQuestion, ...] = (
    OpenQuestion(
        "C14",
        "What does an empty list as NotAction or NotResource except?",
        "nothing for a Deny, which applies; an Allow does not apply",
        "the statement has no effect, or covers everything",
        _CHECKS,
    ),
    OpenQuestion(
        "C19",
        "What does a test say of a value in the request that is not of the operator's type?",
        "Allow: positive tests are false, negated ones true; Deny: all are true",
        "as of a condition key that is absent, for Deny as well",
        _OPERATORS,
        warnings=("unreadable-request-value",),
    ),
    OpenQuestion(
        "G20",
        "Does a call that no service makes carry kms:GrantIsForAWSResource as false, or not at all?",
        _BOTH,
        "one of the two, which makes `Bool … false` and `Null` certain",
        _CONDITIONS,
        warnings=("grant-is-for-aws-resource",),
    ),
    OpenQuestion(
        "S2",
        "What do ARNs with fewer than six fields match outside identity policies and permissions boundaries?",
        _BOTH,
        "what they would with an asterisk in each missing field, or nothing",
        f"{_IAM}reference-arns.html",
        warnings=("resource-pattern",),
    ),
    OpenQuestion(
        "V8",
        "Does a call that a service makes in the caller's name pass the caller's VPC endpoint?",
        "both readings: the endpoint's policy has to allow it and its Deny counts, the network's keys are absent",
        "it does not, and the endpoint's policy has no say",
        f"{_IAM}access_forward_access_sessions.html",
        warnings=("endpoint-not-passed",),
    ),
    OpenQuestion(
        "X5",
        "In which account was a grant made that does not tell its issuing account?",
        "in the key's own",
        "in that of the grantee, whose own grant is enough",
        f"{_API}API_GrantListEntry.html",
    ),
    OpenQuestion(
        "Z1",
        "Do permissions boundary and session policies that do not allow it limit what a grant allows?",
        "yes, both do: a grant takes the place of the identity policy only",
        "a grant is enough by itself, as a key policy that names the user or the session is",
        f"{_KMS}grants.html",
        warnings=("grant-limited",),
    ),
    OpenQuestion(
        "Z2",
        "Is a grant that the key's owner has made enough for a principal of another account?",
        "no, an identity policy there has to allow it as well; yes if the grant was made in the grantee's account",
        "the grant is enough by itself",
        f"{_KMS}key-policy-modifying-external-accounts.html",
        warnings=("grant-needs-identity-policy",),
    ),
    OpenQuestion(
        "Z3",
        "Who may use a grant whose grantee is a whole account?",
        "its root user, and others whose identity policies allow it",
        "everybody of the account, or the root user alone",
        f"{_KMS}grants.html",
        warnings=("grant-to-account",),
    ),
    OpenQuestion(
        "Z4",
        "Does the encryption context of a grant's constraint ignore the case of its keys?",
        "no: the guide asks for an exact match",
        "yes: the API Reference calls the keys case-insensitive",
        _GRANTS,
        warnings=("grant-context-key-case",),
    ),
    OpenQuestion(
        "Z5",
        "What does an operator without ForAllValues or ForAnyValue say of a condition key with several values?",
        "Allow: nothing; Deny: one value that matches is enough",
        "it may never match",
        _SETS,
        warnings=("multi-valued-without-set-operator",),
    ),
    OpenQuestion(
        "Z6",
        'Does the principal {"AWS": "*"} include AWS services?',
        "Allow: no; Deny: yes",
        'as "*" does, in both',
        _PRINCIPAL,
        warnings=("aws-wildcard-and-services",),
    ),
    OpenQuestion(
        "Z7",
        "Whom does a Deny deny that names an account?",
        "every principal of the account",
        "its root user and what is delegated to the account, not those whom another statement names",
        _PRINCIPAL,
        warnings=("deny-names-account",),
    ),
    OpenQuestion(
        "Z8",
        "What does a Resource other than `*` in a key policy mean?",
        "it has to match the ARN of the key the policy belongs to",
        "nothing: the key policy is about its own key whatever Resource says",
        f"{_KMS}key-policy-overview.html",
    ),
    OpenQuestion(
        "Z9",
        "What has a federated user for whom no session policies were passed?",
        "nothing through identity policies; key policies that name the session count",
        "what the identity policies of the user allow who made the session",
        _LOGIC,
        warnings=("federated-user-without-session-policies",),
    ),
    OpenQuestion(
        "Z10",
        "Do boundary and session policies that do not allow it limit what a wildcard principal allows?",
        "no, as AWS documents it for a wildcard with a condition on aws:PrincipalArn; not the strictest answer",
        "they do",
        _LOGIC,
        warnings=("wildcard-not-limited",),
    ),
    OpenQuestion(
        "Z11",
        "Is ListRetirableGrants about every resource or about the retiring principal?",
        "about the retiring principal that the request names",
        "about `*`",
        f"{_API}API_ListRetirableGrants.html",
        settled="the API Reference says that the retiring principal is the resource (S4)",
    ),
    OpenQuestion(
        "Z12",
        "Does a Resource other than `*` match operations without a key?",
        "only what matches the text `*` does",
        "a pattern matches where partition, Region and account do",
        f"{_KMS}kms-api-permissions-reference.html",
        settled="AWS's own refusals name the resource `*` (S1)",
    ),
    OpenQuestion(
        "Z13",
        "What does a plain operator say where its list of values is empty?",
        "Allow: false; Deny: true",
        "the other way round: IAM Access Analyzer's page contradicts itself",
        _CHECKS,
        warnings=("empty-value-list",),
    ),
    OpenQuestion(
        "Z14",
        "What does an empty Condition element mean?",
        "Allow: the statement does not apply; Deny: it applies",
        "the same for both: the statement has no condition, or no effect",
        _CHECKS,
        warnings=("empty-condition",),
    ),
    OpenQuestion(
        "Z15",
        "Does a bare `*` under an ARN operator match every ARN?",
        "Allow: no; Deny: yes",
        "it does or it does not, for both alike",
        _OPERATORS,
        warnings=("arn-pattern-bare-star",),
    ),
    OpenQuestion(
        "Z16",
        "Which of two tags or context keys is compared that differ only in case?",
        _BOTH,
        "one of them",
        f"{_IAM}access_tags.html",
        warnings=("tag-key-case", "encryption-context-key-case", "context-key-twice"),
    ),
    OpenQuestion(
        "Z17",
        "Which addresses does an IPv6 address without prefix length stand for?",
        "Allow: itself alone (/128); Deny: all of its /32",
        "the page says /32 for every address without prefix length",
        _OPERATORS,
        warnings=("bare-ipv6-address",),
    ),
    OpenQuestion(
        "Z18",
        "How does the second key policy of a shared key (AWS_RAM) combine with the first?",
        "it is not modelled: what it allows does not count",
        "what it allows counts as what the key policy allows",
        f"{_API}API_GetKeyPolicy.html",
    ),
    OpenQuestion(
        "Z19",
        "Does the silence of limits keep somebody from retiring a grant?",
        "of service control policies: yes; of boundary and session policies: where an identity policy is needed",
        "the grant alone decides",
        f"{_KMS}grant-delete.html",
        warnings=("retirement-limited",),
    ),
    OpenQuestion(
        "Z20",
        "Does NotPrincipal spare a principal whose account, or a session whose role, is not listed?",
        "no",
        "it may",
        f"{_IAM}reference_policies_elements_notprincipal.html",
        settled="a session is spared only where account, role and session are listed (S3)",
    ),
    OpenQuestion(
        "Z21",
        "Do policy variables work under Bool?",
        _BOTH,
        "they do, or they stand for themselves: two pages contradict each other",
        _OPERATORS,
        warnings=("variable-under-bool",),
    ),
    OpenQuestion(
        "Z22",
        "What does a NotResource mean that has a variable without value?",
        "Allow: the statement does not apply; Deny: it applies",
        "the element matches no resource",
        _VARIABLES,
        warnings=("unresolved-variable",),
    ),
    OpenQuestion(
        "Z23",
        "What does an asterisk inside a field of an ARN span?",
        "Allow: this one field; Deny: anything",
        "one of the two for both; at the end of a field it spans what follows (S2)",
        _RESOURCE,
        warnings=("resource-pattern",),
    ),
    OpenQuestion(
        "Z24",
        "Is a list of values that holds only an empty text a list without values?",
        _BOTH,
        "yes, as the page of 2023 says, or no, since the sentence is gone",
        _SETS,
        warnings=("empty-string-as-no-value",),
    ),
    OpenQuestion(
        "Z25",
        "Is it an explicit deny where no service control policy allows?",
        "no, an implicit one; the request is denied either way",
        "AWS's page of 2023 called it an explicit deny",
        f"{_ORG}orgs_manage_policies_scps_evaluation.html",
    ),
    OpenQuestion(
        "Z26",
        "Does the root user of another account need an identity policy there?",
        "no: root users are exempt from the default deny; not the strictest answer",
        "it does, and then may nothing, for it can have none",
        _LOGIC,
        warnings=("external-root-user",),
    ),
    OpenQuestion(
        "Z27",
        "Are wildcards inside the value of a policy variable live?",
        "Allow: no; Deny: yes",
        "the same for both",
        _VARIABLES,
        warnings=("wildcard-in-variable",),
    ),
    OpenQuestion(
        "Z28",
        "Does a grant with SourceArn serve a user or role that calls directly?",
        "no",
        "yes: the constraint is evaluated only where a service calls",
        _GRANTS,
        warnings=("grant-with-source-arn",),
    ),
    OpenQuestion(
        "Z29",
        "Do omitted parameters have their default in the request (waiting period, rotation period, message type)?",
        _BOTH,
        "they have, or the condition key is absent",
        _CONDITIONS,
        warnings=("default-of-omitted-parameter",),
    ),
    OpenQuestion(
        "Z30",
        "What do kms:ResourceAliases and aws:ResourceTag say in a key policy, where AWS KMS does not support them?",
        "both readings, of the real value and of an absent condition key",
        "one of the two",
        f"{_KMS}abac.html",
        warnings=("iam-only-key-in-key-policy", "aliases-over-quota"),
    ),
    OpenQuestion(
        "Z31",
        "Do calls of AWS services carry aws:PrincipalAccount and kms:CallerAccount?",
        "no",
        "they carry the account of the service",
        _KEYS,
    ),
    OpenQuestion(
        "Z32",
        "How exactly does AWS KMS check that the caller of PutKeyPolicy can call it again?",
        "by the full decision about kms:PutKeyPolicy under the new policy",
        "by the key policy alone, whatever conditions and organization say",
        f"{_API}API_PutKeyPolicy.html",
    ),
)

OPEN_QUESTION: Mapping[str, OpenQuestion] = keyed((row.code, row) for row in OPEN_QUESTIONS)

QUESTIONS_BEHIND: Mapping[str, tuple[str, ...]] = {
    warning: tuple(row.code for row in OPEN_QUESTIONS if warning in row.warnings)
    for warning in dict.fromkeys(warning for row in OPEN_QUESTIONS for warning in row.warnings)
}
"""The codes of the open questions that a warning is about, by the warning's code."""
