/** @file The keyboard: Escape stops; Space, 1-3 and R where no control has the focus. */

const CONTROLS = "a, button, input, select, textarea, summary, label, [contenteditable]";

/**
 * Listens for keys.
 * @param {object} deeds
 * @param {() => boolean} deeds.on whether single keys are switched on and a session is shown
 * @param {() => boolean} deeds.closePanel closes what lies over the page; true when it did
 * @param {() => void} deeds.stop
 * @param {() => void} deeds.pause
 * @param {() => void} deeds.again
 * @param {(index: number) => void} deeds.choose
 */
export function listenForKeys(deeds) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape") {
      if (!deeds.closePanel() && deeds.on()) deeds.stop();
      return;
    }
    const focused = document.activeElement;
    if (!deeds.on() || focused?.matches(CONTROLS)) return;
    if (event.key === " ") deeds.pause();
    else if (event.key === "r" || event.key === "R") deeds.again();
    else if (["1", "2", "3"].includes(event.key)) deeds.choose(Number(event.key) - 1);
    else return;
    event.preventDefault();
  });
}
