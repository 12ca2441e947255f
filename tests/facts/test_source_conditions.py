"""The services that tell for which resource they call."""

from __future__ import annotations

import pytest

from kms_eval.facts.condition_keys import find
from kms_eval.facts.source_conditions import NOT_SENT_TO_TOPICS, SENDS_SOURCE, SourceRow


@pytest.mark.parametrize("row", SENDS_SOURCE.values(), ids=SENDS_SOURCE)
def test_every_row_names_known_keys_and_a_page_of_aws(row: SourceRow) -> None:
    assert row.keys
    assert all(find(key) is not None for key in row.keys)
    assert row.page.startswith("https://docs.aws.amazon.com/")


def test_no_service_both_sends_the_source_and_is_said_not_to() -> None:
    assert not {name.split(".")[0] for name in NOT_SENT_TO_TOPICS} & set(SENDS_SOURCE)
