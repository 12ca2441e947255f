"""The pytest plugin in real runs of pytest: the fixture, explained assertions, scenario files as tests."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules
from xml.etree import ElementTree as ET

import pytest

from kms_eval import documents, engine, formats, language, world
from tests.doors.command_line import KEY_POLICY, SCENARIO, WORKER_POLICY

pytest_plugins = ["pytester"]

HEAVY = ("pydantic", "yaml", "typer", "rich", "wcmatch", "kms_eval.engine", "kms_eval.scenario", "kms_eval.errors")

FAILING = """
  - name: the worker decrypts
    principal: role/worker
    action: kms:Decrypt
    expect: allowed
"""

LINE = SCENARIO.count("\n") + 2
"""Where the failing test stands."""

TESTS = """
def test_allowed(kms):
    assert kms.can("role/admin", "kms:Decrypt")

def test_denied(kms):
    assert not kms.can("role/worker", "kms:Decrypt", key="app")
"""


class Project:
    """A project in a folder of its own, and pytest runs in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.path.joinpath("policies").mkdir()
        self.write("policies/app.json", KEY_POLICY)
        self.write("policies/worker.json", WORKER_POLICY)
        self.write("kms-eval.yaml", SCENARIO)

    def write(self, name: str, text: str) -> None:
        path = self.pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, *words: str) -> pytest.RunResult:
        """A run in this process, which takes a tenth of the time."""
        return self.pytester.runpytest_inprocess("-p", "no:randomly", *words)

    def run_apart(self, *words: str) -> pytest.RunResult:
        """A run in a process of its own, where what is loaded, counted or shared among workers matters."""
        return self.pytester.runpytest_subprocess("-p", "no:randomly", *words)


@pytest.fixture(scope="module")
def loaded() -> None:
    """Runs in this process forget what they import: of a module imported twice neither copy knows the other's types."""
    for package in (documents, engine, formats, language, world):
        for each in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(each.name)
    for name in ("wcmatch.fnmatch", *(f"kms_eval.doors.pytest_{part}" for part in ("coverage", "kms", "scenarios"))):
        import_module(name)


