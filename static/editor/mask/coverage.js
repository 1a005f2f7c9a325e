// @ts-check
import { COLUMN, popcount } from "./tiles.js";
/** @import { Bitmap } from "./bitmap.js" */

/**
 * Adds up the set pixels of a bitmap in square blocks of 2^`level` pixels, row by row.
 * @param {Bitmap} bitmap
 * @param {number} level 0 for single pixels
 * @param {{x: number, y: number, width: number, height: number}} area in blocks
 * @param {Uint16Array} counts one per block of the area
 */
export function addCoverage(bitmap, level, area, counts) {
  const right = Math.min(bitmap.width, (area.x + area.width) << level);
  const bottom = Math.min(bitmap.height, (area.y + area.height) << level);
  for (let column = area.x << level; column < right; column++) {
    const at = (column >> level) - area.x;
    for (let word = (area.y << level) >> 5; word << 5 < bottom; word++) {
      const tile = bitmap.tiles[(column >> 8) * bitmap.down + (word >> 3)];
      if (!tile) word |= 7; // on to the next tile
      else spread(tile[(column & 255) * COLUMN + (word & 7)] ?? 0, word << 5, level, area, counts, at);
    }
  }
}

/**
 * Adds 32 rows of one column.
 * @param {number} word
 * @param {number} row of its lowest bit
 * @param {number} level
 * @param {{y: number, width: number, height: number}} area
 * @param {Uint16Array} counts
 * @param {number} at column of the area
 */
function spread(word, row, level, area, counts, at) {
  if (word === 0) return;
  if (level >= 5) {
    const place = ((row >> level) - area.y) * area.width + at;
    counts[place] = (counts[place] ?? 0) + popcount(word);
    return;
  }
  const block = (1 << (1 << level)) - 1;
  const first = (row >> level) - area.y;
  const blocks = 32 >> level;
  for (let index = Math.max(0, -first); index < blocks && first + index < area.height; index++) {
    const inside = (word >>> (index << level)) & block;
    if (inside === 0) continue;
    const place = (first + index) * area.width + at;
    counts[place] = (counts[place] ?? 0) + popcount(inside);
  }
}
