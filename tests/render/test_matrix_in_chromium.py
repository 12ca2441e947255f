"""The page in a browser: it draws, filters, folds, explains and is walked through by key, in dark and light.

A script at the end of a copy of the page does what a person would do and writes down what it then sees; Chromium runs
it without a window and prints the page.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from kms_eval.render.matrix import MATRIX_FORM
from tests.render.small_matrix import ARN, DECRYPT, ENCRYPT, LIST_KEYS, NASTY, one_key, two_keys

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (Debian has it as `chromium`)")

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_HARNESS = """
<script>
const body = document.getElementById("body");
const cells = line => [...body.rows[line].querySelectorAll("td:not(.key)")];
const press = (cell, key) => cell.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const type = (id, text) => { document.getElementById(id).value = text; draw(); };
const seen = [];
window.addEventListener("error", event => seen.push("error: " + event.message));
document.addEventListener("securitypolicyviolation", event => seen.push("blocked: " + event.blockedURI));
(() => { %s })();
const out = document.createElement("pre");
out.id = "seen"; out.textContent = JSON.stringify(seen);
document.body.append(out);
</script>
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


def page(folder: Path, script: str = "", *, many: bool = False, nasty: bool = False) -> Path:
    matrix = two_keys() if many else one_key(NASTY if nasty else "app")
    text = "".join(MATRIX_FORM["html"].pieces(matrix))
    path = folder / "page.html"
    path.write_text(text.replace("</body>", _HARNESS % script + "</body>"), encoding="utf-8")
    return path


def seen(path: Path, *words: str) -> Any:
    text = chromium(path.parent, "--dump-dom", *words, path.as_uri())
    found = re.search(r'<pre id="seen">(.*?)</pre>', text, re.DOTALL)
    assert found is not None, text[-2000:]
    return json.loads(unescape(found[1]))


def test_every_principal_is_a_row_and_every_answer_a_shape(tmp_path: Path) -> None:
    script = """
      for (const row of body.rows)
        seen.push([row.cells[0].firstChild.data, ...[...row.querySelectorAll("td i")].map(each => each.className)]);
    """
    assert seen(page(tmp_path, script)) == [["role/a", "a2", "a1", "a0"], ["anyone at all", "a0", "a0", "a2"]]


def test_pointing_and_walking_say_why(tmp_path: Path) -> None:
    script = """
      const said = () => seen.push(document.getElementById("said").innerText.replace(/\\s+/g, " ").trim());
      cells(0)[1].dispatchEvent(new PointerEvent("pointerover", { bubbles: true })); said();
      seen.push(cells(0)[1].title);
      cells(0)[0].focus(); press(document.activeElement, "ArrowDown"); press(document.activeElement, "End"); said();
      press(document.activeElement, "ArrowUp"); press(document.activeElement, "ArrowLeft"); said();
      seen.push(body.querySelectorAll('td[tabindex="0"]').length);
    """
    why = "only under conditions if Bool a:b `<true>`"
    assert seen(page(tmp_path, script)) == [
        f"role/a kms:Encrypt on app: {why}",
        "only under conditions: if Bool a:b `<true>`",
        "anyone at all kms:ListKeys on app: always allowed an identity policy allows it",
        f"role/a kms:Encrypt on app: {why}",
        1,
    ]


def test_filters_keep_what_fits(tmp_path: Path) -> None:
    script = """
      const names = () => [...body.rows].map(row => row.cells[0].firstChild.data + " " + row.cells[1].textContent);
      type("principal", "A ROLE/"); seen.push(names()); type("principal", "nobody"); seen.push(names());
      seen.push(document.getElementById("more").textContent); type("principal", "");
      type("key", "log"); seen.push(names()); type("key", "no key"); seen.push(names()); type("key", "");
      document.getElementById("some").checked = true; draw(); seen.push(names());
      type("action", "decr"); seen.push([...document.querySelectorAll("thead .action")].map(each => each.textContent));
    """
    every = ["role/a no key", "role/a app"]
    assert seen(page(tmp_path, script, many=True)) == [
        [*every, "role/a log"], [], "No row fits the filters.", ["role/a log"], ["role/a no key"], every, ["Decrypt"],
    ]  # fmt: skip


