/* Dilution explorer: the gradients of a multilayer perceptron before training, a bar for each layer. The reader
   sets how deep it is, its activation function and where its weights start, and reads what is left in the first layer.

   Mount   <div class="dilution-explorer" data-depth="5" data-activation="sigmoid" data-start="xavier" data-play>
           Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the controls. Playing goes through the depths.
           data-layer is the layer that is chosen first, or the address has it: ?depth=9&layer=2
   Keys    The chart is one tab stop: left and right move the layer, Page Up and Page Down by five, Home and
           End go to the first and the last.
   Hooks   input[name="depth"], "seed"; select[name="activation"], "start", "measure"
           data-role: "chart" (the SVG, a slider), "ratio" (first against last, polite), "cause" (what makes it so,
           polite), "live" (the chosen layer, polite), "value" (the ratio, and the norm of the chosen layer)
           .du-bar (a layer, with data-layer) */

(function () {
  "use strict";

  /* Arithmetic. A network has `depth` hidden layers and one of scores: L = depth + 1. Arrays are flat, row
     after row: x (N, D), the weights of a layer (inputs, units), a = h w. Biases are 0. */

  const { uniform } = typeof module === "undefined" ? Explorer : require("./explorer.js");
  const [N, D, M, K] = [32, 16, 32, 10]; // examples, features, units of a hidden layer, classes

  // What a unit makes of its sum, and the slope there, from the value.
  const ACTIVATIONS = {
    sigmoid: [(a) => 1 / (1 + Math.exp(-a)), (h) => h * (1 - h)],
    tanh: [Math.tanh, (h) => 1 - h * h],
    relu: [(a) => Math.max(a, 0), (h) => (h > 0 ? 1 : 0)],
  };

  // The standard deviation of first weights.
  const STARTS = {
    small: () => 0.01,
    xavier: (inputs, units) => Math.sqrt(2 / (inputs + units)),
    he: (inputs) => Math.sqrt(2 / inputs),
  };

  // Standard normal numbers (Box and Muller), of which each part of the network has a stretch of its own:
  // 0 for x, 1 for the classes, 2 for the weights of the scores, 3 and so on for those of the hidden layers.
  const STRETCH = M * M;

  function normals(seed, part, count) {
    return Float64Array.from({ length: count }, (_, i) => {
      const n = 2 * (part * STRETCH + i);
      return Math.sqrt(-2 * Math.log(1 - uniform(seed, n))) * Math.cos(2 * Math.PI * uniform(seed, n + 1));
    });
  }

  function classes(seed) {
    return Array.from({ length: N }, (_, n) => Math.floor(K * uniform(seed, 2 * STRETCH + n)));
  }

  // The network of a setting: its input, its classes, and the weights of each layer.
  function network({ depth, start, seed }) {
    const layer = (part, inputs, units) => {
      const std = STARTS[start](inputs, units);
      return { inputs, units, w: normals(seed, part, inputs * units).map((z) => std * z) };
    };
    const hidden = Array.from({ length: depth }, (_, n) => layer(3 + n, n === 0 ? D : M, M));
    return { x: normals(seed, 0, N * D), y: classes(seed), layers: [...hidden, layer(2, M, K)] };
  }

  // x w, (N, units).
  function forwards(x, { inputs, units, w }) {
    const out = new Float64Array(N * units);
    for (let n = 0; n < N; n++) {
      for (let d = 0; d < inputs; d++) {
        for (let m = 0; m < units; m++) out[n * units + m] += x[n * inputs + d] * w[d * units + m];
      }
    }
    return out;
  }

  // The gradients with respect to x, delta w', and to w, x' delta.
  function backwards(delta, x, { inputs, units, w }) {
    const [dx, dw] = [new Float64Array(N * inputs), new Float64Array(inputs * units)];
    for (let n = 0; n < N; n++) {
      for (let d = 0; d < inputs; d++) {
        for (let m = 0; m < units; m++) {
          dx[n * inputs + d] += delta[n * units + m] * w[d * units + m];
          dw[d * units + m] += delta[n * units + m] * x[n * inputs + d];
        }
      }
    }
    return { dx, dw };
  }

  // The delta of the scores: softmax less 1 for the right class, over N, since the loss is a mean.
  function firstDelta(scores, y) {
    const delta = new Float64Array(N * K);
    for (let n = 0; n < N; n++) {
      const row = scores.subarray(n * K, (n + 1) * K);
      const most = Math.max(...row);
      const powers = row.map((score) => Math.exp(score - most));
      const total = powers.reduce((sum, value) => sum + value, 0);
      powers.forEach((value, k) => (delta[n * K + k] = (value / total - (k === y[n] ? 1 : 0)) / N));
    }
    return delta;
  }

  const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const geometricMean = (values) => Math.exp(mean(values.map(Math.log)));
  const isDead = (h, m) => Array.from({ length: N }, (_, n) => h[n * M + m]).every((value) => value === 0);

  // One pass forward and one back. For each layer, the first one first: the norms of the gradients with respect to its
  // weights and to its pre-activations; of a hidden one the mean slope, the size of the values (root mean
  // square) and how many units are 0 for every example. Then what the slopes and what the weights multiply
  // the norm of a delta by, from a layer to the one below, as geometric means.
  function measure(setting) {
    const { x, y, layers } = network(setting);
    const [act, slope] = ACTIVATIONS[setting.activation];
    const read = [x]; // by each layer
    for (const layer of layers.slice(0, -1)) read.push(forwards(read.at(-1), layer).map(act));
    let delta = firstDelta(forwards(read.at(-1), layers.at(-1)), y);
    const found = layers.map(() => ({}));
    const factors = { slopes: [], weights: [] };
    for (let l = layers.length - 1; l >= 0; l--) {
      const { dx, dw } = backwards(delta, read[l], layers[l]);
      Object.assign(found[l], { weights: norm(dw), deltas: norm(delta) });
      if (l === 0) break;
      const below = dx.map((value, i) => value * slope(read[l][i]));
      factors.weights.push(norm(dx) / norm(delta));
      factors.slopes.push(norm(below) / norm(dx));
      const dead = Array.from({ length: M }, (_, m) => isDead(read[l], m)).filter(Boolean).length;
      Object.assign(found[l - 1], { slope: mean(read[l].map(slope)), size: norm(read[l]) / Math.sqrt(N * M), dead });
      delta = below;
    }
    return { layers: found, slopes: geometricMean(factors.slopes), weights: geometricMean(factors.weights) };
  }

  // The norm in the first layer over that in the last.
  const ratioOf = ({ layers }, which) => layers[0][which] / layers.at(-1)[which];

  // Powers of ten that hold all norms, in few steps, so that the axis rests while the depth changes.
  function decades(values) {
    const logs = values.filter((value) => value > 0).map(Math.log10);
    const least = Math.floor(Math.min(0, ...logs) + 1e-9);
    const low = [-3, -6, -12, -24, -48, -72].find((step) => step <= least) ?? least;
    return [low, Math.max(0, Math.ceil(Math.max(...logs) - 1e-9))];
  }

  if (typeof module !== "undefined") module.exports = { normals, classes, network, measure, ratioOf, decades };
  if (typeof document === "undefined") return;

  /* Words. */

  const { along } = Explorer;
  const NAMES = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU" };
  const MEASURES = { weights: "gradient of the weights", deltas: "gradient of the pre-activations" };

  const number = (value) => Explorer.number(value, { least: 0.01 });

  const value = (text) => `<strong data-role="value">${text}</strong>`;

  function ratioHtml(found, which) {
    const ratio = ratioOf(found, which);
    const words = ratio < 1 / 3 ? "fades on the way down" : ratio < 3 ? "is much the same in both" : "grows on the way down";
    return `Norm of the ${MEASURES[which]}, first / last layer: ${value(number(ratio))}. It ${words}.`;
  }

  function reasons({ activation, depth }, { layers, slopes, weights }) {
    const said = [];
    const dead = layers.slice(0, -1).reduce((sum, layer) => sum + layer.dead, 0);
    if (activation === "sigmoid") said.push("The slope of a sigmoid is at most 1/4.");
    if (activation === "tanh" && slopes < 0.9) said.push("The slope of tanh is 1 at 0 alone, and less wherever a unit begins to saturate.");
    if (weights < 0.5) said.push("So small weights let little of a delta through.");
    if (activation === "relu" && dead) said.push(`${dead} of ${depth * M} hidden units are dead: 0 for all ${N} examples, with slope 0.`);
    return said;
  }

  // Why the weights of all layers may get alike: what fades on the way down, faded on the way up as well.
  function valuesText(found, which) {
    const ratio = ratioOf(found, "weights");
    const isMet = ratio > 0.1 && ratioOf(found, "deltas") < ratio / 30;
    if (which !== "weights" || !isMet) return "";
    return "Yet no layer gets much less than another, and the scale says how little: values fade on the way up as deltas do "
      + "on the way down, and a gradient of weights is made of both.";
  }

  function causeText(setting, found) {
    const { slopes, weights } = found;
    const split = `From a layer to the one below, slopes multiply a delta by ${number(slopes)} and weights by ${number(weights)}: `
      + `by ${number(slopes * weights)} in all.`;
    return [split, ...reasons(setting, found), valuesText(found, setting.measure)].filter(Boolean).join(" ");
  }

  function layerHtml(l, { activation, measure: which }, { layers }) {
    const layer = layers[l - 1];
    const first = `Layer ${l} of ${layers.length}: its ${MEASURES[which]} has the norm ${value(number(layer[which]))}.`;
    if (l === layers.length) return `${first} It makes the scores.`;
    const dead = activation === "relu" ? `, ${layer.dead} of ${M} units dead` : "";
    return `${first} Mean slope ${number(layer.slope)}, values of size ${number(layer.size)}${dead}.`;
  }

  /* Drawing, in the page's own pixels, so that text is as large on a phone. */

  const round = (pixels) => Math.round(pixels * 10) / 10;

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  function placing(norms, width, height, em) {
    const [low, high] = decades(norms);
    const [left, right, top, bottom] = [4 * em, width - 0.5 * em, 0.8 * em, height - 3.4 * em];
    const step = (right - left) / norms.length;
    return {
      low, high, left, right, top, bottom, em, step,
      x: (l) => left + step * (l - 0.5),
      y: (log) => bottom - ((bottom - top) * (Math.max(log, low) - low)) / (high - low),
    };
  }

  function axesSvg(p, count, name) {
    const every = Math.max(1, Math.ceil((p.high - p.low) / 6));
    const rows = [];
    for (let power = p.high; power >= p.low; power -= every) {
      const y = round(p.y(power));
      const words = Math.abs(power) < 3 ? String(Number((10 ** power).toPrecision(1)))
        : `10<tspan dy="-0.4em" font-size="75%">${String(power).replace("-", "−")}</tspan>`;
      rows.push(`<path class="du-grid" d="M${p.left} ${y}H${round(p.right)}"/>`, text(p.left - 0.5 * p.em, y + 0.35 * p.em, words, 'text-anchor="end"'));
    }
    const apart = count > 12 ? 5 : 1;
    for (let l = 1; l <= count; l++) {
      if (l === 1 || l % apart === 0) rows.push(text(p.x(l), p.bottom + 1.4 * p.em, l, 'text-anchor="middle"'));
    }
    const middle = [round(0.9 * p.em), round((p.top + p.bottom) / 2)];
    return [
      ...rows,
      text((p.left + p.right) / 2, p.bottom + 2.9 * p.em, "layer, from the input to the output", 'text-anchor="middle"'),
      text(...middle, name, `text-anchor="middle" transform="rotate(-90 ${middle.join(" ")})"`),
    ].join("");
  }

  function barsSvg(norms, now, p) {
    const gap = Math.min(0.4 * p.em, 0.25 * p.step);
    return norms.map((one, n) => {
      const y = one > 0 ? Math.min(p.y(Math.log10(one)), p.bottom - 2) : p.bottom - 2;
      const kind = n + 1 === now ? " is-now" : n + 1 === norms.length ? " is-output" : "";
      return `<rect class="du-bar${kind}" data-layer="${n + 1}" x="${round(p.x(n + 1) - p.step / 2 + gap / 2)}" y="${round(y)}"
        width="${round(p.step - gap)}" height="${round(p.bottom - y)}" rx="${round(Math.min(3, p.step / 5))}"/>`;
    }).join("");
  }

  /* The widget. */

  function bodyHtml(id) {
    return `
      <p data-role="ratio" aria-live="polite"></p>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Layer"
        aria-orientation="horizontal" aria-valuemin="1" aria-describedby="${id}-help"></svg>
      <p data-role="live" aria-live="polite"></p>
      <p data-role="cause" aria-live="polite"></p>`;
  }

  function view({ root, part, read, data }) {
    const chart = part("chart");
    const slider = root.querySelector('input[name="depth"]');
    let now = Number(data.layer ?? 1);
    let setting, found, norms, p;

    function draw() {
      const { width, height } = chart.getBoundingClientRect();
      if (!width) return; // a hidden page
      p = placing(norms, width, height, parseFloat(getComputedStyle(chart).fontSize));
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      chart.innerHTML = axesSvg(p, norms.length, "norm of the gradient") + barsSvg(norms, now, p);
    }

    function change(controls) {
      setting = controls;
      found = measure(setting);
      norms = found.layers.map((layer) => layer[setting.measure]);
      slider.setAttribute("aria-valuetext", `${setting.depth} hidden ${setting.depth === 1 ? "layer" : "layers"}, ${NAMES[setting.activation]}`);
      part("ratio").innerHTML = ratioHtml(found, setting.measure);
      part("cause").textContent = causeText(setting, found);
      chart.setAttribute("aria-valuemax", norms.length);
      select(now);
    }

    function select(l) {
      now = Math.min(Math.max(l, 1), norms.length);
      draw();
      part("live").innerHTML = layerHtml(now, setting, found);
      chart.setAttribute("aria-valuenow", now);
      chart.setAttribute("aria-valuetext", `Layer ${now} of ${norms.length}`);
    }

    function point(event) {
      const x = event.clientX - chart.getBoundingClientRect().left;
      select(Math.ceil((x - p.left) / p.step));
    }

    function move(key) {
      const l = along(key, now, 1);
      if (l !== undefined) select(l);
      return l !== undefined;
    }

    // Another depth. Playing begins again at the end; the buttons stop there.
    function step(by, playing) {
      const isLast = slider.value === slider.max;
      slider.valueAsNumber = playing && isLast ? 1 : slider.valueAsNumber + by;
      change(read());
    }

    return { change, step, move, point, draw };
  }

  Explorer.define("dilution-explorer", {
    label: "Dilution explorer",
    help: "The buttons change the depth. Point at a layer or use the arrow keys on the chart.",
    sliders: [
      // name, label, least, most, first value
      ["depth", "Hidden layers", 1, 30, 5],
      ["seed", "Seed", 0, 9, 0],
    ],
    lists: [
      ["activation", "Activation", [["sigmoid", "sigmoid"], ["tanh", "tanh"], ["relu", "ReLU"]]],
      ["start", "First weights", [["xavier", "Xavier"], ["he", "He"], ["small", "normal, 0.01"]]],
      ["measure", "Gradient of", [["weights", "the weights"], ["deltas", "the pre-activations"]]],
    ],
    further: { layer: /^[1-9]\d?$/ }, // the chosen layer
    body: bodyHtml,
    view,
    pause: 700,
  });
})();
