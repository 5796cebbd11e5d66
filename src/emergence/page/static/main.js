// What ties the page together: words, controls, pictures, lines, tour.

import { LAYERS, LEVELS, NAMES, theme } from "./colours.js";
import { BESIDE, Live, OTHER, PLAYING } from "./live.js";
import { Lines } from "./lines.js";
import { Network } from "./network.js";
import { Tour } from "./tour.js";

const by = (id) => document.getElementById(id);
const fetchJson = async (path) => (await fetch(path)).json();
const [words, choices] = await Promise.all([fetchJson("/static/words.json"), fetchJson("/choices")]);
const page = words.page;
const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in parts ? parts[name] : whole));

window.emergence = { frames: 0, month: 0, firms: 0, ties: 0, playing: false, echo: 0, drawn: 0 };
const told = window.emergence;
let state = { levels: {}, beside: false };
let waiting = []; // those who wait for the end of a run
let side = "both", touched = 0;

// Words.
for (const one of document.querySelectorAll("[data-word]")) one.textContent = page[one.dataset.word];
for (const one of document.querySelectorAll("[data-label]")) {
  one.setAttribute("aria-label", page[one.dataset.label]);
  if (one.tagName === "BUTTON") one.title = page[one.dataset.label];
}
document.title = page.title;

by("world").open = innerHeight > 820;

// Theme: as the system has it, until somebody chooses.
const dark = matchMedia("(prefers-color-scheme: dark)");
const setTheme = (on) => {
  document.documentElement.classList.toggle("dark", on);
  by("theme").setAttribute("aria-pressed", on);
  for (const one of Object.values(nets)) one.changed = true;
  lines.draw();
  if (state.legend) showLegend(state.legend);
};

const [left, right] = document.querySelectorAll("#worlds canvas");
const nets = { left: new Network(left), right: new Network(right) };
const lines = new Lines(by("lines"), words.lines, Object.keys(words.lines));
setTheme(dark.matches);
dark.addEventListener("change", (event) => setTheme(event.matches));
by("theme").onclick = () => setTheme(!document.documentElement.classList.contains("dark"));

// Pictures: taken when they come, drawn when the screen is, acknowledged when drawn.
let owed = 0, fresh = 0;
function onPicture(picture) {
  const now = performance.now(), other = picture.flags & OTHER;
  (other ? nets.right : nets.left).take(picture, now);
  owed += 1;
  told.echo = Math.max(told.echo, picture.echo);
  if (!other) {
    Object.assign(told, { month: picture.month, firms: picture.n, ties: picture.m, playing: (picture.flags & PLAYING) > 0 });
    by("month").textContent = picture.month;
    by("alive").textContent = picture.n.toLocaleString("en");
    fresh += 1;
    showPlaying(told.playing);
  }
  if (Boolean(picture.flags & BESIDE) !== document.body.classList.contains("beside")) showBeside(Boolean(picture.flags & BESIDE));
  if (document.hidden) pay();
}

function pay() {
  for (; owed > 0; owed--) live.ack();
}

function loop(now) {
  try {
    for (const [name, net] of Object.entries(nets)) {
      if (net.alive && (name === "left" || !by("two").hidden)) net.draw(now);
    }
  } catch (error) {
    console.error(error);
  }
  if (fresh) {
    told.frames += fresh;
    told.drawn = told.echo;
    fresh = 0;
  }
  pay();
  requestAnimationFrame(loop);
}
requestAnimationFrame(loop);

// Words from the server.
function onWord(word) {
  if (word.kind === "state") showState(word);
  else if (word.kind === "month") showMonth(word);
  else if (word.kind === "event") addEvent(word.month, word.text, word.of, word.firms);
  else if (word.kind === "refused") notice([word.text]);
  else if (word.kind === "firm") showStory(word);
  else if (word.kind === "hello") showLinks(word.session);
}

