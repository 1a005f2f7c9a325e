// @ts-check
/** @import { Box, Point, Size } from "./types.js" */

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/** Rounds to hundredths of a pixel, finer than any screen shows. @param {number} value */
export function round(value) {
  return Math.round(value * 100) / 100;
}

/**
 * @param {Point} a
 * @param {Point} b
 */
export function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * @param {Point} point
 * @param {Point} a
 * @param {Point} b
 */
export function distanceToSegment(point, a, b) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length2 = dx * dx + dy * dy;
  if (length2 === 0) return distance(point, a);
  const t = clamp(((point.x - a.x) * dx + (point.y - a.y) * dy) / length2, 0, 1);
  return distance(point, { x: a.x + t * dx, y: a.y + t * dy });
}

/**
 * @param {Point} point
 * @param {Size} size
 * @returns {Point}
 */
export function clampPoint(point, size) {
  return { x: round(clamp(point.x, 0, size.width)), y: round(clamp(point.y, 0, size.height)) };
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Box}
 */
export function boxBetween(a, b) {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: round(Math.abs(a.x - b.x)),
    height: round(Math.abs(a.y - b.y)),
  };
}

/**
 * @param {Box} box
 * @param {Point} point
 * @param {number} [margin]
 */
export function boxContains(box, point, margin = 0) {
  return (
    point.x >= box.x - margin &&
    point.y >= box.y - margin &&
    point.x <= box.x + box.width + margin &&
    point.y <= box.y + box.height + margin
  );
}

/**
 * @param {Box} a
 * @param {Box} b
 */
export function boxesTouch(a, b) {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/**
 * The smallest box around all of `boxes`; `null` around nothing.
 * @param {Iterable<Box>} boxes
 * @returns {Box | null}
 */
export function boundsOf(boxes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

/**
 * The part of a move that keeps `box` inside the image.
 * @param {Box} box
 * @param {Point} delta
 * @param {Size} size
 * @returns {Point}
 */
export function clampDelta(box, delta, size) {
  return {
    x: clamp(delta.x, -box.x, Math.max(-box.x, size.width - box.x - box.width)),
    y: clamp(delta.y, -box.y, Math.max(-box.y, size.height - box.y - box.height)),
  };
}

/** Signed area of a ring, positive clockwise on screen. @param {readonly (readonly [number, number])[]} ring */
export function ringArea(ring) {
  let twice = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [/** @type {readonly [number, number]} */ (ring[j]), /** @type {readonly [number, number]} */ (ring[i])];
    twice += a[0] * b[1] - b[0] * a[1];
  }
  return twice / 2;
}

/**
 * Even-odd test over several rings, so that holes are holes.
 * @param {readonly (readonly (readonly [number, number])[])[]} rings
 * @param {Point} point
 */
export function ringsContain(rings, point) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [/** @type {readonly [number, number]} */ (ring[j]), /** @type {readonly [number, number]} */ (ring[i])];
      if (a[1] > point.y !== b[1] > point.y && point.x < ((b[0] - a[0]) * (point.y - a[1])) / (b[1] - a[1]) + a[0]) {
        inside = !inside;
      }
    }
  }
  return inside;
}
