/* What to do about boxes that scroll sideways: each equation, figure and table that does so gets a
   stop of the Tab key, so that its end can be read without a mouse. The theme does this for code. A
   box that fits gets no stop: a reader should not have to step over what needs no step. And each
   box, code too, fades on the right as long as there is more of it. */

(function () {
  "use strict";

  const BOXES = [
    ['mjx-container[display="true"]', "Equation, scrolls sideways"],
    ["figure", "Figure, scrolls sideways"],
    [".pst-scrollable-table-container, .output.text_html", "Table, scrolls sideways"],
  ];
  const STOP = ["tabindex", "role", "aria-label"];
  const inArticle = (selector) => `.bd-article :is(${selector})`;
  const FADING = inArticle([...BOXES.map(([selector]) => selector), "pre"].join(", "));

  // A box that lets its content stick out, as a figure may on a phone, does not scroll.
  function scrolls(box) {
    return box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
  }

  function goesOn(box) {
    return scrolls(box) && box.scrollLeft + box.clientWidth < box.scrollWidth - 1;
  }

  function fade(box) {
    box.classList.toggle("goes-on", goesOn(box));
  }

  // All boxes are measured before any is changed: in turns, the page would be laid out for each box.
  function update() {
    const measured = BOXES.flatMap(([selector, label]) =>
      [...document.querySelectorAll(inArticle(selector))].map((box) => [box, label, scrolls(box)]));
    const fading = [...document.querySelectorAll(FADING)].map((box) => [box, goesOn(box)]);
    for (const [box, label, isStop] of measured) {
      const values = ["0", "group", label];
      if (isStop) STOP.forEach((name, k) => box.setAttribute(name, values[k]));
      else STOP.forEach((name) => box.removeAttribute(name));
    }
    for (const [box, on] of fading) box.classList.toggle("goes-on", on);
  }

  async function start() {
    await window.MathJax?.startup?.promise; // only then do equations have their width
    update();
    window.addEventListener("resize", update);
    document.addEventListener("click", () => setTimeout(update)); // a fold may have opened
    const capture = true; // what a box's own scrolling says goes no further up
    document.addEventListener("scroll", ({ target }) => target.matches?.(FADING) && fade(target), capture);
  }

  window.addEventListener("load", start);
})();
