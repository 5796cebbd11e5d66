// What comes from the server: pictures are drawn, words and numbers are shown.

import { showBeside, showControls, showPlaying } from "./controls.js";
import { showStory } from "./firms.js";
import "./keys.js";
import { showLayers, showLegend } from "./legend.js";
import { BESIDE, Live, OTHER, PLAYING } from "./live.js";
import { addEvent, keepEvents, notice } from "./notes.js";
import { by, fill, lines, nets, page, room, told } from "./room.js";
import { showLinks } from "./take.js";
import { tour } from "./tour.js";

// Pictures: taken when they come, drawn when the screen is, acknowledged when drawn.
let owed = 0, fresh = 0;
function onPicture(picture) {
  const now = performance.now(), other = picture.flags & OTHER, beside = Boolean(picture.flags & BESIDE);
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
  if (beside !== document.body.classList.contains("beside")) showBeside(beside);
  if (document.hidden) pay();
}

function pay() {
  for (; owed > 0; owed--) room.live.ack();
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

// Words and numbers.
function showState(next) {
  const before = room.state;
  room.state = next;
  Object.assign(told, { month: next.month, playing: next.playing });
  showPlaying(next.playing);
  if (next.lines) {
    lines.set(next.month - next.lines.length + 1, next.lines, next.ghost);
    lines.levers = lines.levers.filter((month) => month <= next.month + 1 && next.month > 0);
    if (next.month < (before.month || 0)) keepEvents(next.month);
  }
  if (!next.since) lines.ghost = null;
  showGhost(next);
  showControls(next);
  showLegend(next.legend);
  showLayers(next.layers);
  showEmergence(next.emergence);
  if (!next.playing) room.waiting.splice(0).forEach((go) => go());
}

function showMonth(word) {
  lines.add(word.month, word.point, word.ghost);
  showEmergence(word.emergence);
  nets.left.labels = word.labels;
  nets.right.labels = word.labels_other || [];
  for (const event of [...word.events].reverse()) addEvent(word.month, event.text, event.of);
}

function showEmergence(share) {
  by("share").textContent = share === null ? "–" : Math.round(100 * Math.abs(share));
  by("share-says").textContent = share === null ? page.emergence_wait : share >= 0 ? page.emergence_more : page.emergence_less;
  by("emergence").title = page.emergence_how;
}

function showGhost({ beside, since }) {
  by("ghost").textContent = beside ? page.ghost_right : since ? fill(page.ghost, { what: since[0], month: since[1] }) : page.ghost_none;
}

const HEARD = {
  state: showState,
  month: showMonth,
  event: (word) => addEvent(word.month, word.text, word.of, word.firms),
  refused: (word) => notice([word.text]),
  firm: showStory,
  hello: (word) => showLinks(word.session),
};

room.live = new Live(onPicture, (word) => HEARD[word.kind]?.(word), (how) => {
  by("veil").hidden = how === "open";
  by("veil").firstElementChild.textContent = page[how] || "";
  if (how === "open") owed = 0;
});
by("tour").onclick = () => tour.toggle();
requestAnimationFrame(loop);
