"""How the package hangs together: no file needs, through whatever others, itself."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kms_eval"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(text: str, modules: frozenset[str]) -> frozenset[str]:
    """The modules of the package that a module names, at its top or where it uses them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in modules else node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return frozenset(found & modules)


def order(texts: dict[str, str]) -> list[str]:
    modules = frozenset(texts)
    return list(TopologicalSorter({name: imports(text, modules) for name, text in texts.items()}).static_order())


def test_no_module_needs_itself() -> None:
    """Not even late, within functions or for types only: a circle is one subject in two files."""
    texts = {module_name(path): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    assert len(order(texts)) == len(texts) > 100


def test_a_circle_would_be_found() -> None:
    with pytest.raises(CycleError):
        order({"a": "def one():\n    from b import two", "b": "from c import three", "c": "import a"})
