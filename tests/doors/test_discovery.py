"""Which scenario is asked where none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from kms_eval.doors.discovery import find
from kms_eval.errors import InputError
from tests.doors.command_line import Cli


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder two levels down, in which one is."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KMS_EVAL_SCENARIO", raising=False)
    return folder


def test_without_any_it_is_2_with_the_words_that_get_one_started(cli: Cli) -> None:
    for words in (("can", "role/x", "kms:Decrypt"), ("test",), ("lockout",)):
        done = cli(*words)
        assert done.code == 2
        assert done.out == ""
        assert done.err.startswith("kms-eval: there is no scenario here (`kms-eval init` writes one; ")


def test_the_nearest_kms_eval_yaml_upwards_is_found(tmp_path: Path, below: Path) -> None:
    (tmp_path / "kms-eval.yaml").touch()
    assert find(None) == Path("../../kms-eval.yaml")
    (tmp_path / "a" / "kms-eval.yaml").touch()
    assert find(None) == Path("../kms-eval.yaml")


def test_pyproject_comes_before_it_and_is_relative_to_itself(tmp_path: Path, below: Path) -> None:
    (below / "kms-eval.yaml").touch()
    (tmp_path / "security").mkdir()
    (tmp_path / "security" / "kms.yaml").touch()
    (tmp_path / "pyproject.toml").write_text('[tool.kms-eval]\nscenario = "security/kms.yaml"\n')
    assert find(None) == Path("../../security/kms.yaml")


def test_a_pyproject_that_says_nothing_about_it_is_passed_over(tmp_path: Path, below: Path) -> None:
    (tmp_path / "kms-eval.yaml").touch()
    (below / "pyproject.toml").write_text("[tool.other]\n")
    assert find(None) == Path("../../kms-eval.yaml")
    (below / "pyproject.toml").write_text('[project]\ndependencies = ["kms-eval"]\n')
    assert find(None) == Path("../../kms-eval.yaml")


def test_a_broken_pyproject_of_somebody_else_is_passed_over(tmp_path: Path, below: Path) -> None:
    (tmp_path / "kms-eval.yaml").touch()
    (below / "pyproject.toml").write_text("[[[")
    assert find(None) == Path("../../kms-eval.yaml")


def test_the_variable_comes_before_both_and_the_option_before_everything(
    below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (below / "kms-eval.yaml").touch()
    (below / "pyproject.toml").write_text('[tool.kms-eval]\nscenario = "x.yaml"\n')
    for name in ("x.yaml", "of-the-variable.yaml"):
        (below / name).touch()
    monkeypatch.setenv("KMS_EVAL_SCENARIO", "of-the-variable.yaml")
    assert find(None) == Path("of-the-variable.yaml")
    assert find("of-the-option.yaml") == Path("of-the-option.yaml")
    monkeypatch.setenv("KMS_EVAL_SCENARIO", "")
    assert find(None) == Path("x.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.kms-eval]\nscenario = 1\n", "pyproject.toml: tool.kms-eval.scenario: expected a path"),
        (
            "[tool.kms-eval]\nscenari = 'x'\n",
            "pyproject.toml: tool.kms-eval: unknown field `scenari` (did you mean `scenario`?)",
        ),
        (
            "[tool.kms_eval]\nscenario = 'x'\n",
            "pyproject.toml: tool.kms_eval: unknown table `tool.kms_eval` (did you mean `tool.kms-eval`?)",
        ),
        ("tool.kms-eval = 1\n", "pyproject.toml: tool.kms-eval: expected a table"),
        ("[tool.kms-eval\n", "pyproject.toml: is not TOML: "),
    ],
)
def test_a_pyproject_that_says_it_wrongly_is_a_fault(below: Path, text: str, said: str) -> None:
    (below / "pyproject.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        find(None)
    assert str(raised.value).startswith(said)


def test_a_found_scenario_is_asked_from_a_folder_below(
    cli: Cli, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scenario.parent / "src"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = cli("can", "role/worker", "kms:DescribeKey")
    assert done.code == 0
    assert "(../policies/worker.json:11)" in done.out


def test_a_variable_that_names_no_file_is_2_and_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMS_EVAL_SCENARIO", "gone.yaml")
    for words in (("can", "role/worker", "kms:DescribeKey"), ("test",), ("mutate",)):
        done = cli(*words)
        said = "kms-eval: $KMS_EVAL_SCENARIO: there is no such file `gone.yaml`\n"
        assert (done.code, done.out, done.err) == (2, "", said)


def test_a_pyproject_that_names_no_file_is_2_and_says_so(cli: Cli) -> None:
    Path("pyproject.toml").write_text('[tool.kms-eval]\nscenario = "gone.yaml"\n')
    done = cli("can", "role/worker", "kms:DescribeKey")
    said = "kms-eval: pyproject.toml: tool.kms-eval.scenario: there is no such file `gone.yaml`\n"
    assert (done.code, done.out, done.err) == (2, "", said)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_pyproject_in_another_encoding_is_a_fault(below: Path, encoding: str) -> None:
    (below / "pyproject.toml").write_text("[tool.kms-eval]\nscenario = 'é.yaml'\n", encoding=encoding)
    with pytest.raises(InputError, match=r"^pyproject\.toml: is not (UTF-8 text \(save it as UTF-8\)|TOML: .*)$"):
        find(None)


def test_a_pyproject_that_cannot_be_read_is_a_fault(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (below / "pyproject.toml").touch()

    def refused(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(InputError, match=r"^pyproject\.toml: cannot be read: permission denied$"):
        find(None)
