"""The options that several verbs have, each written once: the same name means the same everywhere.

Comes in: nothing. Goes out: groups of options; the `Call` of a verb inherits those that it has.
Never here: an option of one verb only, reading, what is done with a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kms_eval.doors.cli.arguments import option, options, switch


@dataclass(frozen=True, kw_only=True)
class SpeakingOptions:
    """Options about messages and colour; every verb has them, and `main` applies them."""

    quiet: bool = switch("--quiet", "-q", help="Only the answer and errors: no warnings, no progress.")
    color: str | None = option(
        "--color",
        metavar="WHEN",
        help="Colour: auto (default: on a terminal, unless NO_COLOR is set), always or never.",
        choices=("auto", "always", "never"),
    )


@dataclass(frozen=True, kw_only=True)
class FindingOptions:
    """The option of verbs whose exit code says that something was found."""

    exit_zero: bool = switch("--exit-zero", help="Exit with 0 where it would be 1; wrong input stays 2.")


def format_option(*names: str) -> Any:
    """The option for the form of the answer; the first form is for reading, and the default."""
    said = f"{', '.join(names[:-1])} or {names[-1]}"
    return option("--format", "-f", metavar="FORM", help=f"The form of the answer: {said}.", choices=names)


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """The form of the answer, and where it goes. A verb with other forms has a `format` of its own."""

    format: str | None = format_option("text", "json")
    json: bool = switch("--json", help="One JSON object: the same as `--format json`.")
    output: str | None = option(
        "--output",
        "-o",
        metavar="FILE",
        help="A file to write to, whole or not at all; its ending says the form where `--format` does not.",
        complete="files",
    )


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What is read."""

    scenario: tuple[str, ...] = options(
        "--scenario",
        "-s",
        metavar="SOURCE",
        help="A scenario, or any other source: AWS responses, a snapshot, a plan, a template, a folder; again for "
        "more, of which a later one replaces what an earlier one says. Default: $KMS_EVAL_SCENARIO, `[tool.kms-eval] "
        "scenario` in the nearest pyproject.toml, the nearest kms-eval.yaml.",
        complete="files",
    )
    account: str | None = option(
        "--account", metavar="ID", help="The account of short names, and of sources that tell none."
    )
    region: str | None = option(
        "--region", "-r", metavar="REGION", help="The Region of sources that tell none.", complete="regions"
    )
    parameter: tuple[str, ...] = options(
        "--parameter", metavar="NAME=VALUE", help="The value of a parameter of a template."
    )
    verbose: bool = switch("--verbose", "-v", help="Say what each source was recognised as.")


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """The option of verbs that ask about one side of a plan."""

    before: bool = switch("--before", help="What is before a Terraform plan, not after it.")


@dataclass(frozen=True, kw_only=True)
class StrictOptions:
    """How strictly documents and questions are checked."""

    strict: bool = switch("--strict", help="Refuse documents that AWS would refuse, even where they can be read.")
    stranger: bool = switch("--stranger", help="Ask about users and roles whom nothing in the scenario mentions.")
    allow_unknown_key: bool = switch(
        "--allow-unknown-key", help="Take condition keys, and values of them, that AWS may have added since."
    )
    allow_unknown_action: bool = switch(
        "--allow-unknown-action", help="Let the policies' patterns decide an action that AWS may have added since."
    )


@dataclass(frozen=True, kw_only=True)
class WorldOptions(SourceOptions, PlanOptions, StrictOptions):
    """The options of verbs that ask one world."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """Which principals, actions and keys an answer is about; by default all of them."""

    key: tuple[str, ...] = options(
        "--key",
        "-k",
        metavar="KEY",
        help="Only these keys: handle, key id, ARN or alias, `*` is a wildcard; again for more.",
        complete="keys",
    )
    principal: tuple[str, ...] = options(
        "--principal",
        "-p",
        metavar="PRINCIPAL",
        help="Only these principals: short name or ARN, `*` is a wildcard; again for more.",
        complete="principals",
    )
    action: tuple[str, ...] = options(
        "--action",
        "-a",
        metavar="ACTION",
        help="Only these actions: kms:Decrypt, `*` is a wildcard; again for more.",
        complete="actions",
    )


def words_option(what: str) -> Any:
    """Which tests or checks of a scenario are wanted: by a key, like `--key` elsewhere, or by any of their words."""
    return option(
        "--keyword",
        "-k",
        "--key",
        metavar="KEY|WORDS",
        help=f"Only {what} about this key, or with these words in them: `app`, `decrypt and not admin`.",
        complete="keys",
    )


@dataclass(frozen=True, kw_only=True)
class CircumstanceOptions:
    """The request context of all the requests that an answer is about."""

    context: tuple[str, ...] = options(
        "--context",
        "-c",
        metavar="K=V",
        help="A condition key that all requests carry; what is not said stays open.",
        complete="condition keys",
    )
    vpc_endpoint: str | None = option(
        "--vpc-endpoint", metavar="ID", help="The VPC endpoint that all come through.", complete="endpoints"
    )
    at: str | None = option("--at", metavar="TIME", help="When: 2026-01-01T00:00:00Z; default: now.")
