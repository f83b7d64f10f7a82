/* Convnet explorer: draw a digit, and see every number of a network that reads it.

   Mount   <div class="convnet-explorer" data-digit="3-0">Text for readers without JavaScript.</div>
           data-digit is a class and which of its examples; data-play goes through all of them.
           explorer.js, which pages load before this file, has the lists, the buttons and the keys. The
           network and the examples are convnet-explorer.json, which pages hold as #convnet-explorer-data.
   Keys    The picture is one tab stop, with a frame around one number: arrows move it, Page Down and Page
           Up go to the next layer and back, Home to the square. Space there inks or clears a pixel, and
           Delete clears all; 0 to 9 choose a class.
   Hooks   select[name="digit"], "pen"; button[data-action="clear"]
           data-role: "picture" (the SVG), "answer" (what is read, polite), "live" (the number looked at,
           polite), "formula" (how it came about), "value" (the number in it)
           .cn-cell with data-layer, data-map, data-row, data-column; .cn-saliency; .cn-class; .cn-lens */

(function () {
  "use strict";

  /* Arithmetic. The numbers of a layer are one flat array: map after map, row after row. A place is
     { layer, map, row, column }. Layer 0 is the image; the scores are maps of one number each. */

  const LAYERS = [
    { kind: "image", maps: 1, size: 8 },
    { kind: "convolution", maps: 8, size: 8, w: "w1", b: "b1" },
    { kind: "pooling", maps: 8, size: 4 },
    { kind: "convolution", maps: 16, size: 4, w: "w2", b: "b2" },
    { kind: "pooling", maps: 16, size: 2 },
    { kind: "scores", maps: 10, size: 1, w: "w3", b: "b3" },
  ];
  const LAST = LAYERS.length - 1;
  const SIDE = LAYERS[0].size;
  const FINE = 4; // a pixel is 4 x 4 finer ones, of which those with ink are counted

  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

  // Arrays of weights, from nested lists.
  function flatten(network) {
    return Object.fromEntries(Object.entries(network).map(([name, list]) => [name, list.flat(Infinity)]));
  }

  function indexOf({ layer, map, row, column }) {
    const { size } = LAYERS[layer];
    return (map * size + row) * size + column;
  }

  function placesOf(layer) {
    const { maps, size } = LAYERS[layer];
    const all = range(size);
    return range(maps).flatMap((map) => all.flatMap((row) => all.map((column) => ({ layer, map, row, column }))));
  }

  // The places of the layer below that a place reads, each with its weight; padding has `inside` false.
  function readsOf(net, place) {
    const { kind, w, maps } = LAYERS[place.layer];
    const below = LAYERS[place.layer - 1];
    const reads = [];
    const read = (map, row, column, weight) => {
      const inside = Math.min(row, column) >= 0 && Math.max(row, column) < below.size;
      reads.push({ layer: place.layer - 1, map, row, column, weight, inside });
    };
    if (kind === "pooling") {
      for (const i of [0, 1]) for (const j of [0, 1]) read(place.map, 2 * place.row + i, 2 * place.column + j, 1);
    } else if (kind === "convolution") {
      for (let map = 0; map < below.maps; map++) {
        for (let tap = 0; tap < 9; tap++) {
          const [i, j] = [Math.floor(tap / 3), tap % 3];
          const weight = net[w][(place.map * below.maps + map) * 9 + tap];
          read(map, place.row + i - 1, place.column + j - 1, weight);
        }
      }
    } else {
      for (const { map, row, column } of placesOf(place.layer - 1)) {
        const weight = net[w][indexOf({ layer: place.layer - 1, map, row, column }) * maps + place.map];
        read(map, row, column, weight);
      }
    }
    return reads;
  }

  // The products that a number came from; for pooling, the numbers of which it is the largest.
  function productsOf(net, run, place) {
    return readsOf(net, place).map((read) => {
      const value = read.inside ? run.values[read.layer][indexOf(read)] : 0;
      return { ...read, value, product: value * read.weight };
    });
  }

  // All numbers for an image of 64 from 0 to 1: `sums` before the ReLU, `values` after it.
  function forward(net, image) {
    const run = { values: [Array.from(image)], sums: [Array.from(image)] };
    for (let layer = 1; layer <= LAST; layer++) {
      const { kind, b } = LAYERS[layer];
      run.sums[layer] = placesOf(layer).map((place) => {
        const products = productsOf(net, run, place).map((read) => read.product);
        return kind === "pooling" ? Math.max(...products) : total(products) + net[b][place.map];
      });
      run.values[layer] = kind === "convolution" ? run.sums[layer].map((sum) => Math.max(sum, 0)) : run.sums[layer];
    }
    const top = Math.max(...run.values[LAST]);
    const shares = run.values[LAST].map((score) => Math.exp(score - top));
    run.probabilities = shares.map((share) => share / total(shares));
    return run;
  }

  // The gradient of the score of a class with respect to every number.
  function backward(net, run, map) {
    const grads = LAYERS.map(({ maps, size }) => new Array(maps * size * size).fill(0));
    grads[LAST][map] = 1;
    for (let layer = LAST; layer > 0; layer--) {
      for (const place of placesOf(layer)) {
        const n = indexOf(place);
        const isOff = LAYERS[layer].kind === "convolution" && run.sums[layer][n] <= 0;
        if (isOff || grads[layer][n] === 0) continue;
        let readers = productsOf(net, run, place);
        if (LAYERS[layer].kind === "pooling") {
          readers = [readers.find((read) => read.value === run.values[layer][n])];
        }
        // Every reader of a number sends a term back, and they add.
        for (const read of readers) {
          if (read.inside) grads[layer - 1][indexOf(read)] += read.weight * grads[layer][n];
        }
      }
    }
    return grads;
  }

  // The rows or columns of a layer further down that one position of a layer depends on: [first, last].
  function seenBy(layer, position, down) {
    let [first, last] = [position, position];
    for (let n = layer; n > down; n--) {
      const { kind } = LAYERS[n];
      if (kind === "convolution") [first, last] = [first - 1, last + 1];
      else if (kind === "pooling") [first, last] = [2 * first, 2 * last + 1];
      else [first, last] = [0, LAYERS[n - 1].size - 1];
    }
    return [Math.max(first, 0), Math.min(last, LAYERS[down].size - 1)];
  }

  // A stroke from one point to another, in pixels, over 32 x 32 fine pixels of 0 or 1.
  function stroke(fine, [x0, y0], [x1, y1], radius, ink) {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    return fine.map((old, n) => {
      const [x, y] = [((n % (SIDE * FINE)) + 0.5) / FINE, (Math.floor(n / (SIDE * FINE)) + 0.5) / FINE];
      const along = length ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length : 0;
      const t = Math.min(Math.max(along, 0), 1);
      return Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)) <= radius ? ink : old;
    });
  }

  // How the data set's images were made: the share of ink in each 4 x 4 fine pixels.
  function counted(fine) {
    const image = new Array(SIDE * SIDE).fill(0);
    fine.forEach((ink, n) => {
      const [row, column] = [Math.floor(n / (SIDE * FINE)), n % (SIDE * FINE)].map((at) => Math.floor(at / FINE));
      image[row * SIDE + column] += ink / FINE ** 2;
    });
    return image;
  }

  // Fine pixels of which as many have ink as an image says, those nearest a pixel's middle first.
  function refined(image) {
    const order = [5, 6, 9, 10, 1, 2, 4, 7, 8, 11, 13, 14, 0, 3, 12, 15];
    return range((SIDE * FINE) ** 2).map((n) => {
      const [y, x] = [Math.floor(n / (SIDE * FINE)), n % (SIDE * FINE)];
      const inked = Math.round(image[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] * FINE ** 2);
      return order.indexOf((y % FINE) * FINE + (x % FINE)) < inked ? 1 : 0;
    });
  }

  if (typeof module !== "undefined") {
    module.exports = { flatten, forward, backward, productsOf, placesOf, seenBy, stroke, counted, refined };
  }
  if (typeof document === "undefined") return;

  const { fixed } = Explorer;
  const DATA = JSON.parse(document.getElementById("convnet-explorer-data").textContent);
  const NET = flatten(DATA.network);
  const SHOWN = 3; // the layer whose largest number is looked at until the reader looks elsewhere

  /* Where everything is, in the page's own pixels, so that text is as large on a phone. */

  const box = (x, y, cell, size) => ({ x: Math.round(x), y: Math.round(y), cell, size, side: cell * size });

  function placing(width, em) {
    const wide = width >= 560;
    const pad = box(0, 0, wide ? 26 : Math.floor((width - 16) / 13.5), SIDE);
    const small = wide ? 15 : Math.floor((width - 16 - pad.side) / SIDE);
    const saliency = box(width - small * SIDE, 0, small, SIDE);
    const left = wide ? pad.side + 2 * em : 0;
    const lens = { x: left, y: wide ? 0 : pad.side + 1.6 * em, width: (wide ? saliency.x - 2 * em : width) - left };
    lens.height = pad.side;
    let y = lens.y + lens.height + 1.6 * em;
    const boxes = LAYERS.map(() => []);
    boxes[0].push(pad);
    const filters = [];
    const captions = [];
    const row = (list, first, count, cell, size) => {
      for (let n = 0; n < count; n++) list[first + n] = box(((n + 0.5) * width) / count - (cell * size) / 2, y, cell, size);
      y += cell * size;
    };
    const caption = (words, gap) => {
      captions.push([0, y + (gap - 0.45) * em, words]);
      y += gap * em;
    };
    const stage = (layer, count, cell, gap, words) => {
      const { maps, size } = LAYERS[layer];
      for (let first = 0; first < maps; first += count) {
        caption(first ? "" : words[0], first ? 0.8 : gap);
        if (layer === 1) {
          row(filters, first, count, Math.round(cell * 0.8), 3);
          y += 0.5 * em;
        }
        row(boxes[layer], first, count, cell, size);
        caption(first ? "" : words[1], first ? 0.8 : 1.8);
        row(boxes[layer + 1], first, count, cell, size / 2);
        y += 0.6 * em;
      }
    };
    const [one, two] = wide ? [8, 16] : [4, 8];
    const fit = (count, gap, size) => Math.floor((width - (count - 1) * gap) / count / size);
    stage(1, one, fit(one, 14, 8), 2.2, ["8 filters, and the map that each makes of the drawing", "the largest of each 2 × 2"]);
    stage(3, two, fit(two, 9, 4), 3.4, ["16 maps, each made of all the maps above", "the largest of each 2 × 2"]);
    y += 2.6 * em;
    const bars = { y, height: 3.4 * em, width: width / 10 };
    boxes[LAST] = range(10).map((n) => ({ x: n * bars.width, y: bars.y, cell: bars.width, size: 1, side: bars.width }));
    return { width, em, pad, saliency, lens, boxes, filters, captions, bars, height: y + bars.height + 2.3 * em };
  }

  const round = (value) => Math.round(value * 10) / 10;
  const signed = (value) => (value < 0 ? "is-negative" : "is-positive");
  const strength = (value, most) => Math.min(Math.abs(value) / (most || 1), 1).toFixed(3);
  const text = (x, y, words, more = "") => `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  const middle = 'text-anchor="middle"';

  function square(x, y, cell, classes, attributes = "") {
    const gap = cell < 12 ? 0 : 1; // small numbers make one picture
    const place = `x="${round(x + gap / 2)}" y="${round(y + gap / 2)}" width="${round(cell - gap)}" height="${round(cell - gap)}"`;
    return `<rect class="${classes}" ${place} rx="${gap * 3}" ${attributes}/>`;
  }

  function mapSvg({ x, y, cell, size }, draw) {
    return range(size * size).map((n) => {
      const [row, column] = [Math.floor(n / size), n % size];
      return draw(x + column * cell, y + row * cell, row, column, n);
    }).join("");
  }

  function layerSvg(p, layer) {
    return p.boxes[layer].map((one, map) =>
      mapSvg(one, (x, y, row, column) => {
        const data = `data-layer="${layer}" data-map="${map}" data-row="${row}" data-column="${column}"`;
        return square(x, y, one.cell, `cn-cell ${layer ? "cn-map" : "cn-ink"}`, data);
      }),
    ).join("");
  }

  function filtersSvg(p) {
    const most = Math.max(...NET.w1.map(Math.abs));
    return p.filters.map((one, map) =>
      mapSvg(one, (x, y, row, column, n) => {
        const weight = NET.w1[9 * map + n];
        return square(x, y, one.cell, `cn-signed ${signed(weight)}`, `style="--v:${strength(weight, most)}"`);
      }),
    ).join("");
  }

  function groundSvg(p) {
    const captions = p.captions.map(([x, y, words]) => text(x, y, words, 'class="cn-caption"'));
    const { cell: side } = p.saliency;
    const saliency = mapSvg(p.saliency, (x, y) => square(x, y, side, "cn-signed cn-saliency") +
      `<circle class="cn-dot" cx="${round(x + side / 2)}" cy="${round(y + side / 2)}" r="${round(side * 0.2)}"/>`);
    const bars = p.boxes[LAST].map(({ x, cell }, map) => {
      const { y, height } = p.bars;
      const bar = (name) => `<rect class="${name}" x="${round(x + cell * 0.26)}" y="${round(y)}" width="${round(cell * 0.48)}" height="${round(height)}" rx="3"/>`;
      const digit = text(x + cell / 2, y + height + 1.8 * p.em, map, `${middle} class="cn-digit"`);
      const share = text(x + cell / 2, y - 0.35 * p.em, "", `${middle} class="cn-share"`);
      return `<g class="cn-class" data-layer="${LAST}" data-map="${map}" data-row="0" data-column="0">${bar("cn-groove")}${bar("cn-bar")}${digit}${share}</g>`;
    });
    return captions.join("") + LAYERS.slice(0, -1).map((_, layer) => layerSvg(p, layer)).join("") +
      filtersSvg(p) + saliency + bars.join("");
  }

  const cornersOf = ({ x, y, cell }, [top, bottom], [left, right]) => ({
    left: x + left * cell, right: x + (right + 1) * cell, top: y + top * cell, bottom: y + (bottom + 1) * cell,
  });

  function frame({ left, right, top, bottom }, classes) {
    const place = `x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}"`;
    return `<rect class="${classes}" ${place} rx="3"/>`;
  }

  // From each map that is read, a beam to the number that was made: its colour is what it adds.
  function beamsSvg(p, products, place) {
    const { layer, map, row, column } = place;
    const target = cornersOf(p.boxes[layer][map], [row, row], [column, column]);
    const rows = seenBy(layer, row, layer - 1);
    const columns = seenBy(layer, column, layer - 1);
    const maps = [...new Set(products.map((read) => read.map))];
    const sums = maps.map((one) => total(products.filter((read) => read.map === one).map((read) => read.product)));
    const most = Math.max(...sums.map(Math.abs));
    const parts = maps.map((one, n) => {
      const source = cornersOf(p.boxes[layer - 1][one], rows, columns);
      const points = [[source.left, source.bottom], [source.right, source.bottom], [target.right, target.top], [target.left, target.top]];
      return `<polygon class="cn-beam ${signed(sums[n])}" style="--v:${strength(sums[n], most)}" points="${points.map((one) => one.map(round)).join(" ")}"/>`;
    });
    return parts.join("");
  }

  // What a number reads, framed in each map; dashed, all of the drawing that it depends on.
  function windowsSvg(p, products, { layer, row, column }) {
    if (layer === LAST) return "";
    const [rows, columns] = [row, column].map((position) => seenBy(layer, position, layer - 1));
    const maps = [...new Set(products.map((read) => read.map))];
    const frames = maps.map((one) => frame(cornersOf(p.boxes[layer - 1][one], rows, columns), "cn-window"));
    const field = cornersOf(p.pad, seenBy(layer, row, 0), seenBy(layer, column, 0));
    return frames.join("") + (layer > 1 ? frame(field, "cn-field") : "");
  }

  /* The lens: the products that one number came from. */

  function numbersSvg(p, reads, place, y, height) {
    const side = Math.sqrt(reads.length);
    const [wide, high] = [Math.min(p.lens.width / side, 5.6 * p.em), height / side];
    const isPooling = LAYERS[place.layer].kind === "pooling";
    const most = Math.max(...reads.map((read) => Math.abs(read.product)));
    const largest = reads.findIndex((read) => read.value === Math.max(...reads.map(({ value }) => value)));
    return reads.map((read, n) => {
      const [x, top] = [p.lens.x + (n % side) * wide, y + Math.floor(n / side) * high];
      const size = `x="${round(x + 1)}" y="${round(top + 1)}" width="${round(wide - 2)}" height="${round(high - 2)}" rx="4"`;
      const isBest = isPooling && n === largest;
      const cell = `<rect class="cn-signed ${signed(read.product)} ${isBest ? "is-largest" : ""}" style="--v:${strength(read.product, 1.6 * most)}" ${size}/>`;
      const [cx, cy] = [x + wide / 2, top + high / 2];
      if (isPooling) return cell + text(cx, cy + 0.35 * p.em, fixed(read.value, 2), `${middle} class="cn-number"`);
      return cell + text(cx, cy - 0.15 * p.em, fixed(read.value, 2), `${middle} class="cn-number"`) +
        text(cx, cy + 0.95 * p.em, `× ${fixed(read.weight, 2)}`, `${middle} class="cn-number"`);
    }).join("");
  }

  function tilesSvg(p, reads, place, y, height) {
    const { maps } = LAYERS[place.layer - 1];
    const perRow = maps / 2;
    const side = Math.sqrt(reads.length / maps);
    const step = p.lens.width / perRow;
    const cell = Math.floor(Math.min((step - 6) / side, (height / 2 - 1.7 * p.em) / side));
    const most = Math.max(...reads.map((read) => Math.abs(read.product)));
    return range(maps).map((map) => {
      const mine = reads.filter((read) => read.map === map);
      const [x, top] = [p.lens.x + (map % perRow) * step + (step - side * cell) / 2, y + Math.floor(map / perRow) * (height / 2)];
      const tile = mapSvg(box(x, top, cell, side), (cx, cy, row, column, n) =>
        square(cx, cy, cell, `cn-signed ${signed(mine[n].product)}`, `style="--v:${strength(mine[n].product, most)}"`));
      const sum = total(mine.map((read) => read.product));
      return tile + text(x + (side * cell) / 2, top + side * cell + 1.1 * p.em, fixed(sum, step < 3 * p.em ? 1 : 2), `${middle} class="cn-number ${signed(sum)}"`);
    }).join("");
  }

  function lensSvg(p, reads, place) {
    const [y, height] = [p.lens.y + 1.7 * p.em, p.lens.height - 1.7 * p.em];
    const draw = reads.length > 9 ? tilesSvg : numbersSvg;
    return text(p.lens.x, p.lens.y + 0.95 * p.em, nameOf(place), 'class="cn-heading"') + draw(p, reads, place, y, height);
  }

  /* Words. */

  const ORDINALS = ["", "First", "First", "Second", "Second"];

  function nameOf({ layer, map, row, column }) {
    const { kind } = LAYERS[layer];
    if (kind === "image") return `Pixel in row ${row}, column ${column}`;
    if (kind === "scores") return `The score of ${map}`;
    return `${ORDINALS[layer]} ${kind}, map ${map}: row ${row}, column ${column}`;
  }

  function answerText(run) {
    if (total(run.values[0]) === 0) return "The square is empty: draw a digit.";
    const order = range(10).sort((a, b) => run.probabilities[b] - run.probabilities[a]);
    const share = (map) => `${map} (${fixed(100 * run.probabilities[map], 1)} %)`;
    const isClear = run.probabilities[order[1]] < 0.0005;
    return `The network reads ${share(order[0])}${isClear ? "" : `, and next ${share(order[1])}`}.`;
  }

  function valueText(run, place) {
    const value = run.values[place.layer][indexOf(place)];
    return `${nameOf(place)}: ${fixed(value, 3)}.`;
  }

  function formulaHtml(run, place, reads) {
    const { kind, b } = LAYERS[place.layer];
    const n = indexOf(place);
    const value = `<strong data-role="value">${fixed(run.values[place.layer][n], 3)}</strong>`;
    if (kind === "pooling") return `the largest of ${reads.length} numbers = ${value}`;
    const parts = [`${reads.length} products ${fixed(total(reads.map((read) => read.product)), 3)}`, `bias ${fixed(NET[b][place.map], 3)}`];
    const sum = parts.map((part) => `<span>${part}</span>`).join(" + ");
    if (kind === "scores") return `${sum} = ${value}`;
    return `${sum} = ${fixed(run.sums[place.layer][n], 3)} <span>→ ReLU ${value}</span>`;
  }

  /* The widget. */

  const EXAMPLES = DATA.examples.map((example, n) => {
    const before = DATA.examples.slice(0, n).filter((one) => one.class === example.class).length;
    return { ...example, name: `${example.class}-${before}` };
  });
  const LISTS = [
    ["digit", "A digit that it never saw", [...EXAMPLES.map(({ name }) => [name, name.replace("-0", "").replace("-1", ", another")]), ["own", "your own drawing"]]],
    ["pen", "The pen", [["ink", "draws"], ["eraser", "erases"]]],
  ];

  function bodyHtml(id) {
    return `
      <p data-role="answer" aria-live="polite"></p>
      <svg data-role="picture" data-stage role="application" tabindex="0" aria-describedby="${id}-help"
        aria-label="A square to draw in, and the network that reads it"></svg>
      <div class="cn-words"><p data-role="live" aria-live="polite"></p>
        <p class="cn-formula" data-role="formula"></p></div>`;
  }

  // Where a key leads; undefined for keys that do not move.
  function moved(key, { layer, map, row, column }) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
    if (step) {
      const { maps, size } = LAYERS[layer];
      const across = Math.min(Math.max(map * size + column + step[1], 0), maps * size - 1);
      const down = Math.min(Math.max(row + step[0], 0), size - 1);
      return { layer, map: Math.floor(across / size), row: down, column: across % size };
    }
    const to = { Home: 0, End: LAST, PageDown: Math.min(layer + 1, LAST), PageUp: Math.max(layer - 1, 0) }[key];
    if (to === undefined) return undefined;
    const scale = LAYERS[to].size / LAYERS[layer].size;
    const near = (at) => Math.min(Math.floor((at + 0.5) * scale), LAYERS[to].size - 1);
    const other = Math.min(Math.floor(((map + 0.5) * LAYERS[to].maps) / LAYERS[layer].maps), LAYERS[to].maps - 1);
    return { layer: to, map: other, row: near(row), column: near(column) };
  }

  function view({ root, part }) {
    const picture = part("picture");
    const digits = root.querySelector("select[name=digit]");
    let fine = range((SIDE * FINE) ** 2).map(() => 0);
    let example = null; // whose ink is in the square, if it is nobody's drawing
    let cursor = null; // where the reader looks
    let looked = null; // the number in the lens: the reader's, unless that is a pixel
    let asked = null; // a class that the reader chose
    let pen = "ink";
    let last = null; // where the pen was
    let run, p, parts, shown;

    function draw() {
      const width = Math.floor(picture.getBoundingClientRect().width);
      if (width < 200) return; // not laid out yet
      p = placing(width, parseFloat(getComputedStyle(picture).fontSize));
      picture.setAttribute("viewBox", `0 0 ${width} ${round(p.height)}`);
      picture.style.height = `${round(p.height)}px`;
      picture.innerHTML = `<g aria-hidden="true"><g class="cn-beams"></g>${groundSvg(p)}<g class="cn-lens"></g><g class="cn-cursor"></g></g>`;
      const all = (name) => [...picture.querySelectorAll(name)];
      parts = { dots: all(".cn-dot"), cells: LAYERS.map((_, layer) => all(`.cn-cell[data-layer="${layer}"]`)), saliency: all(".cn-saliency"), classes: all(".cn-class") };
      paint();
    }

    function read() {
      run = forward(NET, counted(fine));
      if (p) paint();
      part("answer").textContent = answerText(run);
    }

    function paint() {
      const best = run.probabilities.indexOf(Math.max(...run.probabilities));
      const chosen = asked ?? best;
      parts.cells.forEach((cells, layer) => {
        const most = layer === 0 ? 1 : DATA.brightest[layer < 3 ? 0 : 1];
        cells.forEach((cell, n) => cell.style.setProperty("--v", strength(run.values[layer][n], most)));
      });
      const slopes = backward(NET, run, chosen)[0];
      const most = Math.max(...slopes.map(Math.abs));
      parts.dots.forEach((dot, n) => dot.style.setProperty("--v", run.values[0][n]));
      parts.saliency.forEach((cell, n) => {
        cell.style.setProperty("--v", strength(slopes[n], most));
        cell.classList.toggle("is-negative", slopes[n] < 0);
        cell.classList.toggle("is-positive", slopes[n] >= 0);
      });
      parts.classes.forEach((group, map) => {
        const share = run.probabilities[map];
        group.classList.toggle("is-best", map === best && total(run.values[0]) > 0);
        group.classList.toggle("is-asked", map === chosen);
        group.querySelector(".cn-bar").style.transform = `scaleY(${Math.max(share, 0.004).toFixed(4)})`;
        group.querySelector(".cn-share").textContent = share >= 0.01 ? `${Math.round(100 * share)} %` : "";
      });
      lens(chosen);
    }

    function lens(chosen) {
      const largest = placesOf(SHOWN)[run.values[SHOWN].indexOf(Math.max(...run.values[SHOWN]))];
      const place = looked ?? largest;
      const reads = productsOf(NET, run, place);
      const { saliency, em } = p;
      const key = (sign) => `<tspan class="cn-key is-${sign}">■</tspan>`;
      const about = ["Saliency: where", `more ink raises ${key("positive")}`, `or lowers ${key("negative")} the ${chosen}`].map((line, n) =>
        text(saliency.x, saliency.y + saliency.side + (1.4 + 1.25 * n) * em, line, 'class="cn-caption"'));
      picture.querySelector(".cn-beams").innerHTML = beamsSvg(p, reads, place);
      picture.querySelector(".cn-lens").innerHTML = lensSvg(p, reads, place) + about.join("");
      const { layer, map, row, column } = cursor ?? place;
      const at = cornersOf(p.boxes[layer][map], [row, row], [column, column]);
      if (layer === LAST) at.bottom = p.height;
      picture.querySelector(".cn-cursor").innerHTML = windowsSvg(p, reads, place) + frame(at, "cn-here");
      part("live").textContent = valueText(run, cursor ?? place);
      part("formula").innerHTML = layer === 0 ? "" : formulaHtml(run, place, reads);
      shown = place;
    }

    function look(place) {
      if (cursor && indexOf(place) === indexOf(cursor) && place.layer === cursor.layer) return;
      cursor = place;
      if (place.layer > 0) looked = place;
      asked = place.layer === LAST ? place.map : asked;
      paint();
    }

    function show(name) {
      example = EXAMPLES.find((one) => one.name === name) ?? null;
      fine = example ? refined(example.pixels.map((pixel) => pixel / FINE ** 2)) : fine;
      asked = null;
      read();
    }

    function own(next) {
      example = null;
      digits.value = "own";
      fine = next;
      read();
    }

    function clear() {
      asked = null;
      own(fine.map(() => 0));
    }

    function change(setting, control) {
      pen = setting.pen;
      if (!control || control === digits) show(setting.digit);
      if (!p) draw();
    }

    function step(by) {
      const now = EXAMPLES.indexOf(example);
      const next = EXAMPLES[(now + by + EXAMPLES.length) % EXAMPLES.length];
      digits.value = next.name;
      show(next.name);
    }

    const at = (event) => {
      const { left, top } = picture.getBoundingClientRect();
      return [(event.clientX - left - p.pad.x) / p.pad.cell, (event.clientY - top - p.pad.y) / p.pad.cell];
    };
    const onPad = ([x, y]) => Math.min(x, y) >= 0 && Math.max(x, y) < SIDE;

    function press(event) {
      if (event.button !== 0 || !onPad(at(event))) return;
      picture.setPointerCapture(event.pointerId);
      last = at(event);
      // A new drawing begins in an empty square.
      const ground = example && pen === "ink" ? fine.map(() => 0) : fine;
      asked = null;
      own(stroke(ground, last, last, pen === "ink" ? 0.55 : 0.8, pen === "ink" ? 1 : 0));
    }

    function point(event) {
      if (last && event.type === "pointermove") {
        const next = at(event);
        const [radius, ink] = pen === "ink" ? [0.55, 1] : [0.8, 0];
        own(stroke(fine, last, next, radius, ink));
        last = next;
        return;
      }
      const cell = event.target.closest(".cn-cell, .cn-class");
      if (!cell) return;
      const { layer, map, row, column } = cell.dataset;
      if (Number(layer) > 0) look({ layer: Number(layer), map: Number(map), row: Number(row), column: Number(column) });
    }

    function move(key) {
      const from = cursor ?? shown;
      const place = moved(key, from);
      if (place) look(place);
      else if (key === "Delete" || key === "Backspace") clear();
      else if (/^\d$/.test(key)) look({ layer: LAST, map: Number(key), row: 0, column: 0 });
      else if (key === " " && from.layer === 0) {
        const isDark = run.values[0][indexOf(from)] >= 0.5;
        const centre = [from.column + 0.5, from.row + 0.5];
        own(fine.map((old, n) => {
          const [y, x] = [Math.floor(n / (SIDE * FINE)), n % (SIDE * FINE)].map((one) => Math.floor(one / FINE) + 0.5);
          return x === centre[0] && y === centre[1] ? (isDark ? 0 : 1) : old;
        }));
      } else return false;
      return true;
    }

    picture.addEventListener("pointerdown", press);
    for (const kind of ["pointerup", "pointercancel"]) picture.addEventListener(kind, () => (last = null));
    // A finger in the square draws, and does not scroll.
    picture.addEventListener("touchstart", (event) => onPad(at(event.touches[0])) && event.preventDefault(), { passive: false });
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: "Clear", onclick: clear });
    button.dataset.action = "clear";
    root.querySelector('[data-action="next"]').after(button);
    return { change, step, move, point, draw };
  }

  Explorer.define("convnet-explorer", {
    label: "Convnet explorer",
    help: "Draw in the square. Point at any number, or reach it with arrows and Page Up and Down. Space inks, Delete clears, 0 to 9 choose a class.",
    lists: LISTS,
    body: bodyHtml,
    view,
    pause: 1800,
  });
})();
