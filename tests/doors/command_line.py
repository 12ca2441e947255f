"""The command line in this process, and the files of a small scenario."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kms_eval.doors.cli.main import main

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

KEY_POLICY = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM policies",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Effect": "Deny",
      "Principal": "*",
      "Action": "kms:ScheduleKeyDeletion",
      "Resource": "*"
    }
  ]
}
"""

WORKER_POLICY = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ThroughS3",
      "Effect": "Allow",
      "Action": ["kms:Decrypt", "kms:ScheduleKeyDeletion"],
      "Resource": "*",
      "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    },
    {"Sid": "Reading", "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"}
  ]
}
"""

SCENARIO = """\
account: "111122223333"
keys:
  app:
    key_id: 1234abcd-12ab-34cd-56ef-1234567890ab
    aliases: [alias/app]
    policy: policies/app.json
    grants:
      - GrantId: grant-1
        GranteePrincipal: arn:aws:iam::111122223333:role/batch
        RetiringPrincipal: arn:aws:iam::111122223333:role/admin
        Operations: [Encrypt, ReEncryptFrom]
        Constraints: {EncryptionContextSubset: {department: IT}}
principals:
  role/admin:
    policies:
      - Version: "2012-10-17"
        Statement: {Effect: Allow, Action: "kms:*", Resource: "*"}
  role/worker:
    policies: [policies/worker.json]
  user/alice: {}
tests:
  - name: the worker looks at the key
    principal: role/worker
    action: kms:DescribeKey
    expect: allowed
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str


class Cli:
    """Runs commands as typed, in the folder of the test."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Done:
        self._capsys.readouterr()
        code = main(words)
        said = self._capsys.readouterr()
        return Done(code, said.out, said.err)
