/** @file Ties buttons and switches to what they do. */

import { saveSettings } from "./settings.js";

const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Each button by its id. */
export function onTaps(/** @type {Record<string, () => void>} */ deeds) {
  for (const [id, deed] of Object.entries(deeds)) get(id).addEventListener("click", () => deed());
}

/** A switch and its value. */
function tie(
  /** @type {string} */ id,
  /** @type {boolean} */ value,
  /** @type {(on: boolean) => void} */ deed,
) {
  const box = /** @type {HTMLInputElement} */ (get(id));
  box.checked = value;
  box.addEventListener("change", () => deed(box.checked));
}

/** Opened settings come into sight, and the focus goes to the first of them. */
export function followSettings() {
  const settings = /** @type {HTMLDetailsElement} */ (get("settings"));
  settings.addEventListener("toggle", () => {
    if (!settings.open) return;
    settings.scrollIntoView({ block: "start" });
    const first = /** @type {HTMLElement|null} */ (settings.querySelector("input"));
    first?.focus({ preventScroll: true });
  });
}

/**
 * The switches. Research is never remembered: it is asked once, and begins with no.
 * @param {import("./settings.js").Settings} settings
 * @param {(consent: "tone"|"research", given: boolean) => void} onConsent
 */
export function tieSettings(settings, onConsent) {
  const captions = () =>
    get("caption").setAttribute("aria-live", settings.captions ? "polite" : "off");
  captions();
  for (const [id, key, after] of /** @type {const} */ ([
    ["consent-tone", "tone", () => onConsent("tone", settings.tone)],
    ["set-captions", "captions", captions],
    ["set-keys", "keys", () => {}],
  ])) {
    tie(id, settings[key], (on) => {
      settings[key] = on;
      saveSettings(settings);
      after();
    });
  }
  tie("consent-research", false, (on) => onConsent("research", on));
}
