// @ts-check
import { COLUMN, SIDE, blank, both, butNot, combine, differenceOf, either, factsOf, fillColumn, meet } from "./tiles.js";
/** @import { Box, Size } from "../types.js" */
/** @import { Tile } from "./tiles.js" */

/**
 * The pixels of one mask at the image's full size, as tiles by their place, columns of tiles first. It never changes: a stroke
 * makes another bitmap that shares every tile the stroke did not touch, which is what undo keeps.
 */
export class Bitmap {
  width;
  height;
  /** Tiles across and down. */
  across;
  down;
  /** @type {readonly (Tile | undefined)[]} */
  tiles;
  /** @type {number | null} */
  #area = null;
  /** @type {Box | null} */
  #bounds = null;

  /** @param {Size} size @param {readonly (Tile | undefined)[]} [tiles] */
  constructor(size, tiles) {
    this.width = size.width;
    this.height = size.height;
    this.across = Math.ceil(size.width / SIDE);
    this.down = Math.ceil(size.height / SIDE);
    this.tiles = tiles ?? new Array(this.across * this.down).fill(undefined);
  }

  /** @param {number} x column @param {number} y row */
  has(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return false;
    const tile = this.tiles[(x >> 8) * this.down + (y >> 8)];
    return tile !== undefined && (((tile[(x & 255) * COLUMN + ((y & 255) >> 5)] ?? 0) >>> (y & 31)) & 1) === 1;
  }

  /** Set pixels. */
  get area() {
    this.#area ??= this.tiles.reduce((sum, tile) => sum + (tile ? factsOf(tile).area : 0), 0);
    return this.#area;
  }

  /** The box around the set pixels, without a size where there are none. @returns {Box} */
  get bounds() {
    this.#bounds ??= this.#measure();
    return this.#bounds;
  }

  #measure() {
    let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
    this.tiles.forEach((tile, place) => {
      if (!tile) return;
      const facts = factsOf(tile);
      const [x, y] = this.corner(place);
      left = Math.min(left, x + facts.left);
      top = Math.min(top, y + facts.top);
      right = Math.max(right, x + facts.right);
      bottom = Math.max(bottom, y + facts.bottom);
    });
    return right === 0 ? { x: 0, y: 0, width: 0, height: 0 } : { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** The image pixel in the top left of a tile. @param {number} place @returns {[number, number]} */
  corner(place) {
    return [Math.floor(place / this.down) * SIDE, (place % this.down) * SIDE];
  }

  /** @param {ReadonlyMap<number, Tile | null>} changes @returns {Bitmap} itself without changes */
  with(changes) {
    if (changes.size === 0) return this;
    const tiles = this.tiles.slice();
    for (const [place, tile] of changes) tiles[place] = tile ?? undefined;
    return new Bitmap(this, tiles);
  }

  /** @param {Patch} patch @returns {Bitmap} */
  plus(patch) {
    return this.#combined(patch, either);
  }

  /** @param {Patch} patch @returns {Bitmap} */
  minus(patch) {
    return this.#combined(patch, butNot);
  }

  /** @param {Patch} patch @param {(a: number, b: number) => number} operation */
  #combined(patch, operation) {
    /** @type {Map<number, Tile | null>} */
    const changes = new Map();
    for (const [place, other] of patch.tiles) {
      const tile = this.tiles[place];
      if (!tile && operation === butNot) continue;
      const after = combine(tile, other, operation);
      if ((after ?? undefined) !== tile) changes.set(place, after);
    }
    return this.with(changes);
  }

  /** Its set pixels as a patch that shares its tiles. */
  patch() {
    const patch = new Patch(this);
    this.tiles.forEach((tile, place) => tile && patch.tiles.set(place, tile));
    return patch;
  }
}

/** Pixels in the making: what a brush touched, a bucket filled. Tiles are made where they are needed. */
export class Patch {
  width;
  height;
  down;
  /** @type {Map<number, Tile>} */
  tiles = new Map();

  /** @param {Size} size the image's */
  constructor(size) {
    this.width = size.width;
    this.height = size.height;
    this.down = Math.ceil(size.height / SIDE);
  }

  /** Sets rows `from` to before `to` of a column; what lies outside of the image is left out. @param {number} x @param {number} from @param {number} to */
  run(x, from, to) {
    if (x < 0 || x >= this.width) return;
    const end = Math.min(this.height, to);
    for (let y = Math.max(0, from); y < end; ) {
      const [row, stop] = [y >> 8, Math.min(end, ((y >> 8) + 1) * SIDE)];
      fillColumn(this.#tile((x >> 8) * this.down + row), x & 255, y & 255, stop - row * SIDE);
      y = stop;
    }
  }

  /** Keeps only what the bitmap has not. @param {Bitmap} bitmap */
  avoid(bitmap) {
    this.#narrow(bitmap, butNot);
  }

  /** Keeps only what the bitmap has. @param {Bitmap} bitmap */
  keep(bitmap) {
    this.#narrow(bitmap, both);
  }

  /** @param {Patch} other */
  add(other) {
    for (const [place, tile] of other.tiles) {
      const mine = this.tiles.get(place);
      this.tiles.set(place, mine ? (combine(mine, tile, either) ?? mine) : tile);
    }
  }

  /** @param {Bitmap} bitmap */
  meets(bitmap) {
    return [...this.tiles].some(([place, tile]) => {
      const other = bitmap.tiles[place];
      return other !== undefined && meet(tile, other);
    });
  }

  get empty() {
    return [...this.tiles.values()].every((tile) => tile.every((word) => word === 0));
  }

  /** @returns {Bitmap} */
  bitmap() {
    return new Bitmap(this).plus(this);
  }

  /** @param {Bitmap} bitmap @param {(a: number, b: number) => number} operation */
  #narrow(bitmap, operation) {
    for (const [place, tile] of this.tiles) {
      const other = bitmap.tiles[place];
      const after = other ? combine(tile, other, operation) : operation === both ? null : tile;
      if (after) this.tiles.set(place, after);
      else this.tiles.delete(place);
    }
  }

  /** @param {number} place */
  #tile(place) {
    let tile = this.tiles.get(place);
    if (!tile) {
      tile = blank();
      this.tiles.set(place, tile);
    }
    return tile;
  }
}

/**
 * The smallest box, to words of 32 rows, outside of which two bitmaps are the same; `null` if they are the same everywhere.
 * @param {Bitmap} a
 * @param {Bitmap} b of the same size
 * @returns {Box | null}
 */
export function changedBox(a, b) {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  a.tiles.forEach((tile, place) => {
    const other = b.tiles[place];
    const part = tile === other ? null : differenceOf(tile, other);
    if (!part) return;
    const [x, y] = a.corner(place);
    left = Math.min(left, x + part.left);
    top = Math.min(top, y + part.top);
    right = Math.max(right, x + part.right);
    bottom = Math.max(bottom, y + part.bottom);
  });
  return right === 0 ? null : { x: left, y: top, width: right - left, height: bottom - top };
}
