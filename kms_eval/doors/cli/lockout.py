"""``kms-eval lockout``: who can still change a key policy.

Comes in: a call. Goes out: a verdict for each key; 0 if someone can still change the policy, 1 if nobody can or AWS KMS
would refuse it, 3 if that is undetermined. Never here: the check (`analysis.lockout`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kms_eval.doors.cli.arguments import option, options
from kms_eval.doors.cli.exit_codes import ExitCode
from kms_eval.doors.cli.shared_options import AnswerOptions, FindingOptions, SpeakingOptions, WorldOptions

if TYPE_CHECKING:
    from kms_eval.doors.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(AnswerOptions, FindingOptions, WorldOptions, SpeakingOptions):
    """Tell whether AWS KMS would accept a key policy from a caller, and who could still change it afterwards.

    AWS KMS refuses a key policy under which its caller could not call PutKeyPolicy again. The exit code is 1 where it
    would refuse, and where nobody who is known could change the policy.

    `kms-eval lockout --key app --key-policy new.json --as role/admin`
    """

    key: str | None = option("--key", "-k", metavar="KEY", help="Which key; default: all.", complete="keys")
    caller: str | None = option("--as", metavar="PRINCIPAL", help="Who puts the policy.", complete="principals")
    context: tuple[str, ...] = options(
        "--context", "-c", metavar="K=V", help="A condition key of the request.", complete="condition keys"
    )
    key_policy: str | None = option(
        "--key-policy", metavar="FILE", help="The policy to check, in place of the key's.", complete="files"
    )


def run(call: Call, output: Output) -> ExitCode:
    """Check the keys."""
    from datetime import UTC, datetime

    from kms_eval.analysis.lockout import Circumstances, check_lockout
    from kms_eval.doors.cli.opening import open_scenario
    from kms_eval.doors.cli.pairs import several
    from kms_eval.doors.cli.question import by_option
    from kms_eval.doors.cli.writing import check_output, chosen_format, deliver, fitted, painting
    from kms_eval.doors.discovery import find
    from kms_eval.errors import InputError
    from kms_eval.world.names import resolve_key

    form = chosen_format(call)
    if call.output is not None:
        check_output(call.output, [find(call.scenario), call.key_policy])
    context = {name: tuple(values) for name, values in several(call.context, "--context").items()}
    opened = open_scenario(
        call.scenario,
        call,
        key_policy=call.key_policy,
        principal=call.caller,
        key=call.key,
    )
    for line in opened.assumptions:
        output.notice(line)
    evaluator = opened.scenario.evaluator
    one_key = call.key is not None or call.key_policy is not None or not evaluator.world.keys
    keys = [resolve_key(evaluator.world, call.key).key] if one_key else list(evaluator.world.keys.values())
    circumstances = Circumstances(datetime.now(UTC), context)
    try:
        found = [check_lockout(evaluator, key, circumstances, caller=call.caller) for key in keys]
    except InputError as error:
        raise by_option(error) from None
    if form == "json":
        from kms_eval.render.json_document import json_document
        from kms_eval.render.lockout import to_dict

        text = json_document({"keys": [to_dict(each) for each in found]}, ascii_only=output.ascii_only)
    else:
        from kms_eval.render.lockout import render

        text = "\n\n".join(render(each, paint=painting(call.output, output)) for each in found)
        text = fitted(text, call.output, output)
    deliver(output, call.output, [text, "\n"])
    for line in opened.notices:
        output.notice(line)
    for each in found:
        for warned in each.caller.warnings if each.caller is not None else ():
            output.notice(f"warning: {each.key.handle}: {warned.message} [{warned.code}]")
    if any(each.found for each in found):
        return ExitCode.NO
    return ExitCode.OPEN if any(each.open for each in found) else ExitCode.YES
