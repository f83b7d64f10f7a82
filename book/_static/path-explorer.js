/* Path explorer: the gradient of a recurrent network as a triangle of terms. The cell (j, k) is what the loss at
   step j says to the weights by way of their use at step k; its shade is the norm of that term. A cut takes
   terms away, and the sentence below says what the rest is worth.

   Mount   <div class="path-explorer" data-window="4">Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the controls.
   Keys    The triangle is one tab stop: left and right move the use k, up and down the loss j, Page Up and Page
           Down the use by five; Home and End go to the first use and to the loss's own step.
   Hooks   input[name="size"], "steps", "window"; select[name="cut"]
           data-role: "chart" (the SVG), "live" (the chosen term, polite), "value" (its norm),
           "summary" (what is kept, polite)
           .pe-cell with data-j and data-k, .is-cut if it is taken away; .pe-way (the chosen path) */

(function () {
  "use strict";

  /* Arithmetic. One network of three units and one input; only the size of its recurrent weights changes. Vectors
     are rows: a = x wx + h wh. Each loss is the sum of the units of its state, so its own gradient is all ones. */

  const UNITS = 3;
  const WX = [0.9, -0.6, 0.4];
  const WH = [[0.6, -0.7, 0.2], [0.7, 0.5, -0.4], [-0.1, 0.5, 0.8]];
  const START = [0.3, -0.2, 0.5];
  const LEAST = 1e-4; // what is drawn palest

  const input = (t) => 0.6 * Math.sin(1.7 * t);

  // The states h_0 ... h_T.
  function statesOf({ size, steps }) {
    const states = [START];
    for (let t = 1; t <= steps; t++) {
      const h = states[t - 1];
      states.push(WX.map((w, m) => {
        const a = h.reduce((sum, unit, from) => sum + unit * size * WH[from][m], w * input(t));
        return Math.tanh(a);
      }));
    }
    return states;
  }

  // A gradient with respect to h_t becomes one with respect to a_t, and through the weights one with respect to h_{t-1}.
  const inside = (row, h) => row.map((value, m) => value * (1 - h[m] * h[m]));
  const before = (row, size) => WH.map((weights) => weights.reduce((sum, w, m) => sum + size * w * row[m], 0));

  // terms[j - 1][k - 1], for k <= j: h_{k-1} times the gradient with respect to a_k, as a flat list.
  function termsOf(setting) {
    const states = statesOf(setting);
    return states.slice(1).map((_, row) => {
      const terms = [];
      let dh = Array(UNITS).fill(1);
      for (let k = row + 1; k >= 1; k--) {
        const da = inside(dh, states[k]);
        terms[k - 1] = states[k - 1].flatMap((h) => da.map((value) => h * value));
        dh = before(da, setting.size);
      }
      return terms;
    });
  }

  const norm = (values) => Math.hypot(...values);

  // Whether a cut leaves the term of the loss j and the use k: within the window, or in the same chunk.
  function isKept({ cut, window }, j, k) {
    if (k > j) return false;
    return cut === "chunks" ? Math.ceil(j / window) === Math.ceil(k / window) : j - k < window;
  }

  // The norm of each term, how many there are and are kept, and how far the kept sum is from the whole.
  function measure(setting) {
    const terms = termsOf(setting);
    const whole = Array(UNITS * UNITS).fill(0);
    const missing = Array(UNITS * UNITS).fill(0);
    let [all, kept] = [0, 0];
    terms.forEach((row, j) => row.forEach((term, k) => {
      const keeps = isKept(setting, j + 1, k + 1);
      all += 1;
      kept += keeps ? 1 : 0;
      term.forEach((value, n) => {
        whole[n] += value;
        missing[n] += keeps ? 0 : value;
      });
    }));
    return { norms: terms.map((row) => row.map(norm)), all, kept, norm: norm(whole), error: norm(missing) / norm(whole) };
  }

  // From 0 at the least that is drawn to 1 at a norm of 10, by the logarithm.
  function shade(value) {
    const share = Math.log10(Math.max(value, LEAST) / LEAST) / Math.log10(10 / LEAST);
    return Math.min(share, 1);
  }

  if (typeof module !== "undefined") module.exports = { statesOf, termsOf, isKept, measure, shade };
  if (typeof document === "undefined") return;

  /* Words. */

  const { number } = Explorer;

  const plural = (count, word) => `${count === 0 ? "no" : count} ${word}${count === 1 ? "" : "s"}`;

  function termText(j, k, value, keeps) {
    const way = j === k ? `The loss at step ${j} and the use of the weights at the same step`
      : `From the loss at step ${j} back to the use at step ${k}`;
    return `${way}: ${plural(j - k, "Jacobian")}, a term of norm <strong data-role="value">${number(value)}</strong>, `
      + `${keeps ? "kept" : "cut off"}.`;
  }

  function summaryText({ all, kept, error }) {
    if (all === kept) return `All ${all} terms are kept: this is the gradient.`;
    return `${kept} of ${all} terms are kept. Their sum is off by ${number(100 * error)} % of the gradient.`;
  }

  /* Drawing, in the page's own pixels, so that text is as large on a phone. */

  const round = (value) => Math.round(value * 10) / 10;

  function placing(steps, width, em) {
    const [left, top, gap] = [3.2 * em, 0.4 * em, 2];
    const cell = Math.max(Math.min((width - left - 0.4 * em) / steps, 2.5 * em), 2 * gap); // a hidden page has no width
    const shift = Math.max(0, (width - left - cell * steps) / 2 - 1.6 * em);
    return {
      cell: cell - gap, gap, em, steps, left: left + shift, top, height: top + cell * steps + 3.2 * em,
      x: (k) => left + shift + cell * (k - 1),
      y: (j) => top + cell * (j - 1),
      at: (x, y) => [Math.floor((y - top) / cell) + 1, Math.floor((x - left - shift) / cell) + 1],
    };
  }

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  function cellsSvg(norms, setting, p) {
    return norms.flatMap((row, r) => row.map((value, c) => {
      const [j, k] = [r + 1, c + 1];
      const [x, y, side] = [round(p.x(k)), round(p.y(j)), round(p.cell)];
      const keeps = isKept(setting, j, k);
      const where = `x="${x}" y="${y}" width="${side}" height="${side}" rx="2"`;
      const cross = keeps ? "" : `<path class="pe-cross" d="M${x + 4} ${round(y + side - 4)}L${round(x + side - 4)} ${y + 4}"/>`;
      return `<rect class="pe-cell${keeps ? "" : " is-cut"}" data-j="${j}" data-k="${k}" ${where} `
        + `style="--shade: ${round(100 * shade(value))}%"/>${cross}`;
    })).join("");
  }

  function axesSvg(p) {
    const every = p.cell < 1.3 * p.em ? 2 : 1;
    const rows = [];
    for (let n = 1; n <= p.steps; n += every) {
      rows.push(text(p.left - 0.5 * p.em, p.y(n) + p.cell / 2 + 0.35 * p.em, n, 'text-anchor="end"'));
      rows.push(text(p.x(n) + p.cell / 2, p.y(p.steps + 1) + 1.1 * p.em, n, 'text-anchor="middle"'));
    }
    const middle = [round(p.left - 2.3 * p.em), round(p.y(1 + p.steps / 2))];
    rows.push(text(p.x(1 + p.steps / 2), p.y(p.steps + 1) + 2.5 * p.em, "use of the weights at step k", 'text-anchor="middle"'));
    rows.push(text(...middle, "loss at step j", `text-anchor="middle" transform="rotate(-90 ${middle.join(" ")})"`));
    return rows.join("");
  }

  // From the diagonal, where the gradient starts, to the chosen cell.
  function waySvg(j, k, p) {
    const [y, half] = [p.y(j) + p.cell / 2, p.cell / 2];
    const [from, to] = [p.x(j) + half, p.x(k) + half];
    const box = `<rect x="${round(p.x(k) - 1)}" y="${round(p.y(j) - 1)}" width="${round(p.cell + 2)}" height="${round(p.cell + 2)}" rx="3"/>`;
    if (j === k) return `<g class="pe-way">${box}</g>`;
    const head = `M${round(to + 6)} ${round(y - 5)}L${round(to)} ${round(y)}L${round(to + 6)} ${round(y + 5)}`;
    const line = `M${round(from)} ${round(y)}H${round(to)}${head}`;
    return `<g class="pe-way">${box}<path class="pe-under" d="${line}"/><path d="${line}"/><circle cx="${round(from)}" cy="${round(y)}" r="4"/></g>`;
  }

  /* The widget. */

  function bodyHtml(id) {
    const steps = [1, 0.1, 0.01, 0.001].map((value) =>
      `<span><i class="pe-key" style="--shade: ${round(100 * shade(value))}%"></i>${value}</span>`);
    return `
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Term" aria-valuemin="1"
        aria-describedby="${id}-help"></svg>
      <p class="explorer-keys"><span>norm of a term:</span>${steps.join("")}<span><i class="pe-key is-cut"></i>cut off</span></p>
      <p data-role="summary" aria-live="polite"></p>
      <p data-role="live" aria-live="polite"></p>`;
  }

  function view({ root, part }) {
    const chart = part("chart");
    const slider = root.querySelector('input[name="window"]');
    let [j, k] = [8, 3]; // a way that one sees
    let setting, found, p;

    function draw() {
      const em = parseFloat(getComputedStyle(chart).fontSize);
      const { width } = chart.getBoundingClientRect();
      p = placing(setting.steps, width, em);
      chart.style.height = `${p.height}px`;
      chart.setAttribute("viewBox", `0 0 ${width} ${round(p.height)}`);
      chart.innerHTML = axesSvg(p) + cellsSvg(found.norms, setting, p) + waySvg(j, k, p);
    }

    function change(controls) {
      setting = controls;
      slider.setAttribute("aria-valuetext", plural(setting.window, "step"));
      found = measure(setting);
      const said = summaryText(found);
      if (part("summary").textContent !== said) part("summary").textContent = said;
      select(j, k);
    }

    function select(loss, use) {
      j = Math.min(Math.max(loss, 1), setting.steps);
      k = Math.min(Math.max(use, 1), j);
      draw();
      part("live").innerHTML = termText(j, k, found.norms[j - 1][k - 1], isKept(setting, j, k));
      chart.setAttribute("aria-valuemax", j);
      chart.setAttribute("aria-valuenow", k);
      chart.setAttribute("aria-valuetext", `Loss at step ${j}, use at step ${k}`);
    }

    function point(event) {
      const box = chart.getBoundingClientRect();
      const [loss, use] = p.at(event.clientX - box.left, event.clientY - box.top);
      if (loss >= 1 && loss <= setting.steps && use >= 1 && use <= loss) select(loss, use);
    }

    function move(key) {
      const moves = {
        ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
        PageDown: [0, -5], PageUp: [0, 5], Home: [0, -99], End: [0, 99],
      };
      if (moves[key]) select(j + moves[key][0], k + moves[key][1]);
      return Boolean(moves[key]);
    }

    // The gradient walks: back from the loss to the first use, then from the next loss. Previous goes the other way.
    function step(by, playing) {
      if (by > 0 && k > 1) select(j, k - 1);
      else if (by > 0) (j < setting.steps || playing) && select((j % setting.steps) + 1, (j % setting.steps) + 1);
      else if (k < j) select(j, k + 1);
      else if (j > 1) select(j - 1, 1);
    }

    return { change, step, move, point, draw };
  }

  Explorer.define("path-explorer", {
    label: "Path explorer",
    help: "Point at a cell or use the arrow keys on the triangle.",
    sliders: [
      // name, label, least, most, first value, step, digits
      ["size", "Weight size", 0.3, 1.8, 0.6, 0.1, 1],
      ["steps", "Steps", 4, 14, 10],
      ["window", "Window p", 1, 14, 4],
    ],
    lists: [["cut", "Cut", [["sliding", "sliding window"], ["chunks", "chunks"]]]],
    body: bodyHtml,
    view,
    pause: 600,
  });
})();
