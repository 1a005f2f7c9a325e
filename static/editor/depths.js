// @ts-check
import { boxesTouch } from "./geometry.js";
import { step } from "./history.js";
import { kindOf } from "./shapes/index.js";
/** @import { Scene } from "./scene.js" */
/** @import { Shape } from "./types.js" */

/** Closer depths than this are not told apart; all are numbered anew then. */
const NARROWEST = 1e-6;

/**
 * Moves regions up or down among the others as one step; their own order stays. One step up or down passes the next region that
 * they overlap, since passing others changes nothing to be seen.
 * @param {Scene} scene
 * @param {Iterable<string>} ids
 * @param {"front" | "forward" | "backward" | "back"} way
 * @returns {boolean} whether there was anywhere to go
 */
export function restack(scene, ids, way) {
  const picked = new Set(ids);
  const moving = scene.shapes().filter((shape) => picked.has(shape.id));
  const others = scene.shapes().filter((shape) => !picked.has(shape.id));
  const below = moving.length > 0 ? countBelow(others, moving, way) : null;
  if (below === null) return false;
  const order = [...others.slice(0, below), ...moving, ...others.slice(below)];
  if (order.every((shape, index) => shape === scene.shapes()[index])) return false;
  const depths = depthsBetween(others[below - 1]?.z, others[below]?.z, moving.length);
  step(scene.history, (put) => {
    if (depths) moving.forEach((shape, index) => put(shape.id, { ...shape, z: /** @type {number} */ (depths[index]) }));
    else order.forEach((shape, index) => put(shape.id, { ...shape, z: index + 1 }));
  });
  return true;
}

/**
 * How many of the others shall lie below; `null` if there is nothing to pass.
 * @param {readonly Shape[]} others
 * @param {readonly Shape[]} moving
 * @param {"front" | "forward" | "backward" | "back"} way
 */
function countBelow(others, moving, way) {
  if (way === "front") return others.length;
  if (way === "back") return 0;
  const bounds = moving.map((shape) => kindOf(shape).bounds(shape));
  const overlaps = (/** @type {Shape} */ shape) => bounds.some((box) => boxesTouch(box, kindOf(shape).bounds(shape)));
  if (way === "forward") {
    const highest = Math.max(...moving.map((shape) => shape.z));
    const next = others.findIndex((shape) => shape.z > highest && overlaps(shape));
    return next < 0 ? null : next + 1;
  }
  const lowest = Math.min(...moving.map((shape) => shape.z));
  const next = others.findLastIndex((shape) => shape.z < lowest && overlaps(shape));
  return next < 0 ? null : next;
}

/**
 * Depths for `count` regions between two, or above or below all; `null` where there is no room.
 * @param {number | undefined} low
 * @param {number | undefined} high
 * @param {number} count
 */
function depthsBetween(low, high, count) {
  const start = low ?? (high ?? 0) - count - 1;
  const gap = high === undefined ? 1 : (high - start) / (count + 1);
  return gap < NARROWEST ? null : Array.from({ length: count }, (_, index) => start + gap * (index + 1));
}
