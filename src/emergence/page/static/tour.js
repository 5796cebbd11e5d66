// The guided tour: a question, a guess by the room, a click, an explanation; six times.

export class Tour {
  constructor(home, words, page, perform, measured) {
    Object.assign(this, { home, words, page, perform, measured, at: -1, running: 0 });
  }

  start() {
    this.at = -1;
    this.home.hidden = false;
    this.show();
  }

  stop() {
    this.running += 1;
    this.home.hidden = true;
    this.measured.watch([]);
  }

  make(kind, text, more = {}) {
    const made = document.createElement(kind);
    if (text) made.textContent = text;
    Object.assign(made, more);
    return made;
  }

  button(text, test, act, main = false) {
    const made = this.make("button", text, { onclick: act, className: main ? "main" : "" });
    made.dataset.test = test;
    return made;
  }

  show() {
    const { tour } = this.words, step = tour.steps[this.at], row = this.make("div", "", { className: "row" });
    this.home.replaceChildren();
    if (this.at < 0) {
      this.home.append(this.make("h3", tour.title), this.make("p", tour.intro), row);
      row.append(this.button(this.page.start_tour, "tour-next", () => this.go(1), true));
    } else if (!step) {
      this.home.append(this.make("p", tour.end), row);
    } else {
      const count = this.page.step_of.replace("{n}", this.at + 1).replace("{of}", tour.steps.length);
      this.home.append(this.make("p", count, { className: "soft" }), this.make("h3", step.question));
      this.home.append(this.make("p", this.page.guess, { className: "soft" }), row);
      step.guesses.forEach((guess, k) => row.append(this.button(guess, `tour-guess-${k}`, () => this.guessed(guess))));
    }
    this.end(row);
    (this.home.querySelector("button.main") || this.home.querySelector("button")).focus();
  }

  end(row) {
    const close = this.button(this.page.close, "tour-close", () => this.stop());
    close.classList.add("push");
    if (this.at > 0) row.append(this.button(this.page.back, "tour-back", () => this.go(-1)));
    row.append(close);
  }

  go(by) {
    this.running += 1;
    this.at += by;
    this.measured.watch([]);
    this.show();
  }

  guessed(guess) {
    const row = this.make("div", "", { className: "row" }), step = this.words.tour.steps[this.at];
    this.home.replaceChildren(this.make("h3", step.question), this.make("p", this.page.guessed.replace("{guess}", guess)), row);
    const show = this.button(this.page.show, "tour-show", () => this.reveal(guess, show), true);
    row.append(show);
    this.end(row);
    show.focus();
  }

  async reveal(guess, show) {
    const step = this.words.tour.steps[this.at], mine = (this.running += 1);
    show.disabled = true;
    this.home.classList.add("small");
    this.measured.watch(step.watch);
    await this.perform(step.do, () => mine === this.running);
    if (mine !== this.running) return;
    const row = this.make("div", "", { className: "row" }), list = this.make("ul");
    for (const text of this.measured.told(step.watch)) list.append(this.make("li", text));
    this.home.replaceChildren(this.make("p", this.page.guessed.replace("{guess}", guess), { className: "soft" }), list);
    this.home.append(this.make("p", step.explain), row);
    const next = this.button(this.page.next, "tour-next", () => this.go(1), true);
    row.append(next);
    this.end(row);
    next.focus();
  }
}
