// @ts-check
import { Emitter } from "./emitter.js";
/** @import { Clock, Page, Task } from "./types.js" */

/**
 * One task at this desk. `state` says how far its answer is.
 * @typedef {{
 *   task: Task, state: "open" | "sent" | "done" | "lost", skipped: boolean, annotation: string | null, seconds: number, touched: boolean,
 * }} Entry
 *
 * @typedef {(count: number, exclude: string[]) => Promise<Page>} TakeLeases
 */

/** @param {Task} task @returns {Entry} */
export function newEntry(task) {
  return {
    task, state: "open", skipped: false, annotation: null, seconds: task.draft?.active_seconds ?? 0, touched: task.draft !== null,
  };
}

/**
 * How many images a page starts with: what the project says, else what the server gave, among what is allowed.
 * @param {{page: Page | null, page_sizes: number[], page_size?: number | undefined}} bootstrap
 */
export function firstSize({ page, page_sizes, page_size }) {
  const wanted = page_size ?? page?.tasks.length ?? 1;
  const sizes = [...page_sizes].sort((a, b) => a - b);
  return sizes.find((size) => size >= wanted) ?? sizes.at(-1) ?? 1;
}

/** A page that could not be fetched is asked for again after so many milliseconds. */
const AGAIN = 4000;

/** The page on the desk and the next one, leased ahead so that nobody waits. */
export class Pager {
  #take;
  #sizes;
  /** Tasks that must not come back: answers on their way. */
  #busyTasks;
  #clock;
  #waiting = false;
  /** @type {Entry[]} */
  current = [];
  /** @type {Entry[]} */
  upcoming = [];
  /** Why nothing more comes. @type {string | null} */
  reason = null;
  /** @type {number | null} */
  remaining = null;
  size;
  /** @type {Promise<void> | null} */
  #taking = null;
  /** @type {unknown} */
  error = null;

  /** The page was replaced, grew or shrank. @type {Emitter<void>} */
  changed = new Emitter();
  /** Tasks were leased. @type {Emitter<Entry[]>} */
  taken = new Emitter();

  /** @param {{take: TakeLeases, size: number, sizes: number[], busyTasks: () => string[], clock: Clock}} parts */
  constructor({ take, size, sizes, busyTasks, clock }) {
    this.#take = take;
    this.#clock = clock;
    this.changed.on(() => this.#waitForPage());
    this.#sizes = [...sizes].sort((a, b) => a - b);
    this.#busyTasks = busyTasks;
    this.size = size;
  }

  /** Every task held here. @returns {Entry[]} */
  held() {
    return [...this.current, ...this.upcoming];
  }

  /** Puts the first page on the desk; without one, leases it. @param {Page | null} page */
  async start(page) {
    if (page) this.#accept(page);
    await this.#turn();
  }

  /** The desk is done: the next page comes, at once if it is here. */
  async advance() {
    this.current = [];
    await this.#turn();
  }

  /** Shows more or fewer images; answers in the making are kept. @param {number} size */
  async resize(size) {
    const all = this.held();
    this.size = size;
    this.current = all.slice(0, size);
    this.upcoming = all.slice(size);
    this.changed.emit();
    if (this.current.length < size && this.reason === null) {
      await this.#more(size - this.current.length);
      this.current.push(...this.upcoming.splice(0, size - this.current.length));
      this.changed.emit();
    }
    void this.prefetch();
  }

  /** Leases the next page while this one is worked on. */
  async prefetch() {
    if (this.upcoming.length < this.size && this.current.length > 0 && this.reason === null) {
      await this.#more(this.size - this.upcoming.length);
    }
  }

  /** Takes a task off the desk. @param {string} code */
  remove(code) {
    this.current = this.current.filter((entry) => entry.task.code !== code);
    this.upcoming = this.upcoming.filter((entry) => entry.task.code !== code);
    this.changed.emit();
  }

  /** Puts tasks back on the desk, before what is on it. @param {Entry[]} entries */
  putBack(entries) {
    const codes = new Set(entries.map((entry) => entry.task.code));
    const others = this.held().filter((entry) => !codes.has(entry.task.code));
    this.current = entries;
    this.upcoming = others;
    this.changed.emit();
  }

  /** The network may be back. */
  async retry() {
    await (this.#stuck ? this.advance() : this.prefetch());
  }

  /** Whether the desk is empty only because the server did not answer. */
  get #stuck() {
    return this.current.length === 0 && this.error !== null;
  }

  #waitForPage() {
    if (!this.#stuck || this.#waiting) return;
    this.#waiting = true;
    this.#clock.after(AGAIN, () => {
      this.#waiting = false;
      if (this.#stuck) void this.advance();
    });
  }

  async #turn() {
    this.error = null;
    if (this.upcoming.length === 0) {
      this.reason = null;
      this.changed.emit();
      await this.#more(this.size);
    }
    this.current = this.upcoming.splice(0, this.size);
    this.changed.emit();
    void this.prefetch();
  }

  /** @param {number} count */
  async #more(count) {
    if (this.#taking) await this.#taking;
    this.#taking = this.#lease(count);
    await this.#taking;
    this.#taking = null;
  }

  /** @param {number} count */
  async #lease(count) {
    const held = [...this.held().map((entry) => entry.task.code), ...this.#busyTasks()];
    const allowed = this.#sizes.find((size) => size >= count) ?? this.#sizes.at(-1) ?? 1;
    try {
      this.#accept(await this.#take(allowed, [...new Set(held)]));
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** @param {Page} page */
  #accept(page) {
    const known = new Set([...this.held().map((entry) => entry.task.code), ...this.#busyTasks()]);
    const entries = page.tasks.filter((task) => !known.has(task.code)).map(newEntry);
    this.upcoming.push(...entries);
    this.remaining = page.remaining;
    if (page.tasks.length === 0) this.reason = page.reason ?? "finished";
    this.taken.emit(entries);
  }
}
