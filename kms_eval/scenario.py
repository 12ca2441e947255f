"""The public API: load a scenario, ask it questions, get decisions that can explain themselves.

Comes in: a scenario file or the same structure in memory. Goes out: decisions. Never here: AWS's rules, output formats.

    world = Scenario.load("scenarios/default-key-policy.yaml")
    assert world.can("role/admin", "kms:Decrypt", key="app")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict

from kms_eval.decision import Decision, timed
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.questions import Questions
from kms_eval.safe_text import printable
from kms_eval.world.request import Request, request
from kms_eval.world.values import kind_of

if TYPE_CHECKING:
    from typing import Unpack

    from kms_eval.answers import Diff
    from kms_eval.engine.plain_questions import PlainQuestions
    from kms_eval.everybody import GivenContext, Names
    from kms_eval.world.cases import TestCase
    from kms_eval.world.load import Loaded
    from kms_eval.world.model import Key, Principal, World


class OtherFields(TypedDict, total=False):
    """What a question may give besides principal, action, key and context: the fields of a test in a scenario file.

    `encryption_context` maps names to values; `session` has name, policies, tags and source_identity; `at` is ISO 8601
    text or an aware datetime, by default now; `grant` is the request of CreateGrant, or a GrantId for RetireGrant and
    RevokeGrant; `stranger` says that the principal is deliberately one that the scenario does not mention.
    """

    encryption_context: Mapping[str, str] | None
    session: Mapping[str, object] | None
    vpc_endpoint: str | None
    at: str | datetime | None
    alias: str | None
    destination_key: str | None
    region: str | None
    grant: Mapping[str, object] | str | None
    via_grant: str | None
    stranger: bool


class Fields(OtherFields, total=False):
    """`OtherFields` and the context: `context` maps condition keys to a value or a list of values."""

    context: GivenContext | None


class Scenario(Questions):
    """One world and its tests. It never changes; for another world load another scenario."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
        strict: bool = False,
    ) -> None:
        self._loaded = loaded
        self.evaluator = Evaluator(
            loaded.world,
            allow_unknown_action=allow_unknown_action,
            allow_unknown_key=allow_unknown_key,
            strict=strict,
        )
        self._plain: PlainQuestions | None = None

    @classmethod
    def load(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        strict: bool = False,
        strangers: bool = False,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
        account: str | None = None,
        region: str | None = None,
        before: bool = False,
        parameters: Mapping[str, str] | None = None,
    ) -> Scenario:
        """Read a scenario file (YAML or JSON), or any other source: AWS responses, a plan, a template, a folder.

        Where several sources describe the same thing, the later one counts. `account` and `region` are used where no
        source has them; `before` asks for the state before a plan; `parameters` are values for those of a template.
        `strict` makes faults of what AWS would refuse but published examples contain, and of context that a caller
        cannot have; `strangers` allows questions about principals that the scenario does not describe, like the field
        of that name. `allow_unknown_action` decides actions that are not known here by the patterns of the policies,
        and `allow_unknown_key` accepts condition keys and values that are not known here: AWS may have added them
        since. Raises InputError with every fault of the sources and of their policies.
        """
        from kms_eval.world.load import load  # noqa: PLC0415 - reading needs pydantic; deciding does not

        paths = [path] if isinstance(path, (str, PathLike)) else path
        listed: object = paths
        if (
            not isinstance(listed, Sequence)
            or not listed
            or not all(isinstance(each, (str, PathLike)) for each in listed)
        ):
            raise InputError(f"expected the path of a scenario, found {kind_of(path)}")
        options = None
        if account is not None or region is not None or before or parameters:
            from kms_eval.sources.options import Options  # noqa: PLC0415 - a scenario needs none

            options = Options(account, region, before, parameters or {})
        first, *more = map(Path, paths)
        loaded = load(first, more=more, strict=strict, strangers=strangers, options=options)
        return cls(
            loaded, allow_unknown_action=allow_unknown_action, allow_unknown_key=allow_unknown_key, strict=strict
        )

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        base: str | Path | None = None,
        strict: bool = False,
        strangers: bool = False,
        allow_unknown_action: bool = False,
        allow_unknown_key: bool = False,
    ) -> Scenario:
        """A scenario from its structure in memory; relative paths of policies start at `base`. Raises InputError."""
        from kms_eval.world.load import from_dict  # noqa: PLC0415

        folder = Path(base) if base is not None else None
        loaded = from_dict(data, base=folder, strict=strict, strangers=strangers)
        return cls(
            loaded, allow_unknown_action=allow_unknown_action, allow_unknown_key=allow_unknown_key, strict=strict
        )

    def __repr__(self) -> str:
        sizes = ((len(self.keys), "key"), (len(self.principals), "principal"), (len(self.tests), "test"))
        said = ", ".join(f"{number} {what}{'s' * (number != 1)}" for number, what in sizes)
        return f"<Scenario {printable(self._loaded.name)}: {said}>"

    def __reduce__(self) -> tuple[Any, ...]:
        evaluator = self.evaluator
        flags = (evaluator.allow_unknown_action, evaluator.allow_unknown_key, evaluator.strict)
        return _unpickled, (self._loaded, *flags)

    def _again(self, loaded: Loaded) -> Scenario:
        """A scenario with the same options and other content."""
        evaluator = self.evaluator
        return _unpickled(loaded, evaluator.allow_unknown_action, evaluator.allow_unknown_key, evaluator.strict)

    @property
    def keys(self) -> Mapping[str, Key]:
        """The keys by handle, in the order of the file."""
        return MappingProxyType(self._loaded.world.keys)

    @property
    def principals(self) -> Mapping[str, Principal]:
        """The users and roles that the scenario describes, by ARN."""
        return MappingProxyType(self._loaded.world.principals)

    @property
    def world(self) -> World:
        """Everything that exists in the scenario."""
        return self._loaded.world

    @property
    def tests(self) -> tuple[TestCase, ...]:
        """The tests of the file, in its order."""
        return self._loaded.tests

    @property
    def loaded(self) -> Loaded:
        """Everything that was read: world, tests, name, description, and the notices from reading."""
        return self._loaded

    def can(
        self,
        principal: str,
        action: str,
        key: str | None = None,
        *,
        context: GivenContext | None = None,
        **fields: Unpack[OtherFields],
    ) -> Decision:
        """May the principal perform the action? Raises InputError where the question makes no sense in this world.

        `principal` is a full ARN or a short name (``role/admin``); `action` a permission (``kms:Decrypt``) or an API
        operation (``ReEncrypt``), which asks for every permission that the call needs; `key` may be left out where the
        scenario has only one or the action needs none. `context` maps condition keys to a value or a list of values.
        See `OtherFields` for the rest.
        """
        if not fields:
            decision = (self._plain or self._plain_questions()).outcome(principal, action, key, context)
            if decision is not None:
                return Decision(self.evaluator, decision, (principal, action, key, context and {**context}))
        return self.decide(request(principal, action, key, base=self._loaded.base, context=context, **fields))

    def allows(
        self,
        principal: str,
        action: str,
        key: str | None = None,
        *,
        context: GivenContext | None = None,
        **fields: Unpack[OtherFields],
    ) -> bool:
        """Whether `can` answers `allowed`."""
        if not fields:
            decision = (self._plain or self._plain_questions()).outcome(principal, action, key, context)
            if decision is not None:
                return decision == "allowed"
        return self.can(principal, action, key, context=context, **fields).decision == "allowed"

    def diff(
        self,
        after: Scenario | str | Path | Sequence[str | Path],
        key: Names = None,
        *,
        principal: Names = None,
        action: Names = None,
        context: GivenContext | None = None,
        at: str | datetime | None = None,
        vpc_endpoint: str | None = None,
        allow: Names = None,
        fail_on: Names = None,
        caller: str | None = None,
    ) -> Diff:
        """What access appears, disappears or gets different conditions from this scenario to `after`.

        `after` is a scenario (see `with_policies`), or what `load` takes. `allow` lists expected changes, as
        ``PRINCIPAL [ACTION [KEY]]`` with wildcards; `fail_on` the kinds of changes that count as findings; `caller` is
        the principal that puts the key policies. Without `at` later requests count as well. The rest is as in
        `who_can`. Raises InputError.
        """
        from kms_eval.everybody import ask_diff, circumstances  # noqa: PLC0415

        other = after if isinstance(after, Scenario) else Scenario.load(after)
        asked = circumstances(context, at, vpc_endpoint, later=True)
        return ask_diff(
            self.evaluator,
            other.evaluator,
            asked,
            key=key,
            principal=principal,
            action=action,
            allow=allow,
            fail_on=fail_on,
            caller=caller,
        )

    def with_policies(
        self,
        keys: Mapping[str, object] | None = None,
        principals: Mapping[str, Sequence[object]] | None = None,
    ) -> Scenario:
        """The scenario after a change: new policies for some keys, users and roles.

        A policy is a path relative to the scenario, or a document. The policies given for a principal replace all that
        it has. Raises InputError.
        """
        from kms_eval.world.changed import changed  # noqa: PLC0415

        world, warnings = changed(self.world, self._loaded.base, keys or {}, principals or {})
        return self._again(replace(self._loaded, world=world, warnings=(*self._loaded.warnings, *warnings)))

    def decide(self, asked: Request) -> Decision:
        """The decision about a `Request` object, for instance that of a test; without a time it is made now."""
        ruling = self.evaluator.rule(timed(asked))
        return Decision(self.evaluator, ruling.outcome, ruling)

    def _plain_questions(self) -> PlainQuestions:
        from kms_eval.engine.plain_questions import PlainQuestions  # noqa: PLC0415 - the command line asks part by part

        self._plain = PlainQuestions(self.evaluator)
        return self._plain


def _unpickled(loaded: Loaded, allow_unknown_action: bool, allow_unknown_key: bool, strict: bool) -> Scenario:  # noqa: FBT001 - as pickle calls it
    return Scenario(
        loaded, allow_unknown_action=allow_unknown_action, allow_unknown_key=allow_unknown_key, strict=strict
    )
