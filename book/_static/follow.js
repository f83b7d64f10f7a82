/* "On this page" follows the reader: the section that is being read is marked in the list, for eyes
   (.is-read) and screen readers (aria-current), and the list scrolls so that it can be seen. The
   theme marks one, too (.active), but none on a page with long sections. */

(function () {
  "use strict";

  const READ_AT = 0.3; // of the window's height: a section is being read when its head has passed here

  function start() {
    const list = document.querySelector(".bd-sidebar-secondary nav.page-toc");
    if (!list) return;
    const entries = [...list.querySelectorAll('a[href^="#"]')]
      .map((link) => ({ link, section: document.getElementById(decodeURIComponent(link.hash.slice(1))) }))
      .filter(({ section }) => section);
    const box = list.closest(".bd-sidebar-secondary");
    let current = null;
    let waiting = false;

    // Also when the theme has changed what it marks: each link is set only if it is not as it should be.
    function mark() {
      for (const { link } of entries) {
        const read = link === current;
        if (link.classList.contains("is-read") !== read) link.classList.toggle("is-read", read);
        if (link.hasAttribute("aria-current") === read) continue;
        if (read) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }

    function update() {
      waiting = false;
      const line = window.innerHeight * READ_AT;
      const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
      const passed = entries.filter(({ section }) => section.getBoundingClientRect().top <= line);
      const now = (atEnd ? entries : passed).at(-1)?.link ?? null;
      if (now === current) return;
      current = now;
      mark();
      if (!now) return;
      const [link, room] = [now.getBoundingClientRect(), box.getBoundingClientRect()];
      if (link.top < room.top) box.scrollTop += link.top - room.top - 16;
      else if (link.bottom > room.bottom) box.scrollTop += link.bottom - room.bottom + 16;
    }

    function later() {
      if (!waiting) requestAnimationFrame(update);
      waiting = true;
    }

    new MutationObserver(mark).observe(list, { attributes: true, attributeFilter: ["aria-current"], subtree: true });
    window.addEventListener("scroll", later, { passive: true });
    window.addEventListener("resize", later);
    update();
  }

  window.addEventListener("load", start);
})();
