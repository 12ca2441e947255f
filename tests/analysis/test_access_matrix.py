"""What the matrix says beside its answers: the statements and grants behind each, and how far somebody is."""

from __future__ import annotations

import pytest

from kms_eval import Scenario
from kms_eval.analysis.access.access_matrix import Matrix, Note, Notes, matrix
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.analysis.access.principals import askers
from kms_eval.documents.model import Grant, Statement
from kms_eval.engine.masks import bit_of
from tests.analysis.asking_grids import ABROAD, ACCOUNT, DELEGATES, document, grid, scenario, statement

POLICY = "keys.app.policy"
PARTNER = f"arn:aws:iam::{ABROAD}:role/partner"
DECRYPT, SIGN, ENCRYPT = (bit_of(f"kms:{name}") for name in ("Decrypt", "Sign", "Encrypt"))


@pytest.fixture
def world() -> Scenario:
    return scenario(
        DELEGATES,
        statement("kms:Decrypt", Sid="Partner", Principal={"AWS": PARTNER}),
        statement("kms:Sign", "Deny", Sid="Unsigned", Principal="*"),
        principals={
            "role/reader": {
                "policies": [
                    document(
                        statement(
                            "kms:*", Sid="All", Condition={"StringEquals": {"kms:ViaService": "s3.x.amazonaws.com"}}
                        ),
                        statement(["kms:Decrypt", "kms:Sign"], Sid="Some"),
                    )
                ]
            },
            "role/idle": {},
        },
        grants=[{"GrantId": "one", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/idle", "Operations": ["Encrypt"]}],
    )


def made(world: Scenario, notes: Notes = Notes.REASONS) -> Matrix:
    evaluator = world.evaluator
    everybody, keys = askers(evaluator), list(world.world.keys.values())
    return matrix(grid(evaluator), everybody, keys, PUBLISHED, title="a world", notes=notes, source="world.yaml")


def note(found: Matrix, who: str, bit: int) -> Note | None:
    person = next(place for place, each in enumerate(found.principals) if each.label == who)
    return next(row for row in found.rows if row.principal == person).note(bit)


def sources(found: Matrix, who: str, bit: int) -> list[str]:
    said = note(found, who, bit)
    assert said is not None
    return [each.name for each in said.sources]


def test_what_is_always_allowed_names_all_that_it_takes(world: Scenario) -> None:
    found = made(world)
    assert sources(found, "role/reader", DECRYPT) == [f"{POLICY} statement 0", 'role/reader policies[0] "Some"']
    assert sources(found, "role/idle", ENCRYPT) == ["grant one"]


def test_what_is_allowed_under_conditions_names_these_and_what_allows_in_any_case(world: Scenario) -> None:
    found = made(world)
    assert sources(found, "role/reader", ENCRYPT) == ['role/reader policies[0] "All"', f"{POLICY} statement 0"]
    # Its own policies are not known; the key policy is.
    assert sources(found, PARTNER, DECRYPT) == [f'{POLICY} "Partner"']


def test_what_is_denied_names_the_statement_and_what_nothing_allows_none(world: Scenario) -> None:
    found = made(world)
    assert sources(found, "role/reader", SIGN) == [f'{POLICY} "Unsigned"']
    assert sources(found, "role/idle", DECRYPT) == []


def test_all_that_is_named_is_written_out(world: Scenario) -> None:
    found = made(world)
    written = {source.name: each for source, each in found.written.items()}
    assert {f"{POLICY} statement 0", f'{POLICY} "Partner"', f'{POLICY} "Unsigned"', "grant one"} < set(written)
    denies, grant = written[f'{POLICY} "Unsigned"'], written["grant one"]
    assert isinstance(denies, Statement)
    assert (denies.sid, denies.effect) == ("Unsigned", "Deny")
    assert isinstance(grant, Grant)
    assert grant.operations == ("Encrypt",)


def test_a_statement_with_an_unknown_part_is_named_and_not_written_out() -> None:
    open_statement = statement("kms:Decrypt", Sid="Open", Principal={"AWS": {"unknown": "not known yet"}})
    found = made(scenario(open_statement, principals={"role/idle": {}}))
    assert sources(found, "role/idle", DECRYPT) == [f'{POLICY} "Open"']
    assert found.written == {}


def test_reasons_of_denials_can_be_left_out_and_everything_can(world: Scenario) -> None:
    allowed, conditions, nothing = (made(world, notes) for notes in (Notes.ALLOWED, Notes.CONDITIONS, Notes.NONE))
    assert note(allowed, "role/idle", DECRYPT) is None
    assert sources(allowed, "role/idle", ENCRYPT) == ["grant one"]
    assert note(conditions, "role/idle", ENCRYPT) is None
    assert sources(conditions, "role/reader", ENCRYPT) == []
    assert not any(row.notes for row in nothing.rows)


def test_every_row_says_how_far_somebody_is(world: Scenario) -> None:
    found = made(world)
    reach = {found.principals[row.principal].label: row.reach for row in found.rows}
    assert (reach["role/idle"], reach[PARTNER]) == ("inside the account", "outside the account")
    assert found.source == "world.yaml"
