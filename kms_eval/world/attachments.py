"""The documents of a scenario: found in files, inline or in JSON text, read once each, and named for explanations.

Comes in: what a scenario or request says in place of a policy or grant. Goes out: policies and grants.
Never here: what a document may say (`documents` knows), and what it is attached to.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeGuard

from kms_eval.documents.findings import Findings
from kms_eval.documents.grammar import read_policy
from kms_eval.documents.model import Grant, Policy, PolicyKind
from kms_eval.documents.wrapping import is_output_text, looks_like_document, unwrapped
from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import Place, RawDocument, SourceFile, Steps, field_name
from kms_eval.formats.text import read_file
from kms_eval.formats.unknown import unknown_in


class Documents:
    """Reads the documents that one scenario or request names.

    Paths are relative to `base`; None means that there is no folder, and so there can be no paths. A file is loaded
    once, and read once as each kind of policy. Equal documents without remarks share their statements, so that a policy
    that a thousand roles have is checked once.
    """

    def __init__(self, base: Path | None) -> None:
        self._base = base
        self._files: dict[Path, RawDocument | InputError] = {}
        self._in_files: dict[tuple[Path, PolicyKind], Policy | None] = {}
        self._inline: dict[tuple[bytes | str, PolicyKind], Policy] = {}
        # Sources may put the very same object in many places. It is kept here so that its id is not reused.
        self._same: dict[tuple[int, PolicyKind], tuple[object, Policy]] = {}

    def policy(self, source: object, place: Place, kind: PolicyKind, findings: Findings) -> Policy | None:
        """The policy that `source` is or names; None where it is faulty. The faults of a file are reported once.

        Its name is its file's stem, else its Id, else the name that its source gives it, else its place.
        """
        if _is_path(source):
            return self._policy_in_file(source, place, kind, findings)
        origin = place.origin() if place.file.origins is not None else None
        position = (origin.name if origin is not None else None) or _position(place.steps)
        same = self._same.get((id(source), kind))
        content = _content(source) if same is None else ""
        equal = same[1] if same is not None else self._inline.get((content, kind)) if content else None
        if equal is not None:
            return Policy(equal.id or position, kind, equal.version, equal.id, equal.statements, place, equal.length)
        remarks = len(findings.warnings)
        policy = read_policy(source, place, kind, findings, position=position, size=len(content))
        if origin is not None and origin.by_aws:
            findings.warnings[remarks:] = [each for each in findings.warnings[remarks:] if each.code != "over-quota"]
        silent = len(findings.warnings) == remarks
        if policy is not None and (silent or origin is not None):
            # The very same object comes from one place of its source, whose remarks have now all been made.
            self._same[id(source), kind] = (source, policy)
        if policy is not None and silent:
            self._inline[content, kind] = policy
        return policy

    def policies(
        self, sources: Iterable[object], place: Place, kind: PolicyKind, findings: Findings
    ) -> tuple[Policy, ...]:
        """The policies of a list, without the faulty ones."""
        found = (self.policy(source, place.at(index), kind, findings) for index, source in enumerate(sources))
        return tuple(policy for policy in found if policy is not None)

    def grants(self, source: object, place: Place, findings: Findings) -> tuple[Grant, ...]:
        """The grants that `source` is or names, without the faulty ones."""
        from kms_eval.documents.grants import read_grants  # noqa: PLC0415 - most keys have none

        if not _is_path(source):
            return read_grants(source, place, findings)
        path = self._path(source, place, findings)
        document = self._file(path, source, place, findings) if path else None
        return read_grants(document.value, document.place, findings) if document else ()

    def plain(self, source: object, place: Place, findings: Findings) -> object:
        """The policy that `source` is or names, as a plain document; only its form is checked.

        An `Unknown` where it is unknown; None where it is faulty.
        """
        document: RawDocument | None = RawDocument(place.file, source)
        if _is_path(source):
            path = self._path(source, place, findings)
            document = self._file(path, source, place, findings) if path else None
            place = document.place if document else place
        if document is None:
            return None
        try:
            value, place = unwrapped(document.value, place)
        except InputError as error:
            findings.faults.extend(error.faults)
            return None
        unknown = unknown_in(value)
        if unknown is None and not (isinstance(value, Mapping) and "Statement" in value):
            findings.fault(place, "a policy is an object with `Statement`")
            return None
        return value if unknown is None else unknown

    def _policy_in_file(self, source: str, place: Place, kind: PolicyKind, findings: Findings) -> Policy | None:
        path = self._path(source, place, findings)
        document = self._file(path, source, place, findings) if path else None
        if path is None or document is None:
            return None
        where = (path, kind)
        if where not in self._in_files:
            # AWS KMS counts white space.
            length = path.stat().st_size if kind is PolicyKind.KEY and path.suffix == ".json" else None
            self._in_files[where] = read_policy(
                document.value, document.place, kind, findings, name=path.stem, length=length
            )
        return self._in_files[where]

    def _path(self, source: str, place: Place, findings: Findings) -> Path | None:
        written = place.origin().place.file.path if place.file.origins is not None else None
        if written is not None:
            return written.parent / source
        if self._base is not None:
            return self._base / source
        findings.fault(place, f"{quoted(source)} is a path, and nothing says to what it is relative", "give `base`")
        return None

    def _file(self, path: Path, source: str, place: Place, findings: Findings) -> RawDocument | None:
        document = self._files.get(path)
        if document is None:
            try:
                # Named by the normalized path: kms/../policies/x.json is policies/x.json.
                document = _read(path, os.path.normpath(path))
            except InputError as error:
                document = error
                findings.faults.extend(fault for fault in error.faults if not _is_about_whole_file(fault))
            self._files[path] = document
        if isinstance(document, RawDocument):
            return document
        # A file that cannot be read is reported at every place that names it, as that is where it is best fixed.
        findings.faults.extend(
            Fault(f"{quoted(source)}: {fault.message}", place.location(), fault.help)
            for fault in document.faults
            if _is_about_whole_file(fault)
        )
        return None


def _read(path: Path, name: str) -> RawDocument:
    """The document in a file. A policy text as AWS returns it, which is neither JSON nor YAML, becomes a string."""
    try:
        return read_file(path, name)
    except InputError:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            text = ""
        if not is_output_text(text):
            raise
    return RawDocument(SourceFile(name, path), text)


def _content(source: object) -> bytes | str:
    """A value that is the same for equal documents only; empty for a document that is nested too deeply.

    It tells apart what JSON tells apart: 1, true and "1". For a document of plain values, marshalled bytes serve as
    well as a text, and take a quarter of the time.
    """
    if isinstance(source, str):
        return source
    try:
        return marshal.dumps(source, _WITHOUT_REFERENCES)  # type: ignore[arg-type]  # it says what it does not take
    except ValueError:  # other values, or deep ones
        pass
    try:
        return repr(source)
    except RecursionError:
        return ""


_WITHOUT_REFERENCES = 2
"""The version of the marshal format that does not record which parts of a value are the same object."""


def _is_path(source: object) -> TypeGuard[str]:
    return isinstance(source, str) and not looks_like_document(source)


def _is_about_whole_file(fault: Fault) -> bool:
    return fault.location is None or (fault.location.line is None and fault.location.field is None)


def _position(steps: Steps) -> str:
    """The name of a document that has none of its own: ``keys.app.policy``, ``role/admin policies[0]``."""
    if steps[:1] == ("principals",):
        return f"{steps[1]} {field_name(steps[2:])}"
    return field_name(steps)