function showState(next) {
  const before = state;
  state = next;
  Object.assign(told, { month: next.month, playing: next.playing });
  showPlaying(next.playing);
  if (next.lines) {
    lines.set(next.month - next.lines.length + 1, next.lines, next.ghost);
    lines.levers = lines.levers.filter((month) => month <= next.month + 1 && next.month > 0);
    if (next.month < (before.month || 0)) keepEvents(next.month);
  }
  if (!next.since) lines.ghost = null;
  showGhost();
  by("undo").disabled = !next.undo;
  by("undo").textContent = next.undo ? fill(page.undo_what, { what: next.undo }) : page.undo;
  by("undo").title = by("undo").textContent;
  const busy = performance.now() - touched < 700;
  if (!busy) showLevels();
  by("scenario").value = next.own ? "" : next.scenario;
  if (next.own) by("scenario").selectedIndex = -1;
  by("orchestration").value = next.orchestration;
  for (const name of ["seed", "firms"]) if (document.activeElement !== by(name)) by(name).value = next[name];
  by("rate").value = String(next.rate);
  const platform = words.levers.platform;
  by("lever-platform").textContent = next.platform ? platform.name_again : platform.name;
  showBeside(next.beside);
  showLegend(next.legend);
  showLayers(next.layers);
  nets.left.labels = nets.right.labels = next.labels;
  nets.left.changed = nets.right.changed = true;
  showEmergence(next.emergence);
  if (!next.playing) {
    const ready = waiting;
    waiting = [];
    ready.forEach((go) => go());
  }
}

function showMonth(word) {
  lines.add(word.month, word.point, word.ghost);
  showEmergence(word.emergence);
  nets.left.labels = nets.right.labels = word.labels;
  for (const event of [...word.events].reverse()) addEvent(word.month, event.text, event.of);
}

function showPlaying(on) {
  by("play").textContent = on ? page.pause : page.play;
  by("play").setAttribute("aria-pressed", on);
}

function showEmergence(share) {
  by("share").textContent = share === null ? "–" : Math.round(100 * Math.abs(share));
  by("share-says").textContent = share === null ? page.emergence_wait : share >= 0 ? page.emergence_more : page.emergence_less;
  by("emergence").title = page.emergence_how;
}

function showGhost() {
  const since = state.since;
  by("ghost").textContent = state.beside ? page.ghost_right : since ? fill(page.ghost, { what: since[0], month: since[1] }) : page.ghost_none;
}

const MOST_EVENTS = 60;
function addEvent(month, text, kind, firms) {
  const item = document.createElement("li"), when = document.createElement("b"), what = document.createElement("span");
  item.className = kind;
  item.dataset.month = month;
  when.textContent = month;
  what.textContent = text;
  item.append(when, what);
  by("events").prepend(item);
  while (by("events").children.length > MOST_EVENTS) by("events").lastChild.remove();
  if (kind === "lever") {
    if (!lines.levers.includes(month)) lines.levers.push(month);
    if (firms) for (const net of Object.values(nets)) net.mark(firms, performance.now());
    lines.draw();
  }
}

function keepEvents(month) {
  for (const item of [...by("events").children]) if (Number(item.dataset.month) > month) item.remove();
}

let noticed = 0;
function notice(texts, good = false, lead = "") {
  const box = by("notice"), mine = (noticed += 1);
  box.replaceChildren();
  box.className = good ? "good" : "";
  if (lead) box.append(Object.assign(document.createElement("strong"), { textContent: lead }));
  const list = document.createElement(texts.length > 1 || lead ? "ul" : "p");
  for (const text of texts) list.append(Object.assign(document.createElement(list.tagName === "UL" ? "li" : "span"), { textContent: text }));
  box.append(list);
  box.hidden = false;
  setTimeout(() => mine === noticed && (box.hidden = true), good ? 6000 : 5000 + 2500 * texts.length);
}
by("notice").onclick = () => (by("notice").hidden = true);

// Controls.
const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
const live = new Live(onPicture, onWord, (how) => {
  by("veil").hidden = how === "open";
  by("veil").firstElementChild.textContent = page[how] || "";
  if (how === "open") owed = 0;
});
const send = (command) => live.send(state.beside ? { side, ...command } : command);

