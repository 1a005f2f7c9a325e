// @ts-check
import { boundsOf, boxContains, clampDelta } from "../geometry.js";
import { fromSegments, pack, toSegments, unpack } from "./rle.js";
/** @import { Box, MaskShape, Point, Rle, Size } from "../types.js" */
/** @import { Segment } from "./rle.js" */

/** Unpacked run lengths, remembered as long as the mask itself. @type {WeakMap<Rle, Segment[]>} */
const unpacked = new WeakMap();

/** @param {MaskShape} shape */
export function segments(shape) {
  let known = unpacked.get(shape.rle);
  if (!known) {
    known = toSegments(unpack(shape.rle.counts), shape.rle.size[0]);
    unpacked.set(shape.rle, known);
  }
  return known;
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
  return segments(shape).reduce((sum, [, top, bottom]) => sum + bottom - top, 0);
}

/** @param {MaskShape} shape @param {Point} point */
export function contains(shape, point) {
  if (!boxContains(shape, point)) return false;
  const [column, row] = [Math.floor(point.x), Math.floor(point.y)];
  return segments(shape).some(([at, top, bottom]) => at === column && row >= top && row < bottom);
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
  const [height, width] = initial.rle.size;
  const moved = segments(initial).map(([column, top, bottom]) => /** @type {Segment} */ ([column + dx, top + dy, bottom + dy]));
  const counts = pack(fromSegments(moved, height, width));
  return { ...initial, rle: { size: [height, width], counts }, ...boundsOfSegments(moved) };
}

/** @param {Segment[]} pieces @returns {Box} */
function boundsOfSegments(pieces) {
  const boxes = pieces.map(([column, top, bottom]) => ({ x: column, y: top, width: 1, height: bottom - top }));
  return boundsOf(boxes) ?? { x: 0, y: 0, width: 0, height: 0 };
}

/** @param {MaskShape} shape */
export function problem(shape) {
  return area(shape) === 0 ? "A mask must cover at least one pixel." : null;
}

/** @param {MaskShape} shape */
export function measure(shape) {
  return `${area(shape).toLocaleString("en")} px`;
}
