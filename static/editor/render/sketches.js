// @ts-check
import { toScreenBox } from "../viewport.js";
import { drawBand } from "./layers.js";
import { drawWords, strokeBox } from "./regions.js";
import { THEME, fade } from "./theme.js";
/** @import { Labels } from "../labels.js" */
/** @import { Sketch } from "../session.js" */
/** @import { Box, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

/** What is being drawn and is no shape yet. @param {Context} context @param {Sketch} sketch @param {View} view @param {Labels} labels */
export function drawSketch(context, sketch, view, labels) {
  if (sketch.kind === "box") drawBox(context, sketch.box, view, labels.colour(sketch.label));
  else if (sketch.kind === "area") drawBand(context, sketch.box, view);
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
