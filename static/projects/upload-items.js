// @ts-check
/** Files on their way, one by one: what an answer or a failure makes of each. */
/** @import { Content, Item, Row, State } from "./upload-queue.js" */

/** A failed request: `status` 0 without an answer; `received` where the server says what it has. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail @param {number} [received] @param {number} [retryAfter] seconds */
  constructor(status, detail, received, retryAfter = 0) {
    super(detail);
    this.status = status;
    this.received = received;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @param {{path: string, content: Content}} file */
export const keyOf = (file) => `${file.path}\n${file.content.size}`;

/** @param {Item} item */
export const isOpen = (item) => item.state === "waiting" || item.state === "ready" || item.state === "sending";

/** @param {Item} item @param {Row} row */
export function accept(item, row) {
  if (item.state === "cancelled") return;
  item.code = row.code;
  item.received = row.received;
  item.reason = row.reason;
  item.direct = row.direct ?? null;
  item.unpacks = row.state === "unpacking";
  item.state = row.state === "receiving" ? "ready" : item.unpacks ? "done" : /** @type {State} */ (row.state);
}

/** The server has another part than we thought: go on where it says. @param {Item} item @param {unknown} error @returns {Row} */
export function conflict(item, error) {
  if (error instanceof Refused && error.status === 409 && error.received !== undefined) {
    return { code: item.code, received: error.received, state: "receiving", reason: "" };
  }
  throw error;
}

/** @param {Item} item @param {unknown} error */
export function fail(item, error) {
  if (item.state === "cancelled") return;
  item.state = "failed";
  item.reason =
    error instanceof Refused && error.status === 0
      ? "The server could not be reached. Try again when you are back online."
      : error instanceof Error
        ? error.message
        : "Something unexpected happened.";
}
