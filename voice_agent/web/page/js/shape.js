/** @file The circle: its form by state, its size by breath, its ring by the microphone's level. */

import { countdown, inCrisis, insideWord, isLost } from "./model.js";

/** @typedef {import("./model.js").Model} Model */

const FRAME_MS = 50; // twenty a second is smooth enough, and kind to a battery
const HEARD_LEVEL = 0.22;
const SIZES = { in: "1", hold: "", out: ".56", none: "" };

/** Draws the circle. */
export class Shape {
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {() => number} */
  #level = () => 0;
  #drawn = 0;
  #heardAt = -Infinity;
  #size = ".78";

  constructor(/** @type {HTMLElement} */ element) {
    this.element = element;
    this.word = /** @type {HTMLElement} */ (element.querySelector("#breath-word"));
    this.number = /** @type {HTMLElement} */ (element.querySelector("#countdown"));
  }

  /** Names where the microphone's level comes from, 0 to 1. */
  follow(/** @type {() => number} */ level) {
    this.#level = level;
  }

  /** Shows the form that belongs to what the page knows. */
  render(/** @type {Model} */ model) {
    const { show } = model;
    const data = this.element.dataset;
    data.form = isLost(model)
      ? "lost"
      : model.screen === "microphone" || model.link === "connecting"
        ? "waiting"
        : show.state;
    const breathing = data.form === "guiding" && show.breath !== "none";
    data.breath = breathing ? show.breath : "none";
    data.small = String(inCrisis(model) || show.state === "rating");
    if (breathing) {
      this.#size = SIZES[/** @type {"in"} */ (show.breath)] || this.#size;
      this.element.style.setProperty("--size", this.#size);
      this.element.style.setProperty("--phase", `${show.countdown_s ?? 4}s`);
    }
    this.word.textContent = isLost(model) ? "" : insideWord(show);
    this.tick(model);
  }

  /** Writes the seconds left as a number; called a few times a second. */
  tick(/** @type {Model} */ model) {
    const left = isLost(model) ? null : countdown(model.show, performance.now());
    const text = left === null ? "" : clock(left);
    if (this.number.textContent !== text) this.number.textContent = text;
  }

  /** Moves the ring with the level; true while somebody is heard. */
  frame(/** @type {number} */ now) {
    if (now - this.#drawn < FRAME_MS) return now - this.#heardAt < 700;
    this.#drawn = now;
    const level = this.#level();
    if (level > HEARD_LEVEL) this.#heardAt = now;
    const shown = this.#still.matches ? 0 : level;
    this.element.style.setProperty("--level", shown.toFixed(3));
    return now - this.#heardAt < 700;
  }

  /** Whether the person asked for no motion. */
  get still() {
    return this.#still.matches;
  }
}

/** A phase in seconds; a break in minutes and seconds. */
function clock(/** @type {number} */ seconds) {
  if (seconds < 60) return String(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
