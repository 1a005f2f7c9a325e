// @ts-check
import { Emitter } from "./emitter.js";

/**
 * A change as a value: id → [before, after], `null` where the item is absent.
 * @template T
 * @typedef {Map<string, [T | null, T | null]>} Diff
 */
/** @typedef {"local" | "replay" | "remote"} Source */

/**
 * The diff that takes a change back.
 * @template T
 * @param {Diff<T>} diff
 * @returns {Diff<T>}
 */
export function invert(diff) {
  /** @type {Diff<T>} */
  const inverse = new Map();
  for (const [id, [before, after]] of diff) inverse.set(id, [after, before]);
  return inverse;
}

/**
 * Frozen items by id. `apply` is the only writer and the only emitter.
 * @template {{id: string}} T
 */
export class Store {
  /** @type {Map<string, T>} */
  #items = new Map();

  /** @type {Emitter<{diff: Diff<T>, source: Source}>} */
  changed = new Emitter();

  /** @param {Iterable<T>} [items] */
  constructor(items = []) {
    for (const item of items) this.#items.set(item.id, Object.freeze(item));
  }

  get size() {
    return this.#items.size;
  }

  /** @param {string} id */
  get(id) {
    return this.#items.get(id);
  }

  values() {
    return this.#items.values();
  }

  /**
   * @param {Diff<T>} diff
   * @param {Source} source
   */
  apply(diff, source) {
    if (diff.size === 0) return;
    for (const [id, [, after]] of diff) {
      if (after === null) this.#items.delete(id);
      else this.#items.set(id, Object.freeze(after));
    }
    this.changed.emit({ diff, source });
  }

  /**
   * The diff from what is stored to `items`, and nothing else.
   * @param {Iterable<T>} items
   * @returns {Diff<T>}
   */
  difference(items) {
    /** @type {Diff<T>} */
    const diff = new Map();
    const wanted = new Set();
    for (const item of items) {
      wanted.add(item.id);
      const before = this.#items.get(item.id) ?? null;
      if (!before || JSON.stringify(before) !== JSON.stringify(item)) diff.set(item.id, [before, item]);
    }
    for (const [id, before] of this.#items) if (!wanted.has(id)) diff.set(id, [before, null]);
    return diff;
  }
}
