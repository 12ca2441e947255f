"""A table becomes a mapping that is safe to share."""

from __future__ import annotations

from typing import Any

import pytest

from kms_eval.facts.rows import keyed


def test_rows_keep_their_order() -> None:
    assert list(keyed([("b", 1), ("a", 2)]).items()) == [("b", 1), ("a", 2)]


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^`a` stands in the table twice$"):
        keyed([("a", 1), ("b", 2), ("a", 1)])


def test_the_mapping_cannot_be_changed() -> None:
    table: Any = keyed([("a", 1)])

    with pytest.raises(TypeError):
        table["b"] = 2
