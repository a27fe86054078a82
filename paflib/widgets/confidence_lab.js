// ConfidenceLab: drag one kind of joint of several people, change sigma and how their maps become one.
import { confidenceAt, confidenceMap, findPeaks } from "./math_fields.js";
import { choice, drawCells, fromState, h, handles, inferno, keys, scene, slider, status, writeText } from "./ui.js";

const COLORS = ["#e69f00", "#56b4e9", "#009e73", "#cc79a7"];
// On a white page the same hues have to be darker.
const DARKER = { "#e69f00": "#b35900", "#56b4e9": "#0072b2", "#009e73": "#00785a", "#cc79a7": "#a3437a" };
const DASHES = [[7, 4], [2, 3], [10, 3, 2, 3], [4, 7]];
const BEYOND = 24; // pixels by which the profile runs past its two joints
const NIGHT = "#16181d";

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}
export default { render };

function build(el, state, save) {
  const { rows, columns, stride, part } = state, grid = { stride, origin: (stride - 1) / 2 };
  const width = columns * stride, height = rows * stride;
  const points = state.points.map(([x, y], n) => ({ x, y, label: `${part} of person ${n + 1}`, color: COLORS[n % COLORS.length], shape: "ring" }));
  const now = { points, sigma: state.sigma, reduce: state.reduce, map: null, peaks: [] };
  const report = status();

  const view = scene({ width, height, label: "", maxWidth: 720, draw(context, _, scale) {
    drawCells(context, { rows, columns, x: 0, y: 0, width, height, color: (r, c) => [...inferno(now.map[r * columns + c]), 255] });
    context.translate(0.5, 0.5); // from here on in pixels of the image, whose first centre is (0, 0)
    drawProfileLine(context, points, scale);
    for (const peak of now.peaks) drawPeak(context, stride * peak.x + grid.origin, stride * peak.y + grid.origin, peak.score, scale, width);
    points.forEach((p, n) => writeText(context, n + 1, p.x - 16 / scale, p.y, { scale, color: "#fff", halo: NIGHT, align: "right", base: "middle", bold: true }));
  } });
  const profile = scene({ width, height: 190, label: "", maxWidth: 720, fluid: true,
    draw: (context, colors, _, size) => drawProfile(context, colors, size, now) });

  const update = () => {
    now.map = confidenceMap(points, rows, columns, grid, now.sigma, now.reduce);
    now.peaks = findPeaks(now.map, rows, columns, 0.05);
    const text = inWords(now);
    report.say(text);
    view.label(`Confidence map of the part ${part}, one joint for each person. ${text}`);
    profile.label(`Confidence along the line from person 1 to person 2. ${text}`);
    view.redraw();
    profile.redraw();
  };
  const tell = () => save({ points: points.map((p) => [p.x, p.y]), sigma: now.sigma, reduce: now.reduce });
  handles(view, points, { shift: 0.5, bounds: [0, 0, width - 1, height - 1], onMove: (_, __, done) => { update(); if (done) tell(); } });
  const sigma = slider({ label: "sigma (px)", min: 4, max: 30, step: 0.1, value: now.sigma, format: (v) => v.toFixed(1),
    onInput: (v) => { now.sigma = v; update(); tell(); } });
  const reduce = choice({ label: "People become one map by", value: now.reduce,
    options: [["max", "maximum"], ["average", "average"], ["sum", "sum, cut at 1"]], onChange: (v) => { now.reduce = v; update(); tell(); } });
  el.append(h("div", { class: "paf-root" },
    h("p", { class: "paf-note" }, "Drag the numbered rings, or reach them with Tab and use the arrow keys."),
    view.element, profile.element,
    keys([["inferno", "confidence, 0 to 1"], ["solid", "all people together"], ["dashed", "each person alone"], ["cross", "peak of the map, with its height"]]),
    h("div", { class: "paf-controls" }, reduce.element, sigma.element), report.element));
  update();
}

