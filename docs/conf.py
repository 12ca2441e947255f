"""How the documentation is built: `sphinx-build -W docs build/docs`, and `-b man` for the manual page.

The reference of verbs, scenario fields and codes is written from the program itself before each build.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import reference_pages

import kms_eval

project = "kms-eval"
author = "kms-eval contributors"
copyright = "kms-eval contributors"  # noqa: A001 - the name that Sphinx reads
release = version = kms_eval.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["build", "reference/generated"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Blocks of what a shell, a Deny of JSON in YAML or a log shows are not always whole programs of their language.
suppress_warnings = ["misc.highlighting_failure"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_use_ivar = True  # the attributes that a docstring lists are described once

html_theme = "furo"
html_title = f"kms-eval {release}"

man_pages = [("reference/command-line", "kms-eval", "decide AWS KMS requests from policies and grants", [author], 1)]


def setup(app: object) -> None:
    """Write the pages that come from the program."""
    reference_pages.write(Path(__file__).parent / "reference" / "generated")
