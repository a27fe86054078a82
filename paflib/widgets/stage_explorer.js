// StageExplorer: the stages of a network over a photograph, one at a time; what changed; whom the parser finds.
import { cellBox, fieldPerStage, gained, lengths, mapProfile, nearestCell, pairProfile, peaksInPixels, perStage, toCells,
  toPixels } from "./math_stages.js";
import { arrow, choice, directionColor, drawCells, fromState, h, handles, inferno, scene, select, status, stepper,
  unpack } from "./ui.js";

const SERIES = { light: ["#b84a00", "#0072b2", "#007a58", "#a3477c"], dark: ["#e69f00", "#56b4e9", "#35c69b", "#d996bc"] };
const DASHES = [[], [9, 4], [3, 3], [12, 3, 3, 3]];
const NIGHT = "#17191f", GAIN = [230, 159, 0], LOSS = [86, 180, 233], FULL_CHANGE = 0.3, LEAST_SIGN = 0.08;
const WORDS = {
  part: { unit: "place", measure: "confidence", map: "Confidence map", list: "map", numbers: "Confidence at each place",
    legend: "Dark purple to yellow: confidence from 0 to 1. Crosses are peaks.", probe: "the value",
    curves: "the map's value at the numbered places, between the cells" },
  limb: { unit: "pair", measure: "E", map: "Affinity field", list: "field", numbers: "Line integral E of each pair",
    legend: "Colour is the direction of the vector, opacity and arrow its length.", probe: "the vector's length",
    curves: "the line integral E of the numbered pairs" },
};
const digits = (v) => (Math.abs(v) < 0.005 ? "0.00" : v.toFixed(2).replace("-", "\u2212"));
const sentence = (text) => text[0].toUpperCase() + text.slice(1);

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}

