// @ts-check
import { kindOf } from "../shapes/index.js";
import { segments } from "../shapes/mask.js";
import { levelFor } from "./picture.js";
import { THEME, fade, inkOn } from "./theme.js";
/** @import { Labels } from "../labels.js" */
/** @import { Box, MaskShape, Point, Rle, Shape, Size, View } from "../types.js" */
/** @import { Picture } from "./picture.js" */

/**
 * Draw functions work in screen pixels: the context is scaled to the device, the view maps from the image.
 * @typedef {CanvasRenderingContext2D} Context
 */

/** @param {Context} context @param {Picture} picture @param {View} view @param {Size} image @param {number} ratio */
export function drawPicture(context, picture, view, image, ratio) {
  const level = levelFor(picture, view.scale * ratio);
  if (!level) return;
  context.imageSmoothingEnabled = view.scale < 4;
  context.drawImage(level.source, view.x, view.y, image.width * view.scale, image.height * view.scale);
}

/**
 * Settled regions: the outlines of one label in one stroke each, names where there is room.
 * @param {Context} context
 * @param {readonly Shape[]} shapes
 * @param {View} view
 * @param {Labels} labels
 */
export function drawShapes(context, shapes, view, labels) {
  const halo = shapes.length <= THEME.halosUpTo;
  for (const shape of shapes) {
    if (shape.shape === "mask") drawMask(context, shape, view, labels.colour(shape.label));
    else outline(context, shape, view, labels.colour(shape.label), THEME.line, THEME.fill, halo);
  }
  if (shapes.length > THEME.tagsUpTo) return;
  for (const shape of shapes) {
    if (kindOf(shape).bounds(shape).width * view.scale >= THEME.tagFromWidth) drawTag(context, shape, view, labels, "");
  }
}

/**
 * @param {Context} context
 * @param {readonly Shape[]} shapes
 * @param {View} view
 * @param {Labels} labels
 */
export function drawSelection(context, shapes, view, labels) {
  const few = shapes.length <= THEME.tagsUpTo;
  for (const shape of shapes) {
    if (shape.shape === "mask") {
      drawMask(context, shape, view, labels.colour(shape.label));
      boxOutline(context, shape, view, "#fff", 1, [4, 3]);
    } else outline(context, shape, view, labels.colour(shape.label), THEME.selectedLine, THEME.selectedFill, few);
    if (few) drawTag(context, shape, view, labels, kindOf(shape).measure(shape));
  }
}

/** @param {Context} context @param {Shape} shape @param {View} view @param {Labels} labels */
export function drawHover(context, shape, view, labels) {
  if (shape.shape === "mask") boxOutline(context, shape, view, "#fff", 1, [4, 3]);
  else outline(context, shape, view, labels.colour(shape.label), THEME.selectedLine, THEME.selectedFill, true);
  drawTag(context, shape, view, labels, "");
}

/** @param {Context} context @param {Shape} shape @param {View} view @param {string} colour @param {number} size screen pixels */
export function drawHandles(context, shape, view, colour, size) {
  context.fillStyle = "#fff";
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  const bounds = kindOf(shape).bounds(shape);
  const small = Math.min(bounds.width, bounds.height) * view.scale < 3 * size;
  for (const grip of kindOf(shape).grips(shape)) {
    if (small && grip.kind === "edge") continue;
    const [x, y] = [grip.point.x * view.scale + view.x, grip.point.y * view.scale + view.y];
    context.beginPath();
    context.rect(x - size / 2, y - size / 2, size, size);
    context.fill();
    context.stroke();
  }
}

/** A box in the making and its size. @param {Context} context @param {Box} box @param {View} view @param {string} colour */
export function drawSketch(context, box, view, colour) {
  context.fillStyle = fade(colour, THEME.selectedFill);
  context.fillRect(box.x * view.scale + view.x, box.y * view.scale + view.y, box.width * view.scale, box.height * view.scale);
  boxOutline(context, box, view, THEME.halo, THEME.line + 2, []);
  boxOutline(context, box, view, colour, THEME.line, []);
  const words = `${Math.round(box.width)} × ${Math.round(box.height)}`;
  const at = { x: (box.x + box.width) * view.scale + view.x + 6, y: (box.y + box.height) * view.scale + view.y + 6 };
  label(context, words, at, "rgba(20, 22, 26, 0.85)", "#fff");
}

/** @param {Context} context @param {Box} box @param {View} view */
export function drawBand(context, box, view) {
  context.fillStyle = "rgba(255, 255, 255, 0.12)";
  context.fillRect(box.x * view.scale + view.x, box.y * view.scale + view.y, box.width * view.scale, box.height * view.scale);
  boxOutline(context, box, view, "rgba(0, 0, 0, 0.6)", 1, []);
  boxOutline(context, box, view, "#fff", 1, [4, 4]);
}

