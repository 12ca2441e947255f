"""What the name of a principal tells: kind, account, path and name, from an ARN or a short name.

Comes in: ``role/path/admin``, ``root``, ``assumed-role/admin/session``, ``s3.amazonaws.com`` or a whole IAM or STS ARN.
Goes out: an `Identity`, or one fault that says what was meant instead.
Never here: which principals exist, and their policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from kms_eval.errors import Fault, InputError, nearest, quoted
from kms_eval.language import arn

IdentityKind = Literal["user", "role", "root", "assumed-role", "federated-user", "service"]

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_ROLE_OF_AWS = re.compile(r"aws:[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/(?:[\x21-\x29\x2b-\x3e\x40-\x7e]+/)?")  # printable, and neither * nor ?
_PARTITION = re.compile(r"aws(?:-[a-z]+)*")
_ALIAS = re.compile(r"alias/[\w/-]+", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACTION = re.compile(r"kms:.*", re.IGNORECASE)
_NEXT = re.compile(r",\s*(?:arn:|root\b|(?:role|user|assumed-role|federated-user)/)")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal|amazon\.com)")

_FORMS = (
    "`role/NAME`, `user/NAME`, `root`, `assumed-role/NAME/SESSION`, `federated-user/NAME`, an ARN or `s3.amazonaws.com`"
)
_PLAIN_KINDS: dict[str, IdentityKind] = {"user": "user", "role": "role", "federated-user": "federated-user"}
_SERVICE_OF = {"user": "iam", "role": "iam", "root": "iam", "assumed-role": "sts", "federated-user": "sts"}


class Identity(NamedTuple):
    """The parts of a principal's name. `name` is empty for root; `session` is the session name of an assumed role."""

    kind: IdentityKind
    name: str
    partition: str
    account: str | None
    path: str = "/"
    session: str = ""

    @property
    def arn(self) -> str:
        """The whole ARN; for a service, its name."""
        if self.kind == "service":
            return self.name
        if self.kind == "root":
            resource = "root"
        elif self.kind == "assumed-role":
            resource = f"assumed-role/{self.name}/{self.session}"
        else:
            resource = f"{self.kind}{self.path}{self.name}"
        return f"arn:{self.partition}:{_SERVICE_OF[self.kind]}::{self.account}:{resource}"


def is_account(text: str) -> bool:
    """Whether `text` is an account id: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def is_partition(text: str) -> bool:
    """Whether `text` has the form of an AWS partition, ``aws-us-gov``."""
    return _PARTITION.fullmatch(text) is not None


def is_alias_name(text: str) -> bool:
    """Whether `text` has the form of the name of a KMS alias, ``alias/app``."""
    return _ALIAS.fullmatch(text) is not None


def is_service(text: str) -> bool:
    """Whether `text` has the form of an AWS service principal, ``s3.amazonaws.com``."""
    return _SERVICE.fullmatch(text) is not None


def is_session_name(text: str) -> bool:
    """Whether `text` has the form of a role session name or a federated user's name; the length is not checked."""
    return _NAME.fullmatch(text) is not None


def is_role_of_aws(name: str) -> bool:
    """Whether `name` is the name of a role that AWS owns, ``aws:ec2-infrastructure``, without IAM policies (S14).

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    """
    return _ROLE_OF_AWS.fullmatch(name) is not None


def read_identity(text: str, *, account: str | None, partition: str) -> Identity:
    """Parse the name of a principal; short names are completed with `account` and `partition`.

    Raises InputError, with the correct spelling where it can be guessed.
    """
    several = _NEXT.search(text)
    if several is not None:
        raise _wrong(
            f"{quoted(text)} is more than one principal", f"ask for one at a time: `{text[: several.start()]}`"
        )
    if text.startswith("arn:"):
        return _from_arn(text)
    if is_service(text):
        return Identity("service", text, partition, None)
    identity = _from_resource(text, text, account or "0" * 12, partition)
    if account is None:
        raise _wrong(
            f"the short name {quoted(text)} belongs to no account",
            f"set `account` in the scenario, give `--account`, or write `{identity.arn.replace('0' * 12, 'ACCOUNT')}`",
        )
    return identity


