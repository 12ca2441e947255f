"""Help, the version, wrong calls, and the two readers of command lines that have to agree."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from kms_eval import __version__
from kms_eval.doors.cli import application, quick
from kms_eval.doors.cli.arguments import check_values, described
from kms_eval.doors.cli.completion import SCRIPT_OPTIONS
from kms_eval.doors.cli.help import EXIT_CODES, TASKS, paragraphs
from kms_eval.doors.cli.verbs import VERBS, Verb
from kms_eval.errors import InputError
from tests.doors.command_line import Cli


def test_help_lists_every_verb_with_its_summary(cli: Cli) -> None:
    for words in (("--help",), ("-h",)):
        done = cli(*words)
        assert (done.code, done.err) == (0, "")
        for verb in VERBS:
            assert f"  {verb.name} " in done.out


def test_no_word_at_all_shows_the_help_and_is_2(cli: Cli) -> None:
    done = cli()
    assert done.code == 2
    assert done.out.startswith("Usage: kms-eval ")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_help_of_a_verb_has_every_option(cli: Cli, verb: Verb) -> None:
    done = cli(verb.name, "--help")
    assert (done.code, done.err) == (0, "")
    for each in described(verb.module().Call):
        assert all(name in done.out for name in each.argument.names)
        assert each.argument.metavar is None or each.argument.metavar in done.out


def test_the_version_is_that_of_the_package(cli: Cli) -> None:
    for words in (("--version",), ("--version", "can")):
        done = cli(*words)
        assert (done.code, done.out, done.err) == (0, f"kms-eval {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cna",), "no such command `cna` (did you mean `can`? see `kms-eval --help`)"),
        (("",), "no such command ``"),
        (("--nonsense",), "no such option"),
        (("can",), "missing argument `PRINCIPAL` (see `kms-eval can --help`)"),
        (("can", "role/x"), "missing argument `ACTION` (see `kms-eval can --help`)"),
        (("can", "role/x", "kms:Decrypt", "--kye", "app"), "no such option `--kye` (did you mean `--key`?"),
        (("can", "role/x", "kms:Decrypt", "--key"), "option `--key` requires an argument"),
        (("can", "role/x", "kms:Decrypt", "app"), "got unexpected extra `app` (first the principal, then"),
        (("can", "role/x", "kms:Decrypt", "--json=yes"), "option `--json` does not take a value"),
        (("schema", "can", "x"), "got unexpected extra `x` (see"),
    ],
)
def test_a_wrong_call_is_2_with_one_line_and_no_box(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kms-eval: {said}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("can", "root", "kms:Decrypt", "--key-policy", ""), "--key-policy"),
        (("can", "root", "kms:Decrypt", "--key-policy="), "--key-policy"),
        (("can", "root", "kms:Decrypt", "--policy", ""), "--policy"),
        (("can", "role/worker", "kms:DescribeKey", "--session-name", ""), "--session-name"),
        (("can", "role/worker", "kms:DescribeKey", "--source-identity", ""), "--source-identity"),
        (("can", "", "kms:Decrypt"), "PRINCIPAL"),
        (("lockout", "--key-policy", ""), "--key-policy"),
        (("lockout", "--as", ""), "--as"),
        (("matrix", "-o", ""), "--output"),
        (("who-can", "kms:Decrypt", ""), "ACTION"),
        (("diff", "", "kms-eval.yaml"), "BEFORE AFTER"),
        (("mutate", ""), "PATH"),
        (("test", ""), "PATH"),
        (("test", "--junit", ""), "--junit"),
        (("batch", ""), "REQUESTS"),
        (("batch", "requests.csv", "-o", ""), "--output"),
        (("init", ""), "PATH"),
    ],
)
def test_an_empty_value_is_2_and_never_as_if_nothing_had_been_given(
    cli: Cli, scenario: Path, words: tuple[str, ...], name: str
) -> None:
    done = cli(*words)
    assert (done.code, done.out, done.err) == (2, "", f"kms-eval: {name}: is empty\n")


WORDS = st.sampled_from(
    [
        "",
        "role/x",
        "kms:Decrypt",
        "app",
        "K=V",
        "f",
        "--key",
        "-k",
        "-kapp",
        "--key=a=b",
        "--context",
        "-c",
        "--policy",
        "-p",
        "--at=",
        "-s=x",
        "--json",
        "--json=1",
        "--explain",
        "--strict",
        "--help",
        "--conte",
        "-x",
        "--",
        "-",
        "\udcff",
    ]
)


@given(st.sampled_from([verb.name for verb in VERBS]), st.lists(WORDS, max_size=7))
def test_what_the_quick_reader_reads_typer_reads_alike(verb: str, words: list[str]) -> None:
    read = quick.read([verb, *words])
    if read is not None:
        assert application.read([verb, *words]) == read


@given(st.lists(WORDS, max_size=4))
def test_plain_calls_need_no_typer(words: list[str]) -> None:
    plain = [word for word in words if word and not word.startswith("-")]
    assert quick.read(["can", "role/x", "kms:Decrypt", *(f"--context={word}" for word in plain)]) is not None


@given(st.lists(WORDS, max_size=7))
def test_no_words_make_typer_fail_otherwise_than_by_saying_so(words: list[str]) -> None:
    with suppress(InputError):
        application.read(["can", *words])


def commands() -> list[str]:
    examples = [example for verb in VERBS for example in paragraphs(verb.module().Call)[1]]
    return [*examples, *(command for _head, command in TASKS)]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_an_example_in_its_help(cli: Cli, verb: Verb) -> None:
    _texts, examples = paragraphs(verb.module().Call)
    assert examples
    said = cli(verb.name, "--help").out
    for example in examples:
        assert example.startswith(f"kms-eval {verb.name}")
        assert f"  {example}\n" in said


@pytest.mark.parametrize("command", commands())
def test_an_example_is_a_call_that_can_be_read(command: str) -> None:
    words = shlex.split(command.partition(" > ")[0])[1:]
    read = application.read(words)
    assert not isinstance(read, int)
    check_values(read[1])


def test_the_help_says_how_to_begin_and_what_exit_codes_mean(cli: Cli) -> None:
    said = cli("--help").out
    assert "  Begin              kms-eval init\n" in said
    for code, meaning in EXIT_CODES:
        assert f"  {code}  {meaning}\n" in said


@pytest.mark.parametrize("words", [(), *((verb.name,) for verb in VERBS)], ids=" ".join)
def test_help_speaks_of_no_types_of_python(cli: Cli, words: tuple[str, ...]) -> None:
    said = cli(*words, "--help").out
    assert re.search(r"<\w+>|\b(str|list\[|bool|int|None|tuple)\b", said) is None
    assert max(map(len, said.splitlines())) <= 100


def test_what_is_promised_before_a_verb_is_what_may_be_typed(cli: Cli) -> None:
    said = cli("--help").out
    for option in (*SCRIPT_OPTIONS, "--version", "-h, --help"):
        assert f"  {option}" in said
