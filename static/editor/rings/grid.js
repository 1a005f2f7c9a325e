// @ts-check
/** @typedef {ArrayLike<number>} Numbers */

/**
 * Compares every edge with those that pass the same cells of a grid, until a comparison finds something.
 * A pair that shares several cells is compared several times.
 * @template T
 * @param {{ax: Numbers, ay: Numbers, bx: Numbers, by: Numbers, count: number}} edges
 * @param {(edge: number, other: number) => T | null} compare
 * @returns {T | null}
 */
export function findPair({ ax, ay, bx, by, count }, compare) {
  const { left, top, right, bottom } = around(ax, ay, count);
  const sides = Math.max(1, Math.ceil(Math.sqrt(count)));
  const [wide, high] = [(right - left) / sides || 1, (bottom - top) / sides || 1];
  /** @type {Map<number, number[]>} */
  const cells = new Map();
  for (let edge = 0; edge < count; edge++) {
    const [x0, y0, x1, y1] = [at(ax, edge), at(ay, edge), at(bx, edge), at(by, edge)];
    const [first, last] = [Math.floor((Math.min(y0, y1) - top) / high - 1e-6), Math.floor((Math.max(y0, y1) - top) / high + 1e-6)];
    for (let row = first; row <= last; row++) {
      const [from, to] = spanInRow(x0, y0, x1, y1, top + (row - 1e-6) * high, top + (row + 1 + 1e-6) * high);
      const end = Math.floor((to - left) / wide + 1e-6);
      for (let column = Math.floor((from - left) / wide - 1e-6); column <= end; column++) {
        const key = (row + 1) * (sides + 4) + column + 1;
        const cell = cells.get(key);
        if (!cell) {
          cells.set(key, [edge]);
          continue;
        }
        for (const other of cell) {
          const found = compare(edge, other);
          if (found !== null) return found;
        }
        cell.push(edge);
      }
    }
  }
  return null;
}

/** @param {Numbers} x @param {Numbers} y @param {number} count */
function around(x, y, count) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    left = Math.min(left, at(x, i));
    right = Math.max(right, at(x, i));
    top = Math.min(top, at(y, i));
    bottom = Math.max(bottom, at(y, i));
  }
  return { left, top, right, bottom };
}

/** The x values that a segment takes between two heights. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {number} top @param {number} bottom */
function spanInRow(x0, y0, x1, y1, top, bottom) {
  const [low, high] = [Math.min(x0, x1), Math.max(x0, x1)];
  if (y0 === y1) return /** @type {const} */ ([low, high]);
  const slope = (x1 - x0) / (y1 - y0);
  const [a, b] = [x0 + (top - y0) * slope, x0 + (bottom - y0) * slope];
  return /** @type {const} */ ([Math.max(low, Math.min(a, b)), Math.min(high, Math.max(a, b))]);
}

/** @param {Numbers} values @param {number} index */
export function at(values, index) {
  return /** @type {number} */ (values[index]);
}
