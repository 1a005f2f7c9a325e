// @ts-check
import { remembered } from "./flood.js";
import { COLUMN, SIDE, blank } from "./tiles.js";
/** @import { Box, Point, Size } from "../types.js" */
/** @import { Domain } from "./flood.js" */

/**
 * The picture's pixels: red, green, blue and alpha of a rectangle inside it, row by row.
 * @typedef {(x: number, y: number, width: number, height: number) => Uint8ClampedArray} Pixels
 * @typedef {{left: number, top: number, right: number, bottom: number}} Part
 */

/** How far the picture's colours are from the one under the wand; measured once, whatever tolerance is tried. */
export class Likeness {
  #size;
  #area;
  #pixels;
  /** @type {readonly number[]} */
  #colour;
  #down;
  /** Largest difference of a channel, columns first, by tile. @type {Map<number, Uint8Array>} */
  #distances = new Map();

  /** @param {Size} size @param {Pixels} pixels @param {Point} seed a whole pixel @param {Box | null} [area] what is looked at, in whole pixels; `null` is all */
  constructor(size, pixels, seed, area = null) {
    this.#size = size;
    this.#area = area ?? { x: 0, y: 0, ...size };
    this.#pixels = pixels;
    this.#colour = [...pixels(seed.x, seed.y, 1, 1).slice(0, 3)];
    this.#down = Math.ceil(size.height / SIDE);
  }

  /** Pixels that differ from the seed by no more than `tolerance` in any channel, 0 to 255. @param {number} tolerance @returns {Domain} */
  within(tolerance) {
    return remembered((place) => {
      const tile = blank();
      const part = this.#part(place);
      if (part.right <= part.left || part.bottom <= part.top) return tile;
      const distances = this.#distance(place);
      for (let at = 0; at < distances.length; at++) {
        if ((distances[at] ?? 256) <= tolerance) tile[at >> 5] = (tile[at >> 5] ?? 0) | (1 << (at & 31));
      }
      return clipped(tile, part);
    });
  }

  /** @param {number} place */
  #distance(place) {
    let distances = this.#distances.get(place);
    if (!distances) this.#distances.set(place, (distances = this.#measure(place)));
    return distances;
  }

  /** @param {number} place */
  #measure(place) {
    const { x, y, rows, columns } = this.#extent(place);
    const rgba = this.#pixels(x, y, columns, rows);
    const [red = 0, green = 0, blue = 0] = this.#colour;
    const distances = new Uint8Array(SIDE * SIDE);
    for (let row = 0, from = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, from += 4) {
        const r = Math.abs((rgba[from] ?? 0) - red);
        const g = Math.abs((rgba[from + 1] ?? 0) - green);
        const b = Math.abs((rgba[from + 2] ?? 0) - blue);
        distances[column * SIDE + row] = r > g ? (r > b ? r : b) : g > b ? g : b;
      }
    }
    return distances;
  }

  /** The part of a tile that is looked at, in its own pixels. @param {number} place @returns {Part} */
  #part(place) {
    const { x, y } = this.#extent(place);
    const within = (/** @type {number} */ value) => Math.max(0, Math.min(SIDE, value));
    const { x: left, y: top, width, height } = this.#area;
    return { left: within(left - x), top: within(top - y), right: within(left + width - x), bottom: within(top + height - y) };
  }

  /** The part of a tile that lies on the image. @param {number} place */
  #extent(place) {
    const [x, y] = [Math.floor(place / this.#down) * SIDE, (place % this.#down) * SIDE];
    return { x, y, columns: Math.min(SIDE, this.#size.width - x), rows: Math.min(SIDE, this.#size.height - y) };
  }
}

/** @param {Uint32Array} tile @param {Part} part */
function clipped(tile, { left, top, right, bottom }) {
  if (right - left === SIDE && bottom - top === SIDE) return tile;
  for (let column = 0; column < SIDE; column++) {
    for (let word = 0; word < COLUMN; word++) {
      const at = column * COLUMN + word;
      const rows = column >= left && column < right ? below(bottom - 32 * word) & ~below(top - 32 * word) : 0;
      tile[at] = (tile[at] ?? 0) & rows;
    }
  }
  return tile;
}

/** The lowest so many bits of a word. @param {number} count */
function below(count) {
  return count >= 32 ? -1 : count <= 0 ? 0 : (1 << count) - 1;
}
