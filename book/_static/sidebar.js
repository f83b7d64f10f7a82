/* Name the arrows that unfold a topic's pages in the sidebar: the theme gives them no words. */

(function () {
  "use strict";

  function nameArrows() {
    for (const arrow of document.querySelectorAll(".bd-sidebar-primary li > details > summary")) {
      const topic = arrow.closest("li").querySelector(":scope > a");
      arrow.setAttribute("aria-label", `Pages of ${topic.textContent.trim()}`);
    }
  }

  document.addEventListener("DOMContentLoaded", nameArrows);
})();
