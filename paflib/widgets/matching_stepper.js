// MatchingStepper: edit a score matrix; step the greedy and the Hungarian algorithm through it, side by side.
import { greedySteps, hungarianSteps } from "./math_matching.js";
import { button, fromState, h, keys, onTheme, palette, scene, select, status, stepper, writeText } from "./ui.js";

const STYLE = `
.paf-matching table { table-layout: fixed; width: 100%; max-width: 34rem; margin: 0.3rem 0 0.5rem; }
.paf-root.paf-matching table :is(th, td) { position: relative; padding: 2px; text-align: center; vertical-align: middle; font-weight: normal; border: 0; }
.paf-matching th { color: var(--paf-muted); }
.paf-root.paf-matching table td { border: 1px solid var(--paf-line); }
/* A score stands below the letters of its cell; its row's number and label stand on one line with it. */
.paf-root.paf-matching table tbody :is(th, td.paf-price) { border: 0; padding-top: calc(0.7rem + 2px); }
.paf-matching td.paf-price { color: var(--paf-accent); }
.paf-matching td.paf-price[data-in-tree] { font-weight: 600; outline: 2px dashed var(--paf-tree); outline-offset: -3px; }
.paf-matching table input { box-sizing: border-box; width: 100%; min-height: 38px; padding: 0.7rem 0 0; border: 0; border-radius: 0.2rem;
  font: inherit; text-align: center; color: inherit; background: none; appearance: textfield; -moz-appearance: textfield; }
.paf-matching input::-webkit-inner-spin-button { display: none; }
.paf-matching input[aria-invalid="true"] { text-decoration: line-through; }
.paf-matching td[data-none] input { color: var(--paf-muted); }
.paf-matching td[data-tight] input { text-decoration: underline dashed 2px var(--paf-accent); text-underline-offset: 4px; }
.paf-matching td[data-greedy-now] { box-shadow: inset 0 0 0 3px var(--paf-warm); }
.paf-matching td[data-hungarian-now] { outline: 3px dashed var(--paf-tree); outline-offset: -3px; }
.paf-matching td b { position: absolute; top: 3px; padding: 0 0.28em; border-radius: 3px; font-size: 12px; line-height: 15px;
  color: var(--paf-paper); pointer-events: none; }
.paf-matching td b:first-of-type { left: 3px; background: var(--paf-warm); }
.paf-matching td b:last-of-type { right: 3px; background: var(--paf-accent); }
.paf-matching .paf-title { margin: 0.4rem 0 0.2rem; font-size: 1em; font-weight: 600; color: inherit; }
.paf-matching .paf-row .paf-status { min-height: 5.8em; }
.paf-matching .paf-stepper { position: sticky; bottom: 0; z-index: 2; padding: 0.3rem 0; background: var(--paf-paper); }
@media (max-width: 480px) { .paf-matching .paf-stepper input[type="range"] { width: 5.5rem; } 
  .paf-matching .paf-stepper label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); } }
`;
const HEIGHT = 258, HEAD = 26, NODE = 13, SIDE = 58; // of a graph, in CSS pixels
const two = (v) => (Math.abs(v) < 0.005 ? 0 : v).toFixed(2);
const same = ([i, j]) => ([k, l]) => i === k && j === l;

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}
export default { render };

