// @ts-check
import { Emitter } from "./emitter.js";
/** @import { ApiError } from "./api.js" */
/** @import { Backup, Parcel } from "./backup.js" */
/** @import { Clock, SubmitAnswer, SubmitItem } from "./types.js" */

/**
 * @typedef {{parcel: Parcel, answer: SubmitAnswer}} Delivered
 * @typedef {{parcel: Parcel, error: ApiError}} Returned
 */

const LONGEST_WAIT = 30_000;

/** Sends answers one after the other; each keeps its key until the server has spoken, so nothing counts twice. */
export class Outbox {
  #post;
  #backup;
  #clock;
  /** @type {Parcel[]} */
  #queue;
  #sending = false;
  #failures = 0;
  /** @type {unknown} */
  #timer = null;

  /** @type {Emitter<Delivered>} */
  delivered = new Emitter();
  /** The server said no: the answer is wrong, or its lease is lost. @type {Emitter<Returned>} */
  returned = new Emitter();
  /** @type {Emitter<void>} */
  changed = new Emitter();

  /**
   * @param {{post: (body: {key: string, items: SubmitItem[], next: number}) => Promise<SubmitAnswer>, backup: Backup, clock: Clock}} parts
   */
  constructor({ post, backup, clock }) {
    this.#post = post;
    this.#backup = backup;
    this.#clock = clock;
    this.#queue = backup.parcels();
  }

  get size() {
    return this.#queue.length;
  }

  get offline() {
    return this.#failures > 0;
  }

  /** Tasks whose answers are on their way. */
  tasks() {
    return this.#queue.flatMap((parcel) => parcel.items.map((item) => item.task));
  }

  /** @param {SubmitItem[]} items */
  send(items) {
    const parcel = { key: crypto.randomUUID(), items, at: this.#clock.now() };
    this.#backup.keepParcel(parcel);
    this.#queue.push(parcel);
    void this.flush();
    return parcel.key;
  }

  /** Sends what waits, now. */
  async flush() {
    if (this.#sending) return;
    if (this.#timer !== null) this.#clock.cancel(this.#timer);
    this.#timer = null;
    this.#sending = true;
    this.changed.emit();
    while (this.#queue[0] && (await this.#deliver(this.#queue[0])));
    this.#sending = false;
    if (this.#queue.length > 0) {
      this.#timer = this.#clock.after(Math.min(LONGEST_WAIT, 1000 * 2 ** (this.#failures - 1)), () => void this.flush());
    }
    this.changed.emit();
  }

  /**
   * @param {Parcel} parcel
   * @returns {Promise<boolean>} whether the server has spoken
   */
  async #deliver(parcel) {
    try {
      const answer = await this.#post({ key: parcel.key, items: parcel.items, next: 0 });
      this.#settle(parcel);
      this.delivered.emit({ parcel, answer });
    } catch (caught) {
      const error = /** @type {ApiError} */ (caught);
      if (error.passing || error.code === "signed_out" || error.status === undefined) {
        this.#failures += 1;
        return false;
      }
      this.#settle(parcel);
      this.returned.emit({ parcel, error });
    }
    return true;
  }

  /** @param {Parcel} parcel */
  #settle(parcel) {
    this.#failures = 0;
    this.#queue = this.#queue.filter((other) => other !== parcel);
    this.#backup.dropParcel(parcel.key);
    this.changed.emit();
  }
}
