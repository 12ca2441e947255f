"""Tells whether AWS KMS would allow a request, and why, from policies and grants alone.

    from kms_eval import Scenario

    world = Scenario.load("scenarios/default-key-policy.yaml")
    assert world.can("role/admin", "kms:Decrypt", key="app")

Goes out: the names in ``__all__``, each loaded on first use.
Never here: code that decides anything, and an import that costs time; the pytest plugin loads this module in every run.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers know it by its name; loading typing would take longer than all the rest
if TYPE_CHECKING:
    from kms_eval.analysis.checking.results import CheckResult
    from kms_eval.analysis.linting.finding import Report as LintReport
    from kms_eval.answers import Coverage, Diff, Lockout, Matrix, Mutation, TestRun, WhoCan
    from kms_eval.decision import Decision
    from kms_eval.errors import InputError, KmsEvalError
    from kms_eval.scenario import Scenario

    __version__: str

__all__ = [
    "CheckResult",
    "Coverage",
    "Decision",
    "Diff",
    "InputError",
    "KmsEvalError",
    "LintReport",
    "Lockout",
    "Matrix",
    "Mutation",
    "Scenario",
    "TestRun",
    "WhoCan",
    "__version__",
]

_HOMES = {
    "CheckResult": "kms_eval.analysis.checking.results",
    **dict.fromkeys(("Coverage", "Diff", "Lockout", "Matrix", "Mutation", "TestRun", "WhoCan"), "kms_eval.answers"),
    "Decision": "kms_eval.decision",
    "InputError": "kms_eval.errors",
    "KmsEvalError": "kms_eval.errors",
    "LintReport": "kms_eval.analysis.linting.finding",
    "Scenario": "kms_eval.scenario",
}
_NAMES_THERE = {"LintReport": "Report"}


def _load(name: str) -> object:
    """Load the public name `name` on first use; the module keeps it from then on."""
    value: object
    if name == "__version__":
        from importlib.metadata import version

        value = version("kms-eval")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), _NAMES_THERE.get(name, name))
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


if not TYPE_CHECKING:
    # Hidden from type checkers: a module `__getattr__` would make every misspelt import look right to them.
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
