// @ts-check
import { at, findPair } from "./grid.js";
/** @import { Point, Ring, Rings } from "../types.js" */

/**
 * Which edges of a polygon may not meet. A ring neither crosses nor touches itself; two rings may touch at points and
 * neither cross nor share a length of border. The server decides by the same arithmetic (`annotations/crossings.py`).
 *
 * @typedef {{kind: "self" | "rings", point: Point}} Crossing `point` is where to put the mark
 * @typedef {{
 *   ax: Float64Array, ay: Float64Array, bx: Float64Array, by: Float64Array, before: Int32Array, after: Int32Array, ring: Int32Array, count: number,
 * }} Edges
 */

/** Twice the signed area of the triangle abc. @param {number} ax @param {number} ay @param {number} bx @param {number} by @param {number} cx @param {number} cy */
export function turn(ax, ay, bx, by, cx, cy) {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** The ring without repeated neighbours and without a repeated closing point. @param {Ring} ring @returns {Ring} */
export function openRing(ring) {
  const same = (/** @type {number} */ i, /** @type {number} */ j) => ring[i]?.[0] === ring[j]?.[0] && ring[i]?.[1] === ring[j]?.[1];
  let end = ring.length;
  while (end > 1 && same(0, end - 1)) end -= 1;
  let repeats = end < ring.length;
  for (let i = 1; i < end && !repeats; i++) repeats = same(i, i - 1);
  return repeats ? ring.slice(0, end).filter((_, i) => i === 0 || !same(i, i - 1)) : ring;
}

/** @param {Ring} ring */
export function distinctPoints(ring) {
  return new Set(ring.map(([x, y]) => `${x} ${y}`)).size;
}

/**
 * A place where edges meet that may not, or `null`. As fast as sorting for outlines as people draw them.
 * @param {Rings} rings
 * @param {ReadonlySet<number>} [moved] corners counted through all rings: only their edges are looked at
 * @returns {Crossing | null}
 */
export function findCrossing(rings, moved) {
  const opened = rings.map(openRing);
  const edges = flatten(opened);
  if (moved && opened.every((ring, index) => ring === rings[index])) return crossingOf(edges, moved);
  return findPair(edges, (edge, other) => meeting(edges, edge, other));
}

/** @param {Rings} rings @returns {Edges} */
function flatten(rings) {
  const count = rings.reduce((sum, ring) => sum + ring.length, 0);
  const [ax, ay, bx, by] = [new Float64Array(count), new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const [before, after, owner] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  let at = 0;
  rings.forEach((ring, number) => {
    const first = at;
    for (let index = 0; index < ring.length; index++, at++) {
      const corner = /** @type {readonly [number, number]} */ (ring[index]);
      const next = /** @type {readonly [number, number]} */ (ring[(index + 1) % ring.length]);
      ax[at] = corner[0];
      ay[at] = corner[1];
      bx[at] = next[0];
      by[at] = next[1];
      before[at] = first + ((index + ring.length - 1) % ring.length);
      after[at] = first + ((index + 1) % ring.length);
      owner[at] = number;
    }
  });
  return { ax, ay, bx, by, before, after, ring: owner, count };
}

/** @param {Edges} edges @param {ReadonlySet<number>} moved */
function crossingOf(edges, moved) {
  for (const corner of moved) {
    for (const edge of [edges.before[corner], corner]) {
      if (edge === undefined || edge >= edges.count) continue;
      for (let other = 0; other < edges.count; other++) {
        const found = other === edge ? null : meeting(edges, edge, other);
        if (found) return found;
      }
    }
  }
  return null;
}


/** @param {Edges} edges @param {number} e @param {number} f @returns {Crossing | null} */
function meeting(edges, e, f) {
  if (boxesApart(edges.ax, edges.bx, e, f) || boxesApart(edges.ay, edges.by, e, f)) return null;
  const [a, b] = [{ x: at(edges.ax, e), y: at(edges.ay, e) }, { x: at(edges.bx, e), y: at(edges.by, e) }];
  const [c, d] = [{ x: at(edges.ax, f), y: at(edges.ay, f) }, { x: at(edges.bx, f), y: at(edges.by, f) }];
  const same = edges.ring[e] === edges.ring[f];
  if (same && (edges.after[e] === f || edges.after[f] === e)) return edges.after[e] === f ? spike(a, b, d) : spike(c, d, b);
  const met = meet(a, b, c, d);
  if (!met) return null;
  if (same) return { kind: "self", point: met.point };
  return met.through || sharesLength(a, b, c, d, met.along) || passes(edges, e, f, met.point) ? { kind: "rings", point: met.point } : null;
}

/** Whether two edges lie apart along one axis; asked of nearly all pairs, so it makes no objects. @param {Float64Array} from @param {Float64Array} to @param {number} e @param {number} f */
function boxesApart(from, to, e, f) {
  const a = at(from, e);
  const b = at(to, e);
  const c = at(from, f);
  const d = at(to, f);
  return (a < c && a < d && b < c && b < d) || (c < a && c < b && d < a && d < b);
}

/** Where two closed segments share a point: whether they go through each other, and whether both lie in one line. @param {Point} a @param {Point} b @param {Point} c @param {Point} d */
function meet(a, b, c, d) {
  if (Math.max(a.x, b.x) < Math.min(c.x, d.x) || Math.max(c.x, d.x) < Math.min(a.x, b.x)) return null;
  if (Math.max(a.y, b.y) < Math.min(c.y, d.y) || Math.max(c.y, d.y) < Math.min(a.y, b.y)) return null;
  const [p, q] = [turn(a.x, a.y, b.x, b.y, c.x, c.y), turn(a.x, a.y, b.x, b.y, d.x, d.y)];
  const [r, s] = [turn(c.x, c.y, d.x, d.y, a.x, a.y), turn(c.x, c.y, d.x, d.y, b.x, b.y)];
  if (apart(p, q) || apart(r, s)) return null;
  const through = opposite(p, q) && opposite(r, s);
  const point = through ? { x: a.x + ((b.x - a.x) * r) / (r - s), y: a.y + ((b.y - a.y) * r) / (r - s) } : touch([c, d, a, b], [p, q, r, s], a);
  return { point, through, along: p === 0 && q === 0 };
}

/**
 * Where the next piece of an open line would cross or touch the line, or turn back on it.
 * @param {readonly Point[]} line
 * @param {Point} next
 * @returns {Point | null}
 */
export function crossingOfLine(line, next) {
  const [before, last] = [line.at(-2), line.at(-1)];
  if (!before || !last) return null;
  for (let i = 0; i + 2 < line.length; i++) {
    const met = meet(/** @type {Point} */ (line[i]), /** @type {Point} */ (line[i + 1]), last, next);
    if (met) return met.point;
  }
  return spike(before, last, next)?.point ?? null;
}

/** @param {number} p @param {number} q */
const apart = (p, q) => (p > 0 && q > 0) || (p < 0 && q < 0);
/** @param {number} p @param {number} q */
const opposite = (p, q) => (p > 0 && q < 0) || (p < 0 && q > 0);

/** The end that lies on the other segment. @param {Point[]} ends @param {number[]} turns @param {Point} otherwise */
function touch(ends, turns, otherwise) {
  const [c, d, a, b] = /** @type {[Point, Point, Point, Point]} */ (ends);
  const inside = (/** @type {Point} */ point, /** @type {Point} */ u, /** @type {Point} */ v) =>
    point.x >= Math.min(u.x, v.x) && point.x <= Math.max(u.x, v.x) && point.y >= Math.min(u.y, v.y) && point.y <= Math.max(u.y, v.y);
  const others = /** @type {const} */ ([[a, b], [a, b], [c, d], [c, d]]);
  const index = ends.findIndex((end, i) => turns[i] === 0 && inside(end, .../** @type {[Point, Point]} */ ([...(others[i] ?? [a, b])])));
  return ends[index] ?? otherwise;
}

/** Neighbours ab and bc meet at their corner; they may not turn back. @param {Point} a @param {Point} b @param {Point} c @returns {Crossing | null} */
function spike(a, b, c) {
  if (turn(a.x, a.y, b.x, b.y, c.x, c.y) !== 0) return null;
  return (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) > 0 ? null : { kind: "self", point: b };
}

/** @param {Point} a @param {Point} b @param {Point} c @param {Point} d @param {boolean} along whether both lie in one line */
function sharesLength(a, b, c, d, along) {
  if (!along) return false;
  const wide = Math.min(Math.max(a.x, b.x), Math.max(c.x, d.x)) - Math.max(Math.min(a.x, b.x), Math.min(c.x, d.x));
  const high = Math.min(Math.max(a.y, b.y), Math.max(c.y, d.y)) - Math.max(Math.min(a.y, b.y), Math.min(c.y, d.y));
  return wide > 0 || high > 0;
}

/** Whether two rings that touch at a point cross there. @param {Edges} edges @param {number} e @param {number} f @param {Point} point */
function passes(edges, e, f, point) {
  const [u, v] = ways(edges, e, point);
  const [one, two] = ways(edges, f, point);
  return between(one, u, v) !== between(two, u, v);
}

/** Directions from a point of an edge's ring to the corners before and after it. @param {Edges} edges @param {number} edge @param {Point} point @returns {[Point, Point]} */
function ways(edges, edge, point) {
  const starts = at(edges.ax, edge) === point.x && at(edges.ay, edge) === point.y;
  const ends = !starts && at(edges.bx, edge) === point.x && at(edges.by, edge) === point.y;
  const [before, after] = [starts ? at(edges.before, edge) : edge, ends ? at(edges.after, edge) : edge];
  return [
    { x: at(edges.ax, before) - point.x, y: at(edges.ay, before) - point.y },
    { x: at(edges.bx, after) - point.x, y: at(edges.by, after) - point.y },
  ];
}

/** Whether a direction lies on the turn from u to v. @param {Point} way @param {Point} u @param {Point} v */
function between(way, u, v) {
  const cross = (/** @type {Point} */ a, /** @type {Point} */ b) => a.x * b.y - a.y * b.x;
  const opening = cross(u, v);
  if (opening > 0) return cross(u, way) > 0 && cross(way, v) > 0;
  if (opening < 0) return !(cross(v, way) > 0 && cross(way, u) > 0);
  return cross(u, way) > 0;
}
