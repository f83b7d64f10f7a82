/* What all live pictures share: sliders and lists, buttons, keys, playing, and the sentence that says
   what is seen. A live picture is its own file, NAME-explorer.js, with arithmetic and drawing only.

   Mount   <div class="NAME-explorer" data-SLIDER="2" data-play>Text for readers without JavaScript.</div>
           A slider or a list takes its first value from the attribute of its name. With data-play the
           picture moves by itself until the reader takes hold of it, and never where a reader has
           asked for reduced motion.
   Address page.html?SLIDER=2#section sets the same, and stands above the attributes: so can a link lead to
           a picture in a setting, which then stays still. What is out of range or no choice is passed over.
   Define  Explorer.define("NAME-explorer", { label, help, sliders, lists, further, body, view, pause })
           sliders: [name, label, least, most, first value, step, digits]
           lists:   [name, label, [[value, words], ...]]
           further: { name: what its text must match }, of a setting that has no control; a view finds it in data
           body(id): the HTML below the controls. One element of it has data-stage: the picture, which
           is the one stop of the Tab key and takes pointer and keys. One has data-role="live": the
           sentence, read out when the reader moves, and not while the picture plays.
           view({ root, id, part, read, data }) returns change(setting, control), step(by, playing), move(key), which
           says whether it knows the key, point(event), and draw() for when the width changes.
   Random  uniform(seed, n)
   Words   number(value, { least, most, digits }): 0.25, or 3.1·10⁻⁵ below least and from most on; fixed(value, digits)
           These three need no page, so that a test can run them.
   Hooks   input and select by name; button[data-action="previous"], "play", "next" */

