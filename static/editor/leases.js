// @ts-check
import { Emitter } from "./emitter.js";
/** @import { Clock, Lease } from "./types.js" */

/**
 * @typedef {{leases: Lease[], lost: string[]}} Beat
 * @typedef {{kind: "safe"} | {kind: "expiring", seconds: number} | {kind: "lost", tokens: string[]}} LeaseState
 */

const WARN_SECONDS = 120;

/** Keeps leases alive while somebody works, and warns before they run out. */
export class LeaseKeeper {
  #beat;
  #clock;
  #interval;
  #active;
  #offset;
  /** Token → when it expires, in server milliseconds. @type {Map<string, number>} */
  #leases = new Map();
  #beating = false;
  #lastBeat = 0;

  /** @type {Emitter<LeaseState>} */
  changed = new Emitter();

  /**
   * @param {{
   *   beat: (tokens: string[]) => Promise<Beat>, clock: Clock, interval: number,
   *   active: () => boolean, offset: () => number | null,
   * }} parts `interval` in milliseconds; `active` tells whether somebody works; `offset` is server minus browser time
   */
  constructor({ beat, clock, interval, active, offset }) {
    this.#beat = beat;
    this.#clock = clock;
    this.#interval = interval;
    this.#active = active;
    this.#offset = offset;
  }

  /** @param {Lease} lease */
  hold(lease) {
    this.#leases.set(lease.token, Date.parse(lease.expires_at));
  }

  /** @param {string} token */
  drop(token) {
    this.#leases.delete(token);
  }

  tokens() {
    return [...this.#leases.keys()];
  }

  start() {
    this.#clock.after(1000, () => this.#tick());
  }

  /** Seconds until the first lease expires; `null` while the server's clock is unknown. */
  secondsLeft() {
    const offset = this.#offset();
    if (offset === null || this.#leases.size === 0) return null;
    return Math.round((Math.min(...this.#leases.values()) - (this.#clock.now() + offset)) / 1000);
  }

  /** Beats now, if anything is held. */
  async beat() {
    if (this.#beating || this.#leases.size === 0) return;
    this.#beating = true;
    this.#lastBeat = this.#clock.now();
    try {
      const answer = await this.#beat(this.tokens());
      for (const lease of answer.leases) if (this.#leases.has(lease.token)) this.hold(lease);
      const lost = answer.lost.filter((token) => this.#leases.delete(token));
      if (lost.length > 0) this.changed.emit({ kind: "lost", tokens: lost });
    } catch {
      this.#lastBeat = this.#clock.now() - this.#interval + 5000; // no answer: try again in five seconds
    }
    this.#beating = false;
    this.#report();
  }

  #tick() {
    const due = this.#clock.now() - this.#lastBeat >= this.#interval;
    const left = this.secondsLeft();
    const urgent = left !== null && left < WARN_SECONDS && this.#clock.now() - this.#lastBeat >= 5000;
    if (this.#active() && (due || urgent)) void this.beat();
    this.#report();
    this.#clock.after(1000, () => this.#tick());
  }

  #report() {
    const left = this.secondsLeft();
    if (left !== null && left < WARN_SECONDS) this.changed.emit({ kind: "expiring", seconds: Math.max(0, left) });
    else this.changed.emit({ kind: "safe" });
  }
}
