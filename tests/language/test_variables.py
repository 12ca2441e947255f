"""Policy variables: values, defaults, escapes, and what is malformed."""

from __future__ import annotations

import pytest

from kms_eval.language.pattern import compile_glob
from kms_eval.language.variables import parse

VALUES = {"aws:username": "alice", "aws:principaltag/star": "a*"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${aws:username}", "alice"),
        ("home/${AWS:UserName}/x", "home/alice/x"),
        ("${aws:none, 'nobody'}", "nobody"),
        ("${aws:none,''}", ""),
        ("${aws:username, 'nobody'}", "alice"),
        ("${*}${?}${$}", "*?$"),
        ("plain $ text {}", "plain $ text {}"),
        ("${aws:none}", None),
    ],
)
def test_filling_in(text: str, filled: str | None) -> None:
    assert parse(text).text(VALUES.get) == filled


@pytest.mark.parametrize("text", ["${", "${}", "a${b", "${a b}", "${a, b}", "${a,'b}", "${${a}}"])
def test_malformed_variables_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="variable"):
        parse(text)


@pytest.mark.parametrize(("live", "expected"), [(False, False), (True, True)])
def test_wildcards_inside_a_value_are_live_only_where_asked(live: bool, expected: bool) -> None:
    glob = parse("${aws:PrincipalTag/star}").glob(VALUES.get, wildcards_in_values=live)
    assert glob is not None
    assert compile_glob(glob)("abc") is expected
    assert compile_glob(glob)("a*")


def test_escapes_are_literal_beside_live_wildcards() -> None:
    glob = parse("what${?}*").glob(VALUES.get, wildcards_in_values=False)
    assert glob is not None
    assert compile_glob(glob)("what? else")
    assert not compile_glob(glob)("whatever")


def test_keys_are_in_lower_case() -> None:
    assert parse("${aws:PrincipalTag/Team}${aws:userid,'x'}").keys == ("aws:principaltag/team", "aws:userid")
