/* Depth explorer: two networks of one depth, with and without shortcuts, block by block, and what they
   came to. The reader predicts which of them learns better before the errors are shown.

   Mount   <div class="depth-explorer" data-runs="[...]">Text for readers without JavaScript.</div>
           data-runs is a list of trainings, as JSON:
           { net, depth, train, test, start: { signal, gradient, noise }, end: { ... } }
           where train and test are errors in percent, and each measure has a number for each block, or
           null where there is none. explorer.js, which pages load before this file, has the controls.
   Keys    The chart is one tab stop: left and right move the block, Page Up and Page Down by five, Home
           and End go to the first and the last.
   Hooks   input[name="depth"]; select[name="measure"], "moment", "guess"
           data-role: "chart" (the SVG, a slider), "verdict" (what they came to, polite), "errors" (the SVG
           of errors), "live" (the chosen block, polite), "value" (its two numbers)
           .de-plain and .de-residual (the lines, with a .de-mark for each block), .de-band, .de-dot */

(function () {
  "use strict";

  /* Arithmetic. */

  const NETS = ["plain", "residual"];

  // The value below which half of the values lie; between the two in the middle if there are two.
  function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
    return (low + high) / 2;
  }

  // Lowest, median and highest of what is there; null if nothing is.
  function spread(values) {
    const found = values.filter((value) => value !== null);
    if (!found.length) return null;
    return { low: Math.min(...found), median: median(found), high: Math.max(...found) };
  }

  const depthsOf = (runs) => [...new Set(runs.map((run) => run.depth))].sort((a, b) => a - b);

  const ofNet = (runs, net, depth) => runs.filter((run) => run.net === net && run.depth === depth);

  // For each block, the spread of a measure over all trainings of a network.
  function throughDepth(runs, net, depth, moment, measure) {
    const rows = ofNet(runs, net, depth).map((run) => run[moment][measure]);
    return rows[0].map((_, block) => spread(rows.map((row) => row[block])));
  }

  function errorsOf(runs, net, depth, set) {
    return ofNet(runs, net, depth).map((run) => run[set]);
  }

  // By what a measure is multiplied from a block to the next one below it, on the way down.
  function growth(spreads) {
    const ends = [spreads[0].median, spreads.at(-1).median];
    return (ends[0] / ends[1]) ** (1 / (spreads.length - 1));
  }

  // Whether the plain network's error is higher or lower than the residual one's, by a point at least.
  function comparison(runs, depth) {
    const [plain, residual] = NETS.map((net) => median(errorsOf(runs, net, depth, "train")));
    if (Math.abs(plain - residual) < 1) return "same";
    return plain > residual ? "higher" : "lower";
  }

  // Powers of ten around all values.
  function decades(values) {
    const logs = values.map(Math.log10);
    const [first, last] = [Math.floor(Math.min(...logs) + 1e-9), Math.ceil(Math.max(...logs) - 1e-9)];
    return [first, last === first ? first + 1 : last];
  }

  if (typeof module !== "undefined") {
    module.exports = { median, spread, depthsOf, throughDepth, errorsOf, growth, comparison, decades };
  }
  if (typeof document === "undefined") return;

  /* Words. */

  const { along, fixed } = Explorer;
  const MEASURES = {
    gradient: ["the norm of the gradient", "gradient norm"],
    signal: ["the size of the signal", "root mean square of the signal"],
    noise: ["the distance between noisy copies", "distance of noisy copies / of different images"],
  };

  const number = (value) => Explorer.number(value, { least: 0.01 });

  const percent = (value) => `${fixed(value, 1)} %`;

  function place(block, blocks) {
    return block === 0 ? "Behind the stem" : `Behind block ${block} of ${blocks}`;
  }

  function errorText(runs, net, depth) {
    const [train, test] = ["train", "test"].map((set) => spread(errorsOf(runs, net, depth, set)));
    return `${percent(train.median)} of the training images wrong (${fixed(train.low, 1)} to ${percent(train.high)}), `
      + `${percent(test.median)} of the test images`;
  }

  function verdictText(runs, depth, guess) {
    const seeds = ofNet(runs, "plain", depth).length;
    if (!guess) {
      return "Look at both networks before training. Will the plain one make more errors on its training images, or fewer? "
        + "Predict, and the errors appear.";
    }
    const truth = comparison(runs, depth);
    const right = guess === truth ? "As you predicted" : "Not as you predicted";
    const words = { same: "about as many errors", higher: "more errors", lower: "fewer errors" }[truth];
    return `${right}: at ${depth} layers the plain network makes ${words}. Medians of ${seeds} seeds, plain: `
      + `${errorText(runs, "plain", depth)}. Residual: ${errorText(runs, "residual", depth)}.`;
  }

  /* Drawing. The chart is drawn in the page's own pixels, so that its text is as large on a phone. */

  const MARKS = { residual: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", plain: "M-3.5-3.5h7v7h-7z" };
  const round = (value) => Math.round(value * 10) / 10;

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  function placing(lines, width, height, em) {
    const all = Object.values(lines).flat().filter(Boolean).flatMap(({ low, high }) => [low, high]);
    const [first, last] = decades(all.filter((value) => value > 0));
    const [left, right, top, bottom] = [4 * em, width - em, 0.8 * em, height - 3.4 * em];
    const blocks = lines.plain.length - 1;
    return {
      first, last, left, right, top, bottom, em, blocks,
      x: (block) => left + ((right - left) * block) / blocks,
      y: (value) => bottom - ((bottom - top) * (Math.log10(Math.max(value, 10 ** first)) - first)) / (last - first),
    };
  }

  function axesSvg(p, name) {
    const every = Math.max(1, Math.ceil((p.last - p.first) / 6));
    const rows = [];
    for (let power = p.first; power <= p.last; power += every) {
      const y = round(p.y(10 ** power));
      rows.push(`<path class="de-grid" d="M${p.left} ${y}H${p.right}"/>`);
      const words = Math.abs(power) < 4 ? String(Number((10 ** power).toPrecision(1)))
        : `10<tspan dy="-0.4em" font-size="75%">${String(power).replace("-", "−")}</tspan>`;
      rows.push(text(p.left - 0.5 * p.em, y + 0.35 * p.em, words, 'text-anchor="end"'));
    }
    const step = p.blocks > 9 ? 9 : p.blocks > 3 ? 3 : 1;
    for (let block = 0; block <= p.blocks; block += step) {
      rows.push(text(p.x(block), p.bottom + 1.4 * p.em, block === 0 ? "stem" : block, 'text-anchor="middle"'));
    }
    const middle = [round(0.9 * p.em), round((p.top + p.bottom) / 2)];
    return [
      ...rows,
      text((p.left + p.right) / 2, p.bottom + 2.9 * p.em, "block", 'text-anchor="middle"'),
      text(...middle, name, `text-anchor="middle" transform="rotate(-90 ${middle.join(" ")})"`),
    ].join("");
  }

  function lineSvg(net, spreads, p) {
    const points = spreads.map((one, block) => one && [block, one]).filter(Boolean);
    const at = (block, value) => `${round(p.x(block))},${round(p.y(value))}`;
    const upper = points.map(([block, { high }]) => at(block, high));
    const lower = points.map(([block, { low }]) => at(block, low)).reverse();
    const line = points.map(([block, one]) => at(block, one.median));
    const marks = line.map((point) => `<path class="de-mark" d="${MARKS[net]}" transform="translate(${point.replace(",", " ")})"/>`);
    return `<g class="de-${net}"><polygon class="de-band" points="${[...upper, ...lower].join(" ")}"/>`
      + `<polyline points="${line.join(" ")}"/>${marks.join("")}</g>`;
  }

  function nowSvg(block, lines, p) {
    const x = round(p.x(block));
    const marks = NETS.filter((net) => lines[net][block]).map((net) =>
      `<path d="${MARKS[net]}" transform="translate(${x} ${round(p.y(lines[net][block].median))}) scale(1.6)"/>`);
    return `<g class="de-now"><path class="de-line" d="M${x} ${p.top}V${p.bottom}"/>${marks.join("")}</g>`;
  }

  // A row for each network: a dot for the training error of each seed, from 0 to 100 %.
  function errorsSvg(runs, depth, shown, width, em) {
    const [left, right] = [6 * em, width - 2 * em];
    const x = (value) => round(left + ((right - left) * value) / 100);
    const rows = NETS.map((net, row) => {
      const y = (0.9 + 1.5 * row) * em;
      const dots = errorsOf(runs, net, depth, "train").map((value) =>
        `<path class="de-dot" d="${MARKS[net]}" transform="translate(${x(value)} ${round(y)})"/>`);
      const hidden = text((left + right) / 2, y + 0.35 * em, "?", 'text-anchor="middle"');
      return `<g class="de-${net}">${text(left - 0.8 * em, y + 0.35 * em, net, 'text-anchor="end"')}`
        + `<path class="de-grid" d="M${left} ${round(y)}H${right}"/>${shown ? dots.join("") : hidden}</g>`;
    });
    const ticks = [0, 50, 100].map((value) => text(x(value), 4.3 * em, `${value} %`, 'text-anchor="middle"'));
    return rows.join("") + ticks.join("");
  }

  /* The widget. */

  const LISTS = [
    // name, label, options (value, words)
    ["measure", "What is measured", [["gradient", "gradient"], ["signal", "signal"], ["noise", "noise"]]],
    ["moment", "When", [["start", "before training"], ["end", "after training"]]],
    ["guess", "The plain network makes", [["", "(predict)"], ["lower", "fewer errors"], ["same", "about as many"], ["higher", "more errors"]]],
  ];

  function keyHtml(net, words) {
    return `<span><svg class="de-${net}" viewBox="0 0 36 20" aria-hidden="true"><path class="de-stroke" d="M1 10H35"/>`
      + `<path class="de-mark" d="${MARKS[net]}" transform="translate(18 10)"/></svg>${words}</span>`;
  }

  function bodyHtml(id) {
    return `
      <p data-role="verdict" aria-live="polite"></p>
      <svg data-role="errors" aria-hidden="true"></svg>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Block"
        aria-orientation="horizontal" aria-valuemin="0" aria-describedby="${id}-help"></svg>
      <p class="explorer-keys">${keyHtml("plain", "plain")}${keyHtml("residual", "residual")}<span>band: lowest to highest seed</span></p>
      <p data-role="live" aria-live="polite"></p>`;
  }

  function view({ root, part }) {
    const chart = part("chart");
    const errors = part("errors");
    const runs = JSON.parse(root.dataset.runs);
    const depths = depthsOf(runs);
    const slider = root.querySelector('input[name="depth"]');
    const guess = root.querySelector('select[name="guess"]');
    const moments = root.querySelector('select[name="moment"]');
    const guesses = {}; // by depth
    let now = 1;
    let depth, moment, measure, lines, p;

    function draw() {
      const { width, height } = chart.getBoundingClientRect();
      const em = parseFloat(getComputedStyle(chart).fontSize);
      p = placing(lines, width, height, em);
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      chart.innerHTML = axesSvg(p, MEASURES[measure][1])
        + lineSvg("plain", lines.plain, p) + lineSvg("residual", lines.residual, p) + nowSvg(now, lines, p);
      errors.setAttribute("viewBox", `0 0 ${width} ${4.8 * em}`);
      errors.innerHTML = errorsSvg(runs, depth, Boolean(guesses[depth]), width, em);
    }

    // What was trained is shown when the reader has predicted; each depth asks anew.
    function change(controls, control) {
      depth = depths[controls.depth];
      slider.previousElementSibling.textContent = `${depth} layers`;
      slider.setAttribute("aria-valuetext", `${depth} layers`);
      if (control === guess) guesses[depth] = controls.guess || guesses[depth];
      guess.value = guesses[depth] ?? "";
      moments.disabled = !guesses[depth];
      if (moments.disabled) moments.value = "start";
      moment = moments.value;
      measure = controls.measure;
      lines = Object.fromEntries(NETS.map((net) => [net, throughDepth(runs, net, depth, moment, measure)]));
      const said = verdictText(runs, depth, guesses[depth]);
      if (part("verdict").textContent !== said) part("verdict").textContent = said;
      chart.setAttribute("aria-valuemax", lines.plain.length - 1);
      select(now);
    }

    function select(block) {
      const blocks = lines.plain.length - 1;
      now = Math.min(Math.max(block, 0), blocks);
      draw();
      const [plain, residual] = NETS.map((net) => lines[net][now]);
      const value = (one) => `<strong data-role="value">${one ? number(one.median) : "no number"}</strong>`;
      part("live").innerHTML = `${place(now, blocks)}, ${MEASURES[measure][0]} is ${value(plain)} in the plain network and `
        + `${value(residual)} in the residual one.`;
      chart.setAttribute("aria-valuenow", now);
      chart.setAttribute("aria-valuetext", place(now, blocks));
    }

    function point(event) {
      const x = event.clientX - chart.getBoundingClientRect().left;
      select(Math.round(((x - p.left) / (p.right - p.left)) * p.blocks));
    }

    function move(key) {
      const block = along(key, now, 0);
      if (block !== undefined) select(block);
      return block !== undefined;
    }

    // Playing begins again at the end; the buttons stop there.
    const step = (by, playing) => select(playing && now === p.blocks ? 0 : now + by);

    return { change, step, move, point, draw };
  }

  Explorer.define("depth-explorer", {
    label: "Depth explorer",
    help: "Point at a block or use the arrow keys on the chart.",
    sliders: [["depth", "Depth", 0, 2, 2, 1]],
    lists: LISTS,
    body: bodyHtml,
    view,
    pause: 500,
  });
})();