/** @param {Context} context @param {Point} point image pixels @param {View} view @param {Size} stage */
export function drawCrosshair(context, point, view, stage) {
  const x = Math.round(point.x * view.scale + view.x) + 0.5;
  const y = Math.round(point.y * view.scale + view.y) + 0.5;
  for (const [colour, shift] of /** @type {const} */ ([[THEME.crosshairShade, 1], [THEME.crosshair, 0]])) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + shift, 0);
    context.lineTo(x + shift, stage.height);
    context.moveTo(0, y + shift);
    context.lineTo(stage.width, y + shift);
    context.stroke();
  }
}

/**
 * @param {Context} context
 * @param {Exclude<Shape, MaskShape>} shape
 * @param {View} view
 * @param {string} colour
 * @param {number} line
 * @param {number} fill
 * @param {boolean} halo a dark rim, so that the line shows on any picture
 */
function outline(context, shape, view, colour, line, fill, halo) {
  const crowd = shape.shape === "box" && shape.crowd;
  if (shape.shape === "box") {
    const [x, y] = [shape.x * view.scale + view.x, shape.y * view.scale + view.y];
    const [width, height] = [shape.width * view.scale, shape.height * view.scale];
    context.fillStyle = fade(colour, fill);
    context.fillRect(x, y, width, height);
    if (halo) boxOutline(context, shape, view, THEME.halo, line + 2, []);
    boxOutline(context, shape, view, colour, line, crowd ? [6, 4] : []);
    return;
  }
  const path = new Path2D();
  for (const ring of shape.parts) {
    ring.forEach(([x, y], index) => path[index ? "lineTo" : "moveTo"](x * view.scale + view.x, y * view.scale + view.y));
    path.closePath();
  }
  context.fillStyle = fade(colour, fill);
  context.fill(path, "evenodd");
  for (const [style, width] of /** @type {const} */ ([[THEME.halo, line + 2], [colour, line]])) {
    if (style === THEME.halo && !halo) continue;
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke(path);
  }
}

/** @param {Context} context @param {Box} box @param {View} view @param {string} colour @param {number} line @param {number[]} dash */
function boxOutline(context, box, view, colour, line, dash) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  if (dash.length) context.setLineDash(dash);
  const [x, y] = [Math.round(box.x * view.scale + view.x), Math.round(box.y * view.scale + view.y)];
  const [right, bottom] = [Math.round((box.x + box.width) * view.scale + view.x), Math.round((box.y + box.height) * view.scale + view.y)];
  context.strokeRect(x, y, right - x, bottom - y);
  if (dash.length) context.setLineDash([]);
}

/** The label's name above the region. @param {Context} context @param {Shape} shape @param {View} view @param {Labels} labels @param {string} more */
function drawTag(context, shape, view, labels, more) {
  const bounds = kindOf(shape).bounds(shape);
  const above = bounds.y * view.scale + view.y - THEME.tagHeight - 1;
  const colour = labels.colour(shape.label);
  const at = { x: bounds.x * view.scale + view.x - 1, y: above < 0 ? bounds.y * view.scale + view.y + 1 : above };
  label(context, [labels.name(shape.label), more].filter(Boolean).join("  "), at, colour, inkOn(colour));
}

/** @param {Context} context @param {string} words @param {Point} at @param {string} ground @param {string} ink */
function label(context, words, at, ground, ink) {
  context.font = THEME.font;
  context.textBaseline = "middle";
  const width = context.measureText(words).width + 10;
  context.fillStyle = ground;
  context.beginPath();
  context.roundRect(at.x, at.y, width, THEME.tagHeight, 3);
  context.fill();
  context.fillStyle = ink;
  context.fillText(words, at.x + 5, at.y + THEME.tagHeight / 2 + 0.5);
}

/** Painted masks, remembered with their colour. @type {WeakMap<Rle, {colour: string, canvas: HTMLCanvasElement}>} */
const painted = new WeakMap();

/** @param {Context} context @param {MaskShape} shape @param {View} view @param {string} colour */
function drawMask(context, shape, view, colour) {
  let known = painted.get(shape.rle);
  if (known?.colour !== colour) {
    known = { colour, canvas: paintMask(shape, colour) };
    painted.set(shape.rle, known);
  }
  if (known.canvas.width === 0 || known.canvas.height === 0) return;
  const { scale, x, y } = view;
  context.imageSmoothingEnabled = false;
  context.globalAlpha = THEME.maskFill;
  context.drawImage(known.canvas, shape.x * scale + x, shape.y * scale + y, known.canvas.width * scale, known.canvas.height * scale);
  context.globalAlpha = 1;
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
