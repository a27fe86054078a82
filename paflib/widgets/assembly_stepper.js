// AssemblyStepper: the sorted parser's decisions over a photograph, forwards and back; each says its rule.
import { assembleSorted, assemblyOrder, keepsPerson } from "./math_assembly.js";
import { choice, fromState, h, keys, scene, status, stepper, toggle, writeText } from "./ui.js";

const STYLE = `
.paf-assembly .paf-beside-photo { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: stretch; }
.paf-assembly .paf-photo { flex: 1 1 20rem; min-width: 0; }
.paf-assembly .paf-list { flex: 1 1 16rem; min-width: 0; display: flex; flex-direction: column; }
.paf-assembly ol { position: relative; flex: 1 1 11rem; height: 11rem; min-height: 11rem; margin: 0.3rem 0; padding: 0; overflow-y: auto; list-style: none;
  border: 1px solid var(--paf-line); border-radius: 0.35rem; }
.paf-assembly li { margin: 0; padding: 0.25rem 0.5rem 0.25rem 1.9rem; position: relative; cursor: pointer; font-size: 0.93em; line-height: 1.35; }
.paf-assembly li::before { content: attr(data-sign); position: absolute; left: 0.55rem; font-weight: 600; }
.paf-assembly li + li { border-top: 1px solid var(--paf-line); }
.paf-assembly li[data-later] { color: var(--paf-muted); }
.paf-assembly li[data-later]::before { visibility: hidden; }
.paf-assembly li[data-later] span { display: none; }
.paf-assembly li[aria-selected="true"] { font-weight: 600; box-shadow: inset 5px 0 0 var(--paf-accent); outline: 1px solid var(--paf-accent); outline-offset: -1px; }
.paf-assembly li:focus-visible { outline: 3px solid var(--paf-accent); outline-offset: -3px; }
.paf-assembly .paf-status { min-height: 4.4em; }
.paf-assembly .paf-stepper { flex-wrap: nowrap; max-width: 30rem; margin: 0 auto; }
.paf-assembly .paf-stepper .paf-control { flex: 1; min-width: 0; }
.paf-assembly .paf-stepper input[type="range"] { flex: 1; min-width: 3rem; }
.paf-assembly .paf-stepper output { min-width: 4.3em; }
.paf-assembly .paf-stepper label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 480px) { .paf-assembly ol { height: 9rem; min-height: 9rem; flex-basis: 9rem; } }
`;
// Light enough for a darkened photograph; with the dashes no two people in sight are drawn alike.
const PEOPLE = ["#e69f00", "#56b4e9", "#1fc698", "#f0e442", "#ff7f32", "#eb9ac9"];
const DASHES = [[], [9, 4], [3, 3], [11, 3, 3, 3]];
const SIGNS = { new: "+", extended: "→", merged: "∪", confirmed: "✓", occupied: "✕", contradiction: "✕" };
const RIM = "#101216", WHITE = "#ffffff";

export function render(context) {
  return fromState(context, (state, save) => build(context.el, state, save));
}
export default { render };

function build(el, state, save) {
  const { peaks, limbs, redundant, width, height } = state;
  const now = { state, k: 0, redundant: state.useRedundant ?? true, contradiction: state.contradiction };
  const report = status(), list = h("ol", { role: "listbox", "aria-label": "Decisions, best pair first" });
  const photo = new Image();
  let walk;

  const view = scene({ width, height, label: "", maxWidth: Math.max(width, 360),
    draw: (context, colors, scale) => draw(context, scale, photo, now) });
  photo.addEventListener("load", view.redraw);
  photo.src = state.photo;

  const solve = () => {
    const used = state.connections.filter(({ limb }) => now.redundant || !redundant.includes(limb));
    now.ordered = assemblyOrder(peaks, used, state.peakWeight);
    now.trace = assembleSorted(peaks, now.ordered, limbs, now).trace;
    fillList(list, now);
    return now.ordered.length + 2; // before the first decision, and after the last the fragments are dropped
  };
  const show = (k) => {
    now.k = k;
    now.done = k > now.ordered.length;
    now.world = assembleSorted(peaks, now.ordered, limbs, { contradiction: now.contradiction, upTo: k });
    const words = inWords(now), text = words[0].toUpperCase() + words.slice(1);
    report.say(text);
    view.label(`The photograph with ${peaks.length} peaks and the people so far. ${text}`);
    view.redraw();
    markList(list, now);
  };
  const change = (what) => {
    const atEnd = now.done;
    Object.assign(now, what);
    const count = solve();
    walk.stop();
    walk.resize(count);
    walk.go(atEnd ? count - 1 : Math.min(now.k, count - 1));
    save({ useRedundant: now.redundant, contradiction: now.contradiction });
  };
  const goTo = (index, focus) => {
    walk.stop();
    walk.go(index + 1);
    if (focus) list.children[index].focus();
  };
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) goTo([...list.children].indexOf(item), false);
  });
  list.addEventListener("keydown", (event) => {
    const at = [...list.children].indexOf(document.activeElement), last = list.children.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    goTo(Math.min(Math.max(to, 0), last), true);
  });

  const count = solve();
  walk = stepper({ count, label: "decision", onStep: show, inView: () => view.visible,
    format: (k) => (k > now.ordered.length ? "end" : `${k} of ${now.ordered.length}`) });
  const extra = state.connections.some(({ limb }) => redundant.includes(limb));
  el.append(h("div", { class: "paf-root paf-assembly" }, h("style", {}, STYLE),
    h("div", { class: "paf-beside-photo" },
      h("div", { class: "paf-photo", style: width > height ? "flex-basis: 100%" : "" }, view.element, walk.element),
      h("div", { class: "paf-list" }, report.element, list,
        keys([["thick", "this pair"], ["ring", "unused peak"], ["disc", "used"]]),
        ...(extra ? [toggle({ label: "redundant limbs", value: now.redundant, onChange: (on) => change({ redundant: on }) }).element] : []),
        choice({ label: "A pair between two people", options: [["merge", "merges them"], ["ignore", "is ignored"]], value: now.contradiction,
          onChange: (v) => change({ contradiction: v }) }).element))));
  show(0);
}

