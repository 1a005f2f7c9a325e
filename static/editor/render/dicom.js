// @ts-check
import { NEUTRAL, toneCurve } from "../adjust.js";
import { Emitter } from "../emitter.js";
import { firstWindow, greysOf, halveValues, unpackValues, VALUES } from "../windowing.js";
import { applyView, visibleBox } from "../viewport.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Box, Size, View } from "../types.js" */
/** @import { Range, Scale } from "../windowing.js" */
/** @import { Level, Picture } from "./picture.js" */

/** @typedef {{values: Uint16Array, width: number, height: number, shown: {box: Box, canvas: HTMLCanvasElement, colours: Uint32Array} | null}} ValueLevel */

const SMALLEST = 512;
/** So much around what is seen is painted with it, so that moving the view costs nothing for a while. */
const MARGIN = 0.25;

/** @param {string} url @returns {Promise<DicomPicture>} */
export async function readDicom(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await answer.text());
  const data = await answer.arrayBuffer();
  const length = new DataView(data).getUint32(0, true);
  /** @type {Scale} */
  const scale = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const inflating = new Blob([new Uint8Array(data, 4 + length)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(inflating).arrayBuffer());
  return new DicomPicture(scale, unpackValues(planes, scale.width, scale.height));
}

/** A grey image of 16 bits, painted through a window: only what is seen, at the level that fits. @implements {Picture} */
export class DicomPicture {
  /** @type {Level[]} */
  levels = [];
  width;
  height;
  scale;
  /** @type {Emitter<void>} */
  changed = new Emitter();
  /** @type {Range | null} */
  #range;
  /** @type {ValueLevel[]} */
  #levels;
  /** @type {{range: Range | null, adjust: Adjust, colours: Uint32Array}[]} */
  #tables = [];

  /** @param {Scale} scale @param {Uint16Array} values */
  constructor(scale, values) {
    this.scale = scale;
    this.width = scale.width;
    this.height = scale.height;
    this.#range = firstWindow(scale);
    let level = { values, width: scale.width, height: scale.height };
    this.#levels = [{ ...level, shown: null }];
    while (Math.min(level.width, level.height) >= 2 * SMALLEST) {
      level = halveValues(level);
      this.#levels.push({ ...level, shown: null });
    }
  }

  get range() {
    return this.#range;
  }

  set range(range) {
    if (this.#range === range) return;
    this.#range = range;
    this.changed.emit();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Size} image
   * @param {number} ratio
   * @param {Adjust} adjust
   */
  draw(context, view, image, ratio, adjust) {
    const level = this.#levels.findLast(({ width }) => width >= image.width * view.scale * ratio * 0.95) ?? this.#levels[0];
    if (!level) return;
    const share = level.width / image.width;
    const seen = visibleBox(view, { width: context.canvas.width / ratio, height: context.canvas.height / ratio });
    const part = within(level, { x: seen.x * share, y: seen.y * share, width: seen.width * share, height: seen.height * share }, 0);
    if (part.width < 1 || part.height < 1) return;
    const { box, canvas } = paintedPart(level, part, this.#colours(adjust));
    context.save();
    applyView(context, view);
    context.imageSmoothingEnabled = view.scale * ratio < 4;
    context.drawImage(canvas, box.x / share, box.y / share, box.width / share, box.height / share);
    context.restore();
  }

  /**
   * Pixels as the window shows them, without adjustments of the view.
   * @param {number} x @param {number} y @param {number} width @param {number} height image pixels
   * @returns {Uint8ClampedArray} RGBA
   */
  pixels(x, y, width, height) {
    const found = new Uint32Array(width * height);
    const level = this.#levels[0];
    const colours = this.#colours(NEUTRAL);
    for (let row = Math.max(0, -y); level && row < Math.min(height, this.height - y); row++) {
      for (let column = Math.max(0, -x); column < Math.min(width, this.width - x); column++) {
        found[row * width + column] = colours[/** @type {number} */ (level.values[(y + row) * this.width + x + column])] ?? 0;
      }
    }
    return new Uint8ClampedArray(found.buffer);
  }

  /** The colour of every value, as a canvas keeps it. @param {Adjust} adjust */
  #colours(adjust) {
    const range = this.#range;
    const known = this.#tables.find((table) => table.range === range && table.adjust === adjust);
    if (known) return known.colours;
    const greys = greysOf({ scale: this.scale, range });
    const tones = toneCurve(adjust);
    const colours = new Uint32Array(VALUES);
    for (let value = 0; value < VALUES; value++) {
      const grey = /** @type {number} */ (tones[/** @type {number} */ (greys[value])]);
      colours[value] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
    }
    this.#tables = [...this.#tables, { range, adjust, colours }].slice(-2);
    return colours;
  }
}

/** A part of a level, painted; what was painted before serves while it covers what is asked for. @param {ValueLevel} level @param {Box} part @param {Uint32Array} colours */
function paintedPart(level, part, colours) {
  const { shown } = level;
  if (shown?.colours === colours && covers(shown.box, part)) return shown;
  const box = within(level, part, MARGIN);
  const canvas = shown?.canvas ?? document.createElement("canvas");
  if (canvas.width !== box.width) canvas.width = box.width;
  if (canvas.height !== box.height) canvas.height = box.height;
  const pixels = new Uint32Array(box.width * box.height);
  for (let row = 0, at = 0; row < box.height; row++) {
    const from = (box.y + row) * level.width + box.x;
    for (let column = from; column < from + box.width; column++) pixels[at++] = /** @type {number} */ (colours[/** @type {number} */ (level.values[column])]);
  }
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), box.width, box.height), 0, 0);
  level.shown = { box, canvas, colours };
  return level.shown;
}

/** Whole pixels of a level around a box. @param {Size} level @param {Box} box @param {number} margin share of the box @returns {Box} */
function within(level, box, margin) {
  const [across, down] = [box.width * margin, box.height * margin];
  const [left, top] = [Math.max(0, Math.floor(box.x - across)), Math.max(0, Math.floor(box.y - down))];
  const right = Math.min(level.width, Math.ceil(box.x + box.width + across));
  const bottom = Math.min(level.height, Math.ceil(box.y + box.height + down));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** @param {Box} outer @param {Box} inner */
function covers(outer, inner) {
  return outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width && outer.y + outer.height >= inner.y + inner.height;
}
