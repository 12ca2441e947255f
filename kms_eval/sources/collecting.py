"""Finds the files of iam-collect in a folder, and the resource that each belongs to.

Comes in: files of a source, one after another. Goes out: resources with their documents. Never here: what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kms_eval.errors import InputError
from kms_eval.language.arn import Arn
from kms_eval.sources.aws.collected import METADATA, Resource, reader_of, resource_arn
from kms_eval.sources.aws.responses import Collection
from kms_eval.sources.aws.shown import Shown
from kms_eval.sources.opening import Found, Opened, read_documents

_FILE = f"{METADATA}.json"


@dataclass(slots=True, eq=False)
class _Folder:
    """A folder that may be that of a resource; `metadata` is None if it is not."""

    arn: Arn | None = None
    metadata: Opened | None = None
    files: dict[str, Shown] = field(default_factory=dict)


class CollectedFolders:
    """The folders of resources that were seen so far."""

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}

    def take(self, found: Found) -> str | None:
        """Keep a file that belongs to a resource of iam-collect, and return what it is; None if it belongs to none.

        Only the metadata file, which says what the resource is, is named and counted; for the other files the result
        is empty. Files of resources that have nothing to do with AWS KMS are not read. Raises InputError.
        """
        if found.alone:
            return None
        folder = self._folder(found)
        if folder.arn is None or folder.metadata is None:
            return None
        read = reader_of(folder.arn) is not None
        if found.path.name == _FILE:
            kind = folder.arn.resource.split("/", 1)[0]
            return f"iam-collect {folder.arn.service} {kind}" if read else "iam-collect resource of other services"
        if read:
            opened = read_documents(found)[0]
            folder.files[found.names[-1]] = Shown(opened.value, opened.place, opened.names)
        return ""

    def _folder(self, found: Found) -> _Folder:
        path = found.path.parent
        folder = self._folders.get(path)
        if folder is None:
            folder = self._folders[path] = _Folder()
            metadata = path / _FILE
            if metadata.is_file():
                try:
                    (opened,) = read_documents(Found(metadata, (*found.names[:-1], METADATA)))
                except (InputError, ValueError):  # not complete, or several documents: read like any other file
                    return folder
                folder.arn, folder.metadata = resource_arn(opened.value), opened
        return folder

    def put(self, collection: Collection) -> list[InputError]:
        """Put what all resources show into the collection; return the faults of those that cannot be read."""
        faults = []
        for folder in self._folders.values():
            reader = reader_of(folder.arn) if folder.arn is not None else None
            if reader is None or folder.arn is None or folder.metadata is None:
                continue
            shown = Shown(folder.metadata.value, folder.metadata.place, folder.metadata.names)
            try:
                reader(collection, Resource(folder.arn, shown, folder.files))
            except InputError as error:
                faults.append(error)
        return faults
