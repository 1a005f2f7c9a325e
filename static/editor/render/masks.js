// @ts-check
import { segments } from "../shapes/mask.js";
import { applyView } from "../viewport.js";
import { THEME } from "./theme.js";
/** @import { MaskShape, Rle, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

/** Painted masks, remembered with their colour. @type {WeakMap<Rle, {colour: string, canvas: HTMLCanvasElement}>} */
const painted = new WeakMap();

/** @param {Context} context @param {MaskShape} shape @param {View} view @param {string} colour */
export function drawMask(context, shape, view, colour) {
  let known = painted.get(shape.rle);
  if (known?.colour !== colour) {
    known = { colour, canvas: paintMask(shape, colour) };
    painted.set(shape.rle, known);
  }
  if (known.canvas.width === 0 || known.canvas.height === 0) return;
  context.save();
  applyView(context, view);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = THEME.maskFill;
  context.drawImage(known.canvas, shape.x, shape.y);
  context.restore();
}

/** @param {MaskShape} shape @param {string} colour */
function paintMask(shape, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(shape.width);
  canvas.height = Math.ceil(shape.height);
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.fillStyle = colour;
  for (const [column, top, bottom] of segments(shape)) context.fillRect(column - shape.x, top - shape.y, 1, bottom - top);
  return canvas;
}
