"""The page in a browser: it draws, filters, folds, explains and is walked through by key, in dark, light and narrow.

A script at the end of a copy of the page does what a person would do and writes down what it then sees; Chromium runs
it without a window and prints the page.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zlib
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from kms_eval.analysis.access.access_matrix import Matrix
from kms_eval.analysis.access.partial_evaluation import PUBLISHED
from kms_eval.analysis.covering.coverage import Coverage
from kms_eval.render import coverage_html
from kms_eval.render.matrix import MATRIX_FORM
from kms_eval.render.palette import PALETTE
from kms_eval.scenario import Scenario
from tests.render.small_matrix import ARN, NASTY, every_answer, one_key, two_keys

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (Debian has it as `chromium`)"),
]

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_HARNESS = """
(() => {
const body = document.getElementById("body");
const lines = () => [...body.rows].filter(row => !row.classList.contains("band"));
const cells = line => [...lines()[line].querySelectorAll("td:not(.blank)")];
const press = (cell, key) => cell.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const type = (id, text) => { document.getElementById(id).value = text; changed(); };
const text = id => document.getElementById(id).innerText.replace(/\\s+/g, " ").trim();
const names = () => [...body.rows].map(row => (row.className + ": " + row.cells[0].innerText).replace(/\\s+/g, " "));
const seen = [];
window.addEventListener("error", event => seen.push("error: " + event.message));
document.addEventListener("securitypolicyviolation", event => seen.push("blocked: " + event.blockedURI));
(() => { %s })();
const out = document.createElement("pre");
out.id = "seen"; out.textContent = JSON.stringify(seen);
document.body.append(out);
})();
"""


def chromium(folder: Path, *words: str) -> str:
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={folder / 'profile'}", *words],
        check=False,
        capture_output=True,
        timeout=120,
    )
    return done.stdout.decode("utf-8", "replace")


def page(folder: Path, script: str = "", matrix: Matrix | None = None) -> Path:
    """The page with a script at its end, which its policy is made to let run."""
    text = "".join(MATRIX_FORM["html"].pieces(matrix or one_key()))
    added = _HARNESS % script
    digest = b64encode(sha256(added.encode()).digest()).decode()
    text = text.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    path = folder / "page.html"
    path.write_text(text.replace("</body>", f"<script>{added}</script></body>"), encoding="utf-8")
    return path


def seen(path: Path, *words: str, at: str = "") -> Any:
    """What the script of a page wrote down, the page being opened at an address with that end."""
    text = chromium(path.parent, "--dump-dom", *words, f"{path.as_uri()}{at}")
    found = re.search(r'<pre id="seen">(.*?)</pre>', text, re.DOTALL)
    assert found is not None, text[-2000:]
    return json.loads(unescape(found[1]))


def test_every_principal_is_a_row_and_every_answer_a_shape_and_who_is_far_stands_on_top(tmp_path: Path) -> None:
    script = """
      seen.push(names());
      for (const row of lines()) seen.push([...row.querySelectorAll("td i")].map(each => each.className));
    """
    assert seen(page(tmp_path, script)) == [
        [
            "band far: Public 1 principal",
            "row far: anyone at all",
            "band: Inside the account 1 principal",
            "row: role/a",
        ],
        ["a0", "a0", "a2"],
        ["a2", "a1", "a0"],
    ]


def test_choosing_and_walking_say_why_with_statement_file_and_line(tmp_path: Path) -> None:
    script = """
      const said = () => seen.push(text("said"));
      cells(1)[1].click(); said(); seen.push(cells(1)[1].title);
      cells(1)[0].focus(); press(document.activeElement, "ArrowUp"); press(document.activeElement, "End"); said();
      press(document.activeElement, "ArrowDown"); press(document.activeElement, "ArrowLeft"); said();
      seen.push(body.querySelectorAll('td[tabindex="0"]').length);
    """
    on = "on app arn:aws:kms:us-east-1:111122223333:key/1"
    why = (
        f"role/a who {ARN} kind role where inside the account {on} may kms:Encrypt only under conditions "
        'if Bool a:b <true> Allow app "Use" app.json:7 '
        '{ "Sid": "Use", "Effect": "Allow", "Principal": { "AWS": "app" }, "Action": "kms:Encrypt" }'
    )
    assert seen(page(tmp_path, script)) == [
        why,
        "Encrypt: only under conditions",
        f"anyone at all kind everyone where public {on} may kms:ListKeys always allowed an identity policy allows it",
        why,
        1,
    ]


def test_folded_cells_say_why(tmp_path: Path) -> None:
    script = 'cells(1)[1].click(); seen.push(text("said"));'
    (said,) = seen(page(tmp_path, script, replace(one_key(), actions=PUBLISHED)))
    begin = "may use: the other cryptographic operations only under conditions Encrypt if Bool a:b <true>"
    assert begin in said
    assert "app.json:7" in said
    assert "never allowed DeriveSharedSecret, Encapsulate," in said


def test_a_principal_folded_over_its_keys_says_why_on_which(tmp_path: Path) -> None:
    why = "only under conditions on app, log if x"
    base = two_keys()
    both = replace(base, rows=(*base.rows[:2], replace(base.rows[1], key=1)))
    script = """
      seen.push(names()); document.getElementById("unfold").click(); seen.push(names());
      cells(0)[1].click(); seen.push(text("said"));
      body.querySelector("tr.group button").click(); seen.push(names().length);
    """
    band, last = (
        "band: Inside the account 1 principal",
        ["band: Without a key 1 principal", "row: role/a without a key"],
    )
    assert seen(page(tmp_path, script, both)) == [
        [band, "group: ▾role/a", "child: app", "child: log", *last],
        [band, "group: ▸role/a 2 keys", *last],
        f"role/a who {ARN} kind role where inside the account on 2 keys may kms:Encrypt {why}",
        6,
    ]


def test_what_allows_nothing_is_hidden_until_it_is_asked_for(tmp_path: Path) -> None:
    script = """
      seen.push(text("hidden"), lines().length);
      document.getElementById("nothing").click(); changed(); seen.push(lines().length, location.hash);
    """
    assert seen(page(tmp_path, script, every_answer())) == ["(1)", 4, 5, "#nothing=yes"]


def test_filters_keep_what_fits_and_are_in_the_address(tmp_path: Path) -> None:
    script = """
      const shown = () => seen.push([names().filter(name => !name.startsWith("band")), location.hash]);
      document.getElementById("nothing").click();
      type("principal", "A ROLE/"); shown(); type("principal", "nobody"); shown();
      seen.push(text("more")); type("principal", "");
      type("key", "log"); shown(); type("key", "no such"); shown(); type("key", "");
      document.getElementById("nothing").click(); changed(); shown();
      type("action", "decr"); seen.push([...document.querySelectorAll("thead .action")].map(each => each.textContent));
    """
    without, app = "row: role/a without a key", "row: role/a app"
    assert seen(page(tmp_path, script, two_keys())) == [
        [["group: ▾role/a", "child: app", "child: log", without], "#principal=A+ROLE%2F&nothing=yes"],
        [[], "#principal=nobody&nothing=yes"],
        "No row fits the filters.",
        [["row: role/a log"], "#key=log&nothing=yes"],
        [[], "#key=no+such&nothing=yes"],
        [[app, without], ""],
        ["Decrypt"],
    ]


def test_a_page_opens_as_its_address_says(tmp_path: Path) -> None:
    script = """
      const value = id => document.getElementById(id).value;
      seen.push(value("principal"), value("key"), value("action"), document.getElementById("nothing").checked);
      seen.push(document.documentElement.dataset.theme, lines().length);
    """
    path = page(tmp_path, script, two_keys())
    at = "#principal=role%2Fa&key=log&action=Decrypt&nothing=yes&theme=dark&nonsense=%3Cb%3E"
    assert seen(path, at=at) == ["role/a", "log", "Decrypt", True, "dark", 1]
    assert seen(path, at="#%%%&open=<img>&theme=none")[3:] == [False, None, 2]


def test_groups_fold_and_unfold(tmp_path: Path) -> None:
    everything = replace(one_key(), actions=PUBLISHED)
    script = """
      const heads = () => document.querySelectorAll("thead .action").length;
      seen.push(heads(), cells(1)[1].getAttribute("aria-label"));
      document.querySelector('button[data-group="use"]').click(); seen.push(heads(), location.hash);
      seen.push(document.activeElement.getAttribute("aria-expanded"));
      document.getElementById("fold").click(); seen.push(heads());
      document.getElementById("fold").click(); seen.push(heads(), location.hash);
    """
    assert seen(page(tmp_path, script, everything)) == [
        0,
        "use: 1 of 12 only under conditions, 11 of 12 never allowed",
        12,
        "#open=use",
        "true",
        PUBLISHED.bit_count(),
        0,
        "",
    ]


def test_names_are_shown_as_they_are_and_the_policy_blocks_nothing(tmp_path: Path) -> None:
    script = """
      seen.push(document.querySelector("h1").textContent, document.querySelector(".about").textContent.includes("</"));
      cells(1)[1].click(); seen.push(document.querySelector("#said summary").textContent.includes("<\\/script>"));
      seen.push(document.querySelectorAll("b").length);
    """
    # The bar of the legend is the one `b`: there is none out of a name.
    assert seen(page(tmp_path, script, one_key(NASTY))) == [f"Access to {NASTY}", True, True, 1]


def test_the_theme_follows_the_system_and_can_be_chosen(tmp_path: Path) -> None:
    script = """
      const ground = () => seen.push(getComputedStyle(document.body).backgroundColor);
      ground(); for (let step = 0; step < 3; step++) { document.getElementById("theme").click(); ground(); }
    """
    light, dark = "rgb(255, 255, 255)", "rgb(13, 17, 23)"
    path = page(tmp_path, script)
    assert seen(path, "--blink-settings=preferredColorScheme=1") == [light, dark, light, light]
    assert seen(path, "--blink-settings=preferredColorScheme=0") == [dark, dark, light, dark]


def framed(path: Path, width: int) -> Path:
    """A page that shows another in a frame of that width and writes down what it tells: windows are broader."""
    outer = path.with_name("framed.html")
    outer.write_text(
        '<!doctype html><meta name="color-scheme" content="light dark"><body style="margin: 0"><pre id="seen"></pre>'
        "<script>onmessage = event => { document.getElementById('seen').textContent = JSON.stringify(event.data) }"
        f'</script><iframe src="{path.name}" style="width: {width}px; height: 800px; border: 0"></iframe></body>',
        encoding="utf-8",
    )
    return outer


_WIDTHS = """
  const root = document.documentElement;
  const report = () => seen.push([root.clientWidth, root.scrollWidth]);
  report();
  for (const id of ["nothing", "fold"]) {
    const control = document.getElementById(id);
    if (control) { control.click(); report(); }
  }
  parent.postMessage(seen, "*");
