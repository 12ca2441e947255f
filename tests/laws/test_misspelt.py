"""Whatever word of a question is misspelt, at whatever door: it is never answered as if it were meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kms_eval import InputError, Scenario
from kms_eval.doors.cli.main import main
from kms_eval.facts.actions import ACTIONS, OPERATIONS
from kms_eval.facts.condition_keys import CONDITION_KEYS

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:role/operations/reader"
MENTIONED = f"arn:aws:iam::{ACCOUNT}:role/mentioned"
S3 = "s3.us-east-1.amazonaws.com"
SCENARIO = f"""\
account: "{ACCOUNT}"
keys:
  payments:
    aliases: [alias/payments]
    policy: &delegating
      Version: "2012-10-17"
      Statement:
        - {{Effect: Allow, Principal: {{AWS: "arn:aws:iam::{ACCOUNT}:root"}}, Action: "kms:*", Resource: "*"}}
        - {{Effect: Allow, Principal: {{AWS: "{MENTIONED}"}}, Action: "kms:Decrypt", Resource: "*"}}
  archive: {{policy: *delegating}}
principals:
  role/admin:
    policies: [&everything {{Version: "2012-10-17", Statement: {{Effect: Allow, Action: "kms:*", Resource: "*"}}}}]
  role/operations/reader: {{policies: [*everything]}}
  user/alice: {{}}
checks:
  - name: only some read the archive
    only: [root, role/admin, role/operations/reader]
    may: [kms:Decrypt]
    on: archive
    unless: {{kms:ViaService: s3.us-east-1.amazonaws.com}}
tests:
  - principal: role/admin
    action: kms:Decrypt
    key: payments
    context: {{kms:ViaService: s3.us-east-1.amazonaws.com}}
    expect: allowed
"""
TEMPLATE = """\
Parameters: {Who: {Type: String, Default: nobody}}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::111122223333:role/${Who}"}
            Action: "kms:*"
            Resource: "*"
