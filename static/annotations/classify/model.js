// @ts-check
import { Emitter } from "../../editor/emitter.js";
import { History, step } from "../../editor/history.js";
import { Store } from "../../editor/store.js";
/** @import { AnnotationDocument } from "../../editor/types.js" */

/**
 * The answer for one image. `suggested` are the labels a model gave and nobody has confirmed yet; `empty` says that no label fits.
 * @typedef {Readonly<{id: string, labels: readonly string[], suggested: readonly string[], empty: boolean}>} Answer
 * @typedef {"multiclass" | "multilabel"} Mode
 */

/** A page of images, which of them are selected, and what they are labelled. */
export class Sheet {
  /** @type {Mode} */
  mode;
  /** @type {Store<Answer>} */
  store = new Store();
  /** @type {History<Answer>} */
  history = new History(this.store);
  /** The images on the page, in order. @type {readonly string[]} */
  page = [];
  /** @type {ReadonlySet<string>} */
  selection = new Set();
  /** The image the keys act from. @type {string | null} */
  focus = null;
  /** Whether one image is in front, which a label is meant for unless others are selected. */
  fronted = false;
  /** Where a range starts. @type {string | null} */
  #anchor = null;
  /** Selected, and not shown by a layout of fewer images. @type {readonly string[]} */
  #away = [];

  /** @type {Emitter<void>} */
  changed = new Emitter();

  /** @param {Mode} mode */
  constructor(mode) {
    this.mode = mode;
    this.store.changed.on(() => this.changed.emit());
  }

  /** @param {string} id @returns {Answer} */
  answer(id) {
    return this.store.get(id) ?? { id, labels: [], suggested: [], empty: false };
  }

  /**
   * Takes an image's answer from outside; it cannot be undone.
   * @param {string} id
   * @param {readonly string[]} labels
   * @param {readonly string[]} suggested
   * @param {boolean} [empty]
   */
  adopt(id, labels, suggested, empty = false) {
    this.store.apply(new Map([[id, [this.store.get(id) ?? null, { id, labels: [...labels], suggested: [...suggested], empty }]]]), "remote");
  }

  /** Takes up again which labels nobody has confirmed, if the answer is what it was then. @param {string} id @param {Answer} past @returns {boolean} whether it is */
  recall(id, past) {
    const { labels, empty } = this.answer(id);
    const same = JSON.stringify(labels) === JSON.stringify(past.labels);
    if (same) this.adopt(id, labels, past.suggested, empty);
    return same;
  }

  /** Forgets images that nobody comes back to. @param {readonly string[]} ids */
  forget(ids) {
    const known = ids.flatMap((id) => this.store.get(id) ?? []);
    this.store.apply(new Map(known.map((answer) => [answer.id, [answer, null]])), "remote");
  }

  /** @param {string} id @returns {AnnotationDocument} */
  document(id) {
    const { labels, empty } = this.answer(id);
    return { labels: [...labels], regions: [], empty };
  }

