"""The page that shows a matrix: its markup, look and behaviour, as one text.

Comes in: nothing. Goes out: `PAGE`, with ``<!--here-->`` around what `matrix_html` fills in. Never here: data.

The content security policy lets the page load nothing at all. Rows are drawn a few hundred at a time, cells can be
walked through with the arrow keys, and colours never stand alone: each answer has its own shape.
"""

from __future__ import annotations

from typing import Final

PAGE: Final = r"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{title}}</title>
<style>
:root {
  --ground: #ffffff; --raised: #f6f8fa; --line: #d8dee4; --ink: #1f2328; --quiet: #59636e;
  --always: #0a5bb5; --sometimes: #b86e00; --never: #c5ccd3; --focus: #8250df; --hover: #eaf2fb;
  --unknown: #8250df; --public: #c4272f;
}
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {
  --ground: #0d1117; --raised: #161b22; --line: #30363d; --ink: #e6edf3; --quiet: #9198a1;
  --always: #58a6ff; --sometimes: #e3a93b; --never: #3b434d; --focus: #c297ff; --hover: #17243a;
  --unknown: #c297ff; --public: #ff7b72;
} }
:root[data-theme=dark] {
  --ground: #0d1117; --raised: #161b22; --line: #30363d; --ink: #e6edf3; --quiet: #9198a1;
  --always: #58a6ff; --sometimes: #e3a93b; --never: #3b434d; --focus: #c297ff; --hover: #17243a;
  --unknown: #c297ff; --public: #ff7b72;
}
:root[data-theme=dark] { color-scheme: dark }
:root[data-theme=light] { color-scheme: light }
* { box-sizing: border-box }
html, body { height: 100%; margin: 0 }
body { display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 14px/1.45 ui-sans-serif, system-ui, "Segoe UI", sans-serif }
header { padding: 14px 18px 10px }
h1 { font-size: 19px; margin: 0 } header p { margin: 2px 0 10px; color: var(--quiet) }
form { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: end }
label { font-size: 12px; color: var(--quiet) }
label > input[type=search] { display: block; width: 13.5em; max-width: 44vw; margin-top: 2px }
input[type=search], button { font: inherit; color: var(--ink); background: var(--raised);
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px }
button { cursor: pointer } button:hover { background: var(--hover) }
label.switch { display: flex; gap: 5px; align-items: center; padding: 5px 0; color: var(--ink); font-size: 14px }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 9px 18px; border-top: 1px solid var(--line);
  list-style: none; margin: 10px 0 0 }
.legend li { display: flex; gap: 6px; align-items: center }
main { flex: 1; overflow: auto; min-height: 0; border-top: 1px solid var(--line) }
table { border-collapse: separate; border-spacing: 0 }
th, td { padding: 0; border-bottom: 1px solid var(--line); background: var(--ground) }
thead th { position: sticky; z-index: 2; background: var(--raised); font-weight: 500 }
thead tr:first-child th { top: 0 } thead tr:nth-child(2) th { top: 31px }
thead .group { height: 31px; border-left: 1px solid var(--line); text-align: left; white-space: nowrap }
thead .group button { border: 0; background: none; width: 100%; text-align: left; padding: 4px 7px; font-weight: 600 }
thead .action { vertical-align: bottom; font-size: 12px }
thead .action span { writing-mode: vertical-rl; transform: rotate(180deg); padding: 6px 0; white-space: nowrap;
  max-height: 14em; overflow: hidden; text-overflow: ellipsis }
thead .folded { padding: 2px 8px 4px; vertical-align: bottom; text-align: left; font-size: 12px; color: var(--quiet) }
th.corner, tbody th { position: sticky; left: 0; z-index: 1; text-align: left; font-weight: 400;
  padding: 3px 10px 3px 18px;
  max-width: 30em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border-right: 1px solid var(--line) }
