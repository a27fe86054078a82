// IntegralLab: drag a candidate limb over two people's field; see what its samples read and what they add up to.
import { directionWheel, numberLimb, outlineLimb, paintField } from "./field_view.js";
import { affinityField, judge, lineIntegral } from "./math_fields.js";
import { arrow, button, fromState, h, handles, keys, scene, select, slider, status, writeText } from "./ui.js";

const INK = "#16181d", PAPER = "#ffffff", BLUE = "#0072b2", RED = "#c24e00";
const BESIDE = 27; // CSS pixels from the middle of an end's ring to the letter beside it
const MOST = 25, MANY = 500; // samples: the slider's end, and so many that more would change nothing

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}
export default { render };

function build(el, state, save) {
  const { rows, columns, stride, part } = state, grid = { stride, origin: (stride - 1) / 2 };
  const width = columns * stride, height = rows * stride;
  const limbs = state.limbs.map(([[ax, ay], [bx, by]]) => ({ a: { x: ax, y: ay }, b: { x: bx, y: by } }));
  const field = affinityField(limbs, rows, columns, grid, state.limb_width, "average");
  const ends = ["a", "b"].map((name, k) => ({ x: state.candidate[k][0], y: state.candidate[k][1], label: `${name}, ${k ? "end" : "start"} of the candidate`, color: PAPER, shape: "ring" }));
  const now = { ends, samples: state.samples, threshold: state.threshold, support: state.support };
  const report = status();

  const view = scene({ width, height, label: "", maxWidth: 720, draw(context, colors, scale) {
    context.translate(0.5, 0.5);
    paintField(context, state, field, colors);
    for (const [n, one] of limbs.entries()) { outlineLimb(context, one, state.limb_width, scale, colors.ink); numberLimb(context, one, n + 1, scale, state); }
    drawCandidate(context, now, grid, scale, { width, height });
  } });
  const bars = scene({ width, height: 190, label: "", maxWidth: 720, fluid: true, draw: (context, colors, _, size) => drawBars(context, colors, size, now) });
  const counts = scene({ width, height: 190, label: "", maxWidth: 720, fluid: true, draw: (context, colors, _, size) => drawCounts(context, colors, size, now) });

  const update = () => {
    const [a, b] = ends.map((p) => ({ x: (p.x - grid.origin) / stride, y: (p.y - grid.origin) / stride }));
    const read = (n) => lineIntegral(field, rows, columns, a, b, n);
    Object.assign(now, { found: read(now.samples), limit: read(MANY).E, byCount: Array.from({ length: MOST - 1 }, (_, k) => read(k + 2).E) });
    Object.assign(now, judge(now.found, now));
    const text = inWords(now);
    report.say(text);
    view.label(`A candidate limb over the affinity field of two people. ${text}`);
    bars.label(`The dot products of field and candidate: ${now.found.samples.map((s) => s.dot.toFixed(2)).join(", ")}.`);
    counts.label(`E by the number of samples: ${now.byCount[0].toFixed(2)} with 2, ${now.byCount.at(-1).toFixed(2)} with ${MOST}, ${now.limit.toFixed(2)} with very many.`);
    for (const one of [view, bars, counts]) one.redraw();
  };
  const tell = () => save({ candidate: ends.map((p) => [p.x, p.y]), samples: now.samples });
  const jump = (a, b) => {
    Object.assign(ends[0], { x: a.x, y: a.y });
    Object.assign(ends[1], { x: b.x, y: b.y });
    knobs.refresh();
    update();
    tell();
  };
  const knobs = handles(view, ends, { shift: 0.5, bounds: [0, 0, width - 1, height - 1],
    onMove: (_, __, done) => { pairs.set("free"); update(); if (done) tell(); } });
  const pairs = select({ label: "Candidate", value: pairOf(ends, limbs), onChange: (key) => { if (key !== "free") jump(limbs[key[0]].a, limbs[key[1]].b); },
    options: [["00", 1, 1], ["01", 1, 2], ["10", 2, 1], ["11", 2, 2]].map(([key, m, n]) => [key, `${part[0]} ${m} to ${part[1]} ${n}`]).concat([["free", "placed by hand"]]) });
  const reverse = button("Reverse", () => { const [a, b] = ends.map(({ x, y }) => ({ x, y })); jump(b, a); pairs.set(pairOf(ends, limbs)); });
  const count = slider({ label: "samples", min: 2, max: MOST, step: 1, value: now.samples, onInput: (v) => { now.samples = v; update(); tell(); } });
  el.append(h("div", { class: "paf-root" },
    h("p", { class: "paf-note" }, `Two people's limbs from ${part[0]} to ${part[1]}, and a candidate from a to b. Drag its ends, or reach them with Tab and use the arrow keys.`),
    view.element,
    h("div", { class: "paf-controls" }, pairs.element, reverse, count.element),
    h("div", { class: "paf-row" }, bars.element, counts.element), report.element,
    h("div", { class: "paf-beside" }, directionWheel().element,
      keys([["disc", "a sample that supports the candidate, and the field's vector there"], ["saltire", `one that does not: field · u is at most ${now.threshold}`]]))));
  update();
}

