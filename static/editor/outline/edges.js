// @ts-check
/** @import { Pixels } from "./grabcut.js" */

/**
 * What makes a pixel cheap to draw a border through.
 * @typedef {{width: number, height: number, cost: Uint8Array, alongX: Float32Array, alongY: Float32Array}} EdgeMap
 * `cost` is 0 on strong edges and 255 on plain areas; `along` is the direction of the edge, of length one or zero.
 */

/** Shares of the cost: lying on the ridge of an edge, and its strength. */
const RIDGE = 0.5;
/** The strength that counts as a full edge is the one this part of all pixels does not reach. */
const STRONG = 0.97;

/**
 * Edges by the strongest of the colour gradients (Sobel), thinned to their ridges as Canny does.
 * @param {Pixels} pixels
 * @returns {EdgeMap}
 */
export function edgeMap({ width, height, data }) {
  const count = width * height;
  const [alongX, alongY, strength] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [gx = 0, gy = 0] = gradient(data, width, height, x, y);
      const size = Math.hypot(gx, gy);
      const pixel = y * width + x;
      strength[pixel] = size;
      if (size > 0) [alongX[pixel], alongY[pixel]] = [-gy / size, gx / size];
    }
  }
  return { width, height, cost: costs(strength, alongX, alongY, width, height), alongX, alongY };
}

/** The gradient of the channel that changes most. @param {Uint8ClampedArray} data @param {number} width @param {number} height @param {number} x @param {number} y */
function gradient(data, width, height, x, y) {
  const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)];
  const [above, below] = [Math.max(0, y - 1) * width, Math.min(height - 1, y + 1) * width];
  const row = y * width;
  let best = [0, 0];
  let steepest = -1;
  for (let channel = 0; channel < 3; channel++) {
    const value = (/** @type {number} */ pixel) => data[4 * pixel + channel] ?? 0;
    const gx = value(above + right) - value(above + left) + 2 * (value(row + right) - value(row + left)) + value(below + right) - value(below + left);
    const gy = value(below + left) - value(above + left) + 2 * (value(below + x) - value(above + x)) + value(below + right) - value(above + right);
    const steep = gx * gx + gy * gy;
    if (steep > steepest) [best, steepest] = [[gx, gy], steep];
  }
  return best;
}

/** @param {Float32Array} strength @param {Float32Array} alongX @param {Float32Array} alongY @param {number} width @param {number} height */
function costs(strength, alongX, alongY, width, height) {
  const full = Math.max(1, strength.slice().sort()[Math.floor(STRONG * (strength.length - 1))] ?? 1);
  const cost = new Uint8Array(strength.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const size = strength[pixel] ?? 0;
      const [across, down] = [Math.round(-(alongY[pixel] ?? 0)), Math.round(alongX[pixel] ?? 0)];
      const before = strength[Math.max(0, y - down) * width + Math.max(0, Math.min(width - 1, x - across))] ?? 0;
      const after = strength[Math.min(height - 1, Math.max(0, y + down)) * width + Math.max(0, Math.min(width - 1, x + across))] ?? 0;
      const ridge = size > 0.1 * full && size >= before && size >= after ? 0 : 1;
      cost[pixel] = Math.round(255 * (RIDGE * ridge + (1 - RIDGE) * (1 - Math.min(1, size / full))));
    }
  }
  return cost;
}

/** What a pixel of distance must gain for a point to move there, in steps of cost. */
const PULL = 8;

/**
 * The pixel of the best edge around a point: nobody clicks on it exactly, and a way that has to leave the edge for a click comes back
 * over itself.
 * @param {EdgeMap} edges
 * @param {readonly [number, number]} at
 * @param {number} reach pixels
 * @returns {[number, number]}
 */
export function onEdge({ width, height, cost }, [x, y], reach) {
  /** @type {[number, number]} */
  let best = [x, y];
  let least = cost[y * width + x] ?? 0;
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(height - 1, y + reach); row++) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(width - 1, x + reach); column++) {
      const far = Math.hypot(column - x, row - y);
      const value = (cost[row * width + column] ?? 255) + PULL * far;
      if (far <= reach && value < least) [best, least] = [[column, row], value];
    }
  }
  return best;
}
