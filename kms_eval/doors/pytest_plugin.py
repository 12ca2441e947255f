"""The pytest plugin: the fixture `kms`, scenario files as tests, and coverage of policies.

Comes in: the arguments of pytest's hooks. Goes out: fixtures, collected files, better messages of failed assertions.
Never here: an import that takes time. pytest loads this module in every run of every project; the work is done in
`pytest_kms`, `pytest_scenarios` and `pytest_coverage`, which are loaded when they are needed.

- ``kms.can("role/app", "kms:Decrypt")`` asks the scenario that ``@pytest.mark.kms_scenario("file")`` names, else the
  ini option `kms_scenario`, else the one that `kms-eval` itself would find; ``kms.load("file")`` asks another.
- Files called ``*.kms.yaml`` (or .yml, .json), and those that match a pattern of the ini option `kms_collect`, are
  collected: every test and check in them is a test.
- ``--kms-cov`` reports what in the policies no test touches.
- ``--kms-strict``, ``--kms-stranger``, ``--kms-allow-unknown-key`` and ``--kms-allow-unknown-action`` are the options
  of ``kms-eval test``.
"""

from __future__ import annotations

from collections.abc import Generator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kms_eval.doors.pytest_kms import Kms
    from kms_eval.doors.pytest_scenarios import ScenarioFile

_ALWAYS = (".kms.yaml", ".kms.yml", ".kms.json")
_KINDS = (".yaml", ".yml", ".json")
_AS_TEST_HAS = (
    ("strict", "Refuse what AWS would refuse, even where it can be read"),
    ("stranger", "Ask about users and roles whom nothing in the scenario mentions"),
    ("allow-unknown-key", "Take condition keys and values that AWS may have added since"),
    ("allow-unknown-action", "Decide actions that AWS may have added since by the policies' patterns"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and ini options of the plugin."""
    parser.addini("kms_scenario", "The scenario that the fixture `kms` asks; relative to the root folder.")
    parser.addini(
        "kms_collect",
        "Patterns of scenario files to collect beside *.kms.yaml, relative to the root folder; `*` spans folders.",
        type="linelist",
        default=[],
    )
    group = parser.getgroup("kms-eval", "AWS KMS policies as tested code")
    group.addoption("--kms-cov", action="store_true", help="Report which statements and elements no test touches.")
    for name, what in _AS_TEST_HAS:
        group.addoption(f"--kms-{name}", action="store_true", help=f"{what}: `--{name}` of `kms-eval test`.")
    group.addoption(
        "--kms-cov-report",
        action="append",
        default=[],
        metavar="KIND[:FILE]",
        help="How to report: `term` (default), `json:FILE`, `html:FILE`; may be given again. Implies --kms-cov.",
    )
    group.addoption(
        "--kms-cov-fail-under",
        type=float,
        metavar="PERCENT",
        help="Fail the run where less than this is covered. Implies --kms-cov.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and coverage if an option asks for it."""
    config.addinivalue_line("markers", "kms_scenario(path): the scenario that the fixture `kms` asks in this test.")
    options = config.option
    if options.kms_cov or options.kms_cov_report or options.kms_cov_fail_under is not None:
        from kms_eval.doors.pytest_coverage import CoverageRun

        config.pluginmanager.register(CoverageRun(config), "kms-eval-coverage")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect scenario files."""
    if not _is_scenario(file_path, parent.config):
        return None
    from kms_eval.doors.pytest_scenarios import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


def _is_scenario(path: Path, config: pytest.Config) -> bool:
    if path.name.endswith(_ALWAYS):
        return True
    patterns: list[str] = config.getini("kms_collect")
    if not patterns or path.suffix not in _KINDS or not path.is_relative_to(config.rootpath):
        return False
    name = path.relative_to(config.rootpath).as_posix()
    return any(fnmatchcase(name, pattern.strip("/")) for pattern in patterns)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the default scenario before a test changes the current folder."""
    if any("kms" in getattr(item, "fixturenames", ()) for item in session.items):
        from kms_eval.doors.pytest_kms import remember_default

        remember_default(session.config)


@pytest.fixture
def kms(request: pytest.FixtureRequest) -> Kms:
    """Asks a scenario: ``assert kms.can("role/app", "kms:Decrypt")``; ``kms.load(path)`` asks another one.

    The scenario is the one that the marker `kms_scenario` names, else the ini option of that name, else the one that
    the command `kms-eval` would find: $KMS_EVAL_SCENARIO, `[tool.kms-eval]` in pyproject.toml, kms-eval.yaml.
    """
    from kms_eval.doors.pytest_kms import kms_of

    return kms_of(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """If a test that uses `kms` fails, explain why; if it passes, warn about open questions that it depends on."""
    try:
        result = yield
    except AssertionError as error:
        if "kms" in getattr(item, "funcargs", ()):
            from kms_eval.doors.pytest_kms import explain

            explain(error, item)
        raise
    if "kms" in getattr(item, "funcargs", ()):
        from kms_eval.doors.pytest_kms import warn_open_questions

        warn_open_questions(item)
    return result
