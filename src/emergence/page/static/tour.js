// The guided tour: a question, a guess by the room, a click, an explanation; six times. It presses the same buttons as
// people do.

import { by, fill, lines, make, page, room, told, words } from "./room.js";

const { tour: script } = words;
const names = Object.keys(words.lines);
const idle = () => new Promise((go) => room.waiting.push(go));

/** Give commands one after the other; a run that somebody pauses is waited for. */
async function perform(list, wanted) {
  for (const command of list) {
    const until = command.do === "run" ? told.month + command.months : 0;
    room.live.send(command.do === "condition" ? { ...command, side: "left" } : command);
    do await idle();
    while (wanted() && told.month < until);
    if (!wanted()) return;
  }
}

/** Mark what is worth a look. */
function watch(list) {
  lines.rows.forEach(({ row }, k) => row.classList.toggle("watched", list.includes(names[k])));
  by("emergence").classList.toggle("watched", list.includes("emergence"));
}

/** Say what a line shows, and how far it lies from the dashed one. */
function measured(name) {
  const { emergence, members, partners } = room.state;
  if (name === "partners") return fill(script.partners, { most: partners[0], middle: partners[1] });
  if (name === "platform") return fill(script.members, { n: members[0], of: members[1] });
  if (name === "emergence") return fill(script.owed, { share: Math.round(100 * emergence) });
  const k = names.indexOf(name), about = words.lines[name], gap = lines.gap(k);
  const now = Math.round(lines.main.length ? lines.main.at(-1)[k] : 0), plain = `${about.name}: ${now} (${about.unit})`;
  if (gap === null) return plain;
  const rounded = Math.round(gap);
  if (rounded === 0) return `${plain}; ${page.same}`;
  return fill(script.measured, { name: about.name, now, unit: about.unit, gap: `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)}` });
}

class Tour {
  constructor(home) {
    Object.assign(this, { home, at: -1, running: 0 });
  }

  /** Open where it was closed, from the start once it is over. */
  toggle() {
    if (!this.home.hidden) return this.stop();
    if (!this.step) this.at = -1;
    this.open(true);
    this.show();
  }

  stop() {
    this.running += 1;
    this.open(false);
    watch([]);
  }

  open(on) {
    this.home.hidden = !on;
    document.body.classList.toggle("guided", on);
  }

  get step() {
    return script.steps[this.at];
  }

  button(text, test, act, className = "") {
    const made = make("button", { textContent: text, onclick: act, className });
    made.dataset.test = test;
    return made;
  }

  /** Fill the panel, with a row of buttons below. */
  put(parts, buttons) {
    const ways = make("span", { className: "ways" });
    if (this.at > 0) ways.append(this.button(page.back, "tour-back", () => this.go(-1)));
    if (this.step && !buttons.some((one) => one.dataset.test === "tour-next")) ways.append(this.button(page.skip, "tour-skip", () => this.go(1)));
    ways.append(this.button(page.close, "tour-close", () => this.stop()));
    const row = make("div", { className: "row" }, ...buttons, ways);
    this.home.replaceChildren(...parts, row);
    (this.home.querySelector("button.main") || this.home.querySelector("button")).focus({ preventScroll: true });
  }

  show() {
    const { step } = this, soft = (text) => make("p", { textContent: text, className: "soft" });
    if (this.at < 0) {
      const begin = this.button(page.start_tour, "tour-next", () => this.go(1), "main");
      return this.put([make("h3", { textContent: script.title }), make("p", { textContent: script.intro })], [begin]);
    }
    if (!step) return this.put([make("p", { textContent: script.end })], [this.button(page.fresh, "tour-fresh", () => this.fresh(), "main")]);
    const guesses = step.guesses.map((guess, k) => this.button(`${k + 1}  ${guess}`, `tour-guess-${k}`, () => this.guessed(guess), "guess"));
    this.put([soft(this.count), make("h3", { textContent: step.question }), soft(page.guess)], guesses);
  }

  get count() {
    return fill(page.step_of, { n: this.at + 1, of: script.steps.length });
  }

  go(by) {
    this.running += 1;
    this.at += by;
    watch([]);
    this.show();
  }

  guessed(guess) {
    const show = this.button(page.show, "tour-show", () => this.reveal(guess, show), "main");
    this.put([make("h3", { textContent: this.step.question }), make("p", { textContent: fill(page.guessed, { guess }) })], [show]);
  }

  /** Play the step, after commands of one's own, and say what came of it. */
  async reveal(guess, show, first = []) {
    const { step } = this, mine = (this.running += 1);
    show.disabled = true;
    show.blur(); // or space would be swallowed, which is to pause
    watch(step.watch);
    await perform([...first, ...step.do], () => mine === this.running);
    if (mine !== this.running) return;
    const list = make("ul", {}, ...step.watch.map((name) => make("li", { textContent: measured(name) })));
    const again = this.button(page.again, "tour-again", () => this.reveal(guess, again, [{ do: "seed", value: room.state.seed + 1 }]));
    const said = make("p", { textContent: `${this.count}. ${fill(page.guessed, { guess })}`, className: "soft" });
    this.put([said, list, make("p", { textContent: step.explain })], [this.button(page.next, "tour-next", () => this.go(1), "main"), again]);
  }

  fresh() {
    this.stop();
    room.live.send({ do: "scenario", name: "baseline" });
  }
}

export const tour = new Tour(by("guide"));