def test_groups_fold_and_unfold(tmp_path: Path) -> None:
    script = """
      const heads = () => [...document.querySelectorAll("thead .action, thead .folded")].map(each => each.textContent);
      seen.push(heads()); document.querySelector('button[data-group="use"]').click(); seen.push(heads());
      seen.push(cells(0)[1].getAttribute("aria-label"));
      seen.push(document.activeElement.getAttribute("aria-expanded"));
      document.getElementById("fold").click(); seen.push(heads().length);
    """
    assert seen(page(tmp_path, script)) == [
        ["Decrypt", "Encrypt", "ListKeys"],
        ["Decrypt", "1 action", "ListKeys"],
        "use: 0 of 1 always, 1 under conditions",
        "false",
        3,
    ]


def test_names_are_shown_as_they_are_and_the_policy_blocks_nothing(tmp_path: Path) -> None:
    script = 'seen.push(document.querySelector("h1").textContent); seen.push(document.querySelectorAll("b").length);'
    title, bold = seen(page(tmp_path, script, nasty=True))
    assert title == f"Access to {NASTY}"
    # The bars of the legend, and nothing out of a name.
    assert bold == 1


def test_the_theme_follows_the_system_and_can_be_chosen(tmp_path: Path) -> None:
    script = """
      const ground = () => seen.push(getComputedStyle(document.body).backgroundColor);
      ground(); for (let step = 0; step < 3; step++) { document.getElementById("theme").click(); ground(); }
    """
    light, dark = "rgb(255, 255, 255)", "rgb(13, 17, 23)"
    path = page(tmp_path, script)
    assert seen(path, "--blink-settings=preferredColorScheme=1") == [light, dark, light, light]
    assert seen(path, "--blink-settings=preferredColorScheme=0") == [dark, dark, light, dark]


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
    for place, value in enumerate(line):
        left = line[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        up = above[place]
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda each: abs(guess - each))
        line[place] = (value + (0, left, up, (left + up) // 2, nearest)[method]) & 255
    return line


@pytest.mark.parametrize(
    ("theme", "always", "conditional"),
    [("light", (10, 91, 181), (184, 110, 0)), ("dark", (88, 166, 255), (227, 169, 59))],
)
def test_both_themes_look_as_they_should(
    tmp_path: Path, theme: str, always: tuple[int, int, int], conditional: tuple[int, int, int]
) -> None:
    path, picture = page(tmp_path), tmp_path / "page.png"
    chromium(tmp_path, "--window-size=700,420", f"--screenshot={picture}", f"{path.as_uri()}#{theme}")
    assert {always, conditional} <= colours(picture)


def test_a_page_of_a_thousand_principals_draws_a_part_and_the_rest_on_demand(tmp_path: Path) -> None:
    base = one_key()
    people = tuple(
        type(base.principals[0])(f"{ARN}{place}", f"role/a{place}", "role", described=True) for place in range(1_000)
    )
    rows = tuple(type(base.rows[0])(place, 0, DECRYPT, ENCRYPT | LIST_KEYS) for place in range(1_000))
    made = type(base)(base.title, base.at, base.actions, people, base.keys, rows)
    script = """
      seen.push(body.rows.length); document.querySelectorAll("#more button")[1].click(); seen.push(body.rows.length);
    """
    path = tmp_path / "page.html"
    text = "".join(MATRIX_FORM["html"].pieces(made))
    path.write_text(text.replace("</body>", _HARNESS % script + "</body>"), encoding="utf-8")
    assert seen(path) == [200, 1_000]
