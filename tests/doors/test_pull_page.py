"""The page about pulling gives the least policy that the calls need."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kms_eval.doors.pulling.calls import PERMISSIONS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "your-account.md"


def test_the_least_policy_on_the_page_is_that_of_the_calls() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (statement,) = json.loads(found[1])["Statement"]
    assert statement["Action"] == [*PERMISSIONS]
