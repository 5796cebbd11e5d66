// One world on a canvas: dots, ties, what is new and what ends. Draws only when something changed.

import { draw, FADE } from "./drawing.js";
import { NEW, STRONG, WHOLE } from "./live.js";

const SHOWN = 1500, EASE = 0.3, FRESH = 1800, MARKED = 4200;
const BITS = { operational: 1, development: 2, strategic: 4, social: 8 };

export class Network {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.at = new Float32Array(0);
    this.ids = new Uint32Array(0);
    this.row = new Map();
    this.ending = []; // ties and firms that fade away
    this.freshTill = new Map();
    this.marked = new Map();
    this.labels = [];
    this.hover = this.pin = -1;
    this.layer = "";
    this.named = true;
    this.frame = null;
    this.view = { x: 0, y: 0, sx: 100, sy: 100, set: false };
    this.changed = true;
    new ResizeObserver(() => this.fit()).observe(canvas);
    this.fit();
  }

  fit() {
    const box = this.canvas.getBoundingClientRect(), ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(box.width * ratio));
    this.canvas.height = Math.max(1, Math.round(box.height * ratio));
    Object.assign(this, { ratio, width: box.width, height: box.height, changed: true });
    this.view.set = false;
  }

  /** Take over a picture; places are eased towards, everything else holds at once. */
  take(picture, now) {
    if (picture.flags & WHOLE) this.takeWhole(picture, now);
    if (picture.n === this.ids.length) this.target = picture.at;
    this.changed = true;
  }

  takeWhole(picture, now) {
    const old = this.row, oldAt = this.at, row = new Map(), at = new Float32Array(2 * picture.n);
    const jump = Math.abs(picture.month - (this.frame ? this.frame.month : 0)) > 1;
    for (let i = 0; i < picture.n; i++) {
      const id = picture.ids[i], was = old.get(id);
      row.set(id, i);
      at[2 * i] = was === undefined ? picture.at[2 * i] : oldAt[2 * was];
      at[2 * i + 1] = was === undefined ? picture.at[2 * i + 1] : oldAt[2 * was + 1];
    }
    const past = (id) => (old.has(id) ? [oldAt[2 * old.get(id)], oldAt[2 * old.get(id) + 1]] : null);
    if (this.frame && !jump && picture.month > this.frame.month) {
      for (const [id, was] of old) {
        if (!row.has(id)) this.ending.push({ firm: true, id, at: past(id), r: this.radius(was), till: now + FADE });
      }
      const few = picture.n <= 300 && picture.g <= 40;
      for (let k = 0, left = few ? 400 : 50; k < picture.g && left > 0; k++) {
        if (!few && !(picture.goneKind[k] & STRONG)) continue;
        left -= 1;
        const a = picture.gone[2 * k], b = picture.gone[2 * k + 1];
        if (this.shows(picture.goneKind[k])) this.ending.push({ a, b, pa: past(a), pb: past(b), till: now + FADE });
      }
    } else if (jump) {
      this.ending = [];
      this.freshTill.clear();
    }
    this.row = row;
    this.at = at;
    this.ids = picture.ids;
    this.frame = picture;
    this.bornTill = now + FADE;
    const key = (k) => picture.ids[picture.pairs[2 * k]] * 4294967296 + picture.ids[picture.pairs[2 * k + 1]];
    for (let k = 0; k < picture.m; k++) if (picture.kind[k] & NEW) this.freshTill.set(key(k), now + Math.min(FRESH, Math.max(600, 1500 / Math.max(picture.rate, 0.5))));
    this.order = this.strongest(picture);
    this.fresh = [];
    const all = picture.n <= 300;
    for (let k = 0; k < picture.m; k++) if ((all || picture.kind[k] & STRONG) && this.freshTill.has(key(k))) this.fresh.push([k, this.freshTill.get(key(k))]);
    for (const [one, till] of this.freshTill) if (till < now) this.freshTill.delete(one);
  }

  /** The ties that are drawn, in four grades of strength: the strongest of each firm. */
  strongest(picture) {
    const grades = [[], [], [], []];
    let found = 0;
    const faint = picture.n <= 260;
    for (let k = 0; k < picture.m; k++) {
      if (!this.shows(picture.kind[k])) continue;
      const strong = picture.kind[k] & STRONG;
      if (!strong && !faint) continue;
      if (strong) grades[Math.min(3, 1 + Math.floor(picture.strength[k] / 86))].push(k);
      else grades[0].push(k);
      found += 1;
    }
    if (found > 6 * SHOWN) grades[0] = [];
    return grades;
  }

  shows(kind) {
    return !this.layer || (kind & BITS[this.layer]) > 0;
  }

  setLayer(layer) {
    this.layer = layer;
    if (this.frame) this.order = this.strongest(this.frame);
    this.changed = true;
  }

  mark(ids, now) {
    for (const id of ids) this.marked.set(id, now + MARKED);
    this.changed = true;
  }

  radius(i) {
    const n = Math.max(this.ids.length, 12), room = Math.min(this.width, this.height);
    const base = Math.max(1.6, (0.155 * room) / Math.sqrt(n));
    return Math.min(Math.max(base * Math.min(this.frame.sizes[i], 3.2), 1.4), room / 18);
  }

  /** Move towards the latest places; tell whether anything still moves. */
  ease() {
    const { at, target } = this;
    if (!target || target.length !== at.length) return false;
    let most = 0;
    for (let k = 0; k < at.length; k++) {
      const step = (target[k] - at[k]) * EASE;
      at[k] += step;
      if (step > most || -step > most) most = Math.abs(step);
    }
    return most > 2e-4;
  }

  /** Keep all firms in sight, without jumps. */
  look() {
    const n = this.ids.length;
    if (!n || !this.width) return;
    const xs = new Float32Array(n), ys = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      xs[i] = this.at[2 * i];
      ys[i] = this.at[2 * i + 1];
    }
    xs.sort();
    ys.sort();
    const low = Math.floor(n * 0.01), high = Math.min(n - 1, Math.ceil(n * 0.99));
    const wx = Math.max(xs[high] - xs[low], 0.2), wy = Math.max(ys[high] - ys[low], 0.2);
    const pad = Math.min(this.width, this.height) * 0.075 + 6;
    let sx = (this.width - 2 * pad) / wx, sy = (this.height - 2 * pad) / wy;
    sx = Math.min(sx, sy * 1.35);
    sy = Math.min(sy, sx * 1.35);
    const want = { x: (xs[low] + xs[high]) / 2, y: (ys[low] + ys[high]) / 2, sx, sy };
    const share = this.view.set ? 0.04 : 1;
    for (const name of ["x", "y", "sx", "sy"]) this.view[name] += (want[name] - this.view[name]) * share;
    this.view.set = true;
  }

  px(i) {
    return this.width / 2 + (this.at[2 * i] - this.view.x) * this.view.sx;
  }

  py(i) {
    return this.height / 2 + (this.at[2 * i + 1] - this.view.y) * this.view.sy;
  }

  place([x, y]) {
    return [this.width / 2 + (x - this.view.x) * this.view.sx, this.height / 2 + (y - this.view.y) * this.view.sy];
  }

  /** The firm under a point, -1 for none. */
  find(x, y) {
    let best = -1, least = Infinity;
    for (let i = 0; i < this.ids.length; i++) {
      const away = Math.hypot(this.px(i) - x, this.py(i) - y) - this.radius(i);
      if (away < 10 && away < least) [best, least] = [i, away];
    }
    return best < 0 ? -1 : this.ids[best];
  }

  partners(id) {
    const i = this.row.get(id), found = [];
    if (i === undefined || !this.frame) return found;
    for (let k = 0; k < this.frame.m; k++) {
      const a = this.frame.pairs[2 * k], b = this.frame.pairs[2 * k + 1];
      if ((a === i || b === i) && this.shows(this.frame.kind[k])) found.push([k, a === i ? b : a]);
    }
    return found;
  }

  get focus() {
    return this.pin >= 0 && this.row.has(this.pin) ? this.pin : this.hover >= 0 && this.row.has(this.hover) ? this.hover : -1;
  }

  get alive() {
    return this.changed || this.ending.length > 0 || this.marked.size > 0 || (this.fresh && this.fresh.length > 0);
  }

  /** Draw the world as it is now; `bare` leaves out what is pointed at. */
  draw(now, bare = false) {
    draw(this, now, bare);
  }
}
