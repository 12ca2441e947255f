"""What AWS refuses is refused, kind by kind, and what it stores in vain is said."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import pytest

from kms_eval.documents.model import PolicyKind
from tests.documents.reading import OF_RESOURCES, policy, read, statement

KEY, IDENTITY, BOUNDARY, SESSION = PolicyKind.KEY, PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION
SCP, RCP, ENDPOINT = PolicyKind.SCP, PolicyKind.RCP, PolicyKind.ENDPOINT
EVERY = tuple(PolicyKind)


def at(field: str, *messages: str) -> list[str]:
    return [f"f: Statement[0]{field}: {message}" for message in messages]


@pytest.mark.parametrize("kind", EVERY)
def test_a_plain_statement_is_valid_everywhere(kind: PolicyKind) -> None:
    found = read(policy(kind), kind)
    assert (found.faults, found.notices) == ([], [])
    assert found.policy is not None


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("name", ["Action", "Resource"])
def test_an_element_and_its_negation_exclude_each_other(kind: PolicyKind, name: str) -> None:
    found = read(policy(kind, **{f"Not{name}": "kms:*" if name == "Action" else "arn:aws:kms:*"}), kind)
    assert at(f".Not{name}", f"`{name}` and `Not{name}` exclude each other")[0] in found.faults


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind is not KEY])
@pytest.mark.parametrize("name", ["Action", "Resource"])
def test_one_of_them_is_needed(kind: PolicyKind, name: str) -> None:
    assert read(policy(kind, **{name: None}), kind).faults == at("", f"`{name}` is missing")


@pytest.mark.parametrize(
    ("name", "code"), [("Action", "statement-without-action"), ("Resource", "statement-without-resource")]
)
def test_but_not_in_a_key_policy_where_the_statement_is_void(name: str, code: str) -> None:
    found = read(policy(KEY, **{name: None}))
    assert found.policy is not None
    assert found.notices == [
        f"{code}: f: Statement[0]: a key policy statement without `{name}` is stored and has no effect"
    ]


@pytest.mark.parametrize("kind", [KEY, ENDPOINT, RCP])
def test_policies_of_resources_say_whom_they_are_about(kind: PolicyKind) -> None:
    advice = " (a statement without it belongs into an identity policy)" if kind is KEY else ""
    assert read(policy(kind, Principal=None), kind).faults == at("", f"`Principal` is missing{advice}")


@pytest.mark.parametrize("kind", [KEY, ENDPOINT])
def test_principal_and_not_principal_exclude_each_other(kind: PolicyKind) -> None:
    found = read(policy(kind, NotPrincipal={"AWS": "123456789012"}), kind)
    assert found.faults == at(".NotPrincipal", "`Principal` and `NotPrincipal` exclude each other")


@pytest.mark.parametrize("kind", [KEY, ENDPOINT])
def test_not_principal_needs_a_deny(kind: PolicyKind) -> None:
    elements = {"Principal": None, "NotPrincipal": {"AWS": "123456789012"}}
    assert read(policy(kind, **elements), kind).faults == []
    found = read(policy(kind, **elements, Effect="Allow"), kind)
    assert found.faults == at(".NotPrincipal", "`NotPrincipal` works only with `Deny`")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (BOUNDARY, "`Principal` is not allowed in a permissions boundary"),
        (SESSION, "`Principal` is not allowed in a session policy"),
        (SCP, "`Principal` is not allowed in a service control policy"),
    ],
)
def test_policies_of_identities_are_about_their_holder(kind: PolicyKind, message: str) -> None:
    assert read(policy(kind, Principal="*"), kind).faults == at(".Principal", message)


def test_an_identity_policy_with_a_principal_is_read_and_said() -> None:
    found = read(policy(IDENTITY, Principal={"AWS": "arn:aws:iam::123456789012:role/admin"}), IDENTITY)
    assert found.policy is not None
    assert found.notices == [
        "identity-policy-principal: f: Statement[0].Principal: AWS refuses an identity policy with `Principal`"
    ]


def test_but_the_principal_has_to_be_one() -> None:
    assert read(policy(IDENTITY, Principal={"AWS": "admin"}), IDENTITY).policy is None


@pytest.mark.parametrize("kind", [IDENTITY, BOUNDARY, SESSION, SCP, RCP])
def test_not_principal_is_for_key_and_endpoint_policies(kind: PolicyKind) -> None:
    found = read(policy(kind, Principal=None, NotPrincipal={"AWS": "123456789012"}), kind)
    assert f"f: Statement[0].NotPrincipal: `NotPrincipal` is not allowed in {kind.phrase}" in found.faults


@pytest.mark.parametrize("kind", [IDENTITY, BOUNDARY, SESSION])
@pytest.mark.parametrize("sid", ["Allow use", "a-b", "ü", "a\n", "\u0661"])
def test_a_sid_that_iam_refuses_is_said(kind: PolicyKind, sid: str) -> None:
    found = read(policy(kind, Sid=sid), kind)
    assert found.policy is not None
    assert found.codes == ["identity-policy-sid"]


@pytest.mark.parametrize("kind", [KEY, SCP, RCP, ENDPOINT])
def test_elsewhere_a_sid_may_have_spaces(kind: PolicyKind) -> None:
    assert read(policy(kind, Sid="Allow use of the key"), kind).notices == []


@pytest.mark.parametrize("kind", EVERY)
def test_an_empty_sid_is_none(kind: PolicyKind) -> None:
    value = {"Version": "2012-10-17", "Statement": [statement(kind, Sid=""), statement(kind, Sid="")]}
    found = read(value, kind)
    assert (found.faults, found.notices) == ([], [])


@pytest.mark.parametrize(("kind", "refused"), [(IDENTITY, True), (BOUNDARY, True), (SESSION, True), (KEY, False)])
def test_sids_of_identity_policies_are_distinct(kind: PolicyKind, *, refused: bool) -> None:
    value = {"Version": "2012-10-17", "Statement": [statement(kind, Sid="One"), statement(kind, Sid="One")]}
    faults = [f"f: Statement[1].Sid: Sid `One` is that of statement 0 already (each Sid of {kind.phrase} is its own)"]
    assert read(value, kind).faults == (faults if refused else [])


@pytest.mark.parametrize("kind", EVERY)
def test_only_policies_of_resources_have_an_id(kind: PolicyKind) -> None:
    found = read({**policy(kind), "Id": "x"}, kind)
    assert found.policy is not None
    assert found.codes == ([] if kind in {KEY, ENDPOINT} else ["policy-id"])


@pytest.mark.parametrize("kind", EVERY)
def test_a_version_may_be_missing_but_in_a_resource_control_policy(kind: PolicyKind) -> None:
    found = read({"Statement": [statement(kind)]}, kind)
    assert found.faults == (["f: a resource control policy needs `Version` `2012-10-17`"] if kind is RCP else [])


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind is not KEY])
def test_only_a_key_policy_needs_a_statement(kind: PolicyKind) -> None:
    assert read({"Version": "2012-10-17", "Statement": []}, kind).policy is not None


FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("elements", "faults"),
    [
        (FULL_ACCESS, []),
        ({**FULL_ACCESS, "Sid": "RCPFullAWSAccess"}, []),
        ({**FULL_ACCESS, "Action": "kms:*"}, at(".Effect", "a resource control policy only denies (write `Deny`)")),
        (
            {**FULL_ACCESS, "Condition": {}},
            at(".Effect", "a resource control policy only denies (write `Deny`)")
            + at(".Action", "a resource control policy names services (write `kms:*`)"),
        ),
        ({"Action": ["kms:*", "*"]}, at(".Action[1]", "a resource control policy names services (write `kms:*`)")),
        ({"Action": None, "NotAction": "kms:*"}, at(".NotAction", "`NotAction` is not allowed in a resource control policy")),
        ({"Principal": {"AWS": "*"}}, at(".Principal", 'the principal of a resource control policy is `"*"` (use a condition instead)')),
        ({"Resource": None, "NotResource": "arn:aws:kms:*:*:key/*"}, []),
        ({"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a"}}}, []),
    ],
)  # fmt: skip
def test_the_language_of_resource_control_policies(elements: dict[str, object], faults: list[str]) -> None:
    assert read(policy(RCP, **elements), RCP).faults == faults


@pytest.mark.parametrize("kind", [SCP, IDENTITY])
def test_the_full_language_is_for_allows_too(kind: PolicyKind) -> None:
    elements = {
        "Effect": "Allow",
        "Action": None,
        "NotAction": "kms:*ion",
        "Condition": {"Bool": {"kms:MultiRegion": True}},
    }
    assert read(policy(kind, **elements), kind).faults == []


@pytest.mark.parametrize("name", ["Action", "NotAction"])
@pytest.mark.parametrize(
    ("action", "notice"),
    [
        ("*", None),
        ("**", None),
        ("kms:*", None),
        ("KMS:decrypt", None),
        ("kms:?ecrypt", None),
        ("kms:GenerateDataKey*", None),
        ("kms:**Key", None),
        ("s3:GetObject", None),
        ("*:*", None),
        ("km?:Nothing", None),
        ("kms:SynchronizeMultiRegionKey", None),
        (
            "kms:ReEncrypt",
            "the permissions are `kms:ReEncryptFrom` and `kms:ReEncryptTo`; `kms:ReEncrypt*` covers both",
        ),
        ("kms:Decript", "did you mean `kms:Decrypt`?"),
        ("kms:Nothing", ""),
        ("kms:Get?", ""),
        ("kms:[D]ecrypt", "did you mean `kms:Decrypt`?"),
        ("kms:" + "*a" * 2000, ""),
        ("kms:" + "x" * 5000, ""),
        ("KMS:Decrypt ", "did you mean `kms:Decrypt`?"),
    ],
)
def test_actions_that_aws_does_not_have(name: str, action: str, notice: str | None) -> None:
    found = read(policy(KEY, **{"Action": None, name: ["kms:Decrypt", action]}))
    assert found.faults == []
    if notice is None:
        assert found.notices == []
        return
    (said,) = found.notices
    assert said.startswith(f"unknown-action: f: Statement[0].{name}[1]: `{action[:100]}")
    assert said.endswith(f"matches no action of AWS KMS ({notice})" if notice else "matches no action of AWS KMS")


@pytest.mark.parametrize("action", ["Decrypt", "", ":Decrypt", "kms:", "de*"])
def test_an_action_has_a_service(action: str) -> None:
    (fault,) = read(policy(KEY, Action=action)).faults
    wrong = "names no action after the colon" if action == "kms:" else "has no service before a colon"
    assert fault.startswith(f"f: Statement[0].Action: action `{action}` {wrong}")


@pytest.mark.parametrize("name", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ("*", False),
        ("arn:aws:kms:us-east-1:123456789012:key/*", False),
        ("arn:aws:kms:*", False),
        ("arn:aws:kms:us-east-1:123456789012:alias/${aws:username}-*", False),
        ("*:key/x", False),
        ("alias/app", True),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", True),
        ("", True),
        ("ARN:aws:kms:*", True),
    ],
)
def test_a_resource_is_an_arn(name: str, resource: str, *, said: bool) -> None:
    found = read(policy(IDENTITY, **{"Resource": None, name: resource}), IDENTITY)
    assert found.policy is not None
    assert found.codes == (["resource-not-an-arn"] if said else [])


def test_in_a_key_policy_the_resource_may_say_anything() -> None:
    assert read(policy(KEY, Resource="alias/app")).notices == []


MALFORMED = [
    ("${", "policy variable without its closing brace"),
    ("a${aws:username", "policy variable without its closing brace"),
    ("${}", "empty policy variable `${}`"),
    ("${aws: username}", "malformed policy variable `${aws: username}`"),
]


@pytest.mark.parametrize(("text", "message"), MALFORMED)
@pytest.mark.parametrize("kind", [KEY, IDENTITY])
def test_a_malformed_variable_is_a_fault_where_there_are_variables(kind: PolicyKind, text: str, message: str) -> None:
    resource = f"arn:aws:kms:*:*:key/{text}"
    assert read(policy(kind, Resource=resource), kind).faults == at(".Resource", message)
    assert read({**policy(kind, Resource=resource), "Version": "2008-10-17"}, kind).faults == []
    condition = {"StringLike": {"aws:PrincipalTag/x": ["a", text]}}
    fault = at(".Condition.StringLike.aws:PrincipalTag/x[1]", message)
    assert read(policy(kind, Condition=condition), kind).faults == fault
    assert read({**policy(kind, Condition=condition), "Version": "2008-10-17"}, kind).faults == []


@pytest.mark.parametrize("name", ["Action", "NotAction", "Resource", "NotResource"])
def test_an_empty_list_is_said(name: str) -> None:
    found = read(policy(KEY, **{name.removeprefix("Not"): None, name: []}))
    assert found.policy is not None
    assert found.codes == ["empty-element"]


@pytest.mark.parametrize("principal", [{}, {"AWS": []}, {"AWS": [], "Service": []}])
@pytest.mark.parametrize("name", ["Principal", "NotPrincipal"])
def test_nobody_is_said(name: str, principal: object) -> None:
    found = read(policy(KEY, **{"Principal": None, name: principal}))
    assert found.policy is not None
    assert found.codes == ["empty-element"]
    assert ("a Deny" in found.notices[0]) is (name == "NotPrincipal")


@pytest.mark.parametrize("sid", ["a\u0001", "\u001f", "\b", "\f", "\\\\\u0001"])
def test_a_key_policy_has_no_control_characters(sid: str) -> None:
    assert any("control character U+00" in fault for fault in map(str, read(policy(KEY, Sid=sid)).faults))


@pytest.mark.parametrize("sid", ["a\tb\r\n", "\\u0001", "\\b", "C:\\folder"])
def test_a_key_policy_may_have_line_breaks_and_backslashes(sid: str) -> None:
    assert read(policy(KEY, Sid=sid)).faults == []


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(KEY, 32_768), (IDENTITY, 10_240), (BOUNDARY, 6_144), (SESSION, 6_144), (SCP, 10_240), (RCP, 5_120), (ENDPOINT, 20_480)],
)  # fmt: skip
def test_a_document_that_is_larger_than_its_quota_is_read_and_said_to_be(kind: PolicyKind, limit: int) -> None:
    # The compact text: of a longest document, one character more or less.
    empty = len(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*","Sid":""}]}'
    )
    empty += len('"Principal":"*",') if kind in OF_RESOURCES else 0
    assert read(policy(kind, Sid="x" * (limit - empty)), kind).codes == []
    unit = "bytes" if kind is KEY else "characters"
    found = read(policy(kind, Sid="x" * (limit - empty + 1)), kind)
    assert found.faults == []
    assert found.notices == [f"over-quota: f: has {limit + 1:,} {unit}, more than the {limit:,} of {kind.phrase}"]


def test_key_policies_are_measured_in_bytes() -> None:
    assert read(policy(KEY, Sid="ü" * 16_400)).codes == ["over-quota"]
    assert read(policy(KEY, Sid="u" * 16_400)).codes == []


@pytest.mark.parametrize(("text", "refused"), [("ÿ \t\n", False), ("Ā", True), ("’", True), ("\U0001f511", True)])
def test_key_policies_have_few_characters(text: str, *, refused: bool) -> None:
    found = read(policy(KEY, Sid=text))
    assert bool(found.faults) == refused
    assert read(policy(ENDPOINT, Sid=text), ENDPOINT).faults == []


def test_white_space_does_not_count() -> None:
    spread = "[" + " " * 50_000 + "]"
    text = f'{{"Version": "2012-10-17", "Statement": {spread}}}'
    assert read(text, IDENTITY).faults == []
