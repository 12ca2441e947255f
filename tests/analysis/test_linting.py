"""The table of rules, each held by its example, and what is done with findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval.analysis.linting.baseline import REASON, baseline_of
from kms_eval.analysis.linting.choosing import Chosen, IgnoredFile, choose
from kms_eval.analysis.linting.lint import Linter, lint_scenario
from kms_eval.analysis.linting.rule import DELEGATION, ROLE, Rule, allow
from kms_eval.analysis.linting.table import BY_REMARK, RULES
from kms_eval.codes import CODES
from kms_eval.documents.model import PolicyKind
from kms_eval.errors import InputError
from kms_eval.formats.text import read_file, read_text
from kms_eval.scenario import Scenario
from tests.analysis.lint_examples import alone, found

YAML = """\
account: "111122223333"
keys:
  app:
    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: "kms:*", Resource: "*"}
        - Effect: Allow
          Principal: "*"
          Action: kms:Decrypt
          Resource: "*"
"""


def lint_yaml(folder: Path, text: str) -> Linter:
    path = folder / "world.yaml"
    path.write_text(text, encoding="utf-8")
    scenario = Scenario.load(path)
    linter = Linter()
    linter.scenario(scenario.evaluator, scenario.loaded.warnings)
    return linter


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_example_triggers_its_rule_and_its_mend_does_not(rule: Rule) -> None:
    findings = found(rule.example, rule.code)
    assert findings, "the example does not trigger the rule"
    assert {(each.code, each.name, each.level) for each in findings} == {(rule.code, rule.name, rule.level)}
    assert found(rule.mended, rule.code) == ()


def test_codes_ascend_and_names_are_unique() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_row_says_why_and_names_a_page_of_aws() -> None:
    for rule in RULES:
        assert rule.page.startswith("https://docs.aws.amazon.com/"), rule.code
        assert rule.title[0].isalpha() or rule.title[0] == "`", rule.code
        assert not rule.title.endswith("."), rule.code
        assert rule.why.endswith("."), rule.code


ABOUT_SOURCES = {"further-key-policy", "source-told-twice"}


def test_every_remark_about_a_document_is_a_rule() -> None:
    assert {row.code for row in CODES if row.kind == "notice"} - set(BY_REMARK) == ABOUT_SOURCES


def test_a_remark_that_aws_refuses_is_an_error() -> None:
    assert BY_REMARK["identity-policy-principal"].level == "error"
    assert BY_REMARK["unknown-action"].level == "warning"


def test_a_place_is_known_to_the_character(tmp_path: Path) -> None:
    (finding,) = lint_yaml(tmp_path, YAML).report().findings
    assert (finding.code, finding.line, finding.column, finding.end_line, finding.end_column) == (
        "KMS201", 9, 11, 9, 25,
    )  # fmt: skip
    assert finding.excerpt == '          Principal: "*"'
    assert (finding.statement, finding.sid, finding.field) == (1, None, "keys.app.policy.Statement[1].Principal")


def test_in_memory_a_finding_has_a_field_and_no_line() -> None:
    finding = found(next(rule for rule in RULES if rule.code == "KMS201").example, "KMS201")[0]
    assert (finding.line, finding.column) == (None, None)
    assert finding.field == "keys.app.policy.Statement[1].Principal"


@pytest.mark.parametrize(
    "text",
    [
        YAML.replace('Principal: "*"', 'Principal: "*"  # kms-eval: ignore KMS201 a public dataset'),
        YAML.replace("        - Effect", "        # kms-eval: ignore KMS201 a public dataset\n        - Effect"),
        YAML.replace("  app:", "  # kms-eval: ignore KMS207,KMS2: a public dataset\n\n  # more\n  app:"),
    ],
    ids=["on its line", "above the statement", "above the key, by a beginning"],
)
def test_a_comment_ignores_what_begins_there(tmp_path: Path, text: str) -> None:
    report = lint_yaml(tmp_path, text).report()
    assert report.findings == ()
    assert [(each.code, each.reason) for each in report.ignored] == [("KMS201", "a public dataset")]


@pytest.mark.parametrize(
    "text",
    [
        YAML.replace('Principal: "*"', 'Principal: "*"  # kms-eval: ignore KMS3 something else'),
        YAML.replace("Action: kms:Decrypt", "Action: kms:Decrypt  # kms-eval: ignore KMS201 of another line"),
    ],
    ids=["another rule", "another place"],
)
def test_a_comment_ignores_nothing_else(tmp_path: Path, text: str) -> None:
    assert [each.code for each in lint_yaml(tmp_path, text).report().findings if each.code != "KMS701"] == ["KMS201"]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore KMS3 something", "nothing that `KMS3` means is found here"),
        ("ignore KMS201, KMS404", "nothing that `KMS404` means is found here"),
        ("ignore KMS999", "this comment ignores nothing: no rule has a code that begins with `KMS999`"),
        ("ignore", "this comment ignores nothing: it names no code"),
        ("Ignore 201", "this comment ignores nothing: it names no code"),
    ],
)
def test_a_comment_that_ignores_nothing_is_found(tmp_path: Path, comment: str, message: str) -> None:
    text = YAML.replace('Principal: "*"', f'Principal: "*"  # kms-eval: {comment}')
    (finding,) = [each for each in lint_yaml(tmp_path, text).report().findings if each.code == "KMS701"]
    assert (finding.message, finding.line, finding.column) == (message, 9, 27)


def test_a_comment_is_unused_only_where_its_rule_runs(tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(YAML.replace("  app:", "  # kms-eval: ignore KMS404 later\n  app:"), encoding="utf-8")
    scenario = Scenario.load(path)
    for select, found_ in ((("KMS701",), []), (("KMS701", "KMS404"), ["KMS701"])):
        linter = Linter(Chosen(select))
        linter.scenario(scenario.evaluator, ())
        assert [each.code for each in linter.report().findings] == found_


def test_a_comment_without_a_reason_is_taken(tmp_path: Path) -> None:
    text = YAML.replace('Principal: "*"', 'Principal: "*"  # kms-eval: ignore KMS201')
    assert [each.reason for each in lint_yaml(tmp_path, text).report().ignored] == ["no reason given"]


def test_settings_ignore_by_file() -> None:
    linter = Linter(Chosen(files=(IgnoredFile(lambda name: name == "a.json", "KMS2", "it is meant"),)))
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow("*", "kms:*")]})
    for name in ("a.json", "b.json"):
        linter.policy(read_text(text, name, format="json"), PolicyKind.KEY)
    report = linter.report()
    assert {each.file for each in report.findings if each.code == "KMS201"} == {"b.json"}
    assert [(each.file, each.reason) for each in report.ignored] == [("a.json", "it is meant")]


def test_rules_are_chosen_by_the_beginnings_of_their_codes() -> None:
    statement = allow("*", "kms:Decrypt", "kms:ListKeys")
    assert alone(DELEGATION, statement) == ["KMS201", "KMS401"]
    assert alone(DELEGATION, statement, select=("KMS4",)) == ["KMS401"]
    assert choose(["kms4, KMS2"]).select == ("KMS4", "KMS2")


def test_an_optional_rule_runs_only_where_its_whole_code_is_selected() -> None:
    statement = allow({"AWS": ROLE}, "kms:PutKeyPolicy", "kms:Decrypt")
    assert alone(DELEGATION, statement) == []
    assert alone(DELEGATION, statement, select=("KMS2",)) == []
    assert alone(DELEGATION, statement, select=("KMS", "KMS207")) == ["KMS207"]


def test_a_beginning_that_no_rule_has_is_an_error() -> None:
    with pytest.raises(InputError, match=r"--ignore: no rule has a code that begins with `XYZ`"):
        choose((), ["XYZ"], said_by="--")


def test_a_baseline_knows_a_finding_wherever_its_line_is(tmp_path: Path) -> None:
    before = lint_yaml(tmp_path, YAML).report()
    after = lint_yaml(tmp_path, "name: later\n" + YAML).report()
    assert before.findings[0].line != after.findings[0].line
    known = baseline_of(before)
    assert known.without(after).findings == ()
    assert [each.reason for each in known.without(after).ignored] == [REASON]


def test_a_baseline_knows_a_finding_as_often_as_it_was_there(tmp_path: Path) -> None:
    report = lint_yaml(tmp_path, YAML).report()
    twice = type(report)((*report.findings, *report.findings))
    assert len(baseline_of(report).without(twice).findings) == 1


def test_a_policy_that_keys_share_is_told_of_once(tmp_path: Path) -> None:
    statements = ",\n".join(json.dumps(each) for each in (DELEGATION, allow("*", "kms:Decrypt")))
    (tmp_path / "app.json").write_text(f'{{"Statement": [\n{statements}]}}', encoding="utf-8")
    text = 'account: "111122223333"\nkeys:\n  a: {policy: app.json}\n  b: {policy: app.json}\n'
    report = lint_yaml(tmp_path, text).report()
    assert [(each.code, Path(each.file or "").name, each.line, each.policy) for each in report.findings] == [
        ("KMS201", "app.json", 3, "app")
    ]


def test_faults_of_a_policy_that_stands_alone_are_findings(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"Statement": [\n{"Effect": "Permit", "Action": "kms:*", "Resource": "*"}]}', encoding="utf-8")
    linter = Linter()
    linter.policy(read_file(path), PolicyKind.IDENTITY)
    assert ("KMS100", 2) in {(each.code, each.line) for each in linter.report().findings}


def test_a_scenario_lints_itself() -> None:
    scenario = Scenario.from_dict(
        {"account": "111122223333", "keys": {"app": {"policy": {"Statement": [dict(allow("*", "kms:*"))]}}}}
    )
    assert "KMS201" in {each.code for each in scenario.lint().findings}
    assert scenario.lint(ignore=["KMS"]).findings == ()
    assert scenario.lint().findings == lint_scenario(scenario.evaluator, scenario.loaded.warnings).findings


_NOT_READ = """\
account: "111122223333"
keys:
  app:
    policy: {unknown: no response of GetKeyPolicy shows it}
    grants:
      - {GrantId: one, GranteePrincipal: "arn:aws:iam::111122223333:role/worker", Operations: [Decrypt, RetireGrant]}
principals:
  role/app: {}
  "arn:aws:iam::111122223333:*": {unknown: no response shows who there is}
"""


def test_nothing_is_said_to_be_missing_from_what_could_not_be_read(tmp_path: Path) -> None:
    assert not lint_yaml(tmp_path, _NOT_READ).report().findings
