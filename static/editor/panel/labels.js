// @ts-check
import { element, icon, setText, swatch } from "./dom.js";
/** @import { Labels } from "../labels.js" */
/** @import { Label } from "../types.js" */

/**
 * @typedef {{
 *   labels: Labels, list: HTMLElement, search: HTMLInputElement,
 *   choose: (code: string) => void, leave: () => void, count: (code: string) => number, chosen: () => ReadonlySet<string>,
 * }} Parts `leave` gives the focus back to the picture
 */

/** Labels found beyond so many ask for another letter. */
const MOST = 30;

/** The label tree: search, keys, counts; one tab stop, arrows inside. */
export class LabelTree {
  #parts;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** Rows made before, as a taxonomy may have thousands. @type {Map<string, HTMLElement>} */
  #made = new Map();
  /** Parents whose children are folded away. @type {Set<string>} */
  #folded = new Set();
  /** @type {Set<string>} */
  #parents;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#parents = new Set(parts.labels.all.flatMap((label) => label.parent ?? []));
    parts.list.addEventListener("click", (event) => this.#click(event));
    parts.list.addEventListener("keydown", (event) => this.#key(event));
    parts.search.addEventListener("input", () => this.#build());
    parts.search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.#build();
  }

  focusSearch() {
    this.#parts.search.focus();
    this.#parts.search.select();
  }

  /** Shows counts and choice as they are now. */
  refresh() {
    const chosen = this.#parts.chosen();
    for (const [code, row] of this.#rows) {
      const count = this.#parts.count(code);
      row.setAttribute("aria-selected", String(chosen.has(code)));
      const cell = row.querySelector(".tree-count");
      if (cell) setText(cell, count ? String(count) : "");
    }
    this.#keepTabStop();
  }

  #build() {
    const { labels, list, search } = this.#parts;
    const searching = search.value.trim() !== "";
    const found = searching ? labels.search(search.value) : labels.all.filter((label) => !this.#isFolded(label));
    const shown = searching ? found.slice(0, MOST) : found;
    this.#rows.clear();
    const rows = shown.map((label) => this.#row(label, searching));
    const more = found.length > shown.length ? `${found.length - shown.length} more. Type on.` : "";
    const words = rows.length ? more : "No label is called that.";
    list.replaceChildren(...rows, ...(words ? [element("li", { class: "label-none muted", role: "none" }, words)] : []));
    list.scrollTop = searching ? 0 : list.scrollTop;
    list.toggleAttribute("data-searching", searching);
    this.refresh();
  }

  /** @param {Label} label @param {boolean} flat */
  #row(label, flat) {
    const parent = this.#parents.has(label.code) && !flat;
    const paint = this.#parts.labels.paint(label.code);
    const looks = [label.code, flat, parent && this.#folded.has(label.code), paint.colour].join();
    const known = this.#made.get(looks);
    if (known) {
      this.#rows.set(label.code, known);
      return known;
    }
    const name = flat && label.depth > 0 ? label.path : label.name;
    const key = this.#parts.labels.keyOf(label.code);
    const row = element("li", {
      class: "tree-row label-row", role: "treeitem", tabindex: "-1", "data-code": label.code, "data-depth": flat ? "0" : String(label.depth),
      "aria-level": String(flat ? 1 : label.depth + 1), "aria-expanded": parent ? String(!this.#folded.has(label.code)) : null,
      title: label.description || label.path,
    });
    if (this.#parents.size > 0 && !flat) row.append(parent ? this.#fold(label) : element("span", { class: "label-fold" }));
    row.append(swatch(paint, label.code), element("span", { class: "tree-name" }, name), element("span", { class: "tree-count" }));
    if (key) row.append(element("kbd", { "aria-label": `key ${key}` }, key));
    this.#made.set(looks, row);
    this.#rows.set(label.code, row);
    return row;
  }

  /** @param {Label} label */
  #fold(label) {
    const mark = element("span", { class: "label-fold", "data-fold": label.code, "aria-hidden": "true" });
    mark.append(icon(this.#folded.has(label.code) ? "chevron-right" : "chevron-down"));
    return mark;
  }

  /** @param {Label} label */
  #isFolded(label) {
    for (let parent = label.parent; parent; parent = this.#parts.labels.get(parent)?.parent ?? null) {
      if (this.#folded.has(parent)) return true;
    }
    return false;
  }

  /** Folds all away but the roots, or shows all again. @param {string} code */
  #foldAll(code) {
    const { labels } = this.#parts;
    this.#folded = new Set(this.#folded.size > 0 ? [] : this.#parents);
    let seen = labels.get(code);
    while (seen && this.#isFolded(seen)) seen = labels.get(seen.parent ?? "");
    this.#build();
    this.#rows.get(seen?.code ?? "")?.focus();
  }

  /** @param {string} code @param {boolean} folded */
  #setFolded(code, folded) {
    if (folded) this.#folded.add(code);
    else this.#folded.delete(code);
    this.#build();
    this.#rows.get(code)?.focus();
  }

  /** @param {Event} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    const fold = target?.closest("[data-fold]")?.getAttribute("data-fold");
    const code = target?.closest("[data-code]")?.getAttribute("data-code");
    if (fold) this.#setFolded(fold, !this.#folded.has(fold));
    else if (code) {
      this.#parts.choose(code);
      this.#parts.leave();
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = event.target instanceof HTMLElement ? event.target.closest("[data-code]") : null;
    if (!(row instanceof HTMLElement) || event.ctrlKey || event.altKey || event.metaKey) return;
    const code = row.dataset["code"] ?? "";
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => this.#focusBeside(row, 1),
      ArrowUp: () => this.#focusBeside(row, -1),
      Home: () => this.#focusAt(0),
      End: () => this.#focusAt(-1),
      ArrowLeft: () => this.#inward(code, true),
      ArrowRight: () => this.#inward(code, false),
      "*": () => this.#foldAll(code),
      Enter: () => this.#parts.choose(code),
      " ": () => this.#parts.choose(code),
      Escape: () => this.#parts.leave(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** @param {string} code @param {boolean} out */
  #inward(code, out) {
    if (this.#parents.has(code) && this.#folded.has(code) !== out) this.#setFolded(code, out);
    else if (out) this.#rows.get(this.#parts.labels.get(code)?.parent ?? "")?.focus();
  }

  /** @param {HTMLElement} row @param {number} step */
  #focusBeside(row, step) {
    const rows = [...this.#rows.values()];
    const place = rows.indexOf(row) + step;
    if (place < 0) this.#parts.search.focus();
    else rows[Math.min(place, rows.length - 1)]?.focus();
  }

  /** @param {number} place */
  #focusAt(place) {
    [...this.#rows.values()].at(place)?.focus();
  }

  #keepTabStop() {
    const rows = [...this.#rows.values()];
    const stop = rows.find((row) => row.getAttribute("aria-selected") === "true") ?? rows[0];
    for (const row of rows) row.tabIndex = row === stop ? 0 : -1;
  }

  /** Enter takes the first label found. @param {KeyboardEvent} event */
  #searchKey(event) {
    const { search } = this.#parts;
    if (event.key === "ArrowDown") this.#focusAt(0);
    else if (event.key === "Enter") this.#takeFirst();
    else if (event.key === "Escape") {
      search.value = "";
      this.#build();
      this.#parts.leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #takeFirst() {
    const first = [...this.#rows.keys()][0];
    if (!first) return;
    this.#parts.search.value = "";
    this.#parts.choose(first);
    this.#build();
    this.#parts.leave();
  }
}