"""
POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}}

COMMANDS: tuple[str, ...] = (
    f"can «role/admin» «kms:Decrypt» «--key» «payments» «--context» «kms:ViaService»={S3}",
    "can «user/alice» «ReEncrypt» «--key» «alias/payments» «--destination-key» «archive»",
    f"can «{ARN}» «kms:DescribeKey» «--key» «payments» «--json»",
    "can «assumed-role/admin»/someone «kms:ListKeys»",
    "can «role/mentioned» «kms:Decrypt» «--key» «archive» «--at» 2026-01-01T00:00:00Z",
    "can «cloudtrail».amazonaws.com «kms:GenerateDataKey» «--key» «payments»",
    "can «role/admin» «kms:Decrypt» «--key» «payments» «--region» «eu-central»-1",
    "can «role/admin» «kms:CreateAlias» «--key» «payments» «--alias» alias/new «--explain»",
    "can «role/admin» «kms:Decrypt» «--key» «payments» «--policy» policy.json «--context» «aws:SourceIp»=203.0.113.7",
    "who-can «kms:Decrypt» «--key» «payments» «--context» «aws:MultiFactorAuthPresent»=true",
    "matrix «--principal» «role/admin» «--key» «archive» «--action» «kms:Encrypt» «--format» csv",
    f"matrix «--principal» «user/alice» «--context» «kms:ViaService»={S3} «--unfold» «policy»",
    "lockout «--key» «payments» «--as» «role/admin» «--context» «kms:CallerAccount»=111122223333",
    "diff «--policy» «user/alice»=policy.json «--allow» «user/alice»",
    "diff «--policy» «role/mentioned»=policy.json «--action» «kms:Decrypt» «--allow» *",
    "diff «--policy» «user/alice»=policy.json «--context» «aws:PrincipalOrgID»=o-a1b2c3d4e5 «--fail-on» «widens»",
    "check «--scenario» kms-eval.yaml «--strict»",
    "who-can «kms:Decrypt» «--key» «payments» «--fail-if» «outside-account»",
    "lint policy.json «--select» «KMS»201 «--ignore» «KMS»412 «--format» «text»",
    "import template.yaml «--output» imported «--account» 111122223333 «--parameter» «Who»=admin",
    "pull «--output» pulled «--region» «eu-west»-1 «--print-commands»",
    "batch rows.jsonl «--format» «csv» «--stranger»",
    "mutate kms-eval.yaml «--fail-under» 0",
    "test kms-eval.yaml «--keyword» admin",
    "code «context-not-carried»",
)
"""Right commands; the words in « » can be misspelt."""

KNOWN = {
    "role/admin",
    "role/mentioned",
    "user/alice",
    "role/operations/reader",
    "assumed-role/admin",
    ARN,
    *("payments", "archive", "alias/payments"),
    *(name for row in ACTIONS for name in (row.name, row.name.removeprefix("kms:"), *row.operations)),
    *OPERATIONS,
    *(row.name for row in CONDITION_KEYS),
}
_KNOWN = {name.lower() for name in KNOWN}


@st.composite
def misspelt(draw: st.DrawFn, word: str) -> str:
    """The word with one slip: a letter left out, twice, another, one too many, or two changed about."""
    places = [place for place, letter in enumerate(word) if letter.isalpha()]
    place = draw(st.sampled_from(places))
    letter, rest = word[place], word[place + 1 :]
    slip = draw(st.sampled_from(("out", "twice", "other", "many", "about")))
    if slip == "out":
        wrong = word[:place] + rest
    elif slip == "twice":
        wrong = word[:place] + letter + letter + rest
    elif slip == "other":
        wrong = word[:place] + draw(st.sampled_from("aeinstrxz")) + rest
    elif slip == "many":
        wrong = word[:place] + draw(st.sampled_from("aeinstrxz")) + letter + rest
    else:
        wrong = word[:place] + rest[:1] + letter + rest[1:]
    assume(wrong.lower() != word.lower() and wrong.lower() not in _KNOWN)
    return wrong


@st.composite
def misspelt_commands(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(COMMANDS))
    pieces = command.replace("»", "«").split("«")
    place = draw(st.sampled_from(range(1, len(pieces), 2)))
    pieces[place] = draw(misspelt(pieces[place]))
    # What a slip turns into another account, a service or a whole other ARN nothing is known of is another question.
    assume(not pieces[place].startswith("arn:") or pieces[place].startswith(f"arn:aws:iam::{ACCOUNT}:"))
    return "".join(pieces).split(" ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KMS_EVAL_SCENARIO", raising=False)
    (tmp_path / "kms-eval.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(ROW)}\n", encoding="utf-8")
    return tmp_path


IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_answered_as_they_are(command: str, folder: Path) -> None:
    if "template.yaml" in command:
        pytest.importorskip("cfnlint")
    assert main(command.replace("«", "").replace("»", "").split(" ")) in (0, 1)


@IN_ONE_FOLDER
@given(words=misspelt_commands())
def test_no_command_with_a_misspelt_word_is_answered(words: list[str], folder: Path) -> None:
    assert main(words) == 2, words


@st.composite
def misspelt_scenarios(draw: st.DrawFn, lines: tuple[str, ...]) -> str:
    """The scenario, in one of whose lines one of the marked words is misspelt."""
    pieces = draw(st.sampled_from(lines)).replace("»", "«").split("«")
    right = "".join(pieces)
    place = draw(st.sampled_from(range(1, len(pieces), 2)))
    pieces[place] = draw(misspelt(pieces[place]))
    text = SCENARIO.replace(right, "".join(pieces))
    assert text != SCENARIO
    return text


CHECKS = (
    "«name»: only some",
    "«only»: [root, «role/admin», «role/operations/reader»]",
    "«may»: [«kms:Decrypt»]",
    "«on»: «archive»",
    "«unless»: {«kms:ViaService»:",
)


@IN_ONE_FOLDER
@given(data=st.data())
def test_no_check_with_a_misspelt_word_is_proved(data: st.DataObject, folder: Path) -> None:
    text = data.draw(misspelt_scenarios(CHECKS))
    (folder / "kms-eval.yaml").write_text(text, encoding="utf-8")
    assert main(["check", "kms-eval.yaml"]) == 2, text


TESTS = ("«principal»: «role/admin»", "«action»: «kms:Decrypt»", "«key»: «payments»", "«context»: {«kms:ViaService»:")


@IN_ONE_FOLDER
@given(data=st.data())
def test_no_test_with_a_misspelt_word_is_run(data: st.DataObject, folder: Path) -> None:
    text = data.draw(misspelt_scenarios(TESTS))
    (folder / "kms-eval.yaml").write_text(text, encoding="utf-8")
    verb = data.draw(st.sampled_from((["test"], ["test", "--coverage"], ["mutate"])))
    assert main([*verb, "kms-eval.yaml"]) == 2, text
    with pytest.raises(InputError):
        Scenario.load(folder / "kms-eval.yaml").coverage()


ROW = {"principal": "role/admin", "action": "kms:Decrypt", "key": "payments"}


@IN_ONE_FOLDER
@given(data=st.data())
def test_no_row_with_a_misspelt_word_is_decided(data: st.DataObject, folder: Path) -> None:
    (folder / "kms-eval.yaml").write_text(SCENARIO, encoding="utf-8")
    name = data.draw(st.sampled_from((*ROW, "context")))
    if name == "context":
        row: dict[str, object] = {
            **ROW,
            "context": {data.draw(misspelt("kms:ViaService")): "s3.us-east-1.amazonaws.com"},
        }
    else:
        row = {**ROW, name: data.draw(misspelt(ROW[name]))}
    (folder / "rows.jsonl").write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    assert main(["batch", "rows.jsonl", "-o", "decisions.jsonl", "--quiet"]) == 3, row
    decided = json.loads((folder / "decisions.jsonl").read_text(encoding="utf-8"))
    assert decided["decision"] is None
    assert decided["error"]


@IN_ONE_FOLDER
@given(data=st.data())
def test_no_question_of_python_with_a_misspelt_word_is_answered(data: st.DataObject, folder: Path) -> None:
    world = Scenario.from_dict({"account": ACCOUNT, "keys": {"payments": {"policy": KEY_POLICY}}, "principals": PEOPLE})
    fields = ["role/admin", "kms:Decrypt", "payments", "kms:ViaService"]
    place = data.draw(st.sampled_from(range(len(fields))))
    fields[place] = data.draw(misspelt(fields[place]))
    principal, action, key, name = fields
    with pytest.raises(InputError):
        world.can(principal, action, key, context={name: "s3.us-east-1.amazonaws.com"})


PEOPLE: dict[str, object] = {"role/admin": {}, "user/alice": {}}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"},
}
