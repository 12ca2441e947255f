"""The partitions of AWS. Read 2026-11-30.

Comes in: nothing. Goes out: their names. Never here: which Regions and services a partition has.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from typing import Final

PARTITIONS: Final = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)
