"""Services that call KMS in their own name, and the condition keys by which their users' resources are told apart.

Comes in: nothing. Goes out: rows by the first part of the service principal. Never here: who may call.
AWS lists them service by service; one that is missing here is unknown, not wrong. Each service's own page names the
condition keys for its key policy; the rule behind them: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BOTH: Final = ("aws:SourceArn", "aws:SourceAccount")

SENDS_SOURCE: Mapping[str, tuple[str, ...]] = {
    "backup": _BOTH,
    "budgets": _BOTH,
    "cloudfront": ("aws:SourceArn",),
    "cloudtrail": ("aws:SourceArn",),
    "cloudwatch": _BOTH,
    "codestar-notifications": ("aws:SourceAccount",),
    "config": ("aws:SourceAccount",),
    "costalerts": _BOTH,
    "delivery": _BOTH,
    "guardduty": _BOTH,
    "inspector2": _BOTH,
    "logs": ("kms:EncryptionContext:aws:logs:arn", "aws:SourceArn"),
    "s3": _BOTH,
    "ses": _BOTH,
    "sns": _BOTH,
    "vpc-flow-logs": _BOTH,
}

NOT_SENT_TO_TOPICS: Final = frozenset({"events.amazonaws.com"})
"""Services that do not send aws:SourceArn and its like with calls for encrypted SNS topics.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
With calls for encrypted event buses EventBridge does send them:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html
"""
