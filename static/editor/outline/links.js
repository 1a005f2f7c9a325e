// @ts-check
/** Steps to the neighbours of a pixel, each beside its reverse: [right, down]. */
export const STEPS = /** @type {const} */ ([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]]);

/** What the links between neighbouring pixels can still carry. A frame of unlinked pixels spares every look over the border. */
export class Links {
  /** Pixels, with the frame. */
  count;
  /** Pixels of a row, with the frame. */
  #stride;
  /** What to add to a pixel's number for each step. */
  #offsets;
  /** Capacities by step, then by pixel. */
  #room;

  /** @param {number} width @param {number} height pixels */
  constructor(width, height) {
    this.#stride = width + 2;
    this.count = this.#stride * (height + 2);
    this.#offsets = STEPS.map(([right, down]) => right + down * this.#stride);
    this.#room = STEPS.map(() => new Int32Array(this.count));
  }

  /** The number of a pixel. @param {number} column @param {number} row */
  pixel(column, row) {
    return (row + 1) * this.#stride + column + 1;
  }

  /** @param {number} pixel @param {number} step */
  neighbour(pixel, step) {
    return pixel + /** @type {number} */ (this.#offsets[step]);
  }

  /** @param {number} pixel @param {number} step */
  room(pixel, step) {
    return /** @type {number} */ (/** @type {Int32Array} */ (this.#room[step])[pixel]);
  }

  /** Adds room one way. @param {number} pixel @param {number} step @param {number} more */
  widen(pixel, step, more) {
    /** @type {Int32Array} */ (this.#room[step])[pixel] = this.room(pixel, step) + more;
  }

  /** Lets something through, which makes room for it to come back. @param {number} pixel @param {number} step @param {number} flow */
  carry(pixel, step, flow) {
    this.widen(pixel, step, -flow);
    this.widen(this.neighbour(pixel, step), step ^ 1, flow);
  }
}
