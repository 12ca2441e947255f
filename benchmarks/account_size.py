"""How long does a whole account take from its files to the first answer, and how much memory?

5,000 roles with policies of realistic size, 500 keys and 20,000 grants, as AWS answers them, compared with json.loads
of the same bytes. Run as ``python benchmarks/account_size.py``; each side is measured in a process of its own.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ACCOUNT = "111122223333"
ROLES, KEYS, GRANTS = 5_000, 500, 20_000


def main() -> None:
    """Write the account, measure both sides, and print the results."""
    if len(sys.argv) == 3:
        measure(sys.argv[1], Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.json"))
        print(f"{ROLES:,} roles, {KEYS:,} keys, {GRANTS:,} grants, {size / 1e6:.0f} MB in files")
        for side in ("json.loads", "kms-eval"):
            subprocess.run([sys.executable, __file__, side, folder], check=True)


def measure(side: str, folder: Path) -> None:
    """Measure one side, in this process."""
    start = time.process_time()
    if side == "json.loads":
        kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.json"))]
        assert kept
    else:
        from kms_eval import Scenario

        world = Scenario.load(folder)
        read = time.process_time() - start
        assert world.can("role/role-7", "kms:Decrypt", key=next(iter(world.world.keys))).decision != "undetermined"
        print(f"  of which asked: {time.process_time() - start - read:.2f} s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{side:>10}: {time.process_time() - start:6.2f} s, {memory:,.0f} MiB")


def write(folder: Path) -> None:
    """Write the account, which is always the same."""
    draw = random.Random(7)
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(KEYS)]
    arns = [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}" for key in ids]
    roles = [role(number, draw, arns) for number in range(ROLES)]
    put(folder / "details.json", {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []})
    put(
        folder / "aliases.json",
        {
            "Aliases": [
                {
                    "AliasName": f"alias/key-{index}",
                    "AliasArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/key-{index}",
                    "TargetKeyId": key,
                }
                for index, key in enumerate(ids)
            ]
        },
    )
    for index, (key, arn) in enumerate(zip(ids, arns, strict=True)):
        at = folder / key
        metadata = {"KeyId": key, "Arn": arn, "AWSAccountId": ACCOUNT, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}
        put(at / "describe-key.json", {"KeyMetadata": metadata})
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        statement = {"Sid": f"k{index}", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        put(at / "get-key-policy.json", {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
        put(at / "list-resource-tags.json", {"Tags": [{"TagKey": "n", "TagValue": str(index)}], "Truncated": False})
        grants = [grant(arn, index, number) for number in range(GRANTS // KEYS)]
        put(at / "list-grants.json", {"Grants": grants, "Truncated": False})


def role(number: int, draw: random.Random, arns: list[str]) -> dict[str, object]:
    """A role with two inline policies, about 4 kB together."""
    statements = [
        {
            "Sid": f"s{index}",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "s3:GetObject", "s3:PutObject", "logs:PutLogEvents", "dynamodb:Query"],
            "Resource": [*draw.sample(arns, 4), f"arn:aws:s3:::bucket-{number}-{index}/*"],
            "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
        }
        for index in range(6)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return {
        "Path": "/",
        "RoleName": f"role-{number}",
        "RoleId": f"AROA{number:017d}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/role-{number}",
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": document}],
        "AttachedManagedPolicies": [],
        "Tags": [{"Key": "team", "Value": f"team-{number % 40}"}],
    }


def grant(arn: str, index: int, number: int) -> dict[str, object]:
    """A grant as an AWS service makes it."""
    return {
        "KeyId": arn,
        "GrantId": f"{index:032x}{number:032x}",
        "Name": "",
        "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/role-{(index * 40 + number) % ROLES}",
        "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
        "Operations": ["Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant", "DescribeKey"],
        "Constraints": {"EncryptionContextSubset": {"aws:ebs:id": f"vol-{number:017x}"}},
    }


def put(path: Path, value: object) -> None:
    """Write a response to a file, as the AWS CLI prints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=4), encoding="utf-8")


if __name__ == "__main__":
    main()