function build(el, state, save) {
  const { presets, most } = state;
  const start = state.matrix ?? presets[0];
  const now = { scores: start.scores.map((line) => [...line]), row: start.row, column: start.column, k: 0, random: state.random ?? 1 };
  let cells = [], prices = { u: [], v: [] }, walk;

  const names = () => [...presets.map(({ name }, n) => [String(n), name]), ["own", "your own scores"]];
  const preset = select({ label: "Scores", options: names(), value: state.matrix ? "own" : "0", onChange: (n) => { if (n !== "own") adopt(presets[+n]); } });
  const counts = Array.from({ length: most }, (_, k) => [String(k + 1), String(k + 1)]);
  const sizes = ["rows", "columns"].map((label, axis) => select({ label, options: counts, value: String(sizeOf(now.scores)[axis]), onChange: (v) => {
    const [n, m] = sizeOf(now.scores).map((size, k) => (k === axis ? +v : size));
    own(Array.from({ length: n }, (_, i) => Array.from({ length: m }, (__, j) => now.scores[i]?.[j] ?? 0)));
  } }));
  const table = h("table");
  const greedy = panel("Greedy", [["thick", "taken", "var(--paf-warm)"], ["dashed", "waiting"], ["dotted", "struck out"], ["band", "looked at", "var(--paf-warm)"]]);
  const hungarian = panel("Hungarian", [["thick", "matched", "var(--paf-accent)"], ["dashed", "tight", "var(--paf-accent)"],
    ["dotted", "not tight"], ["long", "in the tree: its nodes are ringed, the root twice", "var(--paf-tree)"],
    ["band", "path, or newly tight", "var(--paf-warm)"]]);
  greedy.draw = (...all) => drawGreedy(...all, now);
  hungarian.draw = (...all) => drawHungarian(...all, now);

  const solve = () => {
    now.greedy = greedyFrames(now.scores);
    now.hungarian = hungarianSteps(now.scores);
    now.last = Math.max(now.greedy.length, now.hungarian.length) - 1;
    return now.last + 1;
  };
  const show = (k) => {
    now.k = k;
    const one = greedyAt(now), other = hungarianAt(now);
    markCells(cells, prices, now, one, other);
    greedy.title.textContent = `Greedy: total ${two(one.total)}`;
    hungarian.title.textContent = `Hungarian: total ${two(other.total)} of at most ${two(other.bound)}`;
    for (const [side, words] of [[greedy, greedyWords(now)], [hungarian, hungarianWords(now)]]) {
      const text = words[0].toUpperCase() + words.slice(1);
      side.report.say(text);
      side.view.label(`${side.title.textContent}. ${text}`);
      side.view.redraw();
    }
  };
  const restart = (keepEnd = false) => {
    const atEnd = keepEnd && now.k === now.last;
    walk.stop();
    walk.resize(solve());
    walk.go(atEnd ? now.last : 0);
  };
  const adopt = ({ scores, row, column }) => {
    Object.assign(now, { scores: scores.map((line) => [...line]), row, column });
    fill();
    restart();
    save({ matrix: { scores: now.scores, row, column } });
  };
  const own = (scores) => { adopt({ ...now, scores }); preset.set("own"); };
  const edit = (i, j, input) => {
    const value = input.value.trim() === "" ? NaN : Number(input.value), fine = value >= -1 && value <= 1;
    input.setAttribute("aria-invalid", String(!fine));
    if (!fine) return;
    now.scores[i][j] = value;
    preset.set("own");
    restart(true);
    save({ matrix: { scores: now.scores.map((line) => [...line]), row: now.row, column: now.column } });
  };
  const fill = () => {
    sizes.forEach((list, axis) => list.set(String(sizeOf(now.scores)[axis])));
    ({ cells, prices } = fillTable(table, now, edit));
  };
  const shuffle = () => {
    now.random += 1;
    const draw = mulberry(now.random);
    own(now.scores.map((line) => line.map(() => (draw() < 0.2 ? 0 : Math.round(draw() * 100) / 100))));
    save({ random: now.random });
  };

  const root = h("div", { class: "paf-root paf-matching" }, h("style", {}, STYLE));
  walk = stepper({ count: solve(), label: "step", onStep: show, format: (k) => `${k} of ${now.last}`,
    inView: () => greedy.view.visible || hungarian.view.visible });
  root.append(h("div", { class: "paf-controls" }, preset.element, sizes[0].element, sizes[1].element, button("random scores", shuffle)),
    h("p", { class: "paf-note" }, "Change any score; pairs at 0 or below cannot be matched. Then step forwards and back."),
    table, h("p", { class: "paf-note" }, h("strong", {}, "G"), " greedy has it, ", h("strong", {}, "H"),
      " the Hungarian algorithm has it; underlined pairs are tight: their labels u and v add up to the score."),
    h("div", { class: "paf-row" }, greedy.element, hungarian.element), walk.element);
  const tint = () => {
    const colors = palette();
    root.style.setProperty("--paf-warm", colors.warm);
    root.style.setProperty("--paf-tree", treeColor(colors));
  };
  tint();
  onTheme(tint, root);
  el.append(root);
  fill();
  show(0);
}

