// @ts-check

import { Emitter } from "../emitter.js";
import { readDicom } from "./dicom.js";
import { openTiles } from "./tiles.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Box, ImageInfo, Size, View } from "../types.js" */
/** @import { Tiling } from "./tiles.js" */

/**
 * An image ready to paint: itself and copies of half the size each, so that a small view never resamples all pixels.
 * `adjust` is the frozen `session.state.adjust`: {brightness, contrast, gamma, saturation, invert}, see adjust.js.
 *
 * A picture that is more than its levels (tiles, 16-bit data) brings its own `draw`. It gets a context in screen pixels of which one has
 * `ratio` device pixels, maps by viewport.js alone, and applies `adjust` itself, by `adjustPixels` of adjust.js.
 * `levels` then holds small copies: the minimap and colour pickers read them. `changed` tells that something more came and is to be painted.
 * `pixels` reads a box of it as it is shown but for `adjust`: RGBA, in image pixels. `rest` frees what can be had again, while another is shown.
 * `finest` is for a picture of which only what is looked at is here: what of a box can be read at full resolution, and when.
 * @typedef {{source: CanvasImageSource, width: number, height: number}} Level
 * @typedef {{
 *   levels: Level[], width: number, height: number, changed?: Emitter<void>,
 *   draw?: (context: CanvasRenderingContext2D, view: View, image: Size, ratio: number, adjust: Adjust) => void,
 *   pixels?: (x: number, y: number, width: number, height: number) => Uint8ClampedArray, rest?: () => void,
 *   finest?: (box: Box) => {area: Box | null, ready: () => Promise<boolean>},
 * }} Picture
 */

const SMALLEST = 512;
const KEPT = 14;

/** Loads pictures ahead of time and remembers the last few. */
export class Pictures {
  /** @type {Map<string, {promise: Promise<Picture>, picture: Picture | null}>} */
  #known = new Map();

  #csrf;
  /** A large image is being prepared. @type {Emitter<{code: string, tiling: Tiling}>} */
  preparing = new Emitter();

  /** @param {() => string} csrf */
  constructor(csrf) {
    this.#csrf = csrf;
  }

  /**
   * @param {Pick<ImageInfo, "code" | "url" | "own_url" | "values_url" | "tiles_url">} image known by its code, whatever its address of the moment
   * @returns {Promise<Picture>}
   */
  load({ code, url, own_url, values_url, tiles_url }) {
    const known = this.#known.get(code);
    if (known) return known.promise;
    const promise = tiles_url ? openTiles(tiles_url, this.#csrf, (tiling) => this.preparing.emit({ code, tiling })) : values_url ? readDicom(values_url) : read(url, own_url);
    const entry = { promise: /** @type {Promise<Picture>} */ (promise), picture: /** @type {Picture | null} */ (null) };
    this.#known.set(code, entry);
    entry.promise.then(
      (picture) => (entry.picture = picture),
      () => this.#known.delete(code),
    );
    for (const old of [...this.#known.keys()].slice(0, Math.max(0, this.#known.size - KEPT))) this.#known.delete(old);
    return entry.promise;
  }

  /** The picture if it is here already. @param {string} code */
  get(code) {
    return this.#known.get(code)?.picture ?? null;
  }
}

/** Stores that let this page read no pixels (CORS). @type {Set<string>} */
const refusing = new Set();

/**
 * The image with pixels that may be read: straight from its store where that allows it, else from our own server.
 * @param {string} url @param {string} [own]
 */
async function fetched(url, own) {
  const { origin } = new URL(url, location.href);
  if (!own) return await decoded(url);
  if (!refusing.has(origin)) {
    const image = await decoded(url).catch(() => null); // whatever the reason, our own server says it better
    if (image) return image;
  }
  const image = await decoded(own);
  refusing.add(origin);
  return image;
}

/** @param {string} url */
async function decoded(url) {
  const image = new Image();
  image.decoding = "async";
  image.crossOrigin = "anonymous";
  image.src = url;
  await image.decode();
  return image;
}

/** @param {string} url @param {string} [own] @returns {Promise<Picture>} */
async function read(url, own) {
  const image = await fetched(url, own);
  const { naturalWidth: width, naturalHeight: height } = image;
  /** @type {Level[]} */
  const levels = [{ source: image, width, height }];
  let last = levels[0];
  while (last && Math.min(last.width, last.height) >= 2 * SMALLEST) {
    last = halve(last);
    levels.push(last);
  }
  return { levels, width, height };
}

/** @param {Level} level @returns {Level} */
function halve(level) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(level.width / 2);
  canvas.height = Math.round(level.height / 2);
  const context = canvas.getContext("2d");
  if (context) {
    context.imageSmoothingQuality = "high";
    context.drawImage(level.source, 0, 0, canvas.width, canvas.height);
  }
  return { source: canvas, width: canvas.width, height: canvas.height };
}

/**
 * The smallest copy that still has a pixel for every pixel of the screen.
 * @param {Picture} picture
 * @param {number} scale device pixels per image pixel
 */
export function levelFor(picture, scale) {
  const fine = picture.levels.filter((level) => level.width >= picture.width * scale * 0.95);
  return fine.at(-1) ?? picture.levels[0];
}
