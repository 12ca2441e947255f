"""The package as a whole: its public names, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files

import pytest

import kms_eval

NOT_BEFORE_THEY_ARE_NEEDED = ("pyarrow", "pydantic", "rich", "typer", "wcmatch", "yaml", "z3")


@pytest.mark.parametrize("name", kms_eval.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert name in dir(kms_eval)
    assert getattr(kms_eval, name) is not None


def test_a_name_that_is_not_public_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'kms_eval' has no attribute 'Scenarios'"):
        kms_eval.Scenarios  # type: ignore[attr-defined]  # noqa: B018  # the point of the test


def test_the_version_is_that_of_the_installed_package() -> None:
    assert kms_eval.__version__ == version("kms-eval")


def test_the_installed_package_says_that_it_is_typed() -> None:
    assert files("kms_eval").joinpath("py.typed").is_file()


def test_importing_the_package_loads_nothing_that_takes_time() -> None:
    program = f"import sys, kms_eval; print(*[name for name in {NOT_BEFORE_THEY_ARE_NEEDED} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
