// @ts-check
import { IMAGE, toDocument, toItems } from "./documents.js";
import { History } from "./history.js";
import { settle } from "./mask/settling.js";
import { kindOf } from "./shapes/index.js";
import { SpatialIndex } from "./spatial.js";
import { Store } from "./store.js";
/** @import { Diff } from "./store.js" */
/** @import { AnnotationDocument, Box, ImageAnswer, Item, Shape, Size } from "./types.js" */

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
    for (const shape of this.shapes()) this.#index.set(shape.id, kindOf(shape).bounds(shape));
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
    for (const [id, [, after]] of diff) {
      if (id === IMAGE) continue;
      const shape = after && after.shape !== "image" ? after : null;
      if (shape) this.#index.set(id, kindOf(shape).bounds(shape));
      else this.#index.delete(id);
    }
    if (this.#ordered) this.#ordered = this.#reordered(this.#ordered, diff);
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
