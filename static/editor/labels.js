// @ts-check
import { fit, plain } from "./fuzzy.js";
import { safePaint } from "./palette.js";
/** @import { Paint } from "./palette.js" */
/** @import { Label } from "./types.js" */

/** The project's labels, in the order of their tree. */
export class Labels {
  /** @type {readonly Label[]} */
  all;
  /** @type {Map<string, Label>} */
  #byCode;
  /** @type {Map<string, Label>} */
  #byKey = new Map();

  /** @type {Map<string, Paint>} */
  #paints = new Map();
  /** Names and paths as they are searched. @type {{name: string, path: string}[] | null} */
  #plain = null;
  /** Codes of the labels used lately, the last one first. @type {readonly string[]} */
  recent = [];

  /** @param {readonly Label[]} labels */
  constructor(labels) {
    this.all = labels;
    this.wear("project");
    this.#byCode = new Map(labels.map((label) => [label.code, label]));
    const asked = labels.filter((label) => label.hotkey);
    for (const label of asked) if (!this.#byKey.has(label.hotkey)) this.#byKey.set(label.hotkey, label);
    if (asked.length === 0) labels.slice(0, 9).forEach((label, index) => this.#byKey.set(String(index + 1), label));
  }

  /** What is drawn with until a label is chosen: the first that is no group of others. */
  get first() {
    const groups = new Set(this.all.map((label) => label.parent));
    return this.all.find((label) => !groups.has(label.code));
  }

  /** @param {string} code */
  get(code) {
    return this.#byCode.get(code);
  }

  /** @param {string} code */
  name(code) {
    return this.#byCode.get(code)?.name ?? "Unknown label";
  }

  /** @param {string} code */
  colour(code) {
    return this.paint(code).colour;
  }

  /** What shows a label on the picture. @param {string} code @returns {Paint} */
  paint(code) {
    return this.#paints.get(code) ?? { colour: "#888888", dash: [], hatching: 0 };
  }

  /** Takes the project's colours, or those that every colour vision tells apart. @param {"project" | "safe"} palette */
  wear(palette) {
    const paint = (/** @type {Label} */ label, /** @type {number} */ index) => (palette === "safe" ? safePaint(index) : { colour: label.colour, dash: [], hatching: 0 });
    this.#paints = new Map(this.all.map((label, index) => [label.code, paint(label, index)]));
  }

  /** The label behind a number key. @param {string} key */
  byKey(key) {
    return this.#byKey.get(key);
  }

  /** The number key of a label, if it has one. @param {string} code */
  keyOf(code) {
    for (const [key, label] of this.#byKey) if (label.code === code) return key;
    return "";
  }

  /**
   * Labels for a few typed letters, best first; of those that fit as well, the ones used lately.
   * @param {string} typed
   */
  search(typed) {
    const wanted = plain(typed).trim();
    if (!wanted) return [...this.all];
    this.#plain ??= this.all.map(({ name, path }) => ({ name: plain(name), path: plain(path) }));
    const late = new Map(this.recent.map((code, place) => [code, place - this.recent.length]));
    return this.#plain
      .map((words, index) => ({ label: /** @type {Label} */ (this.all[index]), index, score: fit(words, wanted) }))
      .filter((found) => found.score > 0)
      .sort((a, b) => b.score - a.score || (late.get(a.label.code) ?? 0) - (late.get(b.label.code) ?? 0) || a.index - b.index)
      .map((found) => found.label);
  }
}
