"""Each operator's comparison, in both readings where AWS leaves one open."""

from __future__ import annotations

import pytest

from kms_eval.language.operators import OPERATORS

CASES = [
    # operator, policy value, request value, strict, generous
    ("StringEquals", "a*", "ab", False, False),
    ("StringEquals", "a*", "a*", True, True),
    ("StringEqualsIgnoreCase", "Prod", "pROD", True, True),
    ("StringLike", "a*b?", "axxbc", True, True),
    ("StringLike", "a*", "A", False, False),
    ("NumericEquals", "7", "7.0", True, True),
    ("NumericEquals", "1e2", "100", True, True),
    ("NumericLessThan", "10", "9", True, True),
    ("NumericLessThan", "10", "10", False, False),
    ("NumericGreaterThanEquals", "-1", "-1.0", True, True),
    ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True, True),
    ("DateEquals", "2026-01-01", "2026-01-01T01:00:00+01:00", True, True),
    ("DateEquals", "2026", "2026-01-01T00:00:00Z", True, True),
    ("DateLessThan", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.4Z", True, True),
    ("DateGreaterThan", "2026-01", "2026-02", True, True),
    ("Bool", "TRUE", "true", True, True),
    ("Bool", "true", "false", False, False),
    ("BinaryEquals", "QUI=", "QUI=", True, True),
    ("BinaryEquals", "QUI=", "QUM=", False, False),
    ("IpAddress", "203.0.113.9/24", "203.0.113.200", True, True),
    ("IpAddress", "203.0.113.0/24", "2001:db8::1", False, False),
    ("IpAddress", "2001:db8::1", "2001:db8::1", True, True),
    ("IpAddress", "2001:db8::1", "2001:db8::2", False, True),
    ("ArnLike", "arn:aws:iam::*:role/x*", "arn:aws:iam::111122223333:role/xy", True, True),
    ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::111122223333:role/xy", False, False),
    ("ArnEquals", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b:c", True, True),
    ("ArnLike", "*", "arn:aws:s3:::a", False, True),
    ("ArnLike", "arn:aws:s3:::a", "not an arn", False, False),
]


@pytest.mark.parametrize(("name", "policy", "value", "strict", "generous"), CASES)
def test_comparison(name: str, policy: str, value: str, strict: bool, generous: bool) -> None:
    row = OPERATORS[name]
    prepared = row.read_text(policy)
    assert row.matches(prepared, row.parse(value), False) is strict
    assert row.matches(prepared, row.parse(value), True) is generous


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NumericEquals", "seven"),
        ("NumericEquals", "nan"),
        ("NumericEquals", "\u0661"),
        ("NumericEquals", "1e99999999"),
        ("DateEquals", "2026-13-01"),
        ("DateEquals", "2026-01-01T25:00Z"),
        ("DateEquals", "2026-*"),
        ("DateEquals", "9999-12-31T23:59:59+99:99"),
        ("Bool", "yes"),
        ("BinaryEquals", "not base64!"),
        ("IpAddress", "203.0.113.0/33"),
        ("IpAddress", "somewhere"),
        ("Null", "maybe"),
    ],
)
def test_malformed_policy_values_are_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"`"):
        OPERATORS[name].read_text(text)


def test_every_negated_operator_has_its_positive_twin() -> None:
    for name, row in OPERATORS.items():
        if row.negated:
            twin = OPERATORS[name.replace("Not", "")]
            assert (twin.read, twin.parse, twin.type) == (row.read, row.parse, row.type)
            assert not twin.negated
