// @ts-check
import { clampDelta, clampPoint, ringArea, ringsContain, round } from "../geometry.js";
import { distinctPoints, findCrossing } from "../rings/crossings.js";
import { boundsOfRings, nearestCorner } from "../rings/nearest.js";
/** @import { Box, Grip, Point, PolygonShape, Ring, Rings, Size } from "../types.js" */

/** A polygon may have this many points, all rings together, and overhang the image by this much: as the server has it. */
export const MOST_POINTS = 10_000;
const OVERHANG = 0.5;

/** What was computed of rings, remembered as long as the rings themselves. @type {WeakMap<Rings, {area?: number, bounds?: Box, place?: Box, wrong?: string | null}>} */
const known = new WeakMap();

/** @param {PolygonShape} shape */
function memory({ parts }) {
  let found = known.get(parts);
  if (!found) known.set(parts, (found = {}));
  return found;
}

/** All points, ring after ring. @param {PolygonShape} shape @returns {Point[]} */
export function vertices(shape) {
  return shape.parts.flatMap((ring) => ring.map(([x, y]) => ({ x, y })));
}

/** @param {PolygonShape} shape */
export function grips(shape) {
  return vertices(shape).map((point, index) => ({ kind: /** @type {const} */ ("vertex"), index, point }));
}

/** The corner under a point, without looking at all of them. @param {PolygonShape} shape @param {Point} point @param {number} reach */
export function gripAt(shape, point, reach) {
  const place = nearestCorner(shape.parts, point, reach);
  return place && { kind: /** @type {const} */ ("vertex"), index: place.flat };
}

/** Sides are no grips: they are hit as part of the body, and the points tool adds points to them. @returns {[Point, Point][]} */
export function edges() {
  return [];
}

/** @param {PolygonShape} shape @returns {Box} */
export function bounds(shape) {
  return (memory(shape).bounds ??= boundsOfRings(shape.parts));
}

/** The box of the largest part: where the name of a shape of several parts is looked for. @param {PolygonShape} shape @returns {Box} */
export function largestPart(shape) {
  const { parts } = shape;
  const largest = () => parts.reduce((one, other) => (Math.abs(ringArea(other)) > Math.abs(ringArea(one)) ? other : one));
  return parts.length < 2 ? bounds(shape) : (memory(shape).place ??= boundsOfRings([largest()]));
}

/** Area inside by the even-odd rule; rings of a valid polygon are apart or nested. @param {PolygonShape} shape */
export function area(shape) {
  return (memory(shape).area ??= shape.parts.reduce((sum, ring, index) => sum + (isHole(shape.parts, index) ? -1 : 1) * Math.abs(ringArea(ring)), 0));
}

/** Whether a ring is cut out of what lies around it. @param {Rings} parts @param {number} index */
export function isHole(parts, index) {
  const [a, b] = /** @type {Ring} */ (parts[index]);
  if (!a || !b) return false;
  // The middle of a side, because corners may touch other rings.
  const middle = { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
  return parts.filter((other, place) => place !== index && ringsContain([other], middle)).length % 2 === 1;
}

/** @param {PolygonShape} shape @param {Point} point */
export function contains(shape, point) {
  return ringsContain(shape.parts, point);
}

/**
 * The polygon after its corner, or all corners of `grip.also`, were dragged by `delta` in all.
 * @param {PolygonShape} initial
 * @param {Grip} grip
 * @param {Point} delta
 * @param {Size} limits
 * @returns {PolygonShape}
 */
export function reshape(initial, grip, delta, limits) {
  const moved = grip.also?.has(grip.index) ? grip.also : new Set([grip.index]);
  return mapCorners(initial, moved, ([x, y]) => {
    const to = clampPoint({ x: x + delta.x, y: y + delta.y }, limits);
    return [to.x, to.y];
  });
}

/**
 * @param {PolygonShape} shape
 * @param {ReadonlySet<number>} corners counted through all rings
 * @param {(corner: readonly [number, number]) => readonly [number, number] | null} change `null` leaves the corner out
 * @returns {PolygonShape}
 */
export function mapCorners(shape, corners, change) {
  let first = 0;
  const parts = shape.parts.map((ring) => {
    const here = [...corners].some((corner) => corner >= first && corner < first + ring.length);
    const offset = first;
    first += ring.length;
    if (!here) return ring;
    return ring.map((corner, index) => (corners.has(offset + index) ? change(corner) : corner)).filter((corner) => corner !== null);
  });
  return { ...shape, parts };
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

/** What the server would refuse, for a person; `null` if nothing. @param {PolygonShape} shape @param {Size} limits */
export function problem(shape, limits) {
  const { x, y, width, height } = bounds(shape);
  if (x < -OVERHANG || y < -OVERHANG || x + width > limits.width + OVERHANG || y + height > limits.height + OVERHANG) {
    return "A polygon must lie inside the image.";
  }
  const memo = memory(shape);
  if (memo.wrong === undefined) memo.wrong = wrongWith(shape);
  return memo.wrong;
}

/** @param {PolygonShape} shape */
function wrongWith(shape) {
  if (shape.parts.length === 0 || shape.parts.some((ring) => ring.length < 3 || distinctPoints(ring) < 3)) {
    return "Every part of a polygon needs at least three points.";
  }
  if (countPoints(shape) > MOST_POINTS) return `A polygon can have at most ${MOST_POINTS.toLocaleString("en")} points. Simplify it with Y.`;
  const crossing = findCrossing(shape.parts);
  if (crossing?.kind === "self") return "The outline crosses or touches itself.";
  if (crossing) return "Two outlines of the polygon cross.";
  return area(shape) <= 0 ? "A polygon must enclose an area." : null;
}

/** @param {PolygonShape} shape */
export function countPoints(shape) {
  return shape.parts.reduce((sum, ring) => sum + ring.length, 0);
}

/** Parts, points and area, as people say them. @param {PolygonShape} shape */
export function measure(shape) {
  const holes = shape.parts.filter((_, index) => isHole(shape.parts, index)).length;
  const parts = shape.parts.length - holes;
  const words = [];
  if (parts > 1) words.push(`${parts} parts`);
  if (holes > 0) words.push(holes === 1 ? "1 hole" : `${holes} holes`);
  words.push(`${countPoints(shape).toLocaleString("en")} points`, `${Math.round(area(shape)).toLocaleString("en")} px²`);
  return words.join(" · ");
}
