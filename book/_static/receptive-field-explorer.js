/* Receptive-field explorer: stack layers, and see how much of the input one output sees.

   Mount   <div class="receptive-field-explorer" data-preset="vgg">Text for readers without JavaScript.</div>
           data-preset is optional: "small" (first), "large", "alexnet", "vgg" or "halving".
           The address may ask for other layers, each with kernel, stride and padding: ?size=20&layers=3.1.1_2.2.0
           explorer.js, which pages load before this file, has the controls, the buttons and the keys.
   Keys    The picture is one tab stop: left and right move the chosen output, Page Up and Page Down by
           five, Home and End go to the first and the last.
   Hooks   select[name="preset"]; input[name="size"]; select[name="kernel"], "stride", "pad", one a layer
           button[data-action="add"], "remove" (one a layer)
           data-role: "field" (the formulas of the last layer), "layer" (the rows of the table), in each of them
           "out", "size", "jump", "start"; "cone" (the SVG, a slider), "live" (what is seen, polite),
           "no-fit" (polite); in the SVG .rf-row with data-layer (0 is the input) and .rf-seen, .rf-zeros */

(function () {
  "use strict";

  /* Arithmetic, along one axis. A layer is { kernel, stride, pad }, in pixels of its own input. */

  function requireAtLeast(least, values) {
    for (const [name, value] of Object.entries(values)) {
      if (!(value >= least)) throw new RangeError(`${name} must be at least ${least}, got ${value}`);
    }
  }

  // Null where the kernel does not fit.
  function outputSize(size, { kernel, stride, pad }) {
    requireAtLeast(1, { size, kernel, stride });
    requireAtLeast(0, { pad });
    const free = size + 2 * pad - kernel;
    return free < 0 ? null : Math.floor(free / stride) + 1;
  }

  // Of the input and after each layer; it ends before the first layer that does not fit.
  function sizesThrough(layers, size) {
    const sizes = [size];
    for (const layer of layers) {
      const out = outputSize(sizes.at(-1), layer);
      if (out === null) break;
      sizes.push(out);
    }
    return sizes;
  }

  // Of a pixel of the input and after each layer: output n sees no pixel outside
  // start + n * jump ... start + n * jump + size - 1.
  function receptiveFields(layers) {
    const fields = [{ size: 1, jump: 1, start: 0 }];
    for (const { kernel, stride, pad } of layers) {
      const { size, jump, start } = fields.at(-1);
      fields.push({
        size: size + (kernel - 1) * jump, jump: jump * stride, start: start - pad * jump,
      });
    }
    return fields;
  }

  // What one output of the last layer sees, from the input up: in each row the cells, and beside
  // them the zeros of the padding, counted on from the cells (-1 is the zero before the first).
  function seenFrom(output, layers, size) {
    const sizes = sizesThrough(layers, size);
    const rows = [{ cells: [output], zeros: [] }];
    for (let n = layers.length - 1; n >= 0; n--) {
      const { kernel, stride, pad } = layers[n];
      const taps = new Set();
      for (const cell of rows[0].cells) {
        for (let k = 0; k < kernel; k++) taps.add(cell * stride - pad + k);
      }
      const sorted = [...taps].sort((a, b) => a - b);
      const isCell = (tap) => tap >= 0 && tap < sizes[n];
      rows.unshift({ cells: sorted.filter(isCell), zeros: sorted.filter((tap) => !isCell(tap)) });
    }
    return rows;
  }

  // Neighbours together, as [first, last].
  function runsOf(cells) {
    const runs = [];
    for (const cell of cells) {
      if (runs.length && runs.at(-1)[1] === cell - 1) runs.at(-1)[1] = cell;
      else runs.push([cell, cell]);
    }
    return runs;
  }

  const times = (n, kernel, stride, pad) => Array.from({ length: n }, () => ({ kernel, stride, pad }));

  const PRESETS = {
    small: ["three 3 × 3", 16, times(3, 3, 1, 0)],
    large: ["one 7 × 7", 16, times(1, 7, 1, 0)],
    alexnet: ["AlexNet, first five layers", 227, [
      ...times(1, 11, 4, 0), ...times(1, 3, 2, 0), ...times(1, 5, 1, 2), ...times(1, 3, 2, 0), ...times(1, 3, 1, 1),
    ]],
    vgg: ["VGG, first two blocks", 224, [
      ...times(2, 3, 1, 1), ...times(1, 2, 2, 0), ...times(2, 3, 1, 1), ...times(1, 2, 2, 0),
    ]],
    halving: ["two 5 × 5, stride 2", 33, times(2, 5, 2, 2)],
  };

  const MOST = 8; // layers
  const CHOICES = [
    // name, label, least, most
    ["kernel", "Kernel", 1, 11],
    ["stride", "Stride", 1, 4],
    ["pad", "Padding", 0, 5],
  ];

  // Layers as an address has them; null where one of their numbers cannot be chosen.
  function layersOf(text) {
    const layers = text.split("_").map((numbers) => numbers.split("."));
    const choosable = (numbers) => numbers.length === CHOICES.length
      && CHOICES.every(([, , least, most], n) => /^\d+$/.test(numbers[n]) && numbers[n] >= least && numbers[n] <= most);
    if (layers.length > MOST || !layers.every(choosable)) return null;
    return layers.map((numbers) => Object.fromEntries(CHOICES.map(([name], n) => [name, Number(numbers[n])])));
  }

  if (typeof module !== "undefined") {
    module.exports = { layersOf, outputSize, sizesThrough, receptiveFields, seenFrom, runsOf, PRESETS };
  }
  if (typeof document === "undefined") return;

  /* Words. */

  const { along } = Explorer;
  const fixed = (n) => String(n).replace("-", "−");
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const last = (list) => list[list.length - 1];

  function fieldHtml(layers, fields) {
    const { size, jump, start } = last(fields);
    const sum = (terms) => terms.map((term) => `<span>${term}</span>`).join(" ");
    const wider = layers.map(({ kernel }, n) => `+ (${kernel} − 1)·${fields[n].jump}`);
    const before = layers.map(({ pad }, n) => `− ${pad}·${fields[n].jump}`);
    return [
      `<span>${sum(["size = 1", ...wider, `= <strong>${size}</strong>`])}</span>`,
      `<span>${sum(["jump = 1", ...layers.map(({ stride }) => `· ${stride}`), `= <strong>${jump}</strong>`])}</span>`,
      `<span>${sum(["start = 0", ...before, `= <strong>${fixed(start)}</strong>`])}</span>`,
    ].join("");
  }

  function noFitText(layers, sizes) {
    const { kernel, pad } = layers[sizes.length - 1];
    const room = `${count(last(sizes), "cell")} with ${pad} of padding at each end`;
    return `Layer ${sizes.length}: a kernel of ${kernel} does not fit into ${room}.`;
  }

  function seenText(output, layers, seen, field) {
    const pixels = seen[0].cells;
    const first = field.start + output * field.jump;
    const sees = `Output ${output} of layer ${layers.length} sees ${count(pixels.length, "pixel")} of the input`;
    const where = pixels.length ? `, from ${pixels[0]} to ${last(pixels)}` : "";
    const whole = pixels.length === field.size ? ": its whole receptive field." : "";
    const span = `. Its receptive field spans ${fixed(first)} to ${fixed(first + field.size - 1)}.`;
    return sees + where + (whole || span);
  }

  /* Drawing, in the page's own pixels. Each row is one layer's cells, each above the middle of what
     it sees; `em` is the size of the text. */

  const round = (value) => Math.round(value * 100) / 100;

  // Where the cells of each row are, in pixels of the input: cell n is centred at middle + n * jump.
  function placing(layers, fields, sizes, width, em) {
    const rows = sizes.map((size, n) => {
      const { size: field, jump, start } = fields[n];
      return { size, jump, middle: start + (field - 1) / 2, pad: layers[n]?.pad ?? 0 };
    });
    const left = Math.min(...rows.map(({ middle, jump, pad }) => middle - (pad + 0.5) * jump));
    const right = Math.max(...rows.map(({ middle, jump, size, pad }) => middle + (size + pad - 0.5) * jump));
    const scale = (width - 2) / (right - left);
    return rows.map((row, n) => ({
      ...row,
      edge: (cell) => 1 + (row.middle + (cell - 0.5) * row.jump - left) * scale, // its left end
      cell: row.jump * scale,
      top: (1.4 + (rows.length - 1 - n) * 3.2) * em,
      tall: 1.1 * em,
    }));
  }

  function bar(row, [first, final], attributes) {
    const [from, to] = [row.edge(first), row.edge(final + 1)];
    return `<rect ${attributes} x="${round(from)}" y="${row.top}" width="${round(to - from)}" height="${row.tall}"/>`;
  }

  // Cells narrower than this many pixels are drawn without the lines between them.
  const NARROW = 3.5;

  function linesBetween(row, first, final) {
    if (row.cell < NARROW) return "";
    const places = Array.from({ length: final - first }, (_, n) => round(row.edge(first + n + 1)));
    return `<path class="rf-between" d="${places.map((x) => `M${x} ${row.top}v${row.tall}`).join("")}"/>`;
  }

  function rowSvg(row, n, { cells, zeros }, id) {
    const { size, pad } = row;
    const beside = pad ? [[-pad, -1], [size, size + pad - 1]] : [];
    const bars = (runs, attributes) => runs.map((run) => bar(row, run, attributes)).join("");
    const name = n ? `layer ${n}` : "input";
    return `<g class="rf-row" data-layer="${n}">
      ${bars(beside, 'class="rf-padding"')}${bars([[0, size - 1]], 'class="rf-cells"')}
      ${bars(runsOf(cells), 'class="rf-seen"')}${bars(runsOf(cells), `fill="url(#${id}-hatch)"`)}
      ${linesBetween(row, -pad, size + pad - 1)}${bars(runsOf(zeros), 'class="rf-zeros"')}
      <text x="1" y="${row.top - 0.35 * row.tall}">${name}, ${size}</text></g>`;
  }

  function coneSvg(rows, seen) {
    const ends = rows.map((row, n) => {
      const all = [...seen[n].cells, ...seen[n].zeros];
      return all.length ? [row.edge(Math.min(...all)), row.edge(Math.max(...all) + 1)] : null;
    });
    return rows.slice(1).map((upper, n) => {
      const lower = rows[n];
      if (!ends[n] || !ends[n + 1]) return "";
      const [[a, b], [c, d]] = [ends[n + 1], ends[n]];
      const [high, low] = [upper.top + upper.tall, lower.top];
      return `<path class="rf-cone" d="M${round(a)} ${high}H${round(b)}L${round(d)} ${low}H${round(c)}z"/>`;
    }).join("");
  }

  function pictureSvg(rows, seen, id) {
    const hatch = `<pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse">
      <path class="rf-stripe" d="M-1 1 1-1M0 6 6 0M5 7 7 5"/></pattern>`;
    return hatch + coneSvg(rows, seen) + rows.map((row, n) => rowSvg(row, n, seen[n], id)).join("");
  }

  /* The widget. */

  const NUMBERS = [["out", "Outputs"], ["size", "Size"], ["jump", "Jump"], ["start", "Start"]];

  function choiceHtml([name, label, least, most], n, layer) {
    const options = Array.from({ length: most - least + 1 }, (_, k) => {
      const value = least + k;
      return `<option${value === layer[name] ? " selected" : ""}>${value}</option>`;
    });
    return `<td role="cell" data-label="${label}"><select name="${name}" data-layer="${n}"
      aria-label="${label} of layer ${n + 1}">${options.join("")}</select></td>`;
  }

  function layerHtml(layer, n, all) {
    const cross = '<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 2 10 10M10 2 2 10"/></svg>';
    const numbers = NUMBERS.map(([name, label]) => `<td role="cell" data-label="${label}" data-role="${name}"></td>`);
    return `<tr role="row" data-role="layer"><th role="rowheader" scope="row">${n + 1}</th>
      ${CHOICES.map((choice) => choiceHtml(choice, n, layer)).join("")}${numbers.join("")}
      <td role="cell"><button type="button" data-action="remove" data-layer="${n}"
        aria-label="Remove layer ${n + 1}"${all.length === 1 ? " disabled" : ""}>${cross}</button></td></tr>`;
  }

  function keyHtml(classes, words) {
    const box = `<rect class="${classes}" x="1" y="1" width="18" height="14"/>`;
    const stripes = classes === "rf-seen" ? '<path class="rf-stripe" d="M1 8 8 1M3 13 15 1M9 15 19 5"/>' : "";
    return `<span><svg viewBox="0 0 20 16" aria-hidden="true">${box}${stripes}</svg>${words}</span>`;
  }

  function bodyHtml(id) {
    const heads = ["Layer", ...[...CHOICES, ...NUMBERS].map(([, label]) => label)];
    return `
      <table role="table"><thead role="rowgroup"><tr role="row">
        ${heads.map((head) => `<th role="columnheader" scope="col">${head}</th>`).join("")}<td role="cell"></td>
      </tr></thead><tbody role="rowgroup"></tbody></table>
      <div class="rf-below"><p><button type="button" data-action="add">Add a layer</button></p>
      <p class="rf-field" data-role="field"></p></div>
      <p data-role="no-fit" aria-live="polite"></p>
      <svg data-role="cone" data-stage role="slider" tabindex="0" aria-label="Output of the last layer"
        aria-orientation="horizontal" aria-valuemin="0" aria-describedby="${id}-help"></svg>
      <p class="explorer-keys">${keyHtml("rf-seen", "seen")}${keyHtml("rf-cells", "not seen")}${
        keyHtml("rf-padding", "padding")}${keyHtml("rf-zeros", "padding that is read")}</p>
      <p data-role="live" aria-live="polite"></p>`;
  }

  function view({ root, id, part, read, data }) {
    const button = (action) => root.querySelector(`[data-action="${action}"]`);
    const cone = part("cone");
    const control = (name) => root.querySelector(`.explorer-controls [name="${name}"]`);
    let layers, size, sizes, fields, rows;
    let output = 0;

    const fits = () => sizes.length > layers.length;

    function take(name) {
      const [, first, stack] = PRESETS[name];
      control("size").value = first;
      begin(name, stack.map((layer) => ({ ...layer })));
    }

    function begin(name, stack) {
      control("preset").value = name;
      build(stack);
      if (fits()) select(Math.floor((last(sizes) - 1) / 2));
    }

    // New rows in the table, for another number of layers.
    function build(stack) {
      layers = stack;
      root.querySelector("tbody").innerHTML = layers.map(layerHtml).join("");
      button("add").disabled = layers.length === MOST;
      show();
    }

    // New numbers in the rows.
    function show() {
      size = read().size;
      [sizes, fields] = [sizesThrough(layers, size), receptiveFields(layers)];
      root.querySelectorAll('[data-role="layer"]').forEach((row, n) => {
        const numbers = { out: sizes[n + 1] ?? "–", ...fields[n + 1] };
        for (const [name] of NUMBERS) row.querySelector(`[data-role="${name}"]`).textContent = fixed(numbers[name]);
      });
      part("field").innerHTML = fieldHtml(layers, fields);
      part("no-fit").textContent = fits() ? "" : noFitText(layers, sizes);
      cone.toggleAttribute("hidden", !fits());
      for (const action of ["previous", "play", "next"]) button(action).disabled = !fits();
      part("live").textContent = "";
      if (fits()) select(output);
    }

    function draw() {
      const width = root.querySelector(".explorer-controls").clientWidth; // 0 in a fold that is closed
      if (!fits() || !width) return;
      rows = placing(layers, fields, sizes, width, parseFloat(getComputedStyle(cone).fontSize));
      cone.setAttribute("viewBox", `0 0 ${width} ${rows[0].top + rows[0].tall + 1}`);
      cone.innerHTML = pictureSvg(rows, seenFrom(output, layers, size), id);
    }

    function select(n) {
      output = Math.min(Math.max(n, 0), last(sizes) - 1);
      cone.setAttribute("aria-valuemax", last(sizes) - 1);
      cone.setAttribute("aria-valuenow", output);
      part("live").textContent = seenText(output, layers, seenFrom(output, layers, size), last(fields));
      draw();
    }

    // The first time there is no control that has changed.
    function change({ preset }, changed) {
      const asked = !changed && data.layers && layersOf(data.layers);
      if (asked) return begin("own", asked);
      const { name, value, dataset } = changed ?? { name: "preset", value: preset === "own" ? "small" : preset };
      if (name === "preset") {
        if (value !== "own") take(value);
        return;
      }
      if (name !== "size") {
        layers[dataset.layer][name] = Number(value);
        control("preset").value = "own";
      }
      show();
    }

    function remove(n) {
      build(layers.filter((_, k) => k !== n));
      const buttons = root.querySelectorAll("[data-action=remove]");
      (layers.length > 1 ? buttons[Math.min(n, layers.length - 1)] : button("add")).focus();
    }

    root.addEventListener("click", (event) => {
      const { action, layer } = event.target.closest("button")?.dataset ?? {};
      if (action !== "add" && action !== "remove") return;
      control("preset").value = "own";
      if (action === "add") build([...layers, { kernel: 3, stride: 1, pad: 1 }]);
      else remove(Number(layer));
    });

    function point(event) {
      const x = event.clientX - cone.getBoundingClientRect().left;
      const { edge, cell } = last(rows);
      select(Math.floor((x - edge(0)) / cell));
    }

    function move(key) {
      const n = along(key, output, 0);
      if (n !== undefined) select(n);
      return n !== undefined;
    }

    function step(by, playing) {
      if (fits()) select(playing && output === last(sizes) - 1 ? 0 : output + by);
    }

    return { change, step, move, point, draw };
  }

  Explorer.define("receptive-field-explorer", {
    label: "Receptive-field explorer",
    help: "Point at an output or use the arrow keys on the picture. Cells count from 0.",
    sliders: [["size", "Input size", 1, 256, 16]],
    lists: [["preset", "Layers", [...Object.entries(PRESETS).map(([value, [words]]) => [value, words]), ["own", "your own"]]]],
    further: { layers: /^[\d._]+$/ },
    body: bodyHtml,
    view,
    pause: 500,
  });
})();
