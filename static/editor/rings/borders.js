// @ts-check
import { distance, round } from "../geometry.js";
import { nearestCorner, nearestSide } from "./nearest.js";
/** @import { Point, PolygonShape, Ring } from "../types.js" */

/**
 * A point held by the border of a neighbour: on a corner of it, or on a side, `along` it from 0 to 1.
 * @typedef {{point: Point, id: string, ring: number, index: number, along: number}} Snap
 */

/**
 * The nearest corner of other polygons within reach, else the nearest point of a side.
 * @param {readonly PolygonShape[]} shapes
 * @param {Point} point
 * @param {number} reach image pixels
 * @returns {Snap | null}
 */
export function snap(shapes, point, reach) {
  for (const find of [nearestCorner, nearestSide]) {
    const found = shapes.map((shape) => ({ shape, place: find(shape.parts, point, reach) })).filter(({ place }) => place !== null);
    const best = found.sort((a, b) => (a.place?.away ?? 0) - (b.place?.away ?? 0))[0];
    if (best?.place) {
      const { ring, index, along, point: at } = best.place;
      return { point: { x: round(at.x), y: round(at.y) }, id: best.shape.id, ring, index, along };
    }
  }
  return null;
}

/**
 * The corners that lie between two places on one ring, from the first to the second, the shorter way round unless flipped.
 * @param {Ring} ring
 * @param {Snap} from
 * @param {Snap} to
 * @param {boolean} flipped
 * @returns {Point[]}
 */
export function between(ring, from, to, flipped) {
  const forth = corners(ring, from, to);
  const back = corners(ring, to, from).reverse();
  const length = (/** @type {Point[]} */ way) => {
    const all = [from.point, ...way, to.point];
    return all.reduce((sum, point, i) => sum + (i ? distance(point, /** @type {Point} */ (all[i - 1])) : 0), 0);
  };
  return length(forth) <= length(back) !== flipped ? forth : back;
}

/** Corners met going with the ring. @param {Ring} ring @param {Snap} from @param {Snap} to @returns {Point[]} */
function corners(ring, from, to) {
  const count = ring.length;
  const start = from.index + 1;
  const end = to.along > 0 ? to.index : to.index - 1;
  const ahead = to.index + to.along > from.index + from.along;
  const steps = ahead ? end - start + 1 : end + count - start + 1;
  return Array.from({ length: Math.max(0, steps) }, (_, i) => {
    const [x, y] = /** @type {readonly [number, number]} */ (ring[(start + i) % count]);
    return { x, y };
  });
}

/**
 * The neighbour with a corner where another outline was snapped to its side, so that both borders have the same points.
 * @param {PolygonShape} shape
 * @param {Point} point
 * @returns {PolygonShape}
 */
export function withCorner(shape, point) {
  if (nearestCorner(shape.parts, point, 0)) return shape;
  const place = nearestSide(shape.parts, point, 0.02);
  if (!place) return shape;
  const parts = shape.parts.map((ring, number) =>
    number === place.ring ? [...ring.slice(0, place.index + 1), /** @type {const} */ ([point.x, point.y]), ...ring.slice(place.index + 1)] : ring,
  );
  return { ...shape, parts };
}
