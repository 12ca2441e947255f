"""Explanations as text: what is shown, what is marked, and that nothing else moves the cursor."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, strategies as st

from kms_eval.engine.explanation import Change, Explanation, LayerWord, NearMiss, Source
from kms_eval.errors import Location
from kms_eval.render.text import render
from kms_eval.render.wrapping import wrapped
from kms_eval.safe_text import printable

KEY = Source("app", "Administration", 0, "Allow", Location("app.json", 4, "Statement[0]"))
GRANT = Source("grant g-1", None, 0, "Allow", Location("kms.yaml", 9, "keys.app.grants[0]"))

DENIED = Explanation(
    decision="implicitDeny",
    principal="arn:aws:iam::111122223333:role/worker",
    action="kms:Decrypt",
    key="arn:aws:kms:us-east-1:111122223333:key/1",
    reason="no identity policy allows it",
    reason_code="no-identity-policy-allows",
    layers=(
        LayerWord("keyPolicy", "delegates", (KEY, replace(KEY, sid=None, index=2))),
        LayerWord("identityPolicy", "silent"),
        LayerWord("serviceControlPolicy", "allows"),
        LayerWord("grant", "silent"),
    ),
    near_misses=(NearMiss("grant", GRANT, "the request does not fit it"), NearMiss("keyPolicy", KEY, "too late")),
    changes=(Change("add-identity-policy", None, None, {}, "attach one"),),
)


def test_every_statement_of_a_layer_has_its_line_in_one_column() -> None:
    assert render(DENIED, full=False) == (
        "implicitDeny: role/worker kms:Decrypt on key/1\n"
        "  because no identity policy allows it\n"
        "    principal        arn:aws:iam::111122223333:role/worker\n"
        "    key              arn:aws:kms:us-east-1:111122223333:key/1\n"
        '    key policy       delegates it to the account: app "Administration" (app.json:4)\n'
        "                       app statement 2 (app.json:4)\n"
        "    identity policy  does not allow it\n"
        "    grant            does not allow it\n"
        "  came near, but did not count:\n"
        "    grant g-1 (kms.yaml:9): the request does not fit it\n"
        '    key policy, app "Administration" (app.json:4): too late\n'
        "  this change makes it allowed:\n"
        "    - attach one"
    )


def test_the_full_text_has_every_layer_and_what_came_near() -> None:
    text = render(DENIED)
    assert "    service control policy  allows it\n" in text
    assert (
        "  came near, but did not count:\n"
        "    grant g-1 (kms.yaml:9): the request does not fit it\n"
        '    key policy, app "Administration" (app.json:4): too late\n'
    ) in text


def test_only_what_allows_explains_an_allow_and_only_what_denies_a_deny() -> None:
    allowed = render(replace(DENIED, decision="allowed", near_misses=(), changes=()), full=False)
    assert "identity policy" not in allowed.partition("\n")[2].replace("no identity policy allows it", "")
    denied = replace(
        DENIED, decision="explicitDeny", layers=(*DENIED.layers, LayerWord("sessionPolicy", "denies", (KEY,)))
    )
    lines = render(denied, full=False).splitlines()
    assert lines[4] == '    session policy  denies it: app "Administration" (app.json:4)'
    assert lines[-2:] == ["  this change makes it allowed:", "    - attach one"]


def test_decisions_layers_and_places_are_marked() -> None:
    marked = render(DENIED, full=False, paint=lambda kind, text: f"<{kind}>{text}</{kind}>")
    assert marked.startswith("<denied>implicitDeny</denied>: role/worker ")
    assert "<label>identity policy</label>  does not allow it" in marked
    assert 'app "Administration" <place>(app.json:4)</place>' in marked
    assert "<allowed>allowed</allowed>: " in render(
        replace(DENIED, decision="allowed"), paint=lambda kind, text: f"<{kind}>{text}</{kind}>"
    )


def test_a_document_in_memory_has_no_line_to_show() -> None:
    source = replace(KEY, location=Location("scenario", None, "keys.app.policy.Statement[0]"))
    text = render(replace(DENIED, layers=(LayerWord("keyPolicy", "delegates", (source,)),)))
    assert '    key policy  delegates it to the account: app "Administration"\n' in text


@given(st.text(st.characters(codec=None, categories=["L", "N", "Cc", "Cf", "Cs", "Z"])))
def test_whatever_documents_say_only_line_breaks_of_the_text_remain(text: str) -> None:
    odd = replace(KEY, policy=text, sid=text, location=Location(text, 1))
    explanation = replace(
        DENIED,
        principal=text,
        layers=(LayerWord("keyPolicy", "delegates", (odd,)),),
        near_misses=(NearMiss("keyPolicy", odd, text),),
        missing_context=(text,),
        changes=(Change(text, text, None, {}, text),),
        why_unchanged=text,
    )
    assert all(line.isprintable() for line in render(explanation).split("\n"))
    assert printable(text).isprintable()


def test_on_a_narrow_terminal_lines_go_on_further_to_the_right() -> None:
    lines = wrapped(render(DENIED), 60).split("\n")
    assert all(len(line) <= 60 or "arn:" in line for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(render(DENIED).split())
    assert wrapped(render(DENIED), None) == render(DENIED)


def test_what_marks_words_on_a_terminal_takes_no_room_in_a_line() -> None:
    painted = wrapped(render(DENIED, paint=lambda _kind, text: f"\x1b[31m{text}\x1b[0m"), 60)
    unpainted = re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert [line.rstrip() for line in unpainted.split("\n")] == wrapped(render(DENIED), 60).split("\n")


def test_a_principal_of_another_account_keeps_its_arn_in_the_first_line() -> None:
    other = replace(DENIED, principal="arn:aws:iam::444455556666:role/worker", key_name="app")
    first, *rest = render(other).splitlines()
    assert first == "implicitDeny: arn:aws:iam::444455556666:role/worker kms:Decrypt on app"
    assert not any(line.startswith("    principal") for line in rest)
