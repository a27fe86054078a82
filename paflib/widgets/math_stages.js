// The mathematics of the StageExplorer: where cells lie, how maps of stages are read and compared. No DOM; held equal to
// the package by tests/widgets/test_parity_stages.py. A grid is {stride: [x, y], origin: [x, y]} in pixels of the image.
import { findPeaks, lineIntegral, sampleMap } from "./math_fields.js";

/** Cell coordinates as pixels: cell g lies at stride * g + origin. */
export const toPixels = ({ stride, origin }, x, y) => [stride[0] * x + origin[0], stride[1] * y + origin[1]];

/** Pixels as cell coordinates. */
export const toCells = ({ stride, origin }, x, y) => [(x - origin[0]) / stride[0], (y - origin[1]) / stride[1]];

/**
 * The square that one cell stands for, [left, top, width, height], where the image's own top left corner is (0, 0): there
 * the centre of the first pixel is (0.5, 0.5), and in the coordinates of points it is (0, 0).
 */
export function cellBox(grid, row, column) {
  const [x, y] = toPixels(grid, column - 0.5, row - 0.5);
  return [x + 0.5, y + 0.5, grid.stride[0], grid.stride[1]];
}

/** The value of the cell in which a point (in cells) lies; half rounds up, and the border is repeated. */
export function nearestCell(map, rows, columns, x, y) {
  const c = Math.min(Math.max(Math.floor(x + 0.5), 0), columns - 1), r = Math.min(Math.max(Math.floor(y + 0.5), 0), rows - 1);
  return map[r * columns + c];
}

/** Maps (stages, rows, columns) in one row of numbers, cut into one map a stage. */
export function perStage(values, [stages, rows, columns]) {
  return Array.from({ length: stages }, (_, t) => values.subarray(t * rows * columns, (t + 1) * rows * columns));
}

/** Fields (stages, 2, rows, columns) in one row of numbers, cut into {x, y} a stage. */
export function fieldPerStage(values, [stages, , rows, columns]) {
  const size = rows * columns;
  return Array.from({ length: stages }, (_, t) => (
    { x: values.subarray(2 * t * size, (2 * t + 1) * size), y: values.subarray((2 * t + 1) * size, (2 * t + 2) * size) }));
}

/** How long the vectors of a field are. */
export const lengths = ({ x, y }) => Float64Array.from(x, (v, k) => Math.hypot(v, y[k]));

/** What a map gained (above 0) or lost (below 0) since the map before it. */
export const gained = (now, before) => Float64Array.from(now, (v, k) => v - before[k]);

/** The value of each of several maps at one pixel, between the cells bilinear. */
export function mapProfile(maps, rows, columns, grid, [px, py]) {
  const [x, y] = toCells(grid, px, py);
  return maps.map((map) => sampleMap(map, rows, columns, x, y));
}

/** The line integral E along one pair of pixels in each of several fields. */
export function pairProfile(fields, rows, columns, grid, [[ax, ay], [bx, by]]) {
  const [a, b] = [toCells(grid, ax, ay), toCells(grid, bx, by)].map(([x, y]) => ({ x, y }));
  return fields.map((field) => lineIntegral(field, rows, columns, a, b).E);
}

/** Peaks of a map with their places in pixels, best first: [{x, y, score}]. */
export function peaksInPixels(map, rows, columns, grid, threshold = 0.05) {
  return findPeaks(map, rows, columns, threshold)
    .map((p) => { const [x, y] = toPixels(grid, p.x, p.y); return { x, y, score: p.score }; })
    .sort((p, q) => q.score - p.score);
}