function pairOf([a, b], limbs) {
  const same = (p, q) => p.x === q.x && p.y === q.y, from = limbs.findIndex((l) => same(l.a, a)), to = limbs.findIndex((l) => same(l.b, b));
  return from >= 0 && to >= 0 ? `${from}${to}` : "free";
}

/** E, who supports it, what the parser makes of it, and the two comparisons: more samples, and the other way round. */
function inWords({ found, limit, passed, good, samples, threshold, support }) {
  const { E, length } = found, number = (v) => v.toFixed(2).replace("-", "−").replace(/^−(0\.00)$/, "$1");
  if (!length) return "The candidate has no length, so it has no direction: E = 0.00, and the parser refuses it.";
  const needed = Math.ceil(samples * support - 1e-9);
  let why = E > 0.8 ? "The field runs along the candidate: the parser keeps it as a possible limb"
    : "The field is with the candidate in part: the parser keeps it as a possible limb, and one with a higher E may win";
  if (!good && E < -0.3) why = "The field runs the other way: the parser refuses it";
  else if (!good && passed === 0) why = "Nothing along it points its way: the parser refuses it";
  else if (!good) why = "Too much of it lies where the field is empty or points elsewhere: the parser refuses it";
  return `E = ${number(E)}. ${passed} of ${samples} samples are above ${threshold}, ${needed} have to be. ${why}. ` +
    `Very many samples would give ${number(limit)}; reversed, the candidate would have ${number(-E)}.`;
}

function drawCandidate(context, { ends: [a, b], found, threshold }, grid, scale, { width, height }) {
  const stroke = (...layers) => { for (const [color, wide] of layers) { context.strokeStyle = color; context.lineWidth = wide / scale; context.stroke(); } };
  context.beginPath();
  context.moveTo(a.x, a.y);
  context.lineTo(b.x, b.y);
  stroke([INK, 5], [PAPER, 2.5]);
  const places = found.samples.map((s) => ({ ...s, x: grid.stride * s.x + grid.origin, y: grid.stride * s.y + grid.origin }));
  for (const [color, wide] of [[PAPER, 5.5], [INK, 2.5]]) {
    context.strokeStyle = color;
    context.lineWidth = wide / scale;
    for (const s of places) arrow(context, s.x, s.y, 1.9 * grid.stride * s.vx, 1.9 * grid.stride * s.vy, 7 / scale);
  }
  const r = (places.length > 15 ? 3.5 : 4.5) / scale;
  for (const { x, y, dot } of places) {
    context.beginPath();
    if (dot > threshold) {
      context.arc(x, y, r, 0, 2 * Math.PI);
      stroke([PAPER, 3.5]);
      context.fillStyle = BLUE;
      context.fill();
    } else {
      context.moveTo(x - r, y - r); context.lineTo(x + r, y + r); context.moveTo(x - r, y + r); context.lineTo(x + r, y - r);
      stroke([PAPER, 6], [RED, 3]);
    }
  }
  for (const [name, [x, y]] of besideEnds(a, b, BESIDE / scale, 9 / scale, width, height)) {
    writeText(context, name, x, y, { scale, size: 15, color: PAPER, halo: INK, align: "center", base: "middle", bold: true });
  }
}

/** Where the letters stand: `far` from their ends, clear of the rings, and at least `margin` inside the picture; ends in pixels of the image. */
export function besideEnds(a, b, far, margin, width, height) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
  const inside = (x, y) => x >= margin && y >= margin && x <= width - margin && y <= height - margin;
  return [["a", a, -1], ["b", b, 1]].map(([name, p, out]) => {
    // Beside the line, at either side; beyond its end; else towards the middle of the picture, straight or aslant.
    const sx = Math.sign(width / 2 - p.x) || 1, sy = Math.sign(height / 2 - p.y) || 1, aslant = Math.SQRT1_2;
    const ways = [[-uy, ux], [uy, -ux], [out * ux, out * uy], [sx, 0], [0, sy], [aslant * sx, aslant * sy]];
    const places = ways.map(([dx, dy]) => [p.x + far * dx, p.y + far * dy]);
    return [name, places.find(([x, y]) => inside(x, y)) ?? places.at(-1)];
  });
}

