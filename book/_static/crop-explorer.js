/* Crop explorer: a photograph, resized, and the square that is cut out of it. The reader drags the square, and
   sees what a small network says of it, and of the ten crops at that size together.

   Mount   <div class="crop-explorer" data-photo="china" data-length="320" data-play>Text for readers without
           JavaScript.</div>
           explorer.js, which pages load before this file, has the controls. The network and the photographs are
           crop-explorer.json, which pages hold as #crop-explorer-data. Playing goes through random crops.
           data-top and data-left are the first place of the square, or the address has them, in pixels:
           ?photo=flower&length=480&top=0&left=0
   Keys    The photograph is one tab stop: arrows move the square by 8 pixels, Home and End take it to the first
           corner and the last, Page Up and Page Down make the photograph larger and smaller.
   Hooks   input[name="length"]; select[name="photo"], "flip"
           data-role: "photo" (the image), "box" (the square), "size" (of the photograph), "live" (what is said of the
           crop, polite), "value" (the class), "ten" (what is said of the ten), "crop", "seen" (the SVGs)
           .ce-class (a class, with data-class), in it .ce-one and .ce-ten (the bars) */

(function () {
  "use strict";

  /* Arithmetic. A crop is { length, top, left, flip }: a square of 224 x 224 pixels of a photograph of which the short
     side was resized to `length`. What the network reads of it are 16 x 16 numbers, row after row. */

  const { uniform } = typeof module === "undefined" ? Explorer : require("./explorer.js");
  const [HEIGHT, WIDTH] = [427, 640]; // of a photograph
  const [ROWS, COLUMNS] = [107, 160]; // of its grey copy
  const [SHORTEST, LONGEST] = [256, 480];
  const [BOX, SIDE] = [224, 16];
  const PHOTOS = ["china", "flower"];
  const CLASSES = 4; // each photograph as it is, and upside down

  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
  const limit = (value, most) => Math.min(Math.max(value, 0), most);
  const widthAt = (length) => Math.round((WIDTH * length) / HEIGHT);
  const classOf = (photo, flip) => 2 * PHOTOS.indexOf(photo) + (flip === "down" ? 1 : 0);

  // Brightness from 0 to 1, from the text of a grey copy.
  const decoded = (text) => Float64Array.from(atob(text), (letter) => letter.charCodeAt(0) / 255);

  // What each of `old` pixels of an axis adds to each of 16 numbers, 16 rows: the axis is resized to `size`
  // pixels, between the two nearest ones, and of 224 of them, from the first on, each 14 are averaged.
  function averages(old, size, first) {
    return range(SIDE).map((cell) => {
      const weights = new Float64Array(old);
      for (let n = 0; n < BOX / SIDE; n++) {
        const place = limit(((first + (cell * BOX) / SIDE + n + 0.5) * old) / size - 0.5, old - 1);
        const low = Math.min(Math.floor(place), old - 2);
        weights[low] += ((1 - (place - low)) * SIDE) / BOX;
        weights[low + 1] += ((place - low) * SIDE) / BOX;
      }
      return weights;
    });
  }

  // What the network reads of a crop of a grey photograph: moved to mean 0, scaled to standard deviation 1.
  function readingOf(grey, { length, top, left, flip }) {
    const down = averages(ROWS, length, top);
    const across = averages(COLUMNS, widthAt(length), left);
    const rows = down.map((weights) => {
      const row = new Float64Array(COLUMNS);
      weights.forEach((weight, i) => weight && row.forEach((_, j) => (row[j] += weight * grey[i * COLUMNS + j])));
      return row;
    });
    let cells = rows.map((row) => across.map((weights) => weights.reduce((sum, weight, j) => sum + weight * row[j], 0)));
    if (flip === "down") cells = cells.reverse();
    if (flip === "mirrored") cells = cells.map((row) => row.reverse());
    const flat = cells.flat();
    const mean = total(flat) / flat.length;
    const std = Math.sqrt(total(flat.map((value) => (value - mean) ** 2)) / flat.length);
    return flat.map((value) => (value - mean) / Math.max(std, 1e-6));
  }

  // A convolution of maps (C, side, side) with filters (F, C, 3, 3) and a border of zeros, then ReLU.
  function convolved(maps, w, b) {
    const side = Math.sqrt(maps[0].length);
    return w.map((filter, f) => range(side * side).map((n) => {
      const [row, column] = [Math.floor(n / side), n % side];
      let sum = b[f];
      filter.forEach((kernel, c) => kernel.forEach((weights, u) => weights.forEach((weight, v) => {
        const [i, j] = [row + u - 1, column + v - 1];
        if (Math.min(i, j) >= 0 && Math.max(i, j) < side) sum += weight * maps[c][i * side + j];
      })));
      return Math.max(sum, 0);
    }));
  }

  // The largest of each 2 x 2.
  function pooled(maps) {
    const side = Math.sqrt(maps[0].length);
    return maps.map((map) => range((side / 2) ** 2).map((n) => {
      const at = 2 * side * Math.floor((2 * n) / side) + ((2 * n) % side);
      return Math.max(map[at], map[at + 1], map[at + side], map[at + side + 1]);
    }));
  }

  // The probabilities of the four classes.
  function probabilitiesOf(net, reading) {
    const first = pooled(convolved([reading], net.w1, net.b1));
    const second = pooled(convolved(first, net.w2, net.b2)).flat();
    const scores = net.b3.map((bias, k) => bias + total(second.map((value, d) => value * net.w3[d][k])));
    const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
    return powers.map((power) => power / total(powers));
  }

  // The first places of the four corners and the centre.
  function fivePlaces(length) {
    const [down, right] = [length - BOX, widthAt(length) - BOX];
    return [[0, 0], [0, right], [down, 0], [down, right], [Math.floor(down / 2), Math.floor(right / 2)]];
  }

  // The five, and mirrored; all of them upside down if that is asked. Upside down and mirrored is half a turn.
  function tenReadings(grey, length, flip) {
    const five = fivePlaces(length).map(([top, left]) => readingOf(grey, { length, top, left, flip: flip === "down" ? flip : "none" }));
    return [...five, ...five.map((reading) => reading.map((_, n) => reading[n - (n % SIDE) + SIDE - 1 - (n % SIDE)]))];
  }

  function tenOf(net, grey, length, flip) {
    const all = tenReadings(grey, length, flip).map((reading) => probabilitiesOf(net, reading));
    return range(CLASSES).map((k) => total(all.map((one) => one[k])) / all.length);
  }

  // Crop n of a sequence that is drawn as in training: length, place, and mirrored or not.
  function randomCrop(n) {
    const below = (i, count) => Math.floor(uniform(0, 4 * n + i) * count);
    const length = SHORTEST + below(0, LONGEST - SHORTEST + 1);
    const [top, left] = [below(1, length - BOX + 1), below(2, widthAt(length) - BOX + 1)];
    return { length, top, left, flip: below(3, 2) ? "none" : "mirrored" };
  }

  if (typeof module !== "undefined") {
    module.exports = { decoded, readingOf, probabilitiesOf, fivePlaces, tenReadings, tenOf, randomCrop, widthAt, classOf };
  }
  if (typeof document === "undefined") return;

  /* Words. */

  const NAMES = ["temple", "temple, upside down", "flower", "flower, upside down"];
  const ALTS = { china: "The roof of a Chinese temple before the sky, with trees", flower: "A flower before a blurred background" };
  const percent = (share) => `${Math.round(100 * share)} %`;
  const highest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
  const verdict = (probabilities, right) => (highest(probabilities) === right ? "right" : "wrong");

  function saidHtml(probabilities, right) {
    const best = highest(probabilities);
    return `<strong data-role="value">${NAMES[best]}</strong> (${percent(probabilities[best])}), which is ${verdict(probabilities, right)}`;
  }

  function cropHtml({ top, left, flip }, probabilities, right) {
    const how = { none: "", mirrored: ", mirrored", down: ", upside down" }[flip];
    return `Of the crop at row ${top}, column ${left}${how}, the network says ${saidHtml(probabilities, right)}.`;
  }

  function tenHtml(length, probabilities, right) {
    return `On average over the ten crops at L = ${length} it says ${saidHtml(probabilities, right)}.`;
  }

  /* Drawing. Places on the photograph are shares of its width and height. */

  function placed(element, { length, top, left }) {
    const share = (part, whole) => `${(100 * part) / whole}%`;
    const width = widthAt(length);
    const style = { left: share(left, width), top: share(top, length), width: share(BOX, width), height: share(BOX, length) };
    Object.assign(element.style, style);
  }

  function cropSvg(source, { length, top, left, flip }) {
    const turn = { none: "", mirrored: `translate(${BOX} 0) scale(-1 1)`, down: `translate(0 ${BOX}) scale(1 -1)` }[flip];
    return `<g transform="${turn}"><image href="${source}" x="${-left}" y="${-top}" width="${widthAt(length)}" height="${length}"
      preserveAspectRatio="none"/></g>`;
  }

  function seenSvg(reading) {
    return reading.map((value, n) => {
      const grey = Math.round(255 * limit((value + 2.2) / 4.4, 1));
      return `<rect x="${n % SIDE}" y="${Math.floor(n / SIDE)}" width="1.02" height="1.02" fill="rgb(${grey} ${grey} ${grey})"/>`;
    }).join("");
  }

  /* The widget. */

  const classHtml = (k) => `<div class="ce-class" data-class="${k}"><span class="ce-name">${NAMES[k]}</span>
    <span class="ce-groove"><span class="ce-one"></span></span><span class="ce-share"></span>
    <span class="ce-groove"><span class="ce-ten"></span></span><span class="ce-share"></span></div>`;

  function bodyHtml(id) {
    return `
      <p data-role="size"></p>
      <div class="ce-stage" data-stage role="application" tabindex="0" aria-label="A square on a photograph" aria-describedby="${id}-help">
        <img data-role="photo" alt="" draggable="false">${range(5).map(() => '<span class="ce-place"></span>').join("")}
        <span class="ce-box" data-role="box"></span></div>
      <div class="ce-parts">
        <figure><svg data-role="crop" viewBox="0 0 ${BOX} ${BOX}" role="img" aria-label="The crop"></svg><figcaption>the crop</figcaption></figure>
        <figure><svg data-role="seen" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="The crop as 16 by 16 grey squares"></svg>
          <figcaption>what is read</figcaption></figure>
        <div class="ce-classes">${range(CLASSES).map(classHtml).join("")}
          <p class="explorer-keys"><span><span class="ce-key ce-one"></span>this crop</span><span><span class="ce-key ce-ten"></span>mean of the ten</span><span>✓ right</span></p></div>
      </div>
      <p data-role="live" aria-live="polite"></p>
      <p data-role="ten"></p>
      <p class="ce-about">The network was trained on random crops of these two photographs and has seen no other one: mirrored or not, which
        keeps the class, and upside down, which is another class. Dashed: the places of the ten crops, which are these five, and mirrored.
        Photographs by <a href="https://www.flickr.com/photos/danielbuechele/6061409035/">danielbuechele</a> and
        <a href="https://www.flickr.com/photos/vultilion/6056698931/">vultilion</a>,
        <a href="https://creativecommons.org/licenses/by/2.0/">CC BY 2.0</a>, as distributed with scikit-learn, made smaller.</p>`;
  }

  function view({ root, part, read, data }) {
    const stored = JSON.parse(document.getElementById("crop-explorer-data").textContent);
    const greys = Object.fromEntries(PHOTOS.map((name) => [name, decoded(stored.photographs[name].grey)]));
    const control = (name) => root.querySelector(`[name="${name}"]`);
    const box = part("box");
    const stage = root.querySelector("[data-stage]");
    let drawn = 0; // random crops so far
    let held = null; // where in the square the pointer took hold, in pixels of the resized photograph
    let setting, crop, source, ten;

    function change(controls) {
      const before = crop;
      const isNew = setting?.photo !== controls.photo;
      setting = controls;
      const { photo, length, flip } = setting;
      if (isNew) {
        source = `data:image/jpeg;base64,${stored.photographs[photo].shown}`;
        Object.assign(part("photo"), { src: source, alt: `${ALTS[photo]}.` });
      }
      ten = tenOf(stored.network, greys[photo], length, flip);
      part("size").textContent = `The photograph is resized to ${length} × ${widthAt(length)} pixels. The square has ${BOX} × ${BOX}.`;
      root.querySelectorAll(".ce-place").forEach((one, n) => {
        const [top, left] = fivePlaces(length)[n];
        placed(one, { length, top, left });
      });
      part("ten").innerHTML = tenHtml(length, ten, classOf(photo, flip));
      const [top, left] = fivePlaces(length)[4];
      if (!before) moveTo(Number(data.top ?? top), Number(data.left ?? left));
      else moveTo(...kept(before));
    }

    // The same place of a photograph of another size: the middle of the square stays where it was.
    function kept({ length, top, left }) {
      const middle = (first) => ((first + BOX / 2) * setting.length) / length - BOX / 2;
      return [middle(top), middle(left)];
    }

    function moveTo(top, left) {
      const { photo, length, flip } = setting;
      crop = { length, flip, top: limit(Math.round(top), length - BOX), left: limit(Math.round(left), widthAt(length) - BOX) };
      const reading = readingOf(greys[photo], crop);
      const one = probabilitiesOf(stored.network, reading);
      placed(box, crop);
      part("crop").innerHTML = cropSvg(source, crop);
      part("seen").innerHTML = seenSvg(reading);
      part("live").innerHTML = cropHtml(crop, one, classOf(photo, flip));
      root.querySelectorAll(".ce-class").forEach((row, k) => {
        row.classList.toggle("is-right", k === classOf(photo, flip));
        const [first, second] = row.querySelectorAll(".ce-share");
        [first.textContent, second.textContent] = [percent(one[k]), percent(ten[k])];
        row.querySelector(".ce-one").style.width = `${100 * one[k]}%`;
        row.querySelector(".ce-ten").style.width = `${100 * ten[k]}%`;
      });
    }

    // A place of the pointer, in pixels of the resized photograph.
    function at(event) {
      const { left, top, width } = stage.getBoundingClientRect();
      const scale = widthAt(setting.length) / width;
      return [(event.clientY - top) * scale, (event.clientX - left) * scale];
    }

    function point(event) {
      const [row, column] = at(event);
      if (event.type === "click") {
        if (!event.target.closest(".ce-box")) moveTo(row - BOX / 2, column - BOX / 2);
      } else if (held) moveTo(row - held[0], column - held[1]);
    }

    function press(event) {
      if (event.button !== 0) return;
      box.setPointerCapture(event.pointerId);
      const [row, column] = at(event);
      held = [row - crop.top, column - crop.left];
    }

    function resize(by) {
      control("length").valueAsNumber = setting.length + by;
      change(read());
    }

    function move(key) {
      const arrow = { ArrowUp: [-8, 0], ArrowDown: [8, 0], ArrowLeft: [0, -8], ArrowRight: [0, 8] }[key];
      const larger = { PageUp: 16, PageDown: -16 }[key];
      if (arrow) moveTo(crop.top + arrow[0], crop.left + arrow[1]);
      else if (larger) resize(larger);
      else if (key === "Home") moveTo(0, 0);
      else if (key === "End") moveTo(Infinity, Infinity);
      else return false;
      return true;
    }

    // Another random crop, or the one before.
    function step(by) {
      drawn = Math.max(drawn + by, 1);
      const next = randomCrop(drawn);
      control("length").valueAsNumber = next.length;
      control("flip").value = next.flip;
      change(read());
      moveTo(next.top, next.left);
    }

    box.addEventListener("pointerdown", press);
    for (const kind of ["pointerup", "pointercancel"]) box.addEventListener(kind, () => (held = null));
    return { change, step, move, point };
  }

  Explorer.define("crop-explorer", {
    label: "Crop explorer",
    help: "Drag the square, or move it with the arrow keys. The buttons draw random crops, as in training.",
    sliders: [["length", "Short side L", SHORTEST, LONGEST, 320]],
    lists: [
      ["photo", "Photograph", [["china", "temple"], ["flower", "flower"]]],
      ["flip", "The crop is", [["none", "as it is"], ["mirrored", "mirrored"], ["down", "upside down"]]],
    ],
    further: { top: /^\d{1,3}$/, left: /^\d{1,3}$/ }, // the first place of the square
    body: bodyHtml,
    view,
    pause: 1800,
  });
})();
