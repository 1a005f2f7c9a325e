// @ts-check
import { boxesTouch } from "../geometry.js";
import { TEXT_SIZES } from "../look.js";
import { kindOf } from "../shapes/index.js";
import { largestPart } from "../shapes/polygon.js";
import { toScreen, toScreenBox } from "../viewport.js";
import { THEME, fade, fontOf, inkOn, tagHeight } from "./theme.js";
/** @import { Labels } from "../labels.js" */
/** @import { Look } from "../look.js" */
/** @import { Paint } from "../palette.js" */
/** @import { Box, MaskShape, Point, Shape, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

/**
 * Settled regions: the outlines of one label in one stroke each, names where there is room.
 * @param {Context} context
 * @param {readonly Shape[]} shapes
 * @param {View} view
 * @param {Labels} labels
 * @param {Look} look
 */
export function drawShapes(context, shapes, view, labels, look) {
  const how = { ...look, halo: shapes.length <= THEME.halosUpTo };
  for (const shape of shapes) {
    if (shape.shape !== "mask") outline(context, shape, view, labels.paint(shape.label), how);
  }
  if (shapes.length > THEME.tagsUpTo) return;
  /** @type {Box[]} */
  const written = [];
  for (const shape of shapes) {
    if (shape.shape !== "mask" && toScreenBox(view, namePlace(shape)).width >= THEME.tagFromWidth) drawTag(context, shape, view, labels, "", look, written);
  }
}

/**
 * @param {Context} context
 * @param {readonly Shape[]} shapes
 * @param {View} view
 * @param {Labels} labels
 * @param {Look} look
 */
export function drawSelection(context, shapes, view, labels, look) {
  const few = shapes.length <= THEME.tagsUpTo;
  const how = { ...raised(look), halo: few };
  for (const shape of shapes) {
    if (shape.shape !== "mask") outline(context, shape, view, labels.paint(shape.label), how);
    if (few) drawTag(context, shape, view, labels, kindOf(shape).measure(shape), look);
  }
}

/** @param {Context} context @param {Shape} shape @param {View} view @param {Labels} labels @param {Look} look */
export function drawHover(context, shape, view, labels, look) {
  if (shape.shape === "mask") strokeBox(context, toScreenBox(view, shape), "#fff", 1, [4, 3]);
  else outline(context, shape, view, labels.paint(shape.label), { ...raised(look), halo: true });
  drawTag(context, shape, view, labels, "", look);
}

/** What is under the hand stands out, however faint the rest is meant to be. @param {Look} look */
function raised(look) {
  return { outline: look.outline, opacity: 1, fill: Math.min(1, Math.max(look.fill + 0.08, THEME.selectedFill)) };
}

/** @param {Context} context @param {Shape} shape @param {View} view @param {string} colour @param {number} size screen pixels */
export function drawHandles(context, shape, view, colour, size) {
  if (shape.shape === "polygon") return;
  context.fillStyle = "#fff";
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  const bounds = kindOf(shape).bounds(shape);
  const small = Math.min(bounds.width, bounds.height) * view.scale < 3 * size;
  for (const grip of kindOf(shape).grips(shape)) {
    if (small && grip.kind === "edge") continue;
    const { x, y } = toScreen(view, grip.point);
    context.beginPath();
    context.rect(x - size / 2, y - size / 2, size, size);
    context.fill();
    context.stroke();
  }
}

/**
 * @param {Context} context
 * @param {Exclude<Shape, MaskShape>} shape
 * @param {View} view
 * @param {Paint} paint
 * @param {{outline: number, opacity: number, fill: number, halo: boolean}} how `halo` is a dark rim, so that the line shows on any picture
 */
function outline(context, shape, view, paint, { outline: line, opacity, fill, halo }) {
  const { colour } = paint;
  const ink = opacity < 1 ? fade(colour, opacity) : colour;
  const dash = shape.shape === "box" && shape.crowd ? [6, 4] : paint.dash;
  if (shape.shape === "box") {
    const box = toScreenBox(view, shape);
    context.fillStyle = fade(colour, fill);
    context.fillRect(box.x, box.y, box.width, box.height);
    if (halo) strokeBox(context, box, THEME.halo, line + 2, []);
    strokeBox(context, box, ink, line, dash);
    return;
  }
  const path = new Path2D();
  for (const ring of shape.parts) {
    ring.forEach(([x, y], index) => {
      const at = toScreen(view, { x, y });
      path[index ? "lineTo" : "moveTo"](at.x, at.y);
    });
    path.closePath();
  }
  context.fillStyle = fade(colour, fill);
  context.fill(path, "evenodd");
  for (const [style, width] of /** @type {const} */ ([[THEME.halo, line + 2], [ink, line]])) {
    if (style === THEME.halo && !halo) continue;
    context.strokeStyle = style;
    context.lineWidth = width;
    if (style === ink && dash.length) context.setLineDash(dash);
    context.stroke(path);
  }
  if (dash.length) context.setLineDash([]);
}

/** Draws around a box on whole pixels. @param {Context} context @param {Box} box screen pixels @param {string} colour @param {number} line @param {readonly number[]} dash */
export function strokeBox(context, box, colour, line, dash) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  if (dash.length) context.setLineDash(dash);
  const [x, y] = [Math.round(box.x), Math.round(box.y)];
  context.strokeRect(x, y, Math.round(box.x + box.width) - x, Math.round(box.y + box.height) - y);
  if (dash.length) context.setLineDash([]);
}

/** What a name belongs to: of several parts the largest, or it would stand where there is nothing. @param {Shape} shape */
function namePlace(shape) {
  return shape.shape === "polygon" ? largestPart(shape) : kindOf(shape).bounds(shape);
}

/**
 * The label's name above the region, or above its largest part, as it is seen, and within the stage.
 * @param {Context} context
 * @param {Shape} shape
 * @param {View} view
 * @param {Labels} labels
 * @param {string} more
 * @param {Look} look
 * @param {Box[]} [written] where names stand already; one that would cover another is left out
 */
function drawTag(context, shape, view, labels, more, look, written) {
  const size = TEXT_SIZES[look.text];
  if (size === 0) return;
  const { x, y, width, height } = toScreenBox(view, namePlace(shape));
  const words = [labels.name(shape.label), more].filter(Boolean).join("  ");
  context.font = fontOf(size);
  const box = { x: x - 1, y: y - tagHeight(size) - 1, width: context.measureText(words).width + 10, height: tagHeight(size) };
  if (box.y < 0) box.y = Math.max(y + 1, Math.min(0, y + height - box.height));
  if (box.x < 0) box.x = Math.max(box.x, Math.min(0, x + width - box.width));
  if (written?.some((other) => boxesTouch(other, box))) return;
  written?.push(box);
  const colour = labels.colour(shape.label);
  drawWords(context, words, box, colour, inkOn(colour), size);
}

/** @param {Context} context @param {string} words @param {Point} at @param {string} ground @param {string} ink @param {number} [size] screen pixels */
export function drawWords(context, words, at, ground, ink, size = TEXT_SIZES.medium) {
  context.font = fontOf(size);
  context.textBaseline = "middle";
  const [width, height] = [context.measureText(words).width + 10, tagHeight(size)];
  context.fillStyle = ground;
  context.beginPath();
  context.roundRect(at.x, at.y, width, height, 3);
  context.fill();
  context.fillStyle = ink;
  context.fillText(words, at.x + 5, at.y + height / 2 + 0.5);
}
