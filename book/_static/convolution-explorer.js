/* Convolution-arithmetic explorer: slide one kernel over a padded image and see what it makes.

   Mount   <div class="convolution-explorer" data-stride="2">Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the sliders, the buttons and the keys.
   Keys    The output grid is one tab stop: arrows move the output cell, Home and End go to the ends
           of its row, Page Up and Page Down to those of its column.
   Hooks   input[name="size"], "kernel", "stride", "pad", "dilation"
           data-role: "input" and "output" (the SVGs), "live" (the result in a sentence, polite), "sum",
           "value" (in the sum), "span", "formula", "unread", and "no-fit" (polite)
           .ce-cell with data-row, data-column and .is-tap, .is-padding, .is-unread, .is-current */

(function () {
  "use strict";

  /* Arithmetic. A setting is { size, kernel, stride, pad, dilation } in pixels, the same along rows
     and columns. Pixels and windows are placed by their coordinates in the padded input. */

  function requireAtLeast(least, values) {
    for (const [name, value] of Object.entries(values)) {
      if (!(value >= least)) throw new RangeError(`${name} must be at least ${least}, got ${value}`);
    }
  }

  function dilatedSize(kernel, dilation) {
    requireAtLeast(1, { kernel, dilation });
    return dilation * (kernel - 1) + 1;
  }

  // How far the kernel can travel from its first position; negative where it does not fit.
  function freePixels({ size, kernel, stride, pad, dilation }) {
    requireAtLeast(1, { size, stride });
    requireAtLeast(0, { pad });
    return size + 2 * pad - dilatedSize(kernel, dilation);
  }

  // The next two are null where the kernel does not fit.
  function outputSize(setting) {
    const free = freePixels(setting);
    return free < 0 ? null : Math.floor(free / setting.stride) + 1;
  }

  function unreadBorder(setting) {
    const free = freePixels(setting);
    return free < 0 ? null : free % setting.stride;
  }

  function tapsAlong(position, { kernel, stride, dilation }) {
    return Array.from({ length: kernel }, (_, k) => position * stride + k * dilation);
  }

  function windowTaps(row, column, setting) {
    const columns = tapsAlong(column, setting);
    return tapsAlong(row, setting).map((r) => columns.map((c) => ({ row: r, column: c })));
  }

  // The pixels along one axis that some window reads.
  function readAlong(setting) {
    const positions = Array.from({ length: outputSize(setting) ?? 0 }, (_, p) => p);
    return new Set(positions.flatMap((p) => tapsAlong(p, setting)));
  }

  function pixelAt(image, row, column, pad) {
    return image[row - pad]?.[column - pad] ?? 0;
  }

  function correlateAt(image, weights, row, column, setting) {
    const products = windowTaps(row, column, setting).flatMap((taps, i) =>
      taps.map((tap, j) => weights[i][j] * pixelAt(image, tap.row, tap.column, setting.pad)),
    );
    return products.reduce((total, product) => total + product, 0);
  }

  function square(side, value) {
    const indices = [...Array(side).keys()];
    return indices.map((r) => indices.map((c) => value(r, c)));
  }

  // Digits that look shuffled, and weights that turning the kernel round would change.
  const makeImage = (size) => square(size, (r, c) => (3 * r + 7 * c + r * r * c) % 10);
  const makeKernel = (size) => square(size, (i, j) => (2 * i + j + 1) % 3);

  if (typeof module !== "undefined") {
    module.exports = {
      dilatedSize, outputSize, unreadBorder, windowTaps, readAlong, correlateAt, makeImage, makeKernel,
    };
  }
  if (typeof document === "undefined") return;

  /* Drawing: strings of SVG, made of numbers only. A scene is a setting with its image, weights and
     output size `out`; `at` is the current output cell. */

  const CELL = 40; // units of the viewBox; the style sheet decides how large a cell is on the page
  const HATCH = "M2 13 13 2M2 25 25 2M2 37 37 2M14 38 38 14M26 38 38 26";

  function group(row, column, attributes, content) {
    return `<g transform="translate(${column * CELL} ${row * CELL})" ${attributes}>${content}</g>`;
  }

  function cell(row, column, classes, content, attributes = "") {
    const hatch = classes.includes("is-unread") ? `<path class="ce-hatch" d="${HATCH}"/>` : "";
    const box = '<rect class="ce-box" x="1.5" y="1.5" width="37" height="37" rx="4"/>';
    const names = `class="ce-cell ${classes}" data-row="${row}" data-column="${column}" ${attributes}`;
    return group(row, column, names, box + hatch + content);
  }

  const number = (value) => `<text x="20" y="26">${value}</text>`;
  const product = (value, weight) =>
    `<text x="13" y="21">${value}</text><text class="ce-weight" x="36" y="34">×${weight}</text>`;

  function frame({ stride, kernel, dilation }, at) {
    const side = dilatedSize(kernel, dilation) * CELL;
    const rect = `<rect class="ce-frame" width="${side}" height="${side}" rx="5"/>`;
    return group(at.row * stride, at.column * stride, "", rect);
  }

  function inputSvg(scene, at) {
    const { size, pad, image, weights, out } = scene;
    const read = readAlong(scene);
    const taps = {};
    if (out) {
      windowTaps(at.row, at.column, scene).forEach((line, i) =>
        line.forEach((tap, j) => (taps[[tap.row, tap.column]] = weights[i][j])),
      );
    }
    const cells = square(size + 2 * pad, (r, c) => {
      const isPadding = Math.min(r, c) < pad || Math.max(r, c) >= pad + size;
      const isUnread = out && !(read.has(r) && read.has(c));
      const weight = taps[[r, c]];
      const isTap = weight !== undefined;
      const value = pixelAt(image, r, c, pad);
      const classes = [isPadding && "is-padding", isUnread && "is-unread", isTap && "is-tap"];
      return cell(r, c, classes.filter(Boolean).join(" "), isTap ? product(value, weight) : number(value));
    });
    return cells.flat().join("") + (out ? frame(scene, at) : "");
  }

  function outputSvg(scene, id) {
    const rows = square(scene.out ?? 0, (r, c) => {
      const value = correlateAt(scene.image, scene.weights, r, c, scene);
      return cell(r, c, "", number(value), `role="gridcell" id="${id}-${r}-${c}"`);
    });
    return rows.map((cells) => `<g role="row">${cells.join("")}</g>`).join("");
  }

  /* Words. */

  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const rowsAndColumns = (n) => `${count(n, "row")} and ${count(n, "column")}`;

  function spanText({ kernel, dilation }) {
    return `span = ${dilation}·(${kernel} − 1) + 1 = ${dilatedSize(kernel, dilation)}`;
  }

  function formulaText({ size, kernel, stride, pad, dilation, out }) {
    const span = dilatedSize(kernel, dilation);
    return `output = floor((${size} + 2·${pad} − ${span}) / ${stride}) + 1${out ? ` = ${out}` : ""}`;
  }

  function noFitText({ size, kernel, pad, dilation }) {
    const span = count(dilatedSize(kernel, dilation), "pixel");
    const room = count(size + 2 * pad, "padded pixel");
    return `A kernel that spans ${span} does not fit into ${room}: make it smaller or pad more.`;
  }

  function unreadText(scene) {
    const border = unreadBorder(scene);
    const gaps = scene.size + 2 * scene.pad - readAlong(scene).size - border;
    const end = border ? `${rowsAndColumns(border)} at the end are read by no window. ` : "";
    return end + (gaps ? `${rowsAndColumns(gaps)} further in are skipped by every window.` : "");
  }

  function cellText(value, { row, column }, { stride }) {
    const start = `padded row ${row * stride}, column ${column * stride}`;
    return `Output row ${row}, column ${column}: ${value}. Window starts at ${start}.`;
  }

  function sumHtml(value, at, { image, weights, pad, ...setting }) {
    const lines = windowTaps(at.row, at.column, setting).map((taps, i) =>
      taps.map((tap, j) => `${pixelAt(image, tap.row, tap.column, pad)}·${weights[i][j]}`).join(" + "),
    );
    const terms = lines.join(" +</span> <span>");
    return `<span>${terms}</span> <span>= <strong data-role="value">${value}</strong></span>`;
  }

  /* The widget. */

  const SLIDERS = [
    // name, label, least, most, first value
    ["size", "Input size", 1, 12, 7],
    ["kernel", "Kernel size", 1, 5, 3],
    ["stride", "Stride", 1, 4, 2],
    ["pad", "Padding", 0, 4, 1],
    ["dilation", "Dilation", 1, 3, 1],
  ];

  function keyHtml(classes, words) {
    return `<span><svg viewBox="0 0 40 40" aria-hidden="true">${cell(0, 0, classes, "")}</svg>${words}</span>`;
  }

  function bodyHtml(id) {
    return `
      <p class="ce-formula"><span data-role="span"></span><span data-role="formula"></span></p>
      <div class="ce-picture">
        <div><p class="ce-caption"></p><svg data-role="input" role="img"></svg>
          <p class="explorer-keys">${keyHtml("is-tap", "pixel × weight")}${keyHtml("is-padding", "padding")}${keyHtml("is-unread", "never read")}</p></div>
        <div><p class="ce-caption"></p><svg data-role="output" data-stage role="grid" tabindex="0"
          aria-readonly="true" aria-describedby="${id}-help"></svg>
          <p data-role="no-fit" aria-live="polite"></p>
          <p data-role="live" aria-live="polite"></p>
          <p data-role="sum"></p></div>
      </div>
      <p data-role="unread"></p>`;
  }

  // Where a key leads from an output cell, maybe past the edge; undefined for any other key.
  function moved(key, { row, column }) {
    return {
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      Home: { row, column: 0 },
      End: { row, column: Infinity },
      PageUp: { row: 0, column },
      PageDown: { row: Infinity, column },
    }[key];
  }

  function view({ root, id, part }) {
    let at = { row: 0, column: 0 };
    let scene;

    function draw(role, name, side, content) {
      const svg = part(role);
      svg.innerHTML = content;
      svg.setAttribute("viewBox", `-1.5 -1.5 ${side * CELL + 3} ${side * CELL + 3}`);
      svg.setAttribute("aria-label", `${name}, ${rowsAndColumns(side)}`);
      svg.previousElementSibling.textContent = side ? `${name}, ${side} × ${side}` : "";
      root.style.setProperty(`--ce-${role}`, side);
    }

    function drawInput() {
      draw("input", scene.pad ? "Padded input" : "Input", scene.size + 2 * scene.pad, inputSvg(scene, at));
    }

    function change(setting) {
      const [image, weights] = [makeImage(setting.size), makeKernel(setting.kernel)];
      const out = outputSize(setting);
      scene = { ...setting, image, weights, out };
      draw("output", "Output", out ?? 0, outputSvg(scene, id));
      part("output").toggleAttribute("hidden", !out);
      root.querySelectorAll("button").forEach((button) => (button.disabled = !out));
      part("span").textContent = spanText(scene);
      part("formula").textContent = formulaText(scene);
      part("unread").textContent = out ? unreadText(scene) : "";
      part("no-fit").textContent = out ? "" : noFitText(scene);
      part("sum").textContent = part("live").textContent = "";
      if (out) select(at);
      else drawInput();
    }

    function select({ row, column }) {
      const inside = (n) => Math.min(Math.max(n, 0), scene.out - 1);
      at = { row: inside(row), column: inside(column) };
      drawInput();
      const current = document.getElementById(`${id}-${at.row}-${at.column}`);
      for (const cell of part("output").querySelectorAll(".ce-cell")) {
        cell.classList.toggle("is-current", cell === current);
        cell.setAttribute("aria-selected", cell === current);
      }
      part("output").setAttribute("aria-activedescendant", current.id);
      const value = correlateAt(scene.image, scene.weights, at.row, at.column, scene);
      part("sum").innerHTML = sumHtml(value, at, scene);
      part("live").textContent = cellText(value, at, scene);
    }

    function step(by) {
      if (!scene.out) return;
      const cells = scene.out ** 2;
      const index = (at.row * scene.out + at.column + by + cells) % cells;
      select({ row: Math.floor(index / scene.out), column: index % scene.out });
    }

    function point(event) {
      const cell = event.target.closest(".ce-cell");
      if (!cell) return;
      const place = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
      if (place.row !== at.row || place.column !== at.column) select(place);
    }

    function move(key) {
      const place = moved(key, at);
      if (place) select(place);
      return Boolean(place);
    }

    return { change, step, move, point };
  }

  Explorer.define("convolution-explorer", {
    label: "Convolution explorer",
    help: "Point at an output cell or use the arrow keys. Rows and columns count from 0.",
    sliders: SLIDERS,
    body: bodyHtml,
    view,
  });
})();
