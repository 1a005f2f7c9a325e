// @ts-check
import { boundsOf, boxContains, clamp, distance } from "../geometry.js";
/** @import { Box, Point, Ring, Rings } from "../types.js" */

/**
 * The nearest corner or side of an outline, fast for thousands of points: a ring is known in runs of 64 corners with a box
 * around each, remembered as long as the ring itself.
 *
 * A place on a ring: corner `index`, or the part `along` (0 to 1) of the side that begins there. `flat` counts corners
 * through all rings.
 * @typedef {{ring: number, index: number, along: number, flat: number, point: Point, away: number}} Place
 */

const RUN = 64;

/** @type {WeakMap<Ring, Box[]>} */
const known = new WeakMap();

/** @param {Ring} ring */
function runs(ring) {
  let boxes = known.get(ring);
  if (!boxes) {
    boxes = [];
    for (let from = 0; from < ring.length; from += RUN) {
      const corners = ring.slice(from, from + RUN + 1);
      if (from + RUN >= ring.length && ring[0]) corners.push(ring[0]);
      boxes.push(/** @type {Box} */ (boundsOf(corners.map(([x, y]) => ({ x, y, width: 0, height: 0 })))));
    }
    known.set(ring, boxes);
  }
  return boxes;
}

/** The box around all corners. @param {Rings} rings @returns {Box} */
export function boundsOfRings(rings) {
  return boundsOf(rings.flatMap(runs)) ?? { x: 0, y: 0, width: 0, height: 0 };
}

/**
 * @param {Rings} rings
 * @param {Point} point
 * @param {number} reach image pixels
 * @returns {Place | null}
 */
export function nearestCorner(rings, point, reach) {
  return nearest(rings, point, reach, (ring, index) => {
    const [x, y] = /** @type {readonly [number, number]} */ (ring[index]);
    return { along: 0, point: { x, y } };
  });
}

/**
 * @param {Rings} rings
 * @param {Point} point
 * @param {number} reach image pixels
 * @returns {Place | null}
 */
export function nearestSide(rings, point, reach) {
  return nearest(rings, point, reach, (ring, index) => {
    const [ax, ay] = /** @type {readonly [number, number]} */ (ring[index]);
    const [bx, by] = /** @type {readonly [number, number]} */ (ring[(index + 1) % ring.length]);
    const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length2 ? clamp(((point.x - ax) * (bx - ax) + (point.y - ay) * (by - ay)) / length2, 0, 1) : 0;
    return { along, point: { x: ax + along * (bx - ax), y: ay + along * (by - ay) } };
  });
}

/**
 * @param {Rings} rings
 * @param {Point} point
 * @param {number} reach
 * @param {(ring: Ring, index: number) => {along: number, point: Point}} place
 */
function nearest(rings, point, reach, place) {
  /** @type {Place | null} */
  let best = null;
  let before = 0;
  for (const [number, ring] of rings.entries()) {
    for (const [run, box] of runs(ring).entries()) {
      if (!boxContains(box, point, reach)) continue;
      for (let index = run * RUN; index < Math.min(ring.length, (run + 1) * RUN); index++) {
        const found = place(ring, index);
        const away = distance(found.point, point);
        if (away <= reach && away < (best?.away ?? Infinity)) best = { ...found, ring: number, index, flat: before + index, away };
      }
    }
    before += ring.length;
  }
  return best;
}
