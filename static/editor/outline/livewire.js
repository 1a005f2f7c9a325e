// @ts-check
/** @import { EdgeMap } from "./edges.js" */

/**
 * Borders that snap to edges: Mortensen and Barrett, "Intelligent Scissors for Image Composition", SIGGRAPH 1995.
 * Shortest paths from a seed, found with buckets in place of a heap because costs are small whole numbers (Dial 1969).
 */

const STEPS = /** @type {const} */ ([[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]]);
const NOWHERE = 255;
/** Weights of the edge's own cost and of its bend; a plain step costs something, so that paths stay short. */
const EDGE = 1;
const BEND = 110;
const LENGTH = 12;
/** More than the dearest step; buckets are a ring of this many. */
const BUCKETS = 1024;
const SLICE = 30_000;

/** Shortest paths from one seed; they grow only as far as they were asked for. */
export class LiveWire {
  #edges;
  #seed;
  /** The step that led to each pixel. */
  #from;
  #cost;
  #settled;
  /** @type {number[][]} */
  #buckets = Array.from({ length: BUCKETS }, () => []);
  #at = 0;
  #waiting = 0;

  /**
   * @param {EdgeMap} edges
   * @param {number} x column of the seed
   * @param {number} y row of the seed
   */
  constructor(edges, x, y) {
    const count = edges.width * edges.height;
    this.#edges = edges;
    this.#seed = y * edges.width + x;
    this.#from = new Uint8Array(count).fill(NOWHERE);
    this.#cost = new Int32Array(count).fill(0x7fffffff);
    this.#settled = new Uint8Array(count);
    this.#offer(this.#seed, 0, NOWHERE);
  }

  /**
   * The way from the seed to a pixel.
   * @param {number} x
   * @param {number} y
   * @returns {Generator<void, [number, number][]>} pixels, seed first; hands back control often, so that it can be cancelled
   */
  *path(x, y) {
    const { width } = this.#edges;
    const target = y * width + x;
    let work = 0;
    while (!this.#settled[target] && this.#waiting > 0) {
      this.#advance();
      if (++work % SLICE === 0) yield;
    }
    /** @type {[number, number][]} */
    const way = [];
    for (let pixel = target; ; pixel = this.#before(pixel)) {
      way.push([pixel % width, Math.floor(pixel / width)]);
      if (pixel === this.#seed) return way.reverse();
    }
  }

  /** @param {number} pixel */
  #before(pixel) {
    const [right, down] = /** @type {readonly [number, number]} */ (STEPS[this.#from[pixel] ?? 0]);
    return pixel - right - down * this.#edges.width;
  }

  /** Settles the nearest pixel that waits. */
  #advance() {
    let bucket = this.#bucket(this.#at);
    while (bucket.length === 0) bucket = this.#bucket(++this.#at);
    const pixel = /** @type {number} */ (bucket.pop());
    this.#waiting -= 1;
    if (this.#settled[pixel]) return;
    this.#settled[pixel] = 1;
    const { width, height } = this.#edges;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let step = 0; step < 8; step++) {
      const [right, down] = /** @type {readonly [number, number]} */ (STEPS[step]);
      if (x + right < 0 || x + right >= width || y + down < 0 || y + down >= height) continue;
      const other = pixel + right + down * width;
      if (!this.#settled[other]) this.#offer(other, this.#at + this.#step(pixel, other, right, down), step);
    }
  }

  /** @param {number} cost */
  #bucket(cost) {
    return /** @type {number[]} */ (this.#buckets[cost % BUCKETS]);
  }

  /** @param {number} pixel @param {number} cost @param {number} step */
  #offer(pixel, cost, step) {
    if (cost >= /** @type {number} */ (this.#cost[pixel])) return;
    this.#cost[pixel] = cost;
    this.#from[pixel] = step;
    this.#bucket(cost).push(pixel);
    this.#waiting += 1;
  }

  /** What a step costs: the edge it leads to, and how far it turns from the edges at both ends. @param {number} pixel @param {number} other @param {number} right @param {number} down */
  #step(pixel, other, right, down) {
    const { cost, alongX, alongY } = this.#edges;
    const length = right !== 0 && down !== 0 ? Math.SQRT2 : 1;
    const start = Math.abs((alongX[pixel] ?? 0) * right + (alongY[pixel] ?? 0) * down) / length;
    const end = Math.abs((alongX[other] ?? 0) * right + (alongY[other] ?? 0) * down) / length;
    return Math.round(length * (LENGTH + EDGE * (cost[other] ?? 0)) + BEND * (2 - start - end));
  }
}
