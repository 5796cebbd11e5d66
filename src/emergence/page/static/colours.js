// Colours that colour-blind people tell apart (Okabe and Ito 2008), and a scale that grows lighter (after cividis).

export const NAMES = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8a8f96"];
export const LAYERS = { operational: "#CC79A7", development: "#0072B2", strategic: "#D55E00", social: "#009E73" };
const STOPS = [[0, 42, 96], [54, 80, 120], [124, 123, 120], [187, 173, 101], [255, 234, 70]];

export function level(value) {
  const place = (value / 255) * (STOPS.length - 1);
  const k = Math.min(Math.floor(place), STOPS.length - 2), share = place - k;
  const mix = STOPS[k].map((part, c) => Math.round(part + (STOPS[k + 1][c] - part) * share));
  return `rgb(${mix.join(",")})`;
}

export const LEVELS = Array.from({ length: 256 }, (_, value) => level(value));

export function theme() {
  const dark = document.documentElement.classList.contains("dark");
  return dark
    ? { dark, ink: "#f0f0ee", soft: "#b3b8bf", ground: "#0f1214", tie: "205,212,220", fresh: "#34e0ac", gone: "#ff8a3c", ring: "#0f1214", grid: "#333940", line: "#56B4E9" }
    : { dark, ink: "#1a1c1f", soft: "#55595f", ground: "#fbfbf9", tie: "60,66,74", fresh: "#009E73", gone: "#D55E00", ring: "#ffffff", grid: "#e2dfd8", line: "#0072B2" };
}
