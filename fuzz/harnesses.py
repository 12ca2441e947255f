"""All harnesses: a row for each door that takes outside input.

Comes in: nothing. Goes out: one table. Never here: a harness.
"""

from __future__ import annotations

from fuzz import (
    command_lines,
    grants,
    json_text,
    policies,
    project_files,
    request_rows,
    scenarios,
    sources,
    yaml_text,
)
from fuzz.harness import Harness

_MODULES = (
    yaml_text, json_text, policies, grants, scenarios, request_rows, command_lines, sources, project_files,
)  # fmt: skip

HARNESSES: dict[str, Harness] = {module.HARNESS.name: module.HARNESS for module in _MODULES}
