// @ts-check
import { IMAGE } from "./documents.js";
import { boundsOf, clamp, clampDelta, clampPoint, round } from "./geometry.js";
import { step } from "./history.js";
import { kindOf } from "./shapes/index.js";
/** @import { Scene } from "./scene.js" */
/** @import { Box, BoxShape, Item, Origin, Point, Shape, Size } from "./types.js" */

/** The origin after a person has changed a region. @param {Origin} origin @returns {Origin} */
export function edited(origin) {
  return origin === "prelabel" ? "prelabel-edited" : origin;
}

/**
 * A new box, ready for the store. Call inside or outside of a transaction; it writes nothing.
 * @param {Scene} scene
 * @param {Box} box
 * @param {string} label
 * @returns {BoxShape}
 */
export function newBox(scene, box, label) {
  const { x, y, width, height } = box;
  return {
    id: crypto.randomUUID(), shape: "box", label, x: round(x), y: round(y), width: round(width), height: round(height),
    crowd: false, origin: "manual", note: "", z: scene.top(),
  };
}

/**
 * Adds regions as one step; an explicit "nothing here" no longer holds.
 * @param {Scene} scene
 * @param {readonly Shape[]} shapes
 */
export function add(scene, shapes) {
  return step(scene.history, (put) => {
    for (const shape of shapes) put(shape.id, shape);
    if (shapes.length > 0) clearEmpty(scene, put);
  });
}

/**
 * @param {Scene} scene
 * @param {(id: string, item: Item | null) => void} put
 */
function clearEmpty(scene, put) {
  if (scene.image.empty) put(IMAGE, { ...scene.image, empty: false });
}

/**
 * Changes some regions as one step.
 * @param {Scene} scene
 * @param {Iterable<string>} ids
 * @param {(shape: Shape) => Shape} change
 */
export function change(scene, ids, change) {
  return step(scene.history, (put) => {
    for (const id of ids) {
      const shape = scene.shape(id);
      if (!shape) continue;
      const after = change(shape);
      if (after !== shape) put(id, { ...after, origin: edited(after.origin) });
    }
  });
}

/**
 * @param {Scene} scene
 * @param {Iterable<string>} ids
 */
export function remove(scene, ids) {
  return step(scene.history, (put) => {
    for (const id of ids) if (scene.shape(id)) put(id, null);
  });
}

/**
 * @param {Scene} scene
 * @param {Iterable<string>} ids
 * @param {string} label
 */
export function relabel(scene, ids, label) {
  return change(scene, ids, (shape) => (shape.label === label ? shape : { ...shape, label }));
}

/**
 * Moves regions together, as far as all of them stay inside the image.
 * @param {Scene} scene
 * @param {readonly Shape[]} initial
 * @param {Point} delta
 * @returns {Shape[]}
 */
export function moved(scene, initial, delta) {
  const around = boundsOf(initial.map((shape) => kindOf(shape).bounds(shape)));
  if (!around) return [];
  const together = clampDelta(around, delta, scene.size);
  return initial.map((shape) => ({ ...kindOf(shape).translate(shape, together, scene.size), origin: edited(shape.origin) }));
}

/**
 * @param {Scene} scene
 * @param {readonly string[]} ids
 * @param {Point} delta
 */
export function nudge(scene, ids, delta) {
  const initial = ids.map((id) => scene.shape(id)).filter((shape) => shape !== undefined);
  return step(scene.history, (put) => {
    for (const shape of moved(scene, initial, delta)) put(shape.id, shape);
  });
}

/**
 * Moves the right and bottom side of boxes, for work by keyboard.
 * @param {Scene} scene
 * @param {readonly string[]} ids
 * @param {Point} delta
 */
export function resize(scene, ids, delta) {
  return change(scene, ids, (shape) => {
    if (shape.shape !== "box") return shape;
    const least = { x: Math.max(delta.x, 1 - shape.width), y: Math.max(delta.y, 1 - shape.height) };
    return kindOf(shape).reshape(shape, { kind: "vertex", index: 2 }, least, scene.size);
  });
}

/**
 * Gives a box exactly these numbers, as far as the image allows; without an effect, no step.
 * @param {Scene} scene
 * @param {string} id
 * @param {Partial<Box>} wanted image pixels
 */
export function setBox(scene, id, wanted) {
  return change(scene, [id], (shape) => {
    if (shape.shape !== "box") return shape;
    const width = clamp(round(wanted.width ?? shape.width), 1, scene.size.width);
    const height = clamp(round(wanted.height ?? shape.height), 1, scene.size.height);
    const x = clamp(round(wanted.x ?? shape.x), 0, scene.size.width - width);
    const y = clamp(round(wanted.y ?? shape.y), 0, scene.size.height - height);
    const same = x === shape.x && y === shape.y && width === shape.width && height === shape.height;
    return same ? shape : { ...shape, x, y, width, height };
  });
}

/**
 * Copies of regions, moved by `delta` and cut to the image; what would lie outside is left out.
 * @param {Scene} scene
 * @param {readonly Shape[]} shapes
 * @param {Point} delta
 * @returns {Shape[]}
 */
export function copies(scene, shapes, delta) {
  let z = scene.top();
  return shapes
    .map((shape) => fitInside(shape, scene.size))
    .filter((shape) => shape !== null)
    .map((shape) => ({
      ...kindOf(shape).translate(shape, delta, scene.size),
      id: crypto.randomUUID(), origin: /** @type {Origin} */ ("manual"), z: z++,
    }));
}

/**
 * @param {Shape} shape
 * @param {Size} size
 * @returns {Shape | null}
 */
function fitInside(shape, size) {
  if (shape.shape === "mask") return shape.rle.size[0] === size.height && shape.rle.size[1] === size.width ? shape : null;
  if (shape.shape === "polygon") {
    const { x, y, width, height } = kindOf(shape).bounds(shape);
    return x + width <= size.width && y + height <= size.height ? shape : null;
  }
  const a = clampPoint({ x: shape.x, y: shape.y }, size);
  const b = clampPoint({ x: shape.x + shape.width, y: shape.y + shape.height }, size);
  const [width, height] = [round(b.x - a.x), round(b.y - a.y)];
  return width >= 1 && height >= 1 ? { ...shape, ...a, width, height } : null;
}

/**
 * A box of the given size around a point, pushed inside the image.
 * @param {Point} middle
 * @param {Size} wanted
 * @param {Size} size
 * @returns {Box}
 */
export function templateBox(middle, wanted, size) {
  const width = Math.min(wanted.width, size.width);
  const height = Math.min(wanted.height, size.height);
  const x = Math.max(0, Math.min(size.width - width, middle.x - width / 2));
  const y = Math.max(0, Math.min(size.height - height, middle.y - height / 2));
  return { x: round(x), y: round(y), width, height };
}

/**
 * Says "nothing here", or takes it back; only an image without regions can be empty.
 * @param {Scene} scene
 */
export function toggleEmpty(scene) {
  if (scene.shapes().length > 0) return null;
  return step(scene.history, (put) => put(IMAGE, { ...scene.image, empty: !scene.image.empty }));
}

/**
 * Writes a note; a note says nothing about the shape, so the origin stays.
 * @param {Scene} scene
 * @param {string} id
 * @param {string} note
 */
export function annotate(scene, id, note) {
  const shape = scene.shape(id);
  if (!shape || shape.note === note) return null;
  return step(scene.history, (put) => put(id, { ...shape, note }));
}
