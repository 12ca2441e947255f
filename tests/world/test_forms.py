"""Forms of scenario entries: derived from the models, and never surer than they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kms_eval.documents.forms import Form
from kms_eval.world import entry_forms, fields, kinds, scenario
from tests.derived_forms import text_of_forms
from tests.form_laws import form_laws

FORMS: tuple[Form[Any], ...] = (
    entry_forms.KEY_ENTRY,
    entry_forms.PRINCIPAL_ENTRY,
    entry_forms.GROUP_ENTRY,
    entry_forms.ACCOUNT_ENTRY,
    entry_forms.ORGANIZATION_ENTRY,
    entry_forms.ENDPOINT_ENTRY,
    entry_forms.SESSION_ENTRY,
    entry_forms.TEST_ENTRY,
    entry_forms.SCENARIO,
)


def test_the_forms_are_those_of_the_models() -> None:
    path = Path(entry_forms.__file__)
    text = text_of_forms(
        "The entries of scenarios", "tests/world/test_forms.py", models=scenario, aliases=fields, kinds=kinds
    )
    assert path.read_text(encoding="utf-8") == text, f"{path.name} has to be:\n{text}"


(
    test_no_value_in_any_place_is_read_otherwise_than_by_the_model,
    test_what_is_plain_is_read_by_the_form_exactly_where_the_model_reads_it,
    test_what_only_a_program_can_pass_is_never_read_otherwise_than_by_the_model,
) = form_laws(FORMS)
