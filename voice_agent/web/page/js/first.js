/** @file The first script to come on a slow line: shows Start, and remembers a tap for main.js. */

for (const id of ["start", "tap-only"]) {
  const button = document.getElementById(id);
  if (!button || sessionStorage.getItem("session")) continue;
  button.hidden = false;
  button.closest(".under")?.removeAttribute("hidden");
  button.addEventListener(
    "click",
    () => {
      if (document.body.dataset.screen !== "loading") return;
      document.documentElement.dataset.wanted = id;
      button.setAttribute("aria-busy", "true");
    },
    { once: true },
  );
}
