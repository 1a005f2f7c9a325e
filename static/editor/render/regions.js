// @ts-check
import { kindOf } from "../shapes/index.js";
import { toScreen, toScreenBox } from "../viewport.js";
import { THEME, fade, inkOn } from "./theme.js";
/** @import { Labels } from "../labels.js" */
/** @import { Box, MaskShape, Point, Shape, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

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
    if (shape.shape !== "mask") outline(context, shape, view, labels.colour(shape.label), THEME.line, THEME.fill, halo);
  }
  if (shapes.length > THEME.tagsUpTo) return;
  for (const shape of shapes) {
    if (shape.shape !== "mask" && kindOf(shape).bounds(shape).width * view.scale >= THEME.tagFromWidth) drawTag(context, shape, view, labels, "");
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
    if (shape.shape !== "mask") outline(context, shape, view, labels.colour(shape.label), THEME.selectedLine, THEME.selectedFill, few);
    if (few) drawTag(context, shape, view, labels, kindOf(shape).measure(shape));
  }
}

/** @param {Context} context @param {Shape} shape @param {View} view @param {Labels} labels */
export function drawHover(context, shape, view, labels) {
  if (shape.shape === "mask") strokeBox(context, toScreenBox(view, shape), "#fff", 1, [4, 3]);
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
 * @param {string} colour
 * @param {number} line
 * @param {number} fill
 * @param {boolean} halo a dark rim, so that the line shows on any picture
 */
function outline(context, shape, view, colour, line, fill, halo) {
  const crowd = shape.shape === "box" && shape.crowd;
  if (shape.shape === "box") {
    const box = toScreenBox(view, shape);
    context.fillStyle = fade(colour, fill);
    context.fillRect(box.x, box.y, box.width, box.height);
    if (halo) strokeBox(context, box, THEME.halo, line + 2, []);
    strokeBox(context, box, colour, line, crowd ? [6, 4] : []);
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
  for (const [style, width] of /** @type {const} */ ([[THEME.halo, line + 2], [colour, line]])) {
    if (style === THEME.halo && !halo) continue;
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke(path);
  }
}

/** Draws around a box on whole pixels. @param {Context} context @param {Box} box screen pixels @param {string} colour @param {number} line @param {number[]} dash */
export function strokeBox(context, box, colour, line, dash) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  if (dash.length) context.setLineDash(dash);
  const [x, y] = [Math.round(box.x), Math.round(box.y)];
  context.strokeRect(x, y, Math.round(box.x + box.width) - x, Math.round(box.y + box.height) - y);
  if (dash.length) context.setLineDash([]);
}

/** The label's name above the region. @param {Context} context @param {Shape} shape @param {View} view @param {Labels} labels @param {string} more */
function drawTag(context, shape, view, labels, more) {
  const { x, y } = toScreenBox(view, kindOf(shape).bounds(shape));
  const above = y - THEME.tagHeight - 1;
  const colour = labels.colour(shape.label);
  const at = { x: x - 1, y: above < 0 ? y + 1 : above };
  drawWords(context, [labels.name(shape.label), more].filter(Boolean).join("  "), at, colour, inkOn(colour));
}

/** @param {Context} context @param {string} words @param {Point} at @param {string} ground @param {string} ink */
export function drawWords(context, words, at, ground, ink) {
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
