// AffinityLab: drag the ends of two people's limb, change its width and what happens where both lie.
import { directionWheel, numberLimb, outlineLimb, paintField, wayOf } from "./field_view.js";
import { affinityField, lineIntegral } from "./math_fields.js";
import { choice, fromState, h, handles, keys, scene, slider, status } from "./ui.js";

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}
export default { render };

function build(el, state, save) {
  const { rows, columns, stride, limb } = state, grid = { stride, origin: (stride - 1) / 2 };
  const width = columns * stride, height = rows * stride;
  const limbs = state.limbs.map(([from, to], n) => {
    const end = ([x, y], k) => ({ x, y, label: `${limb[k]} of person ${n + 1}`, color: "#ffffff", shape: k ? "disc" : "ring" });
    return { a: end(from, 0), b: end(to, 1) };
  });
  const now = { limbs, width: state.limb_width, overlap: state.overlap, field: null, grid, rows, columns };
  const report = status();

  const view = scene({ width, height, label: "", maxWidth: 720, draw(context, colors, scale) {
    context.translate(0.5, 0.5);
    paintField(context, state, now.field, colors);
    for (const one of limbs) outlineLimb(context, one, now.width, scale, colors.ink);
    limbs.forEach((one, n) => numberLimb(context, one, n + 1, scale, state));
  } });

  const update = () => {
    now.field = affinityField(limbs, rows, columns, grid, now.width, now.overlap);
    const text = inWords(now);
    report.say(text);
    view.label(`Affinity field of the limb from ${limb[0]} to ${limb[1]}, two people. ${text}`);
    view.redraw();
  };
  const tell = () => save({ limbs: limbs.map(({ a, b }) => [[a.x, a.y], [b.x, b.y]]), limb_width: now.width, overlap: now.overlap });
  handles(view, limbs.flatMap(({ a, b }) => [a, b]), { shift: 0.5, bounds: [0, 0, width - 1, height - 1],
    onMove: (_, __, done) => { update(); if (done) tell(); } });
  const broad = slider({ label: "half width (px)", min: 2, max: 24, step: 1, value: now.width, onInput: (v) => { now.width = v; update(); tell(); } });
  const overlap = choice({ label: "Where both lie", value: now.overlap, options: [["average", "average"], ["last", "person 2 overwrites"]],
    onChange: (v) => { now.overlap = v; update(); tell(); } });
  el.append(h("div", { class: "paf-root" },
    h("p", { class: "paf-note" }, "Drag the ends of the two limbs, or reach them with Tab and use the arrow keys."),
    view.element,
    h("div", { class: "paf-beside" }, directionWheel().element,
      keys([["ring", `${limb[0]}, where a limb starts`], ["disc", `${limb[1]}, where it ends`], ["dashed", "the limb's width"]])),
    h("div", { class: "paf-controls" }, overlap.element, broad.element), report.element));
  update();
}

/** Which way the limbs run, what happens where both lie, and what that costs either's line integral. */
function inWords({ limbs, width, overlap, field, grid, rows, columns }) {
  const alone = limbs.map((one) => affinityField([one], rows, columns, grid, width).count);
  const runs = limbs.map((one, n) => {
    if (one.a.x === one.b.x && one.a.y === one.b.y) return `Limb ${n + 1} has no length and leaves no mark`;
    if (!alone[n].some((v) => v)) return `Limb ${n + 1} covers no cell's centre and leaves no mark`;
    return `limb ${n + 1} runs ${wayOf(one)}`;
  }).join(", ");
  const cell = (p) => ({ x: (p.x - grid.origin) / grid.stride, y: (p.y - grid.origin) / grid.stride });
  const E = limbs.map(({ a, b }) => lineIntegral(field, rows, columns, cell(a), cell(b)).E.toFixed(2));
  return `${runs[0].toUpperCase()}${runs.slice(1)}. ${sharing(field, overlap)} Line integral along limb 1: ${E[0]}, along limb 2: ${E[1]}.`;
}

function sharing({ x, y, count }, overlap) {
  const both = Array.from(count.keys()).filter((k) => count[k] > 1), cells = `${both.length} ${both.length === 1 ? "cell lies" : "cells lie"} on both`;
  if (!both.length) return "No cell lies on both.";
  if (overlap === "last") return `${cells}: there limb 2 has overwritten limb 1.`;
  const length = both.reduce((sum, k) => sum + Math.hypot(x[k], y[k]), 0) / both.length;
  return `${cells}: there the average is ${length.toFixed(2)} long${length < 0.2 ? ", since the two nearly cancel" : ""}.`;
}
