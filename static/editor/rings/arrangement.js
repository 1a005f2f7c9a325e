// @ts-check
import { turn } from "./crossings.js";
import { at, findPair } from "./grid.js";
/** @import { Ring, Rings } from "../types.js" */

/**
 * Outlines laid over each other on the grid that coordinates are kept on, hundredths of a pixel, and cut wherever they
 * meet, so that edges share at most their ends. `left` and `right` say in which inputs the two sides of an edge lie,
 * `odd` of which it is a border: bit 1 for the first, bit 2 for the second. Left is where `turn` is positive.
 *
 * @typedef {{from: number, to: number, odd: number, left: number, right: number}} Edge
 * @typedef {{x: readonly number[], y: readonly number[], edges: Edge[], own: number}} Arrangement corners below `own` were given
 */

export const GRID = 100;
const MOST_ROUNDS = 24;
const SHIFT = 0x4000000;

/** Corners by coordinates, which are whole numbers. */
class Corners {
  /** @type {number[]} */
  x = [];
  /** @type {number[]} */
  y = [];
  /** @type {Map<number, number>} */
  #known = new Map();

  /** @param {number} x @param {number} y */
  of(x, y) {
    const key = x * SHIFT + y;
    let corner = this.#known.get(key);
    if (corner === undefined) {
      corner = this.x.push(x) - 1;
      this.y.push(y);
      this.#known.set(key, corner);
    }
    return corner;
  }
}

/**
 * @param {Rings} first
 * @param {Rings} second
 * @param {Ring} [line] an open line; it cuts, and is no border
 * @returns {Arrangement}
 */
export function arrange(first, second, line = []) {
  const corners = new Corners();
  const snapped = (/** @type {Ring} */ ring) => ring.map(([x, y]) => corners.of(Math.round(x * GRID), Math.round(y * GRID)));
  /** @type {Map<number, number>} */
  let pieces = new Map();
  for (const [rings, bit] of /** @type {const} */ ([[first, 1], [second, 2]])) {
    for (const ring of rings.map(snapped)) ring.forEach((corner, i) => lay(pieces, corner, ring[(i + 1) % ring.length] ?? corner, bit));
  }
  const way = snapped(line);
  way.forEach((corner, i) => lay(pieces, way[i - 1] ?? corner, corner, 0));
  const own = corners.x.length;
  for (let round = 0, cut = cutAll(corners, pieces); cut; round++, cut = cutAll(corners, pieces)) {
    if (round === MOST_ROUNDS) throw new Error("These outlines lie too close together to be told apart. Move a point a little.");
    pieces = cut;
  }
  const edges = [...pieces].map(([key, odd]) => ({ from: Math.floor(key / SHIFT), to: key % SHIFT, odd, left: 0, right: 0 }));
  findSides(corners, edges);
  return { x: corners.x, y: corners.y, edges, own };
}

/** A border that is passed twice is none. @param {Map<number, number>} pieces @param {number} a @param {number} b @param {number} odd */
function lay(pieces, a, b, odd) {
  if (a === b) return;
  const key = Math.min(a, b) * SHIFT + Math.max(a, b);
  pieces.set(key, (pieces.get(key) ?? 0) ^ odd);
}

/**
 * Cuts every piece where others meet it; `null` when none does. A cut moves a piece by up to half a step of the grid, which
 * can make it meet another, so this is done until nothing is left to cut.
 * @param {Corners} corners
 * @param {Map<number, number>} pieces
 */
function cutAll(corners, pieces) {
  const keys = [...pieces.keys()];
  const [from, to] = [keys.map((key) => Math.floor(key / SHIFT)), keys.map((key) => key % SHIFT)];
  const column = (/** @type {number[]} */ values, /** @type {number[]} */ ends) => Float64Array.from(ends, (corner) => at(values, corner));
  const edges = { ax: column(corners.x, from), ay: column(corners.y, from), bx: column(corners.x, to), by: column(corners.y, to), count: keys.length };
  /** @type {Map<number, Set<number>>} */
  const cuts = new Map();
  const note = (/** @type {number} */ piece, /** @type {number} */ corner) => {
    if (corner === from[piece] || corner === to[piece]) return;
    const stops = cuts.get(piece);
    if (stops) stops.add(corner);
    else cuts.set(piece, new Set([corner]));
  };
  findPair(edges, (e, f) => {
    for (const [x, y] of meetings(edges, e, f)) {
      const corner = corners.of(Math.round(x), Math.round(y));
      note(e, corner);
      note(f, corner);
    }
    return null;
  });
  if (cuts.size === 0) return null;
  /** @type {Map<number, number>} */
  const fresh = new Map();
  keys.forEach((key, piece) => {
    const [dx, dy] = [at(edges.bx, piece) - at(edges.ax, piece), at(edges.by, piece) - at(edges.ay, piece)];
    const along = (/** @type {number} */ corner) => at(corners.x, corner) * dx + at(corners.y, corner) * dy;
    const stops = [at(from, piece), ...[...(cuts.get(piece) ?? [])].sort((a, b) => along(a) - along(b)), at(to, piece)];
    stops.forEach((stop, i) => lay(fresh, stops[i - 1] ?? stop, stop, pieces.get(key) ?? 0));
  });
  return fresh;
}

