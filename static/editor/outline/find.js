// @ts-check
import { clamp } from "../geometry.js";
import { contours } from "./contours.js";
import { KNOWN, grabCut } from "./grabcut.js";
/** @import { Box, Point, Size } from "../types.js" */
/** @import { Ring } from "./contours.js" */
/** @import { Pixels } from "./grabcut.js" */

/** Longest side of the picture the thing is first looked for in, and of the one its border is refined in. */
const COARSE = 320;
const FINE = 960;
/** Half the width of the band that is refined, in pixels of the coarse picture. */
const BAND = 2;
/** How far around a point that was shown pixels are sure to belong together, in pixels of the coarse picture. */
const SHOWN = 2;
/** Log odds for the middle of the box against its corners: people draw boxes around things. */
const LEANING = 5;
/** Pieces and holes smaller than this part of the thing are taken for noise. */
const SPECK = 0.01;

/**
 * Outlines the thing in a box. GrabCut on a small copy, then once more along the border on a larger one
 * (banded cuts, after Lombaert et al., "A Multilevel Banded Graph Cuts Method", ICCV 2005).
 * @param {Pixels} pixels the box and some of its surroundings
 * @param {Box} box in pixels of `pixels`
 * @param {{inside: readonly Point[], outside: readonly Point[]}} [hints] points on the thing and beside it
 * @returns {Generator<void, Ring[]>} rings to be filled by the even-odd rule, in pixels of `pixels`; none if there is nothing
 */
export function* outlineInBox(pixels, box, hints = { inside: [], outside: [] }) {
  const small = shrink(pixels, COARSE);
  const [known, leaning] = surroundings(small, box, pixels);
  for (const point of hints.inside) stamp(known, small, point, pixels, KNOWN.inside);
  for (const point of hints.outside) stamp(known, small, point, pixels, KNOWN.outside);
  const coarse = yield* grabCut(small, known, leaning);
  const large = shrink(pixels, FINE);
  const fine = large.width === small.width ? coarse : yield* refine(large, small, coarse);
  yield;
  const rings = contours(withoutSpecks(fine, large), large);
  const [x, y] = [pixels.width / large.width, pixels.height / large.height];
  return rings.map((ring) => ring.map(([column, row]) => [column * x, row * y]));
}

/**
 * Nothing outside the box is the thing; inside, the middle rather is.
 * @param {Size} size @param {Box} box @param {Size} of the picture the box is given in
 * @returns {[Uint8Array, Float32Array]}
 */
function surroundings({ width, height }, box, of) {
  const [across, down] = [width / of.width, height / of.height];
  const known = new Uint8Array(width * height).fill(KNOWN.outside);
  const leaning = new Float32Array(width * height);
  const [left, top] = [Math.max(0, Math.floor(box.x * across)), Math.max(0, Math.floor(box.y * down))];
  const right = Math.min(width, Math.ceil((box.x + box.width) * across));
  const bottom = Math.min(height, Math.ceil((box.y + box.height) * down));
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const u = (2 * (column + 0.5 - left)) / (right - left) - 1;
      const v = (2 * (row + 0.5 - top)) / (bottom - top) - 1;
      known[row * width + column] = KNOWN.maybe;
      leaning[row * width + column] = LEANING * (1 - u * u - v * v);
    }
  }
  return [known, leaning];
}

/** Marks what is around a point that a person has shown. @param {Uint8Array} known @param {Size} size @param {Point} point @param {Size} of @param {number} value */
function stamp(known, { width, height }, point, of, value) {
  const [column, row] = [Math.floor((point.x * width) / of.width), Math.floor((point.y * height) / of.height)];
  for (let y = Math.max(0, row - SHOWN); y <= Math.min(height - 1, row + SHOWN); y++) {
    known.fill(value, y * width + Math.max(0, column - SHOWN), y * width + Math.min(width, column + SHOWN + 1));
  }
}

