"""Parameters of templates on the command line: each has to be one that a template declares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import SCENARIO, Cli

POLICY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}}


def template(*parameters: str) -> str:
    """A template whose key is for the roles that the parameters name."""
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
    named = [{"Fn::Sub": f"{role}${{{name}}}"} for name in parameters]
    statement = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": statement}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    return json.dumps({"Parameters": {name: {"Type": "String"} for name in parameters}, "Resources": {"Key": key}})


@pytest.fixture(autouse=True)
def _files(cli: Cli) -> None:
    Path("one.json").write_text(template("Reader"))
    Path("two.json").write_text(template("Reader", "Writer"))
    Path("policy.json").write_text(json.dumps(POLICY))
    Path("scenario.yaml").write_text(SCENARIO.replace("policies/app.json", "policy.json"))
    Path("policies").mkdir()
    Path("policies", "worker.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": []}))


TOLD = ("--account", "111122223333", "--region", "us-east-1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("can", "role/x", "kms:Decrypt", "-s", "one.json", "--parameter", "Readr=x"), "(did you mean `Reader`?)"),
        (("can", "role/x", "kms:Decrypt", "-s", "one.json", "--parameter", "Other=x"), "(there is `Reader`)"),
        (("matrix", "-s", "two.json", "--parameter", "Other=x"), "(there are `Reader`, `Writer`)"),
        (("who-can", "Decrypt", "-s", "one.json", "--parameter", "AWS::Region=x"), "(give `--region`)"),
        (("lockout", "-s", "one.json", "--parameter", "AWS::AccountId=x"), "(give `--account`)"),
        (("import", "one.json", "-o", "made", "--parameter", "Other=x"), "(there is `Reader`)"),
        (("diff", "one.json", "two.json", "--parameter", "Other=x"), "(there are `Reader`, `Writer`)"),
        (("diff", "policy.json", "policy.json", "--parameter", "Other=x"), "(there is none that has parameters)"),
        (("lint", "one.json", "two.json", "--parameter", "Other=x"), "(there are `Reader`, `Writer`)"),
        (("lint", "policy.json", "--parameter", "Other=x"), "(there is none that has parameters)"),
        (("can", "role/x", "kms:Decrypt", "-s", "one.json", "--parameter", "=x"), "`=x` is not NAME=VALUE"),
        (
            ("can", "role/x", "kms:Decrypt", "-s", "one.json", "--parameter", "Reader=x", "--parameter", "Reader=y"),
            "`Reader` is given twice",
        ),
    ],
)
def test_one_that_no_template_has_is_refused(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli(*words, *TOLD)
    assert (done.code, done.out if words[0] != "lint" else "") == (2, "")
    (line,) = [line for line in done.err.splitlines() if "--parameter" in line]
    assert line.startswith("kms-eval: --parameter: ")
    assert said in line


def test_a_scenario_has_none(cli: Cli) -> None:
    done = cli("can", "user/alice", "kms:Decrypt", "-s", "scenario.yaml", "--parameter", "Reader=x")
    assert (done.code, done.out) == (2, "")
    assert "no template has the parameter `Reader` (there is none that has parameters)" in done.err


def test_of_two_sides_one_is_enough(cli: Cli) -> None:
    words = ("--parameter", "Reader=reader", "--parameter", "Writer=writer", *TOLD)
    gained = {"arn:aws:iam::111122223333:role/writer"}
    for sides, kind in ((("one.json", "two.json"), "appears"), (("two.json", "one.json"), "disappears")):
        done = cli("diff", *sides, *words, "--json")
        changes = json.loads(done.out)["changes"]
        assert {each["principal"] for each in changes if each["kind"] == kind} >= gained
    assert cli("diff", "scenario.yaml", "one.json", "--parameter", "Reader=reader").code == 1


def test_of_several_templates_that_lint_reads_one_is_enough(cli: Cli) -> None:
    words = ("--parameter", "Reader=reader", "--parameter", "Writer=writer", *TOLD)
    assert cli("lint", "one.json", "two.json", "policy.json", "--select", "KMS1", *words).code == 0


def test_pseudo_parameters_that_only_a_stack_has_are_given_likewise(cli: Cli) -> None:
    words = ("can", "role/x", "kms:Decrypt", "-s", "one.json", "--parameter", "Reader=x", *TOLD)
    assert cli(*words, "--parameter", "AWS::StackName=app").code == 0


@pytest.mark.parametrize("words", ["can role/reader kms:Decrypt", "who-can kms:Decrypt", "matrix", "lockout"])
def test_what_stands_in_for_what_no_source_tells_is_said_first(cli: Cli, words: str) -> None:
    done = cli(*words.split(), "-s", "one.json", "--parameter", "Reader=reader")
    first, second, *_others = done.err.splitlines()
    assert first == "kms-eval: account 123456789012 stands in: no source tells it (give `--account`)"
    assert second == "kms-eval: Region us-east-1 stands in: no source tells it (give `--region`)"


def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(cli: Cli) -> None:
    text = json.loads(template("Reader"))
    text["Parameters"]["Reader"]["AllowedValues"] = ["one", "two"]
    Path("few.json").write_text(json.dumps(text))
    done = cli("can", "role/one", "kms:Decrypt", "-s", "few.json", "--parameter", "Reader=three")
    assert (done.code, done.out) == (2, "")
    assert "Parameters.Reader: `three` is none of the allowed values: `one`, `two`\n" in done.err
