"""A comparison as text, as Markdown for a pull request, as JSON."""

from __future__ import annotations

import json

from kms_eval.analysis.access.access_diff import Change, ChangeKind, Compared
from kms_eval.analysis.access.expected import Judged, expectation, judge
from kms_eval.render.access_diff import render, render_json, render_markdown


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
        "appears\n"
        "  role/a, role/b on app: Decrypt, Encrypt\n"
        "\n"
        "conditions narrow\n"
        "  role/c on app: Decrypt, Encrypt\n"
        "      before: always\n"
        "      after:  if Bool a:b `true`\n"
        "\n"
        "disappears\n"
        "  role/d: Decrypt, Encrypt"
    )


def test_no_change_is_said_in_one_line() -> None:
    assert render(judged(changes=())) == "no access changes (5 principals and 2 keys compared)"


def test_what_is_expected_is_marked_and_apart() -> None:
    text = render(judged("role/a"))
    assert "  role/b on app: Decrypt, Encrypt\n" in text
    assert "  role/a on app: Decrypt, Encrypt (expected)\n" in text
    assert "; 2 of that expected (" in text


def test_markdown_is_a_table_for_each_kind() -> None:
    text = render_markdown(judged("role/a"))
    assert text.startswith("### KMS access\n\n⚠️ access changes for 4 principals")
    assert "#### Appears\n\n| who | key | actions | before | after |\n| --- | --- | --- | --- | --- |\n" in text
    assert "| `role/a` *(expected)* | `app` | `Decrypt`, `Encrypt` | never | always |" in text
    assert "| `role/d` | – | `Decrypt`, `Encrypt` | always | never |" in text
    assert render_markdown(judged("role/*")).startswith("### KMS access\n\n✅")


def test_markdown_keeps_names_in_their_cells() -> None:
    nasty = change("role/@team|x", "appears", "never", "if a is `<b>`", "a|`b`")
    row = render_markdown(judged(changes=(nasty,))).split("\n")[-1]
    assert row.replace("\\|", "").count("|") == 6
    assert row.startswith("| `role/@team\\|x` | `` a\\|`b` `` |")
    assert "<b>" not in row


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
        "principal": "arn:aws:iam::111122223333:role/a",
        "key": "app",
        "key_arn": "arn:of:app",
        "actions": ["kms:Decrypt", "kms:Encrypt"],
        "before": "never",
        "after": "always",
    }
    assert [each["expected"] for each in data["changes"]] == [True, False, False, False]
