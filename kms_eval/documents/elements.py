"""The elements of a document, read by a form where they are plainly right, otherwise by their pydantic model.

Comes in: plain values. Goes out: shapes, and remarks on values that do not have the right shape.
Never here: which elements exist (that is in `shapes`), and what their texts say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from kms_eval.documents.findings import Remark
from kms_eval.documents.forms import Form, Unsure
from kms_eval.errors import nearest

if TYPE_CHECKING:
    from kms_eval.documents.shapes import Shape

_Shape = TypeVar("_Shape", bound="Shape")


def read_elements(form: Form[_Shape], value: Mapping[object, object]) -> tuple[_Shape, list[Remark]]:
    """The shape of an object without its faulty members, and what is wrong with those."""
    try:
        return form(value), []
    except Unsure:
        from kms_eval.documents.shapes import read_shape  # noqa: PLC0415 - what is right does not need pydantic

        return read_shape(form.model(), value)


def elements(value: Mapping[object, object], form: Form[_Shape]) -> frozenset[str]:
    """The elements that are present, and those that a misspelt name stands for: they should not be called missing."""
    written = frozenset(name for name in value if isinstance(name, str))
    if written <= form.names:
        return written
    meant = (nearest(name, form.names) for name in written - form.names)
    return written | {name for name in meant if name is not None}
