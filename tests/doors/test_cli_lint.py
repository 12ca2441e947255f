"""``kms-eval lint``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doors.command_line import Cli

PUBLIC = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:ListKeys"], "Resource": "*"}
  ]
}
"""
GOOD = PUBLIC.replace('"Principal": "*"', '"Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}').replace(
    ', "kms:ListKeys"', ""
)
WORLD = 'account: "111122223333"\nkeys:\n  app: {policy: policy.json}\nprincipals: {}\n'


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(PUBLIC, encoding="utf-8")
    return path


def codes(out: str) -> list[str]:
    return [finding["code"] for finding in json.loads(out)["findings"]]


def test_findings_are_1_with_place_line_and_caret(cli: Cli, policy: Path) -> None:
    done = cli("lint", "policy.json")
    assert done.code == 1
    assert done.err == ""
    assert done.out.startswith(
        "policy.json:5:25: warning: anybody in the world may kms:Decrypt with this key "
        "[KMS201 public-access]\n"
        '  5 |     {"Effect": "Allow", "Principal": "*",'
    )
    assert "    |                         ^^^^^^^^^^^^^^^^\n" in done.out
    assert done.out.endswith("2 warnings\n")


def test_nothing_found_is_0(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    done = cli("lint", "good.json", "--select", "KMS2,KMS4")
    assert (done.code, done.out) == (0, "nothing found\n")


def test_the_forms_name_the_same_findings(cli: Cli, policy: Path) -> None:
    assert codes(cli("lint", "policy.json", "--json").out) == ["KMS201", "KMS401"]
    assert json.loads(cli("lint", "policy.json", "--json").out)["schema"] == 1
    sarif = json.loads(cli("lint", "policy.json", "--format", "sarif").out)
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["KMS201", "KMS401"]
    github = cli("lint", "policy.json", "-f", "github").out.splitlines()
    assert [line.partition(" ")[0] for line in github[:2]] == ["::warning", "::warning"]


def test_an_output_file_gets_the_form_of_its_ending(cli: Cli, policy: Path, tmp_path: Path) -> None:
    done = cli("lint", "policy.json", "-o", "found.sarif")
    assert (done.code, done.out, done.err) == (1, "", "kms-eval: wrote found.sarif\n")
    assert json.loads((tmp_path / "found.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"


def test_select_ignore_and_level_choose(cli: Cli, policy: Path) -> None:
    assert codes(cli("lint", "policy.json", "--json", "--select", "KMS4").out) == ["KMS401"]
    assert codes(cli("lint", "policy.json", "--json", "--ignore", "KMS4", "--ignore", "KMS1,KMS5").out) == ["KMS201"]
    done = cli("lint", "policy.json", "--level", "error")
    assert (done.code, done.out) == (0, "nothing found\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--select", "KMS999"), "kms-eval: --select: no rule has a code that begins with `KMS999`"),
        (("--level", "warn"), "kms-eval: --level: unknown level `warn` (did you mean `warning`?)"),
        (("--policy-type", "bucket"), "kms-eval: --policy-type: unknown type `bucket`"),
        (("--format", "xml"), "kms-eval: --format: unknown form `xml`"),
        (("nothing.json",), "kms-eval: nothing.json: there is no such file"),
    ],
)
def test_a_wrong_call_is_2_and_says_so(cli: Cli, policy: Path, words: tuple[str, ...], said: str) -> None:
    done = cli("lint", "policy.json", *words)
    assert done.code == 2
    assert done.err.startswith(said)


def test_a_scenario_is_found_and_its_policy_files_are_looked_at(cli: Cli, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "kms-eval.yaml").write_text(WORLD, encoding="utf-8")
    done = cli("lint", "--json")
    assert done.code == 1
    assert {each["file"] for each in json.loads(done.out)["findings"]} == {"policy.json"}


