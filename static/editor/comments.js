// @ts-check
import { Emitter } from "./emitter.js";
/** @import { Server } from "./server.js" */
/** @import { Comment, Pin } from "./types.js" */

/**
 * @typedef {{first: Comment, replies: Comment[], number: number}} Thread
 * @typedef {{code: string, text: string, flag: boolean, pin: Pin | null, thread: string | null}} Words not sent yet; the code is made
 *   once, so that sending them again says them once
 */

/** What is said about the image in front, as far as this person may know. */
export class CommentBook {
  #server;
  /** @type {string | null} */
  #task = null;
  /** @type {Comment[]} */
  #comments = [];

  /** @type {Emitter<void>} */
  changed = new Emitter();

  /** @param {Pick<Server, "comments" | "comment" | "resolveComment">} server */
  constructor(server) {
    this.#server = server;
  }

  /** Threads in the order in which they began. @returns {Thread[]} */
  threads() {
    /** @type {Map<string, Thread>} */
    const threads = new Map();
    for (const comment of this.#comments) {
      if (comment.thread === null) threads.set(comment.code, { first: comment, replies: [], number: threads.size + 1 });
      else threads.get(comment.thread)?.replies.push(comment);
    }
    return [...threads.values()];
  }

  /** Turns to another image. @param {string | null} task */
  async open(task) {
    this.#task = task;
    this.#comments = [];
    this.changed.emit();
    if (task) await this.#load(task);
  }

  /** @param {string} task */
  async #load(task) {
    const found = [];
    for (let next = /** @type {string | null} */ (""); next !== null; ) {
      const page = await this.#server.comments(task, next);
      found.push(...page.results);
      next = page.next;
    }
    if (this.#task !== task) return;
    // What was said here meanwhile may not be among what the server sent.
    const said = new Map(this.#comments.map((one) => [one.code, one]));
    const old = found.map((one) => said.get(one.code) ?? one);
    const codes = new Set(found.map((one) => one.code));
    this.#comments = [...old, ...this.#comments.filter((one) => !codes.has(one.code))];
    this.changed.emit();
  }

  /** Says something about the image in front. @param {Words} words */
  async say({ code, text, flag, pin, thread }) {
    const task = this.#task;
    if (!task) return;
    const place = pin ? { x: pin.x, y: pin.y, region: pin.region } : {};
    const said = await this.#server.comment(task, { code, text, kind: flag ? "flag" : "comment", thread, ...place });
    if (this.#task !== task) return;
    const opened = this.#comments.map((one) => (one.code === thread ? { ...one, resolved_at: null } : one));
    this.#comments = [...opened.filter((one) => one.code !== said.code), said];
    this.changed.emit();
  }

  /** Closes a thread, or opens it again. @param {string} code @param {boolean} resolved */
  async resolve(code, resolved) {
    const done = await this.#server.resolveComment(code, resolved);
    this.#comments = this.#comments.map((one) => (one.code === code ? done : one));
    this.changed.emit();
  }
}
