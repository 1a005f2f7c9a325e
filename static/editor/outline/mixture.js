// @ts-check
/**
 * Mixtures of Gaussians over colours, as GrabCut uses them: each colour belongs to one component (hard assignment).
 * Rother, Kolmogorov and Blake, "GrabCut: Interactive Foreground Extraction using Iterated Graph Cuts", SIGGRAPH 2004.
 */

/** Components of a mixture (the paper's K). */
export const COMPONENTS = 5;
/** Added to every variance, so that a plain area does not become a needle. In squared colour steps of 0–255. */
const SOFTNESS = 1;

/**
 * @typedef {{weight: number, mean: [number, number, number], inverse: number[], scale: number}} Component
 * `inverse` is the inverse covariance by rows, `scale` the logarithm of weight ÷ √determinant.
 */

/**
 * Learns a mixture from colours and the component each belongs to.
 * @param {Uint8ClampedArray} colours RGBA of all pixels
 * @param {ArrayLike<number>} pixels numbers of the pixels to learn from
 * @param {Uint8Array} component of each pixel, by pixel number
 * @returns {Component[]} empty components are left out
 */
export function learn(colours, pixels, component) {
  const sums = Array.from({ length: COMPONENTS }, () => new Float64Array(10));
  for (let i = 0; i < pixels.length; i++) {
    const pixel = /** @type {number} */ (pixels[i]);
    const sum = /** @type {Float64Array} */ (sums[component[pixel] ?? 0]);
    addColour(sum, colours[4 * pixel] ?? 0, colours[4 * pixel + 1] ?? 0, colours[4 * pixel + 2] ?? 0);
  }
  return sums.filter(([count]) => count).map((sum) => gaussian(sum, pixels.length));
}

/** @param {Float64Array} sum count, three sums, six sums of products @param {number} red @param {number} green @param {number} blue */
function addColour(sum, red, green, blue) {
  const terms = [1, red, green, blue, red * red, red * green, red * blue, green * green, green * blue, blue * blue];
  for (let i = 0; i < 10; i++) sum[i] = (sum[i] ?? 0) + (terms[i] ?? 0);
}

/** @param {Float64Array} sum @param {number} total @returns {Component} */
function gaussian(sum, total) {
  const [count = 1, r = 0, g = 0, b = 0, rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0] = sum;
  const mean = /** @type {[number, number, number]} */ ([r / count, g / count, b / count]);
  const [mr, mg, mb] = mean;
  const [a, d, f] = [rr / count - mr * mr + SOFTNESS, gg / count - mg * mg + SOFTNESS, bb / count - mb * mb + SOFTNESS];
  const [h, i, e] = [rg / count - mr * mg, rb / count - mr * mb, gb / count - mg * mb];
  const [A, B, C] = [d * f - e * e, i * e - h * f, h * e - i * d];
  const determinant = Math.max(1e-6, a * A + h * B + i * C);
  const [D, E, F] = [a * f - i * i, h * i - a * e, a * d - h * h];
  const inverse = [A, B, C, B, D, E, C, E, F].map((value) => value / determinant);
  return { weight: count / total, mean, inverse, scale: Math.log(count / total) - Math.log(determinant) / 2 };
}

/** @param {Component} component @param {number} red @param {number} green @param {number} blue */
function logDensity({ mean, inverse, scale }, red, green, blue) {
  const [x, y, z] = [red - mean[0], green - mean[1], blue - mean[2]];
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, , , f = 0] = inverse;
  return scale - (a * x * x + d * y * y + f * z * z) / 2 - b * x * y - c * x * z - e * y * z;
}

/** The likeliest component. @param {readonly Component[]} mixture @param {number} red @param {number} green @param {number} blue */
export function likeliest(mixture, red, green, blue) {
  let best = 0;
  let highest = -Infinity;
  for (let i = 0; i < mixture.length; i++) {
    const density = logDensity(/** @type {Component} */ (mixture[i]), red, green, blue);
    if (density > highest) [best, highest] = [i, density];
  }
  return best;
}

/** Minus the logarithm of how likely the mixture makes a colour. @param {readonly Component[]} mixture @param {number} red @param {number} green @param {number} blue */
export function surprise(mixture, red, green, blue) {
  let highest = -Infinity;
  for (const component of mixture) highest = Math.max(highest, logDensity(component, red, green, blue));
  let sum = 0;
  for (const component of mixture) sum += Math.exp(logDensity(component, red, green, blue) - highest);
  return -highest - Math.log(sum);
}

/**
 * First components: splits the widest group at its mean along its widest channel until there are enough
 * (after Orchard and Bouman 1991, with the channel in place of the principal direction).
 * @param {Uint8ClampedArray} colours
 * @param {ArrayLike<number>} pixels
 * @param {Uint8Array} component is written
 */
export function split(colours, pixels, component) {
  for (let i = 0; i < pixels.length; i++) component[/** @type {number} */ (pixels[i])] = 0;
  for (let made = 1; made < COMPONENTS; made++) {
    const { group, channel, mean, spread } = widest(colours, pixels, component, made);
    if (spread < 1) return;
    for (let i = 0; i < pixels.length; i++) {
      const pixel = /** @type {number} */ (pixels[i]);
      if (component[pixel] === group && (colours[4 * pixel + channel] ?? 0) > mean) component[pixel] = made;
    }
  }
}

/** @param {Uint8ClampedArray} colours @param {ArrayLike<number>} pixels @param {Uint8Array} component @param {number} groups */
function widest(colours, pixels, component, groups) {
  const sums = new Float64Array(groups * 7);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = /** @type {number} */ (pixels[i]);
    const from = (component[pixel] ?? 0) * 7;
    sums[from] = (sums[from] ?? 0) + 1;
    for (let channel = 0; channel < 3; channel++) {
      const value = colours[4 * pixel + channel] ?? 0;
      sums[from + 1 + channel] = (sums[from + 1 + channel] ?? 0) + value;
      sums[from + 4 + channel] = (sums[from + 4 + channel] ?? 0) + value * value;
    }
  }
  let best = { group: 0, channel: 0, mean: 0, spread: 0 };
  for (let group = 0; group < groups; group++) {
    const count = Math.max(1, sums[group * 7] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      const mean = (sums[group * 7 + 1 + channel] ?? 0) / count;
      const spread = (sums[group * 7 + 4 + channel] ?? 0) - count * mean * mean;
      if (spread > best.spread) best = { group, channel, mean, spread };
    }
  }
  return best;
}
