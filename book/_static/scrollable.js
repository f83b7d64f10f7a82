/* Give each box that scrolls sideways a stop of the Tab key, so that its end can be read without
   a mouse. A box that fits gets none: a reader should not have to step over what needs no step. */

(function () {
  "use strict";

  const BOXES = [
    ["pre", "Code, scrolls sideways"],
    ['mjx-container[display="true"]', "Equation, scrolls sideways"],
    [".pst-scrollable-table-container", "Table, scrolls sideways"],
    ["div.cell_output .output", "Output, scrolls sideways"],
  ];

  function update() {
    for (const [selector, label] of BOXES) {
      for (const box of document.querySelectorAll(`.bd-article ${selector}`)) {
        const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth;
        if (scrolls && !box.hasAttribute("tabindex")) {
          box.tabIndex = 0;
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", label);
        } else if (!scrolls && box.getAttribute("aria-label") === label) {
          for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
        }
      }
    }
  }

  async function start() {
    await window.MathJax?.startup?.promise; // equations have their width only then
    update();
    window.addEventListener("resize", update);
    document.addEventListener("click", () => setTimeout(update)); // a folded box may have opened
  }

  window.addEventListener("load", start);
})();