/** What is to be seen, as a sentence or two: how many joints kept a peak of their own, and how high it is. */
function inWords({ points, peaks, reduce }) {
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`, heights = peaks.map((p) => p.score.toFixed(2)).join(", ");
  const found = `${count(points.length, "joint")}, ${count(peaks.length, "peak")}${peaks.length ? ` (height${peaks.length === 1 ? "" : "s"} ${heights})` : ""}.`;
  const apart = points.length > 1 ? ` Persons 1 and 2 are ${Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y).toFixed(0)} px apart.` : "";
  const lost = points.length - peaks.length, low = Math.min(...peaks.map((p) => p.score)) < 0.9;
  let verdict = " Every joint has a peak of its own, about as high as it would be alone.";
  if (lost > 0) verdict = ` ${lost === 1 ? "One joint has" : `${lost} joints have`} no peak of ${lost === 1 ? "its" : "their"} own: joints too near each other have melted into one.`;
  else if (lost < 0) verdict = " There are more peaks than joints.";
  else if (low && reduce === "average") verdict = " Every joint has a peak, but the average has pulled it down: a threshold might lose it.";
  else if (low) verdict = " Every joint has a peak, but not all are as high as they would be alone.";
  return found + apart + verdict;
}

function stretch(points) {
  const [a, b] = points, apart = Math.hypot(b.x - a.x, b.y - a.y), u = apart ? [(b.x - a.x) / apart, (b.y - a.y) / apart] : [1, 0];
  return { apart, at: (s) => [a.x + u[0] * s, a.y + u[1] * s] }; // s: pixels from person 1 towards person 2
}

function drawProfileLine(context, points, scale) {
  if (points.length < 2) return;
  const { apart, at } = stretch(points);
  context.beginPath();
  context.moveTo(...at(-BEYOND));
  context.lineTo(...at(apart + BEYOND));
  for (const [color, wide] of [[NIGHT, 3.5], ["#fff", 1.5]]) {
    context.lineWidth = wide / scale;
    context.strokeStyle = color;
    context.setLineDash(color === "#fff" ? [5 / scale, 4 / scale] : []);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawPeak(context, x, y, score, scale, width) {
  const arm = 7 / scale;
  context.beginPath();
  context.moveTo(x - arm, y); context.lineTo(x + arm, y); context.moveTo(x, y - arm); context.lineTo(x, y + arm);
  for (const [color, wide] of [[NIGHT, 4.5], ["#fff", 2]]) { context.lineWidth = wide / scale; context.strokeStyle = color; context.stroke(); }
  const side = x + 54 / scale > width ? -1 : 1, above = y > 34 / scale ? -1 : 1; // beside the ring, inside the picture
  writeText(context, score.toFixed(2), x + (side * 9) / scale, y + (above * 19) / scale,
    { scale, color: "#fff", halo: NIGHT, align: side > 0 ? "left" : "right", base: above < 0 ? "bottom" : "top" });
}

function drawProfile(context, colors, { width, height }, { points, sigma, reduce }) {
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, height);
  if (points.length < 2) return;
  const box = { left: 34, right: width - 10, top: 12, bottom: height - 40 }, { apart, at } = stretch(points), span = apart + 2 * BEYOND;
  const px = (s) => box.left + ((box.right - box.left) * (s + BEYOND)) / span, py = (v) => box.bottom - (box.bottom - box.top) * v;
  const curve = (value) => { // nothing where there is nothing: somebody far away draws no line along the bottom
    let pen = false;
    context.beginPath();
    for (let k = 0; k <= 240; k += 1) {
      const s = (span * k) / 240 - BEYOND, v = value(...at(s));
      if (v > 0.004) context[pen ? "lineTo" : "moveTo"](px(s), py(v));
      pen = v > 0.004;
    }
    context.stroke();
  };
  context.lineWidth = 1;
  context.strokeStyle = colors.line;
  for (const v of [0, 0.5, 1]) {
    context.beginPath(); context.moveTo(box.left, py(v)); context.lineTo(box.right, py(v)); context.stroke();
    writeText(context, v, box.left - 6, py(v), { color: colors.muted, align: "right", base: "middle" });
  }
  context.strokeStyle = colors.ink;
  context.lineWidth = 5.5;
  curve((x, y) => confidenceAt(points, x, y, sigma, reduce));
  points.forEach((p, n) => { // upon the solid line, which shows between the dashes where the two agree
    context.strokeStyle = colors.dark ? p.color : DARKER[p.color];
    context.lineWidth = 3;
    context.setLineDash(DASHES[n % DASHES.length]);
    curve((x, y) => confidenceAt([p], x, y, sigma));
  });
  context.setLineDash([]);
  drawProfileAxis(context, colors, box, px, apart, height);
}

function drawProfileAxis(context, colors, box, px, apart, height) {
  const near = px(apart) - px(0) < 20, names = near ? [[apart / 2, "1, 2"]] : [[0, "1"], [apart, "2"]];
  for (const [s, name] of names) writeText(context, name, px(s), box.bottom + 5, { color: colors.ink, align: "center", base: "top", bold: true });
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.5;
  for (const s of [0, apart]) { context.beginPath(); context.moveTo(px(s), box.bottom - 4); context.lineTo(px(s), box.bottom + 4); context.stroke(); }
  const text = `confidence along the line, ${apart.toFixed(0)} px from 1 to 2`;
  writeText(context, text, (box.left + box.right) / 2, height - 3, { color: colors.muted, align: "center", base: "bottom" });
}
