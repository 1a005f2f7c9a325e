// @ts-check
import { boxBetween, boxContains, clamp, clampDelta, clampPoint, round } from "../geometry.js";
/** @import { Box, BoxShape, Grip, Mods, Point, Size } from "../types.js" */

export const SMALLEST_SIDE = 1;

/** Corners clockwise from the top left. @param {Box} shape @returns {Point[]} */
export function vertices(shape) {
  const { x, y, width, height } = shape;
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

/** Eight handles: four corners, then the middles of the top, right, bottom and left side. @param {Box} shape */
export function grips(shape) {
  const corners = vertices(shape);
  const middles = corners.map((corner, index) => {
    const next = /** @type {Point} */ (corners[(index + 1) % 4]);
    return { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 };
  });
  return [
    ...corners.map((point, index) => ({ kind: /** @type {const} */ ("vertex"), index, point })),
    ...middles.map((point, index) => ({ kind: /** @type {const} */ ("edge"), index, point })),
  ];
}

/** @param {Box} shape @returns {[Point, Point][]} */
export function edges(shape) {
  const corners = vertices(shape);
  return corners.map((corner, index) => [corner, /** @type {Point} */ (corners[(index + 1) % 4])]);
}

/** @param {Box} shape @returns {Box} */
export function bounds(shape) {
  return { x: shape.x, y: shape.y, width: shape.width, height: shape.height };
}

/** @param {Box} shape */
export function area(shape) {
  return shape.width * shape.height;
}

/** @param {Box} shape @param {Point} point */
export function contains(shape, point) {
  return boxContains(shape, point);
}

/**
 * The box after its grip was dragged by `delta` in all. Shift keeps the proportions of a corner drag.
 * @param {BoxShape} initial
 * @param {Grip} grip
 * @param {Point} delta
 * @param {Size} limits
 * @param {Mods} [mods]
 * @returns {BoxShape}
 */
export function reshape(initial, grip, delta, limits, mods) {
  const { x, y, width, height } = initial;
  const left = grip.kind === "vertex" ? grip.index === 0 || grip.index === 3 : grip.index === 3;
  const right = grip.kind === "vertex" ? !left : grip.index === 1;
  const top = grip.kind === "vertex" ? grip.index < 2 : grip.index === 0;
  const bottom = grip.kind === "vertex" ? !top : grip.index === 2;
  const move = mods?.shift && grip.kind === "vertex" ? proportional(initial, delta, left, top) : delta;
  const a = clampPoint({ x: left ? x + move.x : x, y: top ? y + move.y : y }, limits);
  const b = clampPoint({ x: right ? x + width + move.x : x + width, y: bottom ? y + height + move.y : y + height }, limits);
  return { ...initial, ...atLeastOnePixel(boxBetween(a, b), limits) };
}

/**
 * @param {Box} box
 * @param {Point} delta
 * @param {boolean} left
 * @param {boolean} top
 * @returns {Point}
 */
function proportional(box, delta, left, top) {
  const wide = (left ? -delta.x : delta.x) / box.width;
  const high = (top ? -delta.y : delta.y) / box.height;
  const growth = Math.abs(wide) > Math.abs(high) ? wide : high;
  return { x: growth * box.width * (left ? -1 : 1), y: growth * box.height * (top ? -1 : 1) };
}

/** @param {Box} box @param {Size} limits @returns {Box} */
function atLeastOnePixel(box, limits) {
  const width = Math.max(SMALLEST_SIDE, box.width);
  const height = Math.max(SMALLEST_SIDE, box.height);
  return { x: clamp(box.x, 0, limits.width - width), y: clamp(box.y, 0, limits.height - height), width, height };
}

/**
 * @param {BoxShape} initial
 * @param {Point} delta
 * @param {Size} limits
 * @returns {BoxShape}
 */
export function translate(initial, delta, limits) {
  const move = clampDelta(initial, delta, limits);
  return { ...initial, x: round(initial.x + move.x), y: round(initial.y + move.y) };
}

/** What is wrong with the box, for a person; `null` if nothing. @param {Box} shape @param {Size} limits */
export function problem(shape, limits) {
  if (shape.width < SMALLEST_SIDE || shape.height < SMALLEST_SIDE) return "A box must be at least 1 × 1 px.";
  const outside =
    shape.x < 0 || shape.y < 0 || shape.x + shape.width > limits.width + 0.01 || shape.y + shape.height > limits.height + 0.01;
  return outside ? "A box must lie inside the image." : null;
}

/** The size as people say it. @param {Box} shape */
export function measure(shape) {
  return `${Math.round(shape.width)} × ${Math.round(shape.height)}`;
}