const sizeOf = (scores) => [scores.length, scores[0].length];
const treeColor = (colors) => (colors.dark ? "#3fbf95" : "#00785a");

/** Numbers in 0..1 that are the same for the same seed. */
function mulberry(seed) {
  let a = (seed * 0x9e3779b9) | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// ---- frames -----------------------------------------------------------------------------------------------------

/** What has become of the pairs after 0, 1, ... of greedy's decisions, and once more when it has stopped. */
function greedyFrames(scores) {
  const steps = greedySteps(scores), frames = [{ step: null, seen: [], total: 0 }];
  for (const step of steps) {
    const { seen, total } = frames.at(-1);
    frames.push({ step, seen: [...seen, step], total: step.decision === "taken" ? total + step.score : total });
  }
  return [...frames, { ...frames.at(-1), step: null, done: true }];
}

const greedyAt = (now) => now.greedy[Math.min(now.k, now.greedy.length - 1)];
const hungarianAt = (now) => now.hungarian[Math.min(now.k, now.hungarian.length - 1)];

/** The tight pairs by which the columns of the present tree were reached. */
function treePairs(now) {
  const at = now.hungarian.indexOf(hungarianAt(now)), pairs = [];
  if (now.hungarian[at].root === null) return pairs;
  for (let k = at; k > 0 && now.hungarian[k].root === now.hungarian[at].root; k -= 1) {
    if (now.hungarian[k].kind === "tree" && now.hungarian[k].pair) pairs.push(now.hungarian[k].pair);
  }
  return pairs;
}

// ---- words ------------------------------------------------------------------------------------------------------

const pairName = (now, [i, j]) => `${now.row} ${i} – ${now.column} ${j}`;
const listed = (things) => (things.length < 3 ? things.join(" and ") : `${things.slice(0, -1).join(", ")} and ${things.at(-1)}`);

function greedyWords(now) {
  const { step, total, done, seen } = greedyAt(now), best = now.hungarian.at(-1).total;
  if (done) {
    return `Done: no pair is left. The total is ${two(total)}, ${best - total < 0.005 ? "as good as any" : `${two(best - total)} less than the best`}.`;
  }
  if (!step) return `All ${now.greedy.length - 2} pairs with a positive score wait in one list, best first.`;
  const pair = pairName(now, [step.row, step.column]);
  if (step.decision === "taken") return `${pair} has the best score left, ${two(step.score)}: taken.`;
  const used = step.decision === "row used" ? `${now.row} ${step.row}` : `${now.column} ${step.column}`;
  const by = seen.find((s) => s.decision === "taken" && (step.decision === "row used" ? s.row === step.row : s.column === step.column));
  return `${pair}, ${two(step.score)}: struck out, for ${used} is used already, in ${pairName(now, [by.row, by.column])}.`;
}

function hungarianWords(now) {
  const step = hungarianAt(now), counted = (those) => listed([...those].sort((a, b) => a - b));
  if (step.kind === "labels") {
    return `Every ${now.row}'s label u is its best score, every ${now.column}'s label v is 0. No pair scores more than its two labels together, `
      + `so no matching has more than their sum, ${two(step.bound)}.`;
  }
  if (step.kind === "done") return `Done: the total ${two(step.total)} is the sum of all labels, which no matching can exceed. It is the best.`;
  if (step.kind === "single") return `The label of ${now.row} ${step.root} is 0: it has nothing to gain and stays alone.`;
  if (step.kind === "relabel") {
    const risen = step.columns.length ? ` and v of ${now.column} ${counted(step.columns)} rises` : "";
    const until = step.pair ? `${pairName(now, step.pair)} is tight` : `u of ${now.row} ${step.gives_up} is 0: it loses nothing by staying alone`;
    return `No tight pair leads out of the tree. u of ${now.row} ${counted(step.rows)} falls${risen} by ${two(step.delta)}, until ${until}.`;
  }
  if (step.kind === "augment") {
    const [added, gone] = [0, 1].map((odd) => step.path.filter((_, k) => k % 2 === odd).map((pair) => pairName(now, pair)));
    const swap = gone.length ? `${listed(gone)} ${gone.length > 1 ? "go" : "goes"}, ${listed(added)} ${added.length > 1 ? "come" : "comes"}` : `${listed(added)} comes`;
    const giver = step.gives_up === null ? "" : ` ${now.row} ${step.gives_up} gives its ${now.column} up.`;
    return `Along the path, matched and unmatched pairs change places: ${swap}.${giver} The total is ${two(step.total)}.`;
  }
  if (!step.pair) return `${now.row} ${step.root} has no partner yet: it becomes the root of a tree of tight pairs.`;
  const partner = step.matching.find(([, j]) => j === step.pair[1]);
  if (!partner) return `${pairName(now, step.pair)} is tight and ${now.column} ${step.pair[1]} is free: the path from ${now.row} ${step.root} is found.`;
  return `${pairName(now, step.pair)} is tight, but that ${now.column} is matched with ${now.row} ${partner[0]}: both join the tree.`;
}

// ---- the matrix -------------------------------------------------------------------------------------------------

function fillTable(table, now, edit) {
  const [n, m] = sizeOf(now.scores), prices = { u: [], v: [] };
  const head = h("tr", {}, h("th", {}, ""), ...now.scores[0].map((_, j) => h("th", { scope: "col" }, h("span", { class: "paf-hidden" }, now.column), ` ${j}`)),
    h("th", { scope: "col" }, "u"));
  const cells = now.scores.map((line, i) => line.map((value, j) => {
    const input = h("input", { type: "number", min: -1, max: 1, step: 0.01, value, inputmode: "decimal", autocomplete: "off", oninput: () => edit(i, j, input) });
    return { input, cell: h("td", {}, input, h("b", { "aria-hidden": "true", hidden: true }, "G"), h("b", { "aria-hidden": "true", hidden: true }, "H")) };
  }));
  const price = (name, k) => { const cell = h("td", { class: "paf-price" }); prices[name][k] = cell; return cell; };
  const body = cells.map((line, i) => h("tr", {}, h("th", { scope: "row" }, h("span", { class: "paf-hidden" }, now.row), ` ${i}`),
    ...line.map(({ cell }) => cell), price("u", i)));
  const foot = h("tr", {}, h("th", { scope: "row" }, "v"), ...Array.from({ length: m }, (_, j) => price("v", j)), h("td", { class: "paf-price" }));
  table.replaceChildren(h("caption", { class: "paf-note", style: "caption-side: top; text-align: left; padding: 0" },
    `Score of every ${now.row} (${n} rows) with every ${now.column} (${m} columns)`), h("thead", {}, head), h("tbody", {}, ...body, foot));
  return { cells, prices };
}

function markCells(cells, prices, now, one, other) {
  const flag = (element, name, on) => { if (on) element.setAttribute(name, ""); else element.removeAttribute(name); };
  cells.forEach((line, i) => line.forEach(({ cell, input }, j) => {
    const is = same([i, j]), seen = one.seen.find((s) => is([s.row, s.column])), matched = other.matching.some(is), tight = other.tight.some(is);
    const taken = seen?.decision === "taken", [g, hung] = cell.querySelectorAll("b");
    g.hidden = !taken;
    hung.hidden = !matched;
    flag(cell, "data-none", now.scores[i][j] <= 0);
    flag(cell, "data-tight", tight);
    flag(cell, "data-greedy-now", one.step && is([one.step.row, one.step.column]));
    flag(cell, "data-hungarian-now", (other.pair && is(other.pair)) || (other.kind === "augment" && other.path.some(is)));
    const marks = [taken && "taken by greedy", seen && !taken && "struck out by greedy", matched && "matched by the Hungarian algorithm", tight && "tight"];
    input.setAttribute("aria-label", [`${now.row} ${i} with ${now.column} ${j}`, ...marks.filter(Boolean)].join(", "));
  }));
  for (const [name, tree] of [["u", other.rows], ["v", other.columns]]) {
    prices[name].forEach((cell, k) => { cell.textContent = two(other[name][k]); flag(cell, "data-in-tree", tree.includes(k)); });
  }
}

// ---- the graphs -------------------------------------------------------------------------------------------------

function panel(name, legend) {
  const side = { title: h("p", { class: "paf-title" }, name), report: status(), draw: () => {} };
  side.view = scene({ width: 350, height: HEIGHT, label: name, maxWidth: 460, fluid: true, draw: (...all) => side.draw(...all) });
  side.element = h("div", {}, side.title, side.view.element, keys(legend), side.report.element);
  return side;
}

/** Where the rows' squares and the columns' discs lie, and how to draw what joins them. */
function graph(context, colors, size, now) {
  const counts = sizeOf(now.scores), most = Math.max(...counts, 2), pitch = Math.min((HEIGHT - HEAD) / most, 96);
  const xs = [SIDE, size.width - SIDE];
  const place = (axis, k) => ({ x: xs[axis], y: HEAD + (HEIGHT - HEAD) / 2 + (k - (counts[axis] - 1) / 2) * pitch });
  const positive = now.scores.flatMap((row, i) => row.map((s, j) => [s, i, j])).filter(([s]) => s > 0).map(([, i, j]) => [i, j]);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, size.width, size.height);
  context.lineCap = "butt";
  const line = ([i, j], { color, width, dash = [] }) => {
    const a = place(0, i), b = place(1, j);
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
    Object.assign(context, { strokeStyle: color, lineWidth: width });
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  };
  const tag = ([i, j], text, share, color, bold = true, letters = 13) => {
    const a = place(0, i), b = place(1, j);
    writeText(context, text, a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share, { color, halo: colors.paper, align: "center", base: "middle", bold, size: letters });
  };
  const node = (axis, k, { fill, ring = 0, text = "", textColor = colors.ink }) => {
    const { x, y } = place(axis, k), shape = (grow) => {
      context.beginPath();
      if (axis === 0) context.rect(x - NODE + 1 - grow, y - NODE + 1 - grow, 2 * (NODE - 1 + grow), 2 * (NODE - 1 + grow));
      else context.arc(x, y, NODE + grow, 0, 2 * Math.PI);
    };
    context.fillStyle = fill || colors.paper;
    context.lineWidth = 1.5;
    context.strokeStyle = colors.ink;
    shape(0); context.fill(); context.stroke();
    context.strokeStyle = treeColor(colors);
    context.lineWidth = 2;
    for (let r = 1; r <= ring; r += 1) { shape(4 * r - 0.5); context.stroke(); }
    writeText(context, k, x, y + 0.5, { color: fill ? colors.paper : colors.ink, align: "center", base: "middle", bold: true });
    writeText(context, text, x + (axis ? 1 : -1) * (NODE + 10), y + 0.5, { color: textColor, align: axis ? "left" : "right", base: "middle" });
  };
  // Few scores are all written, side by side along their lines; of many, the taken ones beside their squares.
  const few = positive.length <= 6;
  const scores = (color) => { if (few) for (const [i, j] of positive) tag([i, j], two(now.scores[i][j]), 0.2 + (0.5 * j) / Math.max(counts[1] - 1, 1), color, false); };
  const heads = (left, right) => {
    writeText(context, left, 2, 14, { color: colors.muted });
    writeText(context, right, size.width - 2, 14, { color: colors.muted, align: "right" });
  };
  return { counts, line, tag, node, heads, positive, few, scores };
}