def _from_arn(text: str) -> Identity:
    parts = arn.parse(text)
    if parts is None or not _PARTITION.fullmatch(parts.partition):
        raise _wrong(f"malformed ARN {quoted(text)}", "a principal is written `arn:aws:iam::123456789012:role/NAME`")
    if parts.service not in ("iam", "sts"):
        raise _wrong(f"{quoted(text)} is no principal", f"a principal is {_FORMS}")
    if parts.region:
        raise _wrong(
            f"the ARN of a principal has no region: {quoted(text)}", f"did you mean `{_without_region(parts)}`?"
        )
    if not is_account(parts.account):
        raise _wrong(f"{quoted(parts.account)} in {quoted(text)} is no account id", "an account id has 12 digits")
    identity = _from_resource(parts.resource, text, parts.account, parts.partition)
    if _SERVICE_OF[identity.kind] != parts.service:
        raise _wrong(f"malformed ARN {quoted(text)}", f"did you mean `{identity.arn}`?")
    return identity


def _without_region(parts: arn.Arn) -> str:
    return f"arn:{parts.partition}:{parts.service}::{parts.account}:{parts.resource}"


def _from_resource(resource: str, text: str, account: str, partition: str) -> Identity:
    if resource == "root":
        return Identity("root", "", partition, account)
    kind, slash, rest = resource.partition("/")
    if slash and kind == "assumed-role":
        return _assumed_role(rest, text, account, partition)
    if not slash or kind not in _PLAIN_KINDS:
        raise _unknown_kind(kind, rest, text)
    path, name = _split_path(rest)
    named = _NAME.fullmatch(name) or (kind == "role" and path == "/" and is_role_of_aws(name))
    if not named or not _PATH.fullmatch(path):
        raise _bad_name(text)
    if kind == "federated-user" and path != "/":
        raise _wrong(f"malformed principal {quoted(text)}", f"a federated user has no path: `federated-user/{name}`")
    return Identity(_PLAIN_KINDS[kind], name, partition, account, path)


def _assumed_role(rest: str, text: str, account: str, partition: str) -> Identity:
    """A role session's ARN has the role's name without its path (semantics P7)."""
    names = rest.split("/")
    if len(names) == 1:
        advice = f"write `assumed-role/{rest}/SESSION`, or `role/{rest}` for any session"
        raise _wrong(f"{quoted(text)} names no session", advice)
    if len(names) > 2:
        short = f"assumed-role/{names[-2]}/{names[-1]}"
        raise _wrong(
            f"malformed principal {quoted(text)}", f"a session is written without the path of its role: `{short}`"
        )
    role, session = names
    if not (_NAME.fullmatch(role) or is_role_of_aws(role)) or not _NAME.fullmatch(session):
        raise _bad_name(text)
    return Identity("assumed-role", names[0], partition, account, session=names[1])


def _split_path(rest: str) -> tuple[str, str]:
    path, _, name = rest.rpartition("/")
    return (f"/{path}/" if path else "/"), name


def _unknown_kind(kind: str, rest: str, text: str) -> InputError:
    if _ACTION.fullmatch(text):
        return _wrong(f"{quoted(text)} is an action, not a principal", "principals look like `role/admin`")
    if kind == "group":
        return _wrong(f"{quoted(text)} is a group, which is never a principal", "name one of its users: `user/NAME`")
    if is_account(text) or text == "*":
        who = f"`arn:aws:iam::{text}:root`" if is_account(text) else "`root`"
        return _wrong(f"`{text}` is not one principal", f"name a user or role, or {who} for the root user")
    if is_service(text.lower()):
        return _wrong(f"malformed principal {quoted(text)}", f"did you mean `{text.lower()}`?")
    label, dot, ending = text.lower().partition(".")
    if dot and not rest and nearest(ending, ("amazonaws.com",)) is not None:
        return _wrong(f"malformed principal {quoted(text)}", f"did you mean `{label}.amazonaws.com`?")
    near = nearest(kind, _SERVICE_OF)
    if near == "root" or (near and rest):
        # What comes before the kind is right: nothing, or the first five parts of an ARN.
        before = text.removesuffix(f"{kind}/{rest}" if rest else kind)
        meant = before + (f"{near}/{rest}" if rest else near)
        return _wrong(f"malformed principal {quoted(text)}", f"did you mean `{meant}`?")
    return _wrong(f"malformed principal {quoted(text)}", f"a principal is {_FORMS}")


def _bad_name(text: str) -> InputError:
    advice = "a name has ASCII letters, digits and `+=,.@_-` only, and no wildcard"
    return _wrong(f"malformed principal {quoted(text)}", advice)


def _wrong(message: str, advice: str) -> InputError:
    return InputError(Fault(message, help=advice))
