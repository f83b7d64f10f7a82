/* LSTM explorer: set the gates of one unit, and see what its cell keeps over time.

   Mount   <div class="lstm-explorer" data-f="0.9">Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the controls, the buttons and the keys.
           data-t is the step that is chosen first, or the address has it: ?f=0.5&t=1
   Keys    The chart is one tab stop: left and right move the time step, Page Up and Page Down by
           five, Home and End go to the first and the last.
   Hooks   input[name="i"], "f", "o", "g", "c0"; select[name="pattern"], "steps"
           data-role: "chart" (the SVG, a slider), "summary" (what is
           left at the end, polite), "live" (the chosen step, polite), "cell" and "hidden" (the two formulas
           with numbers), "value" (their results)
           .le-c and .le-h (the lines, with a .le-mark for each step), .le-write, .le-now */

(function () {
  "use strict";

  /* Arithmetic. A setting is { i, f, o, g, c0, pattern, steps }: three gates from 0 to 1, the
     candidate from -1 to 1, all the same at each step, and the cell before the first step. */

  const WRITES = { once: (t) => t === 1, every: () => true, twice: (t) => t === 1 || t === 11 };

  function requireRange(least, most, values) {
    for (const [name, value] of Object.entries(values)) {
      if (!(value >= least && value <= most)) {
        throw new RangeError(`${name} must be from ${least} to ${most}, got ${value}`);
      }
    }
  }

  // The input gate at steps 1, 2, ...: shut where the pattern does not write.
  function inputGates({ i, pattern, steps }) {
    return Array.from({ length: steps }, (_, n) => (WRITES[pattern](n + 1) ? i : 0));
  }

  // c has one number more than h: it begins with c0.
  function runUnit(setting) {
    const { i, f, o, g, c0 } = setting;
    requireRange(0, 1, { i, f, o });
    requireRange(-1, 1, { g });
    const c = [c0];
    for (const gate of inputGates(setting)) c.push(f * c.at(-1) + gate * g);
    return { c, h: c.slice(1).map((cell) => o * Math.tanh(cell)) };
  }

  // How much of what the cell held is left after some steps.
  const shareLeft = (f, steps) => f ** steps;

  // Steps in which that share halves: 0 if all is erased at once, Infinity if nothing ever is.
  function halvingSteps(f) {
    requireRange(0, 1, { f });
    return f === 0 ? 0 : f === 1 ? Infinity : Math.log(0.5) / Math.log(f);
  }

  // Where the cell ends if each step writes; null where it grows without end.
  function restingValue({ i, f, g }) {
    return f === 1 ? null : (i * g) / (1 - f);
  }

  if (typeof module !== "undefined") {
    module.exports = { inputGates, runUnit, shareLeft, halvingSteps, restingValue };
  }
  if (typeof document === "undefined") return;

  /* Words. */

  const { along, fixed } = Explorer;
  const factor = (value, digits) => (value < 0 ? `(${fixed(value, digits)})` : fixed(value, digits));

  function shareText(share) {
    if (share === 1) return "all";
    if (share === 0) return "nothing";
    return share < 0.005 ? "less than 0.01" : share.toFixed(2);
  }

  function fadeText(f) {
    if (f === 1) return "Nothing fades, however long you wait.";
    if (f === 0) return "Each step erases all that was there.";
    return `What the cell holds halves every ${halvingSteps(f).toFixed(1)} steps, unless more is written.`;
  }

  function restText(setting) {
    const rest = restingValue(setting);
    const added = setting.i * setting.g;
    if (rest !== null) return ` The writes lead it to i·g / (1 − f) = ${fixed(rest, 2)}.`;
    return added ? ` Each step adds i·g = ${fixed(added, 2)}, without end.` : "";
  }

  function summaryText(setting, { c }) {
    const { f, steps, pattern } = setting;
    const writes = pattern === "twice" ? [1, 11] : [1];
    const left = writes.map((t) => `${shareText(shareLeft(f, steps - t))} of what step ${t} wrote`);
    if (setting.c0) left.push(`${shareText(shareLeft(f, steps))} of c₀`);
    const list = left.join(", ").replace(/, ([^,]*)$/, " and $1");
    const end = pattern === "every" ? restText(setting) : "";
    return `After ${steps} steps the cell holds ${fixed(c.at(-1), 2)}, with ${list} left. ${fadeText(f)}${end}`;
  }

  function stepText(t, { steps }, { c, h }) {
    return `Step ${t} of ${steps}: c = ${fixed(c[t], 3)}, h = ${fixed(h[t - 1], 3)}.`;
  }

  const result = (value) => `<strong data-role="value">${fixed(value, 3)}</strong>`;
  const parts = (...terms) => terms.map((term) => `<span>${term}</span>`).join(" ");
  const at = (name, t) => `${name}<sub>${t}</sub>`;

  function cellHtml(t, setting, { c }) {
    const { f, g } = setting;
    const gate = inputGates(setting)[t - 1];
    return parts(
      `${at("c", t)} = f·${at("c", t - 1)} + ${at("i", t)}·g`,
      `= ${fixed(f, 2)}·${factor(c[t - 1], 3)} + ${fixed(gate, 2)}·${factor(g, 2)}`,
      `= ${result(c[t])}`,
    );
  }

  function hiddenHtml(t, { o }, { c, h }) {
    return parts(
      `${at("h", t)} = o·tanh(${at("c", t)})`,
      `= ${fixed(o, 2)}·tanh(${fixed(c[t], 3)})`,
      `= ${result(h[t - 1])}`,
    );
  }

  /* Drawing. The chart is drawn in the page's own pixels, so that its text is as large on a phone;
     `em` is the size of that text. */

  const MARKS = { c: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", h: "M-3.5-3.5h7v7h-7z" };
  const WRITE = "M-4.5 4.5 0-4.5 4.5 4.5z";

  // The ends and the ticks of an axis that shows 0 and all values, in steps of 1, 2 or 5.
  function axis(values) {
    const low = Math.min(...values) < 0 ? Math.min(-1, ...values) : 0;
    const high = Math.max(...values) > 0 || low === 0 ? Math.max(1, ...values) : 0;
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((n) => n * power >= rough * 0.999);
    const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
    const ticks = Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
    return { ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  function placing({ steps }, { c, h }, width, height, em) {
    const { ticks, digits } = axis([...c, ...h]);
    const [left, right, top, bottom] = [3.4 * em, width - em, 0.8 * em, height - 4 * em];
    const [low, high] = [ticks[0], ticks.at(-1)];
    return {
      ticks, digits, left, right, top, bottom, em,
      x: (t) => left + ((right - left) * t) / steps,
      y: (value) => bottom - ((bottom - top) * (value - low)) / (high - low),
    };
  }

  const round = (value) => Math.round(value * 10) / 10;

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  function axesSvg(p, { steps }) {
    const { left, right, bottom, top, em } = p;
    const rows = p.ticks.map((value) => {
      const y = round(p.y(value));
      const line = `<path class="${value === 0 ? "le-zero" : "le-grid"}" d="M${left} ${y}H${right}"/>`;
      return line + text(left - 0.5 * em, y + 0.35 * em, fixed(value, p.digits), 'text-anchor="end"');
    });
    const columns = Array.from({ length: steps / 5 + 1 }, (_, n) =>
      text(p.x(5 * n), bottom + 2.3 * em, 5 * n, 'text-anchor="middle"'),
    );
    const middle = [round(0.9 * em), round((top + bottom) / 2)];
    const turned = `text-anchor="middle" transform="rotate(-90 ${middle.join(" ")})"`;
    return [
      ...rows, ...columns,
      text((left + right) / 2, bottom + 3.6 * em, "time step t", 'text-anchor="middle"'),
      text(...middle, "value", turned),
    ].join("");
  }

  function lineSvg(name, values, first, p) {
    const points = values.map((value, n) => [round(p.x(first + n)), round(p.y(value))]);
    const marks = points.map(([x, y]) => `<path class="le-mark" d="${MARKS[name]}" transform="translate(${x} ${y})"/>`);
    return `<g class="le-${name}"><polyline points="${points.join(" ")}"/>${marks.join("")}</g>`;
  }

  function nowSvg(t, p, { c, h }) {
    const x = round(p.x(t));
    const mark = (name, value) =>
      `<path d="${MARKS[name]}" transform="translate(${x} ${round(p.y(value))}) scale(1.6)"/>`;
    const line = `<path class="le-line" d="M${x} ${p.top}V${p.bottom}"/>`;
    return `<g class="le-now">${line}${mark("h", h[t - 1])}${mark("c", c[t])}</g>`;
  }

  function writesSvg(p, setting) {
    const marks = inputGates(setting).map((gate, n) => {
      const place = `translate(${round(p.x(n + 1))} ${round(p.bottom + 0.75 * p.em)})`;
      return gate ? `<path class="le-write" d="${WRITE}" transform="${place}"/>` : "";
    });
    return marks.join("");
  }

  function chartSvg(t, p, setting, run) {
    const lines = lineSvg("h", run.h, 1, p) + lineSvg("c", run.c, 0, p);
    return axesSvg(p, setting) + writesSvg(p, setting) + lines + nowSvg(t, p, run);
  }

  /* The widget. */

  const SLIDERS = [
    // name, label, least, most, first value, step, digits
    ["i", "Input i", 0, 1, 1, 0.05, 2],
    ["f", "Forget f", 0, 1, 0.9, 0.01, 2],
    ["o", "Output o", 0, 1, 0.5, 0.05, 2],
    ["g", "Candidate g", -1, 1, 0.8, 0.05, 2],
    ["c0", "First cell c₀", -2, 2, 0, 0.1, 1],
  ];

  const LISTS = [
    // name, label, options (value, words)
    ["pattern", "The input gate opens", [["once", "at step 1 only"], ["every", "at every step"], ["twice", "at steps 1 and 11"]]],
    ["steps", "Time steps", [["20", "20"], ["30", "30"]]],
  ];

  function keyHtml(name, words) {
    const line = name === "write" ? "" : '<path class="le-stroke" d="M1 10H35"/>';
    const mark = name === "write" ? `<path class="le-write" d="${WRITE}" transform="translate(18 10)"/>`
      : `<path class="le-mark" d="${MARKS[name]}" transform="translate(18 10)"/>`;
    return `<span><svg class="le-${name}" viewBox="0 0 36 20" aria-hidden="true">${line}${mark}</svg>${words}</span>`;
  }

  function bodyHtml(id) {
    return `
      <p data-role="summary" aria-live="polite"></p>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Time step"
        aria-orientation="horizontal" aria-valuemin="1" aria-describedby="${id}-help"></svg>
      <p class="explorer-keys">${keyHtml("c", "cell c")}${keyHtml("h", "hidden state h")}${keyHtml("write", "input gate open")}</p>
      <p data-role="live" aria-live="polite"></p>
      <p class="le-formula"><span data-role="cell"></span><span data-role="hidden"></span></p>`;
  }

  function view({ part, data }) {
    const chart = part("chart");
    let now = Number(data.t ?? 5);
    let setting, run, p;

    function draw() {
      const { width, height } = chart.getBoundingClientRect();
      p = placing(setting, run, width, height, parseFloat(getComputedStyle(chart).fontSize));
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      chart.innerHTML = chartSvg(now, p, setting, run);
    }

    function change(controls) {
      setting = { ...controls, steps: Number(controls.steps) };
      run = runUnit(setting);
      chart.setAttribute("aria-valuemax", setting.steps);
      part("summary").textContent = summaryText(setting, run);
      select(now);
    }

    function select(t) {
      now = Math.min(Math.max(t, 1), setting.steps);
      draw();
      chart.setAttribute("aria-valuenow", now);
      part("live").textContent = stepText(now, setting, run);
      part("cell").innerHTML = cellHtml(now, setting, run);
      part("hidden").innerHTML = hiddenHtml(now, setting, run);
    }

    function point(event) {
      const x = event.clientX - chart.getBoundingClientRect().left;
      select(Math.round(((x - p.left) / (p.right - p.left)) * setting.steps));
    }

    function move(key) {
      const t = along(key, now, 1);
      if (t !== undefined) select(t);
      return t !== undefined;
    }

    // Playing begins again at the end; the buttons stop there.
    const step = (by, playing) => select(playing && now === setting.steps ? 1 : now + by);

    return { change, step, move, point, draw };
  }

  Explorer.define("lstm-explorer", {
    label: "LSTM explorer",
    help: "Point at a time step or use the arrow keys on the chart.",
    sliders: SLIDERS,
    lists: LISTS,
    further: { t: /^[1-9]\d?$/ }, // the chosen step
    body: bodyHtml,
    view,
    pause: 500,
  });
})();
