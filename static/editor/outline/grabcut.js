// @ts-check
import { STEPS } from "./links.js";
import { GridCut } from "./maxflow.js";
import { learn, likeliest, split, surprise } from "./mixture.js";
/** @import { Component } from "./mixture.js" */

/**
 * Finds the thing in a box by its colours: Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004.
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels RGBA, as ImageData has it
 */

/** What is known of a pixel beforehand. */
export const KNOWN = { maybe: 0, inside: 1, outside: 2 };

/**
 * Weight of a smooth border (the paper's γ) and the rounds of learning. The paper takes 50; with a leaning towards the middle
 * of the box half of that found the things in COCO photos better.
 */
const SMOOTHNESS = 25;
const ROUNDS = 3;
/** Energies become whole numbers of this part of a nat. */
const UNIT = 64;
const CERTAIN = 1 << 17;
/** Links to one side; the other four are their reverses. */
const HALF = [0, 2, 4, 6];

/**
 * @param {Pixels} pixels
 * @param {Uint8Array} known one of KNOWN for each pixel; something must be outside
 * @param {Float32Array} leaning added to the log odds of being inside, for each pixel
 * @param {Uint8Array} [start] 1 where the thing is taken to be before the first round
 * @returns {Generator<void, Uint8Array>} 1 where the thing is; hands back control often, so that it can be cancelled
 */
export function* grabCut(pixels, known, leaning, start) {
  const { data } = pixels;
  const inside = start ? start.slice() : known.map((value) => (value === KNOWN.outside ? 0 : 1));
  const component = new Uint8Array(inside.length);
  const contrast = contrastOf(pixels);
  split(data, where(inside, 1), component);
  split(data, where(inside, 0), component);
  for (let round = 0; round < ROUNDS; round++) {
    const things = where(inside, 1);
    const rest = where(inside, 0);
    if (things.length === 0 || rest.length === 0) break;
    const [thing, ground] = [learn(data, things, component), learn(data, rest, component)];
    yield;
    const changed = yield* cut(pixels, { known, leaning, inside }, thing, ground, contrast);
    if (changed === 0) break;
    assign(data, inside, thing, ground, component);
    yield;
  }
  return inside;
}

/** @param {Uint8Array} inside @param {number} value */
function where(inside, value) {
  let count = 0;
  for (let i = 0; i < inside.length; i++) if (inside[i] === value) count += 1;
  const found = new Int32Array(count);
  for (let i = 0, next = 0; i < inside.length; i++) if (inside[i] === value) found[next++] = i;
  return found;
}

/** @param {Uint8ClampedArray} data @param {Uint8Array} inside @param {Component[]} thing @param {Component[]} ground @param {Uint8Array} component */
function assign(data, inside, thing, ground, component) {
  for (let i = 0; i < inside.length; i++) {
    component[i] = likeliest(inside[i] ? thing : ground, data[4 * i] ?? 0, data[4 * i + 1] ?? 0, data[4 * i + 2] ?? 0);
  }
}

/** @param {Uint8ClampedArray} data @param {number} a @param {number} b pixel numbers */
function difference(data, a, b) {
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) sum += ((data[4 * a + channel] ?? 0) - (data[4 * b + channel] ?? 0)) ** 2;
  return sum;
}

/** The paper's β: one over twice the mean squared difference of neighbours. @param {Pixels} pixels */
function contrastOf({ width, height, data }) {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      if (column + 1 < width) [sum, count] = [sum + difference(data, pixel, pixel + 1), count + 1];
      if (row + 1 < height) [sum, count] = [sum + difference(data, pixel, pixel + width), count + 1];
    }
  }
  return sum === 0 ? 0 : count / (2 * sum);
}

/**
 * One minimum cut; writes the new sides into `inside`.
 * @param {Pixels} pixels @param {{known: Uint8Array, leaning: Float32Array, inside: Uint8Array}} state
 * @param {Component[]} thing @param {Component[]} ground @param {number} contrast
 * @returns {Generator<void, number>} how many pixels changed sides
 */
function* cut({ width, height, data }, { known, leaning, inside }, thing, ground, contrast) {
  const grid = new GridCut(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      const node = grid.pixel(column, row);
      const towards = pull(known[pixel] ?? 0, data, pixel, thing, ground) + (leaning[pixel] ?? 0);
      const energy = Math.round(UNIT * Math.min(CERTAIN, Math.max(-CERTAIN, towards)));
      grid.setTerminal(node, Math.max(0, energy), Math.max(0, -energy));
      for (const step of HALF) {
        const [right, down] = /** @type {readonly [number, number]} */ (STEPS[step]);
        const [x, y] = [column + right, row + down];
        if (x < 0 || x >= width || y < 0 || y >= height) continue;
        const weight = SMOOTHNESS * Math.exp(-contrast * difference(data, pixel, y * width + x));
        grid.setLink(node, step, Math.round((UNIT * weight) / Math.hypot(right, down)));
      }
    }
    if (row % 64 === 63) yield;
  }
  yield* grid.solve();
  let changed = 0;
  for (let pixel = 0; pixel < inside.length; pixel++) {
    const side = grid.isSource(grid.pixel(pixel % width, Math.floor(pixel / width))) ? 1 : 0;
    if (inside[pixel] !== side) changed += 1;
    inside[pixel] = side;
  }
  return changed;
}

/** The log odds of being inside by colour. @param {number} known @param {Uint8ClampedArray} data @param {number} pixel @param {Component[]} thing @param {Component[]} ground */
function pull(known, data, pixel, thing, ground) {
  if (known === KNOWN.inside) return CERTAIN;
  if (known === KNOWN.outside) return -CERTAIN;
  const [red, green, blue] = [data[4 * pixel] ?? 0, data[4 * pixel + 1] ?? 0, data[4 * pixel + 2] ?? 0];
  return surprise(ground, red, green, blue) - surprise(thing, red, green, blue);
}
