// @ts-check
import { clampDelta } from "../geometry.js";
import { Bitmap, Patch } from "../mask/bitmap.js";
import { bitmapOf, rleOf } from "../mask/painted.js";
import { COLUMN, lowest } from "../mask/tiles.js";
/** @import { Box, MaskShape, Point, Size } from "../types.js" */

/** The mask with other pixels; its box follows. @param {MaskShape} shape @param {Bitmap} bitmap @returns {MaskShape} */
export function repainted(shape, bitmap) {
  return { ...shape, rle: rleOf(bitmap), ...bitmap.bounds };
}

/** @returns {Point[]} */
export function vertices() {
  return [];
}

/** @returns {{kind: "vertex" | "edge", index: number, point: Point}[]} */
export function grips() {
  return [];
}

/** @returns {[Point, Point][]} */
export function edges() {
  return [];
}

/** @param {MaskShape} shape @returns {Box} */
export function bounds(shape) {
  return { x: shape.x, y: shape.y, width: shape.width, height: shape.height };
}

/** @param {MaskShape} shape */
export function area(shape) {
  return bitmapOf(shape.rle).area;
}

/** @param {MaskShape} shape @param {Point} point */
export function contains(shape, point) {
  return bitmapOf(shape.rle).has(Math.floor(point.x), Math.floor(point.y));
}

/** A mask has no grips; painting changes it. @param {MaskShape} initial */
export function reshape(initial) {
  return initial;
}

/**
 * Moves by whole pixels, so that no pixel is resampled.
 * @param {MaskShape} initial
 * @param {Point} delta
 * @param {Size} limits
 * @returns {MaskShape}
 */
export function translate(initial, delta, limits) {
  const move = clampDelta(bounds(initial), delta, limits);
  const [dx, dy] = [Math.round(move.x), Math.round(move.y)];
  if (dx === 0 && dy === 0) return initial;
  const bitmap = bitmapOf(initial.rle);
  const moved = new Patch(bitmap);
  for (const [x, top, bottom] of runs(bitmap)) moved.run(x + dx, top + dy, bottom + dy);
  return repainted(initial, new Bitmap(bitmap).plus(moved));
}

/** The set pixels as stretches of columns within words: column, first row, row after the last. @param {Bitmap} bitmap @returns {Generator<[number, number, number]>} */
function* runs(bitmap) {
  for (const [place, tile] of bitmap.patch().tiles) {
    const [left, top] = bitmap.corner(place);
    for (let at = 0; at < tile.length; at++) {
      for (let word = tile[at] ?? 0; word !== 0; ) {
        const from = lowest(word);
        const length = Math.min(32 - from, lowest(~(word >>> from)));
        const row = top + (at % COLUMN) * 32 + from;
        yield [left + Math.floor(at / COLUMN), row, row + length];
        word &= word + (1 << from); // drops the run that begins at this bit
      }
    }
  }
}

/** @param {MaskShape} shape */
export function problem(shape) {
  return area(shape) === 0 ? "A mask must cover at least one pixel." : null;
}

/** @param {MaskShape} shape */
export function measure(shape) {
  return `${area(shape).toLocaleString("en")} px`;
}
