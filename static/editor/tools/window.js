// @ts-check
import { draggedWindow } from "../windowing.js";
/** @import { Bench } from "./tool.js" */
/** @import { ToolEvent } from "../types.js" */
/** @import { Windowing } from "../windowing.js" */

/** Changes which values of a DICOM image are black and which white: to the right wider, up brighter. */
export class WindowTool {
  name = "window";
  #bench;
  /** Where the drag began, and with which window. @type {{event: ToolEvent, windowing: Windowing} | null} */
  #start = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#start !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    const { windowing } = this.#bench.session.state;
    if (windowing && event.button === 0) this.#start = { event, windowing };
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (!this.#start) return;
    const { event: from, windowing } = this.#start;
    const delta = { x: event.screen.x - from.screen.x, y: event.screen.y - from.screen.y };
    this.#bench.session.update({ windowing: { ...windowing, range: draggedWindow(windowing.scale, windowing.range, delta) } });
  }

  up() {
    this.#start = null;
  }

  cancel() {
    if (this.#start) this.#bench.session.update({ windowing: this.#start.windowing });
    this.#start = null;
  }

  exit() {
    this.#start = null;
  }

  cursor() {
    return "move";
  }
}
