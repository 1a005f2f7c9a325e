// @ts-check
import { Desk } from "../../editor/desk.js";
import { Labels } from "../../editor/labels.js";
import { firstSize } from "../../editor/pager.js";
import { Sheet } from "./model.js";
/** @import { Refusal } from "../../editor/desk.js" */
/** @import { Entry } from "../../editor/pager.js" */
/** @import { Server } from "../../editor/server.js" */
/** @import { AnnotationDocument, Bootstrap, Clock, TextStorage } from "../../editor/types.js" */
/** @import { Vault } from "../../editor/vault.js" */

/**
 * What the page around it does.
 * @typedef {{
 *   say: (message: string, urgent?: boolean) => void, open: (dialog: "help" | "skip" | "conflict") => void,
 *   searchLabels: () => void, focusTile: () => void, zoom: (id: string) => void,
 *   togglePanel: (side: "left" | "right" | "notes") => void, leave: () => void, columns: () => number,
 * }} Surroundings
 */

/** Where the browser keeps how many images its person likes to see. */
const LAYOUT = "labelwright:layout";

/** The classification page: a sheet of images on a desk. */
export class Classifier {
  /** @type {Sheet} */
  sheet;
  /** @type {Labels} */
  labels;
  /** @type {Desk} */
  desk;
  /** @type {Surroundings} */
  ui;
  #storage;
  /** Active time of the page, and how much of it its images have got already. */
  #time = { seconds: 0 };
  #shared = 0;

  /** @param {{bootstrap: Bootstrap, server: Server, clock: Clock, storage: TextStorage, vault: Vault, ui: Surroundings}} parts */
  constructor({ bootstrap, server, clock, storage, vault, ui }) {
    this.ui = ui;
    this.labels = new Labels(bootstrap.labels);
    this.sheet = new Sheet(bootstrap.project.task_type === "multilabel" ? "multilabel" : "multiclass");
    this.#storage = storage;
    const size = firstSize({ ...bootstrap, page_size: Number(storage.getItem(LAYOUT)) || bootstrap.page_size });
    this.desk = new Desk({ server, bootstrap, clock, vault, size, adopt: (entry) => this.#adopt(entry) });
    this.desk.activity.follow(this.#time);
    this.desk.pager.changed.on(() => this.#followPage());
    this.desk.refused.on((refusal) => this.#correct(refusal));
    this.sheet.history.committed.on((diff) => this.#save(diff.keys()));
  }

  /** The entries on the page. */
  get entries() {
    return this.desk.pager.current;
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

  /** @param {string} label */
  choose(label) {
    const able = new Set(this.able());
    const ids = this.sheet.targets().filter((id) => able.has(id));
    this.#tell(this.sheet.apply(label, ids), this.labels.name(label), ids);
  }

  /** Says that no label fits the selected images. */
  declareEmpty() {
    const able = new Set(this.able());
    const ids = this.sheet.targets().filter((id) => able.has(id));
    this.#tell(this.sheet.declareEmpty(ids), "None of these", ids);
  }

  /** @param {"added" | "removed" | "nobody"} outcome @param {string} name @param {readonly string[]} ids */
  #tell(outcome, name, ids) {
    const many = ids.length === 1 ? "1 image" : `${ids.length} images`;
    if (outcome === "nobody") this.ui.say("Select at least one image first.");
    else this.ui.say(outcome === "added" ? `${name}: ${many}` : `${name} taken off ${many}`);
  }

  /** Shows another number of images; labels in the making are kept. @param {number} size */
  layOut(size) {
    if (this.desk.pager.size === size) return;
    this.#storage.setItem(LAYOUT, String(size));
    void this.desk.pager.resize(size);
  }

  /** Sends the page off and turns to the next one. */
  submit() {
    const missing = this.sheet.missing(this.able());
    if (missing[0]) {
      this.ui.say(missing.length === 1 ? "1 image still needs a label." : `${missing.length} images still need a label.`, true);
      this.sheet.setFocus(missing[0]);
      return this.ui.focusTile();
    }
    const open = this.entries.filter((entry) => entry.state === "open");
    if (open.length === 0) return;
    this.#share();
    this.desk.submit(open.map((entry) => ({ entry, document: this.sheet.document(entry.task.code), reason: null })));
    void this.desk.advance();
  }

  /** Skips the selected images, or the one in focus. @param {string} reason */
  skip(reason) {
    const able = new Set(this.able());
    const ids = this.skippable().filter((id) => able.has(id));
    this.#share();
    const entries = this.entries.filter((entry) => ids.includes(entry.task.code));
    if (entries.length === 0) return;
    this.desk.submit(entries.map((entry) => ({ entry, document: null, reason })));
    this.sheet.clearSelection();
    if (this.able().length === 0) void this.desk.advance();
  }

  /** The images a skip is about. */
  skippable() {
    const targets = this.sheet.targets();
    return targets.length > 0 ? targets : [this.sheet.focus].filter((id) => id !== null);
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
    };
  }

  /** @param {Iterable<string>} ids */
  #save(ids) {
    this.#share();
    for (const id of ids) {
      const entry = this.entries.find((other) => other.task.code === id);
      if (entry?.state === "open") this.desk.touch(entry);
    }
  }

  /** Time on a page belongs to its images in equal parts. */
  #share() {
    const open = this.entries.filter((entry) => entry.state === "open");
    this.desk.activity.touch();
    for (const entry of open) entry.seconds += (this.#time.seconds - this.#shared) / open.length;
    this.#shared = this.#time.seconds;
  }

  #followPage() {
    if (!this.entries.some((entry) => this.sheet.page.includes(entry.task.code))) this.#time.seconds = this.#shared = 0;
    this.sheet.show(this.entries.map((entry) => entry.task.code));
  }

  /** @param {Refusal} refusal */
  #correct({ entries, error }) {
    this.ui.say(error.message, true);
    const index = Number(/^items\.(\d+)/.exec(Object.keys(error.fields)[0] ?? "")?.[1] ?? 0);
    const entry = entries[index] ?? entries[0];
    if (!entry) return;
    this.sheet.setFocus(entry.task.code);
    this.ui.focusTile();
  }
}
