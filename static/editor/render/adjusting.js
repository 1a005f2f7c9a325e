// @ts-check
import { adjustPixels, isNeutral } from "../adjust.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Box } from "../types.js" */
/** @import { Level } from "./picture.js" */

/** Pixels are adjusted in squares of this side, and only those that are looked at. */
const SQUARE = 128;
/** Levels whose adjusted part is kept, and squares of unadjusted pixels for each: 24 MB. */
const KEPT = 3;
const RAW = 384;

/**
 * The part of a level that is looked at, adjusted. A canvas of the part alone: one of the whole level would be copied anew for every frame.
 * @typedef {{
 *   level: Level, adjust: Adjust, canvas: HTMLCanvasElement, part: Squares, done: Set<number>, raw: Map<number, Uint8ClampedArray>,
 * }} Copy
 * @typedef {{left: number, top: number, right: number, bottom: number}} Squares counted in squares, `right` and `bottom` beyond the last
 * @typedef {Readonly<{source: CanvasImageSource} & Box>} Painted what to paint, and where it lies in pixels of the level
 */

/** The one used last at the end. @type {Copy[]} */
let copies = [];
/** @type {CanvasRenderingContext2D | null} */
let scratch = null;

/**
 * What to paint instead of a level; it covers `area` as far as there are pixels.
 * @param {Level} level
 * @param {Adjust} adjust
 * @param {Box} area pixels of the level
 * @returns {Painted}
 */
export function adjusted(level, adjust, area) {
  const whole = { source: level.source, x: 0, y: 0, width: level.width, height: level.height };
  if (isNeutral(adjust)) return whole;
  const wanted = squaresOf(level, area);
  const copy = copyOf(level, adjust, wanted);
  const target = copy.canvas.getContext("2d");
  if (!target) return whole;
  for (let row = wanted.top; row < wanted.bottom; row++) {
    for (let column = wanted.left; column < wanted.right; column++) adjustSquare(target, copy, column, row);
  }
  const { left, top } = copy.part;
  return { source: copy.canvas, x: left * SQUARE, y: top * SQUARE, width: copy.canvas.width, height: copy.canvas.height };
}

/** @param {Level} level @param {Box} area @returns {Squares} */
function squaresOf(level, area) {
  return {
    left: Math.max(0, Math.floor(area.x / SQUARE)),
    top: Math.max(0, Math.floor(area.y / SQUARE)),
    right: Math.min(Math.ceil(level.width / SQUARE), Math.ceil((area.x + area.width) / SQUARE)),
    bottom: Math.min(Math.ceil(level.height / SQUARE), Math.ceil((area.y + area.height) / SQUARE)),
  };
}

/** @param {Level} level @param {Adjust} adjust @param {Squares} wanted @returns {Copy} */
function copyOf(level, adjust, wanted) {
  const known = copies.find((copy) => copy.level === level);
  const copy = known ?? { level, adjust, canvas: canvasOf(1, 1), part: { left: 0, top: 0, right: 0, bottom: 0 }, done: new Set(), raw: new Map() };
  copies = [...copies.filter((other) => other !== known), copy].slice(-KEPT);
  if (copy.adjust !== adjust) copy.done.clear();
  copy.adjust = adjust;
  const { left, top, right, bottom } = copy.part;
  if (wanted.left < left || wanted.top < top || wanted.right > right || wanted.bottom > bottom) move(copy, wanted);
  return copy;
}

/** Lets the canvas cover other squares, and one more around them to move in; what is adjusted already goes along. @param {Copy} copy @param {Squares} wanted */
function move(copy, wanted) {
  const { level, canvas: old, part: was } = copy;
  const [columns, rows] = [Math.ceil(level.width / SQUARE), Math.ceil(level.height / SQUARE)];
  const part = { left: Math.max(0, wanted.left - 1), top: Math.max(0, wanted.top - 1), right: Math.min(columns, wanted.right + 1), bottom: Math.min(rows, wanted.bottom + 1) };
  const [x, y] = [part.left * SQUARE, part.top * SQUARE];
  copy.canvas = canvasOf(Math.max(1, Math.min(level.width, part.right * SQUARE) - x), Math.max(1, Math.min(level.height, part.bottom * SQUARE) - y));
  copy.canvas.getContext("2d")?.drawImage(old, was.left * SQUARE - x, was.top * SQUARE - y);
  copy.part = part;
  const width = Math.ceil(level.width / SQUARE);
  const inside = (/** @type {number} */ place) => {
    const [column, row] = [place % width, Math.floor(place / width)];
    return column >= part.left && column < part.right && row >= part.top && row < part.bottom;
  };
  copy.done = new Set([...copy.done].filter(inside));
}

/** @param {CanvasRenderingContext2D} target @param {Copy} copy @param {number} column @param {number} row */
function adjustSquare(target, copy, column, row) {
  const place = row * Math.ceil(copy.level.width / SQUARE) + column;
  if (copy.done.has(place)) return;
  copy.done.add(place);
  const raw = copy.raw.get(place) ?? readSquare(copy.level, column, row);
  if (!raw) return;
  copy.raw.delete(place);
  copy.raw.set(place, raw);
  for (const old of [...copy.raw.keys()].slice(0, Math.max(0, copy.raw.size - RAW))) copy.raw.delete(old);
  const pixels = new ImageData(new Uint8ClampedArray(raw), SQUARE, SQUARE);
  adjustPixels(pixels.data, copy.adjust);
  target.putImageData(pixels, (column - copy.part.left) * SQUARE, (row - copy.part.top) * SQUARE);
}

/** @param {Level} level @param {number} column @param {number} row */
function readSquare(level, column, row) {
  scratch ??= canvasOf(SQUARE, SQUARE).getContext("2d", { willReadFrequently: true });
  if (!scratch) return null;
  scratch.clearRect(0, 0, SQUARE, SQUARE);
  scratch.drawImage(level.source, -column * SQUARE, -row * SQUARE, level.width, level.height);
  return scratch.getImageData(0, 0, SQUARE, SQUARE).data;
}

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
