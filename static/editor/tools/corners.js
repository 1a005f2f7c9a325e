// @ts-check
import { edited } from "../edits.js";
import { snap } from "../rings/borders.js";
import { findCrossing } from "../rings/crossings.js";
import { problem, reshape } from "../shapes/polygon.js";
/** @import { Grip, Hit, Point, PolygonShape, ToolEvent } from "../types.js" */
/** @import { Bench } from "./tool.js" */

/** Screen pixels within which a dragged corner is held by a neighbour. */
const REACH = 7;

/**
 * A press on a polygon's point chooses it, with shift one more; any other press lets go of them.
 * @param {Bench} bench
 * @param {Hit | null} hit
 * @param {boolean} more
 */
export function chooseCorner({ scene, session }, hit, more) {
  const polygon = hit?.kind === "vertex" && scene.shape(hit.id)?.shape === "polygon";
  if (!polygon) return session.update({ corners: null });
  const before = session.state.corners?.id === hit.id ? session.state.corners.indexes : new Set();
  if (before.has(hit.index) && !more) return;
  const indexes = new Set(more ? [...before] : []);
  if (before.has(hit.index)) indexes.delete(hit.index);
  else indexes.add(hit.index);
  session.update({ corners: { id: hit.id, indexes } });
}

/**
 * Drags corners of a polygon inside the open transaction and marks where the outline would cross.
 * @param {Bench} bench
 * @param {PolygonShape} initial
 * @param {Grip} grip
 * @param {ToolEvent} from
 * @param {ToolEvent} event
 */
export function dragCorners(bench, initial, grip, from, event) {
  const { scene, session } = bench;
  const moved = grip.also?.has(grip.index) ? grip.also : new Set([grip.index]);
  const delta = { x: event.point.x - from.point.x, y: event.point.y - from.point.y };
  const [x, y] = initial.parts.flat()[grip.index] ?? [0, 0];
  const held = event.mods.alt || !session.state.outlining.snaps ? null : neighbourAt(bench, initial.id, { x: x + delta.x, y: y + delta.y });
  const shape = reshape(initial, grip, held ? { x: held.x - x, y: held.y - y } : delta, scene.size);
  scene.history.put(initial.id, { ...shape, origin: edited(initial.origin) });
  const crossing = findCrossing(shape.parts, moved);
  session.update({ sketch: crossing ? { kind: "mark", point: crossing.point } : null });
}

/**
 * Closes the transaction of a dragged polygon: one that the server would refuse goes back to what it was.
 * @param {Bench} bench
 * @param {PolygonShape} initial
 */
export function settleCorners(bench, initial) {
  const { scene, session } = bench;
  const shape = scene.shape(initial.id);
  const wrong = shape?.shape === "polygon" ? problem(shape, scene.size) : null;
  session.update({ sketch: null });
  if (wrong && problem(initial, scene.size) === null) {
    scene.history.rollback();
    bench.say(`${wrong} The change was taken back.`);
  } else scene.history.commit();
}

/** @param {Bench} bench @param {string} id the polygon that is dragged @param {Point} point */
function neighbourAt({ scene, session, viewport }, id, point) {
  const reach = REACH / viewport.view.scale;
  const near = scene.near({ x: point.x - reach, y: point.y - reach, width: 2 * reach, height: 2 * reach });
  const others = near.filter((shape) => shape.shape === "polygon" && shape.id !== id && !session.state.hidden.has(shape.id));
  return snap(/** @type {PolygonShape[]} */ (others), point, reach)?.point ?? null;
}
