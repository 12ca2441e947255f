"""Statements and grants for the caller and the resource whose conditions hold, but which list only other actions.

Comes in: a trace. Goes out: near misses. Never here: deciding, advice.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from kms_eval.engine.decide import LayerIndex
from kms_eval.engine.entries import Entry
from kms_eval.engine.explanation import NearMiss
from kms_eval.engine.layers import GRANT
from kms_eval.engine.masks import GRANT_BIT, RETIRE_GRANT
from kms_eval.engine.trace import Trace, source

_MOST = 3


def for_other_actions(trace: Trace, told: Container[str]) -> Iterator[NearMiss]:
    """Statements and grants of silent layers that would allow if they listed the action, at most three.

    `told` are layers that have a nearer miss already. What names the caller comes before what delegates to the account.
    """
    silent = {word.layer for word in trace.words if word.outcome == "silent"}
    near = [entry for entry in trace.ruling.cell.entries if entry.layer in silent and entry.layer not in told]
    near = [entry for entry in near if _would_count(entry, trace)]
    near.sort(key=lambda entry: entry.layer_index == LayerIndex.DELEGATED)
    misses = (NearMiss(entry.layer, source(entry), _unlisted(entry, trace)) for entry in near)
    yield from tuple(dict.fromkeys(misses))[:_MOST]


def _would_count(entry: Entry, trace: Trace) -> bool:
    if entry.layer_index == LayerIndex.DENY or entry.actions & trace.ruling.bit or not entry.actions & ~RETIRE_GRANT:
        return False
    if entry.layer == GRANT and trace.ruling.part.action.partition(":")[2] not in GRANT_BIT:
        return False  # no grant can allow the action
    return entry.applies(trace.ruling.context)


def _unlisted(entry: Entry, trace: Trace) -> str:
    action = trace.ruling.part.action
    if entry.layer == GRANT:
        return f"its operations do not include {action.partition(':')[2]}"
    rule = entry.rule
    if rule is not None and rule.statement.not_actions is not None:
        return f"its NotAction excepts `{action}`"
    return f"its Action does not list `{action}`"
