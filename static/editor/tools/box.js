// @ts-check
import { add, newBox } from "../edits.js";
import { boxBetween, clampPoint } from "../geometry.js";
import { problem } from "../shapes/box.js";
import { isDrag } from "./tool.js";
/** @import { Bench, Tool } from "./tool.js" */
/** @import { Hit, Point, ToolEvent } from "../types.js" */

/**
 * @typedef {{phase: "idle"}
 *   | {phase: "pressing", from: ToolEvent}
 *   | {phase: "dragging", start: Point}
 *   | {phase: "stretching", start: Point}
 *   | {phase: "adjusting"}} State
 */

/** Draws boxes, by one drag or by two clicks; grips of the selected box still work. */
export class BoxTool {
  name = "box";
  /** @type {Bench} */
  #bench;
  /** @type {Tool} */
  #adjust;
  /** @type {State} */
  #state = { phase: "idle" };

  /**
   * @param {Bench} bench
   * @param {Tool} adjust takes over a press on a grip of the selected box
   */
  constructor(bench, adjust) {
    this.#bench = bench;
    this.#adjust = adjust;
  }

  get busy() {
    return this.#state.phase !== "idle";
  }

  /** @param {ToolEvent} event */
  down(event) {
    if (this.#state.phase === "stretching") return;
    if (this.#grips(event.hit)) {
      this.#state = { phase: "adjusting" };
      this.#adjust.down(event);
    } else {
      this.#state = { phase: "pressing", from: event };
    }
  }

  /** @param {ToolEvent} event */
  move(event) {
    const state = this.#state;
    if (state.phase === "adjusting") return this.#adjust.move(event);
    if (state.phase === "pressing" && isDrag(state.from, event)) {
      this.#state = { phase: "dragging", start: this.#inside(state.from.point) };
    }
    const drawing = this.#state;
    if (drawing.phase === "dragging" || drawing.phase === "stretching") this.#sketch(drawing.start, event);
    this.#bench.session.update({ pointer: event.point });
  }

  /** @param {ToolEvent} event */
  up(event) {
    const state = this.#state;
    if (state.phase === "adjusting") {
      this.#state = { phase: "idle" };
      this.#adjust.up(event);
    } else if (state.phase === "pressing") {
      this.#state = { phase: "stretching", start: this.#inside(state.from.point) };
      this.#sketch(this.#inside(state.from.point), event);
    } else if (state.phase === "dragging") {
      this.#state = { phase: "idle" };
      this.#finish(state.start, event);
    } else if (state.phase === "stretching" && this.#finish(state.start, event)) {
      this.#state = { phase: "idle" };
    }
  }

  cancel() {
    if (this.#state.phase === "adjusting") this.#adjust.cancel();
    this.#state = { phase: "idle" };
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

  /** @param {Point} point */
  #inside(point) {
    return clampPoint(point, this.#bench.scene.size);
  }

  /**
   * @param {Point} start
   * @param {ToolEvent} event
   */
  #box(start, event) {
    const end = this.#inside(event.point);
    if (!event.mods.shift) return boxBetween(start, end);
    const side = Math.min(Math.abs(end.x - start.x), Math.abs(end.y - start.y));
    return boxBetween(start, { x: start.x + Math.sign(end.x - start.x) * side, y: start.y + Math.sign(end.y - start.y) * side });
  }

  /**
   * @param {Point} start
   * @param {ToolEvent} event
   */
  #sketch(start, event) {
    this.#bench.session.update({ sketch: { kind: "box", box: this.#box(start, event), label: this.#bench.session.state.label } });
  }

  /**
   * Makes the box, unless it would have no size.
   * @param {Point} start
   * @param {ToolEvent} event
   */
  #finish(start, event) {
    const { scene, session } = this.#bench;
    const shape = newBox(scene, this.#box(start, event), session.state.label);
    const wrong = problem(shape, scene.size);
    if (wrong) {
      this.#bench.say(wrong);
      if (this.#state.phase === "idle") session.update({ sketch: null });
      return false;
    }
    add(scene, [shape]);
    session.update({ sketch: null, lastSize: { width: shape.width, height: shape.height }, selection: new Set([shape.id]) });
    return true;
  }
}
