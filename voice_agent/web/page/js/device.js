/** @file What the device offers where it does: the screen stays on, headset keys work. */

import { strings } from "./strings.js";

/** Keeps the screen on while it guides. */
export class Awake {
  /** @type {WakeLockSentinel|null} */
  #lock = null;
  #wanted = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.want(this.#wanted));
  }

  /** Asks for, or gives back, the screen. */
  async want(/** @type {boolean} */ wanted) {
    this.#wanted = wanted;
    if (!wanted) {
      const lock = this.#lock;
      this.#lock = null;
      await lock?.release().catch(() => {});
      return;
    }
    if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
    if (this.#lock && !this.#lock.released) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (this.#wanted) this.#lock = lock;
      else await lock.release();
    } catch {
      // A device that saves power says no: the sound goes on, and the page as well.
    }
  }
}

/** Lets headset and lock-screen keys pause, go on and stop; says nothing but a neutral name. */
export function useHeadset(
  /** @type {{pause: () => void, goOn: () => void, stop: () => void}} */ deeds,
) {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: strings.title });
  for (const [action, deed] of /** @type {const} */ ([
    ["pause", deeds.pause],
    ["play", deeds.goOn],
    ["stop", deeds.stop],
  ])) {
    try {
      navigator.mediaSession.setActionHandler(action, deed);
    } catch {
      // This browser knows fewer keys.
    }
  }
}

/** Tells the lock screen whether it plays. */
export function tellHeadset(/** @type {"playing"|"paused"|"none"} */ state) {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.playbackState = state;
  if (state === "none") navigator.mediaSession.metadata = null;
}
