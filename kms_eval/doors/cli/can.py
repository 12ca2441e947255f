"""``kms-eval can``: one question, one decision.

Comes in: a call. Goes out: the decision and its reasons; 0 allowed, 1 denied, 3 undetermined.
Never here: reasons of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import (
    account_option,
    argument,
    before_option,
    option,
    options,
    parameter_option,
    scenario_option,
    stranger_option,
    strict_option,
    switch,
    unknown_key_option,
    verbose_option,
)
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output
    from kms_eval.engine.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Call:
    """Tell whether PRINCIPAL may perform ACTION on a key, and why.

    The exit code is 0 where it is allowed, 1 where it is denied, 2 where the call or a document is wrong,
    3 where it hangs on something that could not be read.

    `kms-eval can role/admin kms:Decrypt --key app`
    """

    principal: str = argument(
        "PRINCIPAL",
        "Who asks: role/NAME, user/NAME, root, assumed-role/NAME/SESSION, an ARN or an AWS service.",
        "principals",
    )
    action: str = argument("ACTION", "What: a permission (kms:Decrypt), or a whole API call (ReEncrypt).", "actions")
    key: str | None = option(
        "--key",
        "-k",
        metavar="KEY",
        help="On which key: handle, key id, ARN or alias; default: the only one.",
        complete="keys",
    )
    context: tuple[str, ...] = options(
        "--context", "-c", metavar="K=V", help="A condition key of the request; again for more values; K[] has none."
    )
    encryption_context: tuple[str, ...] = options(
        "--encryption-context", "-e", metavar="K=V", help="A pair of the encryption context."
    )
    vpc_endpoint: str | None = option(
        "--vpc-endpoint", metavar="ID", help="The VPC endpoint the request comes through.", complete="endpoints"
    )
    session_policy: tuple[str, ...] = options(
        "--session-policy", metavar="FILE", help="A session policy of the caller."
    )
    session_name: str | None = option("--session-name", metavar="NAME", help="The name of the caller's session.")
    session_tag: tuple[str, ...] = options("--session-tag", metavar="K=V", help="A session tag of the caller.")
    source_identity: str | None = option(
        "--source-identity", metavar="TEXT", help="The source identity of the session."
    )
    at: str | None = option("--at", metavar="TIME", help="When: 2026-01-01T00:00:00Z; default: now.")
    alias: str | None = option("--alias", metavar="ALIAS", help="The alias of an alias operation that no key has yet.")
    destination_key: str | None = option(
        "--destination-key", metavar="KEY", help="The other key of ReEncrypt and UpdateAlias.", complete="keys"
    )
    region: str | None = option(
        "--region",
        metavar="REGION",
        help="The other Region of ReplicateKey, UpdatePrimaryRegion; else that of sources that tell none.",
    )
    grant: str | None = option(
        "--grant",
        metavar="GRANT",
        help="The request of CreateGrant (a file, or its JSON), or the GrantId of another call.",
    )
    via_grant: str | None = option("--via-grant", metavar="ID", help="The grant that allows a CreateGrant.")
    key_policy: str | None = option(
        "--key-policy", metavar="FILE", help="A policy in place of the key's; needs no scenario."
    )
    policy: tuple[str, ...] = options(
        "--policy", "-p", metavar="FILE", help="A further identity policy of PRINCIPAL; needs no scenario."
    )
    scenario: tuple[str, ...] = scenario_option()
    account: str | None = account_option()
    before: bool = before_option()
    parameter: tuple[str, ...] = parameter_option()
    verbose: bool = verbose_option()
    explain: bool = switch("--explain", help="Every layer, and what came near without counting.")
    json: bool = switch("--json", help="One JSON object.")
    strict: bool = strict_option()
    stranger: bool = stranger_option()
    allow_unknown_key: bool = unknown_key_option()
    allow_unknown_action: bool = switch(
        "--allow-unknown-action", help="Let the policies' patterns decide an action that is not known yet."
    )


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.opening import Sources, open_scenario
    from kms_eval.doors.cli.question import ask, by_option
    from kms_eval.errors import InputError

    asked = ask(
        call.principal,
        call.action,
        call.key,
        context=call.context,
        encryption_context=call.encryption_context,
        session_policies=call.session_policy,
        session_name=call.session_name,
        session_tags=call.session_tag,
        source_identity=call.source_identity,
        vpc_endpoint=call.vpc_endpoint,
        at=call.at,
        alias=call.alias,
        destination_key=call.destination_key,
        region=call.region,
        grant=call.grant,
        via_grant=call.via_grant,
        strict=call.strict,
    )
    opened = open_scenario(
        call.scenario,
        sources=replace(Sources.of(call), region=None if _takes_region(call.action) else call.region),
        key_policy=call.key_policy,
        policies=call.policy,
        principal=call.principal,
        key=call.key,
        strict=call.strict,
        strangers=call.stranger,
        allow_unknown_key=call.allow_unknown_key,
        allow_unknown_action=call.allow_unknown_action,
    )
    try:
        explanation = opened.scenario.decide(asked).advised
    except InputError as error:
        raise by_option(error) from None
    for line in opened.assumptions:
        output.word(line)
    _say(explanation, call, output)
    for line in (*opened.words, *document_warning_lines(asked.warnings)):
        output.word(line)
    if explanation.decision == "undetermined":
        return ExitCode.OPEN
    return ExitCode.YES if explanation.decision == "allowed" else ExitCode.NO


def _takes_region(action: str) -> bool:
    """Whether a call names another Region than that of the key."""
    return action.rpartition(":")[2].lower() in {"replicatekey", "updateprimaryregion"}


def _say(explanation: Explanation, call: Call, output: Output) -> None:
    if call.json:
        from kms_eval.render.json import as_dict
        from kms_eval.render.json_document import json_document

        output.answer(json_document(as_dict(explanation), ascii_only=output.ascii_only))
        return
    from kms_eval.render.text import render, wrapped

    output.answer(wrapped(render(explanation, full=call.explain, paint=output.paint), output.width))
    for warned in explanation.warnings:
        output.word(f"warning: {printable(f'{warned.message} [{warned.code}]')}")