  /** Lays out a page; another layout of it keeps what is selected, as far as it is shown. @param {readonly string[]} ids */
  show(ids) {
    const old = this.page;
    this.page = [...ids];
    const selected = old.some((id) => ids.includes(id)) ? [...this.selection, ...this.#away] : [];
    this.selection = new Set(selected.filter((id) => ids.includes(id)));
    this.#away = selected.filter((id) => !ids.includes(id));
    if (!this.focus || !ids.includes(this.focus)) this.focus = ids[0] ?? null;
    if (this.#anchor && !ids.includes(this.#anchor)) this.#anchor = null;
    if (!old.some((id) => ids.includes(id))) this.history.clear();
    this.changed.emit();
  }

  /** What a label goes to: the selection, the image in front, or the only image of the page. */
  targets() {
    const [only] = this.page;
    if (this.page.length === 1 && only) return [only];
    const selected = this.page.filter((id) => this.selection.has(id));
    return selected.length === 0 && this.fronted && this.focus ? [this.focus] : selected;
  }

  /** Selects these, and no others. @param {Iterable<string>} ids */
  select(ids) {
    this.#select(new Set(ids), this.focus, null);
  }

  /** Selects an image or lets it go. @param {string} id */
  toggle(id) {
    const selection = new Set(this.selection);
    if (!selection.delete(id)) selection.add(id);
    this.#select(selection, id, id);
  }

  /** Selects everything between the last toggled image and this one. @param {string} id */
  range(id) {
    const from = this.page.indexOf(this.#anchor ?? this.focus ?? id);
    const to = this.page.indexOf(id);
    const between = this.page.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.#select(new Set([...this.selection, ...between]), id, this.#anchor ?? this.page[from] ?? id);
  }

  /** Selects all images, or none if all are selected. @param {readonly string[]} able those that may be labelled */
  toggleAll(able) {
    const all = able.every((id) => this.selection.has(id));
    this.#select(new Set(all ? [] : able), this.focus, null);
  }

  clearSelection() {
    this.#away = [];
    this.#select(new Set(), this.focus, null);
  }

  /**
   * Moves the focus by columns and rows, within the page.
   * @param {number} right
   * @param {number} down
   * @param {number} columns
   * @param {boolean} extend selects what is passed
   */
  move(right, down, columns, extend) {
    const place = this.focus ? this.page.indexOf(this.focus) : -1;
    const next = this.page[place + right + down * columns];
    if (!next) return;
    if (extend) this.range(next);
    else this.setFocus(next);
  }

  /** @param {string} id */
  setFocus(id) {
    if (this.focus === id) return;
    this.focus = id;
    this.changed.emit();
  }

  /**
   * Gives a label to images. One label per image replaces what was there; with several, the same label on all of
   * them takes it off again. Afterwards the images are deselected.
   * @param {string} label
   * @param {readonly string[]} [ids]
   * @returns {"added" | "removed" | "nobody"}
   */
  apply(label, ids = this.targets()) {
    if (ids.length === 0) return "nobody";
    const has = (/** @type {string} */ id) => this.answer(id).labels.includes(label);
    const removes = this.mode === "multilabel" && ids.every(has);
    this.#write(ids, ({ labels, suggested }) => {
      if (removes) return { labels: without(labels, label), suggested: without(suggested, label) };
      if (this.mode === "multiclass") return { labels: [label], suggested: [] };
      return { labels: [...without(labels, label), label], suggested: without(suggested, label) };
    });
    this.clearSelection();
    return removes ? "removed" : "added";
  }

  /**
   * Says of images that none of the labels fits, or takes that back where it is said of all of them; needs several labels
   * per image. Afterwards the images are deselected.
   * @param {readonly string[]} [ids]
   * @returns {"added" | "removed" | "nobody"}
   */
  declareEmpty(ids = this.targets()) {
    if (ids.length === 0 || this.mode !== "multilabel") return "nobody";
    const empty = !ids.every((id) => this.answer(id).empty);
    this.#write(ids, () => ({ labels: [], suggested: [], empty }));
    this.clearSelection();
    return empty ? "added" : "removed";
  }

  /** Takes one label off one image. @param {string} id @param {string} label */
  remove(id, label) {
    this.#write([id], ({ labels, suggested }) => ({ labels: without(labels, label), suggested: without(suggested, label) }));
  }

  /** Confirms what a model suggested: one label, or all. @param {readonly string[]} ids @param {string} [label] */
  confirm(ids, label) {
    this.#write(ids, ({ labels, suggested }) => ({ labels, suggested: label ? without(suggested, label) : [] }));
  }

  /** Images with unconfirmed suggestions. @param {readonly string[]} ids */
  suggested(ids) {
    return ids.filter((id) => this.answer(id).suggested.length > 0);
  }

  /** Images that still need an answer. @param {readonly string[]} ids */
  missing(ids) {
    return ids.filter((id) => this.answer(id).labels.length === 0 && !this.answer(id).empty);
  }

  /** How many images of the page have the label. @param {string} label */
  count(label) {
    return this.page.filter((id) => this.answer(id).labels.includes(label)).length;
  }

  /**
   * @param {readonly string[]} ids
   * @param {(answer: Answer) => {labels: readonly string[], suggested: readonly string[], empty?: boolean}} change what is labelled is not empty
   */
  #write(ids, change) {
    step(this.history, (put) => {
      for (const id of ids) put(id, { id, empty: false, ...change(this.answer(id)) });
    });
  }

  /**
   * @param {ReadonlySet<string>} selection
   * @param {string | null} focus
   * @param {string | null} anchor
   */
  #select(selection, focus, anchor) {
    this.selection = selection;
    this.focus = focus;
    this.#anchor = anchor;
    this.changed.emit();
  }
}

/** @param {readonly string[]} labels @param {string} label */
function without(labels, label) {
  return labels.filter((other) => other !== label);
}

/** How many images stand side by side. @param {number} size @param {boolean} narrow */
export function columnsFor(size, narrow) {
  if (size <= 1) return 1;
  if (narrow) return 2;
  return size === 4 ? 2 : 3;
}
