// @ts-check
import { Activity } from "./activity.js";
import { Backup } from "./backup.js";
import { Emitter } from "./emitter.js";
import { LeaseKeeper } from "./leases.js";
import { Outbox } from "./outbox.js";
import { Pager, newEntry } from "./pager.js";
import { DraftSync } from "./sync.js";
/** @import { ApiError } from "./api.js" */
/** @import { Server } from "./server.js" */
/** @import { Entry } from "./pager.js" */
/** @import { Delivered, Returned } from "./outbox.js" */
/** @import { Subject } from "./tracks.js" */
/** @import { Vault } from "./vault.js" */
/** @import { AnnotationDocument, Bootstrap, Clock } from "./types.js" */

/**
 * @typedef {{entries: Entry[], error: ApiError}} Refusal answers that came back to be corrected
 */

/** Everything between a labelling page and the server: leases, drafts, answers, time. */
export class Desk {
  #server;
  #backup;
  #adopt;
  #clock;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Pager} */
  pager;
  /** @type {DraftSync} */
  sync;
  /** @type {Outbox} */
  outbox;
  /** @type {LeaseKeeper} */
  leases;
  /** @type {Activity} */
  activity;
  /** Answered here and no longer on the page, oldest first. @type {Entry[]} */
  recent = [];

  /** @type {Emitter<Refusal>} */
  refused = new Emitter();
  /** Tasks that nobody here can come back to. @type {Emitter<string[]>} */
  gone = new Emitter();
  /** Answers taken, tasks lost: whatever changes how entries look. @type {Emitter<void>} */
  changed = new Emitter();
  /** @type {Emitter<string>} */
  news = new Emitter();

