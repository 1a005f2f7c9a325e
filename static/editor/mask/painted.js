// @ts-check
import { decode, encode } from "./codec.js";
/** @import { Rle } from "../types.js" */
/** @import { Bitmap } from "./bitmap.js" */

/** The bitmap behind run lengths: made with them by a stroke, or read from them once. @type {WeakMap<Rle, Bitmap>} */
const bitmaps = new WeakMap();

/** @param {Rle} rle @returns {Bitmap} */
export function bitmapOf(rle) {
  let bitmap = bitmaps.get(rle);
  if (!bitmap) {
    bitmap = decode(rle);
    bitmaps.set(rle, bitmap);
  }
  return bitmap;
}

/** Run lengths that are written when somebody reads them: a stroke makes many masks, and only the last is saved. @param {Bitmap} bitmap @returns {Rle} */
export function rleOf(bitmap) {
  /** @type {string | null} */
  let counts = null;
  /** @type {Rle} */
  const rle = Object.freeze({
    size: /** @type {const} */ ([bitmap.height, bitmap.width]),
    get counts() {
      counts ??= encode(bitmap);
      return counts;
    },
  });
  bitmaps.set(rle, bitmap);
  return rle;
}
