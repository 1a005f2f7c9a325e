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
      const shapes = /** @type {Shape[]} */ ([...this.store.values()].filter((item) => item.shape !== "image"));
      this.#ordered = shapes.sort((a, b) => a.z - b.z);
    }
    return this.#ordered;
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
      this.#ordered = null;
    }
  }
}
