"""Requests name callers and keys in many ways; each name means one thing or is refused."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping

import pytest

from kms_eval.errors import InputError
from kms_eval.world.index import index_of
from kms_eval.world.load import from_dict
from kms_eval.world.model import Session, World
from kms_eval.world.names import resolve_caller, resolve_key

HERE, THERE = "111122223333", "999999999999"
DELEGATING = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}
KEYS: dict[str, Mapping[str, object]] = {
    "app": {"policy": DELEGATING, "key_id": "11111111-1111-1111-1111-111111111111", "aliases": ["alias/app"]},
    "other": {"policy": DELEGATING, "account": THERE, "key_id": "22222222-2222-2222-2222-222222222222"},
    "theirs": {"policy": DELEGATING, "account": THERE, "aliases": ["alias/app", "alias/theirs"]},
    "alone": {"policy": DELEGATING, "account": "555555555555", "aliases": ["alias/alone", "alias/two"]},
    "two": {"policy": DELEGATING, "account": "666666666666", "aliases": ["alias/two"]},
    "primary": {"policy": DELEGATING, "key_id": "mrk-1234", "primary_region": "us-east-1"},
    "replica": {"policy": DELEGATING, "key_id": "mrk-1234", "region": "eu-west-1", "primary_region": "us-east-1"},
    "far": {"policy": DELEGATING, "region": "eu-west-1", "aliases": ["alias/far"]},
    "farther": {"policy": DELEGATING, "region": "eu-west-1", "account": THERE, "aliases": ["alias/far"]},
}


def world(**sections: object) -> World:
    return from_dict({"account": HERE, "keys": KEYS, **sections}).world


def caller_fault(where: World, text: str, session: Session | None = None) -> str:
    with pytest.raises(InputError) as caught:
        resolve_caller(where, text, session)
    return str(caught.value)


def key_fault(where: World, text: str | None) -> str:
    with pytest.raises(InputError) as caught:
        resolve_key(where, text)
    return str(caught.value)


# Callers


def test_a_user_is_the_record_of_the_scenario() -> None:
    where = world(principals={"user/alice": {"tags": {"a": "b"}}})
    caller = resolve_caller(where, "user/alice")
    assert caller.kind == "user"
    assert caller.arn == f"arn:aws:iam::{HERE}:user/alice"
    assert caller.principal is where.principals[caller.arn]
    assert caller.session is None


@pytest.mark.parametrize("text", ["user/nobody", f"arn:aws:iam::{THERE}:role/a/nobody"])
def test_a_principal_that_no_one_mentions_is_a_caller_without_policies(text: str) -> None:
    principal = resolve_caller(world(), text).principal
    assert principal is not None
    assert not principal.known
    assert principal.policies == ()
    assert principal.name == "nobody"


def test_names_differ_by_case_and_path() -> None:
    where = world(principals={"user/alice": {}, "role/team/admin": {}})
    for text in ("user/Alice", "user/team/alice", "role/admin"):
        principal = resolve_caller(where, text).principal
        assert principal is not None
        assert not principal.known


def test_a_role_is_some_session_of_it() -> None:
    caller = resolve_caller(world(), "role/team/admin")
    assert (caller.kind, caller.arn) == ("role", f"arn:aws:iam::{HERE}:role/team/admin")
    assert caller.session is None


def test_a_session_name_makes_the_role_a_session() -> None:
    caller = resolve_caller(world(), "role/team/admin", Session(name="s1", tags={"a": "b"}))
    assert caller.arn == f"arn:aws:sts::{HERE}:assumed-role/admin/s1"
    assert caller.principal is not None
    assert caller.principal.arn == f"arn:aws:iam::{HERE}:role/team/admin"
    assert caller.session is not None
    assert caller.session.tags == {"a": "b"}


def test_a_session_without_a_name_is_still_some_session_of_the_role() -> None:
    session = Session(tags={"a": "b"})
    caller = resolve_caller(world(), "role/admin", session)
    assert caller.arn == f"arn:aws:iam::{HERE}:role/admin"
    assert caller.session is session


@pytest.mark.parametrize("text", ["assumed-role/Admin/s1", f"arn:aws:sts::{HERE}:assumed-role/admin/s1"])
def test_an_assumed_role_has_the_record_of_its_role_whatever_path_and_case(text: str) -> None:
    where = world(principals={"role/team/admin": {"tags": {"a": "b"}}, f"arn:aws:iam::{THERE}:role/admin": {}})
    caller = resolve_caller(where, text)
    assert caller.principal is where.principals[f"arn:aws:iam::{HERE}:role/team/admin"]
    assert caller.arn == f"arn:aws:sts::{HERE}:assumed-role/admin/s1"
    assert caller.session is not None
    assert (caller.session.name, caller.session.policies) == ("s1", ())


def test_a_user_is_no_role_of_that_name() -> None:
    where = world(principals={"user/admin": {}})
    principal = resolve_caller(where, "assumed-role/admin/s1").principal
    assert principal is not None
    assert (principal.kind, principal.known) == ("role", False)


def test_what_an_assumed_role_passed_is_added_to_its_name() -> None:
    caller = resolve_caller(world(), "assumed-role/admin/s1", Session(tags={"a": "b"}, source_identity="x"))
    assert caller.session is not None
    assert (caller.session.name, caller.session.tags, caller.session.source_identity) == ("s1", {"a": "b"}, "x")


def test_a_session_has_one_name() -> None:
    assert resolve_caller(world(), "assumed-role/admin/s1", Session(name="s1")).session is not None
    assert "leave one out" in caller_fault(world(), "assumed-role/admin/s1", Session(name="s2"))
    assert "leave one out" in caller_fault(world(), "federated-user/bob", Session(name="eve"))


@pytest.mark.parametrize("name", ["a/b", "a b", "a:b", "*", "ä"])
def test_a_session_name_has_no_other_characters(name: str) -> None:
    assert "malformed session name" in caller_fault(world(), "role/admin", Session(name=name))
    assert "malformed session name" in caller_fault(world(), "user/alice", Session(name=name))


def test_a_role_that_only_a_key_policy_names_is_found_with_its_path() -> None:
    """Else a Deny that names a role with a path would not reach the sessions of that role."""
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": f"arn:aws:iam::{HERE}:role/team/admin"},
        "Action": "kms:*",
        "Resource": "*",
    }
    where = world(keys={"app": {"policy": {"Statement": [statement]}}})
    principal = resolve_caller(where, "assumed-role/Admin/s1").principal
    assert principal is not None
    assert (principal.arn, principal.known) == (f"arn:aws:iam::{HERE}:role/team/admin", False)


def test_so_is_one_that_a_grant_a_condition_or_an_endpoint_names() -> None:
    def names(name: str) -> dict[str, object]:
        condition = {
            "ArnEquals": {"AWS:principalArn": f"arn:aws:iam::{HERE}:role/path/{name}"},
            "Bool": {"aws:SecureTransport": "true"},
        }
        return {"Statement": {**DELEGATING["Statement"], "Condition": condition}}

    grant = {
        "GranteePrincipal": f"arn:aws:iam::{HERE}:role/path/grantee",
        "RetiringPrincipal": f"arn:aws:iam::{HERE}:user/path/grantee",
        "Operations": ["Decrypt"],
    }
    where = world(
        keys={"app": {"policy": names("conditional"), "grants": [grant]}},
        vpc_endpoints={"vpce-1": {"policy": names("endpoint")}, "vpce-2": {}},
        organization={
            "id": "o-1",
            "management_account": THERE,
            "accounts": {
                HERE: {
                    "path": "o-1/r-1/",
                    "service_control_policies": [
                        [
                            {
                                "Statement": {
                                    "Effect": "Deny",
                                    "Action": "*",
                                    "Resource": "*",
                                    "Condition": {
                                        "ArnNotEquals": {
                                            "aws:PrincipalArn": [
                                                f"arn:aws:iam::{HERE}:role/path/organized",
                                                f"arn:aws:iam::{HERE}:role/wild/*",
                                            ]
                                        }
                                    },
                                }
                            }
                        ]
                    ],
                }
            },
        },
    )
    for name in ("conditional", "grantee", "endpoint", "organized"):
        principal = resolve_caller(where, f"assumed-role/{name}/s").principal
        assert principal is not None
        assert principal.path == "/path/"


def test_several_roles_of_one_name_are_told_apart_by_the_user() -> None:
    where = world(principals={"role/admin": {}, "role/team/Admin": {}})
    fault = caller_fault(where, "assumed-role/admin/s1")
    assert f"name the role, and the session in `session.name`: `arn:aws:iam::{HERE}:role/admin`" in fault
    assert resolve_caller(where, "role/admin", Session(name="s1")).arn.endswith("assumed-role/admin/s1")


def test_a_federated_user_is_of_a_user_that_is_not_known() -> None:
    caller = resolve_caller(world(), "federated-user/bob", Session(tags={"a": "b"}))
    assert (caller.kind, caller.principal) == ("federated-user", None)
    assert caller.arn == f"arn:aws:sts::{HERE}:federated-user/bob"
    assert caller.session is not None
    assert (caller.session.name, caller.session.tags) == ("bob", {"a": "b"})


def test_a_users_session_is_that_of_a_federated_user() -> None:
    where = world(principals={"user/alice": {}})
    caller = resolve_caller(where, "user/alice", Session(name="bob"))
    assert (caller.kind, caller.arn) == ("federated-user", f"arn:aws:sts::{HERE}:federated-user/bob")
    assert caller.principal is where.principals[f"arn:aws:iam::{HERE}:user/alice"]
    assert "set `session.name`" in caller_fault(where, "user/alice", Session())


@pytest.mark.parametrize("text", ["root", "s3.amazonaws.com"])
def test_root_and_services_have_no_session(text: str) -> None:
    assert resolve_caller(world(), text).principal is None
    assert "leave `session` out" in caller_fault(world(), text, Session(name="s"))


def test_a_service_is_of_no_account() -> None:
    caller = resolve_caller(world(), "s3.amazonaws.com")
    assert (caller.kind, caller.arn, caller.account) == ("service", "s3.amazonaws.com", None)


def test_a_bare_name_is_refused_with_whom_it_may_mean() -> None:
    where = world(principals={"role/team/admin": {}, f"arn:aws:iam::{THERE}:user/alice": {}})
    assert caller_fault(where, "admin") == "malformed principal `admin` (did you mean `role/team/admin`?)"
    assert f"did you mean `arn:aws:iam::{THERE}:user/alice`?" in caller_fault(where, "alice")
    assert "a principal is `role/NAME`" in caller_fault(where, "nobody")


# Keys


@pytest.mark.parametrize(
    ("text", "handle", "alias"),
    [
        ("app", "app", None),
        ("11111111-1111-1111-1111-111111111111", "app", None),
        (f"arn:aws:kms:us-east-1:{HERE}:key/11111111-1111-1111-1111-111111111111", "app", None),
        (f"arn:aws:kms:us-east-1:{HERE}:alias/app", "app", "alias/app"),
        (f"arn:aws:kms:us-east-1:{THERE}:alias/app", "theirs", "alias/app"),
        ("alias/theirs", "theirs", "alias/theirs"),
        ("alias/app", "app", "alias/app"),
        ("mrk-1234", "primary", None),
        (f"arn:aws:kms:eu-west-1:{HERE}:key/mrk-1234", "replica", None),
        ("22222222-2222-2222-2222-222222222222", "other", None),
        ("alias/far", "far", "alias/far"),
    ],
)
def test_a_key_goes_by_many_names(text: str, handle: str, alias: str | None) -> None:
    reference = resolve_key(world(), text)
    assert (reference.key.handle, reference.alias) == (handle, alias)


def test_a_handle_comes_before_the_id_of_another_key() -> None:
    keys = {"a": {"policy": DELEGATING, "key_id": "b"}, "b": {"policy": DELEGATING}}
    assert resolve_key(world(keys=keys), "b").key.handle == "b"


def test_a_bare_alias_is_looked_up_in_the_callers_own_account_first() -> None:
    where = world()
    stranger = resolve_caller(where, f"arn:aws:iam::{THERE}:role/x")
    assert resolve_key(where, "alias/app", caller=stranger).key.handle == "theirs"
    assert resolve_key(where, "alias/app", caller=resolve_caller(where, "s3.amazonaws.com")).key.handle == "app"
    elsewhere = resolve_caller(where, "arn:aws:iam::555555555555:role/x")
    assert resolve_key(where, "alias/app", caller=elsewhere).key.handle == "app"


def test_a_name_of_several_keys_elsewhere_is_ambiguous() -> None:
    fault = key_fault(world(), "alias/two")
    assert "`alias/two` may be several keys (name one by its ARN: `arn:aws:kms:us-east-1:555555555555:key/" in fault
    assert "arn:aws:kms:us-east-1:666666666666:key/" in fault


def test_two_replicas_outside_the_scenarios_region_are_ambiguous() -> None:
    keys = {
        region: {"policy": DELEGATING, "key_id": "mrk-1", "region": region} for region in ("eu-west-1", "eu-west-2")
    }
    assert "may be several keys" in key_fault(world(keys=keys), "mrk-1")


def test_no_name_is_the_only_key() -> None:
    only = world(keys={"app": KEYS["app"]})
    assert resolve_key(only, None).key.handle == "app"
    assert "the request names no key, and the scenario has 9 (name one: `app`, `other`" in key_fault(world(), None)
    assert key_fault(world(keys={}), None) == "the scenario has no key (describe one in `keys`)"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("ap", "did you mean `app`?"),
        ("alias/apq", "did you mean `alias/app`?"),
        ("mrk-1235", "did you mean `mrk-1234`?"),
        ("something-else-entirely", "the scenario has `app`, `other`"),
        (f"arn:aws:kms:us-east-2:{THERE}:alias/app", f"did you mean `arn:aws:kms:us-east-1:{THERE}:alias/app`?"),
        (f"arn:aws:kms:us-east-1:{THERE}:alias/apq", f"did you mean `arn:aws:kms:us-east-1:{THERE}:alias/app`?"),
        (f"arn:aws:kms:eu-north-1:{'8' * 12}:key/mrk-1234", ":key/mrk-1234`?"),
        ("arn:aws:iam::1:role/x", "a key's ARN is written"),
        (f"arn:aws:kms:ap-southeast-2:{'8' * 12}:alias/nothing/like/it", "the scenario has `app`, `other`"),
        ("arn:", "a key's ARN is written"),
        ("", "the scenario has"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(text: str, advice: str) -> None:
    fault = key_fault(world(), text)
    assert fault.startswith(f"the scenario has no key `{text}`")
    assert advice in fault


def test_in_a_world_without_keys_none_is_known() -> None:
    assert key_fault(world(keys={}), "app") == "the scenario has no key `app` (describe it in `keys`)"


def test_the_index_does_not_keep_its_world_alive() -> None:
    where = world()
    resolve_key(where, "alias/app")
    assert index_of(where) is index_of(where)
    reference = weakref.ref(where)
    del where
    gc.collect()
    assert reference() is None