"""


@pytest.mark.parametrize("matrix", [replace(one_key(), actions=PUBLISHED), two_keys(), one_key("long" * 60)])
def test_the_page_is_no_wider_than_a_telephone(tmp_path: Path, matrix: Matrix) -> None:
    told = seen(framed(page(tmp_path, _WIDTHS, matrix), 390), "--virtual-time-budget=2000")
    assert told == [[390, 390]] * 3


def test_on_a_telephone_a_row_is_a_card_and_the_panel_lies_below(tmp_path: Path) -> None:
    script = """
      const of = each => getComputedStyle(each);
      seen.push(of(cells(1)[1], "::before").display, of(lines()[1]).display, of(cells(1)[2]).display);
      seen.push(of(document.getElementById("panel")).display); cells(1)[1].click();
      seen.push(of(document.getElementById("panel")).position); document.getElementById("close").click();
      seen.push(of(document.getElementById("panel")).display);
      parent.postMessage(seen, "*");
    """
    told = seen(framed(page(tmp_path, script), 390), "--virtual-time-budget=2000")
    assert told == ["flex", "flex", "none", "none", "fixed", "none"]


def test_the_coverage_page_is_no_wider_than_a_telephone(tmp_path: Path) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:Sign"], "Resource": "*"}],
    }
    asked = Scenario.from_dict({"account": "111122223333", "keys": {"app-with-a-long-name" * 5: {"policy": policy}}})
    coverage = Coverage()
    coverage.add(asked.evaluator)
    coverage.record(asked.evaluator, asked.can("role/app", "kms:Decrypt").ruling, "a test")
    report = coverage.report()
    text = coverage_html.render(report, {policy.file: "x" * 300 + "\n" * 20 for policy in report.policies})
    digest = b64encode(sha256(f"const seen = []; {_WIDTHS}".encode()).digest()).decode()
    text = text.replace("style-src ", f"script-src 'sha256-{digest}'; style-src ", 1)
    path = tmp_path / "page.html"
    path.write_text(text.replace("</body>", f"<script>const seen = []; {_WIDTHS}</script></body>"), encoding="utf-8")
    assert seen(framed(path, 390), "--virtual-time-budget=2000") == [[390, 390]]


def colours(picture: Path) -> set[tuple[int, int, int]]:
    """The colours in a PNG of 8 bits a channel, as Chromium writes it."""
    data = picture.read_bytes()
    width, height, _depth, kind = int.from_bytes(data[16:20]), int.from_bytes(data[20:24]), data[24], data[25]
    packed, place = b"", 8
    while place < len(data):
        length, name = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        packed += data[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += length + 12
    raw, step = zlib.decompress(packed), 4 if kind == 6 else 3
    before, found = bytearray(width * step), set()
    for row in range(height):
        start = row * (width * step + 1)
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), before, step)
        found |= set(zip(line[::step], line[1::step], line[2::step], strict=True))
        before = line
    return found


def _unfiltered(method: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """One line of a PNG, its filter undone: https://www.w3.org/TR/png-3/#9Filters."""
    if method == 0:
        return line
    if method == 2:
        return bytearray(value + up & 255 for value, up in zip(line, above, strict=True))
    for place, value in enumerate(line):
        left = line[place - step] if place >= step else 0
        up = above[place]
        if method == 1:
            guess = left
        elif method == 3:
            guess = (left + up) // 2
        else:
            corner = above[place - step] if place >= step else 0
            guess = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        line[place] = value + guess & 255
    return line