/**
 * Where two edges meet: the crossing, or the ends that lie on the other.
 * @param {{ax: Float64Array, ay: Float64Array, bx: Float64Array, by: Float64Array}} edges @param {number} e @param {number} f
 * @returns {[number, number][]}
 */
function meetings(edges, e, f) {
  const [ax, ay, bx, by] = [at(edges.ax, e), at(edges.ay, e), at(edges.bx, e), at(edges.by, e)];
  const [cx, cy, dx, dy] = [at(edges.ax, f), at(edges.ay, f), at(edges.bx, f), at(edges.by, f)];
  if (Math.max(ax, bx) < Math.min(cx, dx) || Math.max(cx, dx) < Math.min(ax, bx)) return [];
  if (Math.max(ay, by) < Math.min(cy, dy) || Math.max(cy, dy) < Math.min(ay, by)) return [];
  const [p, q, r, s] = [turn(ax, ay, bx, by, cx, cy), turn(ax, ay, bx, by, dx, dy), turn(cx, cy, dx, dy, ax, ay), turn(cx, cy, dx, dy, bx, by)];
  if (p * q < 0 && r * s < 0) return [[ax + ((bx - ax) * r) / (r - s), ay + ((by - ay) * r) / (r - s)]];
  const inBox = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ u, /** @type {number} */ v, /** @type {number} */ w, /** @type {number} */ z) =>
    x >= Math.min(u, w) && x <= Math.max(u, w) && y >= Math.min(v, z) && y <= Math.max(v, z);
  /** @type {[number, number][]} */
  const found = [];
  if (p === 0 && inBox(cx, cy, ax, ay, bx, by)) found.push([cx, cy]);
  if (q === 0 && inBox(dx, dy, ax, ay, bx, by)) found.push([dx, dy]);
  if (r === 0 && inBox(ax, ay, cx, cy, dx, dy)) found.push([ax, ay]);
  if (s === 0 && inBox(bx, by, cx, cy, dx, dy)) found.push([bx, by]);
  return found;
}

/**
 * Says of every edge what lies beside it, by the borders that a ray from its middle towards smaller x passes.
 * @param {{x: readonly number[], y: readonly number[]}} corners
 * @param {Edge[]} edges
 */
function findSides({ x, y }, edges) {
  let [top, bottom] = [Infinity, -Infinity];
  for (const { from, to } of edges) [top, bottom] = [Math.min(top, at(y, from), at(y, to)), Math.max(bottom, at(y, from), at(y, to))];
  const count = Math.max(1, Math.min(4096, edges.length));
  const row = (/** @type {number} */ height) => Math.min(count - 1, Math.floor(((height - top) / (bottom - top || 1)) * count));
  /** @type {Edge[][]} */
  const rows = Array.from({ length: count }, () => []);
  for (const edge of edges) {
    const [one, two] = [row(at(y, edge.from)), row(at(y, edge.to))];
    if (edge.odd) for (let r = Math.min(one, two); r <= Math.max(one, two); r++) rows[r]?.push(edge);
  }
  for (const edge of edges) {
    const [mx, my] = [(at(x, edge.from) + at(x, edge.to)) / 2, (at(y, edge.from) + at(y, edge.to)) / 2];
    let near = 0;
    for (const other of rows[row(my)] ?? []) {
      const [one, two] = at(y, other.from) <= at(y, other.to) ? [other.from, other.to] : [other.to, other.from];
      if (other === edge || at(y, one) <= my === at(y, two) <= my) continue;
      if (turn(at(x, one), at(y, one), at(x, two), at(y, two), mx, my) < 0) near ^= other.odd;
    }
    const down = at(y, edge.to) - at(y, edge.from);
    const leftIsNear = down > 0 || (down === 0 && at(x, edge.to) > at(x, edge.from));
    [edge.left, edge.right] = leftIsNear ? [near, near ^ edge.odd] : [near ^ edge.odd, near];
  }
}
