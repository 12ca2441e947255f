"""A comparison as text, as Markdown for a pull request, as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from kms_eval.analysis.access.access_diff import Change, ChangeKind, Compared
from kms_eval.analysis.access.expected import Judged, expectation, judge
from kms_eval.analysis.access.folding import in_groups
from kms_eval.analysis.access.grid import ACTIONS_ON_KEY
from kms_eval.analysis.access.losing import Losing
from kms_eval.analysis.checking.results import Witness
from kms_eval.engine.explanation import Source
from kms_eval.engine.masks import actions_in
from kms_eval.errors import Location
from kms_eval.render.access_diff import render, render_json, render_markdown
from kms_eval.world.request import Request


def change(label: str, kind: ChangeKind, before: str, after: str, key: str | None = "app") -> Change:
    arn = f"arn:aws:iam::111122223333:{label}"
    return Change(
        kind, arn, label, key, f"arn:of:{key}" if key else None, ("kms:Decrypt", "kms:Encrypt"), before, after
    )


CHANGES = (
    change("role/a", "appears", "never", "always"),
    change("role/b", "appears", "never", "always"),
    change("role/c", "narrows", "always", "if Bool a:b `true`"),
    change("role/d", "disappears", "always", "never", None),
)


def judged(*expected: str, changes: tuple[Change, ...] = CHANGES) -> Judged:
    return judge(Compared(changes, 5, 2, 10), [expectation(text) for text in expected])


def test_text_puts_together_whom_the_same_happens_to() -> None:
    assert render(judged()) == (
        "access changes for 4 principals: 4 × appears, 2 × conditions narrow, 2 × disappears "
        "(5 principals and 2 keys compared)\n"
        "\n"
        "inside the account\n"
        "  appears  role/a, role/b on app: Decrypt, Encrypt\n"
        "  conditions narrow  role/c on app: Decrypt, Encrypt\n"
        "      before: always\n"
        "      after:  if Bool a:b `true`\n"
        "  disappears  role/d: Decrypt, Encrypt"
    )


def test_a_request_is_shown_for_what_is_gained_and_for_what_is_lost() -> None:
    request = Request("arn:aws:iam::111122223333:role/c", "kms:Decrypt", "app")
    witness = Witness(request, "role/c", "app", "allowed", "", "kms-eval can …", "role/c kms:Decrypt -c a:b='x y'")
    both = replace(CHANGES[2], kind="differs", before="if Bool a:b `x`", gained=witness, lost=witness)
    assert render(judged(changes=(both,))).endswith(
        "      gained: role/c kms:Decrypt -c a:b='x y'\n      lost:   role/c kms:Decrypt -c a:b='x y'"
    )
    assert "gained: `role/c kms:Decrypt -c a:b='x y'`" in render_markdown(judged(changes=(both,)))
    assert json.loads(render_json(judged(changes=(both,))))["changes"][0]["lost"]["command"] == "kms-eval can …"


def test_no_change_is_said_in_one_line() -> None:
    assert render(judged(changes=())) == "no access changes (5 principals and 2 keys compared)"


def test_what_is_expected_is_marked_and_apart() -> None:
    text = render(judged("role/a"))
    assert "  role/b on app: Decrypt, Encrypt\n" in text
    assert "  role/a on app: Decrypt, Encrypt (expected)\n" in text
    assert "; 2 of that expected (" in text


def test_markdown_is_a_summary_and_a_fold_for_each_key() -> None:
    text = render_markdown(judged("role/a"))
    assert text.startswith(
        "### KMS access\n\n⚠️ access changes for 4 principals: 4 × appears, 2 × conditions narrow, 2 × disappears"
    )
    assert "<details open><summary><code>app</code>: 4 × appears, 2 × conditions narrow</summary>\n\n| | who |" in text
    assert "**appears** | `role/a` *(expected)* | `Decrypt`, `Encrypt` | never | always | – |" in text
    assert "<details><summary>actions without a key: 2 × disappears</summary>" in text
    assert text.count("</details>") == 2
    assert render_markdown(judged("role/*")).startswith("### KMS access\n\n✅")


def test_markdown_keeps_names_in_their_cells() -> None:
    nasty = change("role/@team|x", "appears", "never", "if a is `<b>`", "a|`b`")
    text = render_markdown(judged(changes=(nasty,)))
    row = text.split("\n")[-3]
    assert row.replace("\\|", "").count("|") == 7
    assert "| `role/@team\\|x` |" in row
    assert "<code>a&#124;&#96;b&#96;</code>" in text
    assert "<b>" not in text.replace("`<b>`", "")


def test_markdown_that_no_comment_has_room_for_is_cut_and_says_so() -> None:
    many = tuple(change(f"role/{number}", "appears", "never", f"if {number} {'x' * 90}") for number in range(700))
    text = render_markdown(judged(changes=many))
    assert len(text) < 65_536
    assert text.endswith("more lines; `--format json` has everything")


def test_json_has_every_change() -> None:
    data = json.loads(render_json(judged("role/a")))
    assert (data["findings"], data["principals"], data["keys"]) == (1, 5, 2)
    assert data["changes"][0] == {
        "kind": "appears",
        "expected": True,
        "finding": False,
        "principal": "arn:aws:iam::111122223333:role/a",
        "principal_kind": "role",
        "account": None,
        "reach": "inside the account",
        "key": "app",
        "key_arn": "arn:of:app",
        "actions": ["kms:Decrypt", "kms:Encrypt"],
        "before": "never",
        "after": "always",
        "hangs_on": [],
        "because": [],
        "gained": None,
        "lost": None,
        "warnings": [],
    }
    assert [each["expected"] for each in data["changes"]] == [True, False, False, False]


def test_causes_and_what_a_change_hangs_on_are_said_with_their_places() -> None:
    place = Location("plan.json", 7, "aws_kms_key.app.policy")
    cause = Source("aws_kms_key.app", "Open", 0, "Allow", place)
    known = replace(change("role/a", "appears", "never", "always"), causes=(cause,), reach="public")
    unknown = replace(change("role/b", "unknown", "never", "if unknown: x.policy"), hangs_on=("x.policy",))
    text = render(judged(changes=(unknown, known)))
    assert text.index("public") < text.index("inside the account")
    assert '      aws_kms_key.app "Open" (plan.json:7: aws_kms_key.app.policy)' in text
    assert "  cannot be told  role/b on app: Decrypt, Encrypt\n      hangs on x.policy" in text
    stands = replace(known, causes_unchanged=True)
    assert '      unchanged: aws_kms_key.app "Open" (plan' in render(judged(changes=(stands,)))
    granted = replace(known, causes=(Source("grant abcd", None, 0, "Allow", place),))
    assert "      grant abcd (plan.json:7: " in render(judged(changes=(granted,)))
    (_unknown, row) = json.loads(render_json(judged(changes=(unknown, known))))["changes"]
    assert row["because"] == [
        {
            "policy": "aws_kms_key.app",
            "sid": "Open",
            "statement": 0,
            "effect": "Allow",
            "unchanged": False,
            "file": "plan.json",
            "line": 7,
            "field": "aws_kms_key.app.policy",
        }
    ]


def test_a_lockout_is_a_finding_by_itself() -> None:
    found = judge(Compared((), 1, 1, 1), [], locked=(Losing("app", "arn:of:app", "nobody is left"),))
    assert found.findings == 1
    assert render(found).endswith("\n\nlockout  app: nobody is left")
    assert "🔒 `app`: nobody is left" in render_markdown(found)
    assert json.loads(render_json(found))["lockouts"] == [
        {"key": "app", "key_arn": "arn:of:app", "reason": "nobody is left"}
    ]


def test_whole_groups_of_actions_go_by_their_names() -> None:
    everything = tuple(action.name for action in actions_in(ACTIONS_ON_KEY))
    all_of_them = replace(change("role/a", "appears", "never", "always"), actions=everything)
    assert in_groups(everything, all_of_them) == ("all",)
    decrypting = ("kms:Decrypt", "kms:ReEncryptFrom", "kms:Decapsulate", "kms:Sign")
    assert in_groups(decrypting, all_of_them) == ("decrypt", "Sign")


def test_what_happens_alike_on_several_keys_is_one_line_of_text() -> None:
    changes = tuple(change("role/a", "appears", "never", "always", key) for key in ("one", "two"))
    assert "  appears  role/a on one, two: Decrypt, Encrypt" in render(judged(changes=changes))
