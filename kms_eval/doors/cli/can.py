"""``kms-eval can``: one question, one decision.

Comes in: a call. Goes out: the decision and its reasons; 0 allowed, 1 denied, 3 undetermined.
Never here: reasons of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import argument, option, options, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import AnswerOptions, FindingOptions, SpeakingOptions, WorldOptions
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output
    from kms_eval.engine.explanation import Explanation


_ELSEWHERE = ("replicatekey", "updateprimaryregion")
"""The actions that involve another Region, which `--region` names for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """Tell whether PRINCIPAL may perform ACTION on a key, and why.

    The exit code is 0 where it is allowed, 1 where it is denied, 2 where the call or a document is wrong,
    3 where it hangs on something that could not be read.

    `kms-eval can role/admin kms:Decrypt --key app`

    `kms-eval can role/app kms:Decrypt --context kms:ViaService=s3.us-east-1.amazonaws.com --explain`

    `kms-eval can role/app kms:Decrypt --key-policy key.json --policy app.json --json`
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
        "--context",
        "-c",
        metavar="K=V",
        help="A condition key of the request; again for more values; K[] has none.",
        complete="condition keys",
    )
    encryption_context: tuple[str, ...] = options(
        "--encryption-context", "-e", metavar="K=V", help="A pair of the encryption context."
    )
    vpc_endpoint: str | None = option(
        "--vpc-endpoint", metavar="ID", help="The VPC endpoint the request comes through.", complete="endpoints"
    )
    session_policy: tuple[str, ...] = options(
        "--session-policy", metavar="FILE", help="A session policy of the caller.", complete="files"
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
        "-r",
        metavar="REGION",
        help="The other Region of ReplicateKey and UpdatePrimaryRegion; else that of sources that tell none.",
        complete="regions",
    )
    grant: str | None = option(
        "--grant",
        metavar="GRANT",
        help="The request of CreateGrant (a file, or its JSON), or the GrantId of another call.",
        complete="files",
    )
    via_grant: str | None = option(
        "--via-grant", metavar="ID", help="The grant that allows a CreateGrant.", complete="grants"
    )
    key_policy: str | None = option(
        "--key-policy", metavar="FILE", help="A policy in place of the key's; needs no scenario.", complete="files"
    )
    policy: tuple[str, ...] = options(
        "--policy", metavar="FILE", help="A further identity policy of PRINCIPAL; needs no scenario.", complete="files"
    )
    explain: bool = switch("--explain", help="Every layer, and what came near without counting.")


def run(call: Call, output: Output) -> ExitCode:
    """Answer the call."""
    from kms_eval.doors.cli.document_warnings import document_warning_lines
    from kms_eval.doors.cli.opening import open_scenario
    from kms_eval.doors.cli.question import ask, by_option
    from kms_eval.doors.cli.writing import check_output, chosen_format
    from kms_eval.doors.discovery import find
    from kms_eval.errors import InputError

    form = chosen_format(call)
    if call.output is not None:
        check_output(call.output, [find(call.scenario), call.key_policy, *call.policy, *call.session_policy])
    elsewhere = call.action.lower().rpartition(":")[2] in _ELSEWHERE
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
        region=call.region if elsewhere else None,
        grant=call.grant,
        via_grant=call.via_grant,
        strict=call.strict,
    )
    opened = open_scenario(
        call.scenario,
        replace(call, region=None) if elsewhere else call,
        key_policy=call.key_policy,
        policies=call.policy,
        principal=call.principal,
        key=call.key,
    )
    try:
        explanation = opened.scenario.decide(asked).advised
    except InputError as error:
        raise by_option(error) from None
    if opened.made_up is not None:
        from kms_eval.doors.cli.assumed import about_made_up

        explanation = about_made_up(explanation, opened.made_up)
    for line in opened.assumptions:
        output.notice(line)
    _say(explanation, call, form, output)
    for line in (*opened.notices, *document_warning_lines(asked.warnings)):
        output.notice(line)
    if explanation.decision == "undetermined":
        return ExitCode.OPEN
    return ExitCode.YES if explanation.decision == "allowed" else ExitCode.NO


def _say(explanation: Explanation, call: Call, form: str, output: Output) -> None:
    from kms_eval.doors.cli.writing import deliver, fitted, painting

    if form == "json":
        from kms_eval.render.json import as_dict
        from kms_eval.render.json_document import json_document

        deliver(output, call.output, [json_document(as_dict(explanation), ascii_only=output.ascii_only), "\n"])
        return
    from kms_eval.render.text import render

    text = render(explanation, full=call.explain, paint=painting(call.output, output))
    deliver(output, call.output, [fitted(text, call.output, output), "\n"])
    for warned in explanation.warnings:
        output.notice(f"warning: {printable(f'{warned.message} [{warned.code}]')}")
