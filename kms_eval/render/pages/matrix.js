"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const STEP = 200, FEW = 60, MANY = ["account", "everyone"], many = data.keys.length > 1;
// In this order answers are told: what is open to most first. Digits are those of `data.answers`.
const TOLD = ["4", "2", "1", "3", "0"], SOMETHING = ["4", "2", "1", "3"];

const groups = [];
for (const [name, purpose, size] of data.groups) {
  const start = groups.length ? groups.at(-1).end : 0;
  groups.push({ name, purpose, start, end: start + size, open: false });
}
const few = data.actions.length <= 12;
const rows = [];
for (let place = 0; place < data.rows.length; place += 4) {
  const [person, key, pattern, band] = data.rows.slice(place, place + 4);
  rows.push({ person, key, pattern, band });
}
// The number of the note of an answer; notes are written as runs: which one, and for how many actions.
const noteOf = (runs, place) => {
  for (let run = 0; ; run += 2) if ((place -= runs[run + 1]) < 0) return runs[run];
};
const inWords = data.people.map(each => each.join(" ").toLowerCase());
const keysInWords = data.keys.map(each => each.join(" ").toLowerCase());
let lines = [], drawn = [], limit = STEP, keysShown = null, theme = "system";
const turned = new Set();

const element = (tag, name, ...children) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter(child => child !== undefined && child !== ""));
  return made;
};
const mark = digit => element("i", "a" + digit);
const words = id => $(id).value.toLowerCase().split(/\s+/).filter(Boolean);
const fits = (text, asked) => asked.every(word => text.includes(word));
const count = (number, name) => `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;
const short = action => action.replace("kms:", "");
const keyName = row => row.key < 0 ? "without a key" : data.keys[row.key][0];

// What is to be seen: columns, then lines, grouped by how far away somebody is and by principal.

function columns() {
  const asked = words("action"), found = [];
  for (const group of groups) {
    const places = [];
    for (let place = group.start; place < group.end; place++)
      if (fits(data.actions[place].toLowerCase(), asked)) places.push(place);
    if (places.length) found.push({ group, places, open: group.open || few || asked.length > 0 });
  }
  return found;
}
// Each group folded, or each of its actions.
const cells = shown => shown.flatMap(({ group, places, open }) => open
  ? places.map((place, number) => ({ group, places: [place], first: number === 0, name: short(data.actions[place]) }))
  : [{ group, places, first: true, name: group.name, folded: true }]);

function choose() {
  const who = words("principal"), which = words("key"), nothing = $("nothing").checked;
  const people = inWords.map(text => fits(text, who)), keys = keysInWords.map(text => fits(text, which));
  const visible = columns().flatMap(column => column.places);
  const allows = data.patterns.map(([answers]) => visible.some(place => SOMETHING.includes(answers[place])));
  const asked = data.patterns.map(([answers]) => visible.some(place => answers[place] !== "-"));
  const bands = data.bands.map(() => new Map());
  let hidden = 0, left = 0;
  for (const row of rows) {
    if (!people[row.person] || !asked[row.pattern]) continue;
    if (many && which.length && !(row.key < 0 ? fits("without a key", which) : keys[row.key])) continue;
    if (!allows[row.pattern]) { hidden++; if (!nothing) continue; }
    const band = bands[row.band];
    if (!band.has(row.person)) band.set(row.person, []);
    band.get(row.person).push(row); left++;
  }
  $("hidden").textContent = hidden ? ` (${hidden.toLocaleString("en")})` : "";
  const all = keysShown === null ? left <= FEW : keysShown;
  lines = [];
  bands.forEach((band, number) => {
    if (!band.size) return;
    const far = number < data.far;
    lines.push({ kind: "band", far, name: data.bands[number], size: band.size });
    for (const [person, own] of band) {
      const id = `${number}/${person}`, open = own.length > 1 && turned.has(id) !== all;
      lines.push({ kind: own.length > 1 ? "group" : "row", far, person, rows: own, id, open });
      if (open) for (const row of own) lines.push({ kind: "child", far, person, rows: [row] });
    }
  });
  $("unfold").hidden = !lines.some(line => line.kind === "group");
  $("unfold").textContent = all ? "Fold keys" : "Show keys";
  $("unfold").onclick = () => { keysShown = !all; turned.clear(); changed(); };
}

// Drawing.

function head(shown) {
  const top = element("tr"), low = element("tr"), corner = element("th", "corner", many ? "Principal and key" : "Principal");
  corner.rowSpan = 2; corner.scope = "col"; top.append(corner);
  for (const { group, places, open } of shown) {
    const button = element("button", "", (open ? "▾ " : "▸ ") + group.name), cell = element("th", "group", button);
    cell.colSpan = open ? places.length : 1; cell.scope = "colgroup";
    button.type = "button"; button.title = group.purpose; button.dataset.group = group.name;
    button.setAttribute("aria-expanded", String(open));
    button.onclick = () => {
      group.open = !group.open; changed();
      document.querySelector(`button[data-group="${group.name}"]`)?.focus();
    };
    top.append(cell);
    if (open) places.forEach((place, number) => {
      const action = element("th", "action" + (number ? "" : " first"), element("span", "", short(data.actions[place])));
      action.scope = "col"; action.title = data.actions[place]; low.append(action);
    });
    else {
      const number = element("th", "folded first", String(places.length));
      number.title = count(places.length, "action"); low.append(number);
    }
  }
  $("head").replaceChildren(top, low);
}

function named(line) {
  const [label, name, kind, described] = data.people[line.person];
  const cell = element("th"); cell.scope = "row"; cell.title = name;
  if (line.kind === "child") { cell.append(keyName(line.rows[0])); cell.title = keyTitle(line.rows[0]); return cell; }
  if (line.kind === "group") {
    const button = element("button", "", element("span", "sign", line.open ? "▾" : "▸"), label);
    button.type = "button"; button.setAttribute("aria-expanded", String(line.open));
    button.onclick = () => {
      turned.has(line.id) ? turned.delete(line.id) : turned.add(line.id); draw();
      $("body").querySelector(`tr[data-id="${line.id}"] button`)?.focus();
    };
    cell.append(button);
    const keys = line.rows.filter(row => row.key >= 0).length;
    if (!line.open && keys) cell.append(" ", element("small", "", count(keys, "key")));
  } else {
    cell.append(label);
    if (many) cell.append(" ", element("small", "", keyName(line.rows[0])));
  }
  if (!described && !MANY.includes(kind)) cell.append(" ", element("small", "", "not described"));
  return cell;
}
const keyTitle = row => row.key < 0 ? "actions that have no key" : data.keys[row.key][1];

function drawnLine(line, shown) {
  const made = element("tr", `${line.kind}${line.far ? " far" : ""}`);
  if (line.id) made.dataset.id = line.id;
  if (line.kind === "band") {
    const cell = element("th", "", line.name[0].toUpperCase() + line.name.slice(1));
    cell.append(" ", element("small", "", count(line.size, "principal")));
    cell.scope = "rowgroup"; const rest = element("td", "blank"); rest.colSpan = shown.length;
    made.append(cell, rest);
    return made;
  }
  made.append(named(line));
  for (const column of shown) made.append(line.open ? blank(column) : answered(line.rows, column));
  return made;
}
const blank = column => element("td", "blank" + (column.first ? " first" : ""));

function answered(own, column) {
  const numbers = { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 }; let all = 0;
  for (const row of own) {
    const answers = data.patterns[row.pattern][0];
    for (const place of column.places) if (answers[place] !== "-") { numbers[answers[place]]++; all++; }
  }
  if (!all) return blank(column);
  const cell = element("td", (column.first ? "first" : "") + (column.folded ? " sum" : " short"));
  cell.tabIndex = -1; cell.dataset.name = column.name;
  const only = TOLD.find(digit => numbers[digit] === all);
  const said = TOLD.filter(digit => numbers[digit]).map(digit =>
    only ? data.answers[digit] : `${numbers[digit]} of ${all} ${data.answers[digit]}`);
  if (only) cell.append(mark(only));
  else {
    const bar = element("span", "bar"), allowed = all - numbers[0];
    for (const [tag, digit] of [["em", "4"], ["b", "2"], ["u", "1"], ["s", "3"]]) if (numbers[digit]) {
      const part = element(tag); part.style.width = 100 * numbers[digit] / all + "%"; bar.append(part);
    }
    cell.append(bar);
    if (column.folded) cell.append(element("span", "count", own.length > 1 ? `${Math.ceil(100 * allowed / all)} %`
      : `${allowed}/${all}`));
  }
  if (only === "0") cell.classList.add("none");
  cell.setAttribute("aria-label", `${column.name}: ${said.join(", ")}`);
  cell.title = cell.getAttribute("aria-label");
  return cell;
}

function draw() {
  choose();
  const shown = columns(), each = cells(shown);
  head(shown);
  drawn = lines.slice(0, limit);
  $("body").replaceChildren(...drawn.map(line => drawnLine(line, each)));
  const first = walkable($("body"))[0];
  if (first) first.tabIndex = 0;
  // What stays in place while the rest scrolls must not cover the cell one walks to.
  $("main").style.scrollPaddingTop = $("head").offsetHeight + "px";
  $("main").style.scrollPaddingLeft = $("head").querySelector(".corner").offsetWidth + "px";
  const more = $("more"), left = lines.length - limit; more.replaceChildren();
  if (!lines.length) more.append(rows.length && !$("nothing").checked && $("hidden").textContent
    ? "Nothing is allowed here." : "No row fits the filters.");
  if (left > 0) {
    more.append(`${limit.toLocaleString("en")} of ${lines.length.toLocaleString("en")} lines`);
    for (const [text, next] of [["Show more", limit + STEP * 2], ["Show all", lines.length]]) {
      const button = element("button", "", text); button.type = "button";
      button.onclick = () => { limit = next; draw(); }; more.append(button);
    }
  }
  $("fold").hidden = few;
  $("fold").textContent = groups.every(group => group.open) ? "Fold actions" : "Show actions";
}

// Why.

function tell(cell) {
  const line = drawn[[...$("body").children].indexOf(cell.parentElement)];
  const column = cells(columns())[[...cell.parentElement.cells].indexOf(cell) - 1];
  if (!line || !column) return;
  const [label, name, kind, described] = data.people[line.person], said = [], facts = element("dl");
  const fact = (word, ...value) => facts.append(element("dt", "", word), element("dd", "", ...value));
  said.push(element("h2", "", label));
  if (name !== label) fact("who", name);
  fact("kind", kind + (described || MANY.includes(kind) ? "" : ", not described"));
  fact("where", data.bands[line.rows[0].band]);
  const [row] = line.rows, keys = line.rows.filter(each => each.key >= 0);
  if (line.rows.length > 1) fact("on", count(keys.length, "key"));
  else fact("on", keyName(row), " ", row.key < 0 ? "" : element("span", "quiet", data.keys[row.key][1]));
  fact("may", column.folded ? `${column.name}: ${column.group.purpose}` : data.actions[column.places[0]]);
  said.push(facts);
  const found = new Map();
  for (const row of line.rows) {
    const [answers, notes] = data.patterns[row.pattern];
    for (const place of column.places) if (answers[place] !== "-") {
      const note = noteOf(notes, place), id = answers[place] + " " + note;
      if (!found.has(id)) found.set(id, { digit: answers[place], note, places: new Set(), keys: new Set() });
      found.get(id).places.add(place); found.get(id).keys.add(keyName(row));
    }
  }
  const parts = TOLD.flatMap(digit => [...found.values()].filter(part => part.digit === digit));
  for (const part of parts.slice(0, 12)) said.push(...reasons(part, parts.length === 1, line.rows.length > 1));
  if (parts.length > 12) said.push(element("p", "quiet", `and ${parts.length - 12} more answers: open the row or the group`));
  $("said").replaceChildren(...said); $("panel").scrollTop = 0;
  document.body.classList.add("chosen");
  for (const other of $("body").querySelectorAll("td.chosen")) other.classList.remove("chosen");
  cell.classList.add("chosen");
}

function reasons({ digit, note, places, keys }, alone, onSeveral) {
  const [text, sources, questions] = data.notes[note], made = [];
  made.push(element("h3", "", mark(digit), data.answers[digit]));
  if (!alone || places.size > 1) made.push(element("p", "names", some([...places].map(place => short(data.actions[place])), 12)));
  if (onSeveral) made.push(element("p", "names", "on " + some([...keys], 8)));
  if (text) made.push(element("p", "", ...coded(text)));
  else if (digit === "0" && data.brief) made.push(element("p", "quiet", data.brief));
  for (const code of questions) made.push(element("p", "", "hangs on a question that AWS leaves open: ", element("code", "", code)));
  for (const number of sources.slice(0, 20)) made.push(statement(data.sources[number], sources.length <= 2));
  if (sources.length > 20) made.push(element("p", "quiet", `and ${sources.length - 20} more statements`));
  return made;
}
const some = (names, most) => names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
const coded = text => text.split("`").map((part, number) => number % 2 ? element("code", "", part) : part);

