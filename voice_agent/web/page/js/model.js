/** @file What the page knows, and the words for it: pure functions, no document. */

import { strings } from "./strings.js";

/** @typedef {{id: string, label: string}} Choice */
/**
 * The newest picture from the service (core/commands.py, Show).
 * @typedef {object} Show
 * @property {string} state
 * @property {Choice[]} choices
 * @property {string} breath in, hold, out or none
 * @property {string} hint
 * @property {number|null} remaining_s
 * @property {number|null} countdown_s
 * @property {string|null} rating before or after
 * @property {string|null} resources crisis, quiet, violence or attacked
 * @property {boolean} may_end whether one more stop ends it now
 * @property {boolean} emergency whether the emergency number comes first
 * @property {number} at when it came, in ms of `performance.now()`
 */
/** @typedef {"loading"|"arrival"|"returning"|"microphone"|"session"} Screen */
/** @typedef {"connecting"|"open"|"lost"|"gave_up"|"elsewhere"|"elsewhere_gave_up"|"gone"} Link */
/**
 * @typedef {object} Model
 * @property {Screen} screen
 * @property {Show} show
 * @property {string[]} captions the newest last, three at most
 * @property {Link} link
 * @property {string} message a sentence on the arrival screen, or ""
 * @property {string} note a sentence about the microphone, or ""
 * @property {string} refused why the service has no place just now, or ""
 * @property {boolean} heard whether a microphone listens
 * @property {boolean} blocked whether the browser held the sound back
 * @property {boolean} crisis whether a number must stand large whatever `show` says
 */

const STATES = new Set([
  "opening",
  "listening",
  "here",
  "speaking",
  "guiding",
  "offering",
  "waiting",
  "paused",
  "stopped",
  "crisis",
  "rating",
  "ended",
]);
const MOST_DOTS = 5;

/** Reads a `show` message; anything missing or odd becomes the calmest picture. */
export function readShow(/** @type {Record<string, any>} */ message, at = 0) {
  const number = (/** @type {unknown} */ value) =>
    typeof value === "number" && value >= 0 ? value : null;
  const choices = Array.isArray(message.choices) ? message.choices : [];
  /** @type {Show} */
  const show = {
    state: STATES.has(message.state) ? message.state : "waiting",
    choices: choices
      .filter((c) => c && typeof c.id === "string" && typeof c.label === "string")
      .map((c) => ({ id: c.id, label: c.label })),
    breath: ["in", "hold", "out"].includes(message.breath) ? message.breath : "none",
    hint: typeof message.hint === "string" ? message.hint : "",
    remaining_s: number(message.remaining_s),
    countdown_s: number(message.countdown_s),
    rating: message.rating === "before" || message.rating === "after" ? message.rating : null,
    resources: ["crisis", "quiet", "violence", "attacked"].includes(message.resources)
      ? message.resources
      : null,
    may_end: message.may_end === true,
    emergency: message.emergency === true,
    at,
  };
  return show;
}

/** @returns {Model} what the page knows before anything happened */
export function emptyModel() {
  return {
    screen: "arrival",
    show: readShow({ state: "opening" }),
    captions: [],
    link: "connecting",
    message: "",
    note: "",
    refused: "",
    heard: true,
    blocked: false,
    crisis: false,
  };
}

/** Whether the service can be expected to hear a tap, or a reconnect is under way. */
export const isLost = (/** @type {Model} */ model) =>
  model.screen === "session" &&
  model.show.state !== "ended" &&
  ["lost", "gave_up", "elsewhere", "elsewhere_gave_up"].includes(model.link);

/** Whether the number for help must stand large. */
export const inCrisis = (/** @type {Model} */ model) =>
  model.crisis ||
  (model.screen === "session" &&
    (model.show.state === "crisis" || model.show.resources === "crisis"));

