// @ts-check
import { adjustPixels, isNeutral } from "../adjust.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Box } from "../types.js" */
/** @import { Level } from "./picture.js" */

/** Pixels are adjusted in squares of this side, and only those that are looked at. */
const SQUARE = 256;
const KEPT = 3;

/**
 * Adjusted copies of levels, the one used last at the end.
 * @typedef {{level: Level, canvas: HTMLCanvasElement, adjust: Adjust | null, done: Set<number>}} Copy
 * @type {Copy[]}
 */
let copies = [];

/** @type {CanvasRenderingContext2D | null} */
let scratch = null;

/**
 * What to paint instead of a level. Only `area` is sure to be adjusted, so that moving a slider costs no more than the stage is large.
 * @param {Level} level
 * @param {Adjust} adjust
 * @param {Box} area pixels of the level
 * @returns {CanvasImageSource}
 */
export function adjusted(level, adjust, area) {
  if (isNeutral(adjust)) return level.source;
  const copy = copyOf(level);
  if (copy.adjust !== adjust) {
    copy.adjust = adjust;
    copy.done.clear();
  }
  const target = copy.canvas.getContext("2d");
  if (!target) return level.source;
  const [columns, rows] = [Math.ceil(level.width / SQUARE), Math.ceil(level.height / SQUARE)];
  const [left, top] = [Math.max(0, Math.floor(area.x / SQUARE)), Math.max(0, Math.floor(area.y / SQUARE))];
  const [right, bottom] = [Math.min(columns, Math.ceil((area.x + area.width) / SQUARE)), Math.min(rows, Math.ceil((area.y + area.height) / SQUARE))];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const place = row * columns + column;
      if (copy.done.has(place)) continue;
      copy.done.add(place);
      adjustSquare(target, level, adjust, column * SQUARE, row * SQUARE);
    }
  }
  return copy.canvas;
}

/** @param {Level} level @returns {Copy} */
function copyOf(level) {
  const known = copies.find((copy) => copy.level === level) ?? { level, canvas: canvasOf(level.width, level.height), adjust: null, done: new Set() };
  copies = [...copies.filter((copy) => copy !== known), known].slice(-KEPT);
  return known;
}

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** @param {CanvasRenderingContext2D} target @param {Level} level @param {Adjust} adjust @param {number} x @param {number} y */
function adjustSquare(target, level, adjust, x, y) {
  scratch ??= canvasOf(SQUARE, SQUARE).getContext("2d", { willReadFrequently: true });
  if (!scratch) return;
  scratch.clearRect(0, 0, SQUARE, SQUARE);
  scratch.drawImage(level.source, -x, -y, level.width, level.height);
  const pixels = scratch.getImageData(0, 0, SQUARE, SQUARE);
  adjustPixels(pixels.data, adjust);
  target.putImageData(pixels, x, y);
}
