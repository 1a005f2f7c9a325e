// @ts-check
/** @import { Point } from "./types.js" */

/**
 * A pointer: `type` is mouse, pen or touch.
 * @typedef {{id: number, type: string}} Pointer
 *
 * Whom an event belongs to: the tool, the view, or nobody, as with the palm beside a pen.
 * @typedef {"tool" | "view" | "nobody"} Whose
 *
 * How two fingers move the view, in screen pixels: `factor` around `middle`, then `pan`.
 * @typedef {{pan: Point, middle: Point, factor: number}} Step
 */

/** Tells drawing from looking around: one finger draws until a pen was seen, from then on fingers move the view; two fingers always do. */
export class Fingers {
  /** Where fingers are, by pointer id. @type {Map<number, Point>} */
  #places = new Map();
  #penKnown = false;
  #penDown = false;
  #viewing = false;

  /** @param {Pointer} pointer @param {Point} at screen pixels @returns {Whose} */
  down({ id, type }, at) {
    if (type === "pen") {
      this.#penKnown = this.#penDown = true;
      this.#places.clear();
      this.#viewing = false;
    }
    if (type !== "touch") return "tool";
    if (this.#penDown) return "nobody";
    this.#places.set(id, at);
    this.#viewing ||= this.#penKnown || this.#places.size > 1;
    return this.#viewing ? "view" : "tool";
  }

  /** @param {Pointer} pointer @param {Point} at @returns {Whose | Step} */
  move({ id, type }, at) {
    if (type !== "touch") return "tool";
    if (!this.#places.has(id)) return "nobody";
    const before = spread([...this.#places.values()]);
    this.#places.set(id, at);
    if (!this.#viewing) return "tool";
    const after = spread([...this.#places.values()]);
    const pan = { x: after.middle.x - before.middle.x, y: after.middle.y - before.middle.y };
    return { pan, middle: after.middle, factor: before.width > 0 && after.width > 0 ? after.width / before.width : 1 };
  }

  /** @param {Pointer} pointer @returns {Whose} */
  up({ id, type }) {
    if (type === "pen") this.#penDown = false;
    if (type !== "touch") return "tool";
    if (!this.#places.delete(id)) return "nobody";
    if (!this.#viewing) return "tool";
    this.#viewing = this.#places.size > 0;
    return "view";
  }

  /** The window was left: nobody knows what is still down. */
  forget() {
    this.#places.clear();
    this.#viewing = this.#penDown = false;
  }
}

/** @param {Point[]} points @returns {{middle: Point, width: number}} */
function spread(points) {
  const [a = { x: 0, y: 0 }, b = a] = points;
  return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, width: Math.hypot(a.x - b.x, a.y - b.y) };
}
