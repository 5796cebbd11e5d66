// A firm that is pointed at tells its story; a click pins it. The keyboard goes from firm to firm as well.

import { by, make, nets, page, room } from "./room.js";

const every = Object.values(nets);
let asked = -1;

function ask(id, side) {
  asked = id;
  if (id < 0) return (by("story").hidden = true);
  room.live.send({ do: "firm", id, side });
}

function focus(id, pin) {
  for (const net of every) {
    if (pin !== undefined) net.pin = pin;
    net.hover = id;
    net.changed = true;
  }
}

for (const [side, net] of Object.entries(nets)) {
  const canvas = net.canvas, at = (event) => net.find(event.offsetX, event.offsetY);
  canvas.dataset.side = side;
  canvas.addEventListener("pointermove", (event) => {
    if (net.pin >= 0) return;
    const id = at(event);
    if (id === net.hover) return;
    focus(id);
    ask(id, side);
  });
  canvas.addEventListener("pointerleave", () => net.pin < 0 && letGo());
  canvas.addEventListener("click", (event) => {
    const id = at(event);
    focus(id, id === net.pin ? -1 : id);
    ask(id, side);
  });
}

export function letGo() {
  focus(-1, -1);
  ask(-1);
}

function pin(id, side) {
  focus(-1, id);
  ask(id, side);
}

export function showStory(story) {
  if (story.number !== asked) return;
  const list = (texts) => make("ul", {}, ...texts.map((text) => make("li", { textContent: text })));
  by("story").replaceChildren(make("h3", { textContent: story.name }), list(story.facts));
  if (story.events.length) by("story").append(make("strong", { textContent: page.of_late }), list(story.events));
  by("story").append(make("p", { className: "soft", textContent: page.pin_hint }));
  by("story").hidden = false;
  for (const net of every) {
    if (!net.labels.some(([id]) => id === story.number)) net.labels = [...net.labels, [story.number, story.name]];
    net.changed = true;
  }
}

/** Go to the next or last partner of the pinned firm; without one, to the firm with most ties. */
function toPartner(net, way) {
  if (!net.row.has(net.pin)) return net.labels.map(([id]) => id).find((id) => net.row.has(id));
  const ring = net.partners(net.pin).map(([, row]) => net.ids[row]).sort((a, b) => a - b);
  return way > 0 ? (ring.find((id) => id > net.pin) ?? ring[0]) : (ring.findLast((id) => id < net.pin) ?? ring.at(-1));
}

/** Go through all firms, in the order in which they appeared; round and round. */
function through(net, way) {
  const all = [...net.ids].sort((a, b) => a - b), here = all.indexOf(net.pin);
  return here < 0 ? all.at(way > 0 ? 0 : -1) : all.at((here + way) % all.length);
}

const WAYS = {
  ArrowRight: (net) => toPartner(net, 1),
  ArrowDown: (net) => toPartner(net, 1),
  ArrowLeft: (net) => toPartner(net, -1),
  ArrowUp: (net) => toPartner(net, -1),
  PageDown: (net) => through(net, 1),
  PageUp: (net) => through(net, -1),
  Home: (net) => Math.min(...net.ids),
  End: (net) => Math.max(...net.ids),
};

/** Follow a key that was pressed on a network; tell whether it is one of those. */
export function walk(key, side) {
  if (!WAYS[key]) return false;
  const id = nets[side].ids.length ? WAYS[key](nets[side]) : undefined;
  if (id !== undefined) pin(id, side);
  return true;
}
