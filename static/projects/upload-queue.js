// @ts-check
/**
 * The queue of an upload, without page or network: files are announced in batches, sent in chunks, several at a time.
 * Whatever fails for a moment is tried again; what the server already has is not sent twice. Where the server offers an
 * address in the store, a file goes there whole; if the store does not take it from this browser, the server does.
 *
 * @typedef {{size: number, slice: (start: number, end: number) => any}} Content
 * @typedef {"waiting" | "ready" | "sending" | "done" | "duplicate" | "failed" | "cancelled"} State
 * @typedef {{url: string, headers: Record<string, string>}} Offer
 * @typedef {{path: string, content: Content, state: State, received: number, code: string, reason: string, direct?: Offer | null, unpacks?: boolean}} Item
 * @typedef {{code: string, received: number, state: string, reason: string, direct?: Offer | null}} Row
 * @typedef {{
 *   announce: (files: {path: string, byte_size: number}[]) => Promise<Row[]>,
 *   send: (code: string, offset: number, bytes: any) => Promise<Row>,
 *   put?: (offer: Offer, content: any, sent: (bytes: number) => void) => Promise<void>,
 *   complete?: (code: string) => Promise<Row>,
 *   changed: () => void,
 *   sleep?: (ms: number) => Promise<void>,
 *   chunk: number, batch: number, parallel?: number, attempts?: number,
 * }} Options
 */
import { Refused, accept, conflict, fail, isOpen, keyOf } from "./upload-items.js";

export { Refused, isOpen };

export class UploadQueue {
  /** @type {Item[]} */ items = [];
  paused = false;
  #active = 0;
  #announcing = false;
  #next = 0;
  /** How often in a row the store did not even answer: the second time, everything goes through the server. */ #unheard = 0;
  /** @type {Required<Options>} */ #options;

  /** @param {Options} options */
  constructor(options) {
    const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const none = () => Promise.reject(new Refused(0, ""));
    this.#options = { sleep: /** @type {any} */ (sleep), parallel: 4, attempts: 8, put: none, complete: none, ...options };
  }

  /** Adds files and begins. A path that is there already is left out. @param {{path: string, content: Content}[]} files */
  add(files) {
    const known = new Set(this.items.filter((item) => item.state !== "cancelled").map((item) => keyOf(item)));
    for (const file of files) {
      if (known.has(keyOf(file))) continue;
      known.add(keyOf(file));
      this.items.push({ ...file, state: "waiting", received: 0, code: "", reason: "" });
    }
    this.#pump();
  }

  pause() {
    this.paused = true;
    this.#options.changed();
  }

  resume() {
    this.paused = false;
    this.#pump();
  }

  /** Gives up everything that is not finished; what the server has stays there, to go on with later. */
  cancel() {
    for (const item of this.items) {
      if (isOpen(item)) item.state = "cancelled";
    }
    this.paused = false;
    this.#options.changed();
  }

  /** Tries the failed files again. */
  retry() {
    for (const item of this.items) {
      if (item.state === "failed") Object.assign(item, { state: "waiting", reason: "" });
    }
    this.#next = 0;
    this.#pump();
  }

  /** What there is to show: bytes and files, by state. */
  get totals() {
    const totals = { bytes: 0, received: 0, files: 0, open: 0, done: 0, duplicate: 0, failed: 0 };
    for (const item of this.items) {
      if (item.state === "cancelled") continue;
      totals.files += 1;
      totals.bytes += item.content.size;
      totals.received += isOpen(item) ? item.received : item.content.size;
      if (isOpen(item)) totals.open += 1;
      else if (item.state === "done" || item.state === "duplicate" || item.state === "failed") totals[item.state] += 1;
    }
    return totals;
  }

  #pump() {
    this.#options.changed();
    if (this.paused) return;
    if (!this.#announcing) void this.#announce();
    while (this.#active < this.#options.parallel) {
      const item = this.#take();
      if (!item) return;
      this.#active += 1;
      void this.#run(item).finally(() => {
        this.#active -= 1;
        this.#pump();
      });
    }
  }

  #take() {
    for (; this.#next < this.items.length; this.#next += 1) {
      const item = /** @type {Item} */ (this.items[this.#next]);
      if (item.state === "waiting") return undefined;
      if (item.state === "ready") {
        item.state = "sending";
        return item;
      }
    }
    return undefined;
  }

  async #announce() {
    this.#announcing = true;
    try {
      for (;;) {
        const batch = this.items.filter((item) => item.state === "waiting").slice(0, this.#options.batch);
        if (!batch.length || this.paused) return;
        const files = batch.map((item) => ({ path: item.path, byte_size: item.content.size }));
        try {
          const rows = await this.#patiently(() => this.#options.announce(files), () => true);
          batch.forEach((item, index) => accept(item, /** @type {Row} */ (rows[index])));
        } catch (error) {
          for (const item of batch) fail(item, error);
        }
        this.#pump();
      }
    } finally {
      this.#announcing = false;
    }
  }

  /** @param {Item} item */
  async #run(item) {
    const { chunk, send } = this.#options;
    try {
      if (item.direct && this.#unheard < 2) await this.#sendStraight(item, item.direct);
      while (item.state === "sending") {
        if (this.paused) {
          item.state = "ready";
          this.#next = 0;
          return;
        }
        if (item.received >= item.content.size && item.received > 0) {
          throw new Refused(409, "The server has another file under this name. Rename this one and add it again.");
        }
        const end = Math.min(item.received + chunk, item.content.size);
        const bytes = item.content.slice(item.received, end);
        const row = await this.#patiently(
          () => send(item.code, item.received, bytes),
          () => item.state === "sending",
        ).catch((error) => conflict(item, error));
        if (item.state !== "sending") return;
        accept(item, row);
        if (/** @type {State} */ (item.state) === "ready") item.state = "sending";
        this.#options.changed();
      }
    } catch (error) {
      if (item.state === "sending") fail(item, error);
    }
  }

  /** Into the store, and then asks the server to look: it knows whether the file is there. @param {Item} item @param {Offer} offer */
  async #sendStraight(item, offer) {
    const { put, complete, changed } = this.#options;
    let status = 200;
    await put(offer, item.content, (bytes) => {
      item.received = bytes;
      changed();
    }).catch((error) => {
      status = error instanceof Refused ? error.status : 0;
    });
    item.direct = null;
    item.received = 0;
    if (item.state !== "sending") return;
    try {
      accept(item, await this.#patiently(() => complete(item.code), () => item.state === "sending"));
      this.#unheard = 0;
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409)) throw error;
      if (status === 0) this.#unheard += 1;
    }
    if (/** @type {State} */ (item.state) === "ready") item.state = "sending";
  }

  /** @template T @param {() => Promise<T>} act @param {() => boolean} wanted @returns {Promise<T>} */
  async #patiently(act, wanted) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        const passing = error instanceof Refused && error.isPassing && attempt < this.#options.attempts && wanted();
        if (!passing) throw error;
        const wait = Math.max(error.retryAfter * 1000, Math.min(500 * 2 ** attempt, 30_000));
        await this.#options.sleep(wait);
      }
    }
  }
}
