/** @file The few things a person can set; they live as long as the tab, and no longer. */

/** @typedef {{captions: boolean, keys: boolean, tone: boolean, country: string}} Settings */
/** @typedef {import("./api.js").Session} Session */

const SETTINGS = "settings";
const SESSION = "session";

function read(/** @type {string} */ key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(/** @type {string} */ key, /** @type {unknown} */ value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage a reload begins anew; everything else works.
  }
}

/** @returns {Settings} */
export function loadSettings() {
  return { captions: true, keys: true, tone: false, country: "", ...read(SETTINGS) };
}

/** Keeps the settings for a reload of this tab. */
export const saveSettings = (/** @type {Settings} */ settings) => write(SETTINGS, settings);

/** @returns {Session|null} the session this tab had before a reload */
export function loadSession() {
  const session = read(SESSION);
  return session && typeof session.id === "string" && typeof session.token === "string"
    ? session
    : null;
}

/** Keeps or forgets the session of this tab. */
export const saveSession = (/** @type {Session|null} */ session) => write(SESSION, session);
