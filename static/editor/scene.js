// @ts-check
import { IMAGE, toDocument, toItems } from "./documents.js";
import { History } from "./history.js";
import { settle } from "./mask/settling.js";
import { kindOf } from "./shapes/index.js";
import { SpatialIndex } from "./spatial.js";
import { Store } from "./store.js";
/** @import { Diff } from "./store.js" */
/** @import { AnnotationDocument, Box, ImageAnswer, Item, MaskShape, Shape, Size } from "./types.js" */

/** One image's answer while it is edited: its items, their history and where they lie. */
export class Scene {
  /** @type {Size} */
  size;
  /** @type {Store<Item>} */
  store;
  /** @type {History<Item>} */
  history;
  /** @type {SpatialIndex} */
  #index;
  /** @type {readonly Shape[] | null} */
  #ordered = null;
  /** @type {readonly MaskShape[] | null} */
  #masks = null;
  /** How many regions each label has; kept up, because thousands are not counted in every frame of a drag. @type {Map<string, number>} */
  #counts = new Map();

  /** Grows whenever a region comes, goes, or changes anything but its shape. */
  arrangement = 0;

  /**
   * @param {Size} size
   * @param {AnnotationDocument} document
   * @param {boolean} [oneMaskPerLabel] whether a label has one mask and a pixel one label, as in semantic segmentation
   */
  constructor(size, document, oneMaskPerLabel = false) {
    this.size = { width: size.width, height: size.height };
    this.store = new Store(toItems(document));
    this.history = new History(this.store);
    this.oneMaskPerLabel = oneMaskPerLabel;
    if (oneMaskPerLabel) this.history.settle = (touched, put) => settle(this, touched, put);
    this.#index = new SpatialIndex(size);
    for (const shape of this.shapes()) {
      this.#index.set(shape.id, kindOf(shape).bounds(shape));
      this.#count(shape, 1);
    }
    this.store.changed.on(({ diff }) => this.#follow(diff));
  }

  /** All regions, lowest first. */
  shapes() {
    if (!this.#ordered) {
      this.#ordered = this.born().sort((a, b) => a.z - b.z);
    }
    return this.#ordered;
  }

  /** All regions in the order in which they came. @returns {Shape[]} */
  born() {
    return /** @type {Shape[]} */ ([...this.store.values()].filter((item) => item.shape !== "image"));
  }

  /** The masks, lowest first. */
  masks() {
    this.#masks ??= /** @type {MaskShape[]} */ (this.shapes().filter((shape) => shape.shape === "mask"));
    return this.#masks;
  }

  /** How many regions a label has. @param {string} label */
  count(label) {
    return this.#counts.get(label) ?? 0;
  }

  /** @param {string} id @returns {Shape | undefined} */
  shape(id) {
    const item = this.store.get(id);
    return item && item.shape !== "image" ? item : undefined;
  }

  /** @returns {ImageAnswer} */
  get image() {
    const item = this.store.get(IMAGE);
    return item?.shape === "image" ? item : { id: IMAGE, shape: "image", labels: [], empty: false };
  }

  /** Regions that may touch the area, in no order. @param {Box} area @returns {Shape[]} */
  near(area) {
    const found = [];
    for (const id of this.#index.query(area)) {
      const shape = this.shape(id);
      if (shape) found.push(shape);
    }
    return found;
  }

  /** The depth above everything. */
  top() {
    return (this.shapes().at(-1)?.z ?? 0) + 1;
  }

  document() {
    return toDocument(this.image, this.shapes());
  }

  /** Takes over another version of the document; its steps cannot be undone. @param {AnnotationDocument} document */
  replace(document) {
    this.history.clear();
    this.store.apply(this.store.difference(toItems(document)), "remote");
  }

  /** @param {Diff<Item>} diff */
  #follow(diff) {
    for (const [id, [before, after]] of diff) {
      if (id === IMAGE) continue;
      if (before?.shape === "mask" || after?.shape === "mask") this.#masks = null;
      if (!keepsPlace(before, after)) this.arrangement += 1;
      this.#count(before, -1);
      this.#count(after, 1);
      const shape = after && after.shape !== "image" ? after : null;
      if (shape) this.#index.set(id, kindOf(shape).bounds(shape));
      else this.#index.delete(id);
    }
    if (this.#ordered) this.#ordered = this.#reordered(this.#ordered, diff);
  }

  /** @param {Item | null} item @param {1 | -1} change */
  #count(item, change) {
    if (item && item.shape !== "image") this.#counts.set(item.label, this.count(item.label) + change);
  }

  /**
   * The order after a change. What keeps its depth, or comes on top, is put in place without sorting thousands anew.
   * @param {readonly Shape[]} ordered
   * @param {Diff<Item>} diff
   */
  #reordered(ordered, diff) {
    const next = [...ordered];
    for (const [id, [before, after]] of diff) {
      if (id === IMAGE) continue;
      if (!after || after.shape === "image") return null;
      if (!before) next.push(after);
      else if (before.shape === "image" || before.z !== after.z) return null;
      else {
        const place = this.#place(next, before.z, id);
        if (place < 0) return null;
        next[place] = after;
      }
      const last = next.length - 1;
      if (!before && last > 0 && /** @type {Shape} */ (next[last - 1]).z > after.z) return null;
    }
    return next;
  }

  /** Where the region of that depth and id stands, by halving; -1 where depths are shared. @param {readonly Shape[]} ordered @param {number} z @param {string} id */
  #place(ordered, z, id) {
    let [low, high] = [0, ordered.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (/** @type {Shape} */ (ordered[middle]).z < z) low = middle + 1;
      else high = middle;
    }
    return ordered[low]?.id === id ? low : -1;
  }
}

/** Whether two versions of a region differ in shape alone. @param {Item | null} before @param {Item | null} after */
function keepsPlace(before, after) {
  if (!before || !after || before.shape === "image" || after.shape === "image") return false;
  const crowd = (/** @type {Shape} */ shape) => shape.shape === "box" && shape.crowd;
  const same = before.label === after.label && before.origin === after.origin && before.note === after.note;
  return same && before.z === after.z && crowd(before) === crowd(after);
}
