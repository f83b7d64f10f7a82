/* Give each equation, figure and table that scrolls sideways a stop of the Tab key, so that its end
   can be read without a mouse. The theme does this for code. A box that fits gets no stop: a reader
   should not have to step over what needs no step. */

(function () {
  "use strict";

  const BOXES = [
    ['mjx-container[display="true"]', "Equation, scrolls sideways"],
    ["figure", "Figure, scrolls sideways"],
    [".pst-scrollable-table-container", "Table, scrolls sideways"],
  ];
  const STOP = ["tabindex", "role", "aria-label"];

  function update() {
    for (const [selector, label] of BOXES) {
      for (const box of document.querySelectorAll(`.bd-article ${selector}`)) {
        const values = ["0", "group", label];
        if (box.scrollWidth > box.clientWidth) STOP.forEach((name, k) => box.setAttribute(name, values[k]));
        else STOP.forEach((name) => box.removeAttribute(name));
      }
    }
  }

  async function start() {
    await window.MathJax?.startup?.promise; // only then do equations have their width
    update();
    window.addEventListener("resize", update);
    document.addEventListener("click", () => setTimeout(update)); // a fold may have opened
  }

  window.addEventListener("load", start);
})();
