// @ts-check
import { boxContains, distance, distanceToSegment } from "./geometry.js";
import { kindOf } from "./shapes/index.js";
/** @import { Box, Hit, Point, Shape } from "./types.js" */

/**
 * @typedef {{
 *   scale: number, tolerance: number, selected: ReadonlySet<string>, hidden: ReadonlySet<string>, locked: ReadonlySet<string> | null,
 * }} HitOptions `tolerance` in screen pixels, `scale` in screen pixels per image pixel
 */

/** Unselected regions offer their grips only if they look at least this many tolerances wide and high. */
const ROOMY = 4;

/**
 * What lies under a point: vertex, then edge, then body; selected first, then smallest.
 * @param {{near: (area: Box) => Shape[]}} scene
 * @param {Point} point
 * @param {HitOptions} options
 * @returns {Hit | null}
 */
export function hitTest(scene, point, options) {
  const reach = options.tolerance / options.scale;
  const candidates = candidatesAt(scene, point, reach, options);
  const selected = candidates.filter((shape) => options.selected.has(shape.id));
  for (const shape of selected) {
    const grip = options.locked?.has(shape.id) ? null : gripAt(shape, point, reach);
    if (grip) return grip;
  }
  const held = selected.find((shape) => kindOf(shape).contains(shape, point));
  if (held) return { kind: "body", id: held.id, index: 0 };
  return unselectedAt(candidates, point, reach, options);
}

/**
 * The regions whose body is under the point, smallest first.
 * @param {{near: (area: Box) => Shape[]}} scene
 * @param {Point} point
 * @param {HitOptions} options
 */
export function bodiesAt(scene, point, options) {
  const candidates = candidatesAt(scene, point, options.tolerance / options.scale, options);
  return candidates.filter((shape) => kindOf(shape).contains(shape, point));
}

/**
 * @param {{near: (area: Box) => Shape[]}} scene
 * @param {Point} point
 * @param {number} reach
 * @param {HitOptions} options
 */
function candidatesAt(scene, point, reach, options) {
  return scene
    .near({ x: point.x - reach, y: point.y - reach, width: 2 * reach, height: 2 * reach })
    .filter((shape) => !options.hidden.has(shape.id) && boxContains(kindOf(shape).bounds(shape), point, reach))
    .map((shape) => ({ shape, area: kindOf(shape).area(shape) }))
    .sort((a, b) => a.area - b.area || b.shape.z - a.shape.z)
    .map(({ shape }) => shape);
}

/**
 * @param {Shape[]} candidates smallest first
 * @param {Point} point
 * @param {number} reach
 * @param {HitOptions} options
 * @returns {Hit | null}
 */
function unselectedAt(candidates, point, reach, options) {
  const body = candidates.find((shape) => kindOf(shape).contains(shape, point));
  const nearest = body ?? candidates.find((shape) => touchesEdge(shape, point, reach));
  if (!nearest) return null;
  const bounds = kindOf(nearest).bounds(nearest);
  const roomy = Math.min(bounds.width, bounds.height) >= ROOMY * reach && !options.locked?.has(nearest.id);
  return (roomy && gripAt(nearest, point, reach)) || { kind: "body", id: nearest.id, index: 0 };
}

/**
 * @param {Shape} shape
 * @param {Point} point
 * @param {number} reach
 * @returns {Hit | null}
 */
function gripAt(shape, point, reach) {
  const kind = kindOf(shape);
  if (kind.gripAt) {
    const grip = kind.gripAt(shape, point, reach);
    return grip && { ...grip, id: shape.id };
  }
  let best = null;
  let closest = reach;
  kind.vertices(shape).forEach((vertex, index) => {
    const away = distance(vertex, point);
    if (away <= closest) [best, closest] = [{ kind: /** @type {const} */ ("vertex"), id: shape.id, index }, away];
  });
  if (best) return best;
  const near = Math.min(reach, insideReach(shape, point, reach));
  kind.edges(shape).forEach(([a, b], index) => {
    const away = distanceToSegment(point, a, b);
    if (away <= near && away <= closest) [best, closest] = [{ kind: /** @type {const} */ ("edge"), id: shape.id, index }, away];
  });
  return best;
}

/** Leaves the middle third of small shapes for moving. @param {Shape} shape @param {Point} point @param {number} reach */
function insideReach(shape, point, reach) {
  const { width, height } = kindOf(shape).bounds(shape);
  return kindOf(shape).contains(shape, point) ? Math.min(width, height) / 3 : reach;
}

/**
 * @param {Shape} shape
 * @param {Point} point
 * @param {number} reach
 */
function touchesEdge(shape, point, reach) {
  return kindOf(shape).edges(shape).some(([a, b]) => distanceToSegment(point, a, b) <= reach);
}

const CORNERS = ["nwse-resize", "nesw-resize"];
const SIDES = ["ns-resize", "ew-resize"];

/**
 * The pointer that tells what a press would do. A quarter turn exchanges both pairs of directions, mirroring the diagonals.
 * @param {Hit | null} hit
 * @param {Shape | undefined} shape
 * @param {{turn: number, flip: boolean}} way how the image is turned and mirrored
 */
export function cursorFor(hit, shape, { turn, flip }) {
  if (!hit || !shape) return "default";
  if (hit.kind === "body") return "move";
  if (shape.shape !== "box") return "crosshair";
  if (hit.kind === "edge") return SIDES[(hit.index + turn) % 2] ?? "default";
  return CORNERS[(hit.index + turn + Number(flip)) % 2] ?? "default";
}
