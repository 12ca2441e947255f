"""How plans and states are recognised.

Comes in: plain values. Goes out: rows. Never here: reading; the reader is imported when there is something to read.
"""

from __future__ import annotations

from collections.abc import Mapping

from kms_eval.formats.document import RawDocument
from kms_eval.sources.options import Options
from kms_eval.sources.raw import Raw
from kms_eval.sources.recognising import Kind


def _is_plan(value: object) -> bool:
    return isinstance(value, Mapping) and "format_version" in value


def _is_state_file(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return "encrypted_data" in value or ("version" in value and ("lineage" in value or "terraform_version" in value))


def _read(document: RawDocument, options: Options) -> Raw:
    from kms_eval.sources.terraform.plan import read_plan  # noqa: PLC0415 - most worlds have no plan

    return read_plan(document, options)


KINDS = (
    Kind("Terraform plan or state", _is_plan, _read),
    Kind("Terraform state file", _is_state_file, _read),
)
