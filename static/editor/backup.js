// @ts-check
/** @import { AnnotationDocument, SubmitItem, TextStorage } from "./types.js" */

/**
 * @typedef {{document: AnnotationDocument, version: number | null, seconds: number, at: number}} DraftBackup
 * @typedef {{key: string, items: SubmitItem[], at: number}} Parcel an answer on its way, with its idempotency key
 */

const WEEK = 7 * 24 * 3600 * 1000;

/** Keeps unacknowledged work in the browser, so that a crash or a reload loses nothing. */
export class Backup {
  #storage;
  #prefix;
  /** Whether the browser could keep the last thing given to it. */
  healthy = true;

  /**
   * @param {TextStorage} storage
   * @param {string} owner keeps people and projects apart
   */
  constructor(storage, owner) {
    this.#storage = storage;
    this.#prefix = `labelwright:${owner}:`;
  }

  /** @param {string} task @param {DraftBackup} draft */
  keepDraft(task, draft) {
    this.#write(`draft:${task}`, draft);
  }

  /** @param {string} task @returns {DraftBackup | null} */
  draft(task) {
    return this.#read(`draft:${task}`);
  }

  /** @param {string} task */
  dropDraft(task) {
    this.#storage.removeItem(`${this.#prefix}draft:${task}`);
  }

  /** @param {Parcel} parcel */
  keepParcel(parcel) {
    this.#write(`parcel:${parcel.key}`, parcel);
  }

  /** @param {string} key */
  dropParcel(key) {
    this.#storage.removeItem(`${this.#prefix}parcel:${key}`);
  }

  /** Answers never acknowledged, oldest first. @returns {Parcel[]} */
  parcels() {
    const parcels = this.#keys(`${this.#prefix}parcel:`).map((key) => /** @type {Parcel} */ (this.#parse(key)));
    return parcels.filter(Boolean).sort((a, b) => a.at - b.at);
  }

  /** Drops drafts nobody came back for. @param {number} now */
  sweep(now) {
    for (const key of this.#keys(`${this.#prefix}draft:`)) {
      const at = this.#parse(key)?.at ?? 0;
      if (now - at > WEEK) this.#storage.removeItem(key);
    }
  }

  /** @param {string} start */
  #keys(start) {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index));
    return keys.filter((key) => key !== null).filter((key) => key.startsWith(start));
  }

  /** @param {string} name @param {unknown} value */
  #write(name, value) {
    try {
      this.#storage.setItem(this.#prefix + name, JSON.stringify(value));
      this.healthy = true;
    } catch {
      this.healthy = false; // the storage is full or forbidden; the server copy still happens
    }
  }

  /** @param {string} name @returns {any} */
  #read(name) {
    return this.#parse(this.#prefix + name);
  }

  /** @param {string} key @returns {any} */
  #parse(key) {
    const text = this.#storage.getItem(key);
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch {
      this.#storage.removeItem(key);
      return null;
    }
  }
}
