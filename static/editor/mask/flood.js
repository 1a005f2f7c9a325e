// @ts-check
import { Patch } from "./bitmap.js";
import { COLUMN, SIDE, WORDS, bits, lowest } from "./tiles.js";
/** @import { Point, Size } from "../types.js" */
/** @import { Bitmap } from "./bitmap.js" */
/** @import { Tile } from "./tiles.js" */

/**
 * Where a fill may go: a tile of allowed pixels by its place, asked for when the fill gets there.
 * @typedef {(place: number) => Tile | undefined} Domain
 */

/** Runs of a column between two chances to pause. */
const STRIDE = 256;

/**
 * The allowed pixels connected to the seeds by their sides. Pauses by `yield`, so that a large fill can be cut in slices.
 * @param {Size} size
 * @param {Domain} domain
 * @param {readonly Point[]} seeds whole pixels
 * @returns {Generator<void, Patch>}
 */
export function* flood(size, domain, seeds) {
  const field = new Field(size, domain);
  const stack = seeds.flatMap(({ x, y }) => [x, y]);
  for (let turn = 1; stack.length > 0; turn++) {
    if (turn % STRIDE === 0) yield;
    const y = /** @type {number} */ (stack.pop());
    const x = /** @type {number} */ (stack.pop());
    if (!field.isFree(x, y)) continue;
    const [from, to] = [field.up(x, y), field.down(x, y)];
    field.found.run(x, from, to);
    for (const beside of [x - 1, x + 1]) if (beside >= 0 && beside < size.width) field.starts(beside, from, to, stack);
  }
  return field.found;
}

/** Allowed pixels not found yet, 32 rows of a column at a time. */
class Field {
  found;
  #domain;
  #down;

  /** @param {Size} size @param {Domain} domain */
  constructor(size, domain) {
    this.found = new Patch(size);
    this.#domain = domain;
    this.#down = this.found.down;
  }

  /** @param {number} x @param {number} word rows divided by 32 */
  #free(x, word) {
    const place = (x >> 8) * this.#down + (word >> 3);
    const allowed = this.#domain(place);
    if (!allowed) return 0;
    const at = (x & 255) * COLUMN + (word & 7);
    const found = this.found.tiles.get(place);
    return (allowed[at] ?? 0) & ~(found ? (found[at] ?? 0) : 0);
  }

  /** @param {number} x @param {number} y */
  isFree(x, y) {
    return ((this.#free(x, y >> 5) >>> (y & 31)) & 1) === 1;
  }

  /** The first row of the free run around a free pixel. @param {number} x @param {number} y */
  up(x, y) {
    for (let row = y; ; row = (row & ~31) - 1) {
      const run = Math.clz32(~this.#free(x, row >> 5) << (31 - (row & 31)));
      const inWord = (row & 31) + 1;
      if (run < inWord) return row - run + 1;
      if (row < 32) return 0;
    }
  }

  /** The row after the free run around a free pixel. @param {number} x @param {number} y */
  down(x, y) {
    const { height } = this.found;
    for (let row = y; row < height; row = (row & ~31) + 32) {
      const run = lowest(~this.#free(x, row >> 5) >>> (row & 31));
      if (run < 32 - (row & 31)) return row + run;
    }
    return height;
  }

  /** Pushes one pixel of every free run between two rows of a column. @param {number} x @param {number} from @param {number} to @param {number[]} stack */
  starts(x, from, to, stack) {
    for (let word = from >> 5; word << 5 < to; word++) {
      const top = word << 5;
      let free = this.#free(x, word) & bits(Math.max(0, from - top), Math.min(32, to - top));
      while (free !== 0) {
        const bit = lowest(free);
        stack.push(x, top + bit);
        free &= free + (1 << bit); // drops the run that begins at this bit
      }
    }
  }
}

/** @param {Bitmap} bitmap @returns {Domain} */
export function inside(bitmap) {
  return (place) => bitmap.tiles[place];
}

/** What none of the masks has. @param {Size} size @param {readonly Bitmap[]} bitmaps @returns {Domain} */
export function outside(size, bitmaps) {
  const down = Math.ceil(size.height / SIDE);
  return remembered((place) => {
    const tile = wholeTile(size, down, place);
    for (const bitmap of bitmaps) {
      const other = bitmap.tiles[place];
      if (other) for (let at = 0; at < WORDS; at++) tile[at] = (tile[at] ?? 0) & ~(other[at] ?? 0);
    }
    return tile;
  });
}

/** Asks for each tile once. @param {(place: number) => Tile} make @returns {Domain} */
export function remembered(make) {
  /** @type {Map<number, Tile>} */
  const tiles = new Map();
  return (place) => {
    let tile = tiles.get(place);
    if (!tile) tiles.set(place, (tile = make(place)));
    return tile;
  };
}

/** The part of a tile that lies on the image. @param {Size} size @param {number} down tiles @param {number} place @returns {Tile} */
function wholeTile(size, down, place) {
  const tile = new Uint32Array(WORDS);
  const rows = Math.min(SIDE, size.height - (place % down) * SIDE);
  const columns = Math.min(SIDE, size.width - Math.floor(place / down) * SIDE);
  for (let at = 0; at < columns * COLUMN; at++) tile[at] = bits(0, Math.max(0, Math.min(32, rows - 32 * (at & 7))));
  return tile;
}

/**
 * The background that a bitmap encloses on all sides.
 * @param {Bitmap} bitmap
 * @returns {Generator<void, Patch>}
 */
export function* holes(bitmap) {
  const { x, y, width, height } = bitmap.bounds;
  const frame = new Patch(bitmap);
  for (let column = x; column < x + width; column++) frame.run(column, y, y + height);
  frame.avoid(bitmap);
  const open = frame.bitmap();
  const seeds = [];
  for (let column = x; column < x + width; column++) seeds.push({ x: column, y }, { x: column, y: y + height - 1 });
  for (let row = y; row < y + height; row++) seeds.push({ x, y: row }, { x: x + width - 1, y: row });
  const around = yield* flood(bitmap, inside(open), seeds);
  frame.avoid(around.bitmap());
  return frame;
}
