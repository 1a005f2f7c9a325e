// @ts-check
/** @import { Box, Size } from "./types.js" */

/**
 * The tiles of a large image: level 0 is the image itself, each next level half of it; tiles are squares of side `tile`.
 * @typedef {{tile: number, levels: readonly (readonly [number, number])[]}} Grid
 * @typedef {{level: number, column: number, row: number, name: string}} Place
 */

/** The coarsest level that still has a pixel for every pixel of the screen. @param {Grid} grid @param {number} scale device pixels per image pixel */
export function levelAt(grid, scale) {
  const level = Math.floor(Math.log2(1 / Math.max(scale, 1e-9)) + 0.07);
  return Math.min(grid.levels.length - 1, Math.max(0, level));
}

/** What of the image a tile shows, in image pixels. @param {Grid} grid @param {Size} image @param {Place} place @returns {Box} */
export function boxOf({ tile, levels }, image, { level, column, row }) {
  const [width, height] = levels[level] ?? [1, 1];
  const [across, down] = [image.width / width, image.height / height];
  const [left, top] = [column * tile, row * tile];
  return { x: left * across, y: top * down, width: Math.min(tile, width - left) * across, height: Math.min(tile, height - top) * down };
}

/**
 * The tiles of a level that lie in a box, those in its middle first.
 * @param {Grid} grid
 * @param {Size} image
 * @param {number} level
 * @param {Box} box image pixels
 * @returns {Place[]}
 */
export function placesIn({ tile, levels }, image, level, box) {
  const [width, height] = levels[level] ?? [1, 1];
  const [across, down] = [width / image.width / tile, height / image.height / tile];
  const [left, right] = range(box.x * across, (box.x + box.width) * across, Math.ceil(width / tile));
  const [top, bottom] = range(box.y * down, (box.y + box.height) * down, Math.ceil(height / tile));
  /** @type {Place[]} */
  const found = [];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) found.push({ level, column, row, name: `${level}-${column}-${row}` });
  }
  const middle = { x: (left + right - 1) / 2, y: (top + bottom - 1) / 2 };
  const far = (/** @type {Place} */ place) => Math.hypot(place.column - middle.x, place.row - middle.y);
  return found.sort((a, b) => far(a) - far(b));
}

/** @param {number} from @param {number} to @param {number} count @returns {[number, number]} */
function range(from, to, count) {
  return [Math.max(0, Math.floor(from)), Math.min(count, Math.ceil(to))];
}