  /**
   * @param {{server: Server, bootstrap: Bootstrap, clock: Clock, vault: Vault, size: number, adopt: (entry: Entry) => Omit<Subject, "lease" | "seconds">}} parts
   * `adopt` makes a place for a new task
   */
  constructor({ server, bootstrap, clock, vault, size, adopt }) {
    this.#server = server;
    this.#adopt = adopt;
    this.#clock = clock;
    this.#backup = new Backup(vault);
    this.#backup.sweep(clock.now());
    this.activity = new Activity(clock.now);
    const delay = Math.max(250, bootstrap.draft_seconds * 1000 - 500);
    this.sync = new DraftSync({ put: server.saveDraft, patch: server.changeDraft, backup: this.#backup, clock, delay });
    this.outbox = new Outbox({ post: server.submit, backup: this.#backup, clock });
    this.leases = new LeaseKeeper({
      beat: server.heartbeat, clock, interval: bootstrap.heartbeat_seconds * 1000,
      active: () => this.activity.active, offset: server.clockOffset,
    });
    this.pager = new Pager({ take: server.lease, size, sizes: bootstrap.page_sizes, busyTasks: () => this.outbox.tasks(), clock });
    this.pager.taken.on((entries) => entries.forEach((entry) => this.#take(entry)));
    this.outbox.delivered.on((delivered) => this.#delivered(delivered));
    this.outbox.returned.on((returned) => this.#returned(returned));
    this.leases.changed.on((state) => state.kind === "lost" && this.#lost(state.tokens));
  }

  /** Delivers what an earlier visit left, then opens the first page. @param {Bootstrap["page"]} page */
  async start(page) {
    if (this.outbox.size > 0) await this.outbox.flush();
    this.leases.start();
    await this.pager.start(page);
    void this.leases.beat();
  }

  /** @param {string} code @returns {Entry | undefined} */
  entry(code) {
    return this.#entries.get(code);
  }

  /** A committed change of a task. @param {Entry} entry @param {Iterable<string>} [ids] the regions it changed, if they are known */
  touch(entry, ids) {
    entry.touched = true;
    this.sync.touch(entry.task.code, ids);
    this.#backup.keepSeconds(entry.task.code, entry.seconds, this.#clock.now());
  }

  /** Writes down what is only here: drafts, and the time spent; for a page that may be gone the next moment. */
  keep() {
    this.activity.show(false);
    this.sync.flush();
    for (const entry of this.pager.held()) {
      if (entry.state === "open" && entry.seconds > 0) this.#backup.keepSeconds(entry.task.code, entry.seconds, this.#clock.now());
    }
  }

  /**
   * Sends answers off; a reason instead of a document skips the image.
   * @param {{entry: Entry, document: AnnotationDocument | null, reason: string | null}[]} answers
   */
  submit(answers) {
    this.activity.touch();
    const items = answers.map(({ entry, document, reason }) => {
      entry.state = "sent";
      entry.skipped = reason !== null;
      this.sync.release(entry.task.code);
      return { task: entry.task.code, lease: entry.task.lease.token, document, skip_reason: reason, active_seconds: Math.round(entry.seconds * 10) / 10 };
    });
    this.outbox.send(items);
    this.changed.emit();
  }

  /** The page is done: the next one comes. */
  async advance() {
    this.recent = [...this.recent, ...this.pager.current.filter(({ state }) => state === "sent" || state === "done")].slice(-8);
    this.#sweep();
    const unsent = this.outbox.size > 0;
    await this.pager.advance();
    if (unsent) this.#askAgain();
  }

  /** That nothing is left may have been said while the last answers were still on their way. */
  #askAgain() {
    if (this.pager.current.length === 0 && this.pager.reason !== null && this.outbox.size === 0) void this.pager.advance();
  }

  /**
   * Takes an answered task up again, for as long as nobody has reviewed it.
   * @param {Entry} entry
   * @returns {Promise<Entry | null>} `null` if the server refuses
   */
  async reopen(entry) {
    if (entry.state === "sent") await this.outbox.flush();
    if (!entry.annotation) return null;
    const fresh = newEntry(await this.#server.reopen(entry.annotation));
    const current = this.pager.current;
    const place = current.indexOf(entry);
    this.recent = this.recent.filter((other) => other !== entry);
    this.#take(fresh);
    this.pager.current = place < 0 ? [fresh, ...current] : current.map((other) => (other === entry ? fresh : other));
    this.pager.changed.emit();
    return fresh;
  }

  /** Gives back what nobody has begun; for leaving the page. @param {boolean} onlyUpcoming */
  release(onlyUpcoming) {
    const entries = onlyUpcoming ? this.pager.upcoming : this.pager.held();
    const untouched = entries.filter((entry) => entry.state === "open" && !entry.touched);
    const tokens = untouched.map((entry) => entry.task.lease.token);
    tokens.forEach((token) => this.leases.drop(token));
    return tokens.length > 0 ? this.#server.release(tokens) : Promise.resolve();
  }

  /** Saves what can be saved in a moment, and gives back what nobody has begun. */
  async leave() {
    this.sync.flush();
    for (let turn = 0; turn < 20 && (this.sync.unsaved || this.outbox.size > 0); turn++) {
      await new Promise((done) => this.#clock.after(100, () => done(null)));
    }
    await this.release(false).catch(() => null); // an unreachable server takes them back by itself
  }

  /** The caller's latest answers, as the server has them. */
  async history() {
    await this.outbox.flush();
    return this.#server.history();
  }

  /** The network may be back. */
  retry() {
    this.sync.flush();
    void this.outbox.flush();
    void this.leases.beat();
    void this.pager.retry();
  }

  /** @param {Entry} entry */
  #take(entry) {
    const { code, lease, draft } = entry.task;
    this.#entries.set(code, entry);
    entry.seconds = Math.max(entry.seconds, this.#backup.seconds(code)); // both are totals, so nothing is counted twice
    this.leases.hold(lease);
    /** @type {Subject} */
    const subject = { lease: () => lease.token, seconds: () => Math.round(entry.seconds * 10) / 10, ...this.#adopt(entry) };
    this.sync.track(code, subject, draft);
    if (this.sync.has(code, "unsaved")) entry.touched = true;
  }

  /** Forgets tasks that are neither held, nor on the strip, nor on their way: thousands of them would pile up in a day. */
  #sweep() {
    const kept = new Set([...this.pager.held(), ...this.recent].map((entry) => entry.task.code).concat(this.outbox.tasks()));
    const gone = [...this.#entries.keys()].filter((code) => !kept.has(code));
    for (const code of gone) {
      this.#entries.delete(code);
      this.sync.release(code);
    }
    if (gone.length > 0) this.gone.emit(gone);
  }

  /** @param {Delivered} delivered */
  #delivered({ answer }) {
    for (const result of answer.results) {
      const entry = this.#entries.get(result.task);
      this.#backup.forget(result.task);
      if (!entry) continue;
      entry.state = "done";
      entry.annotation = result.annotation;
      this.leases.drop(entry.task.lease.token);
    }
    this.#sweep();
    if (this.pager.remaining !== null) this.pager.remaining = Math.max(0, this.pager.remaining - answer.results.length);
    this.#askAgain();
    this.changed.emit();
  }

  /** @param {Returned} returned */
  #returned({ parcel, error }) {
    const lost = new Set(error.code === "lease_expired" ? /** @type {string[]} */ (error.problem["lost"] ?? []) : []);
    const known = parcel.items.flatMap(({ task }) => this.#entries.get(task) ?? []);
    for (const entry of known) entry.state = lost.has(entry.task.code) ? "lost" : "open";
    const entries = known.filter((entry) => entry.state === "open");
    for (const { task } of known) lost.has(task.code) ? this.leases.drop(task.lease.token) : this.sync.resume(task.code);
    if (lost.size > 0) this.news.emit(error.message);
    this.recent = this.recent.filter((entry) => !entries.includes(entry)); // what comes back stands on the strip once
    if (entries.length > 0) this.pager.putBack([...entries, ...this.pager.current.filter((entry) => entry.state !== "lost")]);
    this.refused.emit({ entries, error });
    this.changed.emit();
  }

  /** @param {string[]} tokens */
  #lost(tokens) {
    const gone = this.pager.held().filter((entry) => entry.state === "open" && tokens.includes(entry.task.lease.token));
    const untouched = gone.filter((entry) => !entry.touched && this.pager.upcoming.includes(entry));
    for (const entry of untouched) {
      this.sync.release(entry.task.code);
      this.pager.remove(entry.task.code);
    }
    if (gone.length > untouched.length) this.news.emit("The reservation has ended. You can still submit if nobody else has taken the image.");
    this.changed.emit();
  }
}
