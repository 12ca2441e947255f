"""The pages of the reference that come from the program itself: verbs, exit codes, scenario fields, codes.

Comes in: a folder. Goes out: Markdown files in it, which pages of the reference include.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kms_eval.analysis.linting.table import RULES
from kms_eval.codes import CODES
from kms_eval.doors.cli.arguments import Described, described
from kms_eval.doors.cli.help import GROUPS, option_groups, paragraphs
from kms_eval.doors.cli.verbs import VERBS
from kms_eval.render.rule_page import shown
from kms_eval.world.scenario import json_schema


def write(folder: Path) -> None:
    """Write all pages; those that are there already with the same text stay as they are, so that builds are quick."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("verbs", _verbs()), ("fields", _fields()), ("codes", _codes()), ("rules", _rules())):
        path = folder / f"{name}.md"
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _verbs() -> Iterator[str]:
    for verb in VERBS:
        call = verb.module().Call
        placed = [each for each in described(call) if not each.argument.names]
        yield f"## {verb.name}\n"
        yield (
            f"`kms-eval {verb.name} {' '.join(each.argument.metavar or '' for each in placed)}`".replace(" `", "`")
            + "\n"
        )
        texts, examples = paragraphs(call)
        yield "\n\n".join(texts) + "\n"
        yield "\n".join(("```", *examples, "```\n"))
        groups = dict(option_groups(call))
        yield from _arguments((*placed, *groups.pop("Options", ()), *_others(call)))
        shared = (f"*{title}* ({', '.join(_name(each) for each in found)})" for title, found in groups.items())
        yield f"With others it shares: {'; '.join(shared)}.\n"
    yield "## Options that verbs share\n"
    for bases, title in GROUPS:
        yield f"### {title}\n"
        yield from _arguments(tuple(each for base in bases for each in described(base)))


def _others(call: type) -> Iterator[Described]:
    """The shared options of which a verb says something else than the others do."""
    usual = {each.name: each for bases, _title in GROUPS for base in bases for each in described(base)}
    for _title, found in list(option_groups(call))[1:]:
        yield from (each for each in found if each.argument != usual[each.name].argument)


def _name(each: Described) -> str:
    return f"`{next(name for name in each.argument.names if name.startswith('--'))}`"


def _arguments(known: Iterable[Described]) -> Iterator[str]:
    for each in known:
        argument = each.argument
        names = ", ".join(f"`{name}`" for name in argument.names) or f"`{argument.metavar}`"
        value = f" *{argument.metavar}*" if argument.names and argument.metavar else ""
        again = " May be given again." if argument.kind == "many" and "again" not in argument.help else ""
        yield f"{names}{value}\n: {argument.help}{again if argument.names else ''}\n"


def _fields() -> Iterator[str]:
    schema = json_schema()
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    yield "## The scenario\n"
    yield from _table(schema)
    for name, definition in definitions.items():
        if definition.get("type") == "object" and "properties" in definition:
            yield f"\n## {definition.get('title', name)}\n"
            if "description" in definition:
                yield f"{definition['description']}\n"
            yield from _table(definition)


def _table(definition: Mapping[str, Any]) -> Iterator[str]:
    required = definition.get("required", ())
    yield "| field | what it says | default |\n| --- | --- | --- |"
    for name, field in definition.get("properties", {}).items():
        default = "needed" if name in required else _default(field)
        said = str(field.get("description", "")).replace("|", "\\|").replace("\n", " ")
        yield f"| `{name}` | {said} | {default} |"


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value not in (None, [], {}, "") else ""


def _rules() -> Iterator[str]:
    for rule in RULES:
        optional = " It runs only where its whole code is selected." if rule.optional else ""
        yield f"## {rule.code} {rule.name}\n"
        yield f"*{rule.level}*: {rule.title}. [AWS]({rule.page})\n"
        yield f"{rule.why}{optional}\n"
        for title, example in (("Found", rule.example), ("Not found", rule.mended)):
            language = "yaml" if example.comment else "json"
            yield f"{title} in {example.kind.phrase}:\n\n```{language}\n{shown(example)}\n```\n"


def _codes() -> Iterator[str]:
    kinds = {"allow": "Why it is allowed", "deny": "Why it is denied", "warning": "Warnings", "notice": "Documents"}
    for kind in dict.fromkeys(row.kind for row in CODES):
        yield f"## {kinds.get(kind, kind)}\n\n| code | sentence | meaning |\n| --- | --- | --- |"
        for row in CODES:
            if row.kind == kind:
                cells = (f"`{row.code}`", row.sentence, row.meaning)
                yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        yield ""
