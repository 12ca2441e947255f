"""Reads what was passed when a session was made, as a test or a request says it.

Comes in: the mapping of `session`. Goes out: a Session. Never here: who the caller is.
"""

from __future__ import annotations

from kms_eval.documents.findings import Findings
from kms_eval.documents.model import PolicyKind
from kms_eval.formats.document import Place
from kms_eval.world.attachments import Documents
from kms_eval.world.entries import read_entry
from kms_eval.world.entry_forms import SESSION_ENTRY
from kms_eval.world.model import Session
from kms_eval.world.nested_faults import read_nested_faults


def read_session(value: object, place: Place, documents: Documents, findings: Findings) -> Session | None:
    """The session; None where a fault was added to `findings`."""
    before = len(findings.faults)
    entry = read_entry(SESSION_ENTRY, value, place, findings)
    if entry is None:
        read_nested_faults(documents, value, place, findings)
        return None
    policies = documents.policies(entry.policies, place.at("policies"), PolicyKind.SESSION, findings)
    if len(findings.faults) > before:
        return None
    return Session(entry.name, policies, entry.tags, entry.source_identity)
