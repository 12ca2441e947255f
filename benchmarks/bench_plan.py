"""How long `kms-eval diff` takes for a Terraform plan of 5,000 resources, some of which change.

python benchmarks/bench_plan.py [RESOURCES]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"


def resource(kind: str, name: str, after: dict[str, object], before: dict[str, object] | None) -> dict[str, Any]:
    """An entry of `resource_changes`."""
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {
            "actions": ["no-op"] if before == after else ["create"] if before is None else ["update"],
            "before": before,
            "after": after,
            "after_unknown": {},
        },
    }


def policy(principal: str | None, action: str) -> str:
    """The text of a policy."""
    statement: dict[str, object] = {"Effect": "Allow", "Action": action, "Resource": "*"}
    if principal is not None:
        statement["Principal"] = {"AWS": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def plan(number: int) -> dict[str, Any]:
    """A plan: a tenth of its resources are keys; of the others half are roles and half are their policies."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    changes = []
    for index in range(number // 10):
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{index:08d}-12ab-34cd-56ef-1234567890ab"
        was: dict[str, object] = {"arn": arn, "key_id": arn.rsplit("/", 1)[1], "policy": policy(root, "kms:*")}
        now = was if index % 50 else {**was, "policy": policy("arn:aws:iam::444455556666:role/partner", "kms:*")}
        changes.append(resource("aws_kms_key", f"k{index}", now, was))
    for index in range((number - number // 10) // 2):
        role: dict[str, object] = {"name": f"role-{index}", "arn": f"arn:aws:iam::{ACCOUNT}:role/role-{index}"}
        changes.append(resource("aws_iam_role", f"r{index}", role, role))
        inline: dict[str, object] = {
            "name": "use",
            "role": f"role-{index}",
            "policy": policy(None, "kms:Decrypt" if index % 3 else "s3:*"),
        }
        changes.append(resource("aws_iam_role_policy", f"p{index}", inline, inline if index % 100 else None))
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}


def main() -> None:
    """Write a plan and time the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=5_000, help="resources of the plan")
    parser.add_argument("--smoke", action="store_true", help="a small plan, to see that it runs")
    options = parser.parse_args()
    number = 100 if options.smoke else options.number
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        path.write_text(json.dumps(plan(number)))
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "kms_eval", "diff", str(path)], capture_output=True, text=True, check=False
        )
        taken = time.perf_counter() - start
        print(done.stdout.split("\n")[0])
        print("| resources | MB | seconds | exit code |\n| --- | --- | --- | --- |")
        print(f"| {number:,} | {path.stat().st_size / 1e6:.1f} | {taken:.1f} | {done.returncode} |")


if __name__ == "__main__":
    main()
