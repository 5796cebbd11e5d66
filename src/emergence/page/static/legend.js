// What colours and marks mean, and the choice of light or dark.

import { LEVELS, NAMES, theme } from "./colours.js";
import { by, lines, make, nets, option, page, room, words } from "./room.js";

const every = Object.values(nets);

function swatch(draw, text, width = 16) {
  const canvas = make("canvas", { width, height: 16 });
  draw(canvas.getContext("2d"));
  by("swatches").append(make("li", { title: text }, canvas, text));
}

const solid = (colour) => (pen) => {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(8, 8, 7, 0, 6.2832);
  pen.fill();
};

const scale = (pen) => {
  for (let x = 0; x < 120; x++) {
    pen.fillStyle = LEVELS[Math.round((255 * x) / 119)];
    pen.fillRect(x, 0, 1, 16);
  }
};

export function showLegend(legend) {
  const home = by("swatches"), named = Boolean(legend.names);
  home.replaceChildren();
  for (const net of every) net.named = named;
  by("colour").value = legend.by;
  if (named) {
    legend.names.forEach((name, k) => swatch(solid(NAMES[k]), name));
    if (legend.rest) swatch(solid(NAMES[6]), legend.rest);
    return;
  }
  home.append(make("li", { textContent: legend.low }));
  swatch(scale, legend.high, 120);
  for (const item of home.children) item.className = "scale";
}

export function showLayers(names) {
  const select = by("layer"), key = names.join();
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  select.replaceChildren(option("", page.all_layers), ...names.map((name) => option(name, words.layers[name])));
  every.forEach((net) => net.setLayer(""));
}

function showKeys() {
  const look = theme();
  const mark = (kind, colour, text, sign = "") => {
    const made = make(kind, { textContent: sign });
    made.style.color = colour;
    return make("li", {}, made, text);
  };
  by("keys").replaceChildren(
    mark("i", look.fresh, page.new_tie),
    mark("i", look.gone, page.gone_tie),
    mark("b", look.fresh, page.new_firm, "◎ "),
    mark("b", look.gone, page.gone_firm, "⊗ "),
    make("li", { textContent: page.hover_hint }),
  );
  by("keys").children[1].firstChild.className = "dashed";
  by("keys").title = page.keys;
}

// As the system has it, until somebody chooses.
function setTheme(on) {
  document.documentElement.classList.toggle("dark", on);
  by("theme").setAttribute("aria-pressed", on);
  for (const net of every) net.changed = true;
  lines.draw();
  showKeys();
  if (room.state.legend) showLegend(room.state.legend);
}
const dark = matchMedia("(prefers-color-scheme: dark)");
setTheme(dark.matches);
dark.addEventListener("change", (event) => setTheme(event.matches));
by("theme").onclick = () => setTheme(!document.documentElement.classList.contains("dark"));
for (const name of ["sector", "region", "group", "culture", "practice", "trust"]) by("colour").append(option(name, words.colours[name]));
by("layer").onchange = () => every.forEach((net) => net.setLayer(by("layer").value));
