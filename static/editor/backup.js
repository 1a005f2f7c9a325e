// @ts-check
/** @import { AnnotationDocument, SubmitItem } from "./types.js" */
/** @import { Vault } from "./vault.js" */

/**
 * @typedef {{document: AnnotationDocument, version: number | null, at: number}} DraftBackup
 * @typedef {{key: string, items: SubmitItem[], at: number}} Parcel an answer on its way, with its idempotency key
 */

const WEEK = 7 * 24 * 3600 * 1000;

/**
 * Keeps unacknowledged work in the browser, so that a crash or a reload loses nothing, and beside it what only this browser
 * knows of a task in the making: its steps, for undo, and the time spent on it.
 */
export class Backup {
  #vault;

  /** @param {Vault} vault */
  constructor(vault) {
    this.#vault = vault;
  }

  get healthy() {
    return this.#vault.healthy;
  }

  /** @param {string} task @param {DraftBackup} draft */
  keepDraft(task, draft) {
    this.#vault.set(`draft:${task}`, JSON.stringify(draft));
  }

  /** @param {string} task @returns {DraftBackup | null} */
  draft(task) {
    return this.#read(`draft:${task}`);
  }

  /** @param {string} task */
  dropDraft(task) {
    this.#vault.drop(`draft:${task}`);
  }

  /** @param {string} task @param {string} text @param {number} at */
  keepSteps(task, text, at) {
    this.#vault.set(`steps:${task}`, JSON.stringify({ text, at }));
  }

  /** @param {string} task @returns {string | null} */
  steps(task) {
    return this.#read(`steps:${task}`)?.text ?? null;
  }

  /** @param {string} task @param {number} seconds active, in all @param {number} at */
  keepSeconds(task, seconds, at) {
    this.#vault.set(`seconds:${task}`, JSON.stringify({ seconds, at }));
  }

  /** @param {string} task @returns {number} */
  seconds(task) {
    return this.#read(`seconds:${task}`)?.seconds ?? 0;
  }

  /** Forgets a task whose answer has arrived. @param {string} task */
  forget(task) {
    for (const kind of ["draft", "steps", "seconds"]) this.#vault.drop(`${kind}:${task}`);
  }

  /** @param {Parcel} parcel */
  keepParcel(parcel) {
    this.#vault.set(`parcel:${parcel.key}`, JSON.stringify(parcel));
  }

  /** @param {string} key */
  dropParcel(key) {
    this.#vault.drop(`parcel:${key}`);
  }

  /** Answers never acknowledged, oldest first. @returns {Parcel[]} */
  parcels() {
    const parcels = this.#vault.keys("parcel:").map((key) => /** @type {Parcel} */ (this.#read(key)));
    return parcels.filter(Boolean).sort((a, b) => a.at - b.at);
  }

  /** Drops what nobody came back for. @param {number} now */
  sweep(now) {
    for (const key of ["draft:", "steps:", "seconds:"].flatMap((kind) => this.#vault.keys(kind))) {
      if (now - (this.#read(key)?.at ?? 0) > WEEK) this.#vault.drop(key);
    }
  }

  /** @param {string} key @returns {any} */
  #read(key) {
    const text = this.#vault.get(key);
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch {
      this.#vault.drop(key);
      return null;
    }
  }
}