def test_a_folder_has_scenarios_and_policies_each_once(cli: Cli, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "kms-eval.yaml").write_text(WORLD, encoding="utf-8")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.json").write_text(PUBLIC, encoding="utf-8")
    (tmp_path / "more" / "workflow.yaml").write_text("on: push\njobs: {}\n", encoding="utf-8")
    (tmp_path / "more" / "tags.yaml").write_text("a: !Ref b\n", encoding="utf-8")
    done = cli("lint", ".", "--json", "--select", "KMS201")
    assert [each["file"] for each in json.loads(done.out)["findings"]] == ["more/other.json", "policy.json"]
    assert done.err == ""


def test_what_cannot_be_read_is_2_and_the_rest_is_looked_at(cli: Cli, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("keys: [", encoding="utf-8")
    done = cli("lint", "broken.yaml", "policy.json", "--json")
    assert done.code == 2
    assert done.err.startswith("kms-eval: broken.yaml:2: not valid YAML")
    assert codes(done.out) == ["KMS201", "KMS401"]


def test_a_policy_that_aws_refuses_is_an_error_at_its_place(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(PUBLIC.replace('"Allow", "Principal": "*"', '"Maybe", "Principal": "*"'))
    done = cli("lint", "bad.json", "--json", "--select", "KMS100")
    assert done.code == 1
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["level"], finding["line"], finding["field"]) == ("error", 5, "Statement[1].Effect")


def test_the_type_of_a_policy_can_be_said(cli: Cli, tmp_path: Path) -> None:
    scp = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    (tmp_path / "scp.json").write_text(json.dumps(scp), encoding="utf-8")
    assert codes(cli("lint", "scp.json", "--json").out) == ["KMS404"]
    assert codes(cli("lint", "scp.json", "--json", "--policy-type", "scp").out) == []


def test_a_baseline_is_written_and_then_left_out(cli: Cli, policy: Path) -> None:
    first = cli("lint", "policy.json", "--baseline", "known.json")
    assert (first.code, first.err) == (0, "kms-eval: wrote known.json, in which 2 findings are known\n")
    second = cli("lint", "policy.json", "--baseline", "known.json")
    assert (second.code, second.out) == (0, "nothing found, 2 ignored\n")
    policy.write_text(PUBLIC.replace("kms:ListKeys", "kms:ListAliases"), encoding="utf-8")
    third = cli("lint", "policy.json", "--baseline", "known.json", "--json")
    assert third.code == 1
    assert codes(third.out) == ["KMS401"]


def test_a_baseline_that_is_none_is_2(cli: Cli, policy: Path) -> None:
    done = cli("lint", "policy.json", "--baseline", "policy.json")
    assert done.code == 2
    assert done.err.startswith("kms-eval: policy.json: is not a baseline of `kms-eval lint`")


def test_pyproject_ignores_with_a_reason(cli: Cli, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kms-eval.lint]\nignore = ["KMS4"]\n'
        '[tool.kms-eval.lint.per-file-ignores]\n"*.json" = ["KMS201: a public dataset"]\n',
        encoding="utf-8",
    )
    done = cli("lint", "policy.json", "--json")
    assert done.code == 0
    (ignored,) = json.loads(done.out)["ignored"]
    assert (ignored["code"], ignored["reason"]) == ("KMS201", "a public dataset")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('ignored = ["KMS4"]', "tool.kms-eval.lint.ignored: unknown field `ignored` (did you mean `ignore`?)"),
        ('ignore = "KMS4"', "tool.kms-eval.lint.ignore: expected a list"),
        ('ignore = ["ABC"]', "tool.kms-eval.lint.ignore: no rule has a code that begins with `ABC`"),
        ('per-file-ignores = {"a.json" = ["why"]}', "expected a code such as `KMS202`"),
    ],
)
def test_settings_that_make_no_sense_are_2(cli: Cli, policy: Path, tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.kms-eval.lint]\n{table}\n", encoding="utf-8")
    done = cli("lint", "policy.json")
    assert done.code == 2
    assert said in done.err


def test_the_page_of_a_rule_is_shown_in_any_case(cli: Cli) -> None:
    done = cli("code", "kms201")
    assert done.code == 0
    assert done.out.startswith("KMS201 public-access: a warning: it does not do what it says\n")
    assert "KMS201" in cli("code").out
    assert cli("code", "KMS20l").code == 2


