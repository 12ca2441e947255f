"""Faults of JSON text say what was most likely meant."""

from __future__ import annotations

import pytest

from kms_eval.errors import InputError
from kms_eval.formats.json_text import read_json


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('{"a": 1,}', "comma after the last member"),
        ('{"a": [1, ]}', "comma after the last member"),
        ('{"a": 1 // why\n}', "no comments"),
        ('{\n# why\n"a": 1}', "no comments"),
    ],
)
def test_comments_and_trailing_commas_are_known(text: str, advice: str) -> None:
    with pytest.raises(InputError, match=advice):
        read_json(text, "policy.json")
