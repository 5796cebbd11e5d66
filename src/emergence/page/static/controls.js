// Buttons, sliders and choices: each sends one command.

import { by, choices, fill, make, nets, option, page, room, send, told, words } from "./room.js";

// The clock and what world it is.
for (const [value, name] of [["1", "slow"], ["2", "normal"], ["5", "fast"], ["12", "very_fast"]]) by("rate").append(option(value, page[name]));
by("rate").value = "2";
by("rate").onchange = () => send({ do: "rate", value: Number(by("rate").value) });
by("play").onclick = () => send({ do: told.playing ? "pause" : "play" });
for (const name of ["step", "reset", "undo"]) by(name).onclick = () => send({ do: name });
by("compare").onclick = () => send({ do: "compare", on: !room.state.beside });
for (const name of choices.scenarios) by("scenario").append(option(name, words.scenarios[name] || name));
for (const name of choices.orchestrations) by("orchestration").append(option(name, words.orchestrations[name] || name));
for (const name of ["scenario", "orchestration"]) by(name).onchange = () => send({ do: name, name: by(name).value });
for (const name of ["firms", "seed"]) by(name).onchange = () => send({ do: name, value: Number(by(name).value) });
by("colour").onchange = () => send({ do: "colour", by: by("colour").value });
by("world").open = innerHeight > 820;

export function showPlaying(on) {
  by("play").textContent = on ? page.pause : page.play;
  by("play").setAttribute("aria-pressed", on);
}

// Five conditions.
const BUSY = 700; // ms after a move in which the slider is the hand's and not the server's
let touched = -Infinity;
const percent = (level) => `${Math.round(100 * level)}%`;

for (const [name, about] of Object.entries(words.levels)) {
  const slider = make("input", { type: "range", min: 0, max: 1, step: 0.05, value: 0.5, id: `condition-${name}` });
  const value = make("output"), ends = make("div", { className: "ends" });
  slider.dataset.test = `condition-${name}`;
  for (const end of [about.low, about.high]) ends.append(make("span", { textContent: end }));
  slider.oninput = () => {
    touched = performance.now();
    value.textContent = percent(slider.value);
    send({ do: "condition", name, value: Number(slider.value) });
  };
  slider.onchange = () => setTimeout(showLevels, BUSY + 100);
  const top = make("label", { className: "top", htmlFor: slider.id }, make("span", { textContent: about.name }), value);
  by("conditions").append(make("div", { className: "condition" }, top, slider, ends));
}

export function showLevels() {
  if (performance.now() - touched < BUSY) return;
  const { levels, levels_other: others, beside } = room.state;
  for (const [name, level] of Object.entries(levels)) {
    const slider = by(`condition-${name}`), right = beside && others ? others[name] : level;
    slider.value = room.side === "right" ? right : level;
    const both = room.side === "both" && right !== level;
    slider.parentElement.querySelector("output").textContent = both ? `${Math.round(100 * level)} | ${percent(right)}` : percent(slider.value);
  }
}

// Shocks and help.
const LEVERS = { shock: ["hub", "disaster", "cyber", "recession", "platform", "technology"], help: ["bridge", "backup"] };
export const pressed = []; // in the order of their keys
for (const [kind, names] of Object.entries(LEVERS)) {
  for (const name of names) {
    const about = words.levers[name];
    const button = make("button", { textContent: about.name, title: about.about, id: `lever-${name}` });
    button.dataset.test = `${kind}-${name}`;
    button.onclick = () => send({ do: "lever", name });
    pressed.push(button);
    by(`${kind}s`).append(button);
  }
}

// Two worlds.
for (const name of ["both", "left", "right"]) {
  const radio = make("input", { type: "radio", name: "side", value: name, checked: name === "both" });
  radio.dataset.test = `side-${name}`;
  radio.onchange = () => {
    room.side = name;
    showLevels();
  };
  by("side").append(make("label", { className: "inline" }, radio, make("span", { textContent: page[name] })));
}

export function showBeside(on) {
  document.body.classList.toggle("beside", on);
  by("two").hidden = by("side").hidden = !on;
  by("compare").setAttribute("aria-pressed", on);
  for (const name of ["emergence", "events"]) by(`h-${name}`).textContent = on ? fill(page.of_left, { what: page[name] }) : page[name];
  if (on) return;
  room.side = "both";
  document.querySelector("[data-test=side-both]").checked = true;
}

/** Let all controls show how the worlds stand. */
export function showControls(state) {
  by("undo").disabled = !state.undo;
  by("undo").textContent = by("undo").title = state.undo ? fill(page.undo_what, { what: state.undo }) : page.undo;
  showBeside(state.beside);
  showLevels();
  by("scenario").value = state.own ? "" : state.scenario;
  if (state.own) by("scenario").selectedIndex = -1;
  by("orchestration").value = state.orchestration;
  for (const name of ["seed", "firms"]) if (document.activeElement !== by(name)) by(name).value = state[name];
  by("rate").value = String(state.rate);
  const platform = words.levers.platform;
  by("lever-platform").textContent = state.platform ? platform.name_again : platform.name;
  nets.left.labels = state.labels;
  nets.right.labels = state.labels_other || [];
  nets.left.changed = nets.right.changed = true;
}
