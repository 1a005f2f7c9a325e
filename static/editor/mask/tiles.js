// @ts-check
/**
 * Tiles of a mask: 256 × 256 pixels, one bit each, columns first as in COCO's run lengths, so that a mask is written out
 * without turning it. Word `8 * column + row / 32` holds 32 rows of one column, the lowest bit on top.
 *
 * @typedef {Uint32Array} Tile
 * @typedef {{area: number, left: number, top: number, right: number, bottom: number}} TileFacts pixels; right and bottom are exclusive
 */

export const SIDE = 256;
/** Words per column of a tile. */
export const COLUMN = SIDE / 32;
export const WORDS = SIDE * COLUMN;

/** @returns {Tile} */
export function blank() {
  return new Uint32Array(WORDS);
}

/** Number of set bits. @param {number} word */
export function popcount(word) {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The place of the lowest set bit; 32 if there is none. @param {number} word */
export function lowest(word) {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

/** The bits from `from` to before `to`, both 0 to 32. @param {number} from @param {number} to */
export function bits(from, to) {
  const upTo = to >= 32 ? -1 : (1 << to) - 1;
  return from >= 32 ? 0 : upTo & ~((1 << from) - 1);
}

/** Sets rows `from` to before `to` of one column. @param {Tile} tile @param {number} column @param {number} from @param {number} to */
export function fillColumn(tile, column, from, to) {
  const base = column * COLUMN;
  for (let word = from >> 5; word << 5 < to; word++) {
    const start = word << 5;
    const mask = bits(Math.max(0, from - start), Math.min(32, to - start));
    tile[base + word] = (tile[base + word] ?? 0) | mask;
  }
}

/**
 * The tile of what an operation leaves of two words; the first tile itself where it changes nothing, `null` where nothing is left.
 * @param {Tile | undefined} tile
 * @param {Tile} other
 * @param {(a: number, b: number) => number} operation
 * @returns {Tile | null}
 */
export function combine(tile, other, operation) {
  /** @type {Tile | null} */
  let result = null;
  let any = 0;
  for (let at = 0; at < WORDS; at++) {
    const before = tile ? (tile[at] ?? 0) : 0;
    const after = operation(before, other[at] ?? 0) >>> 0;
    any |= after;
    if (after === before) continue;
    result ??= tile ? tile.slice() : blank();
    result[at] = after;
  }
  return any === 0 ? null : (result ?? tile ?? null);
}

export const either = (/** @type {number} */ a, /** @type {number} */ b) => a | b;
export const both = (/** @type {number} */ a, /** @type {number} */ b) => a & b;
export const butNot = (/** @type {number} */ a, /** @type {number} */ b) => a & ~b;

/** Whether two tiles share a pixel. @param {Tile} a @param {Tile} b */
export function meet(a, b) {
  for (let at = 0; at < WORDS; at++) if (((a[at] ?? 0) & (b[at] ?? 0)) !== 0) return true;
  return false;
}

/** Tiles never change once a mask holds them, so what was counted stays true. @type {WeakMap<Tile, TileFacts>} */
const known = new WeakMap();

/** Area and bounds of a settled tile, in its own pixels. @param {Tile} tile @returns {TileFacts} */
export function factsOf(tile) {
  let facts = known.get(tile);
  if (!facts) {
    facts = measure(tile);
    known.set(tile, facts);
  }
  return facts;
}

/** @param {Tile} tile @returns {TileFacts} */
function measure(tile) {
  const rows = new Uint32Array(COLUMN);
  let [area, left, right] = [0, SIDE, 0];
  for (let at = 0; at < WORDS; at++) {
    const word = tile[at] ?? 0;
    if (word === 0) continue;
    const column = at >> 3;
    area += popcount(word);
    left = Math.min(left, column);
    right = column + 1;
    rows[at & 7] = (rows[at & 7] ?? 0) | word;
  }
  const first = rows.findIndex((word) => word !== 0);
  const last = rows.findLastIndex((word) => word !== 0);
  const top = first < 0 ? SIDE : 32 * first + lowest(rows[first] ?? 0);
  return { area, left, top, right, bottom: last < 0 ? 0 : 32 * last + 32 - Math.clz32(rows[last] ?? 0) };
}

/**
 * The part of two tiles in which they differ, to words of 32 rows; `null` if they are the same.
 * @param {Tile | undefined} a
 * @param {Tile | undefined} b
 * @returns {{left: number, top: number, right: number, bottom: number} | null}
 */
export function differenceOf(a, b) {
  let [left, right, first, last] = [SIDE, 0, COLUMN, -1];
  for (let at = 0; at < WORDS; at++) {
    if ((a ? a[at] : 0) === (b ? b[at] : 0)) continue;
    const [column, word] = [at >> 3, at & 7];
    left = Math.min(left, column);
    right = column + 1;
    first = Math.min(first, word);
    last = Math.max(last, word);
  }
  return last < 0 ? null : { left, top: 32 * first, right, bottom: 32 * last + 32 };
}
