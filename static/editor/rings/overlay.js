// @ts-check
import { ringArea, ringsContain } from "../geometry.js";
import { GRID, arrange } from "./arrangement.js";
import { findCrossing, turn } from "./crossings.js";
import { at } from "./grid.js";
/** @import { Ring, Rings } from "../types.js" */
/** @import { Arrangement } from "./arrangement.js" */

/**
 * Set operations on polygons. What comes out keeps to the rules of `crossings.js`: coordinates are hundredths of a pixel,
 * every ring is simple, and rings touch at points at most.
 * @typedef {[from: number, to: number]} Way half an edge, with what it bounds on its left
 */

/** Both areas together. @param {Rings} first @param {Rings} second @returns {Rings} */
export function union(first, second) {
  return combine(first, second, (bits) => bits !== 0);
}

/** What of the first is not in the second. @param {Rings} first @param {Rings} second @returns {Rings} */
export function difference(first, second) {
  return combine(first, second, (bits) => bits === 1);
}

/** What is in both. @param {Rings} first @param {Rings} second @returns {Rings} */
export function intersection(first, second) {
  return combine(first, second, (bits) => bits === 3);
}

/**
 * Cuts a polygon along an open line. What the line cuts becomes one polygon per piece, largest first; `rest` is what it
 * does not reach. `null` when the line does not cut anything apart.
 * @param {Rings} rings
 * @param {Ring} line
 * @returns {{pieces: Rings[], rest: Rings} | null}
 */
export function split(rings, line) {
  const arrangement = arrange(rings, [], line);
  const cut = withoutLooseEnds(arrangement.edges.filter(({ odd, left, right }) => odd === 0 && left === 1 && right === 1), arrangement);
  const borders = boundary(arrangement, (bits) => bits === 1);
  const ways = [...borders, ...cut.flatMap(({ from, to }) => /** @type {Way[]} */ ([[from, to], [to, from]]))];
  const cutCorners = new Set(cut.flatMap(({ from, to }) => [from * 0x4000000 + to, to * 0x4000000 + from]));
  const isCut = (/** @type {number[]} */ ring) => ring.some((corner, i) => cutCorners.has(corner * 0x4000000 + at(ring, (i + 1) % ring.length)));
  const traced = trace(arrangement, ways).map((ring) => ({ ring: coordinates(arrangement, ring), cut: isCut(ring) }));
  const faces = intoFaces(traced);
  const pieces = faces.filter((face) => face.cut).map((face) => face.rings);
  const size = (/** @type {Rings} */ parts) => parts.reduce((sum, ring) => sum + ringArea(ring), 0);
  if (pieces.length < 2) return null;
  return { pieces: pieces.sort((a, b) => size(b) - size(a)), rest: faces.filter((face) => !face.cut).flatMap((face) => face.rings) };
}

/** @param {Rings} first @param {Rings} second @param {(bits: number) => boolean} inside @returns {Rings} */
function combine(first, second, inside) {
  const arrangement = arrange(first, second);
  const rings = trace(arrangement, boundary(arrangement, inside));
  const tidy = rings.map((ring) => coordinates(arrangement, withoutStraight(arrangement, ring))).filter((ring) => ring.length > 2);
  return findCrossing(tidy) ? rings.map((ring) => coordinates(arrangement, ring)) : tidy;
}

/** The edges between inside and outside, with the inside on their left. @param {Arrangement} arrangement @param {(bits: number) => boolean} inside @returns {Way[]} */
function boundary({ edges }, inside) {
  /** @type {Way[]} */
  const ways = [];
  for (const { from, to, left, right } of edges) {
    if (inside(left) !== inside(right)) ways.push(inside(left) ? [from, to] : [to, from]);
  }
  return ways;
}

/**
 * Follows the edges around what they bound. At a corner where several meet, the sharpest turn to the left stays with the
 * same piece; a ring that comes by a corner twice becomes two that touch.
 * @param {Arrangement} arrangement
 * @param {Way[]} ways
 */