function build(el, state, save) {
  const { photo, view: frame, stages: total, items: packed, first, probe: start, people, edges, colors: bones } = state;
  const items = packed.map(openItem), limit = (k, size) => Math.min(Math.max(Math.round(k), 0), size - 1);
  // What the reader does, and Python may set: first and probe above, and these two.
  let item = items[first], at = limit(state.stage ?? 0, total), look = state.look ?? "map";

  // ---- the photograph --------------------------------------------------------------------------------------------
  const image = new Image();
  let dim = null;
  image.addEventListener("load", () => { dim = darkened(image); picture.redraw(); });
  const portrait = frame.height > 0.9 * frame.width;
  const picture = scene({ width: frame.width, height: frame.height, label: "", maxWidth: portrait ? 470 : 720, draw(context, _, scale) {
    const px = 1 / scale; // one pixel of the page in scene units, which are pixels of the source image
    context.fillStyle = NIGHT;
    context.fillRect(0, 0, frame.width, frame.height);
    if (dim) context.drawImage(look === "people" ? image : dim, 0, 0, frame.width, frame.height);
    context.save();
    context.translate(-frame.left, -frame.top); // from here on the image's own top left corner is (0, 0)
    if (look === "people") drawPeople(context, people[at], px);
    else if (look === "map") drawMap(context, px);
    else if (at > 0) drawChange(context, px);
    context.restore();
    if (look === "map") drawPlaces(context, px);
    if (look === "change" && at === 0) {
      write(context, "Stage 1 is the first: nothing to compare with.", frame.width / 2, 24 * px, px, "center");
    }
  } });

  const paint = (context, values, color) => {
    const [x, y, width, height] = cellBox(item.grid, 0, 0);
    drawCells(context, { rows: item.rows, columns: item.columns, x, y, width: item.columns * width, height: item.rows * height,
      color: (r, c) => color(values, r * item.columns + c) });
  };
  const everyCell = (visit) => {
    for (let r = 0; r < item.rows; r += 1) for (let c = 0; c < item.columns; c += 1) visit(r, c, r * item.columns + c);
  };
  const middle = (r, c) => toPixels(item.grid, c, r).map((v) => v + 0.5);

  const drawMap = (context, px) => {
    if (item.kind === "part") {
      paint(context, item.maps[at], (map, k) => [...inferno(map[k]), 255 * Math.min(Math.max(2 * map[k], 0), 1)]);
      return;
    }
    paint(context, item.maps[at], ({ x, y }, k) => [...directionColor(x[k], y[k]), 255 * Math.min(Math.hypot(x[k], y[k]), 1)]);
    const { x, y } = item.maps[at], reach = 0.8 * Math.min(...item.grid.stride);
    for (const [color, width] of [[NIGHT, 3.2], ["#ffffff", 1.4]]) {
      context.strokeStyle = color;
      context.lineWidth = width * px;
      everyCell((r, c, k) => {
        if (Math.hypot(x[k], y[k]) < 0.2) return;
        const [mx, my] = middle(r, c), [dx, dy] = [reach * x[k], reach * y[k]];
        arrow(context, mx - dx / 2, my - dy / 2, dx, dy, 4.5 * px);
      });
    }
  };

  const drawChange = (context, px) => {
    const size = item.kind === "part" ? (map) => map : lengths;
    const change = gained(size(item.maps[at]), size(item.maps[at - 1]));
    paint(context, change, (d, k) => [...(d[k] > 0 ? GAIN : LOSS), 235 * Math.min(Math.abs(d[k]) / FULL_CHANGE, 1)]);
    const side = Math.min(...item.grid.stride), every = Math.max(1, Math.ceil((9 * px) / side)), reach = Math.min(4 * px, 0.3 * side);
    for (const [color, width] of [[NIGHT, 3.6], ["#ffffff", 1.6]]) {
      context.strokeStyle = color;
      context.lineWidth = width * px;
      context.beginPath();
      everyCell((r, c, k) => {
        if (Math.abs(change[k]) < LEAST_SIGN || r % every || c % every) return;
        const [x, y] = middle(r, c);
        context.moveTo(x - reach, y); context.lineTo(x + reach, y);
        if (change[k] > 0) { context.moveTo(x, y - reach); context.lineTo(x, y + reach); }
      });
      context.stroke();
    }
  };

  const drawPlaces = (context, px) => {
    const inks = SERIES.dark; // the photograph is dark in either theme
    if (item.kind === "part") {
      for (const peak of peaksInPixels(item.maps[at], item.rows, item.columns, item.grid)) {
        const [x, y] = [peak.x + 0.5 - frame.left, peak.y + 0.5 - frame.top];
        for (const [color, width] of [[NIGHT, 4], ["#ffffff", 1.6]]) {
          context.strokeStyle = color;
          context.lineWidth = width * px;
          context.beginPath();
          context.moveTo(x - 5 * px, y); context.lineTo(x + 5 * px, y); context.moveTo(x, y - 5 * px); context.lineTo(x, y + 5 * px);
          context.stroke();
        }
      }
    }
    item.places.forEach((place, n) => {
      const points = (item.kind === "part" ? [place] : place).map(([x, y]) => [x + 0.5 - frame.left, y + 0.5 - frame.top]);
      if (points.length === 2) {
        for (const [color, width] of [[NIGHT, 5], [inks[n], 2.4]]) {
          context.strokeStyle = color;
          context.lineWidth = width * px;
          context.setLineDash(width > 3 ? [] : DASHES[n].map((d) => d * px));
          context.beginPath(); context.moveTo(...points[0]); context.lineTo(...points[1]); context.stroke();
          context.setLineDash([]);
        }
      }
      const [x, y] = points.at(-1); // pairs may share their start, seldom their end
      const back = points.length === 2 && points[1][0] < points[0][0] - 20 * px && x > 0.2 * frame.width;
      const left = x > 0.72 * frame.width || back, sign = left ? -1 : 1;
      write(context, `${n + 1}: ${digits(item.profiles[n][at])}`, x + sign * 10 * px, y, px, left ? "right" : "left", inks[n]);
    });
  };

  const drawPeople = (context, { points, scores }, px) => points.forEach((person, n) => {
    const seen = person.filter(Boolean), xs = seen.map((p) => p[0]), ys = seen.map((p) => p[1]);
    const size = Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    const bar = Math.min(Math.max(0.018 * size, 3 * px), 8 * px);
    context.lineCap = "round";
    for (const rim of [true, false]) {
      edges.forEach(([a, b], k) => {
        if (!person[a] || !person[b]) return;
        context.strokeStyle = rim ? NIGHT : bones[k];
        context.lineWidth = rim ? bar + 3 * px : bar;
        context.beginPath();
        context.moveTo(person[a][0] + 0.5, person[a][1] + 0.5); context.lineTo(person[b][0] + 0.5, person[b][1] + 0.5);
        context.stroke();
      });
    }
    context.lineCap = "butt";
    for (const [x, y] of seen) {
      context.beginPath();
      context.arc(x + 0.5, y + 0.5, 0.55 * bar + 0.8 * px, 0, 7);
      context.fillStyle = "#ffffff"; context.strokeStyle = NIGHT; context.lineWidth = 1.2 * px;
      context.fill(); context.stroke();
    }
    const top = seen.reduce((p, q) => (q[1] < p[1] ? q : p));
    const x = Math.min(Math.max(top[0], frame.left + 30 * px), frame.left + frame.width - 30 * px);
    const y = Math.max(top[1] - 16 * px, frame.top + 12 * px);
    write(context, `${n + 1}: ${digits(scores[n])}`, x, y, px, "center");
  });

  // ---- the profile: one curve a place, stage by stage --------------------------------------------------------------
  const WIDE = 330, HIGH = 216, LEFT = 34, RIGHT = 44, TOP = 14, BOTTOM = 38;
  const chart = scene({ width: WIDE, height: HIGH, label: "", maxWidth: 420, draw(context, colors) {
    const inks = SERIES[colors.paper === "#ffffff" ? "light" : "dark"];
    const curves = [...item.profiles.map((values, n) => ({ values, ink: inks[n], dash: DASHES[n], name: `${n + 1}` })),
      { values: probed, ink: colors.ink, dash: [1.5, 3], name: "here" }];
    const low = Math.min(-0.02, ...curves.flatMap((c) => c.values)), high = Math.max(1, ...curves.flatMap((c) => c.values));
    const x = (t) => LEFT + ((WIDE - LEFT - RIGHT) * t) / Math.max(total - 1, 1);
    const y = (v) => TOP + (HIGH - TOP - BOTTOM) * (1 - (v - low) / (high - low));
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, WIDE, HIGH);
    context.font = "13px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.lineWidth = 1;
    for (const v of [0, 0.5, 1]) {
      context.strokeStyle = colors.line;
      context.beginPath(); context.moveTo(LEFT, y(v)); context.lineTo(WIDE - RIGHT, y(v)); context.stroke();
      context.fillStyle = colors.muted; context.textAlign = "right";
      context.fillText(v, LEFT - 6, y(v));
    }
    context.textAlign = "center";
    for (let t = 0; t < total; t += 1) {
      context.fillStyle = t === at ? colors.ink : colors.muted;
      context.font = `${t === at ? "bold " : ""}13px system-ui, sans-serif`;
      context.fillText(t + 1, x(t), HIGH - 26);
    }
    context.strokeStyle = colors.muted;
    context.beginPath(); context.moveTo(x(at), TOP); context.lineTo(x(at), HIGH - BOTTOM); context.stroke();
    context.font = "13px system-ui, sans-serif";
    context.fillStyle = colors.muted;
    context.fillText("stage", x((total - 1) / 2), HIGH - 9);
    const ends = spread(curves.map((c) => y(c.values.at(-1))), 14, TOP, HIGH - BOTTOM);
    curves.forEach(({ values, ink, dash, name }, n) => {
      context.strokeStyle = context.fillStyle = ink;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      values.forEach((v, t) => context[t ? "lineTo" : "moveTo"](x(t), y(v)));
      context.stroke();
      context.setLineDash([]);
      context.beginPath(); context.arc(x(at), y(values[at]), 3.5, 0, 7); context.fill();
      context.textAlign = "left";
      context.fillText(name, WIDE - RIGHT + 8, ends[n]);
    });
  } });

  // ---- the legend --------------------------------------------------------------------------------------------------
  const legend = scene({ width: WIDE, height: 56, label: "", maxWidth: 420, draw(context, colors) {
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, WIDE, 56);
    context.fillStyle = colors.ink;
    context.font = "13px system-ui, sans-serif";
    context.textBaseline = "middle";
    if (look === "people") {
      [["#d55e00", "the person's right"], ["#0072b2", "left"], ["#009e73", "middle"]].reduce((x, [color, text]) => {
        context.strokeStyle = color; context.lineWidth = 6; context.lineCap = "round";
        context.beginPath(); context.moveTo(x + 4, 16); context.lineTo(x + 20, 16); context.stroke();
        context.fillText(text, x + 28, 16);
        return x + 44 + context.measureText(text).width;
      }, 0);
      context.fillText("number: score", 0, 42);
    } else if (look === "map" && item.kind === "limb") {
      for (let k = 0; k < 90; k += 1) { // each piece reaches under the next one: no seam shows
        const a = (2 * Math.PI * k) / 90, b = a + (k < 89 ? 0.14 : 0.07);
        context.fillStyle = `rgb(${directionColor(Math.cos(a + 0.035), Math.sin(a + 0.035)).map(Math.round)})`;
        context.beginPath(); context.moveTo(28, 28); context.arc(28, 28, 27, a, b); context.fill();
      }
      context.fillStyle = colors.paper;
      context.beginPath(); context.arc(28, 28, 11, 0, 7); context.fill();
      context.fillStyle = colors.ink;
      context.fillText("colour: which way the vector points", 66, 16);
      context.fillText("opacity, arrow: how long it is", 66, 40);
    } else {
      const change = look === "change";
      const ramp = context.createLinearGradient(10, 0, 210, 0);
      for (let k = 0; k <= 32; k += 1) {
        const t = k / 32, v = change ? 2 * t - 1 : t;
        const [ink, opacity] = change ? [v > 0 ? GAIN : LOSS, 0.92 * Math.abs(v)] : [inferno(v), Math.min(2 * v, 1)];
        ramp.addColorStop(t, `rgba(${ink.map(Math.round)}, ${opacity})`);
      }
      for (const fill of ["#33363c", ramp]) { // the grey of a dark photograph shows through
        context.fillStyle = fill;
        context.fillRect(10, 6, 200, 18);
      }
      context.fillStyle = colors.ink;
      context.textAlign = "center";
      const ticks = change ? [`\u2212${FULL_CHANGE}`, "0", `+${FULL_CHANGE}`] : ["0", "0.5", "1"];
      ticks.forEach((text, k) => context.fillText(text, [22, 110, 198][k], 38));
      context.textAlign = "left";
      (change ? ["\u2212 lost", "+ gained"] : ["confidence", "+ a peak"]).forEach((text, k) => context.fillText(text, 226, 12 + 24 * k));
    }
  } });

  // ---- words and controls ------------------------------------------------------------------------------------------
  const report = status(), note = h("p", { class: "paf-note" }), numbers = h("table"), words = () => WORDS[item.kind];
  let probed = [];
  const knob = { x: start[0] - frame.left, y: start[1] - frame.top, label: "Probe", color: "#ffffff" };
  const under = () => [knob.x + frame.left, knob.y + frame.top];
  const found = () => {
    const { points, scores } = people[at], joints = points.flat().filter(Boolean).length;
    if (!points.length) return "The parser finds nobody.";
    const whom = points.length === 1 ? "person" : "people";
    return `The parser finds ${points.length} ${whom} with ${joints} joints, scores ${scores.map(digits).join(", ")}.`;
  };
  const measured = () => {
    const values = item.profiles.map((p) => p[at]), best = values.indexOf(Math.max(...values));
    const { measure, unit } = words();
    const high = values.length ? `highest ${measure} ${digits(values[best])}, at ${unit} ${best + 1}` : `no ${unit} stands out`;
    const [x, y] = toCells(item.grid, ...under()), read = (map) => nearestCell(map, item.rows, item.columns, x, y);
    const cell = item.kind === "part" ? digits(read(item.maps[at]))
      : `(${digits(read(item.maps[at].x))}, ${digits(read(item.maps[at].y))})`;
    return `${sentence(item.label)}: ${high}; ${cell} in the cell under the probe.`;
  };
  const say = () => {
    const text = `Stage ${at + 1} of ${total}. ${measured()} ${found()}`;
    report.say(text);
    const views = { map: words().map, change: "Change since the stage before", people: "People found" };
    picture.label(`${views[look]} over the photograph. ${text}`);
  };
  const fillTable = () => {
    const now = { "aria-current": "step", style: "font-weight: bold" };
    const line = (name, values) => h("tr", {}, h("th", { scope: "row" }, name),
      ...values.map((v, t) => h("td", t === at ? now : {}, digits(v))));
    numbers.replaceChildren(
      h("caption", { class: "paf-note" }, words().numbers),
      h("thead", {}, h("tr", {}, h("td", {}), ...Array.from({ length: total }, (_, t) => h("th", { scope: "col" }, `stage ${t + 1}`)))),
      h("tbody", {}, ...item.profiles.map((values, n) => line(`${words().unit} ${n + 1}`, values)), line("probe", probed)));
    for (const cell of numbers.querySelectorAll("td, th")) cell.style.padding = "0.1rem 0.5rem";
  };
  const update = () => {
    const size = item.kind === "part" ? item.maps : item.sizes;
    probed = mapProfile(size, item.rows, item.columns, item.grid, under());
    fillTable();
    const curves = item.profiles.map((values, n) => `${sentence(words().unit)} ${n + 1}: ${values.map(digits).join(", ")}.`);
    chart.label(`${words().numbers}, stage by stage. ${curves.join(" ")} Probe: ${probed.map(digits).join(", ")}.`);
    say();
    hand.knobs[0].hidden = look === "people";
    picture.redraw(); chart.redraw();
  };
  const change = () => {
    const others = { people: "Warm colours are a person's right side, cold ones the left.", change: "Orange with a plus: gained. Blue with a minus: lost." };
    legend.label(others[look] ?? words().legend);
    note.textContent = `Numbered curves: ${words().curves}. Dotted: ${words().probe} under the white probe, which can be dragged.`;
    legend.redraw();
    update();
  };

  const steps = stepper({ count: total, label: "stage", value: at, inView: () => picture.visible,
    onStep: (k) => { at = k; update(); save({ stage: k }); } });
  const what = select({ label: "Part or limb", value: String(first),
    options: items.map(({ kind, label }, k) => [String(k), `${label} (${WORDS[kind].list})`]),
    onChange: (k) => { item = items[+k]; change(); save({ first: +k }); } });
  const mode = choice({ label: "Show", value: look,
    options: [["map", "the stage"], ["change", "difference to the one before"], ["people", "people found"]],
    onChange: (v) => { look = v; change(); save({ look: v }); } });
  const tell = () => save({ probe: under().map((v) => Math.round(10 * v) / 10) });
  const hand = handles(picture, [knob], { onMove: (_, __, done) => { update(); if (done) tell(); }, step: Math.min(...items[first].grid.stride) / 4, shift: 0.5 });

  const table = h("div", { style: "overflow-x: auto", tabindex: "0", role: "region", "aria-label": "Numbers of the chart" }, numbers);
  const left = h("div", { style: `flex: ${portrait ? "1.3 1 300px; max-width: 470px" : "1 1 100%"}; min-width: 0` },
    picture.element, report.element);
  const right = h("div", { style: "flex: 1 1 260px; min-width: 0; max-width: 420px" },
    legend.element, chart.element, note, h("details", {}, h("summary", {}, "The numbers"), table));
  el.append(h("div", { class: "paf-root" },
    h("div", { class: "paf-controls", style: "margin-bottom: 0.6rem" }, steps.element, what.element, mode.element),
    h("div", { style: "display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; justify-content: center; align-items: flex-start" },
      left, right)));
  image.src = photo;
  change();
}

