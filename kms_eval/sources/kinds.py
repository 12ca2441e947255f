"""All kinds of documents and folders that are recognised besides scenarios and AWS's responses.

Comes in: the tables of the rooms. Goes out: one table. Never here: the definition of a kind.
"""

from __future__ import annotations

from kms_eval.sources.cloudformation import kinds as cloudformation
from kms_eval.sources.recognising import Folder, Kind
from kms_eval.sources.terraform import kinds as terraform

KINDS: tuple[Kind, ...] = (*terraform.KINDS, *cloudformation.KINDS)
FOLDERS: tuple[Folder, ...] = cloudformation.FOLDERS
