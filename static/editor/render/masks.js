// @ts-check
import { bitmapOf } from "../mask/painted.js";
import { toImage, toScreenBox } from "../viewport.js";
import { boxBetween } from "../geometry.js";
import { Chunks } from "./chunks.js";
/** @import { Labels } from "../labels.js" */
/** @import { Box, MaskShape, Size, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

/** Screen pixels around what changed that are painted anew as well. */
const MARGIN = 4;
/** The rim around selected masks: a white line in a dark one, in screen pixels. */
const RIM = /** @type {const} */ ([[2.5, "rgba(0, 0, 0, 0.75)"], [1.5, "#fff"]]);
const AROUND = /** @type {const} */ ([[1, 0], [-1, 0], [0, 1], [0, -1], [0.7, 0.7], [-0.7, 0.7], [0.7, -0.7], [-0.7, -0.7]]);

const WHITE = { colour: "#ffffff", hatching: 0 };

/** A canvas of the stage's size that is painted where its masks changed, and everywhere when the view did. */
class Sheet {
  #chunks = new Chunks();
  canvas = document.createElement("canvas");
  /** @type {View | null} */
  #view = null;

  /** @param {Size} stage @param {number} ratio */
  resize(stage, ratio) {
    this.canvas.width = Math.max(1, Math.round(stage.width * ratio));
    this.canvas.height = Math.max(1, Math.round(stage.height * ratio));
    this.#view = null;
  }

  /**
   * @param {readonly MaskShape[]} masks
   * @param {(mask: MaskShape) => {colour: string, hatching: number}} paint
   * @param {View} view
   * @param {number} ratio
   * @returns {Box | null} what was painted, in screen pixels
   */
  paint(masks, paint, view, ratio) {
    const layers = masks.map((mask) => ({ mask, ...paint(mask) }));
    const change = this.#chunks.show(layers.map(({ mask, colour, hatching }) => ({ id: mask.id, bitmap: bitmapOf(mask.rle), colour, pattern: hatching })));
    const stage = { x: 0, y: 0, width: this.canvas.width / ratio, height: this.canvas.height / ratio };
    const part = this.#view === view ? change && within(toScreenBox(view, change), stage) : stage;
    this.#view = view;
    const context = part && part.width > 0 && part.height > 0 ? this.canvas.getContext("2d") : null;
    if (!part || !context) return null;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.save();
    cut(context, part);
    this.#chunks.draw(context, view, ratio, boxBetween(toImage(view, part), toImage(view, { x: part.x + part.width, y: part.y + part.height })));
    context.restore();
    return part;
  }

  clear() {
    this.#chunks.clear();
    this.#view = null;
  }
}

/** The masks of an image between the picture and what is under the hand; its opacity is the canvas's own. */
export class MaskLayer {
  #fill = new Sheet();
  #shade = new Sheet();
  #rim = document.createElement("canvas");
  #rimmed = false;

  /** Everything painted, to be put on the stage. */
  get canvas() {
    return this.#fill.canvas;
  }

  /** @param {Size} stage screen pixels @param {number} ratio */
  resize(stage, ratio) {
    this.#fill.resize(stage, ratio);
    this.#shade.resize(stage, ratio);
    this.#rim.width = this.canvas.width;
    this.#rim.height = this.canvas.height;
    this.canvas.style.width = `${stage.width}px`;
    this.canvas.style.height = `${stage.height}px`;
  }

  /** Forgets the image before. */
  clear() {
    this.#fill.clear();
    this.#shade.clear();
  }

  /**
   * @param {readonly MaskShape[]} masks those to be seen, lowest first
   * @param {ReadonlySet<string>} selection
   * @param {View} view
   * @param {Labels} labels
   * @param {number} ratio
   */
  paint(masks, selection, view, labels, ratio) {
    this.#fill.paint(masks, (mask) => labels.paint(mask.label), view, ratio);
    const rimmed = masks.filter((mask) => selection.has(mask.id));
    if (rimmed.length === 0 && !this.#rimmed) return;
    this.#rimmed = rimmed.length > 0;
    const part = this.#shade.paint(rimmed, () => WHITE, view, ratio);
    if (part) this.#outline(part, ratio);
  }

  /** Lays the outline of the selected masks over the context. @param {Context} context @param {number} ratio */
  drawRim(context, ratio) {
    if (this.#rimmed) context.drawImage(this.#rim, 0, 0, this.#rim.width / ratio, this.#rim.height / ratio);
  }

  /** The shape of the selected masks, shifted to all sides, less itself. @param {Box} part @param {number} ratio */
  #outline(part, ratio) {
    const context = this.#rim.getContext("2d");
    if (!context) return;
    const shade = this.#shade.canvas;
    const stage = { width: shade.width / ratio, height: shade.height / ratio };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.save();
    cut(context, part);
    for (const [reach, colour] of RIM) {
      for (const [x, y] of AROUND) context.drawImage(shade, x * reach, y * reach, stage.width, stage.height);
      if (colour === "#fff") continue;
      context.globalCompositeOperation = "source-in";
      context.fillStyle = colour;
      context.fillRect(part.x, part.y, part.width, part.height);
      context.globalCompositeOperation = "source-over";
    }
    context.globalCompositeOperation = "destination-out";
    context.drawImage(shade, 0, 0, stage.width, stage.height);
    context.restore();
  }
}

/** Empties a part of a canvas and draws nowhere else. @param {Context} context @param {Box} part */
function cut(context, part) {
  context.beginPath();
  context.rect(part.x, part.y, part.width, part.height);
  context.clip();
  context.clearRect(part.x, part.y, part.width, part.height);
}

/** The part of a box with a margin that lies on the stage, on whole pixels. @param {Box} box @param {Box} stage @returns {Box} */
function within(box, stage) {
  const left = Math.max(0, Math.floor(box.x - MARGIN));
  const top = Math.max(0, Math.floor(box.y - MARGIN));
  const right = Math.min(stage.width, Math.ceil(box.x + box.width + MARGIN));
  const bottom = Math.min(stage.height, Math.ceil(box.y + box.height + MARGIN));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
