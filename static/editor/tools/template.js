// @ts-check
import { add, newBox, templateBox } from "../edits.js";
/** @import { Bench, Tool } from "./tool.js" */
/** @import { Hit, Point, Size, ToolEvent } from "../types.js" */

/** @type {Size} */
export const FIRST_TEMPLATE = { width: 50, height: 50 };

/**
 * Puts a box of the last created size around a point; 50 × 50 px before there is one.
 * @param {Bench} bench
 * @param {Point} middle
 */
export function placeTemplate({ scene, session }, middle) {
  const box = templateBox(middle, session.state.lastSize ?? FIRST_TEMPLATE, scene.size);
  const shape = newBox(scene, box, session.state.label);
  add(scene, [shape]);
  session.update({ lastSize: { width: shape.width, height: shape.height }, selection: new Set([shape.id]) });
}

/** Stamps boxes of one size; grips of the selected box still work. */
export class TemplateTool {
  name = "template";
  /** @type {Bench} */
  #bench;
  /** @type {Tool} */
  #adjust;
  /** @type {"idle" | "pressing" | "adjusting"} */
  #state = "idle";

  /**
   * @param {Bench} bench
   * @param {Tool} adjust
   */
  constructor(bench, adjust) {
    this.#bench = bench;
    this.#adjust = adjust;
  }

  get busy() {
    return this.#state !== "idle";
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#state = this.#grips(event.hit) ? "adjusting" : "pressing";
    if (this.#state === "adjusting") this.#adjust.down(event);
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (this.#state === "adjusting") return this.#adjust.move(event);
    const { scene, session } = this.#bench;
    const box = templateBox(event.point, session.state.lastSize ?? FIRST_TEMPLATE, scene.size);
    session.update({ pointer: event.point, sketch: { kind: "box", box, label: session.state.label } });
  }

  /** @param {ToolEvent} event */
  up(event) {
    const state = this.#state;
    this.#state = "idle";
    if (state === "adjusting") this.#adjust.up(event);
    else if (state === "pressing") {
      this.#bench.session.update({ sketch: null });
      placeTemplate(this.#bench, event.point);
    }
  }

  cancel() {
    if (this.#state === "adjusting") this.#adjust.cancel();
    this.#state = "idle";
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
    this.#bench.session.update({ pointer: null });
  }

  /** @param {Hit | null} hit */
  cursor(hit) {
    return this.#grips(hit) && !this.busy ? this.#adjust.cursor(hit) : "crosshair";
  }

  /** @param {Hit | null} hit */
  #grips(hit) {
    return hit !== null && hit.kind !== "body" && this.#bench.session.state.selection.has(hit.id);
  }
}