for (const [value, name] of [["1", "slow"], ["2", "normal"], ["5", "fast"], ["12", "very_fast"]]) by("rate").append(option(value, page[name]));
by("rate").value = "2";
by("rate").onchange = () => send({ do: "rate", value: Number(by("rate").value) });
by("play").onclick = () => send({ do: told.playing ? "pause" : "play" });
for (const name of ["step", "reset", "undo"]) by(name).onclick = () => send({ do: name });
by("compare").onclick = () => send({ do: "compare", on: !state.beside });
for (const name of choices.scenarios) by("scenario").append(option(name, words.scenarios[name] || name));
by("scenario").onchange = () => send({ do: "scenario", name: by("scenario").value });
for (const name of choices.orchestrations) by("orchestration").append(option(name, words.orchestrations[name] || name));
by("orchestration").onchange = () => send({ do: "orchestration", name: by("orchestration").value });
for (const name of ["firms", "seed"]) by(name).onchange = () => send({ do: name, value: Number(by(name).value) });
for (const name of ["sector", "region", "group", "culture", "practice", "trust"]) by("colour").append(option(name, words.colours[name]));
by("colour").onchange = () => send({ do: "colour", by: by("colour").value });
by("layer").onchange = () => Object.values(nets).forEach((net) => net.setLayer(by("layer").value));

for (const [name, about] of Object.entries(words.levels)) {
  const box = document.createElement("div");
  box.className = "condition";
  const top = document.createElement("label"), value = document.createElement("output"), ends = document.createElement("div");
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.05, value: 0.5, id: `condition-${name}` });
  top.htmlFor = slider.id;
  top.className = "top";
  slider.dataset.test = `condition-${name}`;
  top.append(Object.assign(document.createElement("span"), { textContent: about.name }), value);
  ends.className = "ends";
  for (const end of [about.low, about.high]) ends.append(Object.assign(document.createElement("span"), { textContent: end }));
  slider.oninput = () => {
    touched = performance.now();
    value.textContent = `${Math.round(100 * slider.value)}%`;
    send({ do: "condition", name, value: Number(slider.value) });
  };
  slider.onchange = () => setTimeout(showLevels, 800);
  box.append(top, slider, ends);
  by("conditions").append(box);
}

function showLevels() {
  const levels = (side === "right" && state.levels_other) || state.levels;
  for (const [name, level] of Object.entries(levels || {})) {
    const slider = by(`condition-${name}`);
    slider.value = level;
    slider.parentElement.querySelector("output").textContent = `${Math.round(100 * level)}%`;
  }
}

const levers = [["shocks", ["hub", "disaster", "cyber", "recession", "platform", "technology"]], ["helps", ["bridge", "backup"]]];
const pressed = [];
for (const [home, names] of levers) {
  for (const name of names) {
    const button = Object.assign(document.createElement("button"), { textContent: words.levers[name].name, title: words.levers[name].about, id: `lever-${name}` });
    button.dataset.test = `${home === "shocks" ? "shock" : "help"}-${name}`;
    button.onclick = () => send({ do: "lever", name });
    pressed.push(button);
    by(home).append(button);
  }
}

for (const name of ["both", "left", "right"]) {
  const label = Object.assign(document.createElement("label"), { className: "inline" });
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "side", value: name, checked: name === "both" });
  radio.dataset.test = `side-${name}`;
  radio.onchange = () => {
    side = name;
    showLevels();
  };
  label.append(radio, Object.assign(document.createElement("span"), { textContent: page[name] }));
  by("side").append(label);
}

function showBeside(on) {
  document.body.classList.toggle("beside", on);
  by("two").hidden = by("side").hidden = !on;
  by("compare").setAttribute("aria-pressed", on);
  if (!on) side = "both", (document.querySelector("[data-test=side-both]").checked = true);
}

function showLegend(legend) {
  const home = by("swatches"), named = Boolean(legend.names);
  home.replaceChildren();
  for (const net of Object.values(nets)) net.named = named;
  by("colour").value = legend.by;
  const swatch = (draw, text, width = 16) => {
    const item = document.createElement("li"), canvas = Object.assign(document.createElement("canvas"), { width, height: 16 });
    draw(canvas.getContext("2d"));
    item.append(canvas, document.createTextNode(text));
    item.title = text;
    home.append(item);
  };
  const solid = (colour) => (pen) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(8, 8, 7, 0, 6.2832);
    pen.fill();
  };
  if (named) {
    legend.names.forEach((name, k) => swatch(solid(NAMES[k]), name));
    if (legend.rest) swatch(solid(NAMES[6]), legend.rest);
    return;
  }
  const scale = (pen) => {
    for (let x = 0; x < 120; x++) {
      pen.fillStyle = LEVELS[Math.round((255 * x) / 119)];
      pen.fillRect(x, 0, 1, 16);
    }
  };
  home.append(Object.assign(document.createElement("li"), { textContent: legend.low }));
  swatch(scale, legend.high, 120);
  for (const item of home.children) item.className = "scale";
}

