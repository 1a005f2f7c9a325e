// @ts-check
import { IMAGE } from "../documents.js";
import { edited } from "../edits.js";
import { repainted } from "../shapes/mask.js";
import { Bitmap, Patch } from "./bitmap.js";
import { bitmapOf } from "./painted.js";
/** @import { Scene } from "../scene.js" */
/** @import { MaskShape } from "../types.js" */

/**
 * What a gesture of paint is for. `target` is the mask that grows, `null` for a new one; an eraser takes from `only`, or from every
 * mask where that is `null`. Masks in `kept` neither gain nor lose a pixel.
 *
 * @typedef {{
 *   label: string, target: string | null, erase: boolean, over: "any" | "background", kept: ReadonlySet<string>,
 *   only: ReadonlySet<string> | null,
 * }} Intent
 */

/** The masks of a scene, lowest first. @param {Scene} scene @returns {readonly MaskShape[]} */
export function masksOf(scene) {
  return scene.masks();
}

/** One gesture of paint: one step of the history, and never two masks on one pixel. */
export class Painting {
  #scene;
  #intent;
  /** The mask that grows. */
  id;

  /** @param {Scene} scene @param {Intent} intent */
  constructor(scene, intent) {
    this.#scene = scene;
    this.#intent = intent;
    this.id = intent.target ?? crypto.randomUUID();
    if (scene.history.open) scene.history.rollback();
    scene.history.begin();
  }

  /** Paints, or erases, some more. @param {Patch} patch is used up */
  apply(patch) {
    const masks = masksOf(this.#scene);
    for (const mask of masks) if (this.#intent.kept.has(mask.id)) patch.avoid(bitmapOf(mask.rle));
    const free = masks.filter((mask) => !this.#intent.kept.has(mask.id));
    if (this.#intent.erase) this.#erase(free, patch);
    else this.#paint(free, patch);
  }

  /** Paints this instead of all that the gesture has painted so far. @param {Patch} patch is used up */
  replace(patch) {
    this.#scene.history.rollback();
    this.#scene.history.begin();
    this.apply(patch);
  }

  commit() {
    return this.#scene.history.commit(true);
  }

  rollback() {
    this.#scene.history.rollback();
  }

  /** @param {readonly MaskShape[]} masks @param {Patch} patch */
  #erase(masks, patch) {
    const { only } = this.#intent;
    for (const mask of masks) if (!only || only.has(mask.id)) this.#put(mask, bitmapOf(mask.rle).minus(patch));
  }

  /** @param {readonly MaskShape[]} masks @param {Patch} patch */
  #paint(masks, patch) {
    const target = masks.find((mask) => mask.id === this.id);
    for (const other of masks) {
      if (other === target) continue;
      if (this.#intent.over === "background") patch.avoid(bitmapOf(other.rle));
      else this.#put(other, bitmapOf(other.rle).minus(patch));
    }
    if (target) return this.#put(target, bitmapOf(target.rle).plus(patch));
    const bitmap = new Bitmap(patch).plus(patch);
    if (bitmap.area > 0) this.#create(bitmap);
  }

  /** @param {MaskShape} mask @param {Bitmap} bitmap */
  #put(mask, bitmap) {
    if (bitmap === bitmapOf(mask.rle)) return;
    this.#scene.history.put(mask.id, bitmap.area === 0 ? null : { ...repainted(mask, bitmap), origin: edited(mask.origin) });
  }

  /** @param {Bitmap} bitmap */
  #create(bitmap) {
    const { history, image } = this.#scene;
    const rle = { size: /** @type {const} */ ([0, 0]), counts: "" };
    /** @type {MaskShape} */
    const bare = {
      id: this.id, shape: "mask", label: this.#intent.label, rle, x: 0, y: 0, width: 0, height: 0,
      origin: "manual", note: "", z: this.#scene.top(),
    };
    history.put(this.id, repainted(bare, bitmap));
    if (image.empty) history.put(IMAGE, { ...image, empty: false });
  }
}
