// @ts-check
import { toScreen } from "../viewport.js";
import { THEME, fade, inkOn } from "./theme.js";
/** @import { OutlineSketch } from "../session.js" */
/** @import { Point, PolygonShape, Rings, Size, View } from "../types.js" */
/** @import { Context } from "./layers.js" */

const WRONG = "#ff4d4f";
const CORNER = 3.5;

/** @param {Context} context @param {readonly Point[]} points screen pixels @param {boolean} [closed] */
function path(context, points, closed = false) {
  context.beginPath();
  points.forEach(({ x, y }, index) => context[index ? "lineTo" : "moveTo"](x, y));
  if (closed) context.closePath();
}

/** Strokes the current path twice, dark and wide, then in its colour, so that it shows on any picture. @param {Context} context @param {string} colour @param {number} width @param {number[]} [dash] */
function stroke(context, colour, width, dash = []) {
  for (const [style, wide] of /** @type {const} */ ([[THEME.halo, width + 2], [colour, width]])) {
    context.strokeStyle = style;
    context.lineWidth = wide;
    context.lineJoin = context.lineCap = "round";
    context.setLineDash(dash);
    context.stroke();
  }
  context.setLineDash([]);
  context.lineJoin = "miter";
  context.lineCap = "butt";
}

/** @param {Context} context @param {Point} at screen pixels @param {number} radius @param {string} fill @param {string} line @param {number} [width] */
function dot(context, at, radius, fill, line, width = 1.5) {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = line;
  context.lineWidth = width;
  context.stroke();
}

/**
 * An outline in the making: its corners, the way to the pointer, how it would close, and what is wrong with it.
 * @param {Context} context
 * @param {OutlineSketch} sketch
 * @param {View} view
 * @param {string} colour
 */
export function drawOutline(context, sketch, view, colour) {
  const on = (/** @type {Point} */ point) => toScreen(view, point);
  const [corners, way, end] = [sketch.corners.map(on), sketch.way.map(on), sketch.end && on(sketch.end)];
  const line = sketch.cuts ? "#ffffff" : colour;
  const ahead = [...corners.slice(-1), ...way, ...(end ? [end] : [])];
  const all = [...corners, ...way, ...(end ? [end] : [])];
  if (!sketch.open && all.length > 2) {
    path(context, all, true);
    context.fillStyle = sketch.cuts ? "rgba(0, 0, 0, 0.35)" : fade(colour, THEME.selectedFill);
    context.fill("evenodd");
    if (!sketch.closes) {
      path(context, [/** @type {Point} */ (all.at(-1)), /** @type {Point} */ (all[0])]);
      stroke(context, fade(line, 0.8), 1, [2, 5]);
    }
  }
  path(context, corners);
  stroke(context, line, THEME.line, sketch.open ? [7, 4] : []);
  if (ahead.length > 1) {
    path(context, ahead);
    const along = way.length > 0 && sketch.held !== null;
    stroke(context, sketch.mark ? WRONG : along ? "#ffffff" : line, THEME.line, way.length > 0 && !sketch.open ? [] : [6, 4]);
  }
  for (const corner of corners.slice(1)) dot(context, corner, CORNER, "#fff", sketch.cuts ? "#333" : colour);
  if (corners[0]) drawFirst(context, corners[0], sketch, colour);
  if (end && sketch.held) drawHold(context, end, sketch.held);
  else if (end && !sketch.closes) dot(context, end, 2.5, line, THEME.halo, 1);
  if (sketch.mark) drawMark(context, sketch.mark, view);
}

/** The first corner is where a click closes, and says so when the pointer is there. @param {Context} context @param {Point} at @param {OutlineSketch} sketch @param {string} colour */
function drawFirst(context, at, sketch, colour) {
  const closable = sketch.corners.length > 2 && !sketch.open;
  if (!sketch.closes) return dot(context, at, closable ? 5.5 : CORNER, "#fff", colour, closable ? 2.5 : 1.5);
  dot(context, at, 12, fade(colour, 0.35), THEME.halo, 1);
  dot(context, at, 7, colour, "#fff", 2);
  context.strokeStyle = inkOn(colour);
  context.lineWidth = 1.75;
  path(context, [{ x: at.x - 3, y: at.y }, { x: at.x - 0.8, y: at.y + 2.4 }, { x: at.x + 3.2, y: at.y - 2.4 }]);
  context.stroke();
}

