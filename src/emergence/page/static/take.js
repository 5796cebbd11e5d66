// What is taken home, and a network of one's own that is brought along.

import { theme } from "./colours.js";
import { notice } from "./notes.js";
import { by, fill, make, nets, page, room, told, words } from "./room.js";

function openMenu(on) {
  by("exports").hidden = !on;
  by("export").setAttribute("aria-expanded", on);
}
export const closeMenu = () => openMenu(false);
by("export").onclick = () => openMenu(by("exports").hidden);
addEventListener("pointerdown", ({ target }) => by("exports").contains(target) || target === by("export") || closeMenu());

export function showLinks(session) {
  for (const name of ["scenario", "data"]) by(`export-${name}`).href = `/take/${session}/${name}`;
}

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

by("export-picture").onclick = () => {
  const { state } = room, shown = state.beside ? [nets.left, nets.right] : [nets.left], look = theme();
  const [w, h] = [shown.reduce((sum, net) => sum + net.canvas.width, 0), nets.left.canvas.height];
  const sheet = make("canvas", { width: w, height: h + 60 }), pen = sheet.getContext("2d");
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
  const where = words.scenarios[state.scenario] || state.scenario;
  pen.fillText(`${where} · ${page.month} ${told.month} · ${told.firms} ${page.firms}`, 16, h + 38);
  sheet.toBlob((blob) => save(blob, `emergence-month-${told.month}.png`));
};

by("export-report").onclick = async () => {
  notice([page.making_report], true);
  const answer = await fetch(`/take/${room.live.session}/report`);
  if (answer.ok) save(await answer.blob(), "emergence-report.html");
  else notice([fill(page.report_failed, { why: await answer.text() })]);
};

const MOST_FAULTS = 12;
async function drop(file) {
  if (!file) return;
  notice([fill(page.checking, { name: file.name })], true);
  const answer = await fetch(`/drop/${room.live.session}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
  const found = await answer.json().catch(() => ({ problems: [answer.statusText] }));
  if (!found.problems) return notice([fill(page.read, { name: file.name, firms: found.firms, ties: found.ties }), ...found.notes], true);
  const shown = found.problems.slice(0, MOST_FAULTS);
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
