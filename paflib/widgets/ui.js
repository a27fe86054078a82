// What the widgets share: mounting, drawing when needed and in view, themes, and controls for mouse, touch and keyboard.

// paper and ground: behind charts, behind fields; accent and warm: the two sides of a decision, never told by colour alone.
const CARD = {
  light: { dark: false, paper: "#ffffff", ground: "#eef1f5", ink: "#16181d", muted: "#5c6370", line: "#c9ced6", accent: "#0072b2", warm: "#c24e00" },
  dark: { dark: true, paper: "#17191f", ground: "#0d0f13", ink: "#eceff4", muted: "#a3abb8", line: "#434a57", accent: "#56b4e9", warm: "#e69f00" },
};

// ---- mounting ---------------------------------------------------------------------------------------------------

/** A stand-in for the kernel's model: get, set, on, off, save_changes. */
export function staticModel(state) {
  const values = { state }, listeners = {};
  return {
    get: (key) => values[key],
    set: (key, value) => { values[key] = value; (listeners[`change:${key}`] ?? []).forEach((f) => f()); },
    on: (event, f) => { (listeners[event] ??= []).push(f); },
    off: (event, f) => { listeners[event] = (listeners[event] ?? []).filter((g) => g !== f); },
    save_changes: () => {},
  };
}

/** Bring a widget of a static page to life; on any error its picture and words stay. */
export function startStatic(root, render) {
  const [still, live] = root.querySelectorAll(":scope > .paf-still, :scope > .paf-live");
  const state = JSON.parse(root.querySelector(':scope > script[type="application/json"]').textContent);
  render({ model: staticModel(state), el: live });
  live.hidden = false;
  still.hidden = true;
}

/**
 * Build a widget from the model's state, and again whenever Python gives it another one.
 *
 * build(state, save) fills el. save({key: value}) hands changes to Python, where `widget.state` then has them, and
 * builds nothing again: the widget itself shows them already.
 */
export function fromState({ model, el }, build) {
  let shown = "";
  const save = (changes) => {
    const state = { ...model.get("state"), ...changes };
    shown = JSON.stringify(state);
    model.set("state", state);
    model.save_changes();
  };
  const refresh = () => {
    const state = model.get("state"), text = JSON.stringify(state);
    if (text === shown) return; // our own change, on its way back from the kernel
    shown = text;
    el.replaceChildren();
    build(state, save);
  };
  model.on("change:state", refresh);
  refresh();
  return () => model.off("change:state", refresh);
}

