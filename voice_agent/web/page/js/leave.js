/** @file "Leave now": silence first, then deletion, then an ordinary page in this one's place. */

import { deleteSession } from "./api.js";

const ELSEWHERE = "/ordinary";

/**
 * Makes the link leave at once; without script it still leads to the ordinary page.
 * @param {HTMLElement} link
 * @param {() => import("./api.js").Session|null} silence ends every sound and returns what to delete
 */
export function leaveBy(link, silence) {
  let left = false;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    left = true;
    document.documentElement.hidden = true;
    const session = silence();
    if (session) deleteSession(session);
    sessionStorage.clear();
    location.replace(ELSEWHERE);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && left) location.replace(ELSEWHERE);
    else if (event.persisted) location.reload();
  });
}
