"""What docs/reference/limits.md says of limits is so: the numbers are those of the code, and beyond is as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kms_eval import InputError, Scenario
from kms_eval.analysis.access import residual_conditions
from kms_eval.analysis.advising import advise
from kms_eval.analysis.mutating import witnesses
from kms_eval.analysis.proving import requirements
from kms_eval.doors.cli import completion_names, keyword_expressions
from kms_eval.engine import readings
from kms_eval.errors import quoted
from kms_eval.facts import quotas
from kms_eval.formats import lines, numbers, text, yaml_text
from kms_eval.formats.text import read_text
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.world.load import from_dict

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "limits.md"
ACCOUNT = "111122223333"

NUMBERS: dict[str, tuple[int, ...]] = {
    "nesting of YAML and JSON": (lines.DEEPEST,),
    "values that YAML aliases repeat": (yaml_text.MOST_REPEATED,),
    "size of a file": (text.LARGEST_FILE_BYTES // 1024 // 1024,),
    "length of a number": (numbers._LONGEST, numbers._GREATEST_EXPONENT),  # noqa: SLF001 - the page names it
    "size of a policy": (quotas.KEY_POLICY_BYTES, quotas.ROLE_INLINE_POLICIES_CHARACTERS),
    "statements": (),
    "names": (),
    "readings of one statement where a request leaves values open": (readings.MOST_WAYS,),
    "levels of SCPs and other layers that bound together": (),
    "ways in which something is allowed, in who-can, matrix and diff": (
        residual_conditions._MOST_WAYS,  # noqa: SLF001 - the page names it
        residual_conditions._MOST_TRIED,  # noqa: SLF001 - the page names it
    ),
    "ways in which something is allowed, in `check`": (
        requirements.MOST_WAYS,
        requirements._MOST_STEPS,  # noqa: SLF001 - the page names it
    ),
    "changes that are advised": (
        advise._MOST_TRIALS,  # noqa: SLF001 - the page names it
        advise._MOST_CHANGES,  # noqa: SLF001 - the page names it
    ),
    "requests that tell a mistake from the policies, in `mutate`": (
        witnesses._MOST_TRIES,  # noqa: SLF001 - the page names it
        witnesses._MOST_PLACES,  # noqa: SLF001 - the page names it
    ),
    "rows of the HTML matrix": (MATRIX_FORM["html"].most_rows or 0,),
    "rows of the HTML matrix with reasons of what is never allowed": (MATRIX_FORM["html"].most_reasons or 0,),
    "nesting in `-k`, the outermost level included": (keyword_expressions._DEEPEST,),  # noqa: SLF001 - the page names it
    "scenario that completion reads": (
        completion_names._LARGEST_SCENARIO_BYTES // 1024 // 1024,  # noqa: SLF001 - the page names it
    ),
}


def rows() -> dict[str, str]:
    """The limits of the page by what they limit."""
    table = PAGE.read_text(encoding="utf-8").split("## Characters")[0]
    cells = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {row[0].strip(): row[1] for row in cells if row[0].strip() not in {"what", "---"}}


def test_every_row_has_the_numbers_of_the_code() -> None:
    said = {
        what: tuple(int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?<!,)", limit))
        for what, limit in rows().items()
    }

    assert said == NUMBERS


def refusal(document: str, form: Any = "yaml") -> str:
    with pytest.raises(InputError) as found:
        read_text(document, "x", format=form)
    return str(found.value)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_nesting_is_refused_beyond_a_hundred_levels(form: Any) -> None:
    assert read_text("[" * 100 + "]" * 100, "x", format=form).value
    assert "nested more than 100 levels deep" in refusal("[" * 101 + "]" * 101, form)


def test_nesting_without_end_is_refused_as_well() -> None:
    assert "nested more than 100 levels deep" in refusal("[" * 1_000_000, "json")


def test_aliases_that_double_line_by_line_are_refused() -> None:
    doubling = "a0: &a0 [x, x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(40))

    assert "aliases repeat more than 200,000 values" in refusal(doubling)
    assert "contains itself" in refusal("a: &a [*a]")


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LARGEST_FILE_BYTES", 1024 * 1024)
    (tmp_path / "a.json").write_bytes(b" " * (1024 * 1024 + 1))

    with pytest.raises(InputError, match="is larger than 1 MiB"):
        text.read_file(tmp_path / "a.json")


@pytest.mark.parametrize("number", ["1" * 101, "1e401", "1e-999999999"])
def test_a_number_that_nobody_means_is_refused(number: str) -> None:
    assert "is out of range" in refusal(f"[{number}]", "json")


def scenario(*statements: object, **more: Any) -> dict[str, Any]:
    key = {"policy": {"Version": "2012-10-17", "Statement": list(statements)}}
    return {"account": ACCOUNT, "keys": {"app": key}, "principals": {"role/a": {}}, **more}


def allow(**more: Any) -> dict[str, Any]:
    who = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}
    return {"Effect": "Allow", "Principal": who, "Action": "kms:Decrypt", "Resource": "*", **more}


def test_a_policy_larger_than_aws_takes_is_refused_under_strict_and_otherwise_warned_about() -> None:
    written = scenario(*(allow(Sid=f"s{number:0>90}") for number in range(200)))

    with pytest.raises(InputError, match="more than the 32,768 of a key policy"):
        Scenario.from_dict(written, strict=True)
    loaded = from_dict(written)
    assert [warning.code for warning in loaded.warnings] == ["over-quota"]
    assert Scenario(loaded).can("role/a", "kms:Decrypt", "app")


def test_long_text_is_cut_in_messages() -> None:
    assert quoted("a" * 120) == f"`{'a' * 120}`"
    assert quoted("a" * 100_000) == f"`{'a' * 120}…`"


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(("keys", "allowed"), [(8, True), (9, False)])
def test_beyond_the_readings_that_are_tried_an_allow_does_not_match_and_a_deny_does(
    effect: str, keys: int, *, allowed: bool
) -> None:
    names = [f"kms:EncryptionContext:t{number}" for number in range(keys)]
    said = "".join(f"${{{name}}}" for name in names)
    operator = "StringNotEquals" if effect == "Allow" else "StringEquals"
    judged = allow(Effect=effect, Condition={operator: {"kms:EncryptionContext:asked": f"not {said}"}})
    world = Scenario.from_dict(scenario(*([allow()] if effect == "Deny" else []), judged))
    # Each key is given in two spellings, and AWS does not say which of its two values counts.
    context = {**dict.fromkeys(names, "y"), **{name.upper(): "z" for name in names}}

    decision = world.can("role/a", "kms:Decrypt", "app", context={**context, "kms:EncryptionContext:asked": "this"})

    assert bool(decision) is allowed


@pytest.mark.parametrize(("levels", "verdict"), [(4, "holds"), (9, "undetermined")])
def test_a_check_beyond_the_ways_that_are_tried_is_undetermined(levels: int, verdict: str) -> None:
    """No request meets two levels at once; to see it, every way through them has to be tried."""
    tested = [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": value}}}
        for value in (f"{letter}{level}" for level in range(levels) for letter in "ab")
    ]
    path = [[{"Version": "2012-10-17", "Statement": tested[2 * level : 2 * level + 2]}] for level in range(levels)]
    member = {"path": "o-example/r-ab12/", "service_control_policies": path}
    organization = {"id": "o-example", "management_account": "999999999999", "accounts": {ACCOUNT: member}}
    check = {"nobody": ["role/a"], "may": ["kms:Decrypt"]}
    world = Scenario.from_dict(scenario(allow(), organization=organization, checks=[check]))

    (result,) = world.run_checks()

    assert result.verdict == verdict


def test_no_more_changes_are_advised_than_are_said() -> None:
    trusted = {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/a{number}" for number in range(50)]}
    world = Scenario.from_dict(scenario(*(allow(Principal=trusted, Sid=f"s{number}") for number in range(5))))

    assert 1 <= len(world.can("role/a", "kms:Decrypt", "app").advised.changes) <= 3


def test_brackets_in_a_selection_are_refused_beyond_fifty() -> None:
    assert keyword_expressions.keyword_matcher("(" * 49 + "a" + ")" * 49)("a")
    with pytest.raises(InputError):
        keyword_expressions.keyword_matcher("(" * 50 + "a" + ")" * 50)


def test_completion_reads_no_scenario_beyond_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kms-eval.yaml"
    path.write_text(json.dumps(scenario(allow())))
    assert completion_names._is_small_file(path)  # noqa: SLF001 - what decides it
    monkeypatch.setattr(completion_names, "_LARGEST_SCENARIO_BYTES", 10)
    assert not completion_names._is_small_file(path)  # noqa: SLF001 - what decides it
