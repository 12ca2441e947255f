"""What a comparison of worlds says of one principal, held against every request of them that is tried."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import HealthCheck, event, given, settings, strategies as st

from kms_eval.analysis.access.access_diff import compare
from kms_eval.engine.masks import bit_of
from kms_eval.errors import InputError
from kms_eval.scenario import Scenario
from tests.analysis.asking_grids import AT, document, grid
from tests.analysis.test_checking_laws import APP, ORGANIZATION, PRINCIPALS, statements
from tests.analysis.test_comparing_laws import ACCOUNT, KEYS, carried, requests
from tests.effort import examples

ALICE = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}
CHANGES_POLICY = {"Effect": "Allow", "Principal": ALICE, "Action": "kms:PutKeyPolicy", "Resource": "*"}
GRANT: dict[str, Any] = {"GranteePrincipal": APP, "Operations": ["Decrypt"], "GrantId": "1" * 64}
OF_A_TEAM = {**GRANT, "Constraints": {"EncryptionContextSubset": {"team": "blue"}}}
FACTOR = "aws:MultiFactorAuthPresent"


@st.composite
def worlds(draw: st.DrawFn, keys: tuple[str, ...]) -> Scenario:
    of_key = draw(st.lists(statements(keys, *PRINCIPALS), max_size=3))
    of_app = draw(st.lists(statements(keys), max_size=1))
    policies = [document(*of_app)] if of_app else []
    grants = draw(st.sampled_from([[], [], [GRANT], [OF_A_TEAM], [OF_A_TEAM]]))
    return Scenario.from_dict(
        {
            "account": ACCOUNT,
            "keys": {"app": {"policy": document(CHANGES_POLICY, *of_key), "grants": grants}},
            "principals": {"role/app": {"tags": {"team": "blue"}, "policies": policies}, "user/alice": {}},
            "organization": {"id": ORGANIZATION, "management_account": ACCOUNT, "accounts": {}},
        }
    )


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_a_change_agrees_with_every_request_that_is_tried_and_shows_one(data: st.DataObject) -> None:
    keys = tuple(data.draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=2, unique=True)))
    one, other = data.draw(worlds(keys)), data.draw(worlds(keys))
    grids = grid(one.evaluator, at=None), grid(other.evaluator, at=None)
    changes = compare(*grids, actions=bit_of("kms:Decrypt")).changes
    change = next((each for each in changes if each.label == "role/app"), None)
    kind = change.kind if change is not None else "same"
    event(kind)
    if change is not None:
        for witness, yes, no in ((change.gained, other, one), (change.lost, one, other)):
            if witness is not None:
                assert yes.decide(witness.request)
                assert not no.decide(witness.request)
        plain = {change.before, change.after} == {"always", "never"}
        shown = change.gained is not None or change.lost is not None
        # Names of pairs count letter by letter in grants, and whatever their case in conditions: that is not settled.
        of_pairs = any(key.startswith("kms:EncryptionContext") for key in keys)
        assert plain or shown or of_pairs, (change.before, change.after)
    for asked in islice(filter(carried, requests(keys)), 100):
        if FACTOR in keys and FACTOR not in asked["context"]:
            continue  # sessions of roles always tell
        try:
            was, now = (bool(each.can("role/app", "kms:Decrypt", "app", at=AT, **asked)) for each in (one, other))
        except InputError:
            continue
        assert was or not now or kind in {"appears", "widens", "differs"}, (kind, asked)
        assert now or not was or kind in {"disappears", "narrows", "differs"}, (kind, asked)
