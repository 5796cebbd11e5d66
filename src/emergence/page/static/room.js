// What all parts of the page share: its words, the two networks, the lines, and how things stand.

import { Lines } from "./lines.js";
import { Network } from "./network.js";

export const by = (id) => document.getElementById(id);
export const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in parts ? parts[name] : whole));

const fetchJson = async (path) => (await fetch(path)).json();
export const [words, choices] = await Promise.all([fetchJson("/static/words.json"), fetchJson("/choices")]);
export const page = words.page;

/** Make an element with properties and children; text is never read as markup. */
export function make(kind, more = {}, ...children) {
  const made = Object.assign(document.createElement(kind), more);
  made.append(...children);
  return made;
}
export const option = (value, text) => make("option", { value, textContent: text });

for (const one of document.querySelectorAll("[data-word]")) one.textContent = page[one.dataset.word];
for (const one of document.querySelectorAll("[data-label]")) {
  one.setAttribute("aria-label", page[one.dataset.label]);
  if (one.tagName === "BUTTON") one.title = page[one.dataset.label];
}
document.title = page.title;

const [left, right] = document.querySelectorAll("#worlds canvas");
export const nets = { left: new Network(left), right: new Network(right) };
export const lines = new Lines(by("lines"), words.lines, Object.keys(words.lines));
export const told = { frames: 0, month: 0, firms: 0, ties: 0, playing: false, echo: 0, drawn: 0 };
window.emergence = told;

// `waiting` are those who wait for the end of a run; `side` is the world on which levers act.
export const room = { state: { levels: {}, beside: false }, waiting: [], side: "both", live: null };
export const send = (command) => room.live.send(room.state.beside ? { side: room.side, ...command } : command);
