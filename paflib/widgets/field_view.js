// How the labs show an affinity field: direction as colour with strength as opacity, arrows upon it, and the wheel that explains both.
import { arrow, directionColor, drawCells, scene, writeText } from "./ui.js";

const DARK = "#16181d", LIGHT = "#ffffff";

/** A field {x, y} over the whole scene; the context is in pixels of the image, pixel (0, 0) at scene (0.5, 0.5). */
export function paintField(context, { rows, columns, stride }, field, colors) {
  const origin = (stride - 1) / 2, width = columns * stride, height = rows * stride;
  context.fillStyle = colors.ground;
  context.fillRect(-0.5, -0.5, width, height);
  drawCells(context, { rows, columns, x: -0.5, y: -0.5, width, height, color: (r, c) => {
    const [vx, vy] = [field.x[r * columns + c], field.y[r * columns + c]];
    return vx || vy ? [...directionColor(vx, vy), 255 * Math.min(Math.hypot(vx, vy), 1)] : [0, 0, 0, 0];
  } });
  context.lineWidth = 0.12 * stride;
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) {
      const [vx, vy] = [field.x[r * columns + c], field.y[r * columns + c]], length = Math.hypot(vx, vy);
      if (length < 0.02) continue;
      context.strokeStyle = colors.dark && length < 0.55 ? LIGHT : DARK; // on a weak cell the ground shines through
      const k = 0.85 * stride;
      arrow(context, stride * c + origin - (k * vx) / 2, stride * r + origin - (k * vy) / 2, k * vx, k * vy, 0.36 * stride);
    }
  }
}

/** The outline of where a limb from a to b leaves its mark: the cells whose centres lie inside. */
export function outlineLimb(context, { a, b }, width, scale, color) {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (!length) return;
  const nx = (-(b.y - a.y) / length) * width, ny = ((b.x - a.x) / length) * width;
  context.beginPath();
  context.moveTo(a.x + nx, a.y + ny);
  for (const [x, y] of [[b.x + nx, b.y + ny], [b.x - nx, b.y - ny], [a.x - nx, a.y - ny]]) context.lineTo(x, y);
  context.closePath();
  context.setLineDash([5 / scale, 3 / scale]);
  context.lineWidth = 1.5 / scale;
  context.strokeStyle = color;
  context.stroke();
  context.setLineDash([]);
}

/** Write the number of a limb beyond both of its ends. */
export function numberLimb(context, { a, b }, text, scale, { columns, rows, stride }) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1, far = 20 / scale, margin = 9 / scale;
  const clamp = (v, size) => Math.min(Math.max(v, margin), size - margin);
  for (const [p, sign] of [[a, -far / length], [b, far / length]]) {
    writeText(context, text, clamp(p.x + sign * (b.x - a.x), columns * stride), clamp(p.y + sign * (b.y - a.y), rows * stride),
      { scale, size: 14, color: LIGHT, halo: DARK, align: "center", base: "middle", bold: true });
  }
}

/** The legend: what a vector that points from the middle outwards looks like. */
export function directionWheel() {
  const size = 96, middle = size / 2, radius = 30;
  return scene({ width: size, height: size, maxWidth: size, label: "Legend: every direction has a colour of its own; x grows to the right, y downwards.",
    draw(context, colors) {
      context.clearRect(0, 0, size, size);
      context.save();
      context.beginPath();
      context.arc(middle, middle, radius, 0, 2 * Math.PI);
      context.fillStyle = colors.ground;
      context.fill();
      context.clip();
      const cells = 60, at = (k) => (2 * (k + 0.5)) / cells - 1;
      drawCells(context, { rows: cells, columns: cells, x: middle - radius, y: middle - radius, width: 2 * radius, height: 2 * radius, smooth: true,
        color: (r, c) => [...directionColor(at(c), at(r)), 255 * Math.min(Math.hypot(at(c), at(r)), 1)] });
      context.restore();
      for (const [color, wide] of [[LIGHT, 4.5], [DARK, 2]]) {
        context.strokeStyle = color;
        context.lineWidth = wide;
        arrow(context, middle, middle, radius - 3, 0, 7);
        arrow(context, middle, middle, 0, radius - 3, 7);
      }
      writeText(context, "x", middle + radius + 5, middle, { color: colors.ink, base: "middle" });
      writeText(context, "y", middle, middle + radius + 2, { color: colors.ink, align: "center", base: "top" });
    } });
}

const WAYS = ["right", "right and down", "down", "left and down", "left", "left and up", "up", "right and up"];

/** The direction from a to b in words. */
export const wayOf = ({ a, b }) => WAYS[(Math.round((4 * Math.atan2(b.y - a.y, b.x - a.x)) / Math.PI) + 8) % 8];