function trace({ x, y }, ways) {
  /** @type {Map<number, Way[]>} */
  const leaving = new Map();
  for (const way of ways) leaving.set(way[0], [...(leaving.get(way[0]) ?? []), way]);
  const angle = (/** @type {number} */ a, /** @type {number} */ b) => Math.atan2(at(y, b) - at(y, a), at(x, b) - at(x, a));
  const next = (/** @type {Way} */ [from, to]) => {
    const choices = leaving.get(to) ?? [];
    const back = angle(to, from);
    const open = (/** @type {Way} */ way) => (back - angle(to, way[1]) + 4 * Math.PI) % (2 * Math.PI) || 2 * Math.PI;
    return choices.reduce((best, way) => (open(way) < open(best) ? way : best));
  };
  /** @type {Set<Way>} */
  const used = new Set();
  /** @type {number[][]} */
  const rings = [];
  for (const start of ways) {
    /** @type {number[]} */
    const path = [];
    /** @type {Map<number, number>} */
    const places = new Map();
    for (let way = start; !used.has(way); way = next(way)) {
      used.add(way);
      const before = places.get(way[0]);
      if (before !== undefined) {
        const loop = path.splice(before);
        for (const corner of loop) places.delete(corner);
        rings.push(loop);
      }
      places.set(way[0], path.push(way[0]) - 1);
    }
    rings.push(path);
  }
  return rings.filter((ring) => ring.length > 2);
}

/** @param {Arrangement} arrangement @param {readonly number[]} ring @returns {Ring} */
function coordinates({ x, y }, ring) {
  return ring.map((corner) => /** @type {const} */ ([at(x, corner) / GRID, at(y, corner) / GRID]));
}

/** Leaves out corners that only a crossing made and that no longer bend the border. @param {Arrangement} arrangement @param {number[]} ring */
function withoutStraight({ x, y, own }, ring) {
  return ring.filter((corner, i) => {
    if (corner < own) return true;
    const [a, b] = [at(ring, (i + ring.length - 1) % ring.length), at(ring, (i + 1) % ring.length)];
    const [dx, dy] = [at(x, b) - at(x, a), at(y, b) - at(y, a)];
    return Math.abs(turn(at(x, a), at(y, a), at(x, b), at(y, b), at(x, corner), at(y, corner))) > 0.75 * Math.hypot(dx, dy);
  });
}

/** Cuts that end inside cut nothing apart. @param {{from: number, to: number}[]} cut @param {Arrangement} arrangement */
function withoutLooseEnds(cut, { edges }) {
  for (;;) {
    /** @type {Map<number, number>} */
    const degree = new Map();
    for (const { from, to } of [...cut, ...edges.filter(({ odd }) => odd !== 0)]) {
      for (const corner of [from, to]) degree.set(corner, (degree.get(corner) ?? 0) + 1);
    }
    const kept = cut.filter(({ from, to }) => (degree.get(from) ?? 0) > 1 && (degree.get(to) ?? 0) > 1);
    if (kept.length === cut.length) return cut;
    cut = kept;
  }
}

/** Gives each hole to the smallest piece around it. @param {{ring: Ring, cut: boolean}[]} traced */
function intoFaces(traced) {
  const outer = traced.filter(({ ring }) => ringArea(ring) > 0).sort((a, b) => ringArea(a.ring) - ringArea(b.ring));
  const faces = outer.map(({ ring, cut }) => ({ rings: [ring], cut }));
  for (const { ring, cut } of traced.filter(({ ring }) => ringArea(ring) < 0)) {
    const [a, b] = /** @type {[readonly [number, number], readonly [number, number]]} */ (/** @type {unknown} */ (ring));
    const middle = { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
    const home = outer.findIndex(({ ring: around }) => ringArea(around) > -ringArea(ring) && ringsContain([around], middle));
    faces[home]?.rings.push(ring);
    if (faces[home]) faces[home].cut ||= cut;
  }
  return faces;
}