/** A neighbour holds the point: a square on its corner, a diamond on its side. @param {Context} context @param {Point} at @param {"corner" | "side"} held */
function drawHold(context, at, held) {
  const turn = held === "side" ? Math.PI / 4 : 0;
  context.save();
  context.translate(at.x, at.y);
  context.rotate(turn);
  context.beginPath();
  context.rect(-6, -6, 12, 12);
  context.restore();
  stroke(context, "#ffffff", 2);
}

/** Where lines cross that may not. @param {Context} context @param {Point} point image pixels @param {View} view */
export function drawMark(context, point, view) {
  const { x, y } = toScreen(view, point);
  dot(context, { x, y }, 11, fade(WRONG, 0.28), "rgba(0, 0, 0, 0.5)", 3.5);
  dot(context, { x, y }, 11, "transparent", WRONG, 2);
  for (const [colour, width] of /** @type {const} */ ([["rgba(0, 0, 0, 0.6)", 4.5], ["#fff", 2.25]])) {
    context.beginPath();
    context.moveTo(x - 4, y - 4);
    context.lineTo(x + 4, y + 4);
    context.moveTo(x + 4, y - 4);
    context.lineTo(x - 4, y + 4);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

/** Where a point would be added, with a plus, or taken away, with a minus. @param {Context} context @param {Point} point image pixels @param {boolean} removes @param {View} view */
export function drawPlace(context, point, removes, view) {
  const { x, y } = toScreen(view, point);
  dot(context, { x, y }, 9, removes ? WRONG : "#fff", "rgba(0, 0, 0, 0.55)", 1.5);
  context.beginPath();
  context.moveTo(x - 4.5, y);
  context.lineTo(x + 4.5, y);
  if (!removes) {
    context.moveTo(x, y - 4.5);
    context.lineTo(x, y + 4.5);
  }
  context.strokeStyle = removes ? "#fff" : "#111";
  context.lineWidth = 2;
  context.stroke();
}

/** The outline before it was simplified. @param {Context} context @param {Rings} rings @param {View} view */
export function drawBefore(context, rings, view) {
  for (const ring of rings) {
    path(context, ring.map(([x, y]) => toScreen(view, { x, y })), true);
    context.strokeStyle = "rgba(255, 255, 255, 0.85)";
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/**
 * The points of the selected polygon, as many as can be told apart; chosen ones are filled.
 * @param {Context} context
 * @param {PolygonShape} shape
 * @param {{id: string, indexes: ReadonlySet<number>} | null} chosen
 * @param {View} view
 * @param {Size} stage
 * @param {string} colour
 * @param {boolean} coarse whether fingers have to hit them
 */
export function drawCorners(context, shape, chosen, view, stage, colour, coarse) {
  const radius = coarse ? 7 : 4;
  const indexes = chosen?.id === shape.id ? chosen.indexes : null;
  let index = -1;
  for (const ring of shape.parts) {
    let last = { x: -Infinity, y: -Infinity };
    for (const [px, py] of ring) {
      index += 1;
      const at = toScreen(view, { x: px, y: py });
      const held = indexes?.has(index) ?? false;
      const seen = at.x > -radius && at.y > -radius && at.x < stage.width + radius && at.y < stage.height + radius;
      if (!seen || (!held && Math.abs(at.x - last.x) < 1.6 * radius && Math.abs(at.y - last.y) < 1.6 * radius)) continue;
      last = at;
      if (held) dot(context, at, radius + 3.5, fade(colour, 0.45), THEME.halo, 1);
      dot(context, at, held ? radius + 0.5 : radius, held ? colour : "#fff", held ? "#fff" : colour, held ? 2 : 1.5);
    }
  }
}