thead th.corner { z-index: 3; vertical-align: bottom; font-weight: 600; background: var(--raised) }
tbody th small { color: var(--quiet); margin-left: 7px }
td { min-width: 25px; height: 27px; text-align: center; cursor: default }
td.key { padding: 0 10px; text-align: left; white-space: nowrap; color: var(--quiet) }
td.first, thead .first { border-left: 1px solid var(--line) }
td.sum { min-width: 74px; font-size: 12px; padding: 0 8px; white-space: nowrap; text-align: left }
tbody tr:hover th, tbody tr:hover td { background: var(--hover) }
td:focus { outline: 2px solid var(--focus); outline-offset: -2px }
i { display: inline-block; width: 13px; height: 13px; vertical-align: -2px; border-radius: 3px }
i.a2 { background: var(--always) }
i.a1 { background: linear-gradient(135deg, var(--sometimes) 50%, transparent 50%);
  border: 2px solid var(--sometimes); border-radius: 50% }
i.a0 { width: 5px; height: 5px; margin: 4px; border-radius: 50%; background: var(--never) }
i.a3 { border: 2px dashed var(--unknown) }
i.a4 { background: var(--public); transform: rotate(45deg) scale(.8) }
.bar { display: inline-flex; width: 44px; height: 9px; margin-right: 7px; border-radius: 3px; overflow: hidden;
  background: var(--never); opacity: .95 }
.bar b { background: var(--always) } .bar u { background: var(--sometimes) } .bar s { background: var(--unknown) }
.bar em { background: var(--public) }
#said { min-height: 4.3em; max-height: 9em; overflow: auto; padding: 8px 18px 10px; border-top: 1px solid var(--line);
  background: var(--raised); overflow-wrap: anywhere }
#said b { font-weight: 600 } #said p { margin: 0 } #said .quiet { color: var(--quiet) }
#more { padding: 10px 18px } #more:empty { display: none } #more span { margin-right: 10px; color: var(--quiet) }
@media print { main { overflow: visible } form, #said { display: none } }
</style>
</head>
<!--here-->
<body>
<header>
<h1>{{title}}</h1>
<p>{{about}}</p>
<form id="filters" role="search">
<label>Principal <input type="search" id="principal" autocomplete="off" spellcheck="false"></label>
<label>Action <input type="search" id="action" autocomplete="off" spellcheck="false"></label>
<label id="keylabel">Key <input type="search" id="key" autocomplete="off" spellcheck="false"></label>
<label class="switch"><input type="checkbox" id="some"> only rows that allow something</label>
<button type="button" id="fold" aria-pressed="false">Show all actions</button>
<button type="button" id="theme">Theme: system</button>
</form>
</header>
<main id="main" tabindex="-1">
<noscript><p style="padding: 18px">This page draws its table with the script that is in it; scripts are switched off.
The same answers are in the CSV and JSON forms.</p></noscript>
<table id="table" role="grid" aria-label="{{title}}"><thead id="head"></thead><tbody id="body"></tbody></table>
<div id="more"></div>
</main>
<ul class="legend" aria-label="Legend">
<li><i class="a2"></i> always allowed</li>
<li><i class="a1"></i> only under conditions</li>
<li><i class="a0"></i> never allowed</li>
<li><i class="a3"></i> undetermined: something unknown decides</li>
<li><i class="a4"></i> public: whoever it is</li>
<li><span class="bar"><b style="width: 40%"></b><u style="width: 25%"></u></span> of a group: always, under conditions,
never</li>
</ul>
<section id="said" aria-live="polite"><p class="quiet">Point at a cell, or walk through the table with the arrow keys,
to see why. A group opens by its name.</p></section>
<script type="application/json" id="data"><!--here--></script>
<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const WORDS = data.answers, STEP = 200;
const MANY = ["account", "everyone"], many = data.keys.length > 1;
const groups = [];
for (let place = 0, start = 0; place < data.groups.length; place++) {
  const [name, purpose, size] = data.groups[place];
  groups.push({ name, purpose, start, end: start + size, open: data.actions.length <= 12 });
  start += size;
}
if (groups.length === 1) groups[0].open = true;
const rows = [];
for (let place = 0; place < data.rows.length; place += 3) rows.push(data.rows.slice(place, place + 3));
let shown = [], limit = STEP, wanted = "";

const element = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
};
const fits = (text, words) => words.every(word => text.toLowerCase().includes(word));
const words = id => $(id).value.toLowerCase().split(/\s+/).filter(Boolean);
const columns = () => {
  const found = [];
  for (const group of groups) {
    const inside = [];
    for (let place = group.start; place < group.end; place++)
      if (fits(data.actions[place], words("action"))) inside.push(place);
    if (inside.length) found.push({ group, inside, open: group.open || words("action").length > 0 });
  }
  return found;
};
const keyName = row => row[1] < 0 ? "no key" : data.keys[row[1]][0];

