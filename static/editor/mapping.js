// @ts-check
import { boxBetween } from "./geometry.js";
/** @import { Box, Point, Size, View } from "./types.js" */

/** @typedef {Pick<View, "turn" | "flip">} Way how the image is turned and mirrored */

/** @type {Readonly<Way>} */
export const UPRIGHT = Object.freeze({ turn: 0, flip: false });

/**
 * The turn and mirroring of a view as a matrix of ones and zeros, columns first: [a, b, c, d].
 * The image is mirrored left to right first, then turned clockwise.
 * @type {readonly (readonly [number, number, number, number])[]}
 */
const TURNS = [[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0]];

/** @param {View} view @returns {readonly [number, number, number, number]} */
function matrix({ turn, flip }) {
  const [a, b, c, d] = TURNS[turn] ?? /** @type {readonly [number, number, number, number]} */ ([1, 0, 0, 1]);
  return flip ? [-a, -b, c, d] : [a, b, c, d];
}

/**
 * @param {View} view
 * @param {Point} delta screen pixels
 * @returns {Point} the same way in image pixels
 */
export function toImageDelta(view, delta) {
  const [a, b, c, d] = matrix(view);
  return { x: (a * delta.x + b * delta.y) / view.scale, y: (c * delta.x + d * delta.y) / view.scale };
}

/**
 * A step of whole image pixels in a direction of the screen, so that keys go where their arrows point.
 * @param {View} view
 * @param {Point} step
 */
export function toImageStep(view, step) {
  return toImageDelta({ ...view, scale: 1 }, step);
}

/**
 * @param {View} view
 * @param {Point} screen
 * @returns {Point}
 */
export function toImage(view, screen) {
  return toImageDelta(view, { x: screen.x - view.x, y: screen.y - view.y });
}

/**
 * @param {View} view
 * @param {Point} point
 * @returns {Point}
 */
export function toScreen(view, point) {
  const [a, b, c, d] = matrix(view);
  return {
    x: (a * point.x + c * point.y) * view.scale + view.x,
    y: (b * point.x + d * point.y) * view.scale + view.y,
  };
}

/**
 * @param {View} view
 * @param {Box} box image pixels
 * @returns {Box} what it covers on the screen
 */
export function toScreenBox(view, box) {
  const far = { x: box.x + box.width, y: box.y + box.height };
  return boxBetween(toScreen(view, box), toScreen(view, far));
}

/**
 * What of the image is on a stage; it may reach beyond the image.
 * @param {View} view
 * @param {Size} stage
 * @returns {Box} image pixels
 */
export function visibleBox(view, stage) {
  return boxBetween(toImage(view, { x: 0, y: 0 }), toImage(view, { x: stage.width, y: stage.height }));
}

/**
 * Makes a canvas draw in image pixels; call between `save` and `restore`.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 */
export function applyView(context, view) {
  const [a, b, c, d] = matrix(view);
  context.transform(a * view.scale, b * view.scale, c * view.scale, d * view.scale, view.x, view.y);
}

/**
 * A way turned by quarters as it is seen.
 * @param {Way} way
 * @param {number} quarters clockwise
 * @returns {Way}
 */
export function turned(way, quarters) {
  return { turn: /** @type {View["turn"]} */ ((((way.turn + quarters) % 4) + 4) % 4), flip: way.flip };
}

/** A way mirrored left to right as it is seen; the image itself is mirrored before it is turned. @param {Way} way @returns {Way} */
export function mirrored(way) {
  return { ...turned(way, -2 * way.turn), flip: !way.flip };
}
