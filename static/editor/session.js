// @ts-check
import { NEUTRAL } from "./adjust.js";
import { Emitter } from "./emitter.js";
/** @import { Adjust } from "./adjust.js" */
/** @import { Nib } from "./mask/scan.js" */
/** @import { Box, Point, Shape, Size } from "./types.js" */

/**
 * How masks are painted: `size` in image pixels, `tolerance` of the wand in steps of a channel, `opacity` of all masks.
 * @typedef {Readonly<{size: number, nib: Nib, over: "any" | "background", tolerance: number, opacity: number}>} Paint
 *
 * What is being drawn and is no shape yet.
 * @typedef {{kind: "box", box: Box, label: string} | {kind: "area", box: Box}
 *   | {kind: "nib", at: Point, size: number, nib: Nib, erase: boolean}} Sketch
 *
 * @typedef {{
 *   tool: string, label: string, selection: ReadonlySet<string>, hover: string | null, sketch: Sketch | null,
 *   pointer: Point | null, hidden: ReadonlySet<string>, locked: ReadonlySet<string> | null, lastSize: Size | null,
 *   clipboard: readonly Shape[], clipboardFrom: string, adjust: Adjust, paint: Paint,
 * }} SessionState
 */

/** @type {ReadonlySet<string>} */
const NOBODY = new Set();

/** What the person at the desk is doing; nothing here is saved. */
export class Session {
  /** @type {SessionState} */
  #state = {
    tool: "box",
    label: "",
    selection: NOBODY,
    hover: null,
    sketch: null,
    pointer: null,
    hidden: NOBODY,
    locked: null,
    lastSize: null,
    clipboard: [],
    clipboardFrom: "",
    adjust: NEUTRAL,
    paint: { size: 24, nib: "round", over: "any", tolerance: 24, opacity: 0.55 },
  };

  /** Names the fields that changed. @type {Emitter<ReadonlySet<keyof SessionState>>} */
  changed = new Emitter();

  get state() {
    return this.#state;
  }

  /** @param {Partial<SessionState>} change */
  update(change) {
    /** @type {Set<keyof SessionState>} */
    const fields = new Set();
    for (const key of /** @type {(keyof SessionState)[]} */ (Object.keys(change))) {
      if (this.#state[key] !== change[key]) fields.add(key);
    }
    if (fields.size === 0) return;
    this.#state = { ...this.#state, ...change };
    this.changed.emit(fields);
  }

  /** @param {Iterable<string>} ids */
  select(ids) {
    const selection = new Set(ids);
    const old = this.#state.selection;
    if (selection.size === old.size && [...selection].every((id) => old.has(id))) return;
    this.update({ selection });
  }

  /** Forgets what belonged to the image before. */
  reset() {
    this.update({ selection: NOBODY, hover: null, sketch: null, hidden: NOBODY, locked: null });
  }

  /** @param {string} id */
  isLocked(id) {
    return this.#state.locked?.has(id) ?? false;
  }
}
