"""A world after a change of policies, as a user of the Python API writes it.

Comes in: a world, the folder of its paths, policies as paths or documents by the names of keys and principals. Goes
out: a changed world, and the warnings of reading the policies. InputError with every fault. Never here: deciding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kms_eval.documents.findings import DocumentWarning, Findings
from kms_eval.documents.model import Policy, PolicyKind
from kms_eval.formats.document import Place, SourceFile
from kms_eval.world.attachments import Documents
from kms_eval.world.model import World
from kms_eval.world.what_if import with_identity_policies, with_key_policies


def changed(
    world: World, base: Path | None, keys: Mapping[str, object], principals: Mapping[str, Sequence[object]]
) -> tuple[World, tuple[DocumentWarning, ...]]:
    """The world with these key policies, and with exactly these identity policies for these users and roles."""
    findings, documents = Findings(), Documents(base if base is not None else Path())
    place = Place(SourceFile(""))
    new_keys: dict[str, Policy] = {}
    for name, source in keys.items():
        policy = documents.policy(_plain(source), place.at("keys").at(name), PolicyKind.KEY, findings)
        if policy is not None:
            new_keys[name] = policy
    attached = {
        name: documents.policies(map(_plain, sources), place.at("principals").at(name), PolicyKind.IDENTITY, findings)
        for name, sources in principals.items()
    }
    findings.raise_faults()
    return with_identity_policies(with_key_policies(world, new_keys), attached), tuple(findings.warnings)


def _plain(source: object) -> object:
    return str(source) if isinstance(source, Path) else source
