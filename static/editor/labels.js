// @ts-check
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
    return this.#paints.get(code) ?? { colour: "#888888", dash: [] };
  }

  /** Takes the project's colours, or those that every colour vision tells apart. @param {"project" | "safe"} palette */
  wear(palette) {
    const paint = (/** @type {Label} */ label, /** @type {number} */ index) => (palette === "safe" ? safePaint(index) : { colour: label.colour, dash: [] });
    this.#paints = new Map(this.all.map((label, index) => [label.code, paint(label, index)]));
  }

  /** The label behind a number key. @param {string} key */
  byKey(key) {
    return this.#byKey.get(key);
  }

  /** The number key of a label, if it has one. @param {string} code */
  keyOf(code) {
    return [...this.#byKey].find(([, label]) => label.code === code)?.[0] ?? "";
  }

  /**
   * Labels for a few typed letters, best first: names that start so, words that start so, then anything that contains it.
   * @param {string} typed
   */
  search(typed) {
    const wanted = typed.trim().toLocaleLowerCase();
    if (!wanted) return [...this.all];
    const rank = (/** @type {Label} */ label) => {
      const name = label.name.toLocaleLowerCase();
      if (name.startsWith(wanted)) return 0;
      if (name.split(/[\s/_-]+/).some((word) => word.startsWith(wanted))) return 1;
      if (name.includes(wanted)) return 2;
      return label.path.toLocaleLowerCase().includes(wanted) ? 3 : 4;
    };
    return this.all
      .map((label, index) => ({ label, index, rank: rank(label) }))
      .filter((found) => found.rank < 4)
      .sort((a, b) => a.rank - b.rank || a.index - b.index)
      .map((found) => found.label);
  }
}
