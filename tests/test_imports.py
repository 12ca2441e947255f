"""What a plain question does not load. Names, not times: those are for `benchmarks`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "default-key-policy.yaml"

# Each takes longer to load than most questions take to answer, or is for faults and for other doors.
NEVER = (
    *("pydantic", "pydantic_core", "typing_extensions", "annotated_types", "importlib.metadata", "email", "wcmatch"),
    *("typer", "click", "rich", "pyarrow", "z3", "hashlib", "uuid", "difflib", "platform", "pytest"),
    *("kms_eval.documents.shapes", "kms_eval.world.scenario", "kms_eval.world.shape", "kms_eval.world.nested_faults"),
    *("kms_eval.analysis", "kms_eval.doors.cli.application"),
)
READERS = ("yaml", "json", "kms_eval.formats.yaml_text", "kms_eval.world.load", "kms_eval.engine.evaluator")

COMMAND = "from kms_eval.doors.cli.main import main; main(sys.argv[1:])"
LIBRARY = """
from kms_eval import Scenario
for path in sys.argv[1:]:
    world = Scenario.load(path, strangers=True)
    if world.world.account and len(world.world.keys) == 1:
        world.can("role/admin", "kms:Decrypt").explain()
"""


def loaded(program: str, *arguments: str) -> set[str]:
    """The modules that a program has loaded when it ends; it runs where no scenario can be found by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KMS_EVAL", "COV"))}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint('loaded', *sys.modules, file=sys.stderr)", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    return set(done.stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("options", [(), ("--json",), ("--explain", "--at", "2026-01-01T00:00:00Z")], ids=" ".join)
def test_a_question_loads_only_what_answers_it(options: tuple[str, ...]) -> None:
    modules = loaded(COMMAND, "can", "role/admin", "kms:Decrypt", "-s", str(SCENARIO), *options)
    assert {"kms_eval.engine.explain", "kms_eval.formats.yaml_text"} <= modules
    assert modules.isdisjoint({*NEVER, "kms_eval.engine.plain_questions", "kms_eval.engine.uncompiled"})


def test_what_is_not_read_needs_no_reader() -> None:
    modules = loaded(COMMAND, "--version")
    # The version is in the package's metadata; what Python reads those with differs from release to release.
    assert modules.isdisjoint({*NEVER, *READERS} - loaded("import importlib.metadata"))


def test_help_reads_nothing() -> None:
    modules = loaded(COMMAND, "--help")
    assert modules.isdisjoint({"pydantic", "wcmatch", "pyarrow", "rich", *READERS} - {"json"})


def test_scenarios_without_a_fault_are_read_without_pydantic() -> None:
    paths = sorted(map(str, SCENARIO.parent.glob("*.yaml")))
    assert len(paths) > 1
    modules = loaded(LIBRARY, *paths)
    assert "kms_eval.world.load" in modules
    assert modules.isdisjoint({"pydantic", "typer", "rich", "pyarrow"})


def test_the_models_are_loaded_where_something_is_wrong(tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("kyes: {}\n", encoding="utf-8")
    modules = loaded(f"import kms_eval\ntry: kms_eval.Scenario.load({str(faulty)!r})\nexcept kms_eval.InputError: pass")
    assert {"pydantic", "kms_eval.world.scenario"} <= modules
