// @ts-check
/** @import { Point, Rings } from "../types.js" */
/** @import { Patch } from "./bitmap.js" */

/**
 * Scan conversion by columns: a pixel is set when its centre lies inside the figure.
 * @typedef {"round" | "square"} Nib
 */

const HAIR = 1e-9;

/**
 * The point at which a nib of `size` pixels covers whole pixels: a pixel's centre for odd sizes, a corner for even ones.
 * @param {Point} point
 * @param {number} size
 * @returns {Point}
 */
export function snap(point, size) {
  const place = size % 2 ? (/** @type {number} */ value) => Math.floor(value) + 0.5 : Math.round;
  return { x: place(point.x), y: place(point.y) };
}

/**
 * Sweeps a nib from one snapped point to another.
 * @param {Patch} patch
 * @param {Point} a
 * @param {Point} b
 * @param {number} size side or diameter in pixels
 * @param {Nib} nib
 */
export function sweep(patch, a, b, size, nib) {
  const radius = size / 2;
  const span = nib === "round" ? roundSpan : squareSpan;
  const first = Math.max(0, Math.floor(Math.min(a.x, b.x) - radius));
  const last = Math.min(patch.width - 1, Math.ceil(Math.max(a.x, b.x) + radius));
  for (let column = first; column <= last; column++) {
    const [low, high] = span(column + 0.5, a, b, radius);
    if (low <= high) patch.run(column, Math.ceil(low - 0.5 - HAIR), Math.floor(high - 0.5 + HAIR) + 1);
  }
}

/**
 * Where a vertical line crosses the capsule around a segment.
 * @param {number} x
 * @param {Point} a
 * @param {Point} b
 * @param {number} radius
 * @returns {[number, number]} low above high where it does not
 */
function roundSpan(x, a, b, radius) {
  let [low, high] = [Infinity, -Infinity];
  const reach = (/** @type {number} */ y) => {
    low = Math.min(low, y);
    high = Math.max(high, y);
  };
  for (const end of [a, b]) {
    const rest = radius * radius - (x - end.x) ** 2;
    if (rest < -HAIR) continue;
    const half = Math.sqrt(Math.max(0, rest));
    reach(end.y - half);
    reach(end.y + half);
  }
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  if (dx === 0) return [low, high];
  for (const side of [-1, 1]) {
    const t = (x - a.x + (side * radius * dy) / length) / dx;
    if (t >= 0 && t <= 1) reach(a.y + t * dy + (side * radius * dx) / length);
  }
  return [low, high];
}

/**
 * Where a vertical line crosses what a square covers on its way.
 * @param {number} x
 * @param {Point} a
 * @param {Point} b
 * @param {number} radius
 * @returns {[number, number]}
 */
function squareSpan(x, a, b, radius) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  if (dx === 0) {
    const near = Math.abs(x - a.x) <= radius + HAIR;
    return near ? [Math.min(a.y, b.y) - radius, Math.max(a.y, b.y) + radius] : [Infinity, -Infinity];
  }
  const [t0, t1] = [(x - radius - a.x) / dx, (x + radius - a.x) / dx];
  const [from, to] = [Math.max(0, Math.min(t0, t1)), Math.min(1, Math.max(t0, t1))];
  if (from > to + HAIR) return [Infinity, -Infinity];
  const ends = [a.y + from * dy, a.y + to * dy];
  return [Math.min(...ends) - radius, Math.max(...ends) + radius];
}

/**
 * The pixels between two corners, to the nearest whole pixel and at least one.
 * @param {Patch} patch
 * @param {Point} a
 * @param {Point} b
 */
export function fillRectangle(patch, a, b) {
  const [left, right] = wholeSpan(a.x, b.x);
  const [top, bottom] = wholeSpan(a.y, b.y);
  for (let column = Math.max(0, left); column < Math.min(right, patch.width); column++) patch.run(column, top, bottom);
}

/** @param {number} a @param {number} b @returns {[number, number]} */
export function wholeSpan(a, b) {
  const [from, to] = [Math.round(Math.min(a, b)), Math.round(Math.max(a, b))];
  return to > from ? [from, to] : [Math.floor(Math.min(a, b)), Math.floor(Math.min(a, b)) + 1];
}

/**
 * Rings by the even-odd rule.
 * @param {Patch} patch
 * @param {Rings} rings
 */
export function fillRings(patch, rings) {
  /** @type {Map<number, number[]>} */
  const crossings = new Map();
  for (const ring of rings) {
    ring.forEach((point, index) => cross(crossings, ring[(index + ring.length - 1) % ring.length] ?? point, point, patch.width));
  }
  for (const [column, rows] of crossings) {
    rows.sort((a, b) => a - b);
    for (let at = 0; at + 1 < rows.length; at += 2) patch.run(column, Math.ceil((rows[at] ?? 0) - 0.5), Math.ceil((rows[at + 1] ?? 0) - 0.5));
  }
}

/**
 * Notes where an edge crosses the middles of columns.
 * @param {Map<number, number[]>} crossings
 * @param {readonly [number, number]} a
 * @param {readonly [number, number]} b
 * @param {number} width
 */
function cross(crossings, a, b, width) {
  const [left, right] = a[0] < b[0] ? [a, b] : [b, a];
  const last = Math.min(width, Math.ceil(right[0] - 0.5));
  for (let column = Math.max(0, Math.ceil(left[0] - 0.5)); column < last; column++) {
    const row = left[1] + ((column + 0.5 - left[0]) / (right[0] - left[0])) * (right[1] - left[1]);
    const rows = crossings.get(column);
    if (rows) rows.push(row);
    else crossings.set(column, [row]);
  }
}
