"""Services that call KMS with their own service principal, and the condition keys that identify the source of a call.

Comes in: nothing. Goes out: rows by the first part of the service principal. Never here: who may call.
Each row names the AWS page on which a key policy for the service has these keys (read 2026-11-30). A service that is
missing here is unknown, not wrong: AWS publishes a key policy without any of the keys for AWS Budgets, and one with
kms:ViaService for AWS CodeStar Notifications. The rule behind them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kms_eval.facts.rows import keyed
from kms_eval.records import record

_DOCS: Final = "https://docs.aws.amazon.com/"
_SNS: Final = f"{_DOCS}sns/latest/dg/sns-key-management.html"
_SQS: Final = f"{_DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
_ARN: Final = "aws:SourceArn"
_ACCOUNT: Final = "aws:SourceAccount"


@record
class SourceRow:
    """One service: the condition keys that it sends, the page that says so, and which of its calls send none."""

    service: str
    keys: tuple[str, ...]
    page: str
    without: str | None = None


_ROWS: Final = (
    SourceRow(
        "cloudfront",
        (_ARN,),
        f"{_DOCS}AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
    ),
    SourceRow(
        "cloudtrail",
        (_ARN,),
        f"{_DOCS}awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
        "calls for event data stores have neither: for them ignore this finding",
    ),
    SourceRow("cloudwatch", (_ARN, _ACCOUNT), _SNS),
    SourceRow("config", (_ACCOUNT,), f"{_DOCS}config/latest/developerguide/s3-kms-key-policy.html"),
    SourceRow("costalerts", (_ARN, _ACCOUNT), f"{_DOCS}cost-management/latest/userguide/ad-SNS.html"),
    SourceRow("delivery", (_ARN, _ACCOUNT), f"{_DOCS}AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html"),
    SourceRow("guardduty", (_ARN, _ACCOUNT), f"{_DOCS}guardduty/latest/ug/guardduty_exportfindings.html"),
    SourceRow("inspector2", (_ARN, _ACCOUNT), f"{_DOCS}inspector/latest/user/findings-managing-exporting-reports.html"),
    SourceRow(
        "logs",
        ("kms:EncryptionContext:aws:logs:arn", _ARN),
        f"{_DOCS}AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    ),
    SourceRow("s3", (_ARN, _ACCOUNT), f"{_DOCS}AmazonS3/latest/userguide/configure-inventory.html"),
    SourceRow("ses", (_ARN, _ACCOUNT), f"{_DOCS}ses/latest/dg/receiving-email-permissions.html"),
    SourceRow("sns", (_ARN, _ACCOUNT), _SQS),
    SourceRow("sqs", (_ARN, _ACCOUNT), _SQS),
)
SENDS_SOURCE: Final[Mapping[str, SourceRow]] = keyed((row.service, row) for row in _ROWS)

NOT_SENT_TO_TOPICS: Final = frozenset({"events.amazonaws.com"})
"""Services that do not send aws:SourceArn and similar keys with calls for encrypted SNS topics.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
EventBridge does send them with calls for encrypted event buses and SQS queues:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html and sqs-key-management
"""

VIA_PUBLISHED: Final = frozenset({"codestar-notifications.amazonaws.com"})
"""Service principals for which AWS publishes a key policy with kms:ViaService.

Calls that services make with their own service principal are taken not to carry that key (semantics S10). For these
services the linter does not report that such a condition never holds:
https://docs.aws.amazon.com/dtconsole/latest/userguide/set-up-sns.html
"""