/** An item of the state with its maps unpacked, one a stage, and the curves of its places. */
function openItem({ kind, label, grid, maps, places }) {
  const { shape, values } = unpack(maps), [rows, columns] = shape.slice(-2);
  if (kind === "part") {
    const each = perStage(values, shape);
    return { kind, label, grid, places, rows, columns, maps: each, profiles: places.map((p) => mapProfile(each, rows, columns, grid, p)) };
  }
  const each = fieldPerStage(values, shape);
  return { kind, label, grid, places, rows, columns, maps: each, sizes: each.map(lengths),
    profiles: places.map((pair) => pairProfile(each, rows, columns, grid, pair)) };
}

/** The photograph in dark grey: no colour of it competes with those of the maps. */
function darkened(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height), { data } = pixels;
  for (let k = 0; k < data.length; k += 4) {
    data[k] = data[k + 1] = data[k + 2] = 0.5 * (0.299 * data[k] + 0.587 * data[k + 1] + 0.114 * data[k + 2]);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** Type that can be read on any photograph. */
function write(context, text, x, y, px, align, ink = "#ffffff") {
  context.font = `600 ${13 * px}px system-ui, sans-serif`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.strokeStyle = NIGHT;
  context.lineWidth = 4 * px;
  context.strokeText(text, x, y);
  context.fillStyle = ink;
  context.fillText(text, x, y);
}

/** Heights near the wanted ones, at least step apart, within low..high. */
function spread(wanted, step, low, high) {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a] - wanted[b]), places = wanted.slice();
  order.forEach((k, n) => { places[k] = Math.max(wanted[k], n ? places[order[n - 1]] + step : low); });
  let most = high;
  for (const k of order.slice().reverse()) { places[k] = Math.min(places[k], most); most = places[k] - step; }
  return places;
}

export default { render };
