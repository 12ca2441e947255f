"""The answer to one question, which can explain itself.

Comes in: a ruling, and the evaluator that made it. Goes out: a `Decision`. Never here: deciding, output formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kms_eval.engine.evaluator import Evaluator, Ruling
from kms_eval.safe_text import printable
from kms_eval.world.request import Request, request

if TYPE_CHECKING:
    from kms_eval.engine.cell import Outcome
    from kms_eval.engine.explanation import Change, Explanation, LayerWord, Warned

    Asked = tuple[str, str, str | None, Mapping[str, Any] | None]
    """Principal, action, key and context of a plain question, whose ruling is made when it is first needed."""


class Decision:
    """The answer to one question; true only where it is `allowed`.

    Reasons are worked out on first use. A pickled decision keeps all that it says, but not the world and the `ruling`.

    Attributes:
        decision: ``allowed``, ``explicitDeny``, ``implicitDeny`` or ``undetermined``, as text.
        allowed: Whether it is ``allowed``.
        principal: The principal that makes the request, as a full ARN or a service's name.
        action: The action that is requested.
        key: The ARN of the key (or alias) it is about; None where the action has none.
        reason: One short sentence.
        reason_code: The reason as a stable code, which ``kms-eval code`` explains.
        layers: What each kind of policy in force said, with the statements that said it (`LayerWord`).
        missing_context: Condition keys that are absent and could change the decision.
        warnings: What else to know about the decision, each with its code and message (`Warned`).
        changes: Changes that would make it allowed, each tried by the engine, the smallest first (`Change`).
        explanation: All of this except the changes, as one plain value (`Explanation`).
        advised: The explanation with the changes.
        ruling: The decision as the engine made it, for further analysis.
    """

    __slots__ = ("_advised", "_evaluator", "_explanation", "_plain", "_ruling", "decision")

    def __init__(self, evaluator: Evaluator, decision: Outcome, made: Ruling | Asked) -> None:
        self.decision = decision
        self._evaluator: Evaluator | None = evaluator
        plain = made.__class__ is tuple
        self._ruling: Any = None if plain else made
        self._plain: Any = made if plain else None
        self._explanation: Explanation | None = None
        self._advised: Explanation | None = None

    def __bool__(self) -> bool:
        return self.decision == "allowed"

    def __repr__(self) -> str:
        principal, action, key = self._question()
        on = f" on {key}" if key else ""
        return f"<Decision {self.decision}: {printable(f'{principal} {action}{on}')}, {self.reason}>"

    def __str__(self) -> str:
        return self.explain()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.decision, self._question(), self.explanation, self.advised)

    def _question(self) -> tuple[str, str, str | None]:
        """Principal, action and key as the question gave them."""
        if self._plain is not None:
            principal, action, key, _context = self._plain
            return principal, action, key
        asked = self.ruling.request
        return asked.principal, asked.action, asked.key

    @property
    def ruling(self) -> Ruling:
        """The decision as the engine made it, part by part, for further analysis.

        Raises AttributeError where the decision has been unpickled.
        """
        if self._evaluator is None:
            message = "a decision that was pickled has what it says, and not how it was made: ask the scenario again"
            raise AttributeError(message)
        if self._ruling is None:
            principal, action, key, context = self._plain
            self._ruling = self._evaluator.rule(timed(request(principal, action, key, context=context)))
        ruling: Ruling = self._ruling
        return ruling

    @property
    def explanation(self) -> Explanation:
        """Everything there is to say about the decision, as plain values."""
        if self._explanation is None:
            from kms_eval.engine.explain import explain  # noqa: PLC0415 - only those who ask pay for it

            self._explanation = explain(self._of(), self.ruling)
        return self._explanation

    @property
    def advised(self) -> Explanation:
        """The explanation, with changes that would make a denied request allowed; finding them means trying many."""
        if self._advised is None and self.decision in ("allowed", "undetermined"):
            # To decide what is undetermined, give what is unknown; each unknown has its own remedy.
            self._advised = self.explanation
        if self._advised is None:
            from kms_eval.analysis.advising.advise import advised  # noqa: PLC0415 - only those who ask pay for it

            self._advised = advised(self._of(), self.ruling, self.explanation)
        return self._advised

    def _of(self) -> Evaluator:
        if self._evaluator is None:  # pragma: no cover - what is pickled has its explanations with it
            raise AssertionError
        return self._evaluator

    @property
    def changes(self) -> tuple[Change, ...]:
        """Changes that would make it allowed, each tried by the engine, the smallest first."""
        return self.advised.changes

    @property
    def allowed(self) -> bool:
        """Whether the decision is `allowed`."""
        return self.decision == "allowed"

    @property
    def principal(self) -> str:
        """The principal that makes the request, as a full ARN or a service's name."""
        return self.explanation.principal

    @property
    def action(self) -> str:
        """The action that is requested."""
        return self.explanation.action

    @property
    def key(self) -> str | None:
        """The ARN of the key (or alias) it is about."""
        return self.explanation.key

    @property
    def reason(self) -> str:
        """One short sentence."""
        return self.explanation.reason

    @property
    def reason_code(self) -> str:
        """The reason as a stable code; `kms_eval.codes` lists them all."""
        return self.explanation.reason_code

    @property
    def layers(self) -> tuple[LayerWord, ...]:
        """What each layer in force said, with the statements that said it."""
        return self.explanation.layers

    @property
    def missing_context(self) -> tuple[str, ...]:
        """Condition keys that are absent and could change the decision."""
        return self.explanation.missing_context

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What else to know about the decision, each with its code."""
        return self.explanation.warnings

    def explain(self) -> str:
        """The decision and its reasons as text for a person."""
        from kms_eval.render.text import render  # noqa: PLC0415

        return render(self.advised)

    def to_dict(self) -> dict[str, Any]:
        """The object that `kms-eval can --json` prints."""
        from kms_eval.render.json import as_dict  # noqa: PLC0415

        return as_dict(self.advised)

    def _repr_html_(self) -> str:
        """The decision as a notebook shows it."""
        from kms_eval.render.notebook import decision  # noqa: PLC0415

        return decision(self.advised)


def _unpickled(
    outcome: Outcome, asked: tuple[str, str, str | None], explanation: Explanation, advised: Explanation
) -> Decision:
    made = Decision.__new__(Decision)
    made.decision = outcome
    made._evaluator = made._ruling = None  # noqa: SLF001 - this is the constructor of what was pickled
    made._plain, made._explanation, made._advised = (*asked, None), explanation, advised  # noqa: SLF001
    return made


def timed(asked: Request) -> Request:
    """The request, with the current time where it has none."""
    if asked.at is not None:
        return asked
    return asked.again(asked.principal, asked.action, asked.key, datetime.now(UTC))
