"""What is easier to say in Python: many principals, many actions, one sentence."""

import pytest

pytestmark = pytest.mark.kms_scenario("../kms/payments.kms.yaml")

AUDITOR = "arn:aws:iam::444455556666:role/auditor"
STRANGERS = ["role/anybody", "user/anybody", "arn:aws:iam::999999999999:role/anybody"]


@pytest.mark.parametrize("principal", STRANGERS)
@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:DescribeKey", "kms:PutKeyPolicy", "kms:CreateGrant"])
def test_strangers_get_nothing(kms, principal, action):
    assert not kms.can(principal, action, encryption_context={"service": "payments"}, stranger=True)


@pytest.mark.parametrize("action", ["kms:Encrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy"])
def test_the_service_gets_nothing_but_what_it_needs(kms, action):
    assert not kms.can("role/payments-api", action, encryption_context={"service": "payments"})


def test_the_account_is_not_locked_out(kms):
    assert kms.can("root", "kms:PutKeyPolicy")


def test_auditors_only_look(kms):
    decision = kms.can(AUDITOR, "kms:Decrypt")
    assert not decision
    assert decision.reason_code == "no-key-policy-allows"
