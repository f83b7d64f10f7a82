/* Hello explorer: a recurrent network of three units, drawn once for each letter that it reads. Each column shows the
   letter, the state that the step makes, the logits of the four letters, and the choice. The five types of input and
   output are five ways to use the same network: they differ in which letters are given and which choices are read.

   Mount   <div class="hello-explorer" data-type="many-to-many" data-memory="1">Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the controls.
   Keys    The picture is one tab stop: the arrow keys go from step to step, Home and End to the first and the last.
   Hooks   input[name="memory"]; select[name="word"]; button[data-type="one-to-one"] and the other four types
           data-role: "chart" (the SVG), "live" (the chosen step, polite), "value" (its probability),
           "summary" (what is read and said, polite)
           .he-input, .he-state, .he-logit, .he-choice with data-step; .he-fed (a choice that is read next) */

(function () {
  "use strict";

  /* Arithmetic. Vectors are rows: a = x wx + memory h wh + b, h = tanh(a), logits = h wy + by. The weights were trained
     on "hello" with the memory at 1, and rounded to one digit. */

  const LETTERS = "helo";
  const WX = [[1.2, -0.8, 0.9], [-0.8, 0, -0.6], [-0.5, 0.8, -0.4], [0, 0, 0]]; // a row for each letter
  const WH = [[-1.1, 0.2, 0.4], [-0.6, 0.3, 2], [0, -1.5, -0.2]];
  const B = [0.3, -0.7, 0.4];
  const WY = [[0, 1.7, 0.1, -1.5], [0.1, -1.5, 0, 1.6], [0.5, 1.8, -1.9, 1.7]];
  const BY = [-1.3, 0, 1.6, 0.1];
  const WORD = "hello";
  const STEPS = 4;

  // How many letters are given, after which step choices are read, and the last step.
  const TYPES = {
    "one-to-one": { name: "one to one", given: 1, first: 1, steps: 1 },
    "one-to-many": { name: "one to many", given: 1, first: 1, steps: STEPS },
    "many-to-one": { name: "many to one", given: STEPS, first: STEPS, steps: STEPS },
    "many-then-many": { name: "many, then many", given: 2, first: 2, steps: STEPS },
    "many-to-many": { name: "many to many", given: STEPS, first: 1, steps: STEPS },
  };

  const product = (row, matrix, n) => row.reduce((sum, value, m) => sum + value * matrix[m][n], 0);

  function stateAfter(letter, h, memory) {
    const x = WX[LETTERS.indexOf(letter)];
    return B.map((bias, m) => Math.tanh(x[m] + memory * product(h, WH, m) + bias));
  }

  function softmax(logits) {
    const most = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - most));
    const total = powers.reduce((sum, value) => sum + value, 0);
    return powers.map((value) => value / total);
  }

  // Each step: its letter, whether that is the choice before (fed), state, logits, probabilities, choice, and whether it is read.
  function run({ type, word, memory }) {
    const { given, first, steps } = TYPES[type];
    const rows = [];
    let h = B.map(() => 0);
    for (let t = 1; t <= steps; t++) {
      const fed = t > given;
      const letter = fed ? rows[t - 2].choice : word[t - 1];
      h = stateAfter(letter, h, memory);
      const logits = BY.map((bias, k) => product(h, WY, k) + bias);
      const choice = LETTERS[logits.indexOf(Math.max(...logits))];
      rows.push({ letter, fed, state: h, logits, probabilities: softmax(logits), choice, read: t >= first });
    }
    return rows;
  }

  // The mean of -log p of the right letters over the choices that are read; null for a word that is not "hello".
  function loss(setting) {
    if (setting.word !== WORD.slice(0, STEPS)) return null;
    const costs = run(setting).map(({ probabilities, read }, t) =>
      read ? -Math.log(probabilities[LETTERS.indexOf(WORD[t + 1])]) : null);
    const counted = costs.filter((cost) => cost !== null);
    return counted.reduce((sum, cost) => sum + cost, 0) / counted.length;
  }

  if (typeof module !== "undefined") module.exports = { LETTERS, TYPES, WX, WH, B, WY, BY, run, loss };
  if (typeof document === "undefined") return;

  /* Words. */

  const { fixed, along } = Explorer;
  const LARGEST = 5; // no logit is larger: its weights and its bias add up to at most this
  const spaced = (letters) => letters.join(" ");

  function stepText(rows, step, memory) {
    const { letter, fed, state, logits, probabilities, choice, read } = rows[step - 1];
    const source = fed ? `Step ${step} reads <b>${letter}</b>, the choice before it.` : `Step ${step} reads <b>${letter}</b>.`;
    const from = step === 1 || memory === 0 ? "from the letter alone" : "from the letter and the state before";
    const numbers = state.map((value) => fixed(value, 2)).join(", ");
    const said = [...LETTERS].map((one, k) => `${one} ${fixed(logits[k], 1)}`).join(", ");
    const most = Math.max(...probabilities);
    const end = read ? `The choice is <b>${choice}</b>, with probability <strong data-role="value">${fixed(most, 2)}</strong>.`
      : "This step is not asked for a choice.";
    return `${source} Its state, ${from}: ${numbers}.${read ? ` Logits: ${said}.` : ""} ${end}`;
  }

  function summaryText(rows, setting) {
    const given = spaced(rows.filter((row) => !row.fed).map((row) => row.letter));
    const said = spaced(rows.filter((row) => row.read).map((row) => row.choice));
    const cost = loss(setting);
    return `${TYPES[setting.type].name}: reads ${given}, says ${said}.${cost === null ? "" : ` Loss ${fixed(cost, 3)}.`}`;
  }

  /* Drawing, in the page's own pixels, so that text is as large on a phone. */

  const round = (value) => Math.round(value * 10) / 10;

  function placing(width, em) {
    const labels = width > 34 * em ? 4.6 * em : 0;
    const column = (width - labels - 1.6 * em) / STEPS;
    const box = Math.max(Math.min(column - 1.9 * em, 7 * em), 2 * em); // a hidden page has no width
    const rows = { choice: 1.3, logits: 6.3, state: 13.3, input: 18.3 }; // middles
    const y = Object.fromEntries(Object.entries(rows).map(([name, at]) => [name, at * em]));
    return {
      em, labels, column, box, y, height: 19.8 * em, bars: 2.2 * em, cell: 1.7 * em,
      x: (step) => labels + 1.6 * em + column * (step - 0.5),
      at: (x) => Math.floor((x - labels - 1.6 * em) / column) + 1,
    };
  }

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  function rect(x, y, width, height, more) {
    return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${more}/>`;
  }

  function arrow(points, className) {
    const [[x0, y0], [x1, y1]] = points.slice(-2);
    const length = Math.hypot(x1 - x0, y1 - y0) || 1;
    const [dx, dy] = [(6 * (x1 - x0)) / length, (6 * (y1 - y0)) / length];
    const line = points.map(([x, y]) => `${round(x)} ${round(y)}`).join("L");
    const head = [[x1 - dx - 0.7 * dy, y1 - dy + 0.7 * dx], [x1, y1], [x1 - dx + 0.7 * dy, y1 - dy - 0.7 * dx]];
    return `<path class="${className}" d="M${line}"/><path class="${className} he-head" d="M${head.map(([x, y]) => `${round(x)} ${round(y)}`).join("L")}"/>`;
  }

  function letterBox(x, y, letter, p, className, step) {
    const half = 0.95 * p.em;
    return rect(x - half, y - half, 2 * half, 2 * half, `rx="4" class="${className}" data-step="${step}"`)
      + text(x, y + 0.36 * p.em, letter, 'text-anchor="middle" class="he-letter"');
  }

  function logitsSvg({ logits, choice }, step, p) {
    const [left, width, gap] = [p.x(step) - p.box / 2, p.box / LETTERS.length, 2];
    const bars = logits.map((value, k) => {
      const height = (p.bars * Math.abs(value)) / LARGEST;
      const chosen = LETTERS[k] === choice;
      const x = left + k * width;
      return rect(x + gap / 2, value > 0 ? p.y.logits - height : p.y.logits, width - gap, Math.max(height, 0.5),
        `class="he-logit${chosen ? " is-chosen" : ""}" data-step="${step}" data-letter="${LETTERS[k]}"`)
        + text(x + width / 2, p.y.logits + p.bars + 1.1 * p.em, LETTERS[k], `text-anchor="middle"${chosen ? ' class="he-strong"' : ""}`);
    });
    return bars.join("") + `<path class="he-zero" d="M${round(left)} ${round(p.y.logits)}h${round(p.box)}"/>`;
  }

  function stateSvg({ state }, step, p) {
    const [left, top] = [p.x(step) - p.box / 2, p.y.state - 1.5 * p.cell];
    return state.map((value, m) => {
      const y = top + m * p.cell;
      const share = round(Math.abs(value) * 45);
      return rect(left, y, p.box, p.cell, `class="he-state ${value < 0 ? "is-below" : "is-above"}" style="--share: ${share}%" data-step="${step}" data-unit="${m + 1}"`)
        + text(p.x(step), y + p.cell / 2 + 0.34 * p.em, fixed(value, 2), 'text-anchor="middle" class="he-number"');
    }).join("");
  }

  function columnSvg(rows, step, p, { memory }) {
    const row = rows[step - 1];
    const [x, half] = [p.x(step), p.box / 2];
    const { input, state, logits, choice } = p.y;
    const parts = [stateSvg(row, step, p), arrow([[x, input - 1.1 * p.em], [x, state + 1.5 * p.cell + 3]], "he-arrow")];
    const from = step === 1 ? x - half - 1.1 * p.em : p.x(step - 1) + half;
    if (step > 1 && memory > 0) {
      parts.push(`<g style="--wide: ${round(1 + 2 * memory)}px">${arrow([[from + 2, state], [x - half - 3, state]], "he-arrow he-memory")}</g>`);
    }
    if (row.fed) {
      const [side, down] = [p.x(step - 1) + 1.1 * p.em, (p.x(step - 1) + x) / 2];
      parts.push(arrow([[side, choice], [down, choice], [down, input], [x - 1.2 * p.em, input]], "he-arrow he-fed"));
    }
    parts.push(letterBox(x, input, row.letter, p, `he-input${row.fed ? " is-fed" : ""}`, step));
    if (row.read) {
      parts.push(logitsSvg(row, step, p), letterBox(x, choice, row.choice, p, "he-choice", step),
        arrow([[x, state - 1.5 * p.cell - 2], [x, logits + p.bars + 1.5 * p.em]], "he-arrow"),
        arrow([[x, logits - p.bars - 0.2 * p.em], [x, choice + 1.1 * p.em]], "he-arrow"));
    }
    return parts.join("");
  }

  function chartSvg(rows, step, p, setting) {
    const words = p.labels ? [["choice", p.y.choice], ["logits", p.y.logits], ["state", p.y.state], ["letter", p.y.input]] : [];
    const labels = words.map(([word, y]) => text(0, y + 0.35 * p.em, word)).join("");
    const mark = rect(p.x(step) - p.box / 2 - 0.4 * p.em, 0.5, p.box + 0.8 * p.em, p.height - 1, 'rx="6" class="he-mark"');
    return mark + labels + rows.map((_, n) => columnSvg(rows, n + 1, p, setting)).join("");
  }

  /* The widget. */

  function bodyHtml(id) {
    const buttons = Object.entries(TYPES).map(([type, { name }]) =>
      `<button type="button" data-type="${type}" aria-pressed="false">${name}</button>`);
    return `
      <div class="he-types" role="group" aria-label="Type of input and output">${buttons.join("")}</div>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Step" aria-valuemin="1"
        aria-describedby="${id}-help"></svg>
      <p data-role="summary" aria-live="polite"></p>
      <p data-role="live" aria-live="polite"></p>`;
  }

  function view({ root, part }) {
    const chart = part("chart");
    const buttons = [...root.querySelectorAll("button[data-type]")];
    let type = root.dataset.type in TYPES ? root.dataset.type : "many-to-many";
    let step = TYPES[type].first;
    let setting, rows, p;

    function draw() {
      const em = parseFloat(getComputedStyle(chart).fontSize);
      const { width } = chart.getBoundingClientRect();
      p = placing(width, em);
      chart.style.height = `${p.height}px`;
      chart.setAttribute("viewBox", `0 0 ${width} ${round(p.height)}`);
      chart.innerHTML = chartSvg(rows, step, p, setting);
    }

    function change(controls) {
      setting = { ...controls, type };
      rows = run(setting);
      for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.type === type);
      const said = summaryText(rows, setting);
      if (part("summary").textContent !== said) part("summary").textContent = said;
      chart.setAttribute("aria-valuemax", rows.length);
      select(step);
    }

    function choose(next, at) {
      type = next;
      step = at;
      change(setting);
    }

    function select(next) {
      step = Math.min(Math.max(next, 1), rows.length);
      draw();
      part("live").innerHTML = stepText(rows, step, setting.memory);
      chart.setAttribute("aria-valuenow", step);
      chart.setAttribute("aria-valuetext", `Step ${step}, reads ${rows[step - 1].letter}`);
    }

    function point(event) {
      select(p.at(event.clientX - chart.getBoundingClientRect().left));
    }

    function move(key) {
      const next = along(key, step, 1);
      if (next !== undefined) select(next);
      return next !== undefined;
    }

    // From step to step; while it plays, on to the next type after the last one.
    function step_(by, playing) {
      if (!playing || step < rows.length) return select(step + by);
      const types = Object.keys(TYPES);
      choose(types[(types.indexOf(type) + 1) % types.length], 1);
    }

    for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.type, 1));
    return { change, step: step_, move, point, draw };
  }

  Explorer.define("hello-explorer", {
    label: "Hello explorer",
    help: "Point at a step or use the arrow keys on the picture.",
    // name, label, least, most, first value, step, digits
    sliders: [["memory", "Memory kept", 0, 1, 1, 0.1, 1]],
    lists: [["word", "Letters given", [["hell", "h e l l"], ["heel", "h e e l"], ["lell", "l e l l"], ["hole", "h o l e"]]]],
    body: bodyHtml,
    view,
    pause: 1100,
  });
})();