(function () {
  "use strict";

  // Number n of a sequence that looks random, from 0 to 1, for each seed another: mulberry32, whose state is counted.
  function uniform(seed, n) {
    let t = (Math.imul(seed + 1, 0x9e3779b9) + Math.imul(n + 1, 0x6d2b79f5)) | 0;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  function fixed(value, digits) {
    const text = value.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  }

  // A number that is not below 0, in few digits.
  function number(value, { least = 0.001, most = 1000, digits = 2 } = {}) {
    if (!Number.isFinite(value)) return "too large";
    if (value === 0 || (value >= least && value < most)) return String(Number(value.toPrecision(digits)));
    const [factor, power] = value.toExponential(1).split("e");
    return `${factor}·10${String(Number(power)).replace(/./g, (one) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(one)])}`;
  }

  if (typeof module !== "undefined") module.exports = { uniform, fixed, number };
  if (typeof window === "undefined") return;

  // What the address asks for, by the names of the attributes that it replaces.
  function askedFor({ sliders = [], lists = [], further = {} }) {
    const query = new URLSearchParams(location.search);
    const fits = [
      ...sliders.map(([name, , least, most]) => [name, (text) => text.trim() && text >= least && text <= most]),
      ...lists.map(([name, , options]) => [name, (text) => options.some(([value]) => value === text)]),
      ...Object.entries(further).map(([name, form]) => [name, (text) => form.test(text)]),
    ];
    const found = fits.filter(([name, fit]) => query.has(name) && fit(query.get(name)));
    return Object.fromEntries(found.map(([name]) => [name.toLowerCase(), query.get(name)]));
  }

  function sliderHtml([name, label, least, most, first, step = 1], id, data) {
    const value = Number(data[name.toLowerCase()] ?? first);
    return `<div class="explorer-slider">
      <label for="${id}-${name}">${label}</label><output for="${id}-${name}" aria-live="off"></output>
      <input type="range" id="${id}-${name}" name="${name}" min="${least}" max="${most}" step="${step}" value="${value}"></div>`;
  }

  function listHtml([name, label, options], id, data) {
    const items = options.map(([value, words]) => {
      const chosen = data[name.toLowerCase()] === value ? " selected" : "";
      return `<option value="${value}"${chosen}>${words}</option>`;
    });
    return `<div class="explorer-list"><label for="${id}-${name}">${label}</label>
      <select id="${id}-${name}" name="${name}">${items.join("")}</select></div>`;
  }

  function controlsHtml({ sliders = [], lists = [] }, id, data) {
    const all = [...sliders.map((one) => sliderHtml(one, id, data)), ...lists.map((one) => listHtml(one, id, data))];
    return `<div class="explorer-controls">${all.join("")}</div>`;
  }

  function buttonsHtml({ help }, id) {
    return `<p class="explorer-buttons">
      <button type="button" data-action="previous">Previous</button>
      <button type="button" data-action="play">Play</button>
      <button type="button" data-action="next">Next</button>
      <span id="${id}-help">${help}</span></p>`;
  }

  // Where a key leads along a line, maybe past its ends; undefined for any other key.
  function along(key, place, first) {
    return {
      ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1,
      PageDown: place - 5, PageUp: place + 5, Home: first, End: Infinity,
    }[key];
  }

  // Steps by itself while it is in sight, until the reader takes hold.
  function player(root, live, step, pause, moves) {
    const button = root.querySelector('[data-action="play"]');
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    let timer = null;
    let inSight = true;

    function set(on) {
      clearInterval(timer);
      timer = on ? setInterval(() => inSight && !document.hidden && step(1, true), pause) : null;
      button.textContent = on ? "Pause" : "Play";
      live.setAttribute("aria-live", on ? "off" : "polite");
      root.classList.toggle("is-playing", on);
    }

    function takeHold(event) {
      if (timer && !event.target.closest('[data-action="play"]')) set(false);
    }

    for (const kind of ["pointerdown", "keydown", "input"]) root.addEventListener(kind, takeHold);
    button.addEventListener("click", () => set(!timer));
    still.addEventListener("change", () => still.matches && set(false));
    new IntersectionObserver((seen) => (inSight = seen[0].isIntersecting)).observe(root);
    set(moves && !still.matches);
  }

  function mount(root, id, spec) {
    root.classList.add("explorer");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", spec.label);
    const asked = askedFor(spec);
    const data = { ...root.dataset, ...asked };
    root.innerHTML = controlsHtml(spec, id, data) + spec.body(id) + buttonsHtml(spec, id);
    const part = (role) => root.querySelector(`[data-role="${role}"]`);
    const controls = root.querySelector(".explorer-controls");
    const stage = root.querySelector("[data-stage]");
    const digits = Object.fromEntries((spec.sliders ?? []).map((slider) => [slider[0], slider[6] ?? 0]));

    function read() {
      const setting = {};
      for (const input of controls.querySelectorAll("input")) {
        setting[input.name] = input.valueAsNumber;
        input.previousElementSibling.textContent = fixed(input.valueAsNumber, digits[input.name]);
      }
      for (const list of controls.querySelectorAll("select")) setting[list.name] = list.value;
      return setting;
    }

    const view = spec.view({ root, id, part, read, data });

    root.addEventListener("input", (event) => view.change(read(), event.target));
    root.querySelector('[data-action="previous"]').addEventListener("click", () => view.step(-1));
    root.querySelector('[data-action="next"]').addEventListener("click", () => view.step(1));
    for (const kind of ["pointermove", "click"]) stage.addEventListener(kind, view.point);
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (view.move(event.key)) event.preventDefault();
    });
    view.change(read());
    if (view.draw) new ResizeObserver(view.draw).observe(root);
    const moves = "play" in root.dataset && !Object.keys(asked).length;
    player(root, part("live"), view.step, spec.pause ?? 900, moves);
  }

  function whenRead(act) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act);
    else act();
  }

  window.Explorer = {
    along,
    fixed,
    number,
    uniform,
    define(name, spec) {
      whenRead(() => document.querySelectorAll(`.${name}`).forEach((root, n) => mount(root, `${name}-${n}`, spec)));
    },
  };
})();
