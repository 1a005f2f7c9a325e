// @ts-check
import { pack, unpack } from "../shapes/rle.js";
import { Bitmap, Patch } from "./bitmap.js";
import { COLUMN, SIDE, lowest } from "./tiles.js";
/** @import { Rle } from "../types.js" */
/** @import { Tile } from "./tiles.js" */

/**
 * A strip is one column of tiles: 256 columns of the image, which follow each other in COCO's order. Its runs are written once
 * and kept for as long as its tiles are, so that saving after a stroke writes only the strips that it touched.
 * `middle` packs all runs but the first three and the last: those do not depend on the strips beside it.
 *
 * @typedef {{first: 0 | 1, runs: number[], middle: string}} Strip
 */

const SHORT = 6;
/** Strips by their topmost tile, valid while all tiles of the strip are the same. @type {WeakMap<Tile, {tiles: (Tile | undefined)[], strip: Strip}>} */
const written = new WeakMap();

/** COCO's compressed run lengths of a bitmap. @param {Bitmap} bitmap @returns {string} */
export function encode(bitmap) {
  const line = new Line();
  for (let column = 0; column < bitmap.across; column++) line.append(stripOf(bitmap, column));
  return line.end();
}

/** @param {Rle} rle @returns {Bitmap} */
export function decode(rle) {
  const [height, width] = rle.size;
  const patch = new Patch({ width, height });
  let position = 0;
  unpack(rle.counts).forEach((count, index) => {
    if (index % 2) fill(patch, position, position + count);
    position += count;
  });
  return new Bitmap(patch).plus(patch);
}

/** Sets the pixels of one run, which may go on over several columns. @param {Patch} patch @param {number} from @param {number} to */
function fill(patch, from, to) {
  for (let at = from; at < to; ) {
    const column = Math.floor(at / patch.height);
    const end = Math.min(to, (column + 1) * patch.height);
    patch.run(column, at - column * patch.height, end - column * patch.height);
    at = end;
  }
}

/** Runs in the making: strips are joined where they meet. */
class Line {
  /** @type {string[]} */
  #pieces = [];
  #count = 0;
  /** The two runs written last. @type {[number, number]} */
  #last = [0, 0];
  /** The run that may still grow, and its value. */
  #open = 0;
  /** @type {number} */
  #value = 0;

  /** @param {Strip} strip */
  append(strip) {
    const { runs, middle } = strip;
    this.#grow(strip.first, runs[0] ?? 0);
    if (runs.length < SHORT) {
      runs.slice(1).forEach((run, index) => this.#grow((strip.first + index + 1) % 2, run));
      return;
    }
    for (const at of [1, 2]) this.#grow((strip.first + at) % 2, runs[at] ?? 0);
    this.#write();
    this.#pieces.push(middle);
    this.#count += runs.length - 4;
    this.#last = [runs.at(-3) ?? 0, runs.at(-2) ?? 0];
    this.#value = (strip.first + runs.length - 1) % 2;
    this.#open = runs.at(-1) ?? 0;
  }

  end() {
    this.#write();
    return this.#pieces.join("");
  }

  /** @param {number} value @param {number} length */
  #grow(value, length) {
    if (value !== this.#value) {
      this.#write();
      this.#value = value;
      this.#open = 0;
    }
    this.#open += length;
  }

  #write() {
    this.#pieces.push(pack([this.#count > 2 ? this.#open - this.#last[0] : this.#open]));
    this.#last = [this.#last[1], this.#open];
    this.#count += 1;
  }
}

/** @param {Bitmap} bitmap @param {number} column of tiles @returns {Strip} */
function stripOf(bitmap, column) {
  const tiles = bitmap.tiles.slice(column * bitmap.down, (column + 1) * bitmap.down);
  const key = tiles.find((tile) => tile !== undefined);
  const width = Math.min(SIDE, bitmap.width - column * SIDE);
  if (!key) return { first: 0, runs: [width * bitmap.height], middle: "" };
  const known = written.get(key);
  if (known && known.tiles.length === tiles.length && known.tiles.every((tile, index) => tile === tiles[index])) return known.strip;
  const { first, runs } = runsOf(tiles, width, bitmap.height);
  const deltas = runs.slice(3, -1).map((run, index) => run - (runs[index + 1] ?? 0));
  const strip = { first, runs, middle: runs.length < SHORT ? "" : packDeltas(deltas) };
  written.set(key, { tiles, strip });
  return strip;
}

/**
 * @param {readonly (Tile | undefined)[]} tiles of one strip, from the top
 * @param {number} width
 * @param {number} height
 * @returns {{first: 0 | 1, runs: number[]}}
 */
function runsOf(tiles, width, height) {
  /** @type {number[]} */
  const edges = [];
  let value = 0;
  for (let column = 0; column < width; column++) {
    const base = column * height;
    for (let row = 0; row < tiles.length; row++) {
      const tile = tiles[row];
      for (let at = 0; at < COLUMN; at++) {
        const top = row * SIDE + at * 32;
        if (top >= height) break;
        const word = tile ? (tile[column * COLUMN + at] ?? 0) : 0;
        // A set bit of `turns` marks a pixel that differs from the one above it.
        let turns = (word ^ ((word << 1) | value)) >>> 0;
        if (height - top < 32) turns &= (1 << (height - top)) - 1;
        while (turns !== 0) {
          const bit = lowest(turns);
          edges.push(base + top + bit);
          turns &= turns - 1;
        }
        value = height - top < 32 ? (word >>> (height - top - 1)) & 1 : word >>> 31;
      }
    }
  }
  return runsBetween(edges, width * height);
}

/** @param {number[]} edges where the value changes, from 0 @param {number} end @returns {{first: 0 | 1, runs: number[]}} */
function runsBetween(edges, end) {
  const first = edges[0] === 0 ? 1 : 0;
  const inner = first ? edges.slice(1) : edges;
  let start = 0;
  const runs = inner.map((edge) => {
    const run = edge - start;
    start = edge;
    return run;
  });
  return { first, runs: [...runs, end - start] };
}

/** @param {readonly number[]} deltas differences already taken */
function packDeltas(deltas) {
  const codes = new Uint8Array(deltas.length * 7);
  let end = 0;
  for (let value of deltas) {
    for (let more = true; more; ) {
      const group = value & 0x1f;
      value >>= 5;
      more = group & 0x10 ? value !== -1 : value !== 0;
      codes[end++] = group + (more ? 0x20 : 0) + 48;
    }
  }
  return new TextDecoder("latin1").decode(codes.subarray(0, end));
}
