"""``kms-eval pull``: what AWS shows of accounts, kept in a folder that is a source.

Comes in: a call. Goes out: the folder, and what was refused; 0. Never here: the calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kms_eval.doors.cli.arguments import option, options, switch
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import SpeakingOptions
from kms_eval.errors import Fault, InputError, Location, MissingExtraError, quoted
from kms_eval.facts.regions import region_complaint
from kms_eval.safe_text import printable

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(SpeakingOptions):
    """Keep what AWS shows of an account in a folder, by read-only calls.

    The folder is there when the snapshot is whole, and not before. What a call that was refused would tell is not
    known, and never taken for nothing. Credentials are found as boto3 finds them, and kept nowhere.

    `kms-eval pull -o account --region eu-west-1`
    """

    output: str | None = option("--output", "-o", metavar="FOLDER", help="The folder to make.", complete="files")
    profile: str | None = option("--profile", metavar="NAME", help="The profile of the AWS configuration.")
    region: tuple[str, ...] = options(
        "--region", "-r", metavar="REGION", help="A Region; again for more.", complete="regions"
    )
    role_arn: tuple[str, ...] = options(
        "--role-arn", metavar="ARN", help="A role to assume, of the account that is asked; again for more accounts."
    )
    resume: bool = switch("--resume", help="Go on with a snapshot that was interrupted.")
    print_commands: bool = switch("--print-commands", help="Print commands of the AWS CLI instead, for bash.")


def run(call: Call, output: Output) -> ExitCode:
    """Make the snapshot."""
    if call.output is None:
        raise InputError(Fault("is missing", Location(field="--output"), "name the folder: `kms-eval pull -o account`"))
    wrong = [found for region in call.region if (found := region_complaint(region)) is not None]
    if wrong:
        raise InputError([Fault(message, Location(field="--region"), advice) for message, advice in wrong])
    if call.print_commands:
        from kms_eval.doors.pulling.calls import commands

        output.answer("\n".join(commands(call.output, call.region or ("us-east-1",), call.profile)))
        return ExitCode.YES
    session = _session(call)
    regions = call.region or ((session.region_name,) if session.region_name else ())
    if not regions:
        raise InputError(Fault("no Region is set", help="name one with `--region`"))
    from kms_eval.doors.pulling.snapshot import Snapshot

    snapshot = Snapshot(Path(call.output), resume=call.resume, say=output.notice)
    sessions = [_assumed(session, arn) for arn in call.role_arn] or [session]
    try:
        snapshot.take(sessions, regions)
    except _aws_errors() as error:
        raise InputError(Fault(f"AWS could not be asked: {error}", help=_ADVICE)) from None
    snapshot.finish(regions)
    for failed in snapshot.failed:
        about = failed.get("key") or failed.get("policy") or failed.get("region") or failed["account"]
        output.error(
            f"refused: {failed['service']}:{failed['operation']} on {about}: {failed['code']}; it is not known"
        )
    output.answer(f"{printable(call.output)}: {snapshot.made} calls, {len(snapshot.failed)} refused")
    return ExitCode.YES


_ADVICE = "see `aws sts get-caller-identity`; what was read so far is kept for `--resume`"


def _session(call: Call) -> Any:
    try:
        import boto3
    except ImportError:
        raise MissingExtraError("aws", "boto3") from None
    try:
        return boto3.Session(profile_name=call.profile)
    except _aws_errors() as error:
        raise InputError(Fault(str(error), Location(field="--profile"))) from None


def _aws_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError


def _assumed(session: Any, role: str) -> Any:
    import boto3

    try:
        answer = session.client("sts").assume_role(RoleArn=role, RoleSessionName="kms-eval")
    except _aws_errors() as error:
        raise InputError(Fault(f"{quoted(role)} could not be assumed: {error}", Location(field="--role-arn"))) from None
    given = answer["Credentials"]
    return boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=session.region_name,
    )
