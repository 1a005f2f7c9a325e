// @ts-check
import { clampPoint, distance } from "../geometry.js";
import { addOutline } from "../polygons.js";
import { crossingOfLine, findCrossing } from "../rings/crossings.js";
import { Outline } from "./outline.js";
import { isDrag } from "./tool.js";
/** @import { Acts, Bench } from "./tool.js" */
/** @import { Aim, Corner } from "./outline.js" */
/** @import { Point, Ring, ToolEvent } from "../types.js" */

/**
 * What the button does: a click so far, or a line by hand, where it crossed itself, whether it ever went away from the first
 * corner and whether it has come back to it.
 * @typedef {{from: ToolEvent, stroke: Corner[] | null, mark: Point | null, away: boolean, returned: boolean}} Press
 */

const CROSSES = "The outline would cross itself here.";

/** Draws polygons click by click, by hand while dragging, and along the borders of neighbours. */
export class PolygonTool {
  name = "polygon";
  /** @type {Bench} */
  #bench;
  /** @type {Outline} */
  #outline;
  /** @type {Press | null} */
  #press = null;
  /** Where the pointer was last. @type {ToolEvent | null} */
  #last = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#outline = new Outline(bench);
  }

  get busy() {
    return this.#press !== null || this.#outline.corners.length > 0;
  }

  get rests() {
    return this.#press === null;
  }

  /** @returns {Acts} */
  get acts() {
    const outline = this.#outline;
    if (outline.corners.length === 0 && !outline.canRedo) return {};
    const along = this.#last !== null && this.#way(this.#last).length > 0;
    return {
      ...(outline.corners.length > 0 && { close: () => this.#close(), back: () => this.#then(() => outline.back()) }),
      ...(outline.canRedo && { forward: () => this.#then(() => outline.forward()) }),
      ...((along || outline.flipped) && { flip: () => this.#then(() => (outline.flipped = !outline.flipped)) }),
    };
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#press = { from: event, stroke: null, mark: null, away: false, returned: false };
    this.#last = event;
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.#last = event;
    const press = this.#press;
    if (press && (press.stroke || isDrag(press.from, event))) this.#stroke(press, event);
    this.#sketch();
  }

  /** @param {ToolEvent} event */
  up(event) {
    const press = this.#press;
    this.#press = null;
    this.#last = event;
    if (press?.stroke) this.#finishStroke(press.stroke, press.returned, event);
    else if (press) this.#click(event);
    this.#sketch();
  }

  /** Keeps the corners and drops the line that was being drawn. */
  interrupt() {
    this.#press = null;
    this.#sketch();
  }

  cancel() {
    this.#press = null;
    this.#outline.clear();
    this.#last = null;
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
    const { session } = this.#bench;
    session.update({ outlining: { ...session.state.outlining, mode: "new" } });
  }

  cursor() {
    return "crosshair";
  }

  /** @param {ToolEvent} event */
  #click(event) {
    const aim = this.#outline.aim(event);
    const last = this.#outline.corners.at(-1);
    const again = this.#outline.repeats(event) || (last && distance(last.point, aim.point) === 0);
    if (aim.closes || (again && this.#outline.corners.length > 1)) return this.#close();
    if (again) return;
    const way = this.#way(event);
    if (this.#outline.extend([...way, aim])) this.#bench.say(CROSSES);
  }

  /** A line by hand holds on to neighbours at its two ends alone. @param {Press} press @param {ToolEvent} event */
  #stroke(press, event) {
    press.stroke ??= [this.#outline.aim(press.from)];
    const far = this.#outline.apart(this.#outline.corners[0] ?? press.stroke[0], event);
    press.away ||= far > 2;
    press.returned = press.away && far <= 1;
    if (press.returned) return;
    const corner = { point: clampPoint(event.point, this.#bench.scene.size), held: null };
    press.mark ??= crossingOfLine([...this.#outline.points, ...press.stroke.map(({ point }) => point)], corner.point);
    press.stroke.push(corner);
  }

  /** @param {readonly Corner[]} stroke @param {boolean} returned @param {ToolEvent} event */
  #finishStroke(stroke, returned, event) {
    const crossing = this.#outline.draw(returned ? stroke : [...stroke.slice(0, -1), this.#outline.aim(event)]);
    if (crossing) this.#bench.say("The line crossed itself. It was kept up to there.");
    else if (returned) this.#close();
  }

  /** The corners along a neighbour up to where the pointer is. @param {ToolEvent} event @returns {Corner[]} */
  #way(event) {
    const aim = this.#outline.aim(event);
    const follows = this.#bench.session.state.outlining.follows !== event.mods.shift;
    return aim.closes ? [] : this.#outline.way(aim, follows).map((point) => ({ point, held: null }));
  }

  #close() {
    const { scene, session, say } = this.#bench;
    if (this.#outline.corners.length < 3) return say("A polygon needs at least three points.");
    /** @type {Ring} */
    const ring = this.#outline.points.map(({ x, y }) => /** @type {const} */ ([x, y]));
    if (findCrossing([ring])) return say("The last side would cross the outline. Take back points with Backspace.");
    const held = this.#outline.corners.filter((corner) => corner.held && corner.held.along > 0);
    const wrong = addOutline(scene, session, ring, held.map((corner) => ({ id: corner.held?.id ?? "", point: corner.point })));
    if (wrong) return say(wrong);
    this.#outline.clear();
    session.update({ sketch: null, outlining: { ...session.state.outlining, mode: "new" } });
  }

  /** @param {() => void} change */
  #then(change) {
    change();
    this.#sketch();
  }

  #sketch() {
    const { session } = this.#bench;
    const event = this.#last;
    if (!event) return session.update({ sketch: null });
    const closes = this.#press?.stroke ? this.#press.returned : this.#outline.aim(event).closes;
    const aim = { ...this.#outline.aim(event), closes };
    const stroke = this.#press?.stroke?.map(({ point }) => point);
    const way = stroke ?? this.#way(event).map(({ point }) => point);
    session.update({
      sketch: {
        kind: "outline", corners: this.#outline.points, way, end: aim.point, open: false, closes: aim.closes,
        held: aim.held && (aim.held.along > 0 ? "side" : "corner"), mark: this.#mark(aim, way), cuts: session.state.outlining.mode === "cut",
      },
    });
  }

  /** Where the outline would cross itself. @param {Aim} aim @param {readonly Point[]} way @returns {Point | null} */
  #mark(aim, way) {
    if (this.#press?.stroke) return this.#press.mark;
    const line = [...this.#outline.points];
    if (aim.closes) return findCrossing([line.map(({ x, y }) => /** @type {const} */ ([x, y]))])?.point ?? null;
    if (line.length > 0 && this.#last && this.#outline.repeats(this.#last)) return null;
    for (const point of [...way, aim.point]) {
      const crossing = crossingOfLine(line, point);
      if (crossing) return crossing;
      line.push(point);
    }
    return null;
  }
}
