"""What do other lint tools find of the mistakes that people make in policies about AWS KMS?

    python -m benchmarks.lint_peers                                  this package alone
    python -m benchmarks.lint_peers --peers ~/venvs/peers/bin        and those of cfn-lint, checkov, parliament,
                                                                     cloudsplaining that are installed there
    python -m benchmarks.lint_peers --peers BIN --folder FOLDER      what they find in the templates and policies there

A mistake counts as found if a tool reports something in the wrong policy that it does not report in the corrected one;
what it still reports in the corrected one is a false positive. Tools that take templates get each policy in a template.
Nothing is downloaded, and no tool is part of this package or its tests.
"""

from __future__ import annotations

import json
import subprocess
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.lint_corpus import MISTAKES, Mistake
from benchmarks.measure import say
from kms_eval.analysis.linting.lint import Linter, kind_of_policy
from kms_eval.documents.model import PolicyKind
from kms_eval.errors import InputError
from kms_eval.formats.text import read_text
from kms_eval.scenario import Scenario

Said = Mapping[str, frozenset[str]]
"""What a tool reports: codes of rules by file name."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `run` gets the folder of the programs and the files; it returns None if the tool is not installed."""

    name: str
    takes: str
    run: Callable[[Path | None, Sequence[Path]], Said | None]


def _ours(_peers: Path | None, files: Sequence[Path]) -> Said:
    found: dict[str, frozenset[str]] = {}
    for file in files:
        linter = Linter()
        try:
            text = file.read_text(encoding="utf-8")
            policy = read_text(text, str(file), format="json") if file.suffix == ".json" else None
            kind = kind_of_policy(policy.value) if policy is not None else None
            if policy is not None and kind is not None:
                linter.policy(policy, kind)
            else:
                scenario = Scenario.load(file)
                linter.scenario(scenario.evaluator, scenario.loaded.warnings, account_known=False)
        except (InputError, UnicodeDecodeError):
            continue
        found[file.name] = frozenset(each.code for each in linter.report().findings)
    return found


def _cfn_lint(peers: Path | None, files: Sequence[Path]) -> Said | None:
    output = _output(peers, "cfn-lint", "--format", "json", "--", *map(str, files))
    if output is None:
        return None
    found: dict[str, set[str]] = {file.name: set() for file in files}
    for each in json.loads(output or "[]"):
        found[Path(each["Filename"]).name].add(each["Rule"]["Id"])
    return _frozen(found)


def _checkov(peers: Path | None, files: Sequence[Path]) -> Said | None:
    words = [word for file in files for word in ("-f", str(file))]
    output = _output(peers, "checkov", "--framework", "cloudformation", "-o", "json", "--quiet", "--compact", *words)
    if output is None:
        return None
    found: dict[str, set[str]] = {file.name: set() for file in files}
    told = json.loads(output or "{}")
    for each in told if isinstance(told, list) else [told]:
        for failed in each.get("results", {}).get("failed_checks", ()):
            found[Path(failed["file_path"]).name].add(failed["check_id"])
    return _frozen(found)


_PARLIAMENT = """
import json, sys
from parliament import analyze_policy_string
print(json.dumps({name: [each.issue for each in analyze_policy_string(open(name).read()).findings]
                  for name in sys.argv[1:]}))
"""
_CLOUDSPLAINING = """
import json, sys
from cloudsplaining.scan.policy_document import PolicyDocument
found = {}
for name in sys.argv[1:]:
    policy = PolicyDocument(json.load(open(name)))
    told = {"write": policy.write_actions_without_constraints, "privilege": policy.allows_privilege_escalation,
            "exfiltration": policy.allows_data_exfiltration_actions, "exposure": policy.credentials_exposure,
            "permissions": policy.permissions_management_without_constraints, "wildcard": policy.service_wildcard}
    found[name] = [word for word, value in told.items() if value]
print(json.dumps(found))
"""


def _in_python(script: str) -> Callable[[Path | None, Sequence[Path]], Said | None]:
    def run(peers: Path | None, files: Sequence[Path]) -> Said | None:
        output = _output(peers, "python", "-c", script, *map(str, files))
        if not output:
            return None
        return _frozen({Path(name).name: set(issues) for name, issues in json.loads(output).items()})

    return run


