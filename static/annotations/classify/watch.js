// @ts-check
/** @import { Activity } from "../../editor/activity.js" */
/** @import { Entry } from "../../editor/pager.js" */

/** Shares active time among what was looked at: one image in front, or all of a page in equal parts. */
export class Watch {
  #activity;
  /** Active time of the page, and how much of it its images have got already. */
  #time = { seconds: 0 };
  #shared = 0;
  /** @type {readonly Entry[]} */
  #watched = [];

  /** @param {Activity} activity */
  constructor(activity) {
    this.#activity = activity;
    activity.follow(this.#time);
  }

  /** Books the time up to now. */
  book() {
    this.#activity.touch();
    const open = this.#watched.filter((entry) => entry.state === "open");
    for (const entry of open) entry.seconds += (this.#time.seconds - this.#shared) / open.length;
    this.#shared = this.#time.seconds;
  }

  /** Other images are looked at from here on. @param {readonly Entry[]} entries */
  turn(entries) {
    const same = entries.length === this.#watched.length && entries.every((entry, place) => entry === this.#watched[place]);
    if (!same && this.#watched.length > 0) this.book();
    this.#watched = [...entries];
  }

  /** A new page begins. */
  restart() {
    this.#time.seconds = this.#shared = 0;
    this.#watched = [];
  }
}
