// What is told in words: what happens, month by month, and notices.

import { by, lines, make, nets } from "./room.js";

const MOST_EVENTS = 60;

/** Tell what happened; `firms` are those that are marked, by the world in which they are. */
export function addEvent(month, text, kind, firms = {}) {
  const item = make("li", { className: kind }, make("b", { textContent: month }), make("span", { textContent: text }));
  item.dataset.month = month;
  by("events").prepend(item);
  while (by("events").children.length > MOST_EVENTS) by("events").lastChild.remove();
  if (kind === "lever") {
    if (!lines.levers.includes(month)) lines.levers.push(month);
    for (const [side, ids] of Object.entries(firms)) nets[side].mark(ids, performance.now());
    lines.draw();
  }
}

export function keepEvents(month) {
  for (const item of [...by("events").children]) if (Number(item.dataset.month) > month) item.remove();
}

let noticed = 0;
export function notice(texts, good = false, lead = "") {
  const box = by("notice"), mine = (noticed += 1), many = texts.length > 1 || Boolean(lead);
  box.replaceChildren();
  box.className = good ? "good" : "";
  if (lead) box.append(make("strong", { textContent: lead }));
  box.append(make(many ? "ul" : "p", {}, ...texts.map((text) => make(many ? "li" : "span", { textContent: text }))));
  box.hidden = false;
  setTimeout(() => mine === noticed && (box.hidden = true), good ? 6000 : 5000 + 2500 * texts.length);
}
by("notice").onclick = () => (by("notice").hidden = true);