/** The frame of a chart with a title, horizontal lines at `ticks`, and a scale from low to high. */
function frameChart(context, colors, { width, height }, title, low, high, ticks, margin = 12) {
  const box = { left: 42, right: width - margin, top: 30, bottom: height - 26 }, y = (v) => box.bottom - ((box.bottom - box.top) * (v - low)) / (high - low);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, height);
  writeText(context, title, 4, 6, { color: colors.ink, base: "top" });
  context.lineWidth = 1;
  context.strokeStyle = colors.line;
  for (const v of ticks) {
    context.beginPath(); context.moveTo(box.left, y(v)); context.lineTo(box.right, y(v)); context.stroke();
    writeText(context, String(v).replace("-", "−"), box.left - 6, y(v), { color: colors.muted, align: "right", base: "middle" });
  }
  return { box, y };
}

function drawBars(context, colors, size, { found, threshold }) {
  const { box, y } = frameChart(context, colors, size, "field · u at each sample, from a to b", -1, 1, [-1, 0, 1], 72);
  const n = found.samples.length, pitch = (box.right - box.left) / n, wide = Math.min(0.66 * pitch, 26);
  found.samples.forEach(({ dot }, k) => {
    const left = box.left + pitch * (k + 0.5) - wide / 2, [top, bottom] = [y(Math.max(dot, 0)), y(Math.min(dot, 0))];
    if (dot > threshold) {
      context.fillStyle = colors.accent;
      context.fillRect(left, top, wide, bottom - top);
    } else { // hollow, and marked by a cross as in the picture
      context.strokeStyle = colors.warm;
      context.lineWidth = 2;
      context.strokeRect(left + 1, top, wide - 2, Math.max(bottom - top, 0.1));
      const [x, c, r] = [left + wide / 2, y(0) - 9, Math.min(4, wide / 2)];
      context.beginPath(); context.moveTo(x - r, c - r); context.lineTo(x + r, c + r); context.moveTo(x - r, c + r); context.lineTo(x + r, c - r); context.stroke();
    }
  });
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.5;
  context.setLineDash([3, 3]);
  context.beginPath(); context.moveTo(box.left, y(threshold)); context.lineTo(box.right, y(threshold)); context.stroke();
  context.setLineDash([]);
  context.lineWidth = 2.5;
  context.beginPath(); context.moveTo(box.left, y(found.E)); context.lineTo(box.right, y(found.E)); context.stroke();
  writeText(context, `E = ${found.E.toFixed(2).replace("-", "−")}`, box.right + 5, y(found.E), { color: colors.ink, base: "middle", bold: true });
  writeText(context, "a", box.left + pitch / 2, size.height - 5, { color: colors.ink, align: "center", base: "bottom", bold: true });
  writeText(context, "b", box.right - pitch / 2, size.height - 5, { color: colors.ink, align: "center", base: "bottom", bold: true });
  writeText(context, `dashed: ${threshold}`, (box.left + box.right) / 2, size.height - 5, { color: colors.muted, align: "center", base: "bottom" });
}

function drawCounts(context, colors, size, { byCount, samples, limit }) {
  const least = Math.min(...byCount, limit), most = Math.max(...byCount, limit), low = Math.max(Math.floor(10 * (least - 0.03)) / 10, -1), high = Math.min(Math.ceil(10 * (most + 0.03)) / 10, 1);
  const { box, y } = frameChart(context, colors, size, "E by the number of samples; dashed: very many", low, high, [low, high]);
  const x = (n) => box.left + 8 + ((box.right - box.left - 16) * (n - 2)) / (MOST - 2);
  context.strokeStyle = colors.muted;
  context.lineWidth = 1.5;
  context.setLineDash([6, 4]);
  context.beginPath(); context.moveTo(box.left, y(limit)); context.lineTo(box.right, y(limit)); context.stroke();
  context.setLineDash([]);
  context.strokeStyle = colors.accent;
  context.beginPath();
  byCount.forEach((E, k) => context[k ? "lineTo" : "moveTo"](x(k + 2), y(E)));
  context.stroke();
  byCount.forEach((E, k) => {
    context.beginPath();
    context.arc(x(k + 2), y(E), k + 2 === samples ? 6 : 2.5, 0, 2 * Math.PI);
    context.fillStyle = k + 2 === samples ? colors.ink : colors.accent;
    context.fill();
  });
  for (const n of [2, 10, MOST]) writeText(context, n, x(n), size.height - 5, { color: colors.muted, align: "center", base: "bottom" });
}
