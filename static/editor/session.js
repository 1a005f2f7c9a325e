// @ts-check
import { NEUTRAL } from "./adjust.js";
import { Emitter } from "./emitter.js";
import { LOOK } from "./look.js";
/** @import { Adjust } from "./adjust.js" */
/** @import { Look } from "./look.js" */
/** @import { Prompt } from "./outline/prompter.js" */
/** @import { Nib } from "./mask/scan.js" */
/** @import { Windowing } from "./windowing.js" */
/** @import { Box, Pin, Point, Rings, Shape, Size } from "./types.js" */

/**
 * How masks are painted: `size` in image pixels, `tolerance` of the wand in steps of a channel, `opacity` of all masks.
 * @typedef {Readonly<{size: number, nib: Nib, over: "any" | "background", tolerance: number, opacity: number}>} Paint
 *
 * How polygons are drawn: `mode` says what becomes of the next outline, `snaps` whether it holds on to neighbours, `follows`
 * whether it goes along their borders. `tolerance` of simplifying, in image pixels.
 * @typedef {Readonly<{mode: "new" | "add" | "cut", snaps: boolean, follows: boolean, tolerance: number}>} Outlining
 *
 * What is being drawn and is no shape yet. `way` lies between the last corner and the pointer, `mark` where lines cross.
 * @typedef {{
 *   kind: "outline", corners: readonly Point[], way: readonly Point[], end: Point | null, open: boolean, closes: boolean,
 *   held: "corner" | "side" | null, mark: Point | null, cuts: boolean,
 * }} OutlineSketch
 * @typedef {{kind: "box", box: Box, label: string} | {kind: "area", box: Box} | OutlineSketch
 *   | {kind: "mark", point: Point} | {kind: "corner", at: Point, removes: boolean}
 *   | {kind: "proposal", rings: Rings, prompt: Prompt, waiting: boolean}
 *   | {kind: "nib", at: Point, size: number, nib: Nib, erase: boolean}} Sketch
 *
 * `pin` is where the next comment belongs, until its form has it. `corners` are those of one polygon that keys and drags move, counted through all its rings; `before` is the outline that
 * is being simplified.
 * @typedef {{
 *   tool: string, label: string, selection: ReadonlySet<string>, hover: string | null, sketch: Sketch | null,
 *   pointer: Point | null, hidden: ReadonlySet<string>, locked: ReadonlySet<string> | null, lastSize: Size | null,
 *   clipboard: readonly Shape[], clipboardFrom: string, pin: Pin | null, outlining: Outlining, before: Rings | null,
 *   corners: {id: string, indexes: ReadonlySet<number>} | null, adjust: Adjust, look: Look, paint: Paint, windowing: Windowing | null,
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
    pin: null,
    outlining: { mode: "new", snaps: true, follows: false, tolerance: 2 },
    before: null,
    corners: null,
    adjust: NEUTRAL,
    look: LOOK,
    windowing: null,
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
    this.update({ selection, corners: null });
  }

  /** Forgets what belonged to the image before. */
  reset() {
    this.update({ selection: NOBODY, hover: null, sketch: null, hidden: NOBODY, locked: null, corners: null, windowing: null });
  }

  /** @param {string} id */
  isLocked(id) {
    return this.#state.locked?.has(id) ?? false;
  }
}