def test_fix_takes_out_what_changes_nothing_and_leaves_the_rest(cli: Cli, policy: Path) -> None:
    done = cli("lint", "policy.json", "--fix", "--json")
    assert done.err == "kms-eval: policy.json: took out 1 element that changed nothing\n"
    assert codes(done.out) == ["KMS201"]
    assert policy.read_text(encoding="utf-8") == PUBLIC.replace('["kms:Decrypt", "kms:ListKeys"]', '["kms:Decrypt"]')
    again = cli("lint", "policy.json", "--fix")
    assert again.err == ""


def test_fix_takes_out_no_more_than_is_selected(cli: Cli, policy: Path) -> None:
    assert cli("lint", "policy.json", "--fix", "--select", "KMS2").err == ""
    assert policy.read_text(encoding="utf-8") == PUBLIC


def test_what_get_key_policy_prints_is_the_policy_in_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "output.json").write_text(json.dumps({"Policy": PUBLIC, "PolicyName": "default"}), encoding="utf-8")
    assert codes(cli("lint", "output.json", "--json").out) == ["KMS201", "KMS401"]


def test_nothing_is_called_found_where_nothing_was_read(cli: Cli) -> None:
    done = cli("lint", "nothere.json")
    assert (done.code, done.out, done.err) == (2, "", "kms-eval: nothere.json: there is no such file\n")


