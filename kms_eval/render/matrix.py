"""The output formats of a matrix, one row each.

Comes in: a matrix. Goes out: its text, piece by piece, since some are too long to be in memory twice. Never here:
files. To add a form, add a row and its module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from kms_eval.analysis.access.access_matrix import Matrix, Notes


@dataclass(frozen=True, slots=True)
class MatrixForm:
    """One form: its name (also the suffix of its files), the notes it shows, and how many rows it can hold.

    With more than `most_reasons` rows, it has no reasons for what is never allowed.
    """

    name: str
    module: str
    notes: Notes
    most_rows: int | None = None
    most_reasons: int | None = None

    def notes_for(self, rows: int) -> Notes:
        """The notes of a matrix with this number of rows."""
        return Notes.ALLOWED if self.most_reasons is not None and rows > self.most_reasons else self.notes

    def pieces(self, matrix: Matrix) -> Iterator[str]:
        """The text of the form, in consecutive pieces."""
        render: Callable[[Matrix], Iterator[str]] = import_module(self.module).render
        return render(matrix)


MATRIX_FORMS: tuple[MatrixForm, ...] = (
    MatrixForm("csv", "kms_eval.render.matrix_csv", Notes.NONE),
    MatrixForm("json", "kms_eval.render.matrix_json", Notes.CONDITIONS),
    # A page has to stay fast in a browser, and says itself what it leaves out.
    MatrixForm("html", "kms_eval.render.matrix_html", Notes.REASONS, most_rows=300_000, most_reasons=20_000),
    MatrixForm("svg", "kms_eval.render.matrix_svg", Notes.NONE),
)
MATRIX_FORM = {form.name: form for form in MATRIX_FORMS}