@pytest.mark.parametrize("form", ["html", "svg"])
@pytest.mark.parametrize(("theme", "number"), [("light", 1), ("dark", 0)])
def test_both_themes_have_the_colours_of_the_palette(tmp_path: Path, form: str, theme: str, number: int) -> None:
    path, picture = tmp_path / f"matrix.{form}", tmp_path / "matrix.png"
    path.write_text("".join(MATRIX_FORM[form].pieces(every_answer())), encoding="utf-8")
    how = ("--window-size=700,420", f"--blink-settings=preferredColorScheme={number}", f"--screenshot={picture}")
    chromium(tmp_path, *how, path.as_uri())
    wanted = {
        each.name: tuple(bytes.fromhex(getattr(each, theme)[1:]))
        for each in PALETTE
        if each.name in {"ground", "always", "conditional", "public", "undetermined"}
    }
    seen_here = colours(picture)
    assert [name for name, colour in wanted.items() if colour not in seen_here] == []


def test_a_page_of_a_thousand_principals_and_many_keys_is_folded_and_draws_a_part(tmp_path: Path) -> None:
    base = one_key()
    people = tuple(replace(base.principals[0], name=f"{ARN}{place}", label=f"role/a{place}") for place in range(1_000))
    keys = tuple(replace(base.keys[0], handle=f"key-{place}") for place in range(50))
    rows = tuple(replace(base.rows[0], principal=place, key=key) for place in range(1_000) for key in range(50))
    script = """
      seen.push(lines().length, lines()[0].cells[0].innerText.replace(/\\s+/g, " "));
      document.querySelectorAll("#more button")[1].click(); seen.push(lines().length);
      type("principal", "a7"); seen.push(lines().length, location.hash);
      lines()[0].querySelector("button").click(); seen.push(lines().length);
    """
    path = page(tmp_path, script, replace(base, principals=people, keys=keys, rows=rows))
    assert seen(path) == [199, "▸role/a0 50 keys", 1_000, 111, "#principal=a7", 161]
