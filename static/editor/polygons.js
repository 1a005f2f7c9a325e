// @ts-check
import { edited } from "./edits.js";
import { IMAGE } from "./documents.js";
import { step } from "./history.js";
import { withCorner } from "./rings/borders.js";
import { findCrossing } from "./rings/crossings.js";
import { difference, split, union } from "./rings/overlay.js";
import { countPoints, isHole, mapCorners, problem } from "./shapes/polygon.js";
/** @import { Scene } from "./scene.js" */
/** @import { Session } from "./session.js" */
/** @import { Point, PolygonShape, Ring, Rings } from "./types.js" */

/** What can be done to polygons. Every function is one step of the history and answers why it did nothing, else `null`. */

const ONE_CORNER_LESS = "A part needs three points. Delete the part or the polygon instead.";

/** The polygon with this id that may be changed. @param {Scene} scene @param {Session} session @param {string} id */
export function freePolygon(scene, session, id) {
  const shape = session.isLocked(id) ? undefined : scene.shape(id);
  return shape?.shape === "polygon" ? shape : undefined;
}

/** The selected polygons that may be changed, lowest first. @param {Scene} scene @param {Session} session */
export function selectedPolygons(scene, session) {
  const shapes = [...session.state.selection].map((id) => freePolygon(scene, session, id)).filter((shape) => shape !== undefined);
  return shapes.sort((a, b) => a.z - b.z);
}

/** @param {Scene} scene @param {string} label @param {Rings} parts @returns {PolygonShape} */
export function newPolygon(scene, label, parts) {
  return { id: crypto.randomUUID(), shape: "polygon", label, parts, origin: "manual", note: "", z: scene.top() };
}

/**
 * Makes of a closed outline what the mode says: a polygon, a part of the selected one, or a hole in it. Neighbours to whose
 * sides it was snapped get a corner there, so that both borders have the same points.
 * @param {Scene} scene
 * @param {Session} session
 * @param {Ring} ring
 * @param {readonly {id: string, point: Point}[]} held
 */
export function addOutline(scene, session, ring, held) {
  const { mode } = session.state.outlining;
  const target = selectedPolygons(scene, session)[0];
  const fresh = newPolygon(scene, session.state.label, [ring]);
  if (mode === "new") return keep(scene, session, [fresh], held);
  if (!target) return "Select one polygon first, then draw what to add or to cut out.";
  const parts = apart(target.parts, ring, mode === "cut") ?? (mode === "add" ? union : difference)(target.parts, [ring]);
  if (parts.length === 0) return "That would leave nothing of the polygon.";
  if (mode === "cut" && sameArea(parts, target.parts)) return "A hole must lie on the selected polygon.";
  return keep(scene, session, [{ ...target, parts }], held);
}

/** Adds a polygon of several rings. @param {Scene} scene @param {Session} session @param {Rings} parts */
export function addPolygon(scene, session, parts) {
  return keep(scene, session, [newPolygon(scene, session.state.label, parts)]);
}

/** The rings with one more that touches none, as it was drawn; `null` where it is more than one more part or hole. @param {Rings} parts @param {Ring} ring @param {boolean} hole */
function apart(parts, ring, hole) {
  const together = [...parts, ring];
  if (findCrossing(together)) return null;
  const wanted = together.every((_, index) => isHole(together, index) === (index < parts.length ? isHole(parts, index) : hole));
  return wanted ? together : null;
}

/** @param {Rings} a @param {Rings} b */
function sameArea(a, b) {
  return difference(a, b).length === 0 && difference(b, a).length === 0;
}

/**
 * Writes polygons, selects them, and refuses what the server would.
 * @param {Scene} scene @param {Session} session @param {readonly PolygonShape[]} shapes
 * @param {readonly {id: string, point: Point}[]} [held]
 * @param {readonly string[]} [gone]
 */
function keep(scene, session, shapes, held = [], gone = []) {
  for (const shape of shapes) {
    const wrong = problem(shape, scene.size);
    if (wrong) return wrong;
  }
  step(scene.history, (put) => {
    for (const id of gone) put(id, null);
    for (const shape of shapes) put(shape.id, scene.shape(shape.id) ? { ...shape, origin: edited(shape.origin) } : shape);
    if (scene.image.empty) put(IMAGE, { ...scene.image, empty: false });
    for (const { id, point } of held) {
      const neighbour = freePolygon(scene, session, id);
      const joined = neighbour && withCorner(neighbour, point);
      if (joined && joined !== neighbour && problem(joined, scene.size) === null) put(id, { ...joined, origin: edited(joined.origin) });
    }
  });
  session.select(shapes.map((shape) => shape.id));
  return null;
}

