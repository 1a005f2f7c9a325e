// @ts-check
/** @import { Bench } from "./tool.js" */
/** @import { ToolEvent } from "../types.js" */

/** Drags the view. */
export class PanTool {
  name = "pan";
  /** @type {Bench} */
  #bench;
  /** @type {ToolEvent | null} */
  #last = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#last !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#last = event;
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (!this.#last) return;
    this.#bench.viewport.pan({ x: event.screen.x - this.#last.screen.x, y: event.screen.y - this.#last.screen.y });
    this.#last = event;
  }

  up() {
    this.#last = null;
  }

  cancel() {
    this.#last = null;
  }

  exit() {
    this.#last = null;
  }

  cursor() {
    return this.#last ? "grabbing" : "grab";
  }
}
