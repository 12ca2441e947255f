"""What checks say, held against every request of a small world that is tried."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import HealthCheck, event, given, settings, strategies as st

from kms_eval.errors import InputError
from kms_eval.scenario import Scenario
from tests.analysis.asking_grids import AT, document
from tests.analysis.test_comparing_laws import ACCOUNT, KEYS, carried, conditions, requests
from tests.effort import examples

ABROAD = "444455556666"
APP, ROOT, PARTNER = (f"arn:aws:iam::{who}" for who in (f"{ACCOUNT}:role/app", f"{ACCOUNT}:root", f"{ABROAD}:root"))
ORGANIZATION = "o-exampleorgid"
FOREIGN = (f"arn:aws:iam::{ABROAD}:role/partner", "arn:aws:iam::777788889999:role/stranger")
"""Of accounts of which the world that is checked describes nothing; the second is outside the organization."""
SENTENCES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"nobody": "role/app"}, ("role/app",)),
    ({"only": ["role/app"]}, ("user/alice", *FOREIGN)),
    ({"nobody": "outside-account"}, FOREIGN),
    ({"nobody": "outside-organization"}, FOREIGN[1:]),
    ({"nobody": "public"}, FOREIGN[1:]),
]
"""Checks, and some of those whom each is about."""
PRINCIPALS = ({"AWS": APP}, {"AWS": ROOT}, {"AWS": PARTNER}, "*")


@st.composite
def statements(draw: st.DrawFn, keys: tuple[str, ...], *principals: object) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(("Allow", "Allow", "Deny"))), "Resource": "*"}
    found["Action"] = draw(st.sampled_from(("kms:Decrypt", "kms:*")))
    if principals:
        found["Principal"] = draw(st.sampled_from(principals))
    condition = draw(conditions(keys))
    if draw(st.booleans()):
        condition.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = [ORGANIZATION]
    return {**found, "Condition": condition} if condition else found


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_a_verdict_agrees_with_every_request_that_is_tried(data: st.DataObject) -> None:
    keys = tuple(data.draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=2, unique=True)))
    of_key = data.draw(st.lists(statements(keys, *PRINCIPALS), min_size=1, max_size=3))
    of_app = data.draw(st.lists(statements(keys), max_size=1))
    constraint = data.draw(st.sampled_from([{}, {"EncryptionContextSubset": {"team": "blue"}}]))
    grant = {"GranteePrincipal": APP, "Operations": ["Decrypt"], "Constraints": constraint}
    policies = [document(*of_app)] if of_app else []
    principals: dict[str, Any] = {"role/app": {"tags": {"team": "blue"}, "policies": policies}, "user/alice": {}}
    described: dict[str, Any] = {
        "account": ACCOUNT,
        "keys": {"app": {"policy": document(*of_key), "grants": data.draw(st.sampled_from([[], [grant]]))}},
        "principals": principals,
        "organization": {"id": ORGANIZATION, "management_account": ACCOUNT, "accounts": {ABROAD: {}}},
    }
    scenario = Scenario.from_dict(described)
    sentence, about = data.draw(st.sampled_from(SENTENCES))
    result = scenario.check(**sentence, may="kms:Decrypt", on="app")
    event(result.verdict)
    if result.verdict == "undetermined":
        assert result.open
    for witness in result.witnesses:
        assert witness.decision == "allowed"
        assert witness.policy is not None or scenario.decide(witness.request)
    if result.verdict != "holds":
        return
    # Whoever it is may have any identity policy, where nobody has described it.
    uses_all = {"policies": [document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})]}
    asked_of = Scenario.from_dict({**described, "principals": {**principals, **dict.fromkeys(FOREIGN, uses_all)}})
    for who in about:
        for asked in islice(filter(carried, requests(keys)), 100):
            try:
                assert not asked_of.can(who, "kms:Decrypt", "app", at=AT, **asked), (who, asked)
            except InputError:
                continue