/** @param {Pixels} large @param {Pixels} small @param {Uint8Array} coarse @returns {Generator<void, Uint8Array>} */
function* refine(large, small, coarse) {
  const known = new Uint8Array(large.width * large.height);
  const start = new Uint8Array(known.length);
  const near = bandOf(coarse, small);
  for (let row = 0; row < large.height; row++) {
    const from = Math.floor((row * small.height) / large.height) * small.width;
    for (let column = 0; column < large.width; column++) {
      const source = from + Math.floor((column * small.width) / large.width);
      const pixel = row * large.width + column;
      start[pixel] = coarse[source] ?? 0;
      if (!near[source]) known[pixel] = coarse[source] ? KNOWN.inside : KNOWN.outside;
    }
    if (row % 256 === 255) yield;
  }
  return yield* grabCut(large, known, new Float32Array(known.length), start);
}

/** Pixels near the border. @param {Uint8Array} bits @param {Size} size */
function bandOf(bits, { width, height }) {
  const band = new Uint8Array(bits.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = bits[row * width + column];
      const differs = bits[row * width + Math.min(width - 1, column + 1)] !== value || bits[Math.min(height - 1, row + 1) * width + column] !== value;
      if (!differs) continue;
      for (let y = Math.max(0, row - BAND); y <= Math.min(height - 1, row + BAND); y++) {
        band.fill(1, y * width + Math.max(0, column - BAND), y * width + Math.min(width - 1, column + BAND) + 1);
      }
    }
  }
  return band;
}

/** @param {Uint8Array} bits @param {Size} size */
function withoutSpecks(bits, size) {
  const least = SPECK * bits.reduce((sum, bit) => sum + bit, 0);
  const clean = bits.slice();
  for (const piece of pieces(bits, size)) if (piece.length < least) for (const pixel of piece) clean[pixel] = 1 - (bits[pixel] ?? 0);
  return clean;
}

/** Connected areas of one value, by their four neighbours. @param {Uint8Array} bits @param {Size} size @returns {Generator<number[]>} */
function* pieces(bits, { width, height }) {
  const seen = new Uint8Array(bits.length);
  for (let first = 0; first < bits.length; first++) {
    if (seen[first]) continue;
    const piece = [first];
    seen[first] = 1;
    for (let next = 0; next < piece.length; next++) {
      const pixel = /** @type {number} */ (piece[next]);
      const column = pixel % width;
      const around = [column > 0 ? pixel - 1 : -1, column + 1 < width ? pixel + 1 : -1, pixel - width, pixel + width];
      for (const other of around) {
        if (other < 0 || other >= width * height || seen[other] || bits[other] !== bits[first]) continue;
        seen[other] = 1;
        piece.push(other);
      }
    }
    yield piece;
  }
}

/** A copy with a longest side of at most `longest`, each pixel the mean of what it covers. @param {Pixels} pixels @param {number} longest @returns {Pixels} */
export function shrink(pixels, longest) {
  const factor = Math.max(pixels.width, pixels.height) / longest;
  if (factor <= 1) return pixels;
  const [width, height] = [Math.max(1, Math.round(pixels.width / factor)), Math.max(1, Math.round(pixels.height / factor))];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    const [top, bottom] = span(row, height, pixels.height);
    for (let column = 0; column < width; column++) {
      const [left, right] = span(column, width, pixels.width);
      data.set(meanColour(pixels, left, top, right, bottom), 4 * (row * width + column));
    }
  }
  return { width, height, data };
}

/** @param {number} at @param {number} of @param {number} length @returns {[number, number]} */
function span(at, of, length) {
  const from = Math.floor((at * length) / of);
  return [from, clamp(Math.floor(((at + 1) * length) / of), from + 1, length)];
}

/** @param {Pixels} pixels @param {number} left @param {number} top @param {number} right @param {number} bottom */
function meanColour({ width, data }, left, top, right, bottom) {
  let [red, green, blue] = [0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let at = 4 * (row * width + left); at < 4 * (row * width + right); at += 4) {
      red += data[at] ?? 0;
      green += data[at + 1] ?? 0;
      blue += data[at + 2] ?? 0;
    }
  }
  const count = (right - left) * (bottom - top);
  return [red / count, green / count, blue / count, 255];
}
