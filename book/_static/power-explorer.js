/* Power explorer: a 2 x 2 matrix, applied again and again. On one side what becomes of the unit circle, on
   the other the norm of the power, step by step, between two straight lines: the powers of the largest singular value,
   which it cannot exceed, and those of the spectral radius, whose slope it takes in the end.

   Mount   <div class="power-explorer" data-matrix="diagonal" data-play>Text for readers without JavaScript.</div>
           explorer.js, which pages load before this file, has the controls.
   Keys    The picture is one tab stop: the arrow keys go to the next step and back, Page Up and Page Down by
           five, Home and End to the circle and to the last step.
   Hooks   input[name="a"], "b", "c", "d" (the matrix, row by row); select[name="matrix"] (some to begin with)
           data-role: "chart" (the SVG), "live" (the step, polite), "value" (the norm), "summary" (the matrix)
           .we-now (the ellipse of the step), .we-past (those before), .we-dot (a norm, with data-n) */

(function () {
  "use strict";

  /* Arithmetic. Matrices are [[a, b], [c, d]]; vectors are rows, u W, as in the book. */

  const STEPS = 20;

  const MATRICES = {
    diagonal: [0.5, 0, 0, 1.5],
    quarter: [0, 0.5, -1.5, 0],
    turn: [0.8, 0.6, -0.6, 0.8],
    spiral: [0.72, 0.54, -0.54, 0.72],
    late: [0.5, 2, 0, 0.5],
    shear: [1, 0.5, 0, 1],
  };

  const multiply = (A, B) => A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));

  // W to the powers 0 ... steps.
  function powersOf(W, steps = STEPS) {
    const powers = [[[1, 0], [0, 1]]];
    for (let n = 1; n <= steps; n++) powers.push(multiply(powers[n - 1], W));
    return powers;
  }

  // The largest and the smallest length to which a vector of length 1 is taken.
  function singularValues([[a, b], [c, d]]) {
    const [p, q] = [Math.hypot(a + d, b - c), Math.hypot(a - d, b + c)];
    return [(p + q) / 2, Math.abs(p - q) / 2];
  }

  // The largest absolute value of the two eigenvalues, which may be a complex pair.
  function spectralRadius([[a, b], [c, d]]) {
    const [half, det] = [(a + d) / 2, a * d - b * c];
    const under = ((a - d) / 2) ** 2 + b * c;
    return under < 0 ? Math.sqrt(det) : Math.abs(half) + Math.sqrt(under);
  }

  // How often a step stretches, and what the norms do: all that the picture shows.
  function measure({ a, b, c, d }) {
    const W = [[a, b], [c, d]];
    const powers = powersOf(W);
    return { powers, norms: powers.map((P) => singularValues(P)[0]), stretch: singularValues(W)[0], radius: spectralRadius(W) };
  }

  // What becomes of the unit circle, as points.
  function imageOf([[a, b], [c, d]], count = 96) {
    return Array.from({ length: count }, (_, n) => {
      const [x, y] = [Math.cos((2 * Math.PI * n) / count), Math.sin((2 * Math.PI * n) / count)];
      return [x * a + y * c, x * b + y * d];
    });
  }

  // The vector of the ellipse that is longest: where the direction u with |u| = 1 that is stretched most is taken.
  function longest([[a, b], [c, d]]) {
    const turn = 0.5 * Math.atan2(2 * (a * c + b * d), a * a + b * b - c * c - d * d);
    const [x, y] = [Math.cos(turn), Math.sin(turn)];
    return [x * a + y * c, x * b + y * d];
  }

  if (typeof module !== "undefined") module.exports = { MATRICES, powersOf, singularValues, spectralRadius, measure, imageOf, longest };
  if (typeof document === "undefined") return;

  /* Words. */

  const { along, fixed } = Explorer;
  const near1 = (value) => Math.abs(value - 1) < 0.0005;

  const number = (value) => Explorer.number(value, { most: 10000, digits: 3 });

  function endText({ norms, stretch, radius }) {
    const top = Math.max(...norms);
    const peak = norms.indexOf(top);
    if (radius < 1 - 0.0005) {
      const first = top > 1.0005 ? `The norm grows at first, to ${number(top)} at step ${peak}, and vanishes in the end` : "The norm vanishes";
      return `${first}: the spectral radius is below 1.`;
    }
    if (!near1(radius)) return "The norm explodes: the spectral radius is above 1.";
    if (near1(stretch)) return "The norm is 1 at every step: nothing vanishes, nothing explodes.";
    return norms[STEPS] > 2 * norms[STEPS / 4] ? "The radius is 1, and the norm still grows, step by step and not by a factor." : "The radius is 1: the norm comes to rest.";
  }

  function summaryText(found) {
    const { stretch, radius } = found;
    return `Largest singular value ${fixed(stretch, 3)}, spectral radius ${fixed(radius, 3)}. ${endText(found)}`;
  }

  function stepText(n, { powers, norms }) {
    const least = singularValues(powers[n])[1];
    if (n === 0) return 'Before the first step: all vectors of length <strong data-role="value">1</strong>.';
    const steps = n === 1 ? "1 step" : `${n} steps`;
    return `After ${steps} the longest vector has the length <strong data-role="value">${number(norms[n])}</strong>, the shortest ${number(least)}.`;
  }

  /* Drawing, in the page's own pixels, so that text is as large on a phone. */

  const round = (value) => Math.round(value * 10) / 10;

  function text(x, y, words, more = "") {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${words}</text>`;
  }

  // Two panels, side by side, or one below the other where it is narrow.
  function placing(width, em) {
    const beside = width > 34 * em;
    const side = beside ? Math.min(width * 0.42, 20 * em) : Math.min(width, 18 * em);
    const plane = { left: beside ? 0 : (width - side) / 2, top: 0, side };
    const left = (beside ? side + 1.5 * em : 0) + 3.4 * em;
    const top = beside ? 0.8 * em : side + 1.2 * em;
    const bottom = beside ? side - 3 * em : top + 13 * em;
    return { em, plane, left, right: width - 0.8 * em, top, bottom, height: bottom + 3.2 * em };
  }

  function planeSvg(now, { powers, norms }, { plane, em }, id) {
    const reach = 1.15 * Math.max(1, norms[now]);
    const half = plane.side / 2;
    const [cx, cy] = [plane.left + half, plane.top + half];
    const at = ([x, y]) => `${round(cx + (half * x) / reach)} ${round(cy - (half * y) / reach)}`;
    const path = (P) => `M${imageOf(P).map(at).join("L")}Z`;
    const past = powers.slice(0, now).map((P, n) =>
      `<path class="${n === 0 ? "we-circle" : "we-past"}" style="opacity: ${n === 0 ? 1 : round(Math.max(0.2, 0.7 - 0.1 * (now - n)))}" d="${path(P)}"/>`);
    const end = longest(powers[now]);
    const frame = `x="${round(plane.left + 1)}" y="${plane.top + 1}" width="${round(plane.side - 2)}" height="${round(plane.side - 2)}" rx="6"`;
    return `<clipPath id="${id}-clip"><rect ${frame}/></clipPath><rect class="we-frame" ${frame}/>
      <g clip-path="url(#${id}-clip)">
      <path class="we-grid" d="M${plane.left} ${cy}H${plane.left + plane.side}M${cx} ${plane.top}V${plane.top + plane.side}"/>
      ${past.join("")}<path class="we-now" d="${path(powers[now])}"/>
      <path class="we-longest" d="M${at([0, 0])}L${at(end)}"/><circle class="we-tip" cx="${at(end).split(" ")[0]}" cy="${at(end).split(" ")[1]}" r="4"/></g>
      ${text(plane.left + 0.6 * em, plane.top + 1.4 * em, now === 0 ? "the unit circle" : `the circle under W${now === 1 ? "" : `<tspan dy="-0.4em" font-size="80%">${now}</tspan>`}`)}
      ${text(plane.left + plane.side - 0.6 * em, plane.top + plane.side - 0.7 * em, `edge at ${number(reach)}`, 'text-anchor="end"')}`;
  }

  // Powers of ten that hold all norms, at least one on each side of 1.
  function decades(norms) {
    const logs = norms.filter((value) => value > 0).map(Math.log10);
    const low = Math.max(-12, Math.min(-1, Math.floor(Math.min(...logs) + 1e-9)));
    const high = Math.min(12, Math.max(1, Math.ceil(Math.max(...logs) - 1e-9)));
    return [low, high];
  }

  function normsSvg(now, { norms, stretch, radius }, p, id) {
    const [low, high] = decades(norms);
    const x = (n) => p.left + ((p.right - p.left) * n) / STEPS;
    const y = (log) => p.bottom - ((p.bottom - p.top) * (log - low)) / (high - low);
    const every = Math.max(1, Math.ceil((high - low) / 6));
    const parts = [];
    for (let power = low; power <= high; power++) {
      if (power % every !== 0) continue;
      parts.push(`<path class="${power === 0 ? "we-one" : "we-grid"}" d="M${p.left} ${round(y(power))}H${p.right}"/>`);
      parts.push(text(p.left - 0.5 * p.em, y(power) + 0.35 * p.em, number(10 ** power).replace("1.0·", ""), 'text-anchor="end"'));
    }
    for (let n = 0; n <= STEPS; n += 5) parts.push(text(x(n), p.bottom + 1.4 * p.em, n, 'text-anchor="middle"'));
    parts.push(text((p.left + p.right) / 2, p.bottom + 2.8 * p.em, "steps n", 'text-anchor="middle"'));
    parts.push(`<clipPath id="${id}-right"><rect x="${p.left}" y="${p.top - 4}" width="${round(p.right - p.left + 6)}" height="${round(p.bottom - p.top + 8)}"/></clipPath>`);
    const line = (factor, name) => factor > 0
      ? `<path class="${name}" d="M${round(x(0))} ${round(y(0))}L${round(x(STEPS))} ${round(y(STEPS * Math.log10(factor)))}"/>` : "";
    const seen = norms.map((value, n) => [n, value]).filter(([, value]) => value > 0);
    const points = seen.map(([n, value]) => [n, round(x(n)), round(y(Math.log10(value)))]);
    parts.push(`<g clip-path="url(#${id}-right)">${line(stretch, "we-stretch")}${line(radius, "we-radius")}
      <polyline class="we-line" points="${points.map(([, px, py]) => `${px},${py}`).join(" ")}"/>
      ${points.map(([n, px, py]) => `<circle class="we-dot${n === now ? " is-now" : ""}" data-n="${n}" cx="${px}" cy="${py}" r="${n === now ? 6.5 : 3}"/>`).join("")}</g>`);
    return parts.join("");
  }

  /* The widget. */

  const keyHtml = (name, words) => `<span><svg viewBox="0 0 36 20" aria-hidden="true"><path class="${name}" d="M1 10H35"/></svg>${words}</span>`;

  function bodyHtml(id) {
    return `
      <p data-role="summary" aria-live="polite"></p>
      <svg data-role="chart" data-stage role="slider" tabindex="0" aria-label="Step" aria-orientation="horizontal"
        aria-valuemin="0" aria-valuemax="${STEPS}" aria-describedby="${id}-help"></svg>
      <p class="explorer-keys">${keyHtml("we-line", "norm of Wⁿ")}${keyHtml("we-radius", "spectral radius to the n")}${keyHtml("we-stretch", "largest singular value to the n")}</p>
      <p data-role="live" aria-live="polite"></p>`;
  }

  function view({ root, id, part, read }) {
    const chart = part("chart");
    const list = root.querySelector('select[name="matrix"]');
    const entries = ["a", "b", "c", "d"].map((name) => root.querySelector(`input[name="${name}"]`));
    let now = 0;
    let found = null;
    let p;

    function draw() {
      const em = parseFloat(getComputedStyle(chart).fontSize);
      const { width } = chart.getBoundingClientRect();
      if (!width) return; // a hidden page
      p = placing(width, em);
      chart.style.height = `${p.height}px`;
      chart.setAttribute("viewBox", `0 0 ${width} ${round(p.height)}`);
      chart.innerHTML = planeSvg(now, found, p, id) + normsSvg(now, found, p, id);
    }

    function change(setting, control) {
      if (control && control !== list) list.value = "own";
      else if (list.value !== "own") {
        MATRICES[list.value].forEach((value, n) => (entries[n].value = value));
        setting = read();
      }
      found = measure(setting);
      part("summary").textContent = summaryText(found);
      select(now);
    }

    function select(n) {
      now = Math.min(Math.max(n, 0), STEPS);
      draw();
      part("live").innerHTML = stepText(now, found);
      chart.setAttribute("aria-valuenow", now);
      chart.setAttribute("aria-valuetext", `Step ${now}`);
    }

    function point(event) {
      const box = chart.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      if (x < p.left - p.em || y < p.top - p.em) return;
      select(Math.round(((x - p.left) / (p.right - p.left)) * STEPS));
    }

    function move(key) {
      const place = along(key, now, 0);
      if (place !== undefined) select(place);
      return place !== undefined;
    }

    function step(by, playing) {
      select(playing && now === STEPS ? 0 : now + by);
    }

    return { change, step, move, point, draw };
  }

  Explorer.define("power-explorer", {
    label: "Power explorer",
    help: "Point at a step or use the arrow keys on the picture.",
    sliders: [
      // name, label, least, most, first value, step, digits
      ["a", "W, row 1: a", -2, 2, 0.5, 0.01, 2],
      ["b", "b", -2, 2, 0, 0.01, 2],
      ["c", "W, row 2: c", -2, 2, 0, 0.01, 2],
      ["d", "d", -2, 2, 1.5, 0.01, 2],
    ],
    lists: [["matrix", "Begin with", [
      ["diagonal", "diag(0.5, 1.5)"], ["quarter", "the same, and a quarter turn"], ["turn", "a turn"], ["spiral", "a turn that shrinks"],
      ["late", "grows first, vanishes later"], ["shear", "a shear"], ["own", "your own"],
    ]]],
    body: bodyHtml,
    view,
    pause: 700,
  });
})();