function chosen() {
  const who = words("principal"), which = words("key"), some = $("some").checked;
  const visible = columns().flatMap(column => column.inside);
  shown = rows.filter(row => {
    const person = data.people[row[0]];
    if (!fits(person[0] + " " + person[1] + " " + person[2], who)) return false;
    if (many && !fits(row[1] < 0 ? "no key" : data.keys[row[1]].join(" "), which)) return false;
    const answers = data.patterns[row[2]][0];
    return !some || visible.some(place => answers[place] === "1" || answers[place] === "2");
  });
}

function head() {
  const top = element("tr"), low = element("tr"), corner = element("th", "corner", "Principal");
  corner.rowSpan = 2; corner.scope = "col"; top.append(corner);
  if (many) { const key = element("th", "", "Key"); key.rowSpan = 2; key.scope = "col"; key.style.top = "0";
    key.style.padding = "0 10px"; key.style.verticalAlign = "bottom"; key.style.textAlign = "left"; top.append(key); }
  for (const { group, inside, open } of columns()) {
    const cell = element("th", "group"), button = element("button", "", (open ? "▾ " : "▸ ") + group.name);
    cell.colSpan = open ? inside.length : 1; cell.scope = "colgroup";
    button.type = "button"; button.title = group.purpose;
    button.setAttribute("aria-expanded", String(open));
    button.onclick = () => { group.open = !open; draw(); refocus(group.name); };
    button.dataset.group = group.name; cell.append(button); top.append(cell);
    if (open) inside.forEach((place, number) => {
      const action = element("th", "action" + (number ? "" : " first"));
      action.scope = "col"; low.append(action);
      action.append(element("span", "", data.actions[place].replace("kms:", ""))); action.title = data.actions[place];
    });
    else {
      const sum = element("th", "folded first", inside.length + (inside.length === 1 ? " action" : " actions"));
      sum.scope = "col"; low.append(sum);
    }
  }
  $("head").replaceChildren(top, low);
}
const refocus = name => {
  const button = document.querySelector(`button[data-group="${name}"]`);
  if (button) button.focus();
};

function line(row) {
  const person = data.people[row[0]], [answers] = data.patterns[row[2]];
  const made = element("tr"), name = element("th", "", person[0]);
  name.scope = "row"; name.title = person[1];
  if (!person[3] && !MANY.includes(person[2])) name.append(element("small", "", "not described"));
  made.append(name);
  if (many) {
    const key = element("td", "key", keyName(row));
    key.title = row[1] < 0 ? "" : data.keys[row[1]][1]; made.append(key);
  }
  for (const { group, inside, open } of columns()) {
    if (open) inside.forEach((place, number) => made.append(one(row, place, number === 0)));
    else made.append(sum(row, group, inside, answers));
  }
  return made;
}

function one(row, place, first) {
  const [answers, notes] = data.patterns[row[2]], answer = answers[place], cell = element("td", first ? "first" : "");
  cell.tabIndex = -1;
  if (answer === "-") return cell;
  cell.append(element("i", "a" + answer));
  cell.title = WORDS[answer] + (notes[place] ? ": " + data.texts[notes[place]] : "");
  cell.setAttribute("aria-label", data.actions[place] + " " + cell.title);
  cell.dataset.place = place;
  return cell;
}

function sum(row, group, inside, answers) {
  const cell = element("td", "sum first"), asked = inside.filter(place => answers[place] !== "-");
  cell.tabIndex = -1; cell.dataset.group = group.name;
  if (!asked.length) return cell;
  const count = digit => asked.filter(place => answers[place] === digit).length;
  const always = count("2"), some = count("1"), unknown = count("3"), open = count("4"), allowed = always + some + open;
  const bar = element("span", "bar");
  for (const [tag, number] of [["b", always], ["em", open], ["u", some], ["s", unknown]]) {
    const part = element(tag); part.style.width = 100 * number / asked.length + "%"; bar.append(part);
  }
  cell.append(bar, (allowed || !unknown ? (allowed ? `${allowed}/${asked.length}` : "–") : "") + (unknown ? " ?" : ""));
  cell.title = `${group.name}: ${always} of ${asked.length} always, ${some} under conditions` +
    (open ? `, ${open} public` : "") + (unknown ? `, ${unknown} undetermined` : "");
  cell.setAttribute("aria-label", cell.title);
  return cell;
}

