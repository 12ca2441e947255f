"""Who can, as text, JSON and CSV."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO

from kms_eval.analysis.access.access_matrix import Person
from kms_eval.analysis.access.who_can import Finding, Who, WhoCan
from kms_eval.render.who_can import render, render_csv, render_json


def person(label: str, kind: str = "role") -> Person:
    return Person(f"arn:aws:iam::111122223333:{label}", label, kind, described=True)


def answer(*who: Who, key: str | None = "app") -> WhoCan:
    finding = Finding("kms:Decrypt", key, key and f"arn:of:{key}", who)
    return WhoCan(datetime(2026, 1, 1, tzinfo=UTC), (finding,))


ALWAYS = Who(person("role/a"), "always", "the key policy allows it directly", ('app "Use"',))
SOMETIMES = Who(person("user/long-name"), "conditional", "if Bool a:b `true`", ("grant g1", "p statement 0"))
NEVER = Who(person("role/c"), "never")


def test_three_lists_with_what_is_behind_them() -> None:
    assert render(answer(ALWAYS, SOMETIMES, NEVER)) == (
        "kms:Decrypt on app\n"
        "  always: 1\n"
        '    role/a  the key policy allows it directly [app "Use"]\n'
        "  only under conditions: 1\n"
        "    user/long-name  if Bool a:b `true` [grant g1; p statement 0]\n"
        "  never: 1 (role/c)"
    )


def test_nobody_is_said() -> None:
    assert render(answer(key=None)) == (
        "kms:Decrypt\n  always: nobody\n  only under conditions: nobody\n  never: nobody"
    )


def test_many_who_never_may_are_counted_and_with_reasons_listed() -> None:
    many = [Who(person(f"role/{number}"), "never") for number in range(20)]
    assert render(answer(*many)).endswith("role/11 and 8 more)")
    reasoned = render(answer(Who(person("role/c"), "never", "no identity policy allows it")))
    assert reasoned.endswith("never: 1\n    role/c  no identity policy allows it")


def test_a_long_name_has_a_line_of_its_own() -> None:
    name = "role/" + "x" * 60
    assert f"    {name}\n" in render(answer(Who(person(name), "always", "because"))) + "\n"


def test_json_has_everything() -> None:
    data = json.loads(render_json(answer(ALWAYS, SOMETIMES, NEVER)))
    (finding,) = data["findings"]
    assert data["at"] == "2026-01-01T00:00:00Z"
    assert (finding["action"], finding["key"], finding["key_arn"]) == ("kms:Decrypt", "app", "arn:of:app")
    assert finding["always"] == [
        {
            "principal": "arn:aws:iam::111122223333:role/a",
            "kind": "role",
            "described": True,
            "reason": "the key policy allows it directly",
            "by": ['app "Use"'],
        }
    ]
    assert finding["conditional"][0]["conditions"] == "if Bool a:b `true`"
    assert "reason" not in finding["never"][0]


def test_csv_has_a_line_for_each_principal() -> None:
    head, *lines = csv.reader(StringIO(render_csv(answer(ALWAYS, NEVER, key=None))))
    assert head == ["action", "key", "principal", "kind", "answer", "because", "by", "warnings"]
    assert [line[1:5] for line in lines] == [
        ["", "arn:aws:iam::111122223333:role/a", "role", "always"],
        ["", "arn:aws:iam::111122223333:role/c", "role", "never"],
    ]
