// @ts-check
/** @import { Box, Point } from "../types.js" */
/** @import { Ring } from "./contours.js" */
/** @import { Pixels } from "./grabcut.js" */

/**
 * What the worker can be asked, all in pixels of the picture that is sent along: the outline of the thing in a box; the
 * picture to trace in from now on; the best edge at most `reach` from a pixel; the way along edges from a pixel to the best edge near another.
 * @typedef {{kind: "box", pixels: Pixels, box: Box, inside: Point[], outside: Point[]} | {kind: "picture", pixels: Pixels}
 *   | {kind: "edge", at: [number, number], reach: number} | {kind: "wire", from: [number, number], to: [number, number], reach: number}} Request
 * @typedef {{id: number, result: Ring[], error?: string}} Answer
 * @typedef {{postMessage: (message: unknown, transfer: Transferable[]) => void, onmessage: ((event: MessageEvent<Answer>) => void) | null, onerror: ((event: any) => void) | null}} Port
 */

/** Asks the worker that finds outlines; it is started when it is needed first. */
export class Outlines {
  #start;
  /** @type {Port | null} */
  #port = null;
  #next = 1;
  /** @type {Map<number, {resolve: (rings: Ring[]) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  /** @param {() => Port} start */
  constructor(start) {
    this.#start = start;
  }

  /**
   * @param {Request} request its pixels are handed over and empty afterwards
   * @param {AbortSignal} [signal] stops the work; the promise is then refused with the signal's reason
   * @returns {Promise<Ring[]>}
   */
  ask(request, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      signal?.addEventListener("abort", () => this.#cancel(id, signal.reason), { once: true });
      this.#connect().postMessage({ id, request }, "pixels" in request ? [request.pixels.data.buffer] : []);
    });
  }

  /** @param {number} id @param {Error} reason */
  #cancel(id, reason) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#port?.postMessage({ cancel: id }, []);
    waiting.reject(reason);
  }

  #connect() {
    if (this.#port) return this.#port;
    const port = this.#start();
    port.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.result);
    };
    port.onerror = () => {
      this.#port = null;
      for (const { reject } of this.#waiting.values()) reject(new Error("The outline could not be computed."));
      this.#waiting.clear();
    };
    this.#port = port;
    return port;
  }
}