TOOLS = (
    Tool("kms-eval", "policies", _ours),
    Tool("cfn-lint", "templates", _cfn_lint),
    Tool("checkov", "templates", _checkov),
    Tool("parliament", "policies", _in_python(_PARLIAMENT)),
    Tool("cloudsplaining", "identity policies", _in_python(_CLOUDSPLAINING)),
)


def _output(peers: Path | None, program: str, *words: str) -> str | None:
    """What a program in the folder prints; None if it is not there."""
    if peers is None or not (peers / program).exists():
        return None
    done = subprocess.run([str(peers / program), *words], check=False, capture_output=True, text=True)
    return done.stdout.strip()


def _frozen(found: Mapping[str, set[str]]) -> Said:
    return {name: frozenset(codes) for name, codes in found.items()}


def _template(mistake: Mistake, *, mended: bool) -> dict[str, object]:
    policy = mistake.policy(mended=mended)
    resource = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "KeyPolicy": policy}}
    if mistake.identity:
        resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"It": resource}}


def _written(folder: Path, takes: str) -> list[Path]:
    """The corpus in files: two for each mistake in the kind of policy that a tool takes."""
    files = []
    for number, mistake in enumerate(MISTAKES):
        if takes == "identity policies" and not mistake.identity:
            continue
        for mended in (False, True):
            path = folder / f"{number}-{'mended' if mended else 'wrong'}.json"
            document = _template(mistake, mended=mended) if takes == "templates" else mistake.policy(mended=mended)
            path.write_text(json.dumps(document, indent=2), encoding="utf-8")
            files.append(path)
    return files


def compared(peers: Path | None) -> dict[str, list[str]]:
    """For each tool that is installed, its result for each mistake: ``found``, ``missed``, or ``–`` if it has none."""
    verdicts: dict[str, list[str]] = {}
    for tool in TOOLS:
        with TemporaryDirectory() as folder:
            said = tool.run(peers, _written(Path(folder), tool.takes))
        if said is not None:
            verdicts[tool.name] = [_verdict(said, number) for number in range(len(MISTAKES))]
    return verdicts


def _verdict(said: Said, number: int) -> str:
    wrong, mended = said.get(f"{number}-wrong.json"), said.get(f"{number}-mended.json")
    if wrong is None or mended is None:
        return "–"
    found = "found" if wrong - mended else "missed"
    return f"{found}, false {' '.join(sorted(mended))}" if mended else found


def _of_folder(peers: Path | None, folder: Path) -> Iterator[tuple[str, ...]]:
    """The codes that each tool reports for each template and policy of a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in {".json", ".yaml", ".yml"}]
    policies, templates = [], []
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        if '"Statement"' in text and "Resources" not in text:
            policies.append(path)
        elif "AWS::" in text:
            templates.append(path)
    told = {}
    for tool in TOOLS:
        mine = templates if tool.takes == "templates" else policies
        if tool.name == "kms-eval":
            mine = [*templates, *policies]
        if tool.takes == "identity policies":
            mine = [path for path in policies if _is_of_an_identity(path)]
        told[tool.name] = (tool.run(peers, mine) or {}) if mine else {}
    for path in (*templates, *policies):
        cells = (told[tool.name].get(path.name) for tool in TOOLS)
        yield (path.name, *("–" if codes is None else " ".join(sorted(codes)) or "nothing" for codes in cells))


def _is_of_an_identity(path: Path) -> bool:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return kind_of_policy(value) is PolicyKind.IDENTITY


def main() -> None:
    """The table of mistakes and tools, and one of counts."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--peers", type=Path, help="the folder of the programs of the other tools")
    parser.add_argument("--folder", type=Path, help="templates and policies to run the tools on instead")
    given = parser.parse_args()
    if given.folder is not None:
        say(f"What is said of {given.folder.name}", ("", *(tool.name for tool in TOOLS)),
            _of_folder(given.peers, given.folder))  # fmt: skip
        return
    verdicts = compared(given.peers)
    rows = [(mistake.name, *(words[number] for words in verdicts.values())) for number, mistake in enumerate(MISTAKES)]
    say(f"{len(MISTAKES)} mistakes", ("", *verdicts), rows)
    counts = []
    for name, words in verdicts.items():
        count = Counter(each.partition(",")[0] for each in words)
        false = sum("false" in each for each in words)
        counts.append((name, count["found"], count["missed"], count["–"], false))
    say("Together", ("", "found", "missed", "takes none", "false"), counts)


if __name__ == "__main__":
    main()
