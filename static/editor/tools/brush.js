// @ts-check
import { Patch } from "../mask/bitmap.js";
import { erases, intentOf, selectPainted } from "../mask/intent.js";
import { Painting } from "../mask/painting.js";
import { snap, sweep } from "../mask/scan.js";
/** @import { Bench } from "./tool.js" */
/** @import { Point, ToolEvent } from "../types.js" */

/** Paints masks, or erases them: what the nib covers between one event and the next, so that fast strokes have no gaps. */
export class BrushTool {
  name;
  secondary = true;
  smooth = true;
  /** @type {Bench} */
  #bench;
  #erases;
  /** @type {Painting | null} */
  #painting = null;
  #erasing = false;
  /** Where the last stroke ended: a press with Shift goes on from there. @type {Point | null} */
  #end = null;

  /** @param {Bench} bench @param {"brush" | "eraser"} name */
  constructor(bench, name) {
    this.#bench = bench;
    this.name = name;
    this.#erases = name === "eraser";
  }

  get busy() {
    return this.#painting !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    if (this.#painting) return;
    this.#erasing = this.#erases || erases(event);
    const intent = intentOf(this.#bench, this.#erasing);
    if (!intent) return;
    this.#painting = new Painting(this.#bench.scene, intent);
    if (!event.mods.shift) this.#end = null;
    this.#stroke(event.point);
    this.#ring(event);
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (this.#painting) this.#stroke(event.point);
    this.#ring(event);
  }

  /** @param {ToolEvent} event */
  up(event) {
    const painting = this.#painting;
    if (!painting) return;
    this.#stroke(event.point);
    this.#painting = null;
    painting.commit();
    if (!this.#erasing) selectPainted(this.#bench, painting.id);
    if (event.touch) this.#bench.session.update({ sketch: null });
    else this.#ring(event);
  }

  cancel() {
    this.#painting?.rollback();
    this.#painting = null;
    this.#end = null;
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return "crosshair";
  }

  /** @param {Point} point */
  #stroke(point) {
    const { scene, session } = this.#bench;
    const { size, nib } = session.state.paint;
    const to = snap(point, size);
    const patch = new Patch(scene.size);
    sweep(patch, this.#end ?? to, to, size, nib);
    this.#end = to;
    this.#painting?.apply(patch);
  }

  /** Shows the nib where it would paint. @param {ToolEvent} event */
  #ring(event) {
    const { size, nib } = this.#bench.session.state.paint;
    const erase = this.#painting ? this.#erasing : this.#erases || event.mods.alt;
    this.#bench.session.update({ sketch: { kind: "nib", at: snap(event.point, size), size, nib, erase } });
  }
}