/** Numbers packed by base.py's pack: {shape, values: Float32Array}. */
export function unpack({ shape, low, high, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return { shape, values: Float32Array.from(bytes, (b) => low + ((high - low) * b) / 255) };
}

// ---- elements ---------------------------------------------------------------------------------------------------

/** h("p", {class: "x"}, "text", child): an element; attributes starting with "on" are listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let nextId = 0;
const unique = (stem) => `paf-${stem}-${(nextId += 1)}-${Math.random().toString(36).slice(2, 7)}`;

/** A labelled slider. Returns {element, value, set(value)}; set moves it without calling onInput. */
export function slider({ label, min, max, step, value, format = (v) => String(v), onInput }) {
  const id = unique("slider");
  const output = h("output", { for: id }, format(value));
  const input = h("input", { type: "range", id, min, max, step, value, "aria-valuetext": format(value) });
  const show = () => { output.textContent = format(+input.value); input.setAttribute("aria-valuetext", format(+input.value)); };
  input.addEventListener("input", () => { show(); onInput(+input.value); });
  return {
    element: h("div", { class: "paf-control" }, h("label", { for: id }, label), input, output),
    input,
    get value() { return +input.value; },
    set(v) { input.value = v; show(); },
  };
}

/** One of several options, as radio buttons that look like a segmented switch. */
export function choice({ label, options, value, onChange }) {
  const name = unique("choice");
  const fieldset = h("fieldset", { class: "paf-control paf-choice" }, h("legend", {}, label));
  const inputs = options.map(([key, text]) => {
    const input = h("input", { type: "radio", name, value: key, checked: key === value, onchange: () => onChange(key) });
    fieldset.append(h("label", {}, input, h("span", {}, text)));
    return input;
  });
  return { element: fieldset, set(v) { inputs.forEach((i) => { i.checked = i.value === v; }); } };
}

/** A choice out of many, as a drop-down list. */
export function select({ label, options, value, onChange }) {
  const id = unique("select");
  const list = h("select", { id, onchange: () => onChange(list.value) },
    ...options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
  return { element: h("div", { class: "paf-control" }, h("label", { for: id }, label), list), set(v) { list.value = v; } };
}

/** A switch that is on or off. */
export function toggle({ label, value, onChange }) {
  const input = h("input", { type: "checkbox", checked: value, onchange: () => onChange(input.checked) });
  return { element: h("label", { class: "paf-control paf-toggle" }, input, h("span", {}, label)), set(v) { input.checked = v; } };
}

export function button(label, onClick, attributes = {}) {
  return h("button", { type: "button", class: "paf-button", onclick: onClick, ...attributes }, label);
}

/** A line of text that is shown at once and spoken by screen readers when it has come to rest: not at every pixel of a drag. */
export function status() {
  const spoken = h("p", { class: "paf-hidden", role: "status" });
  const shown = h("p", { class: "paf-status", "aria-hidden": "true" });
  let waiting = null;
  return {
    element: h("div", {}, shown, spoken),
    say(text) {
      shown.textContent = text;
      const speak = () => { spoken.textContent = text; };
      if (waiting === null) speak(); // the first text is there to be read and interrupts nobody
      clearTimeout(waiting);
      waiting = setTimeout(speak, 300);
    },
  };
}

const SWATCHES = { solid: { d: "M0 7h26" }, dashed: { d: "M0 7h26", "stroke-dasharray": "6 4" }, dotted: { d: "M0 7h26", "stroke-dasharray": "2 3" },
  thick: { d: "M0 7h26", "stroke-width": 4 }, long: { d: "M0 7h26", "stroke-dasharray": "11 4", "stroke-width": 3.5 }, band: { d: "M0 7h26", "stroke-width": 11, "stroke-opacity": 0.4 },
  cross: { d: "M7 1v12M1 7h12" }, disc: { d: "M3 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", fill: "currentColor" }, saltire: { d: "M2 2l10 10M12 2l-10 10" },
  ring: { d: "M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0" }, square: { d: "M3 3h8v8h-8z", fill: "currentColor" } };

/** A legend in words: keys([["solid", "the map"], ["dashed", "one person alone"]]); a third entry is a CSS colour. */
export function keys(entries) {
  return h("div", { class: "paf-keys paf-note" }, ...entries.map(([kind, text, color = "currentColor"]) => {
    if (kind === "inferno") return h("span", { class: "paf-key" }, h("span", { class: "paf-inferno" }), text);
    const width = ["solid", "dashed", "dotted", "thick", "long", "band"].includes(kind) ? 26 : 14, svg = svgPath(SWATCHES[kind], width, 14);
    svg.style.color = color;
    return h("span", { class: "paf-key" }, svg, text);
  }));
}

function svgPath(attributes, width, height) {
  const make = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag), svg = make("svg"), path = make("path");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" })) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries({ fill: "none", stroke: "currentColor", "stroke-width": 2, ...attributes })) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

// ---- drawing ----------------------------------------------------------------------------------------------------

/** Whether the page is dark: by the book's own switch, JupyterLab's, VS Code's or Colab's, then by the system's. */
export function isDark() {
  const { documentElement: root, body } = document;
  const theme = root.dataset.theme ?? root.getAttribute("theme");
  if (theme === "dark" || theme === "light") return theme === "dark";
  const lab = body.dataset.jpThemeLight, code = body.dataset.vscodeThemeKind;
  if (lab === "true" || lab === "false") return lab === "false";
  if (code) return code.includes("dark") || code === "vscode-high-contrast";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export const palette = () => CARD[isDark() ? "dark" : "light"];

const themed = new Map(); // f -> the element it draws, null for one that stays for good

/** Call f whenever the page's theme changes, until `element`, when there is one, has left the page. */
export function onTheme(f, element = null) {
  if (!themed.size) {
    const changed = () => {
      for (const [g, drawn] of themed) if (!drawn || drawn.isConnected) g(); else themed.delete(g);
    };
    const watch = new MutationObserver(changed);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "theme"] });
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
    themed.set(() => {}, null); // so that this is done once, even when every widget has left
  }
  themed.set(f, element);
}

