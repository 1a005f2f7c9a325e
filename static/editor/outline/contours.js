// @ts-check
/** @import { Size } from "../types.js" */

/**
 * The exact borders of a bitmap, along the sides of its pixels.
 * @typedef {[number, number][]} Ring corners where the border turns, the last not repeated
 */

const RIGHT = 0;
const DOWN = 1;
const LEFT = 2;
/** Steps by heading: right, down, left, up. */
const HEADINGS = /** @type {const} */ ([[1, 0], [0, 1], [-1, 0], [0, -1]]);

/**
 * Rings that, filled by the even-odd rule, give the bitmap back; pieces that touch at a corner stay apart.
 * @param {Uint8Array} bits 1 inside, row by row
 * @param {Size} size
 * @returns {Ring[]}
 */
export function contours(bits, { width, height }) {
  const inside = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] === 1;
  /** Top sides that were walked already, by pixel: outer borders run right on them, holes left. */
  const walked = new Uint8Array(width * (height + 1));
  /** @type {Ring[]} */
  const rings = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; x++) {
      if (inside(x, y) === inside(x, y - 1) || walked[y * width + x]) continue;
      const border = inside(x, y) ? walk(x, y, RIGHT, inside, walked, width) : walk(x + 1, y, LEFT, inside, walked, width);
      rings.push(...simple(border));
    }
  }
  return rings;
}

/**
 * Follows a border with the inside at the right hand.
 * @param {number} x @param {number} y @param {number} heading
 * @param {(x: number, y: number) => boolean} inside @param {Uint8Array} walked @param {number} width
 * @returns {Ring}
 */
function walk(x, y, heading, inside, walked, width) {
  /** @type {Ring} */
  const ring = [];
  const start = { x, y, heading };
  do {
    const [right, down] = /** @type {readonly [number, number]} */ (HEADINGS[heading]);
    if (heading === RIGHT) walked[y * width + x] = 1;
    else if (heading === LEFT) walked[y * width + x - 1] = 1;
    [x, y] = [x + right, y + down];
    const next = turn(x, y, heading, inside);
    if (next !== heading) ring.push([x, y]);
    heading = next;
  } while (x !== start.x || y !== start.y || heading !== start.heading);
  return ring;
}

/** Cuts a border that comes back to a corner into rings that do not. @param {Ring} border @returns {Ring[]} */
function simple(border) {
  /** @type {Ring[]} */
  const rings = [];
  /** @type {Ring} */
  const open = [];
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const corner of border) {
    const before = seen.get(String(corner));
    if (before !== undefined) {
      const loop = open.splice(before);
      for (const passed of loop) seen.delete(String(passed));
      rings.push(loop);
    }
    seen.set(String(corner), open.length);
    open.push(corner);
  }
  return [...rings, open];
}

/** Turns right at the first corner that allows it, so that corners do not join pieces. @param {number} x @param {number} y @param {number} heading @param {(x: number, y: number) => boolean} inside */
function turn(x, y, heading, inside) {
  const aheadRight = cell(x, y, heading, 1, inside);
  const aheadLeft = cell(x, y, heading, -1, inside);
  if (!aheadRight) return (heading + 1) % 4;
  return aheadLeft ? (heading + 3) % 4 : heading;
}

/** The pixel ahead of a corner, on one side of the way. @param {number} x @param {number} y @param {number} heading @param {1 | -1} side @param {(x: number, y: number) => boolean} inside */
function cell(x, y, heading, side, inside) {
  if (heading === RIGHT) return inside(x, side === 1 ? y : y - 1);
  if (heading === DOWN) return inside(side === 1 ? x - 1 : x, y);
  if (heading === LEFT) return inside(x - 1, side === 1 ? y - 1 : y);
  return inside(side === 1 ? x : x - 1, y - 1);
}
