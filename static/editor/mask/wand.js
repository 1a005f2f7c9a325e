// @ts-check
import { remembered } from "./flood.js";
import { COLUMN, SIDE, blank } from "./tiles.js";
/** @import { Point, Size } from "../types.js" */
/** @import { Domain } from "./flood.js" */

/**
 * The picture's pixels: red, green, blue and alpha of a rectangle inside it, row by row.
 * @typedef {(x: number, y: number, width: number, height: number) => Uint8ClampedArray} Pixels
 */

/** How far the picture's colours are from the one under the wand; measured once, whatever tolerance is tried. */
export class Likeness {
  #size;
  #pixels;
  /** @type {readonly number[]} */
  #colour;
  #down;
  /** Largest difference of a channel, columns first, by tile. @type {Map<number, Uint8Array>} */
  #distances = new Map();

  /** @param {Size} size @param {Pixels} pixels @param {Point} seed a whole pixel */
  constructor(size, pixels, seed) {
    this.#size = size;
    this.#pixels = pixels;
    this.#colour = [...pixels(seed.x, seed.y, 1, 1).slice(0, 3)];
    this.#down = Math.ceil(size.height / SIDE);
  }

  /** Pixels that differ from the seed by no more than `tolerance` in any channel, 0 to 255. @param {number} tolerance @returns {Domain} */
  within(tolerance) {
    return remembered((place) => {
      const distances = this.#distance(place);
      const tile = blank();
      for (let at = 0; at < distances.length; at++) {
        if ((distances[at] ?? 256) <= tolerance) tile[at >> 5] = (tile[at >> 5] ?? 0) | (1 << (at & 31));
      }
      const { rows, columns } = this.#extent(place);
      return rows === SIDE && columns === SIDE ? tile : clipped(tile, rows, columns);
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

  /** The part of a tile that lies on the image. @param {number} place */
  #extent(place) {
    const [x, y] = [Math.floor(place / this.#down) * SIDE, (place % this.#down) * SIDE];
    return { x, y, columns: Math.min(SIDE, this.#size.width - x), rows: Math.min(SIDE, this.#size.height - y) };
  }
}

/** @param {Uint32Array} tile @param {number} rows @param {number} columns */
function clipped(tile, rows, columns) {
  for (let column = 0; column < SIDE; column++) {
    for (let word = 0; word < COLUMN; word++) {
      const left = column < columns ? Math.max(0, Math.min(32, rows - 32 * word)) : 0;
      const mask = left === 32 ? -1 : (1 << left) - 1;
      tile[column * COLUMN + word] = (tile[column * COLUMN + word] ?? 0) & mask;
    }
  }
  return tile;
}
