// @ts-check
import { Desk } from "../../editor/desk.js";
import { Labels } from "../../editor/labels.js";
import { firstSize } from "../../editor/pager.js";
import { goOn } from "./labelling.js";
import { Sheet } from "./model.js";
import { Recents } from "./recents.js";
import { Viewer } from "./viewer.js";
import { Watch } from "./watch.js";
/** @import { Refusal } from "../../editor/desk.js" */
/** @import { Entry } from "../../editor/pager.js" */
/** @import { Choices, Preferences } from "../../editor/preferences.js" */
/** @import { Server } from "../../editor/server.js" */
/** @import { AnnotationDocument, Bootstrap, Clock, TextStorage } from "../../editor/types.js" */
/** @import { Vault } from "../../editor/vault.js" */

/**
 * What the page around it does; `hush` takes away words about images that are gone.
 * @typedef {{
 *   say: (message: string, urgent?: boolean) => void, hush: () => void, open: (dialog: "help" | "skip" | "conflict") => void,
 *   searchLabels: () => void, focusStage: () => void,
 *   togglePanel: (side: "left" | "right" | "notes" | "view" | "dicom") => void, leave: () => void, columns: () => number,
 * }} Surroundings
 *
 * So many images side by side, or one in front of a strip of the page's images.
 * @typedef {number | "film"} Layout
 */

/** The classification page: a sheet of images on a desk. */
export class Classifier {
  /** @type {Sheet} */
  sheet;
  /** @type {Labels} */
  labels;
  /** @type {Recents} */
  recents;
  /** @type {Desk} */
  desk;
  /** The large view of the image in focus. @type {Viewer} */
  viewer;
  /** @type {Surroundings} */
  ui;
  #preferences;
  #sizes;
  #watch;

