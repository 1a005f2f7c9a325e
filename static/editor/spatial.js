// @ts-check
import { clamp } from "./geometry.js";
/** @import { Box, Size } from "./types.js" */

const CELLS = 48;

/** Boxes by grid cell: which ids may touch an area, without looking at all of them. */
export class SpatialIndex {
  #cell;
  #columns;
  #rows;
  /** @type {Map<number, Set<string>>} */
  #cells = new Map();
  /** @type {Map<string, readonly [number, number, number, number]>} */
  #spans = new Map();

  /** @param {Size} size */
  constructor(size) {
    this.#cell = Math.max(16, Math.max(size.width, size.height) / CELLS);
    this.#columns = Math.max(1, Math.ceil(size.width / this.#cell));
    this.#rows = Math.max(1, Math.ceil(size.height / this.#cell));
  }

  /**
   * @param {string} id
   * @param {Box} bounds
   */
  set(id, bounds) {
    const span = this.#span(bounds);
    const old = this.#spans.get(id);
    if (old && old.every((value, index) => value === span[index])) return;
    this.delete(id);
    this.#spans.set(id, span);
    for (const cell of this.#within(span)) {
      const ids = this.#cells.get(cell);
      if (ids) ids.add(id);
      else this.#cells.set(cell, new Set([id]));
    }
  }

  /** @param {string} id */
  delete(id) {
    const span = this.#spans.get(id);
    if (!span) return;
    this.#spans.delete(id);
    for (const cell of this.#within(span)) this.#cells.get(cell)?.delete(id);
  }

  /**
   * Ids whose cells the area touches: a superset of those that touch the area.
   * @param {Box} area
   * @returns {Set<string>}
   */
  query(area) {
    const span = this.#span(area);
    const whole = span[0] === 0 && span[1] === 0 && span[2] === this.#columns - 1 && span[3] === this.#rows - 1;
    if (whole) return new Set(this.#spans.keys());
    /** @type {Set<string>} */
    const found = new Set();
    for (const cell of this.#within(span)) for (const id of this.#cells.get(cell) ?? []) found.add(id);
    return found;
  }

  /**
   * @param {Box} box
   * @returns {readonly [number, number, number, number]}
   */
  #span(box) {
    const column = (/** @type {number} */ x) => clamp(Math.floor(x / this.#cell), 0, this.#columns - 1);
    const row = (/** @type {number} */ y) => clamp(Math.floor(y / this.#cell), 0, this.#rows - 1);
    return [column(box.x), row(box.y), column(box.x + box.width), row(box.y + box.height)];
  }

  /** @param {readonly [number, number, number, number]} span */
  *#within([left, top, right, bottom]) {
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) yield row * this.#columns + column;
    }
  }
}