function draw() {
  chosen(); head();
  $("body").replaceChildren(...shown.slice(0, limit).map(line));
  const first = $("body").querySelector("td:not(.key)");
  if (first) first.tabIndex = 0;
  // What stays in place while the rest scrolls must not cover the cell one walks to.
  $("main").style.scrollPaddingTop = $("head").offsetHeight + "px";
  $("main").style.scrollPaddingLeft = $("head").querySelector(".corner").offsetWidth + "px";
  const more = $("more"); more.replaceChildren();
  const left = shown.length - limit;
  if (!shown.length) more.append(element("span", "", "No row fits the filters."));
  if (left > 0) {
    more.append(element("span", "", `${limit} of ${shown.length} rows`));
    for (const [text, next] of [["Show more", limit + STEP * 2], ["Show all", shown.length]]) {
      const button = element("button", "", text); button.type = "button"; button.style.marginRight = "8px";
      button.onclick = () => { limit = next; draw(); }; more.append(button);
    }
  }
  $("fold").textContent = groups.every(group => group.open) ? "Fold actions" : "Show all actions";
}

function say(cell) {
  const line = cell.closest("tr"), index = [...$("body").children].indexOf(line), row = shown[index];
  if (!row) return;
  const person = data.people[row[0]], text = element("p"), why = element("p");
  const where = data.keys.length && row[1] >= 0 ? " on " + keyName(row) : "";
  if (cell.dataset.place !== undefined) {
    const place = +cell.dataset.place, [answers, notes] = data.patterns[row[2]];
    const who = element("b", "", person[0]), what = element("b", "", data.actions[place]);
    text.append(who, " ", what, where + ": " + WORDS[answers[place]]);
    why.textContent = data.texts[notes[place]] || "";
  } else if (cell.dataset.group) {
    text.append(element("b", "", person[0]), where); why.textContent = cell.title || "";
  } else return;
  $("said").replaceChildren(text, why);
}

$("body").addEventListener("pointerover", event => { const cell = event.target.closest("td"); if (cell) say(cell); });
$("body").addEventListener("focusin", event => { const cell = event.target.closest("td"); if (cell) say(cell); });
$("body").addEventListener("click", event => { const cell = event.target.closest("td"); if (cell) walk(cell); });
const walk = cell => {
  for (const other of $("body").querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0; cell.focus(); cell.scrollIntoView({ block: "nearest", inline: "nearest" });
};
$("body").addEventListener("keydown", event => {
  const cell = event.target.closest("td"); if (!cell) return;
  const line = cell.parentElement, all = line => [...line.querySelectorAll("td:not(.key)")];
  const place = all(line).indexOf(cell);
  const to = { ArrowRight: () => all(line)[place + 1], ArrowLeft: () => all(line)[place - 1], Home: () => all(line)[0],
    End: () => all(line).at(-1), ArrowDown: () => line.nextElementSibling && all(line.nextElementSibling)[place],
    ArrowUp: () => line.previousElementSibling && all(line.previousElementSibling)[place] }[event.key];
  if (!to) return;
  event.preventDefault(); const next = to(); if (next) walk(next);
});
let waiting = 0;
for (const id of ["principal", "action", "key", "some"]) $(id).addEventListener("input", () => {
  clearTimeout(waiting); waiting = setTimeout(() => { limit = STEP; draw(); }, 60);
});
$("filters").addEventListener("submit", event => event.preventDefault());
$("fold").onclick = () => {
  const open = !groups.every(group => group.open);
  for (const group of groups) group.open = open;
  draw();
};
const THEMES = ["system", "dark", "light"];
const theme = name => {
  $("theme").textContent = "Theme: " + name;
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
};
let current = THEMES.includes(location.hash.slice(1)) ? location.hash.slice(1) : "system";
theme(current);
$("theme").onclick = () => { current = THEMES[(THEMES.indexOf(current) + 1) % 3]; theme(current); };
$("keylabel").hidden = !many;
draw();
document.documentElement.dataset.ready = "yes";
</script>
</body>
</html>
"""