@pytest.fixture
def project(loaded: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("KMS_EVAL_SCENARIO", "PYTEST_ADDOPTS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Project(pytester)


def test_the_module_of_the_plugin_loads_nothing_that_takes_time() -> None:
    program = f"import sys, kms_eval.doors.pytest_plugin\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_run_that_does_not_use_it_loads_nothing_either(project: Project) -> None:
    names = ("pydantic", "yaml", "typer", "wcmatch", "kms_eval.engine", "kms_eval.analysis")
    project.write("test_it.py", f"import sys\ndef test_it():\n    assert not {{*{names}}} & {{*sys.modules}}\n")
    project.run_apart().assert_outcomes(passed=1)


# The scenario of the fixture.


def test_the_fixture_asks_the_nearest_scenario(project: Project) -> None:
    project.write("test_it.py", TESTS)
    project.run().assert_outcomes(passed=2)


def test_the_fixture_asks_the_scenario_of_the_project(project: Project) -> None:
    project.write("scenarios/app.yaml", SCENARIO.replace("policies/", "../policies/"))
    (project.pytester.path / "kms-eval.yaml").unlink()
    project.write("pyproject.toml", '[tool.kms-eval]\nscenario = "scenarios/app.yaml"\n')
    project.write("tests/test_it.py", TESTS)
    project.run().assert_outcomes(passed=2)


def test_the_ini_option_comes_before_and_the_marker_before_that(project: Project) -> None:
    for name in ("ini", "marked"):
        project.write(f"{name}.yaml", f"name: {name}\n{SCENARIO}")
    project.write("pytest.ini", "[pytest]\nkms_scenario = ini.yaml\n")
    project.write(
        "test_it.py",
        "import pytest\n"
        "def test_ini(kms):\n    assert kms.scenario.loaded.name == 'ini'\n"
        "@pytest.mark.kms_scenario('marked.yaml')\n"
        "def test_marked(kms):\n    assert kms.scenario.loaded.name == 'marked'\n",
    )
    project.run("--strict-markers").assert_outcomes(passed=2)


def test_other_scenarios_are_beside_the_test_or_in_the_root_folder(project: Project) -> None:
    project.write("tests/beside.yaml", SCENARIO.replace("policies/", "../policies/"))
    project.write(
        "tests/test_it.py",
        "def test_beside(kms):\n    assert kms.load('beside.yaml').can('role/admin', 'kms:Decrypt')\n"
        "def test_root(kms):\n    assert kms.load('kms-eval.yaml').allows('role/admin', 'kms:Decrypt')\n"
        "def test_memory(kms):\n"
        "    policy = {'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': 'kms:*', 'Resource': '*'}}\n"
        "    world = kms.from_dict({'account': '111122223333', 'keys': {'app': {'policy': policy}}})\n"
        "    assert world.can('role/x', 'kms:Decrypt')\n",
    )
    project.run().assert_outcomes(passed=3)


def test_a_scenario_is_read_once_for_all_tests(project: Project) -> None:
    project.write("test_it.py", "def test_one(kms):\n    global seen\n    seen = kms.scenario\n"
                                "def test_two(kms):\n    assert kms.scenario is seen\n")  # fmt: skip
    project.run().assert_outcomes(passed=2)


def test_where_there_is_no_scenario_the_test_says_what_to_do(project: Project) -> None:
    (project.pytester.path / "kms-eval.yaml").unlink()
    project.write("test_it.py", TESTS)
    result = project.run("-k", "test_allowed")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*assert kms.can(*", "E*InputError: there is no scenario here (*`kms-eval init`*"])


def test_a_faulty_scenario_fails_the_test_with_its_faults(project: Project) -> None:
    project.write("kms-eval.yaml", SCENARIO.replace("principals:", "principal:"))
    project.write("test_it.py", TESTS)
    result = project.run("-k", "test_allowed")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*kms-eval.yaml:*: principal: unknown field*(did you mean `principals`?)"])


@pytest.mark.parametrize("given", ["", "()", "(5)", "(None)", "('a.yaml', 'b.yaml')", "(path='a.yaml')"])
def test_a_marker_without_a_path_is_an_error_of_one_line(project: Project, given: str) -> None:
    project.write("test_it.py", f"import pytest\n@pytest.mark.kms_scenario{given}\ndef test_it(kms): ...\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    lines = result.outlines
    (title,) = (number for number, line in enumerate(lines) if "ERROR at setup of test_it" in line)
    assert lines[title + 1] == "the marker `kms_scenario` takes one path"
    assert lines[title + 2].startswith("===")


# Failed assertions.


def test_a_failed_assertion_shows_the_whole_explanation(project: Project) -> None:
    project.write("test_it.py", "def test_it(kms):\n    assert kms.can('role/worker', 'kms:Decrypt')\n")
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "E       assert <Decision implicitDeny: role/worker kms:Decrypt, no identity policy allows it>",
            "E*where*= can('role/worker', 'kms:Decrypt')",
            "E       implicitDeny: role/worker kms:Decrypt on app",
            "E         because no identity policy allows it*",
            'E *key policy*app "Enable IAM policies" (policies/app.json:4)',
            "E *StringEquals kms:ViaService `s3.us-east-1.amazonaws.com`*",
            "FAILED test_it.py::test_it - assert <Decision implicitDeny: role/worker kms:Decrypt, *",
        ]
    )
    assert " object at 0x" not in result.stdout.str()


def test_a_failed_negation_shows_who_let_it_through(project: Project) -> None:
    project.write(
        "test_it.py", "def test_it(kms):\n    assert not kms.can('role/worker', 'kms:DescribeKey', key='app')\n"
    )
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "E       assert not <Decision allowed: role/worker kms:DescribeKey on app, *",
            "E       allowed: role/worker kms:DescribeKey on *",
            'E *identity policy*worker "Reading" (policies/worker.json:*)',
        ]
    )


def test_of_several_decisions_the_one_that_failed_is_explained(project: Project) -> None:
    project.write(
        "test_it.py",
        "PEOPLE = ['role/admin', 'role/worker', 'user/alice']\n"
        "def test_all(kms):\n    assert all(kms.can(each, 'kms:Decrypt') for each in PEOPLE)\n"
        "def test_list(kms):\n    assert all([kms.can(each, 'kms:Decrypt') for each in PEOPLE[:2]])\n",
    )
    result = project.run()
    result.assert_outcomes(failed=2)
    lines = [line for line in result.outlines if line.startswith("E       ") and "Decrypt on app" in line]
    assert [line.split()[1] for line in lines] == ["implicitDeny:", "implicitDeny:"]
    assert all("role/worker" in line for line in lines)


def test_an_assertion_about_something_of_a_decision_is_explained(project: Project) -> None:
    project.write("test_it.py", "def test_it(kms):\n    assert kms.can('role/admin', 'kms:Sign').reason_code == 'x'\n")
    project.run().stdout.fnmatch_lines(["E*identity-policy-allows*", "E       allowed: role/admin kms:Sign on *"])


def test_an_assertion_about_something_else_is_left_alone(project: Project) -> None:
    project.write("test_it.py", "def test_it(kms):\n    kms.can('role/admin', 'kms:Sign')\n    assert 1 == 2\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "role/admin" not in "".join(line for line in result.outlines if line.startswith("E"))


def test_a_question_that_makes_no_sense_shows_the_line_of_the_test(project: Project) -> None:
    project.write("test_it.py", "def test_it(kms):\n    kms.can('role/admin', 'kms:Decrpt')\n")
    result = project.run()
    result.stdout.fnmatch_lines(
        [">*kms.can('role/admin', 'kms:Decrpt')", "E*unknown action `kms:Decrpt` (did you mean*"]
    )
    assert "evaluator.py" not in result.stdout.str()
    result.stdout.fnmatch_lines(["test_it.py:2: InputError"])


NO_ANSWERS = """
import pytest

QUESTIONS = {
    "role/workr": ("role/workr", "kms:Decrypt", {}),
    "a path left out": ("role/aws-service-role/worker", "kms:Decrypt", {}),
    "a service": ("cloudfrnt.amazonaws.com", "kms:Decrypt", {}),
    "swapped": ("kms:Decrypt", "role/worker", {}),
    "a list": ("role/worker", "kms:Decrypt,kms:Encrypt", {}),
    "a pattern": ("role/worker", "kms:*", {}),
    "a call": ("role/worker", "kms:ReEncrypt", {}),
    "a key": ("role/worker", "kms:Decrypt", {"key": "ap"}),
    "a condition key": ("role/worker", "kms:Decrypt", {"context": {"kms:ViaServce": "x"}}),
    "a value": ("role/worker", "kms:Decrypt", {"context": {"aws:SourceIp": "here"}}),
    "a Region": ("role/worker", "kms:Decrypt", {"region": "eu-wset-1"}),
    "an endpoint": ("role/worker", "kms:Decrypt", {"vpc_endpoint": "vpce-9"}),
    "a type": ("role/worker", ["kms:Decrypt"], {}),
    "a session": ("role/worker", "kms:Decrypt", {"session": {"nam": "x"}}),
    "an option": ("role/worker", "kms:Decrypt", {"contxt": {}}),
}

@pytest.mark.parametrize("words", QUESTIONS.values(), ids=QUESTIONS)
def test_not(kms, words):
    principal, action, fields = words
    assert not kms.can(principal, action, **fields)
"""


def test_nothing_that_is_misspelt_passes_as_denied(project: Project) -> None:
    project.write("test_it.py", NO_ANSWERS)
    project.run().assert_outcomes(failed=15)


def test_parametrized_tests_are_called_by_principal_and_action(project: Project) -> None:
    project.write(
        "test_it.py",
        "import pytest\n"
        "@pytest.mark.parametrize('principal', ['role/admin', 'user/alice'])\n"
        "@pytest.mark.parametrize('action', ['kms:Decrypt', 'kms:PutKeyPolicy'])\n"
        "def test_admins(kms, principal, action):\n    assert kms.can(principal, action)\n",
    )
    result = project.run("-v")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["test_it.py::test_admins?kms:Decrypt-role/admin? PASSED*"])


# Scenario files.


def test_every_test_of_a_scenario_file_is_an_item(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    result = project.run("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "app.kms.yaml::the worker looks at the key PASSED*",
            "app.kms.yaml::the worker decrypts FAILED*",
            "E   expected allowed, got implicitDeny",
            'E *key policy*delegates*app "Enable IAM policies" (policies/app.json:4)',
            f"app.kms.yaml:{LINE}: expected allowed, got implicitDeny",
            "FAILED app.kms.yaml::the worker decrypts - expected allowed, got implicitDeny",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "testing.py" not in result.stdout.str()


def test_layer_reason_code_and_missing_context_are_expectations_too(project: Project) -> None:
    expectations = (
        "    expect_layer: grant\n    expect_reason_code: both-accounts-allow\n    expect_missing_context: []\n"
    )
    project.write("app.kms.yaml", SCENARIO + FAILING.replace("expect: allowed\n", "expect: denied\n" + expectations))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E   expected reason both-accounts-allow, got no-identity-policy-allows",
            "E   expected missing context none, got kms:ViaService",
        ]
    )


def test_a_test_that_makes_no_sense_fails_at_its_place(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING.replace("kms:Decrypt", "kms:Decrpt"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"E   app.kms.yaml:{LINE}: tests?1?: unknown action `kms:Decrpt` (did you mean *"])


def test_files_that_the_ini_option_names_are_collected(project: Project) -> None:
    project.write("scenarios/app.yaml", SCENARIO.replace("policies/", "../policies/"))
    project.write("other/app.yaml", "jobs: {}\n")
    project.run("scenarios").assert_outcomes()
    project.write("pytest.ini", "[pytest]\nkms_collect =\n    scenarios/*.yaml\n    kms-eval.yaml\n")
    project.run().assert_outcomes(passed=2)


def test_tests_of_one_name_are_told_apart(project: Project) -> None:
    again = FAILING.replace("the worker decrypts", "the worker looks at the key")
    arn = FAILING.replace(
        "  - name: the worker decrypts\n    principal: role/", "  - principal: arn:aws:iam::111122223333:role/"
    )
    project.write("app.kms.yaml", SCENARIO + again + arn)
    result = project.run("--collect-only", "-q")
    names = [line.partition("::")[2] for line in result.outlines if line.startswith("app.kms.yaml::")]
    assert names == [
        "the worker looks at the key",
        "the worker looks at the key #2",
        "[arn:aws:iam::111122223333:role/worker kms:Decrypt]",
    ]
    for name in names:
        assert project.run(f"app.kms.yaml::{name}", "-q").parseoutcomes() in ({"passed": 1}, {"failed": 1})


def test_a_broken_file_is_one_failed_item_and_the_others_are_run(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    project.write("broken.kms.yaml", SCENARIO.replace("policies/app.json", "policies/gone.json"))
    project.write("hopeless.kms.yaml", "{{ [")
    project.write("test_it.py", TESTS)
    result = project.run()
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E   broken.kms.yaml:*: keys.app.policy: `policies/gone.json`: there is no such file",
            "FAILED broken.kms.yaml::the scenario can be read - `policies/gone.json`: there is no such file",
        ]
    )


