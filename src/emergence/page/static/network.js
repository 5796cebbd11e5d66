// One world on a canvas: dots, ties, what is new and what ends. Draws only when something changed.

import { LAYERS, LEVELS, NAMES, theme } from "./colours.js";
import { WHOLE } from "./live.js";

const NEW = 16, STRONG = 32, BORN = 1, LEADS = 2, HURT = 4;
const SHOWN = 1500, EASE = 0.3, FRESH = 1800, FADE = 1500, MARKED = 4200;
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

  draw(now, bare = false) {
    const moving = this.ease();
    this.look();
    this.changed = moving;
    const { pen, ratio } = this, look = theme();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = look.ground;
    pen.fillRect(0, 0, this.width, this.height);
    if (!this.frame || !this.ids.length) return;
    const ego = bare ? -1 : this.focus;
    this.drawTies(pen, look, ego >= 0 ? 0.3 : 1);
    this.drawChange(pen, look, now, ego >= 0 ? 0.4 : 1);
    this.drawFirms(pen, look, now, ego);
    this.drawNames(pen, look, ego);
  }

  drawTies(pen, look, share) {
    const many = this.ids.length, widths = many > 900 ? [0.4, 0.5, 0.7, 1] : [0.7, 1, 1.7, 2.7];
    const alphas = look.dark ? [0.07, 0.2, 0.34, 0.55] : [0.06, 0.18, 0.32, 0.52];
    const px = new Float32Array(many), py = new Float32Array(many);
    for (let i = 0; i < many; i++) {
      px[i] = this.px(i);
      py[i] = this.py(i);
    }
    const pairs = this.frame.pairs, far = 0.3 * Math.hypot(this.width, this.height);
    const shown = [[], [], [], []];
    this.order.forEach((grade, level) => {
      for (const k of grade) {
        const a = pairs[2 * k], b = pairs[2 * k + 1];
        // A long line covers more of the picture, so it is drawn fainter.
        const long = Math.abs(px[a] - px[b]) + Math.abs(py[a] - py[b]) > far;
        if (long && (level === 0 || many > 900)) continue;
        shown[!long ? level : many > 300 ? 0 : level - 1].push(a, b);
      }
    });
    shown.forEach((ends, level) => {
      pen.beginPath();
      for (let k = 0; k < ends.length; k += 2) {
        pen.moveTo(px[ends[k]], py[ends[k]]);
        pen.lineTo(px[ends[k + 1]], py[ends[k + 1]]);
      }
      pen.lineWidth = widths[level];
      pen.globalAlpha = this.layer ? alphas[level] * share * 1.2 : 1;
      pen.strokeStyle = this.layer ? LAYERS[this.layer] : `rgba(${look.tie},${alphas[level] * share})`;
      pen.stroke();
    });
    pen.globalAlpha = 1;
  }

  drawChange(pen, look, now, share) {
    const { pairs } = this.frame;
    this.fresh = (this.fresh || []).filter(([, till]) => till > now);
    pen.lineCap = "round";
    pen.strokeStyle = look.fresh;
    for (const [k, till] of this.fresh.slice(0, 120)) {
      if (!this.shows(this.frame.kind[k])) continue;
      pen.globalAlpha = Math.min(1, (till - now) / 700) * 0.6 * share;
      pen.lineWidth = this.frame.kind[k] & STRONG ? 2.6 : 1.4;
      pen.beginPath();
      pen.moveTo(this.px(pairs[2 * k]), this.py(pairs[2 * k]));
      pen.lineTo(this.px(pairs[2 * k + 1]), this.py(pairs[2 * k + 1]));
      pen.stroke();
    }
    this.ending = this.ending.filter((one) => one.till > now).slice(-500);
    pen.strokeStyle = look.gone;
    for (const one of this.ending) {
      pen.globalAlpha = ((one.firm ? 0.9 : 0.55) * share * (one.till - now)) / FADE;
      pen.beginPath();
      if (one.firm) {
        const [x, y] = this.place(one.at), r = Math.max(one.r, 5) * (2 - (one.till - now) / FADE);
        pen.setLineDash([]);
        pen.lineWidth = 3;
        pen.arc(x, y, r, 0, 6.2832);
        pen.moveTo(x - r * 0.7, y - r * 0.7);
        pen.lineTo(x + r * 0.7, y + r * 0.7);
        pen.moveTo(x + r * 0.7, y - r * 0.7);
        pen.lineTo(x - r * 0.7, y + r * 0.7);
      } else {
        const end = (id, was) => (this.row.has(id) ? [this.px(this.row.get(id)), this.py(this.row.get(id))] : was && this.place(was));
        const from = end(one.a, one.pa), to = end(one.b, one.pb);
        if (!from || !to) continue;
        pen.setLineDash([5, 5]);
        pen.lineWidth = 1.5;
        pen.moveTo(...from);
        pen.lineTo(...to);
      }
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  drawFirms(pen, look, now, ego) {
    const { tint, marks } = this.frame, near = new Set();
    if (ego >= 0) this.drawEgo(pen, look, ego, near);
    const outline = this.ids.length <= 900;
    const paint = this.named ? (t) => NAMES[Math.min(t, 6)] : (t) => LEVELS[t];
    const groups = new Map();
    for (let i = 0; i < this.ids.length; i++) {
      const far = ego >= 0 && !near.has(i), colour = paint(tint[i]);
      const key = far ? `~${colour}` : colour;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(i);
    }
    for (const [key, rows] of groups) {
      const far = key[0] === "~";
      pen.globalAlpha = far ? 0.22 : 1;
      pen.fillStyle = far ? key.slice(1) : key;
      pen.beginPath();
      for (const i of rows) {
        const x = this.px(i), y = this.py(i), r = this.radius(i);
        pen.moveTo(x + r, y);
        pen.arc(x, y, r, 0, 6.2832);
      }
      pen.fill();
      if (outline) {
        pen.strokeStyle = look.ring;
        pen.lineWidth = 1.4;
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    const ring = (i, colour, more, width) => {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(this.px(i), this.py(i), this.radius(i) + more, 0, 6.2832);
      pen.stroke();
    };
    for (let i = 0; i < this.ids.length; i++) {
      if (marks[i] & HURT) ring(i, look.gone, 2, 2.4);
      if (marks[i] & LEADS) ring(i, look.ink, 3.5, 2);
      if (marks[i] & BORN && now < this.bornTill) ring(i, look.fresh, 2 + ((outline ? 8 : 3) * (this.bornTill - now)) / FADE, outline ? 2.6 : 1.4);
    }
    for (const [id, till] of this.marked) {
      if (till < now) this.marked.delete(id);
      else if (this.row.has(id)) ring(this.row.get(id), look.ink, 5 + 3 * Math.sin(now / 160), 2.6);
    }
  }

  drawEgo(pen, look, ego, near) {
    const i = this.row.get(ego);
    near.add(i);
    pen.strokeStyle = look.ink;
    for (const [k, other] of this.partners(ego)) {
      near.add(other);
      pen.globalAlpha = 0.35 + 0.6 * (this.frame.strength[k] / 255);
      pen.lineWidth = 1 + 3.5 * (this.frame.strength[k] / 255);
      pen.beginPath();
      pen.moveTo(this.px(i), this.py(i));
      pen.lineTo(this.px(other), this.py(other));
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.lineWidth = 3;
    pen.beginPath();
    pen.arc(this.px(i), this.py(i), this.radius(i) + 4, 0, 6.2832);
    pen.stroke();
  }

  drawNames(pen, look, ego) {
    const size = Math.max(14, Math.min(24, this.height / 36));
    pen.font = `600 ${size}px system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif`;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const taken = [];
    for (const [id, name] of ego >= 0 ? this.labels.filter(([one]) => one === ego) : this.labels) {
      const i = this.row.get(id);
      if (i === undefined) continue;
      const text = name.length > 26 ? `${name.slice(0, 25)}…` : name, width = pen.measureText(text).width;
      const beside = this.px(i) + this.radius(i) + 6, fits = beside + width < this.width - 4;
      const x = Math.max(fits ? beside : this.px(i) - this.radius(i) - 6 - width, 4), y = this.py(i);
      if (taken.some(([u, v, w]) => Math.abs(v - y) < size * 1.1 && x < u + w && u < x + width)) continue;
      taken.push([x, y, width]);
      pen.lineWidth = 4.5;
      pen.strokeStyle = look.ground;
      pen.strokeText(text, x, y);
      pen.fillStyle = look.ink;
      pen.fillText(text, x, y);
    }
  }
}
