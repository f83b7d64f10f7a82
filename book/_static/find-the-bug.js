/* Find the bug: make the lines of a wrong answer something to pick. The page itself holds the code,
   the tutor's sentence in a fold, and which lines are wrong; without this script readers open the
   fold. Each line is a button; one of them is a stop of the Tab key, and arrow keys move on. */

(function () {
  "use strict";

  const DRAG = 5; // pixels from which on a click was the end of a drag

  /** What is said to a pick: whether the line is the wrong one, and after how many tries. */
  function verdict(number, isWrong, tries) {
    if (!isWrong) return `Line ${number} is right.`;
    return `Yes, line ${number}` + (tries === 1 ? ", at the first try." : `, after ${tries} tries.`);
  }

  /** The line that a key leads to from line `at` of `count`, or -1 if the key leads nowhere. */
  function lineAfter(key, at, count) {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[key];
    return to === undefined ? -1 : Math.max(0, Math.min(count - 1, to));
  }

  function start(box) {
    const lines = [...box.querySelectorAll(".ftb-line")];
    const said = box.querySelector(".ftb-said");
    const answer = box.querySelector("details");
    const tried = new Set();
    let pressed = null; // where the pointer went down

    function stop(at) {
      lines.forEach((line, k) => (line.tabIndex = k === at ? 0 : -1));
    }

    function say(text, unseen) {
      said.textContent = text;
      if (!unseen) return;
      const rest = document.createElement("span");
      rest.className = "ftb-unseen"; // a screen reader is told what the fold shows
      rest.textContent = ` ${unseen}`;
      said.append(rest);
    }

    function pick(at) {
      const line = lines[at];
      const isWrong = line.hasAttribute("data-wrong");
      stop(at);
      tried.add(at);
      line.classList.add(isWrong ? "is-found" : "is-right");
      say(verdict(at + 1, isWrong, tried.size), isWrong && box.querySelector(".ftb-sentence").textContent);
      if (isWrong) answer.open = true;
    }

    lines.forEach((line, at) => {
      line.setAttribute("role", "button");
      line.setAttribute("aria-label", `Line ${at + 1}: ${line.textContent.trim()}`);
      line.addEventListener("pointerdown", (event) => (pressed = [event.clientX, event.clientY]));
      line.addEventListener("click", (event) => {
        const way = pressed ? Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) : 0;
        pressed = null;
        if (way < DRAG) pick(at); // else the reader was selecting text
      });
      line.addEventListener("keydown", (event) => {
        const to = lineAfter(event.key, at, lines.length);
        if (to >= 0) {
          stop(to);
          lines[to].focus();
        } else if (event.key === "Enter" || event.key === " ") pick(at);
        else return;
        event.preventDefault();
      });
    });
    stop(0);
    box.querySelector(".ftb-code").setAttribute("role", "group");
    box.querySelector(".ftb-code").setAttribute("aria-label", "The lines; arrow keys move, Enter picks");
    box.querySelector(".ftb-ask").textContent += " Pick it.";
    box.classList.add("is-live");
  }

  if (typeof module !== "undefined") module.exports = { verdict, lineAfter };
  else document.querySelectorAll(".find-the-bug").forEach(start);
})();
