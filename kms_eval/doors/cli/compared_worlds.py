"""Both sides of a comparison: two sources, a plan before and after, two key policies, a file and its version in git.

Comes in: what a call of `diff` names. Goes out: two scenarios, and messages about them. Never here: comparing.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import which

from kms_eval.doors.cli.document_warnings import document_warning_lines
from kms_eval.doors.cli.template_parameters import SharedParameters
from kms_eval.errors import Fault, InputError, Location, quoted
from kms_eval.formats.document import Origin, Origins, RawDocument, SourceFile
from kms_eval.scenario import Scenario

_ROUND = 60
"""Seconds after which a call of git is given up."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The worlds before and after, and messages about how they were made."""

    before: Scenario
    after: Scenario
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What a call says besides the sources."""

    base_sources: tuple[Path, ...] = ()
    """Sources that are on both sides: the account in which a plan or template is applied."""
    account: str | None = None
    region: str | None = None
    parameters: SharedParameters | None = None
    strict: bool = False
    strangers: bool = False
    allow_unknown_action: bool = False
    allow_unknown_key: bool = False


def of_two_sources(before: str, after: str, options: CompareOptions) -> Sides:
    """The sides of two sources, or of two bare key policies."""
    old, new = _key_policy(before), _key_policy(after)
    if old is not None and new is not None:
        return _of_policies(old, new, options)
    here, notices = _opened([*options.base_sources, Path(before)], options)
    there, more = _opened([*options.base_sources, Path(after)], options)
    return Sides(here, there, tuple(dict.fromkeys((*notices, *more))))


def of_one_source(source: str, options: CompareOptions) -> Sides | None:
    """The sides before and after a plan; any other source is added to the account around it, if there is one.

    None for a source that does not have two sides. Raises InputError for one that cannot be read.
    """
    path = Path(source)
    if not path.is_dir() and _is_plan(path):
        paths = [*options.base_sources, path]
        before, notices = _opened(paths, options, before=True)
        after, more = _opened(paths, options)
        return Sides(before, after, tuple(dict.fromkeys((*notices, *more))))
    if not options.base_sources:
        return None
    before, notices = _opened(options.base_sources, options)
    after, more = _opened([*options.base_sources, path], options)
    return Sides(before, after, tuple(dict.fromkeys((*notices, *more))))


def of_commit(source: str, base: str, options: CompareOptions) -> Sides:
    """The sides of a file or folder in a commit and now; messages call both by the name that was typed."""
    base_sources = tuple(path.resolve() for path in options.base_sources)
    options = replace(options, base_sources=base_sources)
    new = _key_policy(source)
    with _checked_out(source, base) as there, chdir(there):
        old = _key_policy(source) if new is not None else None
        if old is None:
            before, notices = _opened([*base_sources, Path(source)], options)
    if old is not None and new is not None:
        return _of_policies(old, new, options)
    after, more = _opened([*base_sources, Path(source)], options)
    return Sides(before, after, tuple(dict.fromkeys((*notices, *more))))


@contextmanager
def _checked_out(source: str, base: str) -> Iterator[Path]:
    """The current folder as it is in a commit, with all files, as a scenario may name others beside it."""
    git = which("git")
    if git is None:
        raise InputError(Fault("`--base` needs git, which is not there", Location(field="--base")))
    path = Path(source).resolve()
    around = path if path.is_dir() else path.parent
    if not around.is_dir():
        raise InputError(Fault("there is no such folder", Location(str(around))))
    root = Path(_git(git, around, "rev-parse", "--show-toplevel").decode().strip())
    _git(git, around, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    inside = path.relative_to(root.resolve()).as_posix()
    listed = _git(git, root, "ls-tree", "-r", "--name-only", "-z", base).decode().split("\0")
    if not any(name == inside or name.startswith(f"{inside}/") for name in listed) and inside != ".":
        raise InputError(Fault(f"is not in {quoted(base)}: everything in it is new", Location(source)))
    with tempfile.TemporaryDirectory(prefix="kms-eval-") as folder:
        target = Path(folder, "tree")
        # Not `git archive`: that leaves out what `.gitattributes` marks with `export-ignore`.
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        _git(git, root, "read-tree", "--no-sparse-checkout", base, **index)
        _git(git, root, "checkout-index", "--all", "--quiet", f"--prefix={target}/", **index)
        target.mkdir(exist_ok=True)
        here = Path.cwd().resolve()
        yield target / here.relative_to(root) if here.is_relative_to(root) else target


def _git(git: str, folder: Path, *arguments: str, **environment: str) -> bytes:
    """The output of git. Raises InputError with the first line of its error message."""
    try:
        done = subprocess.run(  # noqa: S603 - git itself, and arguments that are no shell's
            [git, "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            timeout=_ROUND,
            env={**os.environ, **environment},
        )
    except subprocess.TimeoutExpired:
        raise InputError(Fault("git does not answer", Location(field="--base"))) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")[0] or "there is no such commit"
        raise InputError(Fault(f"git: {said}", Location(field="--base")))
    return done.stdout


def _opened(
    paths: Sequence[Path], options: CompareOptions, *, before: bool = False
) -> tuple[Scenario, tuple[str, ...]]:
    def load(parameters: Mapping[str, str]) -> Scenario:
        return Scenario.load(
            paths,
            strict=options.strict,
            strangers=options.strangers,
            allow_unknown_action=options.allow_unknown_action,
            allow_unknown_key=options.allow_unknown_key,
            account=options.account,
            region=options.region,
            before=before,
            parameters=parameters,
        )

    found = options.parameters.read(load) if options.parameters is not None else load({})
    return found, (*found.loaded.words, *document_warning_lines(found.loaded.warnings))


def _is_plan(path: Path) -> bool:
    """Whether a file is a plan, of any version. Raises InputError for a file that cannot be read."""
    from kms_eval.sources.terraform.formats import form_of

    document = _only_document(path)
    return document is not None and form_of(document.value) == "plan"


def _key_policy(name: str) -> RawDocument | None:
    """The document in a file that is a bare policy; None for any other source."""
    path = Path(name)
    try:
        document = _only_document(path) if path.is_file() else None
    except InputError:
        return None
    bare = document is not None and isinstance(document.value, Mapping) and "Statement" in document.value
    return document if bare else None


def _only_document(path: Path) -> RawDocument | None:
    """The document of a file that has exactly one, read as sources are; else None."""
    from kms_eval.sources.opening import files_in, read_documents

    (found,) = files_in(path)
    documents = read_documents(found)
    return documents[0].document() if len(documents) == 1 else None


def _of_policies(before: RawDocument, after: RawDocument, options: CompareOptions) -> Sides:
    """Two key policies as policies of one key, in an account that is assumed from the first."""
    from kms_eval.documents.findings import Findings
    from kms_eval.documents.grammar import read_policy
    from kms_eval.documents.model import PolicyKind
    from kms_eval.doors.cli.assumed import assumed
    from kms_eval.world.load import from_document

    findings = Findings()
    policy = read_policy(before.value, before.place, PolicyKind.KEY, findings, name="key policy")
    findings.raise_faults(strict=options.strict)
    data, notices, _made_up = assumed(None, None, policy, account=options.account, region=options.region)
    sides = []
    for document in (before, after):
        origins = Origins()
        origins.put(("keys", "key", "policy"), Origin(document.place, "key policy"))
        value = {**data, "keys": {"key": {"policy": document.value}}}
        file = SourceFile(document.file.name, origins=origins)
        raw = RawDocument(file, value)
        sides.append(from_document(raw, name=document.file.name, strict=options.strict, strangers=options.strangers))
    notices += [line for each in sides for line in document_warning_lines(each.warnings)]
    before_side, after_side = (
        Scenario(
            side,
            strict=options.strict,
            allow_unknown_action=options.allow_unknown_action,
            allow_unknown_key=options.allow_unknown_key,
        )
        for side in sides
    )
    return Sides(before_side, after_side, tuple(dict.fromkeys(notices)))
