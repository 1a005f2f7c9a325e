// @ts-check
import { repainted } from "../shapes/mask.js";
import { bitmapOf } from "./painted.js";
/** @import { Item, MaskShape } from "../types.js" */

/**
 * What one mask per label and one label per pixel ask for after masks were moved, pasted or given another label: what changed joins
 * the other mask of its label and takes its pixels from the rest.
 * @param {{shapes: () => readonly Item[], shape: (id: string) => Item | undefined}} scene
 * @param {readonly string[]} touched ids
 * @param {(id: string, item: Item | null) => void} put
 */
export function settle(scene, touched, put) {
  for (const id of touched) {
    const mask = scene.shape(id);
    if (mask?.shape === "mask") settleOne(scene, mask, put);
  }
}

/**
 * @param {{shapes: () => readonly Item[], shape: (id: string) => Item | undefined}} scene
 * @param {MaskShape} mask
 * @param {(id: string, item: Item | null) => void} put
 */
function settleOne(scene, mask, put) {
  const patch = bitmapOf(mask.rle).patch();
  const others = scene.shapes().filter((other) => other.shape === "mask").filter((other) => other.id !== mask.id);
  for (const other of others) {
    const theirs = bitmapOf(other.rle);
    if (other.label === mask.label) {
      patch.add(theirs.patch());
      put(other.id, null);
    } else if (patch.meets(theirs)) {
      const rest = theirs.minus(patch);
      put(other.id, rest.area === 0 ? null : repainted(other, rest));
    }
  }
  const whole = bitmapOf(mask.rle).plus(patch);
  const note = mask.note || (others.find((other) => other.label === mask.label)?.note ?? "");
  if (whole !== bitmapOf(mask.rle)) put(mask.id, { ...repainted(mask, whole), note });
}
