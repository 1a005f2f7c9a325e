// @ts-check
import { edited, moved } from "../edits.js";
import { boxBetween, boxesTouch } from "../geometry.js";
import { bodiesAt, cursorFor } from "../hit.js";
import { kindOf } from "../shapes/index.js";
import { chooseCorner, dragCorners, settleCorners } from "./corners.js";
import { isDrag } from "./tool.js";
/** @import { Bench } from "./tool.js" */
/** @import { Grip, Hit, Shape, ToolEvent } from "../types.js" */

/**
 * @typedef {{phase: "idle"}
 *   | {phase: "pressing", from: ToolEvent, wasSelected: boolean}
 *   | {phase: "moving", from: ToolEvent, initial: Shape[]}
 *   | {phase: "reshaping", from: ToolEvent, initial: Shape, grip: Grip}
 *   | {phase: "area", from: ToolEvent, before: ReadonlySet<string>}} State
 */

/** Selects, moves and reshapes regions, and gathers them with a rubber band. */
export class SelectTool {
  name = "select";
  /** @type {Bench} */
  #bench;
  /** @type {State} */
  #state = { phase: "idle" };

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#state.phase !== "idle";
  }

  /** @param {ToolEvent} event */
  down(event) {
    const { session } = this.#bench;
    const { selection } = session.state;
    const hit = event.hit;
    const wasSelected = hit !== null && selection.has(hit.id);
    if (hit && (event.mods.shift || event.mods.ctrl) && hit.kind === "body") {
      session.select(wasSelected ? [...selection].filter((id) => id !== hit.id) : [...selection, hit.id]);
    } else if (hit && !wasSelected) {
      session.select([hit.id]);
    }
    chooseCorner(this.#bench, hit, event.mods.shift);
    this.#state = { phase: "pressing", from: event, wasSelected };
  }

  /** @param {ToolEvent} event */
  move(event) {
    const state = this.#state;
    if (state.phase === "idle") this.#bench.session.update({ hover: event.hit?.id ?? null });
    else if (state.phase === "pressing" && isDrag(state.from, event)) this.#startDrag(state.from, event);
    else if (state.phase === "moving") this.#drag(state.from, state.initial, event);
    else if (state.phase === "reshaping") this.#reshape(state.from, state.initial, state.grip, event);
    else if (state.phase === "area") this.#gather(state.from, state.before, event);
  }

  /** @param {ToolEvent} event */
  up(event) {
    const state = this.#state;
    this.#state = { phase: "idle" };
    if (state.phase === "reshaping" && state.initial.shape === "polygon") settleCorners(this.#bench, state.initial);
    else if (state.phase === "moving" || state.phase === "reshaping") this.#bench.scene.history.commit();
    else if (state.phase === "area") this.#bench.session.update({ sketch: null });
    else if (state.phase === "pressing") this.#click(state.from, state.wasSelected, event);
  }

  cancel() {
    const state = this.#state;
    this.#state = { phase: "idle" };
    if (state.phase === "moving" || state.phase === "reshaping") this.#bench.scene.history.rollback();
    if (state.phase === "reshaping") this.#bench.session.update({ sketch: null });
    if (state.phase === "area") {
      this.#bench.session.update({ sketch: null });
      this.#bench.session.select(state.before);
    }
  }

  exit() {
    this.cancel();
    this.#bench.session.update({ hover: null });
  }

  /** @param {Hit | null} hit */
  cursor(hit) {
    if (this.#state.phase === "moving") return "move";
    const locked = hit && this.#bench.session.isLocked(hit.id);
    return locked ? "pointer" : cursorFor(hit, hit ? this.#bench.scene.shape(hit.id) : undefined, this.#bench.viewport.view);
  }

  /**
   * @param {ToolEvent} from
   * @param {ToolEvent} event
   */
  #startDrag(from, event) {
    const { scene, session } = this.#bench;
    const hit = from.hit;
    const shape = hit ? scene.shape(hit.id) : undefined;
    if (!hit || !shape) {
      this.#state = { phase: "area", from, before: session.state.selection };
    } else if (session.isLocked(shape.id)) {
      this.#bench.say("Regions are locked. Press L to unlock them.");
      this.#state = { phase: "idle" };
      return;
    } else {
      scene.history.begin();
      this.#state = hit.kind === "body" ? this.#moving(from) : this.#reshaping(from, shape, hit);
    }
    this.move(event);
  }

  /** @param {ToolEvent} from @returns {State} */
  #moving(from) {
    const { scene, session } = this.#bench;
    const free = [...session.state.selection].filter((id) => !session.isLocked(id));
    const initial = free.map((id) => scene.shape(id)).filter((shape) => shape !== undefined);
    return { phase: "moving", from, initial };
  }

  /**
   * @param {ToolEvent} from
   * @param {Shape} initial
   * @param {Hit} hit
   * @returns {State}
   */
  #reshaping(from, initial, hit) {
    this.#bench.session.select([initial.id]);
    return { phase: "reshaping", from, initial, grip: { kind: hit.kind === "edge" ? "edge" : "vertex", index: hit.index, also: this.#bench.session.state.corners?.indexes } };
  }

  /**
   * @param {ToolEvent} from
   * @param {Shape[]} initial
   * @param {ToolEvent} event
   */
  #drag(from, initial, event) {
    const { scene } = this.#bench;
    const delta = { x: event.point.x - from.point.x, y: event.point.y - from.point.y };
    for (const shape of moved(scene, initial, delta)) scene.history.put(shape.id, shape);
  }

  /**
   * @param {ToolEvent} from
   * @param {Shape} initial
   * @param {Grip} grip
   * @param {ToolEvent} event
   */
  #reshape(from, initial, grip, event) {
    const { scene } = this.#bench;
    if (initial.shape === "polygon") return dragCorners(this.#bench, initial, grip, from, event);
    const delta = { x: event.point.x - from.point.x, y: event.point.y - from.point.y };
    const shape = kindOf(initial).reshape(initial, grip, delta, scene.size, event.mods);
    scene.history.put(initial.id, { ...shape, origin: edited(initial.origin) });
  }

  /**
   * Selects what the band touches: Shift adds to what was selected before, Ctrl takes out what was.
   * @param {ToolEvent} from
   * @param {ReadonlySet<string>} before
   * @param {ToolEvent} event
   */
  #gather(from, before, event) {
    const { scene, session } = this.#bench;
    const box = boxBetween(from.point, event.point);
    const inside = scene
      .near(box)
      .filter((shape) => !session.state.hidden.has(shape.id) && boxesTouch(kindOf(shape).bounds(shape), box))
      .map((shape) => shape.id);
    session.update({ sketch: { kind: "area", box } });
    const { shift, ctrl } = from.mods;
    const touched = new Set(inside);
    const kept = shift || ctrl ? [...before].filter((id) => !(ctrl && touched.has(id))) : [];
    session.select([...kept, ...(ctrl ? inside.filter((id) => !before.has(id)) : inside)]);
  }

  /**
   * A click on a selected region reaches for what lies beneath it; a click on nothing lets go.
   * @param {ToolEvent} from
   * @param {boolean} wasSelected
   * @param {ToolEvent} event
   */
  #click(from, wasSelected, event) {
    const { scene, session, viewport } = this.#bench;
    if (from.mods.shift || from.mods.ctrl) return;
    if (!from.hit) return session.select([]);
    if (!wasSelected || from.hit.kind !== "body") return;
    const { selection, hidden, locked } = session.state;
    const options = { scale: viewport.view.scale, tolerance: 0, selected: selection, hidden, locked };
    const bodies = bodiesAt(scene, event.point, options);
    session.select([(bodies.find((shape) => !selection.has(shape.id)) ?? scene.shape(from.hit.id))?.id ?? from.hit.id]);
  }
}
