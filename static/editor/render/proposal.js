// @ts-check
import { toScreen, toScreenBox } from "../viewport.js";
import { strokeBox } from "./regions.js";
import { THEME, fade } from "./theme.js";
/** @import { Sketch } from "../session.js" */
/** @import { View } from "../types.js" */
/** @import { Context } from "./layers.js" */

const HINT = 4.5;

/** An outline that was found and not yet taken, the box and the points it was asked with. @param {Context} context @param {Extract<Sketch, {kind: "proposal"}>} sketch @param {View} view @param {string} colour */
export function drawProposal(context, { rings, prompt, waiting }, view, colour) {
  const path = new Path2D();
  for (const ring of rings) {
    ring.forEach(([x, y], index) => {
      const at = toScreen(view, { x, y });
      path[index ? "lineTo" : "moveTo"](at.x, at.y);
    });
    path.closePath();
  }
  context.fillStyle = fade(colour, waiting ? THEME.selectedFill / 2 : 0.35);
  context.fill(path, "evenodd");
  for (const [style, width, dash] of /** @type {const} */ ([[THEME.halo, 3.5, []], [waiting ? colour : "#fff", 1.5, [5, 4]]])) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.stroke(path);
  }
  context.setLineDash([]);
  const box = toScreenBox(view, prompt.box);
  strokeBox(context, box, THEME.halo, 3, []);
  strokeBox(context, box, "#fff", 1, [3, 4]);
  for (const [points, fill, sign] of /** @type {const} */ ([[prompt.inside, "#fff", "+"], [prompt.outside, "#14161a", "−"]])) {
    for (const point of points) drawHint(context, toScreen(view, point), fill, sign);
  }
}

/** @param {Context} context @param {{x: number, y: number}} at screen pixels @param {string} fill @param {"+" | "−"} sign */
function drawHint(context, at, fill, sign) {
  const line = fill === "#fff" ? "#14161a" : "#fff";
  context.beginPath();
  context.arc(at.x, at.y, HINT, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = context.fillStyle = line;
  context.lineWidth = 1.5;
  context.stroke();
  context.beginPath();
  context.moveTo(at.x - 2.5, at.y);
  context.lineTo(at.x + 2.5, at.y);
  if (sign === "+") {
    context.moveTo(at.x, at.y - 2.5);
    context.lineTo(at.x, at.y + 2.5);
  }
  context.stroke();
}
