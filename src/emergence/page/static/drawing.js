// How one world is drawn: ties, what is new and what ends, firms, names.

import { LAYERS, LEVELS, NAMES, theme } from "./colours.js";
import { BORN, HURT, LEADS, STRONG } from "./live.js";

export const FADE = 1500; // ms in which what ends fades away
const CROWD = 500; // ties below which all are drawn bolder, or the last row sees none

export function draw(net, now, bare = false) {
  const moving = net.ease();
  net.look();
  net.changed = moving;
  const { pen, ratio } = net, look = theme();
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = look.ground;
  pen.fillRect(0, 0, net.width, net.height);
  if (!net.frame || !net.ids.length) return;
  const ego = bare ? -1 : net.focus;
  drawTies(net, pen, look, ego >= 0 ? 0.3 : 1);
  drawChange(net, pen, look, now, ego >= 0 ? 0.4 : 1);
  drawFirms(net, pen, look, now, ego);
  drawNames(net, pen, look, ego);
}

function drawTies(net, pen, look, share) {
  const many = net.ids.length, widths = many > 900 ? [0.4, 0.5, 0.7, 1] : [0.7, 1, 1.7, 2.7];
  const alphas = look.dark ? [0.07, 0.2, 0.34, 0.55] : [0.06, 0.18, 0.32, 0.52];
  const px = new Float32Array(many), py = new Float32Array(many);
  for (let i = 0; i < many; i++) {
    px[i] = net.px(i);
    py[i] = net.py(i);
  }
  const pairs = net.frame.pairs, far = 0.3 * Math.hypot(net.width, net.height);
  const bold = Math.min(4, Math.max(1, CROWD / net.order.flat().length));
  const shown = [[], [], [], []];
  net.order.forEach((grade, level) => {
    for (const k of grade) {
      const a = pairs[2 * k], b = pairs[2 * k + 1];
      // A long line covers more of the picture, so it is drawn fainter.
      const long = bold < 2 && Math.abs(px[a] - px[b]) + Math.abs(py[a] - py[b]) > far;
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
    pen.lineWidth = widths[level] * Math.sqrt(bold);
    pen.globalAlpha = Math.min(1, alphas[level] * share * bold * (net.layer ? 1.2 : 1));
    pen.strokeStyle = net.layer ? LAYERS[net.layer] : `rgb(${look.tie})`;
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

function drawChange(net, pen, look, now, share) {
  const { pairs } = net.frame;
  net.fresh = (net.fresh || []).filter(([, till]) => till > now);
  pen.lineCap = "round";
  pen.strokeStyle = look.fresh;
  for (const [k, till] of net.fresh.slice(0, 120)) {
    if (!net.shows(net.frame.kind[k])) continue;
    pen.globalAlpha = Math.min(1, (till - now) / 700) * 0.6 * share;
    pen.lineWidth = net.frame.kind[k] & STRONG ? 2.6 : 1.4;
    pen.beginPath();
    pen.moveTo(net.px(pairs[2 * k]), net.py(pairs[2 * k]));
    pen.lineTo(net.px(pairs[2 * k + 1]), net.py(pairs[2 * k + 1]));
    pen.stroke();
  }
  net.ending = net.ending.filter((one) => one.till > now).slice(-500);
  pen.strokeStyle = look.gone;
  for (const one of net.ending) {
    pen.globalAlpha = ((one.firm ? 0.9 : 0.55) * share * (one.till - now)) / FADE;
    pen.beginPath();
    if (one.firm) {
      const [x, y] = net.place(one.at), r = Math.max(one.r, 5) * (2 - (one.till - now) / FADE);
      pen.setLineDash([]);
      pen.lineWidth = 3;
      pen.arc(x, y, r, 0, 6.2832);
      pen.moveTo(x - r * 0.7, y - r * 0.7);
      pen.lineTo(x + r * 0.7, y + r * 0.7);
      pen.moveTo(x + r * 0.7, y - r * 0.7);
      pen.lineTo(x - r * 0.7, y + r * 0.7);
    } else {
      const end = (id, was) => (net.row.has(id) ? [net.px(net.row.get(id)), net.py(net.row.get(id))] : was && net.place(was));
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

function drawFirms(net, pen, look, now, ego) {
  const { tint, marks } = net.frame, near = new Set();
  if (ego >= 0) drawEgo(net, pen, look, ego, near);
  const outline = net.ids.length <= 900;
  const paint = net.named ? (t) => NAMES[Math.min(t, 6)] : (t) => LEVELS[t];
  const groups = new Map();
  for (let i = 0; i < net.ids.length; i++) {
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
      const x = net.px(i), y = net.py(i), r = net.radius(i);
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
    pen.arc(net.px(i), net.py(i), net.radius(i) + more, 0, 6.2832);
    pen.stroke();
  };
  for (let i = 0; i < net.ids.length; i++) {
    if (marks[i] & HURT) ring(i, look.gone, 2, 2.4);
    if (marks[i] & LEADS) ring(i, look.ink, 3.5, 2);
    if (marks[i] & BORN && now < net.bornTill) ring(i, look.fresh, 2 + ((outline ? 8 : 3) * (net.bornTill - now)) / FADE, outline ? 2.6 : 1.4);
  }
  for (const [id, till] of net.marked) {
    if (till < now) net.marked.delete(id);
    else if (net.row.has(id)) ring(net.row.get(id), look.ink, 5 + 3 * Math.sin(now / 160), 2.6);
  }
}

function drawEgo(net, pen, look, ego, near) {
  const i = net.row.get(ego);
  near.add(i);
  pen.strokeStyle = look.ink;
  for (const [k, other] of net.partners(ego)) {
    near.add(other);
    pen.globalAlpha = 0.35 + 0.6 * (net.frame.strength[k] / 255);
    pen.lineWidth = 1 + 3.5 * (net.frame.strength[k] / 255);
    pen.beginPath();
    pen.moveTo(net.px(i), net.py(i));
    pen.lineTo(net.px(other), net.py(other));
    pen.stroke();
  }
  pen.globalAlpha = 1;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(net.px(i), net.py(i), net.radius(i) + 4, 0, 6.2832);
  pen.stroke();
}

function drawNames(net, pen, look, ego) {
  const size = Math.max(14, Math.min(24, net.height / 36));
  pen.font = `600 ${size}px system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif`;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const taken = [];
  for (const [id, name] of ego >= 0 ? net.labels.filter(([one]) => one === ego) : net.labels) {
    const i = net.row.get(id);
    if (i === undefined) continue;
    const text = name.length > 26 ? `${name.slice(0, 25)}…` : name, width = pen.measureText(text).width;
    const beside = net.px(i) + net.radius(i) + 6, fits = beside + width < net.width - 4;
    const x = Math.max(fits ? beside : net.px(i) - net.radius(i) - 6 - width, 4), y = net.py(i);
    if (taken.some(([u, v, w]) => Math.abs(v - y) < size * 1.1 && x < u + w && u < x + width)) continue;
    taken.push([x, y, width]);
    pen.lineWidth = 4.5;
    pen.strokeStyle = look.ground;
    pen.strokeText(text, x, y);
    pen.fillStyle = look.ink;
    pen.fillText(text, x, y);
  }
}
