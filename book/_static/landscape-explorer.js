/* Landscape explorer: six optimizers go down one landscape from one start. On one side their paths over
   contour lines, on the other the loss of each against the step, on a logarithmic axis.

   Mount   <div class="landscape-explorer" data-landscape="ravine" data-angle="0" data-play>Text for readers without
           JavaScript.</div> explorer.js, which pages load before this file, has the controls. Further attributes:
           data-u, data-v (the start), data-off="adagrad adam" (whom to leave out at first), data-seed (of the noise).
   Keys    The picture is one tab stop: the arrow keys move the start, Page Up and Page Down go ten steps
           on and back, Home and End to the first step and to the last.
   Hooks   input[name="t"], "angle", "noise", "scale"; select[name="landscape"]
           data-role: "chart" (the SVG), "start" (the handle), "live" (who is where, polite), "summary" (the landscape), "rates"
           tr[data-rule] with input[type="checkbox"], [data-role="rate"], "loss", "state";
           .lx-path and .lx-curve with data-rule (the way over the landscape, and the loss) */

(function () {
  "use strict";

  /* Arithmetic. A point of a landscape is (u, v): its loss is u²/2 + h(v). The page shows it as (x, y), turned by
     an angle, and (x, y) is what the optimizers see: rules that treat each entry on its own depend on the angle. */

  const STEPS = 300;
  const REACH = 2.1; // from the middle of the picture to its edges
  const ARRIVED = 1e-3; // a loss
  const NEAR = 0.1; // a distance from the saddle
  const FAR = 1000; // a distance from the middle, where a path has diverged
  const CURVES = { ravine: 50, bowl: 1 };
  const SLOW = 0.05; // how steep the saddle falls off, beside the slope of 1 across

  const parabola = (curve) => ({
    height: (v) => (curve * v * v) / 2,
    slope: (v) => curve * v,
    minima: [0],
    // The v with h(v) <= level, as pairs of ends.
    below: (level) => [[-Math.sqrt((2 * level) / curve), Math.sqrt((2 * level) / curve)]],
  });

  const LANDSCAPES = {
    ravine: { ...parabola(CURVES.ravine), start: [-1.8, 0.6], noise: 0 },
    saddle: {
      height: (v) => (SLOW * (1 - v * v) ** 2) / 4,
      slope: (v) => SLOW * (v * v * v - v),
      minima: [-1, 1],
      below(level) {
        const q = Math.sqrt((4 * level) / SLOW);
        const [least, most] = [Math.sqrt(Math.max(0, 1 - q)), Math.sqrt(1 + q)];
        return q < 1 ? [[-most, -least], [least, most]] : [[-most, most]];
      },
      start: [-1.6, 0.001], noise: 0,
    },
    bowl: { ...parabola(CURVES.bowl), start: [-1.6, 1.2], noise: 1 },
  };

  function turned(angle) {
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    return {
      toPage: (u, v) => [cos * u - sin * v, sin * u + cos * v],
      toLandscape: (x, y) => [cos * x + sin * y, cos * y - sin * x],
    };
  }

  // The loss and the gradient at (x, y), as functions.
  function surfaceOf({ landscape, angle }) {
    const { height, slope } = LANDSCAPES[landscape];
    const { toPage, toLandscape } = turned(angle);
    return {
      loss(x, y) {
        const [u, v] = toLandscape(x, y);
        return (u * u) / 2 + height(v);
      },
      gradient(x, y) {
        const [u, v] = toLandscape(x, y);
        return toPage(u, slope(v));
      },
    };
  }

  // Numbers from 0 to below 1: mulberry32, a generator of 32 bits, which any language can repeat.
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let z = Math.imul(state ^ (state >>> 15), state | 1);
      z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
      return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  // For each step a pair of numbers of mean 0 and variance 1, nearly normal: sums of twelve uniform ones.
  function noiseOf(seed, steps = STEPS) {
    const next = generator(seed);
    const one = () => Array.from({ length: 12 }, next).reduce((sum, value) => sum + value, 0) - 6;
    return Array.from({ length: steps }, () => [one(), one()]);
  }

  // Where each rule takes one entry x. Its memory m.v and m.s is 0 at first; t counts the steps from 1 on. The order
  // of all operations is that of the course's package, so that the rounding is the same, too.
  const RULES = {
    sgd: { name: "SGD", move: (m, x, dx, rate) => x - rate * dx },
    momentum: {
      name: "momentum",
      move(m, x, dx, rate) {
        m.v = 0.9 * m.v + dx;
        return x - rate * m.v;
      },
    },
    nesterov: {
      name: "Nesterov",
      move(m, x, dx, rate) {
        const before = m.v;
        m.v = 0.9 * before - rate * dx;
        return x - 0.9 * before + 1.9 * m.v;
      },
    },
    adagrad: {
      name: "AdaGrad",
      move(m, x, dx, rate) {
        m.s = m.s + dx * dx;
        return x - (rate * dx) / (Math.sqrt(m.s) + 1e-10);
      },
    },
    rmsprop: {
      name: "RMSProp",
      move(m, x, dx, rate) {
        m.s = 0.99 * m.s + (1 - 0.99) * (dx * dx);
        return x - (rate * dx) / (Math.sqrt(m.s) + 1e-8);
      },
    },
    adam: {
      name: "Adam",
      move(m, x, dx, rate, t) {
        m.v = 0.9 * m.v + (1 - 0.9) * dx;
        m.s = 0.999 * m.s + (1 - 0.999) * (dx * dx);
        const mean = m.v / (1 - 0.9 ** t);
        return x - (rate * mean) / (Math.sqrt(m.s / (1 - 0.999 ** t)) + 1e-8);
      },
    },
  };

  const isInside = (x, y) => Math.abs(x) <= REACH && Math.abs(y) <= REACH;

  // The points of a path, [x, y] for each step from 0 on, and their losses. If it is to stay in the picture, it ends
  // with the first point that does not.
  function pathOf(rule, rate, setting, noise = noiseOf(setting.seed), stays = false) {
    const { move } = RULES[rule];
    const { loss, gradient } = surfaceOf(setting);
    const [mx, my] = [{ v: 0, s: 0 }, { v: 0, s: 0 }];
    let [x, y] = turned(setting.angle).toPage(setting.u, setting.v);
    const points = [[x, y]];
    const losses = [loss(x, y)];
    for (let t = 1; t <= STEPS && (!stays || isInside(x, y)); t++) {
      const [dx, dy] = gradient(x, y);
      x = move(mx, x, dx + setting.noise * noise[t - 1][0], rate, t);
      y = move(my, y, dy + setting.noise * noise[t - 1][1], rate, t);
      points.push([x, y]);
      losses.push(loss(x, y));
    }
    return { points, losses };
  }

  // The step since which the loss has been at most ARRIVED, of the steps up to `last`; Infinity if it is not.
  function arrivalOf(losses, last = STEPS) {
    let step = last + 1;
    while (step > 0 && losses[step - 1] <= ARRIVED) step--;
    return step > last ? Infinity : step;
  }

  // Two digits each, twenty for a factor of ten, from 0.001 to 10.
  const RATES = Array.from({ length: 81 }, (_, k) => Number((10 ** (k / 20 - 3)).toPrecision(2)));

  // A landscape as it is before a reader changes anything but its angle.
  function ownSetting(landscape, angle, seed = 1) {
    const { start: [u, v], noise } = LANDSCAPES[landscape];
    return { landscape, angle, noise, seed, u, v };
  }

  // Of all rates that keep a path in the picture, the one that arrives first. Where none arrives, the one
  // whose losses have the least mean.
  function bestRate(rule, setting, noise = noiseOf(setting.seed)) {
    let best = { arrival: Infinity, mean: Infinity };
    for (const rate of RATES) {
      const { points, losses } = pathOf(rule, rate, setting, noise, true);
      if (!isInside(...points[points.length - 1])) continue;
      const arrival = arrivalOf(losses);
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      if (arrival < best.arrival || (arrival === best.arrival && mean < best.mean)) best = { rate, arrival, mean };
    }
    return best.rate;
  }

  function bestRates(landscape, angle) {
    const setting = ownSetting(landscape, angle);
    const noise = noiseOf(setting.seed);
    return Object.fromEntries(Object.keys(RULES).map((rule) => [rule, bestRate(rule, setting, noise)]));
  }

  // Where a path is at a step: "diverged", on the "saddle", "arrived" (and since when), or "under way" (and how far
  // from the next minimum).
  function placeOf({ points, losses }, now, { landscape, angle }) {
    const away = Math.hypot(...points[now]);
    if (!(away <= FAR)) return { kind: "diverged" };
    if (landscape === "saddle" && away < NEAR) return { kind: "saddle" };
    const since = arrivalOf(losses, now);
    if (since <= now) return { kind: "arrived", since };
    const [u, v] = turned(angle).toLandscape(...points[now]);
    return { kind: "under way", left: Math.min(...LANDSCAPES[landscape].minima.map((lowest) => Math.hypot(u, v - lowest))) };
  }

  // Closed lines of one loss, as lists of points (u, v).
  function contourOf(landscape, level, corners = 96) {
    const { height, below } = LANDSCAPES[landscape];
    return below(level).map(([least, most]) => Array.from({ length: corners }, (_, n) => {
      const turn = (2 * Math.PI * n) / corners;
      const v = (least + most) / 2 + ((most - least) / 2) * Math.cos(turn);
      return [Math.sign(Math.sin(turn)) * Math.sqrt(Math.max(0, 2 * (level - height(v)))), v];
    }));
  }

  if (typeof module !== "undefined") {
    module.exports = {
      RULES, RATES, LANDSCAPES, surfaceOf, noiseOf, pathOf, arrivalOf, ownSetting, bestRates, placeOf, contourOf,
    };
  }
  if (typeof document === "undefined") return;

  /* Words. */

  const { fixed, number } = Explorer;

  function joined(words) {
    return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
  }

  const LOOKS = {
    ravine: (turn) => `A ravine${turn}: across it, the slope grows ${CURVES.ravine} times as fast as along it`,
    saddle: (turn) => `A saddle${turn}, with a minimum on either side of it`,
    bowl: () => "A round bowl",
  };

  // Rates do not follow a start or a noise that the reader changes.
  function ratesText({ landscape, noise, scale, u, v }) {
    const own = LANDSCAPES[landscape];
    const factor = scale === 0 ? "" : `${number(10 ** scale)} times `;
    const others = [];
    if (u !== own.start[0] || v !== own.start[1]) others.push("from the landscape's own start");
    if (noise !== own.noise) others.push(own.noise ? `at a noise of ${fixed(own.noise, 1)}` : "without noise");
    const rate = others.length ? `the rate that is best ${joined(others)}` : "its best rate for this landscape";
    return `Each optimizer has ${factor}${rate}.`;
  }

  function summaryText({ landscape, angle, noise }) {
    const look = LOOKS[landscape](angle ? `, turned by ${angle}°` : "");
    const noisy = noise ? ` Noise of standard deviation ${fixed(noise, 1)} is added to each gradient.` : "";
    return `${look}.${noisy}`;
  }

  const SAID = {
    arrived: ["has arrived", "have arrived"],
    saddle: ["sits on the saddle", "sit on the saddle", "all sit on the saddle"],
    diverged: ["has diverged", "have diverged", "all have diverged"],
    "under way": ["has not arrived", "have not arrived", "none has arrived"],
  };

  // Whose loss is the lowest, if one is lower than the others.
  function lowestText(seen) {
    const [first, second] = seen.filter(({ loss }) => Number.isFinite(loss)).sort((one, other) => one.loss - other.loss);
    if (!first || seen.length < 2 || (second && first.loss >= 0.99 * second.loss)) return "";
    return ` The loss of ${first.name} is the lowest, ${number(first.loss)}.`;
  }

  // Who is where; `seen` has for each rule its name, its loss and its place.
  function liveText(now, seen) {
    const step = `Step <strong data-role="value">${now}</strong>`;
    if (seen.length === 0) return `${step}: all optimizers are switched off.`;
    if (now === 0) return `${step}: all are at the start, at a loss of ${number(seen[0].loss)}.`;
    const groups = Object.entries(SAID).map(([kind, verbs]) => {
      const here = seen.filter(({ place }) => place.kind === kind);
      const names = here.map(({ name, place }) => (kind === "arrived" ? `${name} (step ${place.since})` : name));
      if (here.length > 2 && here.length === seen.length && kind !== "arrived") return verbs[2];
      return here.length ? `${joined(names)} ${verbs[here.length > 1 ? 1 : 0]}` : "";
    });
    return `${step}: ${groups.filter(Boolean).join("; ")}.${lowestText(seen)}`;
  }

  function stateText({ kind, since, left }) {
    if (kind === "arrived") return `arrived at step ${since}`;
    if (kind === "under way") return `${number(left)} to go`;
    return kind === "saddle" ? "on the saddle" : "diverged";
  }

  /* Drawing, in the page's own pixels, so that text is as large on a phone. */

  const round = (value) => Math.round(value * 10) / 10;
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  const LEVELS = {
    ravine: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    saddle: [0.001, 0.004, 0.008, SLOW / 4, 0.03, 0.1, 0.3, 1, 2],
    bowl: [0.01, 0.03, 0.1, 0.3, 1, 2, 3],
  };
  const DECADES = [-6, 2]; // of the losses that are drawn

  const MARKS = {
    sgd: "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z",
    momentum: "M-4.5-4.5H4.5V4.5H-4.5Z",
    nesterov: "M0-6.5L6 4.5H-6Z",
    adagrad: "M0-6.5L6.5 0L0 6.5L-6.5 0Z",
    rmsprop: "M0 6.5L6-4.5H-6Z",
    adam: "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
  };

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  // Two panels, side by side, or one below the other where it is narrow.
  function placing(width, em) {
    const beside = width > 34 * em;
    const side = beside ? Math.min(width * 0.55, 26 * em) : Math.min(width, 26 * em);
    const plane = { left: beside ? 0 : (width - side) / 2, top: 0, side };
    const left = (beside ? side + 1.2 * em : 0) + 3.2 * em;
    const top = beside ? 1.8 * em : side + 2.2 * em;
    const bottom = beside ? side - 3 * em : top + 11 * em;
    const right = width - 1.2 * em;
    const [half, unit] = [side / 2, side / 2 / REACH];
    const [cx, cy] = [plane.left + half, plane.top + half];
    const [low, high] = DECADES;
    return {
      em, plane, left, right, top, bottom, height: bottom + 3.2 * em,
      at: ([x, y]) => [cx + unit * x, cy - unit * y],
      from: (px, py) => [(px - cx) / unit, (cy - py) / unit],
      x: (t) => left + ((right - left) * t) / STEPS,
      y: (loss) => bottom - ((bottom - top) * (within(Math.log10(loss), low - 1, high + 1) - low)) / (high - low),
      step: (px) => Math.round(((px - left) / (right - left)) * STEPS),
    };
  }

  const line = (points) => points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");

  function groundSvg({ landscape, angle }, { em, at }) {
    const { toPage } = turned(angle);
    const place = ([u, v]) => at(toPage(u, v));
    const contours = LEVELS[landscape].map((level) => {
      const d = contourOf(landscape, level).map((points) => `M${line(points.map(place))}Z`).join("");
      return `<path class="lx-contour" d="${d}"/>`;
    });
    const { minima } = LANDSCAPES[landscape];
    const lowest = minima.map((v) => {
      const [x, y] = place([0, v]).map(round);
      return `<path class="lx-minimum" d="M${x - 5} ${y}h10M${x} ${y - 5}v10"/>`;
    });
    const named = landscape === "saddle" ? [[0, "saddle"], ...minima.map((v) => [v, "minimum"])] : [];
    const names = named.map(([v, words]) => {
      const [x, y] = place([0, v]);
      return text(x + 0.8 * em, y + 1.3 * em, words);
    });
    return contours.reverse().join("") + lowest.join("") + names.join("");
  }

  function axesSvg(p) {
    const parts = [];
    for (let power = DECADES[0]; power <= DECADES[1]; power++) {
      const y = round(p.y(10 ** power));
      parts.push(`<path class="lx-grid" d="M${round(p.left)} ${y}H${round(p.right)}"/>`);
      if (power % 2 === 0) parts.push(text(p.left - 0.5 * p.em, y + 0.35 * p.em, power ? number(10 ** power).replace("1.0·", "") : "1", 'text-anchor="end"'));
    }
    for (let t = 0; t <= STEPS; t += 100) parts.push(text(p.x(t), p.bottom + 1.4 * p.em, t, 'text-anchor="middle"'));
    parts.push(text((p.left + p.right) / 2, p.bottom + 2.8 * p.em, "step", 'text-anchor="middle"'));
    parts.push(text(p.left, p.top - 0.7 * p.em, "loss"));
    const y = round(p.y(ARRIVED));
    parts.push(`<path class="lx-arrived" d="M${round(p.left)} ${y}H${round(p.right)}"/>`);
    parts.push(text(p.right - 0.3 * p.em, y + 1.2 * p.em, "arrived", 'text-anchor="end"'));
    return parts.join("");
  }

  // A path up to a step, as far as it has numbers; what is far away is drawn in its direction.
  function shownPoints(points, now) {
    const shown = [];
    for (const [x, y] of points.slice(0, now + 1)) {
      const away = Math.max(Math.abs(x), Math.abs(y));
      if (!Number.isFinite(away)) break;
      const share = away > 50 ? 50 / away : 1;
      shown.push([x * share, y * share]);
    }
    return shown;
  }

  /* The widget. */

  const NAMES = Object.keys(RULES);

  function rowHtml(rule) {
    return `<tr data-rule="${rule}"><th scope="row"><label><input type="checkbox" value="${rule}" checked>
      <svg viewBox="0 0 40 16" aria-hidden="true"><path class="lx-line" d="M1 8H39"/><path class="lx-mark" d="${MARKS[rule]}" transform="translate(20 8)"/></svg>
      ${RULES[rule].name}</label></th><td data-role="rate"></td><td data-role="loss"></td><td data-role="state"></td></tr>`;
  }

  function bodyHtml(id) {
    const each = (inside) => NAMES.map((rule) => `<g data-rule="${rule}">${inside(rule)}</g>`).join("");
    const mark = (rule) => `<path class="lx-mark" d="${MARKS[rule]}"/>`;
    return `
      <p data-role="summary" aria-live="polite"></p>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Step and start"
        aria-valuemin="0" aria-valuemax="${STEPS}" aria-describedby="${id}-help">
        <clipPath id="${id}-plane"><rect rx="6"/></clipPath><clipPath id="${id}-plot"><rect/></clipPath>
        <g clip-path="url(#${id}-plane)"><g data-role="ground"></g>${each((rule) => `<polyline class="lx-path" data-rule="${rule}"/>`)}</g>
        <rect class="lx-frame" rx="6"/><g data-role="axes"></g><path class="lx-now"/>
        <g clip-path="url(#${id}-plot)">${each((rule) => `<polyline class="lx-curve" data-rule="${rule}"/>`)}</g>
        <g data-role="plot-marks">${each(mark)}</g>
        <g data-role="start"><circle class="lx-grip" r="22"/><circle class="lx-ring" r="9"/><text x="13" y="-8">start</text></g>
        <g data-role="marks">${each(mark)}</g>
      </svg>
      <p data-role="live" aria-live="polite"></p>
      <p data-role="rates"></p>
      <table class="lx-table"><thead><tr><th scope="col">optimizer</th><th scope="col">rate</th><th scope="col">loss</th><th scope="col">where</th></tr></thead>
        <tbody>${NAMES.map(rowHtml).join("")}</tbody></table>`;
  }

  function startOf(data, landscape) {
    const own = LANDSCAPES[landscape].start;
    const asked = [data.u, data.v].map((value, n) => (value === undefined ? own[n] : Number(value)));
    return reachable(asked.every(Number.isFinite) ? asked : own);
  }

  // A start may be as far from the middle as stays in the picture at each angle.
  function reachable([u, v]) {
    const share = Math.min(1, 2 / Math.hypot(u, v));
    return share < 1 ? [u * share, v * share] : [u, v];
  }

  const snapped = (value) => Math.round(value * 20) / 20;

  function view({ root, id, part, data }) {
    const chart = part("chart");
    const input = (name) => root.querySelector(`input[name="${name}"]`);
    const list = root.querySelector('select[name="landscape"]');
    const seed = Number(data.seed ?? 1);
    const found = new Map(); // best rates, by landscape and angle
    const off = new Set((data.off ?? "").split(/[ _]/));
    let start = startOf(data, list.value);
    let now = 0;
    let [fresh, rest, dragged] = [true, 0, false];
    let setting, rates, runs, p;

    if (data.noise === undefined) input("noise").value = LANDSCAPES[list.value].noise;
    for (const box of root.querySelectorAll(".lx-table input")) box.checked = !off.has(box.value);

    const isOn = (rule) => root.querySelector(`.lx-table input[value="${rule}"]`).checked;

    function ratesFor({ landscape, angle }) {
      const key = `${landscape} ${angle}`;
      if (!found.has(key)) found.set(key, bestRates(landscape, angle));
      return found.get(key);
    }

    function change(controls, control) {
      if (control === list) {
        start = LANDSCAPES[list.value].start;
        input("noise").value = controls.noise = LANDSCAPES[list.value].noise;
      }
      if (control) fresh = false;
      now = controls.t;
      setting = { ...controls, seed };
      rates = ratesFor(setting);
      told("noise", fixed(setting.noise, 1));
      told("angle", `${setting.angle}°`);
      told("scale", `× ${number(10 ** setting.scale)}`);
      const said = summaryText(setting);
      if (part("summary").textContent !== said) part("summary").textContent = said;
      for (const rule of NAMES) cell(rule, "rate", number(rates[rule] * 10 ** setting.scale));
      compute();
      draw();
    }

    function told(name, words) {
      input(name).previousElementSibling.textContent = words;
      input(name).setAttribute("aria-valuetext", words);
    }

    function compute() {
      [setting.u, setting.v] = start;
      part("rates").textContent = ratesText(setting);
      const noise = noiseOf(setting.seed);
      runs = Object.fromEntries(NAMES.map((rule) => [rule, pathOf(rule, rates[rule] * 10 ** setting.scale, setting, noise)]));
    }

    // What changes with the width, the landscape and its angle.
    function draw() {
      const em = parseFloat(getComputedStyle(chart).fontSize);
      const { width } = chart.getBoundingClientRect();
      if (!width) return; // a hidden page
      p = placing(width, em);
      chart.style.height = `${p.height}px`;
      chart.setAttribute("viewBox", `0 0 ${round(width)} ${round(p.height)}`);
      const { left, top, side } = p.plane;
      for (const rect of chart.querySelectorAll(`#${id}-plane rect, .lx-frame`)) box(rect, left + 1, top + 1, side - 2, side - 2);
      box(chart.querySelector(`#${id}-plot rect`), p.left, p.top, p.right - p.left, p.bottom - p.top);
      part("ground").innerHTML = groundSvg(setting, p);
      part("axes").innerHTML = axesSvg(p);
      update();
    }

    function box(rect, ...sides) {
      ["x", "y", "width", "height"].forEach((name, n) => rect.setAttribute(name, round(sides[n])));
    }

    function cell(rule, role, words) {
      root.querySelector(`.lx-table [data-rule="${rule}"] [data-role="${role}"]`).textContent = words;
    }

    function showRule(rule) {
      const { points, losses } = runs[rule];
      const shown = shownPoints(points, now);
      const seen = losses.slice(0, now + 1).map((loss, t) => [p.x(t), p.y(loss)]).filter(([, y]) => Number.isFinite(y));
      for (const group of chart.querySelectorAll(`g[data-rule="${rule}"]`)) group.toggleAttribute("hidden", !isOn(rule));
      chart.querySelector(`.lx-path[data-rule="${rule}"]`).setAttribute("points", line(shown.map(p.at)));
      chart.querySelector(`.lx-curve[data-rule="${rule}"]`).setAttribute("points", line(seen));
      const { left, top, side } = p.plane;
      const [x, y] = p.at(shown[shown.length - 1]);
      mark("marks", rule, within(x, left + 6, left + side - 6), within(y, top + 6, top + side - 6));
      const [sx, sy] = seen[seen.length - 1];
      mark("plot-marks", rule, sx, within(sy, p.top, p.bottom));
      const place = placeOf(runs[rule], now, setting);
      cell(rule, "loss", number(losses[now]));
      cell(rule, "state", now === 0 ? "at the start" : stateText(place));
      return { name: RULES[rule].name, loss: losses[now], place };
    }

    function mark(role, rule, x, y) {
      part(role).querySelector(`[data-rule="${rule}"] path`).setAttribute("transform", `translate(${round(x)} ${round(y)})`);
    }

    // What changes with the step and the start.
    function update() {
      const shown = Object.fromEntries(NAMES.map((rule) => [rule, showRule(rule)]));
      part("live").innerHTML = liveText(now, NAMES.filter(isOn).map((rule) => shown[rule]));
      chart.querySelector(".lx-now").setAttribute("d", `M${round(p.x(now))} ${round(p.top)}V${round(p.bottom)}`);
      const [x, y] = p.at(turned(setting.angle).toPage(...start)).map(round);
      part("start").setAttribute("transform", `translate(${x} ${y})`);
      const isRight = x > p.plane.left + p.plane.side - 4 * p.em;
      const name = part("start").querySelector("text");
      name.setAttribute("x", isRight ? -13 : 13);
      name.setAttribute("text-anchor", isRight ? "end" : "start");
      name.setAttribute("y", y < 2 * p.em ? 18 : -8);
      chart.setAttribute("aria-valuenow", now);
      chart.setAttribute("aria-valuetext", `Step ${now}, start at ${fixed(start[0], 3)} along and ${fixed(start[1], 3)} across`);
    }

    function select(t) {
      now = within(t, 0, STEPS);
      input("t").value = now;
      input("t").previousElementSibling.textContent = now;
      update();
    }

    function begin(u, v) {
      start = reachable([u, v]).map(snapped);
      fresh = false;
      compute();
      update();
    }

    function beginAt(px, py) {
      begin(...turned(setting.angle).toLandscape(...p.from(px, py)));
    }

    function placeIn(event) {
      const { left, top } = chart.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    }

    // The handle stays the same element while it is dragged, so that a finger does not lose it.
    part("start").addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragged = true;
      part("start").setPointerCapture(event.pointerId);
    });
    // Within a picture, browsers pass over touch-action: this keeps the page in its place.
    part("start").addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    for (const kind of ["pointerup", "pointercancel"]) part("start").addEventListener(kind, () => (dragged = false));

    function point(event) {
      const [px, py] = placeIn(event);
      if (event.type === "pointermove") {
        if (dragged) beginAt(px, py);
        return;
      }
      const { left, top, side } = p.plane;
      if (px >= left && px <= left + side && py >= top && py <= top + side) {
        if (!event.target.closest('[data-role="start"]')) beginAt(px, py);
      } else if (px >= p.left - p.em && py >= p.top && py <= p.bottom) {
        fresh = false;
        select(p.step(px));
      }
    }

    function move(key) {
      const moves = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] };
      const steps = { PageUp: now + 10, PageDown: now - 10, Home: 0, End: STEPS };
      if (moves[key]) begin(start[0] + moves[key][0], start[1] + moves[key][1]);
      else if (steps[key] !== undefined) select(steps[key]);
      else return false;
      fresh = false;
      return true;
    }

    // Played for the first time it begins at the start. Later steps go two at a time, and the end stays for a while.
    function step(by, playing) {
      const again = playing && (fresh || rest > 25);
      fresh = false;
      rest = playing && now === STEPS && !again ? rest + 1 : 0;
      select(again ? 0 : now + (playing && now >= 60 ? 2 * by : by));
    }

    return { change, step, move, point, draw };
  }

  Explorer.define("landscape-explorer", {
    label: "Landscape explorer",
    help: "Drag the start, or move it with the arrow keys; tap the losses to choose a step.",
    sliders: [
      // name, label, least, most, first value, step, digits
      ["t", "Step", 0, STEPS, 60],
      ["angle", "Angle", 0, 45, 0],
      ["noise", "Noise", 0, 2, 0, 0.1, 1],
      ["scale", "All rates", -2, 2, 0, 0.1, 1],
    ],
    lists: [["landscape", "Landscape", [["ravine", "a ravine"], ["saddle", "a saddle"], ["bowl", "a bowl, noisy gradients"]]]],
    further: { u: /^-?[0-2](\.\d{1,4})?$/, v: /^-?[0-2](\.\d{1,4})?$/, off: /^[a-z]+(_[a-z]+)*$/, seed: /^\d{1,4}$/ },
    body: bodyHtml,
    view,
    pause: 80,
  });
})();
