// @ts-check

export const IDLE_AFTER = 60_000;

/** Measures active time: the clock runs until nobody has touched anything for a minute, or the page is hidden. */
export class Activity {
  #now;
  /** @type {number | null} */
  #last = null;
  /** @type {{seconds: number} | null} */
  #subject = null;
  #visible = true;

  /** @param {() => number} now milliseconds */
  constructor(now) {
    this.#now = now;
  }

  /** Books time on another subject from here on. @param {{seconds: number} | null} subject */
  follow(subject) {
    this.#book();
    this.#subject = subject;
    this.#last = this.#now();
  }

  /** Somebody did something. */
  touch() {
    this.#book();
    this.#last = this.#now();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.#book();
    this.#visible = visible;
    this.#last = visible ? this.#now() : null;
  }

  /** Whether somebody works at this moment. */
  get active() {
    return this.#visible && this.#last !== null && this.#now() - this.#last < IDLE_AFTER;
  }

  /** Seconds booked on the subject, up to this moment. */
  seconds() {
    return (this.#subject?.seconds ?? 0) + this.#pending();
  }

  #pending() {
    return this.#last === null || !this.#visible ? 0 : Math.min(IDLE_AFTER, this.#now() - this.#last) / 1000;
  }

  /** Books what has passed; time already counted as idle stays idle. */
  #book() {
    if (this.#subject) this.#subject.seconds += this.#pending();
    if (this.#last !== null) this.#last = this.#now();
  }
}
