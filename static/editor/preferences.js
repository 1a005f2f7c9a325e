// @ts-check
import { Emitter } from "./emitter.js";
/** @import { Adjust } from "./adjust.js" */
/** @import { Clock } from "./types.js" */

/**
 * What the server keeps of a person's habits (projects/preferences.py checks it); absent is as the page likes it.
 * `keys` are chords by command, `adjust` is by project; `brush` and `layout` hold plain values, 40 at most.
 * @typedef {Record<string, boolean | number | string>} Choices
 * @typedef {{
 *   keys: Record<string, readonly string[]>, adjust: Record<string, Adjust>, palette: "project" | "safe",
 *   text_size: "none" | "small" | "medium" | "large", outline: number, opacity: number, fill: number,
 *   snap: boolean | Choices, brush: Choices, layout: Choices,
 * }} Values
 */

/** A burst of changes is sent once it has been quiet for so long, in milliseconds. */
const QUIET = 600;
const AGAIN = 15_000;

/** The preferences of whoever is signed in: `get`, `set`, and news of what changed. Sent soon, and again after a failure. */
export class Preferences {
  /** @type {Partial<Values>} */
  #values;
  /** What the server has, as far as is known. @type {Partial<Values>} */
  #sent;
  #send;
  #clock;
  /** @type {unknown} */
  #timer = null;

  /** The key that got another value. @type {Emitter<keyof Values>} */
  changed = new Emitter();
  /** The server refused a change; the sentence says why. @type {Emitter<string>} */
  refused = new Emitter();

  /**
   * @param {Partial<Values> | undefined} values from the page
   * @param {{send: (patch: object, last: boolean) => Promise<unknown>, clock: Clock}} parts `last`: the page is being left
   */
  constructor(values, { send, clock }) {
    this.#values = { ...values };
    this.#sent = this.#values;
    this.#send = send;
    this.#clock = clock;
  }

  /** @template {keyof Values} K @param {K} key @returns {Values[K] | undefined} */
  get(key) {
    return this.#values[key];
  }

  /** Keeps a value; `undefined` goes back to the default. @template {keyof Values} K @param {K} key @param {Values[K] | undefined} value */
  set(key, value) {
    const { [key]: _, ...rest } = this.#values;
    this.#values = /** @type {Partial<Values>} */ (value === undefined ? rest : { ...rest, [key]: value });
    this.changed.emit(key);
    this.#later(QUIET);
  }

  /** Sends what is not sent yet. @param {boolean} [last] the page is being left */
  async flush(last = false) {
    this.#clock.cancel(this.#timer);
    this.#timer = null;
    const values = this.#values;
    const patch = mergePatch(this.#sent, values);
    if (!patch) return;
    const before = this.#sent;
    this.#sent = values;
    try {
      await this.#send(patch, last);
    } catch (error) {
      if (/** @type {{passing?: boolean}} */ (error).passing === false) {
        this.refused.emit(/** @type {Error} */ (error).message);
      } else {
        this.#sent = before;
        this.#later(AGAIN);
      }
    }
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    this.#clock.cancel(this.#timer);
    this.#timer = this.#clock.after(milliseconds, () => void this.flush());
  }
}

/**
 * What makes one value of the other, as RFC 7396 has it: `null` takes a key out. `null` where they are the same.
 * @param {object} before
 * @param {object} after
 * @returns {object | null}
 */
export function mergePatch(before, after) {
  /** @type {Record<string, unknown>} */
  const patch = {};
  const [old, fresh] = [/** @type {Record<string, unknown>} */ (before), /** @type {Record<string, unknown>} */ (after)];
  for (const key of Object.keys(old)) if (!(key in fresh)) patch[key] = null;
  for (const [key, value] of Object.entries(fresh)) {
    if (JSON.stringify(old[key]) === JSON.stringify(value)) continue;
    patch[key] = isObject(old[key]) && isObject(value) ? mergePatch(old[key], value) : value;
  }
  return Object.keys(patch).length > 0 ? patch : null;
}

/** @param {unknown} value @returns {value is object} */
function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
