// @ts-check
import { distanceToSegment } from "../geometry.js";
import { findCrossing } from "./crossings.js";
/** @import { Point, Ring, Rings } from "../types.js" */

/**
 * Thins a line (Ramer-Douglas-Peucker): no point left out was further than `tolerance` from what stays. Both ends stay.
 * @param {readonly Point[]} line
 * @param {number} tolerance
 * @returns {Point[]}
 */
export function thin(line, tolerance) {
  const kept = new Set([0, line.length - 1]);
  keep(line, kept, [[0, line.length - 1]], tolerance);
  return line.filter((_, index) => kept.has(index));
}

/**
 * Thins every ring of a polygon and keeps it valid: a ring that would cross something is thinned less.
 * @param {Rings} rings
 * @param {number} tolerance image pixels
 * @returns {Rings}
 */
export function simplify(rings, tolerance) {
  for (let share = 1; share > 0.01; share /= 2) {
    const thinned = rings.map((ring) => thinRing(ring, tolerance * share));
    if (!findCrossing(thinned)) return thinned;
  }
  return rings;
}

/** @param {Ring} ring @param {number} tolerance @returns {Ring} at least three points */
export function thinRing(ring, tolerance) {
  if (ring.length <= 3) return ring;
  const loop = [...ring, /** @type {readonly [number, number]} */ (ring[0])].map(([x, y]) => ({ x, y }));
  const away = ({ x, y } = { x: 0, y: 0 }) => (x - (loop[0]?.x ?? 0)) ** 2 + (y - (loop[0]?.y ?? 0)) ** 2;
  const middle = loop.reduce((best, point, index) => (away(point) > away(loop[best]) ? index : best), 0);
  const kept = new Set([0, middle]);
  keep(loop, kept, [[0, middle], [middle, ring.length]], tolerance);
  if (kept.size < 3) {
    const [one, two] = [furthest(loop, 0, middle), furthest(loop, middle, ring.length)];
    kept.add(one.away >= two.away ? one.index : two.index);
  }
  return ring.filter((_, index) => kept.has(index));
}

/** @param {readonly Point[]} line @param {Set<number>} kept @param {[number, number][]} pending @param {number} tolerance */
function keep(line, kept, pending, tolerance) {
  for (let span = pending.pop(); span; span = pending.pop()) {
    const { index, away } = furthest(line, ...span);
    if (away <= tolerance) continue;
    kept.add(index);
    pending.push([span[0], index], [index, span[1]]);
  }
}

/** The point strictly between two others that is furthest from the line between them. @param {readonly Point[]} line @param {number} first @param {number} last */
function furthest(line, first, last) {
  const [a, b] = [/** @type {Point} */ (line[first]), /** @type {Point} */ (line[last])];
  let best = { index: first, away: -1 };
  for (let index = first + 1; index < last; index++) {
    const away = distanceToSegment(/** @type {Point} */ (line[index]), a, b);
    if (away > best.away) best = { index, away };
  }
  return best;
}