// ---- words ------------------------------------------------------------------------------------------------------

const limbName = ({ state: { parts, limbs } }, limb) => limbs[limb].map((part) => parts[part]).join(" – ");
const countOf = (n, noun, plural = `${noun}s`) => `${n} ${n === 1 ? noun : plural}`;

/** What a decision does, as it stands in the list. */
function shortRule({ rule, person, other }) {
  return { new: `begins person ${person}`, extended: `extends person ${person}`, confirmed: `confirms person ${person}`,
    merged: `merges persons ${person} and ${other}`, occupied: `ignored: person ${person} has one`,
    contradiction: `ignored: persons ${person} and ${other}` }[rule];
}

/** The same with its reason; before: the people as they were. */
function longRule(step, now, before) {
  const { rule, person, other, limb, a, b } = step, { parts, limbs } = now.state, [start, end] = limbs[limb];
  if (rule === "new") return `nobody owns either end: it begins person ${person}`;
  if (rule === "extended") return `it extends person ${person} by the ${parts[before.owner.has(a) ? end : start]}`;
  if (rule === "confirmed") return `both ends are person ${person}'s already: it confirms them`;
  if (rule === "merged") return `its ends belong to persons ${person} and ${other}, who share no part: they become person ${person}`;
  if (rule === "occupied") return `ignored, for person ${person} has a ${parts[before.owner.has(a) ? end : start]} already`;
  const both = [...before.owner.get(a).parts.keys()].filter((part) => before.owner.get(b).parts.has(part)).map((part) => parts[part]);
  if (both.length) return `a contradiction, ignored: persons ${person} and ${other} both have a ${both[0]}`;
  return `its ends belong to persons ${person} and ${other}: ignored, as the paper's sentence has it`;
}

function inWords(now) {
  const { world, ordered, state, k, done } = now, people = world.people.filter((p) => p.parts.size);
  if (done) {
    const kept = people.filter((p) => keepsPerson(p, state)), sizes = kept.map((p) => p.parts.size).join(", ");
    const dropped = people.length - kept.length, few = `fewer than ${state.minParts} parts, or less than ${state.minScore} of score a part`;
    return `The end: ${countOf(kept.length, "person is", "people are")} kept${kept.length ? `, with ${sizes} parts` : ""}; `
      + `${countOf(dropped, "fragment")} with ${few} ${dropped === 1 ? "is" : "are"} dropped.`;
  }
  if (k === 0) return `${countOf(state.peaks.length, "peak")} and ${countOf(ordered.length, "possible limb")}, best first. Nobody owns anything yet.`;
  const step = world.trace.at(-1), before = assembleSorted(state.peaks, ordered, state.limbs, { contradiction: now.contradiction, upTo: k - 1 });
  const kind = state.redundant.includes(step.limb) ? " (a redundant limb)" : "";
  return `${limbName(now, step.limb)}${kind}, E = ${step.score.toFixed(2)}: ${longRule(step, now, before)}. `
    + `So far ${countOf(people.length, "person", "people")} with ${world.owner.size} of ${countOf(state.peaks.length, "peak")}.`;
}

// ---- the list ---------------------------------------------------------------------------------------------------

function fillList(list, now) {
  list.replaceChildren(...now.trace.map((step) => h("li", { role: "option", tabindex: -1, "data-rule": step.rule, "data-sign": SIGNS[step.rule] },
    `${step.score.toFixed(2)} ${limbName(now, step.limb)}`, h("span", {}, `: ${shortRule(step)}`))));
}

