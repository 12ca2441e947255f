"""What holds for every form: it is never surer than its model.

Comes in: forms. Goes out: tests of them, for the files of the rooms that have forms. Never here: a form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, strategies as st

from kms_eval.documents.forms import Form
from tests.model_values import ANYTHING, PLAIN, agree, each_value, values_for


class FormLaws(NamedTuple):
    """Three tests, each for every form."""

    no_value_in_any_place_is_read_otherwise_than_by_the_model: Callable[..., None]
    what_is_plain_is_read_by_the_form_exactly_where_the_model_reads_it: Callable[..., None]
    what_only_a_program_can_pass_is_never_read_otherwise_than_by_the_model: Callable[..., None]


def form_laws(forms: tuple[Form[Any], ...]) -> FormLaws:
    """The tests of these forms."""
    for_each = pytest.mark.parametrize("form", forms, ids=lambda form: form.model().__name__)

    @for_each
    def each(form: Form[Any]) -> None:
        for value in each_value(form):
            agree(form, value, plain=False)

    @for_each
    @given(data=st.data())
    def plain(form: Form[Any], data: st.DataObject) -> None:
        agree(form, data.draw(values_for(form, PLAIN)), plain=True)

    @for_each
    @given(data=st.data())
    def anything(form: Form[Any], data: st.DataObject) -> None:
        agree(form, data.draw(values_for(form, ANYTHING)), plain=False)

    return FormLaws(each, plain, anything)