function showLayers(names) {
  const select = by("layer"), key = names.join();
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  select.replaceChildren(option("", page.all_layers), ...names.map((name) => option(name, words.layers[name])));
  Object.values(nets).forEach((net) => net.setLayer(""));
}

function showKeys() {
  const look = theme(), item = (colour, text, dash) => {
    const li = document.createElement("li"), mark = document.createElement("i");
    mark.style.borderTopColor = colour;
    mark.style.borderTopStyle = dash ? "dashed" : "solid";
    li.append(mark, document.createTextNode(text));
    return li;
  };
  by("keys").replaceChildren(item(look.fresh, page.new_tie), item(look.gone, page.gone_tie, true), Object.assign(document.createElement("li"), { textContent: page.hover_hint }));
}
showKeys();
by("theme").addEventListener("click", showKeys);
by("keys").title = page.keys;

// A firm that is pointed at tells its story; a click pins it.
let asked = -1;
function ask(id) {
  if (id < 0) return (by("story").hidden = true);
  asked = id;
  live.send({ do: "firm", id });
}

function focus(id, pin) {
  for (const net of Object.values(nets)) {
    if (pin !== undefined) net.pin = pin;
    net.hover = id;
    net.changed = true;
  }
}

for (const [name, net] of Object.entries(nets)) {
  const canvas = net.canvas, at = (event) => net.find(event.offsetX, event.offsetY);
  canvas.addEventListener("pointermove", (event) => {
    if (net.pin >= 0) return;
    const id = at(event);
    if (id === net.hover) return;
    focus(id);
    ask(id);
  });
  canvas.addEventListener("pointerleave", () => net.pin < 0 && (focus(-1), ask(-1)));
  canvas.addEventListener("click", (event) => {
    const id = at(event);
    focus(id, id === net.pin ? -1 : id);
    ask(id === -1 ? -1 : id);
  });
  canvas.dataset.side = name;
}

function showStory(story) {
  const home = by("story"), title = document.createElement("h3"), facts = document.createElement("ul");
  if (story.number !== asked) return;
  title.textContent = story.name;
  for (const fact of story.facts) facts.append(Object.assign(document.createElement("li"), { textContent: fact }));
  home.replaceChildren(title, facts);
  if (story.events.length) {
    const late = document.createElement("ul");
    for (const event of story.events) late.append(Object.assign(document.createElement("li"), { textContent: event }));
    home.append(Object.assign(document.createElement("strong"), { textContent: page.of_late }), late);
  }
  home.append(Object.assign(document.createElement("p"), { className: "soft", textContent: page.pin_hint }));
  home.hidden = false;
  for (const net of Object.values(nets)) {
    if (!net.labels.some(([id]) => id === story.number)) net.labels = [...net.labels, [story.number, story.name]];
    net.changed = true;
  }
}

function walk(by) {
  const net = nets.left, hubs = net.labels.map(([id]) => id).filter((id) => net.row.has(id));
  if (net.pin < 0 || !net.row.has(net.pin)) {
    if (!hubs.length) return;
    focus(-1, hubs[0]);
    return ask(hubs[0]);
  }
  const ring = net.partners(net.pin).map(([, row]) => net.ids[row]).sort((a, b) => a - b);
  if (!ring.length) return;
  const next = by > 0 ? (ring.find((id) => id > net.pin) ?? ring[0]) : (ring.findLast((id) => id < net.pin) ?? ring[ring.length - 1]);
  focus(-1, next);
  ask(next);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName), canvas = event.target.tagName === "CANVAS";
  if (event.key === "Escape") {
    focus(-1, -1);
    ask(-1);
    by("exports").hidden = by("notice").hidden = true;
    return;
  }
  if (field) return;
  const keys = { r: "reset", u: "undo", t: "tour", c: "compare", e: "export" };
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (canvas && step) walk(step);
  else if (event.key === "ArrowRight") send({ do: "step" });
  else if (event.key === " " && event.target.tagName !== "BUTTON" && event.target.tagName !== "A") by("play").click();
  else if (keys[event.key.toLowerCase()]) by(keys[event.key.toLowerCase()]).click();
  else if (/^[1-8]$/.test(event.key)) pressed[Number(event.key) - 1].click();
  else return;
  event.preventDefault();
});

