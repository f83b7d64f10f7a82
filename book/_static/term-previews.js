/* A term's entry of the glossary, shown beside the link to it: to those who point at the link or reach
   it with the Tab key. It stays while the pointer is on it, and Escape takes it away. */

(function () {
  "use strict";

  const PAUSE = 250; // milliseconds in which a pointer that passes by opens nothing, and may come back
  let shown = null;
  let timer = 0;

  function previewOf(link) {
    return document.getElementById(`preview-${decodeURIComponent(link.hash.slice(1))}`);
  }

  function place(link, preview) {
    const [at] = link.getClientRects();
    preview.style.left = preview.style.top = "0";
    const own = preview.getBoundingClientRect();
    const left = Math.min(Math.max(at.left, 8), document.documentElement.clientWidth - own.width - 8);
    const above = at.bottom + own.height + 8 > window.innerHeight && at.top > own.height + 8;
    preview.style.left = `${left}px`;
    preview.style.top = `${above ? at.top - own.height - 6 : at.bottom + 6}px`;
  }

  function hide() {
    clearTimeout(timer);
    if (!shown) return;
    shown.preview.hidden = true;
    shown.link.removeAttribute("aria-describedby");
    shown = null;
  }

  function show(link) {
    clearTimeout(timer);
    const preview = previewOf(link);
    if (shown?.link === link || !preview) return;
    hide();
    shown = { link, preview };
    preview.hidden = false;
    link.setAttribute("aria-describedby", preview.id);
    place(link, preview);
  }

  function later(act) {
    clearTimeout(timer);
    timer = setTimeout(act, PAUSE);
  }

  function start() {
    for (const link of document.querySelectorAll('article a[href*="glossary.html#term-"]')) {
      if (!previewOf(link)) continue;
      link.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && later(() => show(link)));
      link.addEventListener("pointerleave", () => later(hide));
      link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
      link.addEventListener("blur", hide);
    }
    for (const preview of document.querySelectorAll(".term-preview")) {
      preview.addEventListener("pointerenter", () => clearTimeout(timer));
      preview.addEventListener("pointerleave", () => later(hide));
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
    window.addEventListener("scroll", hide, { passive: true });
  }

  window.addEventListener("load", start);
})();
