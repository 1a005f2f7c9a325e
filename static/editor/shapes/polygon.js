// @ts-check
import { boundsOf, clampDelta, clampPoint, ringArea, ringsContain, round } from "../geometry.js";
/** @import { Box, Grip, Point, PolygonShape, Size } from "../types.js" */

/** All points, ring after ring. @param {PolygonShape} shape @returns {Point[]} */
export function vertices(shape) {
  return shape.parts.flatMap((ring) => ring.map(([x, y]) => ({ x, y })));
}

/** @param {PolygonShape} shape */
export function grips(shape) {
  return vertices(shape).map((point, index) => ({ kind: /** @type {const} */ ("vertex"), index, point }));
}

/** Sides are hit as part of the body until points can be added to them. @returns {[Point, Point][]} */
export function edges() {
  return [];
}

/** @param {PolygonShape} shape @returns {Box} */
export function bounds(shape) {
  const points = vertices(shape).map(({ x, y }) => ({ x, y, width: 0, height: 0 }));
  return boundsOf(points) ?? { x: 0, y: 0, width: 0, height: 0 };
}

/** Area inside by the even-odd rule; rings of a valid polygon are apart or nested. @param {PolygonShape} shape */
export function area(shape) {
  return shape.parts.reduce((sum, ring, index) => {
    const first = ring[0];
    const others = shape.parts.filter((_, other) => other !== index);
    const hole = first !== undefined && others.filter((other) => ringsContain([other], { x: first[0], y: first[1] })).length % 2;
    return sum + (hole ? -1 : 1) * Math.abs(ringArea(ring));
  }, 0);
}

/** @param {PolygonShape} shape @param {Point} point */
export function contains(shape, point) {
  return ringsContain(shape.parts, point);
}

/**
 * @param {PolygonShape} initial
 * @param {Grip} grip
 * @param {Point} delta
 * @param {Size} limits
 * @returns {PolygonShape}
 */
export function reshape(initial, grip, delta, limits) {
  let index = -1;
  const parts = initial.parts.map((ring) =>
    ring.map((corner) => {
      index += 1;
      if (index !== grip.index) return corner;
      const moved = clampPoint({ x: corner[0] + delta.x, y: corner[1] + delta.y }, limits);
      return /** @type {[number, number]} */ ([moved.x, moved.y]);
    }),
  );
  return { ...initial, parts };
}

/**
 * @param {PolygonShape} initial
 * @param {Point} delta
 * @param {Size} limits
 * @returns {PolygonShape}
 */
export function translate(initial, delta, limits) {
  const move = clampDelta(bounds(initial), delta, limits);
  const parts = initial.parts.map((ring) =>
    ring.map(([x, y]) => /** @type {[number, number]} */ ([round(x + move.x), round(y + move.y)])),
  );
  return { ...initial, parts };
}

/** @param {PolygonShape} shape */
export function problem(shape) {
  const thin = shape.parts.length === 0 || shape.parts.some((ring) => ring.length < 3);
  if (thin) return "Every part of a polygon needs at least three points.";
  return area(shape) <= 0 ? "A polygon must enclose an area." : null;
}

/** @param {PolygonShape} shape */
export function measure(shape) {
  const points = shape.parts.reduce((sum, ring) => sum + ring.length, 0);
  return `${points} points`;
}
