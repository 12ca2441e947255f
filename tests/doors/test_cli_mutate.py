"""``kms-eval mutate``: what it prints, and how it ends."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from kms_eval.analysis.mutating.mutants import KINDS
from tests.doors.command_line import SCENARIO, Cli

LESS = """\
account: "111122223333"
keys:
  app:
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: Named
          Effect: Allow
          Principal: {AWS: "arn:aws:iam::111122223333:role/app"}
          Action: kms:Decrypt
          Resource: "*"
tests:
  - {name: the app decrypts, principal: role/app, action: kms:Decrypt, expect: allowed}
"""

MORE = (
    LESS
    + """\
  - {name: nobody else does, principal: role/else, action: kms:Decrypt, expect: denied}
  - {name: the app does nothing else, principal: role/app, action: kms:Sign, expect: denied}
"""
)


@pytest.fixture
def less() -> Path:
    path = Path("kms-eval.yaml")
    path.write_text(LESS)
    return path


def test_what_no_test_notices_is_listed_with_change_and_request(cli: Cli, less: Path) -> None:
    done = cli("mutate")
    assert done.code == 1
    assert done.err == ""
    assert done.out == (
        'allows more: kms-eval.yaml:7: keys.app.policy "Named": `kms:Decrypt` becomes `kms:*` [widen-action]\n'
        "     },\n"
        '  -  "Action": "kms:Decrypt",\n'
        '  +  "Action": "kms:*",\n'
        '     "Resource": "*"\n'
        "  no test asks: kms-eval can role/app kms:GenerateDataKey --key app -s kms-eval.yaml\n"
        "  which is implicitDeny, and would be allowed\n"
        "\n"
        'allows more: kms-eval.yaml:7: keys.app.policy "Named": `*` is added to Principal [add-anyone]\n'
        '     "Principal": {\n'
        '  -    "AWS": "arn:aws:iam::111122223333:role/app"\n'
        '  +    "AWS": [\n'
        '  +      "arn:aws:iam::111122223333:role/app",\n'
        '  +      "*"\n'
        "  +    ]\n"
        "     },\n"
        "  no test asks: kms-eval can role/anyone-else kms:Decrypt --key app -s kms-eval.yaml\n"
        "  which is implicitDeny, and would be allowed\n"
        "\n"
        "5 mutants over 1 test, 3 noticed, 2 not noticed, 0 equivalent: 60%\n"
    )


def test_the_request_that_is_shown_can_be_typed(cli: Cli, less: Path) -> None:
    shown = [line for line in cli("mutate").out.splitlines() if "no test asks: " in line]
    for line in shown:
        program, *words = shlex.split(line.partition("no test asks: ")[2])
        assert program == "kms-eval"
        assert cli(*words).out.startswith("implicitDeny: ")


def test_where_every_mistake_is_noticed_it_is_0(cli: Cli) -> None:
    Path("kms-eval.yaml").write_text(MORE)
    done = cli("mutate")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("5 mutants over 3 tests, 5 noticed, 0 not noticed, 0 equivalent: 100%")


def test_a_share_may_be_enough(cli: Cli, less: Path) -> None:
    assert cli("mutate", "--fail-under", "60").code == 0
    assert cli("mutate", "--fail-under", "60.5").code == 1


def test_only_so_many_are_shown(cli: Cli, less: Path) -> None:
    out = cli("mutate", "--most", "1").out
    assert out.count("allows more") == 1
    assert "\nand 1 more\n" in out
    assert cli("mutate", "-n", "0").out.startswith("and 2 more\n")


def test_only_the_kinds_that_are_named_are_tried(cli: Cli, less: Path) -> None:
    assert cli("mutate", "--kind", "add-anyone").out.endswith(
        "1 mutant over 1 test, 0 noticed, 1 not noticed, 0 equivalent: 0%\n"
    )
    done = cli("mutate", "--kind", "widen-actoin")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kms-eval: --kind: unknown kind `widen-actoin` (did you mean `widen-action`?)\n"


def test_the_kinds_are_listed(cli: Cli) -> None:
    done = cli("mutate", "--kinds")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == [kind.name for kind in KINDS]


def test_json_has_the_request_as_the_fields_of_a_test(cli: Cli, less: Path) -> None:
    data = json.loads(cli("mutate", "--json").out)
    assert (data["mutants"], data["noticed"], data["equivalent"], data["score"]) == (5, 3, 0, 60.0)
    first = data["survivors"][0]
    assert first["request"] == {"principal": "role/app", "action": "kms:GenerateDataKey", "key": "app"}
    assert (first["before"], first["after"], first["line"]) == ("implicitDeny", "allowed", 7)
    assert '+  "Action": "kms:*",' in first["diff"].splitlines()


def test_the_answer_goes_into_a_file(cli: Cli, less: Path) -> None:
    done = cli("mutate", "--json", "--output", "mutants.json")
    assert (done.code, done.out, done.err) == (1, "", "kms-eval: wrote mutants.json\n")
    assert json.loads(Path("mutants.json").read_text())["tests"] == 1


def test_tests_that_fail_as_it_is_are_1_and_nothing_is_tried(cli: Cli, less: Path) -> None:
    less.write_text(LESS.replace("expect: allowed", "expect: denied"))
    done = cli("mutate")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "kms-eval: kms-eval.yaml:13: the app decrypts: does not pass: expected denied, got allowed\n"
        "kms-eval: the tests have to pass before they can tell anything: see `kms-eval test`\n"
    )


def test_without_tests_nothing_can_be_noticed(cli: Cli, less: Path) -> None:
    less.write_text(LESS.partition("tests:")[0])
    done = cli("mutate")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "kms-eval: kms-eval.yaml has no tests, so nothing could be noticed\n",
    )


@pytest.mark.parametrize("percent", ["much", "101", "-1", "nan"])
def test_what_is_no_percentage_is_2(cli: Cli, scenario: Path, percent: str) -> None:
    done = cli("mutate", f"--fail-under={percent}")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"kms-eval: --fail-under: `{percent}` is no percentage (0 to 100)\n"


@pytest.mark.parametrize("words", [("--most", "few"), ("--most", "-1"), ("--most", "inf")])
def test_what_is_no_number_is_2(cli: Cli, less: Path, words: tuple[str, str]) -> None:
    done = cli("mutate", f"{words[0]}={words[1]}")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"kms-eval: {words[0]}: `{words[1]}` is not a number from 0 on\n"


def test_without_a_scenario_it_says_what_gets_one_started(cli: Cli) -> None:
    done = cli("mutate")
    assert (done.code, done.out) == (2, "")
    assert "kms-eval init" in done.err


def test_the_scenario_is_named_once(cli: Cli, less: Path) -> None:
    assert cli("mutate", "kms-eval.yaml").code == 1
    assert cli("mutate", "-s", "kms-eval.yaml").code == 1
    assert cli("mutate", "kms-eval.yaml", "-s", "kms-eval.yaml").code == 2


def test_a_whole_scenario_with_files_and_grants_is_tried(cli: Cli, scenario: Path) -> None:
    assert scenario.read_text() == SCENARIO
    done = cli("mutate")
    assert done.code == 1
    assert "policies/app.json:" in done.out
