/* Print on white, whatever the mode on the screen. */

(function () {
  "use strict";

  const root = document.documentElement;
  let onScreen;

  window.addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => (root.dataset.theme = onScreen));
})();
