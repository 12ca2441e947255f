"""Forms of documents: derived from the models, and never surer than they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kms_eval.documents import kinds, shape_forms, shapes
from kms_eval.documents.forms import Form, Unsure
from tests.derived_forms import text_of_forms
from tests.form_laws import form_laws

FORMS: tuple[Form[Any], ...] = (
    shape_forms.PRINCIPAL_SHAPE,
    shape_forms.STATEMENT_SHAPE,
    shape_forms.POLICY_SHAPE,
    shape_forms.CONSTRAINTS_SHAPE,
    shape_forms.GRANT_SHAPE,
    shape_forms.GRANT_LIST_SHAPE,
)


def test_the_forms_are_those_of_the_models() -> None:
    path = Path(shape_forms.__file__)
    text = text_of_forms(
        "The shapes of documents", "tests/documents/test_forms.py", models=shapes, aliases=shapes, kinds=kinds
    )
    assert path.read_text(encoding="utf-8") == text, f"{path.name} has to be:\n{text}"


(
    test_no_value_in_any_place_is_read_otherwise_than_by_the_model,
    test_what_is_plain_is_read_by_the_form_exactly_where_the_model_reads_it,
    test_what_only_a_program_can_pass_is_never_read_otherwise_than_by_the_model,
) = form_laws(FORMS)


def test_mappings_that_are_left_out_are_not_shared() -> None:
    form: Form[Any] = Form("", "", {"tags": (dict, {})})
    assert form({}).tags is not form({}).tags


def test_a_form_takes_nothing_but_a_mapping_for_an_object() -> None:
    with pytest.raises(Unsure):
        shape_forms.POLICY_SHAPE([("Version", "2012-10-17")])