/** One polygon of all that are selected; they have one label. @param {Scene} scene @param {Session} session */
export function join(scene, session) {
  const [first, ...others] = selectedPolygons(scene, session);
  if (!first || others.length === 0) return "Select two polygons or more to join them.";
  if (others.some((other) => other.label !== first.label)) return "Only polygons of one label can be joined. Change the label first.";
  const parts = others.reduce((/** @type {Rings} */ together, other) => union(together, other.parts), first.parts);
  return keep(scene, session, [{ ...first, parts }], [], others.map((other) => other.id));
}

/** Takes the area of the selected polygons out of all others. @param {Scene} scene @param {Session} session */
export function cutFromOthers(scene, session) {
  const chosen = selectedPolygons(scene, session);
  const area = chosen.reduce((/** @type {Rings} */ together, shape) => union(together, shape.parts), []);
  /** @type {PolygonShape[]} */
  const changed = [];
  /** @type {string[]} */
  const gone = [];
  for (const { id } of scene.shapes()) {
    const shape = session.state.selection.has(id) || session.state.hidden.has(id) ? undefined : freePolygon(scene, session, id);
    if (!shape) continue;
    const parts = difference(shape.parts, area);
    if (parts.length === 0) gone.push(id);
    else if (!sameArea(parts, shape.parts)) changed.push({ ...shape, parts });
  }
  if (changed.length + gone.length === 0) return "No other polygon lies under the selection.";
  const wrong = keep(scene, session, changed, [], gone);
  session.select(chosen.map((shape) => shape.id));
  return wrong;
}

/**
 * Cuts polygons apart along a line: one region per piece, the largest keeps the id and the parts the line does not reach.
 * @param {Scene} scene @param {Session} session @param {readonly PolygonShape[]} targets @param {Ring} line
 */
export function splitAlong(scene, session, targets, line) {
  let z = scene.top();
  const shapes = targets.flatMap((shape) => {
    const found = split(shape.parts, line);
    if (!found) return [];
    return found.pieces.map((parts, index) =>
      index === 0 ? { ...shape, parts: [...parts, ...found.rest] } : { ...shape, id: crypto.randomUUID(), parts, note: "", z: z++ },
    );
  });
  if (shapes.length === 0) return "The line must go right across a polygon, from outside to outside.";
  return keep(scene, session, shapes);
}

/** Leaves corners out; a ring that would have fewer than three goes with them. @param {Scene} scene @param {Session} session @param {PolygonShape} shape @param {ReadonlySet<number>} corners */
export function removeCorners(scene, session, shape, corners) {
  const parts = mapCorners(shape, corners, () => null).parts;
  const left = parts.filter((ring, index) => ring.length >= 3 || ring === shape.parts[index]);
  if (left.length === 0 || (left.length < parts.length && parts.some((ring) => ring.length > 0 && ring.length < 3))) return ONE_CORNER_LESS;
  return keep(scene, session, [{ ...shape, parts: left }]);
}

/** Removes the part or hole that a corner belongs to. @param {Scene} scene @param {Session} session @param {PolygonShape} shape @param {number} corner */
export function removePart(scene, session, shape, corner) {
  if (shape.parts.length === 1) return "The polygon has one part. Delete the polygon instead.";
  let first = 0;
  const place = shape.parts.findIndex((ring) => (first += ring.length) > corner);
  return keep(scene, session, [{ ...shape, parts: shape.parts.filter((_, index) => index !== place) }]);
}

/** Puts a corner into the side that begins at a corner. @param {PolygonShape} shape @param {number} flat @param {Point} point @returns {PolygonShape} */
export function withPoint(shape, flat, point) {
  let first = 0;
  const parts = shape.parts.map((ring) => {
    const index = flat - first;
    first += ring.length;
    if (index < 0 || index >= ring.length) return ring;
    return [...ring.slice(0, index + 1), /** @type {const} */ ([point.x, point.y]), ...ring.slice(index + 1)];
  });
  return { ...shape, parts };
}

/** @param {PolygonShape} shape @param {number} corner counted through all rings */
export function cornerAt(shape, corner) {
  return shape.parts.flat()[(corner + countPoints(shape)) % countPoints(shape)];
}