/** Lay text on a canvas, `size` CSS pixels high whatever the scene's scale; halo: a colour around the letters. */
export function writeText(context, text, x, y, { size = 13, scale = 1, color, halo = null, align = "left", base = "alphabetic", bold = false }) {
  context.font = `${bold ? "600 " : ""}${size / scale}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;
  context.textAlign = align;
  context.textBaseline = base;
  if (halo) {
    context.save();
    context.setLineDash([]);
    context.lineJoin = "round";
    context.lineWidth = 3.5 / scale;
    context.strokeStyle = halo;
    context.strokeText(text, x, y);
    context.restore();
  }
  context.fillStyle = color;
  context.fillText(text, x, y);
}

/**
 * A canvas of width x height scene units, as wide as the page allows and sharp on any screen.
 *
 * draw(context, palette, scale, size) is called once a frame at most, only when asked for by redraw(), and only while in
 * view; scale is CSS pixels per scene unit. A fluid scene, for charts, always is `height` CSS pixels high and has CSS
 * pixels as its units: its width is in `size`, and its type as large on a phone as elsewhere.
 * The time that the last draw took is in `element.dataset.ms`, the number of draws in `dataset.draws`, for the tests.
 */
export function scene({ width, height, label, draw, maxWidth = width, fluid = false }) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const shape = fluid ? `height: ${height}px` : `aspect-ratio: ${width} / ${height}`;
  const element = h("div", { class: "paf-scene", style: `${shape}; max-width: ${maxWidth}px` }, canvas);
  let visible = false, wanted = true, asked = 0;
  const paint = () => {
    asked = 0;
    const shown = element.clientWidth;
    if (!visible || !wanted || !shown) return; // what has no width for a moment is drawn when it has one again
    wanted = false;
    const scale = fluid ? 1 : shown / width, density = Math.min(window.devicePixelRatio || 1, 2);
    const size = fluid ? { width: shown, height } : { width, height };
    const [w, hgt] = [size.width, size.height].map((length) => Math.round(length * scale * density));
    if (canvas.width !== w || canvas.height !== hgt) { canvas.width = w; canvas.height = hgt; }
    const context = canvas.getContext("2d"), start = performance.now();
    context.setTransform(w / size.width, 0, 0, hgt / size.height, 0, 0);
    draw(context, palette(), scale, size);
    element.dataset.ms = (performance.now() - start).toFixed(2);
    element.dataset.draws = 1 + Number(element.dataset.draws ?? 0);
  };
  const redraw = () => { wanted = true; asked ||= requestAnimationFrame(paint); };
  new IntersectionObserver((entries) => { visible = entries.at(-1).isIntersecting; if (visible) redraw(); }, { rootMargin: "100px" }).observe(element);
  new ResizeObserver(redraw).observe(element);
  onTheme(redraw, element);
  return { element, canvas, redraw, width, height,
    label(text) { canvas.setAttribute("aria-label", text); },
    get visible() { return visible; } };
}

/**
 * Points that can be dragged over a scene, with mouse, finger, or arrow keys (Shift: further).
 *
 * points: [{x, y, label, color, shape}], the objects are changed in place; shape: "disc", "ring", "square" or "diamond".
 * onMove(point, index, done) is called at every move, done at the end of a gesture. bounds: [left, top, right, bottom].
 * shift: what to add to a point to come to scene units; 0.5 for points in pixels of an image whose edge is the scene's.
 */
export function handles(scene, points, { onMove, step = 2, bounds = [0, 0, scene.width, scene.height], shift = 0 }) {
  const hint = h("span", { class: "paf-hidden", id: unique("hint") }, "Arrow keys move it, with Shift further.");
  const grips = new Map(); // pointer id -> what it holds, so that two fingers can hold two points
  const place = (knob, p) => {
    knob.style.left = `${(100 * (p.x + shift)) / scene.width}%`;
    knob.style.top = `${(100 * (p.y + shift)) / scene.height}%`;
    knob.setAttribute("aria-valuenow", Math.round(p.x));
    knob.setAttribute("aria-valuetext", `x ${Math.round(p.x)}, y ${Math.round(p.y)}`);
  };
  const where = (event) => {
    const box = scene.element.getBoundingClientRect(), scale = scene.width / box.width;
    return [(event.clientX - box.left) * scale - shift, (event.clientY - box.top) * scale - shift];
  };
  const move = (index, x, y, done) => {
    const point = points[index];
    point.x = Math.min(Math.max(x, bounds[0]), bounds[2]);
    point.y = Math.min(Math.max(y, bounds[1]), bounds[3]);
    place(knobs[index], point);
    onMove(point, index, done);
  };
  const grasp = (event) => {
    if (event.button) return;
    const [x, y] = where(event), far = points.map((p) => Math.hypot(p.x - x, p.y - y)), index = far.indexOf(Math.min(...far));
    event.currentTarget.setPointerCapture(event.pointerId); // which of two overlapping knobs was hit does not matter:
    grips.set(event.pointerId, { index, dx: points[index].x - x, dy: points[index].y - y }); // the nearer point is held
    knobs[index].focus({ preventScroll: true });
  };
  const drag = (event) => {
    const grip = grips.get(event.pointerId);
    if (!grip) return;
    const [x, y] = where(event);
    move(grip.index, x + grip.dx, y + grip.dy, false);
  };
  const release = (event) => {
    const grip = grips.get(event.pointerId);
    if (grips.delete(event.pointerId)) onMove(points[grip.index], grip.index, true);
  };
  const key = (event, index) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = step * (event.shiftKey ? 8 : 1);
    move(index, points[index].x + by[0] * far, points[index].y + by[1] * far, true);
  };
  // A slider is what screen readers hand arrow keys to, and whose changed value they speak.
  const knobs = points.map((point, index) => h("button", { type: "button", class: `paf-handle paf-${point.shape ?? "disc"}`,
    style: `--paf-color: ${point.color}`, role: "slider", "aria-label": point.label, "aria-describedby": hint.id,
    "aria-roledescription": "point to drag", "aria-valuemin": Math.round(bounds[0]), "aria-valuemax": Math.round(bounds[2]),
    onpointerdown: grasp, onpointermove: drag, onpointerup: release, onpointercancel: release,
    onmousedown: (event) => event.preventDefault(), // or the browser would focus the knob on top
    onkeydown: (event) => key(event, index) }));
  const refresh = () => points.forEach((p, i) => place(knobs[i], p));
  refresh();
  scene.element.append(...knobs, hint);
  return { knobs, refresh };
}

// Drawn, since the characters for them are missing in some fonts and turn into coloured pictures on some phones.
const ICONS = { play: "M4 2l10 6-10 6z", pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z", back: "M12 2v12L3 8zM2 2h1.5v12H2z", next: "M4 2v12l9-6zM12.5 2H14v12h-1.5z" };

const icon = (name) => svgPath({ d: ICONS[name], fill: "currentColor", stroke: "none" }, 16, 16);

/**
 * Steps 0..count-1 gone through by buttons, a slider and a play button.
 *
 * Playing never starts by itself, rests when the scene is out of view, and with reduced motion there is no play button.
 */
export function stepper({ count, label, value = 0, interval = 900, format = (k) => `${k + 1} of ${count}`, onStep, inView = () => true }) {
  let at = value, timer = 0, total = count;
  const bar = slider({ label, min: 0, max: total - 1, step: 1, value, format: (k) => format(k), onInput: (k) => { stop(); go(k); } });
  const play = button(icon("play"), () => (timer ? stop() : start()), { "aria-label": `Play ${label}`, "aria-pressed": "false" });
  const go = (k) => { at = Math.min(Math.max(k, 0), total - 1); bar.set(at); onStep(at); };
  const stop = () => { clearInterval(timer); timer = 0; play.replaceChildren(icon("play")); play.setAttribute("aria-pressed", "false"); };
  const start = () => {
    if (at === total - 1) go(0);
    play.replaceChildren(icon("pause"));
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => { if (!element.isConnected) stop(); else if (!inView()) return; else if (at === total - 1) stop(); else go(at + 1); }, interval);
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const element = h("div", { class: "paf-stepper" },
    button(icon("back"), () => { stop(); go(at - 1); }, { "aria-label": `Previous, ${label}` }),
    ...(still ? [] : [play]),
    button(icon("next"), () => { stop(); go(at + 1); }, { "aria-label": `Next, ${label}` }), bar.element);
  return { element, go, stop, get at() { return at; },
    resize(n) { total = n; bar.input.max = n - 1; at = Math.min(at, n - 1); bar.set(at); } };
}

// ---- colours ----------------------------------------------------------------------------------------------------

// Inferno at 33 places, between which colours are mixed: lightness grows evenly, for every kind of eye.
const INFERNO = ["000004", "040312", "0b0724", "150b37", "210c4a", "2f0a5b", "3d0965", "4a0c6b", "57106e", "64156e", "71196e", "7d1e6d", "8a226a",
  "972766", "a32c61", "b0315b", "bc3754", "c73e4c", "d24644", "db503b", "e45a31", "eb6628", "f1731d", "f68013", "f98e09", "fb9d07", "fcac11", "fbbc21",
  "f9cb35", "f5db4c", "f2ea69", "f3f68a", "fcffa4"].map((c) => [0, 2, 4].map((i) => parseInt(c.slice(i, i + 2), 16)));

/** RGB (0..255) of a value in 0..1. */
export function inferno(value) {
  const t = Math.min(Math.max(value, 0), 1) * (INFERNO.length - 1), k = Math.min(Math.floor(t), INFERNO.length - 2);
  return INFERNO[k].map((low, i) => low + (INFERNO[k + 1][i] - low) * (t - k));
}

/** RGB (0..255) of a direction, as paflib.figures colours it: hues round Oklab's circle at one lightness. */
export function directionColor(x, y) {
  const angle = Math.atan2(y, x) + 0.7, a = 0.125 * Math.cos(angle), b = 0.125 * Math.sin(angle), L = 0.76;
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3, m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s].map((c) => {
    const v = Math.min(Math.max(c, 0), 1);
    return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  });
}

/** Draw an h x w grid of cells into a box of the scene; color(row, column) -> [r, g, b, alpha 0..255]. */
export function drawCells(context, { rows, columns, x, y, width, height, color, smooth = false }) {
  const off = new OffscreenCanvas(columns, rows), pixels = off.getContext("2d"), image = pixels.createImageData(columns, rows);
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) image.data.set(color(r, c), 4 * (r * columns + c));
  }
  pixels.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = smooth;
  context.drawImage(off, x, y, width, height);
}

/** An arrow from (x, y) along (dx, dy). */
export function arrow(context, x, y, dx, dy, head = 4) {
  const length = Math.hypot(dx, dy);
  if (length < 1e-6) return;
  const [ux, uy] = [dx / length, dy / length], [ex, ey] = [x + dx, y + dy], size = Math.min(head, length * 0.6);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(ex, ey);
  context.moveTo(ex - size * (ux + 0.6 * uy), ey - size * (uy - 0.6 * ux));
  context.lineTo(ex, ey);
  context.lineTo(ex - size * (ux - 0.6 * uy), ey - size * (uy + 0.6 * ux));
  context.stroke();
}