def test_the_account_that_stands_in_for_one_that_no_source_tells_is_nobodys_finding(cli: Cli, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:*"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    assert cli("lint", str(path)).code == 0
    done = cli("lint", str(path), "--account", "111122223333")
    assert ("KMS501" in done.out, "KMS202" in done.out) == (True, True)


ACCOUNT_ROOT: dict[str, object] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
}
READING: dict[str, object] = {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"}


def _key(principal: dict[str, str]) -> list[dict[str, object]]:
    return [ACCOUNT_ROOT | {"Resource": "*"}, READING | {"Principal": principal, "Action": "kms:Decrypt"}]


@pytest.mark.parametrize(
    ("statements", "code", "advice"),
    [
        (_key({"Service": "cloudtrail.amazonaws.co"}), "KMS110", "did you mean `cloudtrail.amazonaws.com`?"),
        (_key({"Service": "cloudtrail.eu-nowhere-7.amazonaws.com"}), "KMS110", "leave it out: `SERVICE.amazonaws.com`"),
        (_key({"AWS": "arn:aws-atlantis:iam::111122223333:root"}), "KMS108", None),
        (_key({"AWS": "arn:aws-us-gov:iam::444455556666:root"}), "KMS109", "here it begins `arn:aws:`"),
        ([READING | {"Action": "kms :DescribeKey"}], "KMS106", "did you mean `kms:DescribeKey`?"),
        ([READING | {"Action": "kms:Describe:Key"}], "KMS106", "did you mean `kms:DescribeKey`?"),
        ([READING | {"Condition": {"StringEquals": {"b": "x"}}}], "KMS123", "as in `kms:ViaService`"),
        ([READING | {"Condition": {"StringEquals": {"ViaServce": "x"}}}], "KMS123", "did you mean `kms:ViaService`?"),
        ([], "KMS112", None),
    ],
)
def test_what_is_wrong_in_one_place_is_one_finding(
    cli: Cli, tmp_path: Path, statements: list[dict[str, object]], code: str, advice: str | None
) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    (tmp_path / "one.json").write_text(document, encoding="utf-8")
    (finding,) = json.loads(cli("lint", "one.json", "--json").out)["findings"]
    assert (finding["code"], finding["help"]) == (code, advice)


def test_grants_alone_say_nothing_of_the_key_policy(cli: Cli, tmp_path: Path) -> None:
    grant = {
        "GrantId": "g",
        "KeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
        "RetiringPrincipal": "arn:aws:iam::111122223333:role/app",
        "Operations": ["Decrypt"],
    }
    (tmp_path / "grants.json").write_text(json.dumps({"Grants": [grant]}), encoding="utf-8")
    assert cli("lint", "grants.json").out == "nothing found\n"


WRITTEN = """\
account: "111122223333"
keys:
  app:
    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: "kms:*", Resource: "*"}
        # the application
        - Effect: Allow
          Principal: {AWS: "arn:aws:iam::111122223333:role/app"}
          Action:
            - kms:Decrypt   # it reads
            - kms:ListKeys  # lists have no key
          Resource: "*"
principals:
  role/app: {}
"""


def test_fix_mends_scenarios_and_keeps_their_comments(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    cli("lint", "world.yaml", "--fix", "--level", "error")
    assert path.read_text(encoding="utf-8") == WRITTEN
    cli("lint", "world.yaml", "--fix")
    expected = WRITTEN.replace("            - kms:ListKeys  # lists have no key\n", "")
    assert path.read_text(encoding="utf-8") == expected
    cli("lint", "world.yaml", "--fix")
    assert path.read_text(encoding="utf-8") == expected


def test_fix_leaves_alone_what_a_source_says(cli: Cli, tmp_path: Path) -> None:
    response = {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "PolicyName": "default", "Policy": json.loads(PUBLIC)}
    path = tmp_path / "get-key-policy.1234abcd-12ab-34cd-56ef-1234567890ab.json"
    path.write_text(json.dumps(response), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    done = cli("lint", path.name, "--fix", "--json")
    assert "KMS401" in codes(done.out)
    assert path.read_text(encoding="utf-8") == before


def test_a_policy_of_two_keys_may_name_both_and_is_mended_for_both_only(cli: Cli, tmp_path: Path) -> None:
    keys = [f"1234abcd-12ab-34cd-56ef-1234567890a{each}" for each in "ab"]
    arns = [f"arn:aws:kms:us-east-1:111122223333:key/{each}" for each in keys]
    text = PUBLIC.replace('"kms:*", "Resource": "*"', f'"kms:*", "Resource": {json.dumps(arns)}')
    (tmp_path / "policy.json").write_text(text, encoding="utf-8")
    lines = [f"  {each[-1]}: {{key_id: {each}, policy: policy.json}}\n" for each in keys]
    world = 'account: "111122223333"\nkeys:\n' + "".join(lines) + "principals: {}\n"
    (tmp_path / "world.yaml").write_text(world, encoding="utf-8")
    done = cli("lint", "world.yaml", "--fix", "--json")
    assert codes(done.out) == ["KMS201"]
    assert (tmp_path / "policy.json").read_text(encoding="utf-8") == text.replace(', "kms:ListKeys"', "")


def test_what_describe_policy_prints_is_what_organizations_calls_it(cli: Cli, tmp_path: Path) -> None:
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    summary = {"Type": "SERVICE_CONTROL_POLICY", "Id": "p-examplepolicyid111"}
    response = {"Policy": {"Content": json.dumps(content), "PolicySummary": summary}}
    (tmp_path / "output.json").write_text(json.dumps(response), encoding="utf-8")
    assert cli("lint", "output.json").out == "nothing found\n"


def test_fix_keeps_ends_of_lines_and_a_byte_order_mark(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    written = "\ufeff" + WRITTEN.replace("\n", "\r\n")
    path.write_bytes(written.encode())
    cli("lint", "world.yaml", "--fix")
    assert path.read_bytes().decode() == written.replace("            - kms:ListKeys  # lists have no key\r\n", "")


def test_what_two_keys_share_by_an_alias_is_found_once_and_left_as_it_is(cli: Cli, tmp_path: Path) -> None:
    shared = WRITTEN.replace("    policy:\n", "    policy: &shared\n").replace(
        "principals:", "  other: {policy: *shared}\nprincipals:"
    )
    path = tmp_path / "world.yaml"
    path.write_text(shared, encoding="utf-8")
    assert codes(cli("lint", "world.yaml", "--fix", "--json").out) == ["KMS401"]
    assert path.read_text(encoding="utf-8") == shared
