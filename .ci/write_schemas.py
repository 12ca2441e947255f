"""Write the JSON Schemas that the package carries: of scenarios, and of the JSON that each verb prints.

python .ci/write_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path

from kms_eval.render.json_outputs.schemas import OUTPUTS, output_schema
from kms_eval.world.scenario import json_schema

FOLDER = Path(__file__).parents[1] / "kms_eval" / "schemas"


def main() -> None:
    """Write a file for each."""
    schemas = {"scenario": json_schema(), **{name: output_schema(name) for name in OUTPUTS}}
    for name, schema in schemas.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