// Taking home.
by("export").onclick = () => {
  by("exports").hidden = !by("exports").hidden;
  by("export").setAttribute("aria-expanded", !by("exports").hidden);
};
function showLinks(session) {
  for (const name of ["scenario", "data"]) by(`export-${name}`).href = `/take/${session}/${name}`;
}
function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
by("export-picture").onclick = () => {
  const shown = state.beside ? [nets.left, nets.right] : [nets.left], look = theme();
  const [w, h] = [shown.reduce((sum, net) => sum + net.canvas.width, 0), nets.left.canvas.height];
  const sheet = Object.assign(document.createElement("canvas"), { width: w, height: h + 60 }), pen = sheet.getContext("2d");
  pen.fillStyle = look.ground;
  pen.fillRect(0, 0, w, h + 60);
  let x = 0;
  for (const net of shown) {
    net.draw(performance.now(), true);
    pen.drawImage(net.canvas, x, 0);
    x += net.canvas.width;
    net.changed = true;
  }
  pen.fillStyle = look.ink;
  pen.font = "600 24px system-ui, sans-serif";
  pen.fillText(`${words.scenarios[state.scenario] || state.scenario} · ${page.month} ${told.month} · ${told.firms} ${page.firms}`, 16, h + 38);
  sheet.toBlob((blob) => save(blob, `emergence-month-${told.month}.png`));
};
by("export-report").onclick = async () => {
  notice([page.making_report], true);
  const answer = await fetch(`/take/${live.session}/report`);
  if (answer.ok) save(await answer.blob(), "emergence-report.html");
  else notice([fill(page.report_failed, { why: await answer.text() })]);
};

// A network of one's own.
async function drop(file) {
  if (!file) return;
  notice([fill(page.checking, { name: file.name })], true);
  const answer = await fetch(`/drop/${live.session}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
  const found = await answer.json().catch(() => ({ problems: [answer.statusText] }));
  if (!found.problems) return notice([fill(page.read, { name: file.name, firms: found.firms, ties: found.ties }), ...found.notes], true);
  const shown = found.problems.slice(0, 12);
  if (found.number > shown.length) shown.push(fill(page.more_faults, { n: found.number - shown.length }));
  notice(shown, false, fill(page.drop_bad, { name: file.name }));
}
by("file").onchange = () => {
  drop(by("file").files[0]);
  by("file").value = "";
};
by("drop").onkeydown = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), by("file").click());
by("drop").title = page.drop_hint;
for (const kind of ["dragenter", "dragover"]) addEventListener(kind, (event) => (event.preventDefault(), document.body.classList.add("over")));
for (const kind of ["dragleave", "drop"]) addEventListener(kind, (event) => (event.preventDefault(), document.body.classList.remove("over")));
addEventListener("drop", (event) => drop(event.dataTransfer.files[0]));

// The tour presses the same buttons as people do.
const idle = () => new Promise((go) => waiting.push(go));
async function perform(list, wanted) {
  const rate = state.rate;
  for (const command of list) {
    if (!wanted()) return;
    live.send(command.do === "condition" ? { ...command, side: "left" } : command);
    await idle();
  }
  live.send({ do: "rate", value: rate });
}
const names = Object.keys(words.lines);
const measured = {
  watch: (list) => lines.rows.forEach(({ row }, k) => row.classList.toggle("watched", list.includes(names[k]))),
  told: (list) =>
    list.filter((name) => names.includes(name)).map((name) => {
      const k = names.indexOf(name), about = words.lines[name], gap = lines.gap(k);
      const now = lines.main.length ? Math.round(lines.main[lines.main.length - 1][k]) : 0;
      if (gap === null) return `${about.name}: ${now} (${about.unit})`;
      const rounded = Math.round(gap), text = rounded === 0 ? page.same : `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)}`;
      return rounded === 0 ? `${about.name}: ${now} (${about.unit}); ${text}` : fill(words.tour.measured, { name: about.name, now, unit: about.unit, gap: text });
    }),
};
const tour = new Tour(by("guide"), words, page, perform, measured);
by("tour").onclick = () => (by("guide").hidden ? tour.start() : tour.stop());
