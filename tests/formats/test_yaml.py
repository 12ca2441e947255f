"""YAML has the meaning of YAML 1.2, knows its lines, and has no way to hurt."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from hypothesis import given, strategies as st

from kms_eval.errors import Fault, InputError
from kms_eval.formats import yaml_text
from kms_eval.formats.document import RawDocument
from kms_eval.formats.text import read_text

PARSERS = [yaml.SafeLoader, yaml.CSafeLoader]


@pytest.fixture(params=PARSERS, ids=["python", "c"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "_PARSER", request.param)


def read(text: str) -> RawDocument:
    return read_text(text, "f.yaml", format="yaml")


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("tRUE", "tRUE"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("nULL", "nULL"),
        ("2012-10-17", "2012-10-17"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("123456789012", 123456789012),
        ("012345678901", "012345678901"),
        ("-012", "-012"),
        ("00.5", "00.5"),
        ("1_000", "1_000"),
        ("0", 0),
        ("+7", 7),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", "0b11"),
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("1.", Decimal(1)),
        ("1e3", Decimal("1E+3")),
        (".", "."),
        ("-", None),
        ("+", "+"),
        ("1.2.3.4", "1.2.3.4"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!float 12", Decimal(12)),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("<<", "<<"),
        ("kms:*", "kms:*"),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    read_value = read(f"[{text}]" if text != "-" else "- -").value
    if text == "-":
        assert read_value == [[None]]
        return
    expected = [] if text == "" else [value]
    assert read_value == expected
    assert [type(item) for item in read_value] == [type(item) for item in expected]


def test_a_decimal_keeps_its_text() -> None:
    assert str(read("a: 1.50").value) == str({"a": Decimal("1.50")})


def test_the_key_of_a_mapping_is_its_text() -> None:
    document = read("012345678901: a\n123456789012: b\ntrue: c\n2012-10-17: d\n1.0: e\n~: f\n")
    assert document.value == {
        "012345678901": "a",
        "123456789012": "b",
        "true": "c",
        "2012-10-17": "d",
        "1.0": "e",
        "~": "f",
    }


def test_anchors_repeat_a_value() -> None:
    assert read("a: &x {b: [1, 2]}\nc: *x\nd: [*x]\n").value == {
        "a": {"b": [1, 2]},
        "c": {"b": [1, 2]},
        "d": [{"b": [1, 2]}],
    }


def test_an_anchor_may_stand_on_a_key_and_be_given_anew() -> None:
    assert read("&x a: *x\nb: &x 1\nc: *x\n").value == {"a": "a", "b": 1, "c": 1}


LINES = """\
# a comment
keys:
  app:
    policy:
      Statement:
        - Effect: Allow
          Action:
            - kms:Decrypt
            - kms:Encrypt
  other: &anchor
    spec: x
