// Matching told step by step, as paflib.parser.greedy's trace and hungarian_steps have it; held equal by tests/widgets.
// scores is an array of rows; pairs are [row, column]; the rules for ties are those of the Python functions.

/** Every positive pair, best first (of equal ones the smaller row, then the smaller column), and what became of it. */
export function greedySteps(scores) {
  const order = [];
  scores.forEach((line, row) => line.forEach((score, column) => { if (score > 0) order.push({ row, column, score }); }));
  order.sort((p, q) => q.score - p.score || p.row - q.row || p.column - q.column);
  const rows = new Set(), columns = new Set();
  return order.map(({ row, column, score }) => {
    const decision = rows.has(row) ? "row used" : columns.has(column) ? "column used" : "taken";
    if (decision === "taken") { rows.add(row); columns.add(column); }
    return { step: "match", row, column, score, decision };
  });
}

const MATCHING_ROUNDING = 1e-9; // how far a score may lie from its labels' sum and count as tight, in units of the largest score
const byNumber = (a, b) => a - b;
const sumOf = (values) => values.reduce((total, value) => total + value, 0);

/** Kuhn's and Munkres's algorithm: [{kind, root, pair, u, v, bound, tight, rows, columns, delta, path, gives_up, matching, total}]. */
export function hungarianSteps(scores) {
  const n = scores.length, m = n ? scores[0].length : 0;
  const u = scores.map((row) => Math.max(0, ...row)), v = new Array(m).fill(0);
  const near = MATCHING_ROUNDING * Math.max(1, ...u);
  const rowOf = new Map(), columnOf = new Map(), steps = [];
  let root = null, rows = [], parent = new Map(); // parent: the tree's row from which a column was reached

  const slack = (i, j) => u[i] + v[j] - scores[i][j];
  const pairs = (those, test) => those.flatMap((i) => v.map((_, j) => [i, j]).filter(([, j]) => scores[i][j] > 0 && test(i, j)));
  const leaving = () => pairs([...rows].sort(byNumber), (_, j) => !parent.has(j));
  const nextTight = () => {
    const found = leaving().filter(([i, j]) => slack(i, j) <= near);
    return found.find(([, j]) => !rowOf.has(j)) ?? found[0] ?? null;
  };
  const giver = () => [...rows].sort(byNumber).find((i) => u[i] <= near) ?? null;
  const pathTo = (j) => {
    const path = [[parent.get(j), j]];
    while (path[0][0] !== root) {
      const i = path[0][0], column = columnOf.get(i);
      path.unshift([parent.get(column), column], [i, column]);
    }
    return path;
  };
  const tell = (kind, { pair = null, delta = null, path = [], givesUp = null } = {}) => {
    const matching = [...columnOf].sort(([i], [k]) => i - k);
    steps.push({ kind, root, pair, u: [...u], v: [...v], bound: sumOf(u) + sumOf(v),
      tight: pairs(u.map((_, i) => i), (i, j) => slack(i, j) <= near), rows: [...rows], columns: [...parent.keys()],
      delta, path, gives_up: givesUp, matching, total: sumOf(matching.map(([i, j]) => scores[i][j])) });
  };
  const augment = (path, givesUp) => {
    path.forEach(([i], k) => { if (k % 2 === 1) columnOf.delete(i); });
    path.forEach(([i, j], k) => { if (k % 2 === 0) { columnOf.set(i, j); rowOf.set(j, i); } });
    tell("augment", { path, givesUp });
  };
  const finished = () => {
    const free = [...parent.keys()].find((j) => !rowOf.has(j));
    if (free !== undefined) { augment(pathTo(free), null); return true; }
    const row = giver();
    if (row === null || nextTight() !== null) return false;
    if (row === root) tell("single");
    else augment([...pathTo(columnOf.get(row)), [row, columnOf.get(row)]], row);
    return true;
  };
  const grow = () => {
    const pair = nextTight();
    if (pair === null) return false;
    const [i, j] = pair;
    parent.set(j, i);
    if (rowOf.has(j)) rows.push(rowOf.get(j));
    tell("tree", { pair, path: rowOf.has(j) ? [] : pathTo(j) });
    return true;
  };
  const relabel = () => {
    const delta = Math.min(...leaving().map(([i, j]) => slack(i, j)), ...rows.map((i) => u[i]));
    for (const i of rows) u[i] -= delta;
    for (const j of parent.keys()) v[j] += delta;
    const pair = nextTight();
    tell("relabel", { pair, delta, givesUp: pair ? null : giver() });
  };

  tell("labels");
  for (let row = 0; row < n; row += 1) {
    root = row; rows = [row]; parent = new Map();
    tell("tree");
    while (!finished()) if (!grow()) relabel();
  }
  root = null; rows = []; parent = new Map();
  tell("done");
  return steps;
}
