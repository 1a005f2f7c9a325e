// @ts-check
import { applyView, toScreen, toScreenBox, visibleBox } from "../viewport.js";
import { adjusted } from "./adjusting.js";
import { levelFor } from "./picture.js";
import { strokeBox } from "./regions.js";
import { THEME } from "./theme.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Box, Point, Size, View } from "../types.js" */
/** @import { Picture } from "./picture.js" */

/**
 * Draw functions work in screen pixels: the context is scaled to the device, the view maps from the image.
 * @typedef {CanvasRenderingContext2D} Context
 */

/**
 * @param {Context} context
 * @param {Picture} picture
 * @param {View} view
 * @param {Size} image
 * @param {number} ratio device pixels per screen pixel
 * @param {Adjust} adjust
 */
export function drawPicture(context, picture, view, image, ratio, adjust) {
  if (picture.draw) return picture.draw(context, view, image, ratio, adjust);
  const level = levelFor(picture, view.scale * ratio);
  if (!level) return;
  const seen = visibleBox(view, { width: context.canvas.width / ratio, height: context.canvas.height / ratio });
  const share = level.width / image.width;
  const area = { x: seen.x * share, y: seen.y * share, width: seen.width * share, height: seen.height * share };
  context.save();
  applyView(context, view);
  context.imageSmoothingEnabled = view.scale * ratio < 4;
  const { source, x, y, width, height } = adjusted(level, adjust, area);
  context.drawImage(source, x / share, y / share, width / share, height / share);
  context.restore();
}

/**
 * Parts the pixels of the image, where they are large enough to be told apart.
 * @param {Context} context
 * @param {View} view
 * @param {Size} image
 * @param {Size} stage
 */
export function drawPixelGrid(context, view, image, stage) {
  if (view.scale < THEME.gridFrom) return;
  const seen = visibleBox(view, stage);
  const [left, top] = [Math.max(0, Math.floor(seen.x)), Math.max(0, Math.floor(seen.y))];
  const [right, bottom] = [Math.min(image.width, Math.ceil(seen.x + seen.width)), Math.min(image.height, Math.ceil(seen.y + seen.height))];
  context.beginPath();
  for (let x = left; x <= right; x++) line(context, toScreen(view, { x, y: top }), toScreen(view, { x, y: bottom }));
  for (let y = top; y <= bottom; y++) line(context, toScreen(view, { x: left, y }), toScreen(view, { x: right, y }));
  context.strokeStyle = THEME.grid;
  context.lineWidth = 1;
  context.stroke();
}

/** On whole pixels, so that it is as thin everywhere. @param {Context} context @param {Point} from @param {Point} to */
function line(context, from, to) {
  context.moveTo(Math.round(from.x) + 0.5, Math.round(from.y) + 0.5);
  context.lineTo(Math.round(to.x) + 0.5, Math.round(to.y) + 0.5);
}

/** The band that selects what it touches. @param {Context} context @param {Box} box @param {View} view */
export function drawBand(context, box, view) {
  const band = toScreenBox(view, box);
  context.fillStyle = "rgba(255, 255, 255, 0.12)";
  context.fillRect(band.x, band.y, band.width, band.height);
  strokeBox(context, band, "rgba(0, 0, 0, 0.6)", 1, []);
  strokeBox(context, band, "#fff", 1, [4, 4]);
}

/** @param {Context} context @param {Point} point image pixels @param {View} view @param {Size} stage */
export function drawCrosshair(context, point, view, stage) {
  const at = toScreen(view, point);
  const [x, y] = [Math.round(at.x) + 0.5, Math.round(at.y) + 0.5];
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