function drawGreedy(context, colors, scale, size, now) {
  const frame = greedyAt(now), { counts, line, tag, node, heads, positive, few, scores } = graph(context, colors, size, now);
  const seen = (pair) => frame.seen.find((s) => same(pair)([s.row, s.column]));
  for (const pair of positive) if (!seen(pair) && !frame.done) line(pair, { color: colors.muted, width: 1.3, dash: [6, 4] });
  for (const pair of positive) if (seen(pair) && seen(pair).decision !== "taken") line(pair, { color: colors.muted, width: 1.3, dash: [1.5, 4] });
  const current = frame.step && [frame.step.row, frame.step.column];
  if (current) line(current, { color: `${colors.warm}55`, width: 13 });
  const taken = frame.seen.filter((s) => s.decision === "taken");
  for (const s of taken) line([s.row, s.column], { color: colors.warm, width: 4 });
  scores(colors.ink);
  if (current && !few) tag(current, two(frame.step.score), 0.5, colors.ink);
  if (current && frame.step.decision !== "taken") tag(current, "✕", few ? 0.5 : 0.36, colors.warm);
  counts.forEach((count, axis) => {
    for (let k = 0; k < count; k += 1) {
      const mine = taken.find((s) => (axis ? s.column : s.row) === k);
      node(axis, k, { fill: mine && colors.warm, text: mine && axis === 0 && !few ? two(mine.score) : "" });
    }
  });
  heads(now.row, now.column);
}

