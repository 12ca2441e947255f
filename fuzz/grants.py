"""Any JSON as the grants of a key: a refusal, or grants under which every question has an answer.

Whatever a grant says, it allows none of the operations that grants cannot give, and nothing that the key policy denies.
"""

from __future__ import annotations

import json

from fuzz.asking import answers, ask
from fuzz.documents import DENY_ALL, GRANTS, ROLE, VERSION, scenario, texts
from fuzz.harness import Harness, choice, demand, fair
from fuzz.mutation import mutated_json
from kms_eval import InputError, Scenario

_NEVER = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:RevokeGrant", "kms:TagResource")
_SOMEBODY = {"Sid": "Nobody", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
_SILENT = {"Version": VERSION, "Statement": [{**_SOMEBODY, "Action": "kms:ListGrants", "Resource": "*"}]}
_DENIES = {"Version": VERSION, "Statement": [{**DENY_ALL, "Principal": "*"}]}
_CALLERS = ("role/admin", "user/alice", f"{ROLE.replace(':iam:', ':sts:').replace('role/', 'assumed-role/')}/s")


def check(data: bytes) -> None:
    """Give them to a key whose policy allows no caller anything, and to one whose policy denies everything."""
    try:
        grants = json.loads(data)
    except (ValueError, RecursionError):
        return
    silent = _read(grants, _SILENT)
    if silent is None:
        return
    answers(silent, "app", explained=choice(data, 8) == 1)
    for principal in _CALLERS:
        for action in _NEVER:
            demand(not ask(silent, principal, action, "app"), f"a grant lets {principal} do {action}")
    denying = _read(grants, _DENIES)
    demand(denying is not None, "refused beside another key policy")
    for answer in answers(denying, "app", explained=False) if denying is not None else ():
        demand(not answer, f"allowed in spite of a Deny: {answer!r}")


def _read(grants: object, policy: object) -> Scenario | None:
    key = {"policy": policy, "grants": grants, "aliases": ["alias/app"]}
    world = scenario(keys={"app": key}, principals={"role/admin": {}, "user/alice": {}})
    try:
        return Scenario.from_dict(world)
    except InputError as error:
        fair(error)
        return None


HARNESS = Harness("grants", texts(GRANTS), check, mutated_json(GRANTS))
