"""Who could still change a key policy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.lockout import Circumstances, Lockout, check_lockout

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
NOW = Circumstances(datetime(2026, 1, 1, tzinfo=UTC))
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}


def _check(*statements: dict[str, Any], caller: str | None = None, **more: Any) -> Lockout:
    scenario = Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": {"Version": "2012-10-17", "Statement": list(statements)}}},
            "principals": {
                "role/admin": {"policies": [ADMINISTRATOR]},
                "role/other": {},
                "arn:aws:iam::444455556666:role/partner": {"policies": [ADMINISTRATOR]},
            },
            **more,
        }
    )
    return check_lockout(scenario.evaluator, scenario.world.keys["app"], NOW, caller=caller)


def _allow(*principals: str, action: str = "kms:*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action, "Resource": "*", **more}


def _left(lockout: Lockout) -> list[str]:
    return [each.principal.rpartition(":")[2] for each in lockout.left]


def test_a_policy_that_delegates_leaves_root_and_those_whose_policies_allow_it() -> None:
    lockout = _check(_allow(ROOT))
    assert _left(lockout) == ["root", "role/admin"]
    assert not lockout.found


def test_external_principals_are_never_left() -> None:
    partner = "arn:aws:iam::444455556666:role/partner"
    lockout = _check(_allow(partner, "arn:aws:iam::444455556666:root"), caller=partner)
    assert _left(lockout) == []
    assert lockout.caller is not None
    assert lockout.caller.decision == "implicitDeny"
    assert lockout.found


def test_principals_that_only_the_policy_names_are_asked_too_and_once() -> None:
    new = f"arn:aws:iam::{ACCOUNT}:user/new"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/one"
    lockout = _check(_allow(new, session, "999988887777", "AIDAEXAMPLE", "*", action="kms:PutKeyPolicy"), _allow(new))
    assert _left(lockout) == ["root", "role/admin", "role/other", "user/new", "assumed-role/build/one"]


def test_the_whole_decision_counts_and_not_the_key_policy_alone() -> None:
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:Put*", "Resource": "*"}]}
    organization = {
        "id": "o-exampleorgid",
        "management_account": "999988887777",
        "accounts": {
            ACCOUNT: {"path": "o-exampleorgid/r-ab12/", "service_control_policies": [[ADMINISTRATOR, deny]]},
        },
    }
    lockout = _check(_allow(ROOT), caller="role/admin", organization=organization)
    assert lockout.caller is not None
    assert lockout.caller.decision == "explicitDeny"
    assert _left(lockout) == []


def test_a_policy_without_put_key_policy_locks_its_caller_out() -> None:
    lockout = _check(_allow(f"arn:aws:iam::{ACCOUNT}:role/admin", action="kms:Decrypt"), caller="role/admin")
    assert lockout.found
    assert lockout.left == ()
    assert lockout.maybe == ()


def test_a_caller_who_is_accepted_is_no_finding() -> None:
    assert not _check(_allow(ROOT), caller="role/admin").found


def test_conditions_that_the_request_does_not_meet_are_told_apart() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    lockout = _check(_allow(f"arn:aws:iam::{ACCOUNT}:role/admin", Condition=condition))
    assert lockout.left == ()
    assert [(each.principal, each.missing_context) for each in lockout.maybe] == [
        (f"arn:aws:iam::{ACCOUNT}:role/admin", ("aws:SourceVpce",))
    ]
    assert lockout.found


def test_a_caller_that_means_nobody_is_a_fault() -> None:
    with pytest.raises(InputError, match="malformed principal"):
        _check(_allow(ROOT), caller="admin role")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            _allow("*", Condition={"StringEquals": {"aws:ResourceTag/team": "x"}}),
            "`aws:ResourceTag/team` is not permitted",
        ),
        (
            _allow("*", Condition={"ForAllValues:StringEquals": {"kms:EncryptionContext:a": "x"}}),
            "OverlyPermissiveCondition",
        ),
        (
            _allow("*", Condition={"ForAllValues:StringEquals": {"aws:RequestTag/team": "x"}}),
            "OverlyPermissiveCondition",
        ),
        (_allow(f"arn:aws:iam::{ACCOUNT}:role/misspelt"), "role/misspelt` does not exist"),
        (_allow(f"arn:aws:sts::{ACCOUNT}:assumed-role/misspelt/one"), "assumed-role/misspelt/one` does not exist"),
        ({**_allow("*"), "Principal": {"Service": "s3.amazonaws.co"}}, "has not the ending"),
    ],
)
def test_what_aws_kms_refuses_from_anybody_is_a_finding(statement: dict[str, Any], said: str) -> None:
    lockout = _check(_allow(ROOT), statement, caller="role/admin")
    assert lockout.found
    assert any(said in each for each in lockout.refusals)


def test_principals_that_are_described_or_of_elsewhere_exist() -> None:
    named = (f"arn:aws:iam::{ACCOUNT}:role/admin", f"arn:aws:sts::{ACCOUNT}:assumed-role/other/one", ROOT)
    others = ("arn:aws:iam::999988887777:role/theirs", f"arn:aws:iam::{ACCOUNT}:role/aws:ec2-infrastructure")
    assert _check(_allow(*named, *others)).refusals == ()


HIDDEN = {"role/hidden": {"policies": [{"unknown": "AccessDenied", "address": "iam:GetRolePolicy"}]}}
DELEGATES_ALL = _allow(ROOT, Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}})


def test_who_hangs_on_something_unknown_is_neither_left_nor_refused() -> None:
    deny_root = {**_allow(ROOT), "Effect": "Deny", "Condition": {"ArnLike": {"aws:PrincipalArn": ROOT}}}
    found = _check(DELEGATES_ALL, deny_root, caller="role/hidden", principals=HIDDEN)
    assert (found.found, found.open, found.left) == (False, True, ())
    assert [each.principal.rpartition("/")[2] for each in found.undetermined] == ["hidden"]


def test_somebody_who_is_left_for_sure_makes_the_rest_no_question() -> None:
    found = _check(DELEGATES_ALL, principals=HIDDEN)
    assert (found.found, found.open) == (False, False)
