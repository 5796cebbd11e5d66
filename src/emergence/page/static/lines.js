// Six lines and their ghosts: what comes out of the network, and what would have without the lever.

import { theme } from "./colours.js";

const MONTHS = 120;

export class Lines {
  constructor(home, words, names) {
    this.words = words;
    this.names = names;
    this.first = 1; // month of the first point that is kept
    this.main = [];
    this.ghost = null;
    this.levers = [];
    this.rows = names.map((name) => this.row(home, name));
    new ResizeObserver(() => this.draw()).observe(home);
  }

  row(home, name) {
    const row = document.createElement("div"), about = this.words[name];
    row.className = "line";
    row.dataset.test = `line-${name}`;
    const part = (kind, text) => {
      const made = document.createElement(kind === "canvas" ? "canvas" : "span");
      if (kind !== "canvas") made.className = kind;
      if (text) made.textContent = text;
      row.append(made);
      return made;
    };
    part("name", about.name);
    const now = part("now");
    const value = document.createElement("span"), gap = document.createElement("small");
    now.append(value, gap);
    const canvas = part("canvas");
    part("unit", about.unit);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", about.name);
    home.append(row);
    return { row, value, gap, canvas };
  }

  set(first, main, ghost) {
    Object.assign(this, { first, main, ghost });
    this.draw();
  }

  add(month, point, ghost) {
    if (!this.main.length) this.first = month;
    this.main.push(point);
    if (ghost && this.ghost) this.ghost.push(ghost);
    if (this.main.length > 2 * MONTHS) {
      this.main.shift();
      if (this.ghost) this.ghost.shift();
      this.first += 1;
    }
    this.draw();
  }

  /** The gap to the ghost of one line in its own unit, null without a ghost. */
  gap(k) {
    if (!this.ghost || !this.ghost.length || !this.main.length) return null;
    return this.main[this.main.length - 1][k] - this.ghost[this.ghost.length - 1][k];
  }

  draw() {
    const look = theme();
    this.names.forEach((name, k) => this.drawOne(this.rows[k], k, look));
  }

  drawOne(row, k, look) {
    const values = this.main.slice(-MONTHS).map((point) => point[k]);
    const others = this.ghost ? this.ghost.slice(-MONTHS).map((point) => point[k]) : [];
    const last = values[values.length - 1], gap = this.gap(k);
    row.value.textContent = last === undefined ? "–" : Math.round(last).toLocaleString("en");
    const rounded = gap === null ? 0 : Math.round(gap);
    row.gap.textContent = gap === null ? "" : rounded === 0 ? "=" : `${rounded > 0 ? "▲ +" : "▼ −"}${Math.abs(rounded)}`;
    const { canvas } = row, box = canvas.getBoundingClientRect(), ratio = Math.min(devicePixelRatio || 1, 2);
    if (!box.width) return;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const all = [...values, ...others];
    if (!all.length) return;
    let low = Math.min(...all), high = Math.max(...all);
    const least = Math.max(Math.abs(high) * 0.08, 2);
    if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
    const from = this.first + this.main.length - values.length;
    const x = (i) => 2 + (i / Math.max(values.length - 1, 35)) * (box.width - 8);
    const y = (v) => 4 + (1 - (v - low) / (high - low)) * (box.height - 8);
    pen.strokeStyle = look.grid;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, box.height - 1);
    pen.lineTo(box.width, box.height - 1);
    pen.stroke();
    pen.strokeStyle = look.soft;
    pen.setLineDash([2, 3]);
    for (const month of this.levers) {
      const i = month - from;
      if (i < 0 || i >= Math.max(values.length, 36)) continue;
      pen.beginPath();
      pen.moveTo(x(i), 0);
      pen.lineTo(x(i), box.height);
      pen.stroke();
    }
    const path = (points) => {
      pen.beginPath();
      points.forEach((v, i) => (i ? pen.lineTo(x(i), y(v)) : pen.moveTo(x(i), y(v))));
      pen.stroke();
    };
    pen.lineJoin = "round";
    if (others.length) {
      pen.setLineDash([6, 4]);
      pen.strokeStyle = look.soft;
      pen.lineWidth = 2.2;
      path(others);
    }
    pen.setLineDash([]);
    pen.strokeStyle = look.line;
    pen.lineWidth = 3;
    path(values);
    pen.fillStyle = look.line;
    pen.beginPath();
    pen.arc(x(values.length - 1), y(last), 3.6, 0, 6.2832);
    pen.fill();
  }
}
