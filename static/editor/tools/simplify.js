// @ts-check
import { edited } from "../edits.js";
import { selectedPolygons } from "../polygons.js";
import { simplify } from "../rings/simplify.js";
/** @import { Hit, PolygonShape } from "../types.js" */
/** @import { Acts, Bench } from "./tool.js" */

export const TOLERANCES = { least: 0.25, most: 32 };

/** Thins the selected polygons while the tolerance is moved; Enter keeps the result, Esc the polygons as they were. */
export class SimplifyTool {
  name = "simplify";
  /** @type {Bench} */
  #bench;
  /** The polygons as they were. @type {readonly PolygonShape[]} */
  #initial = [];

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    bench.session.changed.on((fields) => {
      const { tool, outlining } = bench.session.state;
      if (tool !== this.name) return;
      if (fields.has("tool")) this.#begin();
      else if (fields.has("outlining") && this.busy) this.#thin(outlining.tolerance);
    });
  }

  get busy() {
    return this.#initial.length > 0;
  }

  get rests() {
    return true;
  }

  /** @returns {Acts} */
  get acts() {
    if (!this.busy) return {};
    return { close: () => this.#keep(), more: () => this.#scale(1.25), less: () => this.#scale(0.8) };
  }

  down() {}

  move() {}

  up() {}

  /** Nothing hangs on a pressed button. */
  interrupt() {}

  cancel() {
    if (this.busy) this.#end(() => this.#bench.scene.history.rollback());
  }

  exit() {
    this.cancel();
  }

  /** @param {Hit | null} _hit */
  cursor(_hit) {
    return "default";
  }

  #begin() {
    const { scene, session } = this.#bench;
    if (scene.history.open) scene.history.rollback();
    this.#initial = selectedPolygons(scene, session);
    if (!this.busy) return session.update({ tool: "select" });
    scene.history.begin();
    this.#thin(session.state.outlining.tolerance);
  }

  /** @param {number} tolerance image pixels */
  #thin(tolerance) {
    const { scene, session } = this.#bench;
    // Another change, such as of the label, has closed the transaction: what it left is simplified.
    if (!scene.history.open) return this.#begin();
    for (const shape of this.#initial) {
      const parts = simplify(shape.parts, tolerance);
      const same = parts.every((ring, index) => ring.length === shape.parts[index]?.length);
      scene.history.put(shape.id, same ? shape : { ...shape, parts, origin: edited(shape.origin) });
    }
    session.update({ before: this.#initial.flatMap((shape) => shape.parts) });
  }

  /** @param {number} factor */
  #scale(factor) {
    const { session } = this.#bench;
    const tolerance = Math.max(TOLERANCES.least, Math.min(TOLERANCES.most, session.state.outlining.tolerance * factor));
    session.update({ outlining: { ...session.state.outlining, tolerance: Math.round(tolerance * 100) / 100 } });
  }

  #keep() {
    this.#end(() => this.#bench.scene.history.commit());
  }

  /** @param {() => void} settle */
  #end(settle) {
    this.#initial = [];
    if (this.#bench.scene.history.open) settle();
    this.#bench.session.update({ before: null, tool: "select" });
  }
}
