// @ts-check
import { edited } from "../edits.js";
import { round } from "../geometry.js";
import { freePolygon, removeCorners, withPoint } from "../polygons.js";
import { nearestCorner, nearestSide } from "../rings/nearest.js";
import { dragCorners, settleCorners } from "./corners.js";
import { isDrag } from "./tool.js";
/** @import { Place } from "../rings/nearest.js" */
/** @import { Hit, PolygonShape, ToolEvent } from "../types.js" */
/** @import { Bench } from "./tool.js" */

/**
 * @typedef {{shape: PolygonShape, place: Place, corner: boolean}} Target a corner, or a place on a side
 * @typedef {{phase: "idle"} | {phase: "pressing", from: ToolEvent, target: Target}
 *   | {phase: "dragging", from: ToolEvent, initial: PolygonShape, before: PolygonShape, flat: number}} State
 */

const REACH = { mouse: 8, touch: 18 };

/** Adds a point where a side is clicked, removes the point that is clicked, moves the one that is dragged. */
export class PointsTool {
  name = "points";
  /** @type {Bench} */
  #bench;
  /** @type {State} */
  #state = { phase: "idle" };
  /** Whether a press now would remove a point. */
  #over = { corner: false, side: false };

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#state.phase !== "idle";
  }

  /** @param {ToolEvent} event */
  down(event) {
    const target = this.#target(event);
    const { scene, session } = this.#bench;
    if (!target) return session.select(event.hit ? [event.hit.id] : []);
    session.select([target.shape.id]);
    if (target.corner) {
      this.#state = { phase: "pressing", from: event, target };
      return;
    }
    const { x, y } = target.place.point;
    const initial = withPoint(target.shape, target.place.flat, { x: round(x), y: round(y) });
    scene.history.begin();
    scene.history.put(initial.id, { ...initial, origin: edited(initial.origin) });
    this.#state = { phase: "dragging", from: event, initial, before: target.shape, flat: target.place.flat + 1 };
  }

  /** @param {ToolEvent} event */
  move(event) {
    const state = this.#state;
    if (state.phase === "idle") this.#show(this.#target(event));
    else if (state.phase === "pressing" && isDrag(state.from, event)) {
      const { shape, place } = state.target;
      this.#bench.scene.history.begin();
      this.#state = { phase: "dragging", from: state.from, initial: shape, before: shape, flat: place.flat };
      this.move(event);
    } else if (state.phase === "dragging" && isDrag(state.from, event)) {
      dragCorners(this.#bench, state.initial, { kind: "vertex", index: state.flat }, state.from, event);
    }
  }

  /** @param {ToolEvent} event */
  up(event) {
    const state = this.#state;
    const { scene, session, say } = this.#bench;
    this.#state = { phase: "idle" };
    if (state.phase === "dragging") settleCorners(this.#bench, state.before);
    else if (state.phase === "pressing") {
      const wrong = removeCorners(scene, session, state.target.shape, new Set([state.target.place.flat]));
      if (wrong) say(wrong);
    }
    this.#show(event.touch ? null : this.#target(event));
  }

  cancel() {
    const state = this.#state;
    this.#state = { phase: "idle" };
    if (state.phase === "dragging") this.#bench.scene.history.rollback();
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
  }

  /** @param {Hit | null} hit */
  cursor(hit) {
    if (this.#over.corner) return "pointer";
    return this.#over.side || this.busy ? "copy" : hit ? "pointer" : "default";
  }

  /** The corner or side under the pointer, of a selected polygon first. @param {ToolEvent} event @returns {Target | null} */
  #target({ point, touch }) {
    const { scene, session, viewport } = this.#bench;
    const reach = (touch ? REACH.touch : REACH.mouse) / viewport.view.scale;
    const near = scene.near({ x: point.x - reach, y: point.y - reach, width: 2 * reach, height: 2 * reach });
    const shapes = near.map(({ id }) => (session.state.hidden.has(id) ? undefined : freePolygon(scene, session, id))).filter((shape) => shape !== undefined);
    const chosen = shapes.filter(({ id }) => session.state.selection.has(id));
    for (const group of [chosen, shapes]) {
      for (const [find, corner] of /** @type {const} */ ([[nearestCorner, true], [nearestSide, false]])) {
        const found = group.map((shape) => ({ shape, place: find(shape.parts, point, reach), corner })).filter((target) => target.place !== null);
        const best = found.sort((a, b) => (a.place?.away ?? 0) - (b.place?.away ?? 0))[0];
        if (best?.place) return { ...best, place: best.place };
      }
    }
    return null;
  }

  /** @param {Target | null} target */
  #show(target) {
    this.#over = { corner: target?.corner ?? false, side: target !== null && !target.corner };
    this.#bench.session.update({ sketch: target && { kind: "corner", at: target.place.point, removes: target.corner }, hover: target?.shape.id ?? null });
  }
}