def test_a_test_without_an_expectation_is_an_error(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING.replace("    expect: allowed\n", ""))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E   app.kms.yaml:{LINE}: tests?1?.expect: `expect` is missing"])


@pytest.mark.parametrize("words", ["decrypts", "role/worker and kms:Decrypt", "not looks"])
def test_k_knows_names_principals_and_actions(project: Project, words: str) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    project.run("-k", words).assert_outcomes(failed=1, deselected=1)


def test_x_stops_at_the_first_failure(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO.replace("expect: allowed", "expect: denied") + FAILING)
    project.run().assert_outcomes(failed=2)
    project.run("-x").assert_outcomes(failed=1)


def test_lf_runs_what_failed_last_time(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    project.write("test_it.py", TESTS)
    project.run().assert_outcomes(passed=3, failed=1)
    result = project.run("--lf", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["app.kms.yaml::the worker decrypts FAILED*"])
    project.write("app.kms.yaml", SCENARIO + FAILING.replace("allowed", "implicitDeny"))
    project.run("--lf").assert_outcomes(passed=1)


def test_workers_report_the_same_as_one_process(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    project.write("test_it.py", TESTS.replace("role/admin", "user/alice"))
    result = project.run_apart("-n", "2")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines([f"app.kms.yaml:{LINE}: expected allowed, got implicitDeny"])
    result.stdout.fnmatch_lines(["FAILED app.kms.yaml::the worker decrypts - expected allowed, got implicitDeny"])
    result.stdout.fnmatch_lines(["E       implicitDeny: user/alice kms:Decrypt on *"])


def test_junit_has_each_test_with_its_message(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO + FAILING)
    project.run("--junitxml=junit.xml")
    suite = ET.parse(project.pytester.path / "junit.xml").getroot()[0]  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    passed, failed = suite
    assert (passed.get("classname"), passed.get("name")) == ("app.kms.yaml", "the worker looks at the key")
    assert failed[0].get("message") == "expected allowed, got implicitDeny"
    assert f"app.kms.yaml:{LINE}" in (failed[0].text or "")
    assert "policies/app.json:4" in (failed[0].text or "")


def test_the_plugin_can_be_switched_off(project: Project) -> None:
    project.write("app.kms.yaml", SCENARIO)
    project.write("test_it.py", "def test_it(): ...\n")
    project.run("-p", "no:kms-eval").assert_outcomes(passed=1)


def test_the_options_of_the_command_are_those_of_the_run(project: Project) -> None:
    project.write(
        "test_it.py",
        "def test_it(kms):\n    assert kms.can('role/admin', 'kms:Decrypt', context={'kms:AddedSince': 'x'})\n",
    )
    project.run().stdout.fnmatch_lines(["*AWS has none*"])
    project.run("--kms-allow-unknown-key").assert_outcomes(passed=1)
    uncarried = "{'aws:SourceAccount': '123456789012'}"
    project.write("test_it.py", f"def test_it(kms):\n    kms.can('role/admin', 'kms:Decrypt', context={uncarried})\n")
    project.run().assert_outcomes(passed=1)
    project.run("--kms-strict").stdout.fnmatch_lines(["*only services that call in their own name have it*"])
    project.write("test_it.py", "def test_it(kms):\n    assert not kms.can('role/nobody', 'kms:AddedSince')\n")
    project.run("--kms-stranger", "--kms-allow-unknown-action").assert_outcomes(passed=1)


def test_a_passing_test_warns_of_the_open_question_it_hangs_on(project: Project) -> None:
    project.write(
        "test_it.py",
        "POLICY = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'kms:*', 'Resource': '*',\n"
        "          'Condition': {'StringEquals': {'kms:EncryptionContextKeys': 'x'}}}]}\n"
        "def test_it(kms):\n"
        "    root = {'AWS': 'arn:aws:iam::123456789012:root'}\n"
        "    key = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': root,\n"
        "           'Action': 'kms:*', 'Resource': '*'}]}\n"
        "    world = {'account': '123456789012', 'keys': {'k': {'policy': key}},\n"
        "             'principals': {'role/app': {'policies': [POLICY]}}}\n"
        "    assert not kms.from_dict(world).can('role/app', 'kms:Decrypt', encryption_context={'x': '1'})\n",
    )
    project.run().stdout.fnmatch_lines(["*OpenQuestionWarning: test_it: *(Z5)*"])