function statement([name, effect, place, field, text], open) {
  const summary = element("summary", text ? "" : "bare", element("span", "effect " + effect, effect), " ", name);
  if (place) { const at = element("span", "place mono", place); at.title = field; summary.append(at); }
  const made = element("details", "", summary);
  if (text) { made.append(element("pre", "", text)); made.open = open; }
  return made;
}

// Walking.

const walkable = around => [...around.querySelectorAll("td:not(.blank)")];
const walk = cell => {
  for (const other of $("body").querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0; cell.focus(); cell.scrollIntoView({ block: "nearest", inline: "nearest" });
};
$("body").addEventListener("focusin", event => { const cell = event.target.closest("td"); if (cell) tell(cell); });
$("body").addEventListener("click", event => {
  const cell = event.target.closest("td:not(.blank)"); if (cell) { walk(cell); tell(cell); }
});
$("body").addEventListener("keydown", event => {
  const cell = event.target.closest("td"); if (!cell) return;
  const line = cell.parentElement, own = walkable(line), place = own.indexOf(cell);
  const beside = step => {
    for (let other = line[step]; other; other = other[step]) {
      const found = other.cells[cell.cellIndex];
      if (found && !found.classList.contains("blank")) return found;
    }
  };
  const to = { ArrowRight: () => own[place + 1], ArrowLeft: () => own[place - 1], Home: () => own[0],
    End: () => own.at(-1), ArrowDown: () => beside("nextElementSibling"),
    ArrowUp: () => beside("previousElementSibling") }[event.key];
  if (!to) return;
  event.preventDefault(); const next = to(); if (next) walk(next);
});
const close = () => {
  document.body.classList.remove("chosen"); $("body").querySelector("td.chosen")?.classList.remove("chosen");
};
$("close").onclick = close;
document.addEventListener("keydown", event => { if (event.key === "Escape") close(); });

// The address: what is looked at can be sent to somebody.

const FIELDS = ["principal", "key", "action"], THEMES = ["system", "dark", "light"];
function store() {
  const said = new URLSearchParams();
  for (const id of FIELDS) if ($(id).value) said.set(id, $(id).value);
  if ($("nothing").checked) said.set("nothing", "yes");
  const open = groups.filter(group => group.open).map(group => group.name);
  if (open.length) said.set("open", open.join(","));
  if (keysShown !== null) said.set("keys", keysShown ? "yes" : "no");
  if (theme !== "system") said.set("theme", theme);
  const text = said.toString();
  if (text !== location.hash.slice(1)) history.replaceState(null, "", "#" + text);
}
function restore() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const id of FIELDS) $(id).value = said.get(id) ?? "";
  $("nothing").checked = said.get("nothing") === "yes";
  const open = (said.get("open") ?? "").split(",");
  for (const group of groups) group.open = open.includes(group.name);
  keysShown = said.has("keys") ? said.get("keys") === "yes" : null;
  theme = THEMES.includes(said.get("theme")) ? said.get("theme") : "system";
  dress(); limit = STEP; draw();
}
function dress() {
  $("theme").textContent = "Theme: " + theme;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
const changed = () => { limit = STEP; draw(); store(); };
let waiting = 0;
for (const id of [...FIELDS, "nothing"]) $(id).addEventListener("input", () => {
  clearTimeout(waiting); waiting = setTimeout(changed, 60);
});
$("filters").addEventListener("submit", event => event.preventDefault());
$("fold").onclick = () => {
  const open = !groups.every(group => group.open);
  for (const group of groups) group.open = open;
  changed();
};
$("theme").onclick = () => { theme = THEMES[(THEMES.indexOf(theme) + 1) % 3]; dress(); store(); };
window.addEventListener("hashchange", restore);
$("keylabel").hidden = !many;
for (const part of document.querySelectorAll("[data-rare]"))
  part.hidden = !data.patterns.some(([answers]) => answers.includes(part.dataset.rare));
restore();
document.documentElement.dataset.ready = "yes";
