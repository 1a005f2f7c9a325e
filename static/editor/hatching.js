// @ts-check

/** Dots of the screen, or of the image where that is enlarged, from one line of a hatching to the next. */
const PERIOD = 8;

/** Whether a line passes there: across, down, both ways aslant, a grid, dots. @type {readonly ((x: number, y: number) => boolean)[]} */
const PATTERNS = [
  (x, y) => (x + y) % PERIOD < 2,
  (x, y) => (x - y + PERIOD * 0x100000) % PERIOD < 2,
  (_, y) => y % PERIOD < 2,
  (x) => x % PERIOD < 2,
  (x, y) => x % PERIOD < 1 || y % PERIOD < 1,
  (x, y) => x % PERIOD < 3 && y % PERIOD < 3,
];

/** How many hatchings there are beside none, which is 0. */
export const HATCHINGS = PATTERNS.length;

/**
 * Whether a dot belongs to a line of a hatching.
 * @param {number} pattern from 1 to HATCHINGS
 * @param {number} x whole dots from the left edge of the image
 * @param {number} y from its top
 */
export function hatched(pattern, x, y) {
  return PATTERNS[pattern - 1]?.(x, y) ?? false;
}
