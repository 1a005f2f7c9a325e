// @ts-check
/** @import { Bench, Tool } from "./tool.js" */
/** @import { ToolEvent } from "../types.js" */

/** Drops the pin of a comment: on the region under the pointer, or on the point. @implements {Tool} */
export class CommentTool {
  name = "comment";
  busy = false;
  /** @type {Bench} */
  #bench;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  down() {}

  move() {}

  /** @param {ToolEvent} event */
  up(event) {
    const { x, y } = event.point;
    this.#bench.session.update({ tool: "select", pin: { x, y, region: event.hit?.id ?? "" } });
  }

  cancel() {}

  exit() {}

  cursor() {
    return "copy";
  }
}
