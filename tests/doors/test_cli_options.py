"""One language on every verb: the same letter and the same name mean the same thing everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kms_eval.doors.cli.arguments import Described, described, words_of
from kms_eval.doors.cli.batch import Call
from kms_eval.doors.cli.completion import offered
from kms_eval.doors.cli.completion_names import VALUES
from kms_eval.doors.cli.verbs import VERB, VERBS, Verb
from tests.doors.command_line import Cli

# The letters of the contract, then those of this program.
LETTERS = {
    "-s": "--scenario",
    "-k": "--key",
    "-p": "--principal",
    "-o": "--output",
    "-q": "--quiet",
    "-v": "--verbose",
    "-a": "--action",
    "-c": "--context",
    "-e": "--encryption-context",
    "-f": "--format",
    "-n": "--most",
    "-r": "--region",
    "-x": "--exitfirst",
}

SOURCES = {"--scenario", "--account", "--region", "--parameter", "--verbose"}
WORLD = SOURCES | {"--before", "--strict", "--stranger", "--allow-unknown-key", "--allow-unknown-action"}
ANSWER = {"--format", "--json", "--output"}
FILTERS = {"--key", "--principal", "--action", "--context", "--vpc-endpoint", "--at"}
EVERY = {"--quiet", "--color"}

# What each verb has beside `EVERY` and options of its own.
SHARED = {
    "can": WORLD | ANSWER | {"--exit-zero", "--key", "--context", "--vpc-endpoint", "--at"},
    "test": WORLD | ANSWER | {"--exit-zero", "--key"},
    "check": WORLD | ANSWER | {"--exit-zero", "--key"},
    "lockout": WORLD | ANSWER | {"--exit-zero", "--key", "--context"},
    "who-can": WORLD | ANSWER | FILTERS | {"--exit-zero"},
    "matrix": WORLD | ANSWER | FILTERS,
    "diff": (WORLD - {"--before"}) | ANSWER | FILTERS | {"--exit-zero"},
    "lint": SOURCES | ANSWER | {"--before", "--exit-zero"},
    "mutate": WORLD | ANSWER | {"--exit-zero"},
    "batch": WORLD | {"--format", "--output", "--at"},
    "pull": {"--output", "--region"},
    "import": SOURCES | {"--before", "--output"},
    "init": set(),
    "schema": set(),
    "code": set(),
}

# Values that nothing can be offered for: what people make up, or what only they know.
FREE = {
    *("--account", "--alias", "--at", "--base", "--cov-fail-under", "--fail-under", "--master", "--most"),
    *("--encryption-context", "--parameter", "--profile", "--role-arn"),
    *("--session-name", "--session-tag", "--source-identity"),
}

EACH_VERB = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)


def known(verb: Verb) -> tuple[Described, ...]:
    return described(verb.module().Call)


def names(verb: Verb) -> set[str]:
    return {name for each in known(verb) for name in each.argument.names}


@EACH_VERB
def test_a_letter_means_the_same_on_every_verb(verb: Verb) -> None:
    for each in known(verb):
        for letter in (name for name in each.argument.names if not name.startswith("--")):
            assert LETTERS[letter] in each.argument.names


@EACH_VERB
def test_an_option_that_has_a_letter_somewhere_has_it_everywhere(verb: Verb) -> None:
    letter_of = {name: letter for letter, name in LETTERS.items()}
    for each in known(verb):
        for name in each.argument.names:
            assert letter_of.get(name, name) in each.argument.names


@EACH_VERB
def test_every_verb_has_the_options_that_all_have_and_those_of_its_kind(verb: Verb) -> None:
    every = {name for options in SHARED.values() for name in options}
    assert SHARED[verb.name] | EVERY <= names(verb)
    # Nor has it one of those by a name that means something else there.
    assert names(verb) & every == SHARED[verb.name]


def test_an_option_takes_the_same_kind_of_value_everywhere() -> None:
    # `--key`, `--region` and the words of tests may be given again only where several make sense.
    kinds: dict[str, set[bool]] = {}
    for verb in VERBS:
        for each in known(verb):
            for name in each.argument.names:
                kinds.setdefault(name, set()).add(each.argument.kind == "switch")
    assert [name for name, found in kinds.items() if len(found) > 1] == []


@EACH_VERB
def test_a_misspelt_option_is_a_question_whether_the_right_one_was_meant(cli: Cli, verb: Verb) -> None:
    for name, right in (("--qiuet", "--quiet"), ("--fromat", "--format"), ("--scenaro", "--scenario")):
        if right in names(verb):
            done = cli(verb.name, name, "x")
            assert (done.code, done.out) == (2, "")
            assert done.err.startswith(f"kms-eval: no such option `{name}` (did you mean `{right}`? see `kms-eval")


def test_a_letter_that_a_verb_does_not_have_leads_to_the_options_that_begin_with_it(cli: Cli) -> None:
    said = cli("can", "role/admin", "kms:Decrypt", "-p", "x.json").err
    assert "no such option `-p` (did you mean `--policy` or `--parameter`? see" in said


@EACH_VERB
def test_a_shell_is_offered_values_for_every_option_that_has_some(verb: Verb) -> None:
    for each in known(verb):
        if each.argument.kind == "switch":
            continue
        offers = bool(each.argument.choices) or each.argument.complete in {*VALUES, "files"}
        assert offers is FREE.isdisjoint(each.argument.names)


@pytest.mark.parametrize(
    ("words", "current", "expected"),
    [
        (("who-can", "--format"), "", ["text", "json", "csv"]),
        (("can", "--color"), "n", ["never"]),
        (("who-can", "--principal"), "role/w", ["role/worker"]),
        (("matrix", "-k"), "", ["app"]),
        (("diff", "--action"), "kms:Decr", ["kms:Decrypt"]),
        (("who-can",), "kms:Decr", ["kms:Decrypt"]),
        (("diff", "--fail-on"), "w", ["widens"]),
        (("who-can", "--fail-if"), "pub", ["public"]),
        (("can", "--via-grant"), "", ["grant-1"]),
        (("can", "--region"), "eu-central", ["eu-central-1", "eu-central-2"]),
        (("lint", "--select"), "KMS101", ["KMS101"]),
        (("lint", "--level"), "", ["error", "warning", "note"]),
        (("matrix", "--unfold"), "al", ["all"]),
        (("can", "--context"), "kms:ViaS", ["kms:ViaService"]),
    ],
)
@pytest.mark.usefixtures("cli", "scenario")
def test_the_values_fit_the_option(words: tuple[str, ...], current: str, expected: list[str]) -> None:
    assert offered(words, current) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("can", "role/admin", "kms:Decrypt", "--format", "jsn"),
            "--format: unknown form `jsn` (did you mean `json`?)",
        ),
        (("matrix", "--color", "red"), "--color: unknown when `red` (there are `auto`, `always`, `never`)"),
        (("batch", "x.csv", "--engine", "sparc"), "--engine: unknown engine `sparc` (did you mean `spark`?)"),
        (("lint", "--level", "errors"), "--level: unknown level `errors` (did you mean `error`?)"),
    ],
)
@pytest.mark.usefixtures("scenario")
def test_a_value_that_there_is_not_is_2_with_those_that_there_are(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli(*words)
    assert (done.code, done.out, done.err) == (2, "", f"kms-eval: {said}\n")


ANSWERS = {
    "can": ("role/admin", "kms:Decrypt"),
    "test": (),
    "lockout": (),
    "who-can": ("kms:Decrypt",),
    "matrix": (),
    "diff": ("kms-eval.yaml", "kms-eval.yaml"),
    "lint": (),
    "mutate": (),
}


@pytest.mark.parametrize("verb", ANSWERS)
def test_the_ending_of_the_output_is_the_form_and_the_file_has_what_stdout_would(
    cli: Cli, scenario: Path, verb: str
) -> None:
    words = (
        (verb, *ANSWERS[verb], "--at=2026-01-01T00:00:00Z") if "--at" in names(VERB[verb]) else (verb, *ANSWERS[verb])
    )
    on_stdout = cli(*words, "--json")
    into_file = cli(*words, "-o", "answer.json", "-q")
    assert (into_file.out, into_file.err, into_file.code) == ("", "", on_stdout.code)
    assert json.loads(Path("answer.json").read_text()) == json.loads(on_stdout.out)
    assert cli(*words, "-o", "answer.docx").err.startswith("kms-eval: --output: the ending `.docx` means no form")


def test_exit_zero_turns_1_into_0_and_leaves_2(cli: Cli, scenario: Path) -> None:
    denied = ("can", "user/alice", "kms:Decrypt")
    assert cli(*denied).code == 1
    assert cli(*denied, "--exit-zero").code == 0
    assert cli("can", "user/nobody", "kms:Decrypt", "--exit-zero").code == 2


def test_quiet_leaves_the_answer_and_errors(cli: Cli, scenario: Path) -> None:
    bare = ("can", "role/x", "kms:Decrypt", "--key-policy", "policies/app.json", "-s")
    loud, quiet = cli(*bare, "kms-eval.yaml", "--stranger", "-v"), cli(*bare, "kms-eval.yaml", "--stranger", "-v", "-q")
    assert "recognised" in loud.err
    assert (quiet.code, quiet.out, quiet.err) == (loud.code, loud.out, "")
    assert cli(*bare, "kms-eval.yaml", "-q").err.startswith("kms-eval: ")


def test_colour_comes_when_it_is_asked_for(cli: Cli, scenario: Path) -> None:
    asked = ("can", "role/admin", "kms:Decrypt")
    assert "\x1b[" not in cli(*asked).out
    assert "\x1b[1;32m" in cli(*asked, "--color", "always").out
    assert "\x1b[" not in cli(*asked, "--color", "never").out


@pytest.mark.parametrize("verb", ["who-can", "matrix", "diff"])
def test_the_filters_are_the_same_on_who_can_matrix_and_diff(cli: Cli, scenario: Path, verb: str) -> None:
    after = Path("after.yaml")
    after.write_text(scenario.read_text().replace("user/alice: {}", "user/alice: {policies: [policies/worker.json]}"))
    words = ("diff", "kms-eval.yaml", "after.yaml") if verb == "diff" else (verb,)
    said = cli(*words, "-k", "alias/app", "-p", "user/*", "-a", "kms:DescribeKey", "--json")
    assert said.code in {0, 1}
    assert "user/alice" in said.out
    assert "role/worker" not in said.out
    assert "kms:Decrypt" not in said.out
    for option, value in (("-k", "other"), ("-p", "user/*x"), ("-a", "kms:*Foo")):
        assert cli(*words, "-a", "kms:Decrypt", option, value).code == 2


def test_a_key_that_only_one_side_has_can_be_asked_about(cli: Cli, scenario: Path) -> None:
    text = scenario.read_text()
    Path("after.yaml").write_text(text.replace("principals:\n", "  new: {policy: policies/app.json}\nprincipals:\n"))
    done = cli("diff", "kms-eval.yaml", "after.yaml", "--key", "new", "--action", "kms:DescribeKey")
    assert done.code == 1
    assert "on new" in done.out


def test_words_of_a_call_are_read_as_the_same_call() -> None:
    call = Call(requests=("a", "b"), format="csv", scenario=("s", "t"), resume=True)
    words = words_of(call)
    assert words[:2] == ["a", "b"]
    assert words[words.index("--scenario") :][:4] == ["--scenario", "s", "--scenario", "t"]
    assert {"--resume", "--format"} <= set(words)
