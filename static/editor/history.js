// @ts-check
import { Emitter } from "./emitter.js";
import { invert } from "./store.js";
/** @import { Diff, Store } from "./store.js" */

/**
 * Undo and redo by transaction: one gesture is one step, whatever its timing.
 * @template {{id: string}} T
 */
export class History {
  /** @type {Store<T>} */
  #store;
  /** @type {Map<string, T | null> | null} */
  #before = null;
  /** @type {Diff<T>[]} */
  #undo = [];
  /** @type {Diff<T>[]} */
  #redo = [];

  /** Tells of every settled change: a commit, an undo or a redo. @type {Emitter<Diff<T>>} */
  committed = new Emitter();
  /**
   * Keeps the items' own rules: changes what else must change before a transaction closes.
   * @type {((touched: readonly string[], put: (id: string, item: T | null) => void) => void) | null}
   */
  settle = null;

  /** @param {Store<T>} store */
  constructor(store) {
    this.#store = store;
  }

  get open() {
    return this.#before !== null;
  }

  get canUndo() {
    return this.#undo.length > 0;
  }

  get canRedo() {
    return this.#redo.length > 0;
  }

  /** Ids changed by the transaction that is open. */
  touched() {
    return this.#before ? [...this.#before.keys()] : [];
  }

  begin() {
    if (this.#before) throw new Error("A transaction is already open.");
    this.#before = new Map();
  }

  /**
   * Writes one item inside the open transaction.
   * @param {string} id
   * @param {T | null} item
   */
  put(id, item) {
    if (!this.#before) throw new Error("No transaction is open.");
    const current = this.#store.get(id) ?? null;
    if (current === item) return;
    if (!this.#before.has(id)) this.#before.set(id, current);
    this.#store.apply(new Map([[id, [current, item]]]), "local");
  }

  /** Closes the transaction; a transaction without effect leaves no step. @param {boolean} [settled] whether the items' rules were kept all along */
  commit(settled = false) {
    if (!settled) this.settle?.(this.touched(), (id, item) => this.put(id, item));
    const diff = this.#net();
    this.#before = null;
    if (diff.size === 0) return null;
    this.#undo.push(diff);
    this.#redo = [];
    this.committed.emit(diff);
    return diff;
  }

  /** Closes the transaction and puts back what it changed. */
  rollback() {
    const diff = this.#net();
    this.#before = null;
    this.#store.apply(invert(diff), "replay");
  }

  undo() {
    this.#replay(this.#undo, this.#redo);
  }

  redo() {
    this.#replay(this.#redo, this.#undo);
  }

  /** What can be undone and redone, the latest last. @returns {{undo: readonly Diff<T>[], redo: readonly Diff<T>[]}} */
  steps() {
    return { undo: this.#undo, redo: this.#redo };
  }

  /** Takes over the steps of an earlier visit. @param {{undo: readonly Diff<T>[], redo: readonly Diff<T>[]}} steps */
  recall({ undo, redo }) {
    this.#undo = [...undo];
    this.#redo = [...redo];
  }

  /** Forgets all steps, after the server's version has replaced ours. */
  clear() {
    this.#before = null;
    this.#undo = [];
    this.#redo = [];
  }

  /**
   * @param {Diff<T>[]} from
   * @param {Diff<T>[]} to
   */
  #replay(from, to) {
    if (this.#before) this.rollback();
    const step = from.pop();
    if (!step) return;
    const inverse = invert(step);
    to.push(inverse);
    this.#store.apply(inverse, "replay");
    this.committed.emit(inverse);
  }

  #net() {
    /** @type {Diff<T>} */
    const diff = new Map();
    for (const [id, before] of this.#before ?? []) {
      const after = this.#store.get(id) ?? null;
      if (differ(before, after)) diff.set(id, [before, after]);
    }
    return diff;
  }
}

/**
 * Whether two versions of an item say different things. Run lengths are told apart without writing them out, which takes long.
 * @param {any} before
 * @param {any} after
 */
function differ(before, after) {
  if (before === after) return false;
  if (!before?.rle || !after?.rle) return JSON.stringify(before) !== JSON.stringify(after);
  return before.rle !== after.rle || JSON.stringify({ ...before, rle: null }) !== JSON.stringify({ ...after, rle: null });
}

/**
 * Runs one change as one step; an error rolls it back.
 * @template {{id: string}} T
 * @param {History<T>} history
 * @param {(put: (id: string, item: T | null) => void) => void} change
 */
export function step(history, change) {
  if (history.open) history.rollback();
  history.begin();
  try {
    change((id, item) => history.put(id, item));
  } catch (error) {
    history.rollback();
    throw error;
  }
  return history.commit();
}
