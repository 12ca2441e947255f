"""The results of checks: values that render themselves.

Comes in: nothing. Goes out: the classes. Never here: proving.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from kms_eval.safe_text import printable
from kms_eval.world.checks import Check
from kms_eval.world.request import Request

Verdict = Literal["holds", "fails", "undetermined"]


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that the engine has decided against the check; `command` asks it again.

    `short` is the part of that command that describes the request: principal, action and options. `who` says whom the
    principal stands for, `decision` and `reason` what the engine answered. `policy` is the identity policy (JSON) that
    an account without described principals may give its principal; None if none is needed.
    """

    request: Request = field(compare=False)
    who: str
    key: str | None
    decision: str
    reason: str
    command: str
    short: str
    policy: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON output."""
        asked = self.request
        return {
            "principal": asked.principal,
            "action": asked.action,
            "key": self.key,
            "context": {name: list(values) for name, values in asked.context.items()},
            "encryption_context": dict(asked.encryption_context) if asked.encryption_context is not None else None,
            "grant": asked.grant if isinstance(asked.grant, str) else None,
            "at": asked.at.isoformat() if asked.at is not None else None,
            "policy": self.policy,
            "stands_for": self.who,
            "decision": self.decision,
            "reason": self.reason,
            "command": self.command,
        }


@dataclass(frozen=True, slots=True, repr=False)
class CheckResult:
    """The result of one check; true if it holds.

    Attributes:
        check: The check, with its `name` and its `sentence`.
        verdict: ``holds``, ``fails`` or ``undetermined``.
        witnesses: Requests that the engine has decided against it, of distinct principals, the first ones only. Each
            has the `request`, `who` (whom its principal stands for), `key`, `decision`, `reason`, `command` (which asks
            it again) and `policy`.
        failing: How many principals were found to fail; the search stops after a few.
        open: What an undetermined check depends on, or what nobody is allowed where somebody has to be.
        hanging: The words before each of them, if the check is undetermined.
    """

    check: Check
    verdict: Verdict
    witnesses: tuple[Witness, ...] = ()
    failing: int = 0
    open: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict == "holds"

    def __repr__(self) -> str:
        # A failing `assert` shows this: the request to ask again, or what the result depends on.
        shown = next((each.command for each in self.witnesses), next(iter(self.open), ""))
        return f"<CheckResult {self.verdict}: {printable(self.check.name)}{f': {printable(shown)}' if shown else ''}>"

    def __str__(self) -> str:
        words = f"{self.verdict}: {self.check.name}"
        for each in self.witnesses:
            words += f"\n  {each.who}: {each.decision} because {each.reason}\n    {each.command}"
        return words + "".join(f"\n  {self.hanging}{reason}" for reason in self.open)

    @property
    def hanging(self) -> str:
        """The words before each of `open`, if the check is undetermined."""
        return "hangs on: " if self.verdict == "undetermined" else ""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON output."""
        place = self.check.place.location() if self.check.place is not None else None
        return {
            "name": self.check.name,
            "check": self.check.sentence,
            "verdict": self.verdict,
            "file": place.file if place is not None else None,
            "line": place.line if place is not None else None,
            "failing": self.failing,
            "witnesses": [each.to_dict() for each in self.witnesses],
            "open": list(self.open),
        }