function drawHungarian(context, colors, scale, size, now) {
  const step = hungarianAt(now), { counts, line, tag, node, heads, positive, scores } = graph(context, colors, size, now), tree = treePairs(now);
  const matched = (pair) => step.matching.some(same(pair));
  for (const pair of positive) if (!step.tight.some(same(pair))) line(pair, { color: colors.muted, width: 1.1, dash: [1.5, 4] });
  for (const pair of step.path) line(pair, { color: `${colors.warm}66`, width: 15 });
  if (step.kind === "relabel" && step.pair) line(step.pair, { color: `${colors.warm}66`, width: 15 });
  for (const pair of step.tight) if (!matched(pair) && !tree.some(same(pair))) line(pair, { color: colors.accent, width: 2, dash: [6, 4] });
  for (const pair of step.matching) line(pair, { color: colors.accent, width: 4 });
  if (step.kind !== "augment") for (const pair of tree) line(pair, { color: treeColor(colors), width: 3.5, dash: [9, 4] });
  if (!step.path.length) scores(colors.ink);
  // On the path, + for what comes and − for what goes.
  step.path.forEach((pair, k) => tag(pair, k % 2 ? "−" : "+", k % 2 ? 0.72 : 0.28, colors.ink, true, 18));
  const used = [new Set(step.matching.map(([i]) => i)), new Set(step.matching.map(([, j]) => j))];
  counts.forEach((count, axis) => {
    const within = step.root === null ? [] : axis ? step.columns : step.rows;
    for (let k = 0; k < count; k += 1) {
      node(axis, k, { fill: used[axis].has(k) && colors.accent, ring: within.includes(k) ? (axis === 0 && k === step.root ? 2 : 1) : 0,
        text: two(axis ? step.v[k] : step.u[k]), textColor: colors.ink });
    }
  });
  heads(`u, ${now.row}`, `${now.column}, v`);
}
