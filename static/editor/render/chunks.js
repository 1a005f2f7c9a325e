// @ts-check
import { boundsOf, boxesTouch } from "../geometry.js";
import { hatched } from "../hatching.js";
import { changedBox } from "../mask/bitmap.js";
import { addCoverage } from "../mask/coverage.js";
import { applyView } from "../viewport.js";
import { inkOn } from "./theme.js";
/** @import { Box, View } from "../types.js" */
/** @import { Bitmap } from "../mask/bitmap.js" */
/** @import { Context } from "./layers.js" */

/**
 * @typedef {{id: string, bitmap: Bitmap, colour: string, pattern: number}} Layer `pattern` of hatching.js; 0 is none
 * @typedef {{level: number, x: number, y: number, canvas: HTMLCanvasElement, stale: Box | null}} Chunk its corner and what of it is stale, in image pixels
 */

/** Pixels of a chunk, and how many it shares with its neighbours so that no seam shows between them. */
const SIDE = 256;
const APRON = 2;
const KEPT = 160;

/** Masks as little canvases: one pixel per image pixel or, in a small view, per block of 2, 4, 8 … pixels. */
export class Chunks {
  /** @type {readonly Layer[]} */
  #layers = [];
  /** @type {Map<string, Chunk>} */
  #chunks = new Map();

  /**
   * Takes over the masks as they are now.
   * @param {readonly Layer[]} layers lowest first
   * @returns {Box | null} what looks different, in image pixels
   */
  show(layers) {
    const before = new Map(this.#layers.map((layer) => [layer.id, layer]));
    const changes = layers.map((layer) => changeOf(before.get(layer.id), layer));
    const alive = new Set(layers.map((layer) => layer.id));
    const gone = this.#layers.filter((layer) => !alive.has(layer.id)).map((layer) => layer.bitmap.bounds);
    this.#layers = layers;
    const change = boundsOf([...changes, ...gone].filter((box) => box !== null));
    if (change) for (const chunk of this.#chunks.values()) chunk.stale = boundsOf([change, ...(chunk.stale ? [chunk.stale] : [])]);
    return change;
  }

  clear() {
    this.#layers = [];
    this.#chunks.clear();
  }

  /**
   * Draws what lies in an area, as finely as the screen can show it.
   * @param {Context} context scaled to screen pixels
   * @param {View} view
   * @param {number} ratio device pixels per screen pixel
   * @param {Box} area image pixels
   */
  draw(context, view, ratio, area) {
    const level = Math.max(0, Math.floor(Math.log2(1 / (view.scale * ratio))));
    const side = SIDE << level;
    const inked = this.#layers.map((layer) => layer.bitmap.bounds);
    context.save();
    applyView(context, view);
    context.imageSmoothingEnabled = view.scale * ratio * 2 ** level < 1;
    for (let x = Math.max(0, Math.floor(area.x / side)) * side; x < area.x + area.width; x += side) {
      for (let y = Math.max(0, Math.floor(area.y / side)) * side; y < area.y + area.height; y += side) {
        const frame = { x, y, width: side, height: side };
        if (!inked.some((bounds) => boxesTouch(bounds, frame))) continue;
        const canvas = this.#chunk(level, x, y).canvas;
        context.drawImage(canvas, x, y, canvas.width << level, canvas.height << level);
      }
    }
    context.restore();
  }

  /** @param {number} level @param {number} x @param {number} y */
  #chunk(level, x, y) {
    const key = `${level} ${x} ${y}`;
    const chunk = this.#chunks.get(key) ?? blankChunk(level, x, y);
    this.#chunks.delete(key);
    this.#chunks.set(key, chunk);
    for (const old of [...this.#chunks.keys()].slice(0, Math.max(0, this.#chunks.size - KEPT))) this.#chunks.delete(old);
    if (chunk.stale) this.#refresh(chunk, chunk.stale);
    chunk.stale = null;
    return chunk;
  }

  /** Paints the stale part of a chunk anew. @param {Chunk} chunk @param {Box} stale */
  #refresh(chunk, stale) {
    const { level, x, y, canvas } = chunk;
    const left = Math.max(0, Math.floor(stale.x - x) >> level);
    const top = Math.max(0, Math.floor(stale.y - y) >> level);
    const width = Math.min(canvas.width, ((Math.ceil(stale.x + stale.width) - x - 1) >> level) + 1) - left;
    const height = Math.min(canvas.height, ((Math.ceil(stale.y + stale.height) - y - 1) >> level) + 1) - top;
    if (width <= 0 || height <= 0) return;
    const area = { x: (x >> level) + left, y: (y >> level) + top, width, height };
    const image = new ImageData(width, height);
    compose(this.#layers, level, area, new Uint32Array(image.data.buffer));
    canvas.getContext("2d")?.putImageData(image, left, top);
  }
}

/** @param {number} level @param {number} x @param {number} y @returns {Chunk} */
function blankChunk(level, x, y) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE + APRON;
  const side = (SIDE + APRON) << level;
  return { level, x, y, canvas, stale: { x, y, width: side, height: side } };
}

/** @param {Layer | undefined} before @param {Layer} after @returns {Box | null} */
function changeOf(before, after) {
  if (!before) return after.bitmap.bounds;
  if (before.colour !== after.colour || before.pattern !== after.pattern) return boundsOf([before.bitmap.bounds, after.bitmap.bounds]);
  return before.bitmap === after.bitmap ? null : changedBox(before.bitmap, after.bitmap);
}

/**
 * The colour of each block is that of the mask with most of its pixels, its alpha how much of it is painted.
 * @param {readonly Layer[]} layers
 * @param {number} level
 * @param {Box} area in blocks
 * @param {Uint32Array} pixels
 */
function compose(layers, level, area, pixels) {
  const frame = { x: area.x << level, y: area.y << level, width: area.width << level, height: area.height << level };
  const near = layers.filter((layer) => boxesTouch(layer.bitmap.bounds, frame));
  const most = new Uint16Array(pixels.length);
  const total = new Uint16Array(pixels.length);
  for (const { bitmap, colour, pattern } of near) {
    const counts = new Uint16Array(pixels.length);
    addCoverage(bitmap, level, area, counts);
    const [ink, line] = [littleEndian(colour), littleEndian(inkOn(colour) === "#fff" ? "#ffffff" : "#000000")];
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] ?? 0;
      if (count === 0) continue;
      total[at] = (total[at] ?? 0) + count;
      if (count < (most[at] ?? 0)) continue;
      most[at] = count;
      pixels[at] = pattern > 0 && hatched(pattern, area.x + (at % area.width), area.y + Math.floor(at / area.width)) ? line : ink;
    }
  }
  const whole = 4 ** level;
  for (let at = 0; at < pixels.length; at++) {
    const share = (total[at] ?? 0) / whole;
    if (share > 0) pixels[at] = (((pixels[at] ?? 0) & 0xffffff) | (Math.round(255 * Math.min(1, share)) << 24)) >>> 0;
  }
}

/** The bytes of a colour as a canvas keeps them. @param {string} colour `#rrggbb` */
function littleEndian(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  return ((value & 255) << 16) | (value & 0xff00) | (value >> 16);
}