same: *anchor
"""


@pytest.mark.parametrize(
    ("steps", "line", "field"),
    [
        ((), 2, None),
        (("keys",), 2, "keys"),
        (("keys", "app", "policy"), 4, "keys.app.policy"),
        (("keys", "app", "policy", "Statement", 0), 6, "keys.app.policy.Statement[0]"),
        (("keys", "app", "policy", "Statement", 0, "Action"), 7, "keys.app.policy.Statement[0].Action"),
        (("keys", "app", "policy", "Statement", 0, "Action", 1), 9, "keys.app.policy.Statement[0].Action[1]"),
        (("keys", "app", "policy", "Statement", 0, "Resource"), 6, "keys.app.policy.Statement[0].Resource"),
        (("keys", "app", "grants", 4, "x"), 3, "keys.app.grants[4].x"),
        (("same",), 12, "same"),
        (("same", "spec"), 11, "same.spec"),
    ],
)
def test_every_place_has_its_line_or_that_around_it(steps: tuple[str | int, ...], line: int, field: str | None) -> None:
    location = read(LINES).file.location(steps)
    assert (location.file, location.line, location.field) == ("f.yaml", line, field)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: duplicate key `a` (the first is on line 1)"),
        ("a:\n  - {x: 1, x: 2}\n", "f.yaml:2: a[0].x: duplicate key `x` (the first is on line 2)"),
        ("1: a\n'1': b\n", "f.yaml:2: 1: duplicate key `1` (the first is on line 1)"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3: c: merge keys (`<<`) are not part of YAML 1.2"),
        ("a: !Ref b\n", "f.yaml:1: a: tag `!Ref` is not known (write the value itself)"),
        ("a: !!timestamp 2012-10-17\n", "f.yaml:1: a: tag `!!timestamp` is not known (write the value itself)"),
        ("a: !!set {b: ~}\n", "f.yaml:1: a: tag `!!set` is not known (write the value itself)"),
        ("!!binary a: b\n", "f.yaml:1: tag `!!binary` is not known (write the value itself)"),
        ("a: !!int x\n", "f.yaml:1: a: `x` is not a whole number"),
        ("a: !!int true\n", "f.yaml:1: a: `true` is not a whole number"),
        ("a: !!float x\n", "f.yaml:1: a: `x` is not a number"),
        ("a: !!bool 1\n", "f.yaml:1: a: `1` is not true or false"),
        ("a: !!null 1\n", "f.yaml:1: a: `1` is not null"),
        ("a: .nan\n", "f.yaml:1: a: `.nan` is not a number that can be compared"),
        ("a: -.inf\n", "f.yaml:1: a: `-.inf` is not a number that can be compared"),
        ("a: 1e999999999\n", "f.yaml:1: a: number `1e999999999` is out of range"),
        ("a: 1e99999999999999999999\n", "f.yaml:1: a: number `1e99999999999999999999` is out of range"),
        ("a: *b\n", "f.yaml:1: a: alias `*b` has no anchor before it"),
        ("a: &b [*b]\n", "f.yaml:1: a[0]: alias `*b` contains itself"),
        ("a: &b {c: {d: *b}}\n", "f.yaml:1: a.c.d: alias `*b` contains itself"),
        ("? [a]\n: b\n", "f.yaml:1: a key has to be plain text"),
        ("? {a: b}\n: b\n", "f.yaml:1: a key has to be plain text"),
        ("a: &x b\n*x : c\n", "f.yaml:2: a key has to be plain text, not an alias"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: holds more than one document (remove the line `---` and what follows)"),
        ("# nothing\n", "f.yaml: is empty"),
        ("---\n...\n", "f.yaml: is empty"),
        ("null\n", "f.yaml: is empty"),
        ("a: b\x1b\n", "f.yaml:1: has the control character U+001B"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    (found,) = faults(text)
    assert found.startswith(message)


@pytest.mark.parametrize(
    "text", ["a: b: c", "a: [b", "{a: b", 'a: "b', "a:\n\tb: c", "%YAML 3.0\n---\na", "a: !x!y b", "@a"]
)
def test_what_is_not_yaml(text: str) -> None:
    assert [fault.split(": ")[1] for fault in faults(text)] == ["not valid YAML"]


def test_a_tab_is_named() -> None:
    assert faults("a:\n\tb: c\n")[0].endswith("(YAML is indented with spaces)")


def test_faults_are_collected_up_to_a_fault_of_syntax() -> None:
    assert len(faults("a: 1\na: 2\nb: !x 1\nc: *u\nd: [\n")) == 4


def test_a_fault_names_where_it_is() -> None:
    with pytest.raises(InputError) as caught:
        read("a:\n  b: 1\n  b: 2\n")
    (fault,) = caught.value.faults
    assert isinstance(fault, Fault)
    assert fault.location is not None
    assert (fault.location.file, fault.location.line, fault.location.field) == ("f.yaml", 3, "a.b")


def nested_aliases(levels: int, width: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]" for level in range(1, levels)]
    return "\n".join(lines)


def test_aliases_that_double_are_refused() -> None:
    assert "aliases repeat more than 200,000 values" in faults(nested_aliases(40, 10))[-1]


def test_aliases_that_repeat_honestly_are_not() -> None:
    value = read(nested_aliases(4, 5)).value
    assert isinstance(value, dict)
    assert len(value) == 4


def test_aliases_count_for_the_depth() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 120))
    assert faults(chain)[-1].endswith("nested more than 100 levels deep")


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[\n" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "&a [" * 5_000],
    ids=["[", "[ lines", "{", "-", "?", "anchors"],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert faults(text)


def test_a_hundred_levels_are_the_limit() -> None:
    assert read("[" * 100 + "]" * 100).value
    assert faults("[" * 101 + "]" * 101)[0].endswith("nested more than 100 levels deep")


@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\0", "\\UFFFFFFFF", "\\xZZ"])
def test_escapes_of_no_character_are_refused(escape: str) -> None:
    assert faults(f'a: "{escape}"\n')


@pytest.mark.parametrize("number", ["1" * 101, "9" * 10_000, "0x" + "f" * 101, "1." + "0" * 200])
def test_endless_numbers_never_become_numbers(number: str) -> None:
    try:
        value = read(f"a: {number}\n").value
    except InputError as error:
        assert "out of range" in str(error)  # noqa: PT017 - either answer will do
    else:
        assert value == {"a": number}


@given(st.text(alphabet=st.sampled_from("{}[]:,-?&*!|>'\"%@` \n\tab01.~<#\\"), max_size=60))
def test_any_text_is_a_value_or_an_input_error(text: str) -> None:
    for chosen in PARSERS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_text, "_PARSER", chosen)
            try:
                document = read(text)
            except InputError as error:
                assert error.faults  # noqa: PT017 - either answer will do
            else:
                assert document.value is not None
                assert document.file.location(("a", 0, "b")).line is not None
