"""ARNs taken apart and compared field by field."""

from __future__ import annotations

import pytest

from kms_eval.language.arn import completed, field_matcher, parse, resource_matcher

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        (KEY, True),
        ("arn:aws:kms:*:111122223333:key/*", True),
        ("arn:aws:kms:us-east-?:111122223333:key/12*", True),
        ("arn:aws:kms:*", True),
        ("arn:aws:kms:us-east-1:*", True),
        ("arn:aws:kms:us*", True),
        ("arn:aws:kms:us-west-2:*", False),
        ("arn:aws:*:us-east-1:111122223333:key/1234", False),
        ("arn:aws:kms:*:key/1234", True),
        ("arn:aws:kms:us-*:key/1234", True),
        ("arn:aws*:key/1234", True),
        ("arn:aws:kms:us*1:key/1234", False),
        ("arn:aws:kms:us?:key/1234", False),
        ("arn:aws:kms:*:alias/1234", False),
        ("arn:aws:*:key/1234", False),
        ("arn:aws:kms:us-east-1:111122223333:alias/*", False),
        ("arn:aws:kms", False),
        ("key/1234", False),
        ("1234", False),
        ("ARN:aws:kms:us-east-1:111122223333:key/1234", False),
    ],
)
def test_the_strict_reading_of_a_resource_pattern(pattern: str, expected: bool) -> None:
    assert resource_matcher(pattern)(KEY) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:kms", "arn:aws:kms:*:*:*"),
        ("arn:aws:kms:us-east-1", "arn:aws:kms:us-east-1:*:*"),
        ("arn:aws:kms:us-east-1:", "arn:aws:kms:us-east-1::*"),
        (KEY, None),
        ("*", None),
        ("kms", None),
    ],
)
def test_an_arn_that_lacks_fields_has_an_asterisk_in_each(pattern: str, expected: str | None) -> None:
    assert completed(pattern) == expected


def test_arn_like_confines_wildcards_to_their_field() -> None:
    match = field_matcher("arn:aws:kms:*:key/1234")
    assert match is None
    match = field_matcher("arn:*:kms:*:*:key/*")
    assert match is not None
    assert match(KEY)
    assert not match("arn:aws:kms:us-east-1:1111:2222:key/1234")


@pytest.mark.parametrize(
    "text", ["", "arn", "arn:aws:kms:us-east-1:1", "arn::kms:::x", "x:aws:kms:r:a:k", "arn:aws:kms:r:a:"]
)
def test_what_is_no_arn(text: str) -> None:
    assert parse(text) is None


def test_parts() -> None:
    arn = parse("arn:aws-cn:sts:cn-north-1:111122223333:assumed-role/a/b:c")
    assert arn is not None
    assert (arn.partition, arn.region, arn.resource) == ("aws-cn", "cn-north-1", "assumed-role/a/b:c")
    assert str(arn) == "arn:aws-cn:sts:cn-north-1:111122223333:assumed-role/a/b:c"
