/* Loads a desk page anew so that its figures are not old; never while somebody is at work on it, or has paused it. */
(function () {
  "use strict";
  const EVERY_MS = 10000, IDLE_MS = 60000, KEY = "paused";
  let touched = -IDLE_MS;
  const paused = () => sessionStorage.getItem(KEY) === "yes";
  const button = () => document.getElementById("again");
  const busy = () => document.hidden || performance.now() - touched < IDLE_MS || String(getSelection());
  function say(node) {
    const words = paused() ? node.dataset.again : node.dataset.pause;
    if (node.textContent !== words) node.textContent = words;
  }
  for (const name of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(name, () => { touched = performance.now(); }, { capture: true, passive: true });
  }
  document.addEventListener("click", (event) => {
    if (event.target !== button()) return;
    sessionStorage.setItem(KEY, paused() ? "no" : "yes");
    say(event.target);
    if (!paused()) location.reload();
  });
  // The page is drawn after this script has run.
  new MutationObserver(() => { if (button()) say(button()); }).observe(document.documentElement, { childList: true, subtree: true });
  setInterval(() => { if (button() && !paused() && !busy()) location.reload(); }, EVERY_MS);
})();