/** The words of `status`: what it is doing. */
export function statusWords(/** @type {Model} */ model) {
  if (model.screen === "microphone") return strings.microphoneAsking;
  if (model.screen !== "session") return model.message;
  const { show } = model;
  if (isLost(model)) {
    if (model.link === "lost") return strings.lost;
    return model.link === "gave_up" ? strings.gaveUp : strings.elsewhere;
  }
  if (model.link === "connecting") return strings.connecting;
  if (show.state === "rating") {
    return show.rating === "after" ? strings.ratingAfter : strings.ratingBefore;
  }
  if (show.state === "listening" && !model.heard) return strings.here;
  return /** @type {Record<string, any>} */ (strings)[show.state];
}

/** The smaller words under `status`: time left, a note, or what a lost connection means. */
export function detailWords(/** @type {Model} */ model, /** @type {number} */ now) {
  if (model.screen !== "session") return "";
  if (isLost(model)) {
    if (model.refused && model.link === "lost") return model.refused;
    return {
      lost: strings.lostMore,
      gave_up: strings.gaveUpMore,
      elsewhere: strings.elsewhereMore,
      elsewhere_gave_up: strings.elsewhereGaveUpMore,
    }[/** @type {"lost"} */ (model.link)];
  }
  if (["guiding", "paused"].includes(model.show.state)) return remainingWords(model.show, now);
  if (model.show.state === "ended") return strings.endedMore;
  return ["opening", "listening", "here"].includes(model.show.state) ? model.note : "";
}

/** How far along, in words; "" where the service did not say. */
export function remainingWords(/** @type {Show} */ show, /** @type {number} */ now) {
  if (show.remaining_s === null) return "";
  const gone = show.state === "paused" ? 0 : (now - show.at) / 1000;
  const left = Math.max(0, show.remaining_s - gone);
  const minutes = left < 45 ? 0 : Math.max(1, Math.round(left / 60));
  return strings.minutesLeft[minutes] ?? strings.manyMinutesLeft(minutes);
}

/** The whole seconds left of a phase or a break, or null. */
export function countdown(/** @type {Show} */ show, /** @type {number} */ now) {
  if (show.countdown_s === null) return null;
  const gone = show.state === "paused" ? 0 : (now - show.at) / 1000;
  return Math.max(0, Math.ceil(show.countdown_s - gone - 0.05));
}

/** How many dots can be tapped: a hint `dots-5` asks for five. */
export function dotCount(/** @type {Show} */ show) {
  const match = /^dots-(\d)$/.exec(show.hint);
  return match ? Math.min(MOST_DOTS, Number(match[1])) : 0;
}

/** The word inside the shape: the breath's phase, or what to notice. */
export function insideWord(/** @type {Show} */ show) {
  if (show.state === "guiding" && show.breath !== "none") {
    return strings[/** @type {"in"|"hold"|"out"} */ (show.breath)];
  }
  const plain = !dotCount(show) && !["research", "emergency"].includes(show.hint);
  return show.state === "guiding" && plain ? show.hint : "";
}

/** Which controls stand below, in order. */
export function controls(/** @type {Model} */ model) {
  const { state } = model.show;
  if (model.screen !== "session" || state === "ended" || model.link === "connecting") return [];
  if (model.link !== "open") return ["stop"];
  if (inCrisis(model)) return ["say-again", "stop"];
  return (
    {
      guiding: ["pause", "slower", "skip", "say-again", "stop"],
      paused: ["pause", "slower", "skip", "say-again", "stop"],
      stopped: model.show.may_end ? ["pause", "stop"] : ["pause"],
      rating: ["skip", "stop"],
    }[state] ?? ["stop"]
  );
}

/** Whether "just stay" stands under the choices. */
export function mayJustStay(/** @type {Model} */ model) {
  const { state, choices } = model.show;
  if (choices.some((c) => ["just_stay", "stay"].includes(c.id))) return false;
  if (state === "offering") return choices.length <= 2;
  return (
    choices.length > 0 &&
    choices.length <= 2 &&
    ["opening", "listening", "here", "speaking", "waiting"].includes(state)
  );
}
