// The mathematics of fields, as paflib.fields and paflib.parser have it; held equal to them by tests/widgets.
// Maps are Float64Array, row by row; points are {x, y} in pixels; a grid is {stride, origin}: cell g lies at stride * g + origin.

/** One part's confidence map: points of several people, Eq. 7 and 8. reduce: "max", "average" or "sum". */
export function confidenceMap(points, rows, columns, { stride, origin }, sigma, reduce = "max") {
  const map = new Float64Array(rows * columns);
  for (const { x, y } of points) {
    const along = Float64Array.from({ length: columns }, (_, c) => Math.exp(-(((stride * c + origin - x) / sigma) ** 2)));
    for (let r = 0; r < rows; r += 1) {
      const high = Math.exp(-(((stride * r + origin - y) / sigma) ** 2));
      for (let c = 0; c < columns; c += 1) {
        const value = high * along[c], k = r * columns + c;
        map[k] = reduce === "max" ? Math.max(map[k], value) : map[k] + value;
      }
    }
  }
  if (reduce === "average") for (let k = 0; k < map.length; k += 1) map[k] /= Math.max(points.length, 1);
  if (reduce === "sum") for (let k = 0; k < map.length; k += 1) map[k] = Math.min(map[k], 1);
  return map;
}

/** What the same people's map would hold at one pixel, between the cells too: Eq. 8 itself, before any grid. */
export function confidenceAt(points, x, y, sigma, reduce = "max") {
  const values = points.map((p) => Math.exp(-((p.x - x) ** 2 + (p.y - y) ** 2) / sigma ** 2));
  const sum = values.reduce((total, v) => total + v, 0);
  if (reduce === "max") return Math.max(0, ...values);
  return reduce === "average" ? sum / Math.max(points.length, 1) : Math.min(sum, 1);
}

/**
 * One limb's field: limbs [{a, b}] of several people, Eq. 9 and 10; width: the half width sigma_l.
 * overlap: "average" or "last". Returns {x, y, count} maps; count: how many limbs cover each cell.
 */
export function affinityField(limbs, rows, columns, { stride, origin }, width, overlap = "average") {
  const x = new Float64Array(rows * columns), y = new Float64Array(rows * columns), count = new Float64Array(rows * columns);
  for (const { a, b } of limbs) {
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length === 0) continue;
    const vx = (b.x - a.x) / length, vy = (b.y - a.y) / length;
    for (let r = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1) {
        const dx = stride * c + origin - a.x, dy = stride * r + origin - a.y, along = vx * dx + vy * dy;
        if (along < 0 || along > length || Math.abs(-vy * dx + vx * dy) > width) continue;
        const k = r * columns + c;
        count[k] += 1;
        if (overlap === "last") { x[k] = vx; y[k] = vy; } else { x[k] += vx; y[k] += vy; }
      }
    }
  }
  if (overlap === "average") {
    for (let k = 0; k < x.length; k += 1) { x[k] /= Math.max(count[k], 1); y[k] /= Math.max(count[k], 1); }
  }
  return { x, y, count };
}

/** Peaks of a map: [{x, y, score, column, row}], x and y in cells, refined by the parabola through logarithms. */
export function findPeaks(map, rows, columns, threshold = 0.05) {
  const at = (r, c) => (r < 0 || c < 0 || r >= rows || c >= columns ? -Infinity : map[r * columns + c]);
  const peaks = [];
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) {
      const value = at(r, c);
      if (!(value > threshold)) continue;
      const before = [at(r - 1, c - 1), at(r - 1, c), at(r - 1, c + 1), at(r, c - 1)];
      const after = [at(r, c + 1), at(r + 1, c - 1), at(r + 1, c), at(r + 1, c + 1)];
      if (before.some((v) => v >= value) || after.some((v) => v > value)) continue;
      const along = vertex(c, columns, value, (k) => at(r, k)), down = vertex(r, rows, value, (k) => at(k, c));
      const gain = Math.min(Math.max(along.gain + down.gain, 0), Math.LN2);
      peaks.push({ x: c + along.shift, y: r + down.shift, score: value * Math.exp(gain), column: c, row: r });
    }
  }
  return peaks;
}

function vertex(at, size, peak, read) {
  if (size < 3) return { shift: 0, gain: 0 };
  const middle = Math.min(Math.max(at, 1), size - 2);
  const [low, mid, high] = [-1, 0, 1].map((k) => Math.log(Math.max(read(middle + k), 1e-4 * peak) / peak));
  const slope = (high - low) / 2, bend = low - 2 * mid + high;
  if (bend >= -1e-12) return { shift: 0, gain: 0 };
  const shift = Math.min(Math.max(middle - slope / bend - at, -0.5), 0.5), t = at + shift - middle;
  return { shift, gain: mid + slope * t + (bend * t * t) / 2 };
}

/** A map read between its cells, bilinear, the border repeated; x and y in cells. */
export function sampleMap(map, rows, columns, x, y) {
  const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
  const at = (r, c) => map[Math.min(Math.max(r, 0), rows - 1) * columns + Math.min(Math.max(c, 0), columns - 1)];
  return (at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx) * (1 - fy) + (at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx) * fy;
}

/** E of a candidate limb from a to b (cells), Eq. 11 and 12: {E, samples: [{x, y, vx, vy, dot}], length}. */
export function lineIntegral(field, rows, columns, a, b, count = 10) {
  const length = Math.hypot(b.x - a.x, b.y - a.y), ux = (b.x - a.x) / Math.max(length, 1e-9), uy = (b.y - a.y) / Math.max(length, 1e-9);
  const samples = Array.from({ length: count }, (_, k) => {
    const t = k / (count - 1), x = a.x * (1 - t) + b.x * t, y = a.y * (1 - t) + b.y * t;
    const vx = sampleMap(field.x, rows, columns, x, y), vy = sampleMap(field.y, rows, columns, x, y);
    return { x, y, vx, vy, dot: vx * ux + vy * uy };
  });
  return { E: samples.reduce((sum, s) => sum + s.dot, 0) / count, samples, length };
}

/** Whether the parser keeps a candidate: {passed, good}; enough samples above the threshold, E positive, and a length. */
export function judge({ E, samples, length }, { threshold = 0.05, support = 0.8 } = {}) {
  const passed = samples.filter((s) => s.dot > threshold).length;
  return { passed, good: passed / samples.length >= support - 1e-9 && E > 1e-6 && 8 * length > 1e-6 };
}
