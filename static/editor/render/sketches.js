// @ts-check
import { toScreenBox } from "../viewport.js";
import { drawBand } from "./layers.js";
import { drawMark, drawOutline, drawPlace } from "./outlines.js";
import { drawProposal } from "./proposal.js";
import { drawWords, strokeBox } from "./regions.js";
import { THEME, fade } from "./theme.js";
/** @import { Labels } from "../labels.js" */
/** @import { Sketch } from "../session.js" */
/** @import { Box, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

/** What is being drawn and is no shape yet. @param {Context} context @param {Sketch} sketch @param {View} view @param {Labels} labels @param {string} label the one in hand */
export function drawSketch(context, sketch, view, labels, label) {
  if (sketch.kind === "box") drawBox(context, sketch.box, view, labels.colour(sketch.label));
  else if (sketch.kind === "area") drawBand(context, sketch.box, view);
  else if (sketch.kind === "outline") drawOutline(context, sketch, view, labels.colour(label));
  else if (sketch.kind === "mark") drawMark(context, sketch.point, view);
  else if (sketch.kind === "corner") drawPlace(context, sketch.at, sketch.removes, view);
  else if (sketch.kind === "proposal") drawProposal(context, sketch, view, labels.colour(label));
  else if (sketch.kind === "nib") drawNib(context, sketch, view, labels.colour(label));
}

/**
 * What a brush would cover, at its true size.
 * @param {Context} context
 * @param {Extract<Sketch, {kind: "nib"}>} sketch
 * @param {View} view
 * @param {string} colour
 */
function drawNib(context, { at, size, nib, erase }, view, colour) {
  const seen = toScreenBox(view, { x: at.x - size / 2, y: at.y - size / 2, width: size, height: size });
  for (const [style, width] of /** @type {const} */ ([[THEME.halo, 3], [erase ? "#fff" : colour, 1.5]])) {
    context.beginPath();
    if (nib === "square") context.rect(seen.x, seen.y, seen.width, seen.height);
    else context.ellipse(seen.x + seen.width / 2, seen.y + seen.height / 2, seen.width / 2, seen.height / 2, 0, 0, 2 * Math.PI);
    context.strokeStyle = style;
    context.lineWidth = width;
    if (erase) context.setLineDash([4, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** A box in the making and its size. @param {Context} context @param {Box} box @param {View} view @param {string} colour */
function drawBox(context, box, view, colour) {
  const seen = toScreenBox(view, box);
  context.fillStyle = fade(colour, THEME.selectedFill);
  context.fillRect(seen.x, seen.y, seen.width, seen.height);
  strokeBox(context, seen, THEME.halo, THEME.line + 2, []);
  strokeBox(context, seen, colour, THEME.line, []);
  const words = `${Math.round(box.width)} × ${Math.round(box.height)}`;
  drawWords(context, words, { x: seen.x + seen.width + 6, y: seen.y + seen.height + 6 }, "rgba(20, 22, 26, 0.85)", "#fff");
}
