// The keyboard: all that the mouse does.

import { pressed } from "./controls.js";
import { letGo, walk } from "./firms.js";
import { by, send } from "./room.js";
import { closeMenu } from "./take.js";

const BUTTONS = { r: "reset", u: "undo", t: "tour", c: "compare", e: "export" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event, name = BUTTONS[key.toLowerCase()];
  if (key === "Escape") {
    letGo();
    closeMenu();
    by("notice").hidden = true;
    return;
  }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (target.tagName === "CANVAS" && walk(key, target.dataset.side)) event.preventDefault();
  else if (key === "ArrowRight") send({ do: "step" });
  else if (key === " " && !/^(BUTTON|A|SUMMARY)$/.test(target.tagName)) by("play").click();
  else if (name) by(name).click();
  else if (/^[1-8]$/.test(key)) numbered(Number(key));
  else return;
  event.preventDefault();
});

/** While the tour asks, a number is a guess and not a shock. */
function numbered(number) {
  const guesses = by("guide").querySelectorAll(".guess");
  const button = by("guide").hidden || !guesses.length ? pressed[number - 1] : guesses[number - 1];
  if (button) button.click();
}

// What was clicked lets the keyboard go, or the next space would press it again, and an arrow move the slider.
let pointed = false;
addEventListener("pointerdown", () => (pointed = true), true);
addEventListener("keydown", () => (pointed = false), true);
const release = ({ target }) => pointed && target === document.activeElement && target.blur();
addEventListener("click", (event) => event.target.tagName === "BUTTON" && release(event));
addEventListener("change", (event) => event.target.type !== "number" && release(event));
