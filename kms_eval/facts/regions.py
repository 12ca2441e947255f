"""The Regions of AWS, in all partitions.

Comes in: nothing. Goes out: names of Regions, whether a text could be such a name, and the partition of a Region.
Never here: which services a Region has.

AWS adds Regions: a name that is missing here but built from the same words (``us-east-9``) could be a newer one.
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
"""

from __future__ import annotations

import re
from typing import Final

from kms_eval.errors import did_you_mean, is_one_slip_from, quoted

REGIONS: Final[tuple[str, ...]] = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
    "eusc-de-east-1",
)

_PARTITIONS: Final[tuple[tuple[str, str], ...]] = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
)
"""Prefixes of the names of Regions outside the partition ``aws``."""

_NUMBERED = re.compile(r"(?P<place>[a-z-]+)-(?P<direction>[a-z]+)-[1-9]")
_PLACES: Final = frozenset(name.rsplit("-", 2)[0] for name in REGIONS)
_DIRECTIONS: Final = frozenset(name.rsplit("-", 2)[1] for name in REGIONS) | {
    "northeast",
    "northwest",
    "southeast",
    "southwest",
}


def could_be_region(text: str) -> bool:
    """Whether `text` has the form of a Region's name, known or not: AWS may have added it since."""
    found = _NUMBERED.fullmatch(text)
    return found is not None and found["place"] in _PLACES and found["direction"] in _DIRECTIONS


def partition_of(region: str) -> str:
    """The partition of a Region.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    return next((partition for beginning, partition in _PARTITIONS if region.startswith(beginning)), "aws")


def region_complaint(text: str, *, newer: bool = True) -> tuple[str, str] | None:
    """What is wrong with a text given as a Region, and advice; None where nothing is.

    With `newer`, a name that could be that of a newer Region is accepted.
    """
    if text in REGIONS or (newer and could_be_region(text)):
        return None
    slips = [f"`{region}`" for region in REGIONS if is_one_slip_from(text, region)]
    near = f"did you mean {' or '.join(slips)}?" if slips else did_you_mean(text, REGIONS)
    return f"there is no Region {quoted(text)}", near or "Regions are written as in `us-east-1`"