  /** @param {{bootstrap: Bootstrap, server: Server, clock: Clock, storage: TextStorage, vault: Vault, preferences: Preferences, ui: Surroundings}} parts */
  constructor({ bootstrap, server, clock, storage, vault, preferences, ui }) {
    this.ui = ui;
    this.labels = new Labels(bootstrap.labels);
    this.recents = new Recents(storage, `${bootstrap.user.code ?? bootstrap.user.name}:${bootstrap.project.code}`, (code) => this.labels.get(code) !== undefined);
    this.labels.recent = this.recents.order;
    this.sheet = new Sheet(bootstrap.project.task_type === "multilabel" ? "multilabel" : "multiclass");
    this.#preferences = preferences;
    this.#sizes = bootstrap.page_sizes;
    const { images, film } = this.habits;
    const size = firstSize({ ...bootstrap, page_size: Number(images) || bootstrap.page_size });
    this.sheet.fronted = film === true && size > 1;
    this.desk = new Desk({ server, bootstrap, clock, vault, size, adopt: (entry) => this.#adopt(entry) });
    this.viewer = new Viewer({ desk: this.desk, labels: this.labels, clock, ui });
    this.#watch = new Watch(this.desk.activity);
    this.desk.pager.changed.on(() => this.#followPage());
    this.desk.refused.on((refusal) => this.#correct(refusal));
    this.desk.gone.on((codes) => this.sheet.forget(codes));
    this.sheet.history.committed.on((diff) => this.#save(diff.keys()));
    this.sheet.changed.on(() => this.#followFocus());
  }

  /** What the person likes of this page: `images`, `film`, `letters` search labels, `advance` after a label. @returns {Readonly<Choices>} */
  get habits() {
    return this.#preferences.get("layout") ?? {};
  }

  /** @param {Choices} change */
  keepHabit(change) {
    this.#preferences.set("layout", { ...this.habits, ...change });
    this.sheet.changed.emit();
  }

  /** The entries on the page. */
  get entries() {
    return this.desk.pager.current;
  }

  /** The entry in focus. */
  get front() {
    return this.entries.find((entry) => entry.task.code === this.sheet.focus) ?? null;
  }

  /** @returns {Layout} */
  get layout() {
    return this.sheet.fronted ? "film" : this.desk.pager.size;
  }

  /** Whether one image is shown large. */
  get large() {
    return this.layout === "film" || this.layout === 1;
  }

  /** Codes of the images that may still be labelled. */
  able() {
    return this.entries.filter((entry) => entry.state === "open").map((entry) => entry.task.code);
  }

  /** Whether every image that may be labelled is. */
  get complete() {
    const able = this.able();
    return able.length > 0 && this.sheet.missing(able).length === 0;
  }

  /** Lays the images out in another way; labels in the making and the selection are kept. @param {Layout} layout */
  layOut(layout) {
    if (layout === this.layout) return;
    this.book();
    const { size } = this.desk.pager;
    const images = layout === "film" ? (size > 1 ? size : Math.max(...this.#sizes)) : layout;
    this.sheet.fronted = layout === "film";
    this.keepHabit({ images, film: layout === "film" });
    if (size !== images) void this.desk.pager.resize(images);
    this.ui.focusStage();
  }

  /** Sends the page off and turns to the next one. */
  submit() {
    const missing = this.sheet.missing(this.able());
    if (missing[0]) {
      this.ui.say(missing.length === 1 ? "1 image still needs a label." : `${missing.length} images still need a label.`, true);
      this.sheet.setFocus(missing[0]);
      return this.ui.focusStage();
    }
    const open = this.entries.filter((entry) => entry.state === "open");
    if (open.length === 0) return;
    this.book();
    this.desk.submit(open.map((entry) => ({ entry, document: this.sheet.document(entry.task.code), reason: null })));
    void this.desk.advance();
  }

  /** Skips the selected images, or the one in focus. @param {string} reason */
  skip(reason) {
    const ids = this.chosen();
    this.book();
    const entries = this.entries.filter((entry) => ids.includes(entry.task.code));
    if (entries.length === 0) return;
    this.desk.submit(entries.map((entry) => ({ entry, document: null, reason })));
    this.sheet.clearSelection();
    if (this.able().length === 0) void this.desk.advance();
    else goOn(this, ids, (left) => left);
  }

  /** The selected images, or the one in focus, as far as they may be changed. */
  chosen() {
    const targets = this.sheet.targets();
    return this.able().filter((id) => (targets.length > 0 ? targets.includes(id) : id === this.sheet.focus));
  }

  /** Takes a skip back. @param {string} id */
  async takeBack(id) {
    const entry = this.entries.find((other) => other.task.code === id);
    try {
      if (entry && !(await this.desk.reopen(entry))) this.ui.say("The skip is still on its way.");
    } catch (error) {
      this.ui.say(/** @type {Error} */ (error).message, true);
    }
  }

  /** @param {Entry} entry */
  #adopt(entry) {
    const { code, draft, prelabel } = entry.task;
    const labels = draft?.document.labels ?? prelabel?.labels ?? [];
    const suggestions = draft ? [] : (prelabel?.labels ?? []);
    this.sheet.adopt(code, labels, suggestions, draft?.document.empty);
    return {
      read: () => this.sheet.document(code),
      replace: (/** @type {AnnotationDocument} */ answer) => this.sheet.adopt(code, answer.labels, [], answer.empty),
      // A document does not say which of its labels nobody has confirmed.
      remember: () => JSON.stringify(this.sheet.answer(code)),
      recall: (/** @type {string} */ text) => this.sheet.recall(code, JSON.parse(text)),
    };
  }

  /** @param {Iterable<string>} ids */
  #save(ids) {
    this.book();
    for (const id of ids) {
      const entry = this.entries.find((other) => other.task.code === id);
      if (entry?.state === "open") this.desk.touch(entry);
    }
  }

  /** Books the time up to now, for a page that may be left. */
  book() {
    this.#watch.book();
  }

  #followPage() {
    if (!this.entries.some((entry) => this.sheet.page.includes(entry.task.code))) {
      this.#watch.restart();
      if (this.sheet.page.length > 0) this.ui.hush();
    }
    this.sheet.show(this.entries.map((entry) => entry.task.code));
  }

  #followFocus() {
    const { front } = this;
    this.#watch.turn(this.sheet.fronted && front ? [front] : this.entries);
    this.viewer.open(front);
  }

  /** @param {Refusal} refusal */
  #correct({ entries, error }) {
    this.ui.say(error.message, true);
    const index = Number(/^items\.(\d+)/.exec(Object.keys(error.fields)[0] ?? "")?.[1] ?? 0);
    const entry = entries[index] ?? entries[0];
    if (!entry) return;
    this.sheet.setFocus(entry.task.code);
    this.ui.focusStage();
  }
}