function markList(list, now) {
  [...list.children].forEach((item, index) => {
    const current = index === now.k - 1;
    item.setAttribute("aria-selected", String(current));
    item.tabIndex = current || (index === 0 && (now.k === 0 || now.done)) ? 0 : -1;
    item.toggleAttribute("data-later", index >= now.k);
    if (current) { // scrolls the list and never the page
      const low = item.offsetTop + item.offsetHeight - list.clientHeight;
      list.scrollTop = Math.min(Math.max(list.scrollTop, low + 24), Math.max(item.offsetTop - 24, 0));
    }
  });
  if (now.k === 0) list.scrollTop = 0;
  if (now.done) list.scrollTop = list.scrollHeight;
}

// ---- the photograph ---------------------------------------------------------------------------------------------

const looks = (number) => ({ color: PEOPLE[number % PEOPLE.length], dash: DASHES[number % DASHES.length] });

function draw(context, scale, photo, now) {
  const { state: { peaks, width, height, redundant }, world, done } = now, px = 1 / scale; // a CSS pixel
  context.fillStyle = RIM;
  context.fillRect(0, 0, width, height);
  if (photo.complete && photo.naturalWidth) context.drawImage(photo, 0, 0, width, height);
  const kept = (person) => !done || keepsPerson(person, now.state);
  context.lineCap = "butt";
  const stroke = (a, b, color, thick, dash = []) => {
    context.beginPath();
    context.moveTo(peaks[a].x, peaks[a].y);
    context.lineTo(peaks[b].x, peaks[b].y);
    Object.assign(context, { strokeStyle: color, lineWidth: thick * px });
    context.setLineDash(dash.map((d) => d * px));
    context.stroke();
    context.setLineDash([]);
  };
  const disc = ({ x, y }, radius, fill, rim, thick = 1.5) => {
    context.beginPath();
    context.arc(x, y, radius * px, 0, 2 * Math.PI);
    if (fill) { context.fillStyle = fill; context.fill(); }
    Object.assign(context, { strokeStyle: rim, lineWidth: thick * px });
    context.stroke();
  };
  const accepted = world.trace.filter(({ rule }) => rule !== "occupied" && rule !== "contradiction");
  for (const { a, b, limb } of accepted) {
    const person = world.owner.get(a);
    if (!kept(person)) continue;
    const { color, dash } = looks(person.number), thick = redundant.includes(limb) ? 2 : 4;
    stroke(a, b, RIM, thick + 2.5);
    stroke(a, b, color, thick, dash);
  }
  peaks.forEach((peak, index) => {
    const person = world.owner.get(index);
    if (person && kept(person)) disc(peak, 4.5, looks(person.number).color, RIM);
    else { disc(peak, 3.5, null, RIM, 3.5); disc(peak, 3.5, null, done ? "#9aa0aa" : WHITE, 1.5); }
  });
  const step = done ? null : world.trace.at(-1);
  if (step) drawCurrent(context, step, peaks, px, stroke, disc);
  for (const person of world.people) if (person.parts.size && kept(person)) drawNumber(context, person, peaks, scale, width, height);
}

/** The pair that was decided last: a white line with an arrowhead, dashed when it was ignored, both ends ringed. */
function drawCurrent(context, { a, b, rule }, peaks, px, stroke, disc) {
  const ignored = rule === "occupied" || rule === "contradiction", [p, q] = [peaks[a], peaks[b]];
  stroke(a, b, RIM, 8);
  stroke(a, b, WHITE, 4.5, ignored ? [4, 4] : []);
  for (const end of [p, q]) { disc(end, 8, null, RIM, 5); disc(end, 8, null, WHITE, 2.5); }
  if (!ignored) return;
  const [x, y] = [(p.x + q.x) / 2, (p.y + q.y) / 2], arm = 7 * px; // a cross as well: the dashes of a short pair cannot be seen
  for (const [color, thick] of [[RIM, 6], [WHITE, 3]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: thick * px });
    context.beginPath();
    context.moveTo(x - arm, y - arm); context.lineTo(x + arm, y + arm); context.moveTo(x - arm, y + arm); context.lineTo(x + arm, y - arm);
    context.stroke();
  }
}

/** A person's number above their highest part. */
function drawNumber(context, person, peaks, scale, width, height) {
  const top = [...person.parts.values()].map((k) => peaks[k]).reduce((high, p) => (p.y < high.y ? p : high)), px = 1 / scale;
  const x = Math.min(Math.max(top.x, 12 * px), width - 12 * px), y = Math.min(Math.max(top.y - 20 * px, 11 * px), height - 11 * px);
  context.beginPath();
  context.roundRect(x - 11 * px, y - 10 * px, 22 * px, 20 * px, 5 * px);
  context.fillStyle = RIM;
  context.fill();
  Object.assign(context, { strokeStyle: looks(person.number).color, lineWidth: 2 * px });
  context.stroke();
  writeText(context, String(person.number), x, y + 0.5 * px, { scale, color: WHITE, align: "center", base: "middle", bold: true });
}
