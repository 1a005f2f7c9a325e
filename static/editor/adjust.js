// @ts-check
import { clamp } from "./geometry.js";

/**
 * How a picture is shown; the stored pixels stay as they are. `brightness` and `contrast` are -100 to 100 and change nothing at 0,
 * `gamma` is 0.2 to 5 and brightens the shadows above 1, `saturation` is 0 (grey) to 200 with 100 as it is.
 * @typedef {Readonly<{brightness: number, contrast: number, gamma: number, saturation: number, invert: boolean}>} Adjust
 */

/** @type {Adjust} */
export const NEUTRAL = Object.freeze({ brightness: 0, contrast: 0, gamma: 1, saturation: 100, invert: false });

/** What a slider offers. @type {Readonly<Record<"brightness" | "contrast" | "gamma" | "saturation", {title: string, least: number, most: number, step: number}>>} */
export const RANGES = {
  brightness: { title: "Brightness", least: -100, most: 100, step: 1 },
  contrast: { title: "Contrast", least: -100, most: 100, step: 1 },
  gamma: { title: "Gamma", least: 0.2, most: 5, step: 0.05 },
  saturation: { title: "Saturation", least: 0, most: 200, step: 1 },
};

/** A frozen value within its ranges, whatever was kept or typed. @param {unknown} raw @returns {Adjust} */
export function toAdjust(raw) {
  const given = /** @type {Record<string, unknown>} */ (raw !== null && typeof raw === "object" ? raw : {});
  const value = { ...NEUTRAL, invert: given["invert"] === true };
  for (const name of /** @type {(keyof typeof RANGES)[]} */ (Object.keys(RANGES))) {
    const { least, most } = RANGES[name];
    const number = given[name];
    if (typeof number === "number" && Number.isFinite(number)) value[name] = clamp(number, least, most);
  }
  return isNeutral(value) ? NEUTRAL : Object.freeze(value);
}

/** @param {Adjust} adjust */
export function isNeutral(adjust) {
  return sameTones(adjust) && adjust.saturation === NEUTRAL.saturation;
}

/** @param {Adjust} adjust */
function sameTones({ brightness, contrast, gamma, invert }) {
  return brightness === 0 && contrast === 0 && gamma === 1 && !invert;
}

/**
 * What becomes of a channel's values: gamma, then contrast around the middle, then brightness, then inversion.
 * @param {Adjust} adjust
 * @returns {Uint8ClampedArray} by the 256 old values
 */
export function toneCurve({ brightness, contrast, gamma, invert }) {
  // The slope is the tangent of an angle, so that equal steps of the slider look equal; 100 itself would be endless.
  const slope = Math.tan(((Math.min(contrast, 99) + 100) * Math.PI) / 400);
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => {
    const share = clamp(((value / 255) ** (1 / gamma) - 0.5) * slope + 0.5 + brightness / 100, 0, 1);
    return 255 * (invert ? 1 - share : share);
  });
}

/** A saturated channel may leave the bytes by so much on either side, before the curve takes it back. */
const OVER = 256;

/**
 * Adjusts pixels in place: saturation around the luma of Rec. 709, then the tone curve. In whole numbers and one write for each pixel,
 * as a slider that moves has a million of them to do in a frame.
 * @param {Uint8ClampedArray} pixels RGBA, at an offset that is a multiple of four
 * @param {Adjust} adjust
 */
export function adjustPixels(pixels, adjust) {
  if (isNeutral(adjust)) return;
  const curve = toneCurve(adjust);
  if (adjust.saturation === NEUTRAL.saturation) return bend(pixels, curve);
  const table = Uint8Array.from({ length: 256 + 2 * OVER }, (_, place) => curve[clamp(place - OVER, 0, 255)] ?? 0);
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
  const share = Math.round((adjust.saturation / 100) * 256);
  for (let i = 0; i < words.length; i++) {
    const word = /** @type {number} */ (words[i]);
    const red = word & 255;
    const green = (word >> 8) & 255;
    const blue = (word >> 16) & 255;
    const luma = (54 * red + 183 * green + 19 * blue + 128) >> 8;
    const base = luma + OVER;
    words[i] =
      (word & 0xff000000) |
      (/** @type {number} */ (table[base + (((blue - luma) * share + 128) >> 8)]) << 16) |
      (/** @type {number} */ (table[base + (((green - luma) * share + 128) >> 8)]) << 8) |
      /** @type {number} */ (table[base + (((red - luma) * share + 128) >> 8)]);
  }
}

/** @param {Uint8ClampedArray} pixels @param {Uint8ClampedArray} curve */
function bend(pixels, curve) {
  for (let i = 0; i < pixels.length; i += 4) {
    pixels[i] = /** @type {number} */ (curve[/** @type {number} */ (pixels[i])]);
    pixels[i + 1] = /** @type {number} */ (curve[/** @type {number} */ (pixels[i + 1])]);
    pixels[i + 2] = /** @type {number} */ (curve[/** @type {number} */ (pixels[i + 2])]);
  }
}
