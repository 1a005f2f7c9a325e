// @ts-check
import { boundsOf, ringsContain } from "../geometry.js";
import { freePolygon, selectedPolygons, splitAlong } from "../polygons.js";
import { crossingOfLine } from "../rings/crossings.js";
import { Outline } from "./outline.js";
import { isDrag } from "./tool.js";
/** @import { Point, PolygonShape, ToolEvent } from "../types.js" */
/** @import { Corner } from "./outline.js" */
/** @import { Acts, Bench } from "./tool.js" */

/** Cuts polygons apart along a line: by two clicks or more, or by one drag. */
export class SplitTool {
  name = "split";
  /** @type {Bench} */
  #bench;
  /** @type {Outline} */
  #outline;
  /** @type {{from: ToolEvent, stroke: Corner[] | null} | null} */
  #press = null;

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
    if (this.#outline.corners.length === 0) return {};
    return { close: () => this.#finish(), back: () => { this.#outline.back(); this.#sketch(null); } };
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#press = { from: event, stroke: null };
  }

  /** @param {ToolEvent} event */
  move(event) {
    const press = this.#press;
    if (press && (press.stroke || isDrag(press.from, event))) {
      press.stroke = [...(press.stroke ?? [this.#corner(press.from)]), this.#corner(event)];
    }
    this.#sketch(event);
  }

  /** @param {ToolEvent} event */
  up(event) {
    const press = this.#press;
    this.#press = null;
    if (press?.stroke) {
      this.#outline.draw(press.stroke);
      return this.#finish();
    }
    if (!press) return;
    if (this.#outline.repeats(event)) return this.#outline.corners.length > 1 ? this.#finish() : undefined;
    if (this.#outline.extend([this.#corner(event)])) this.#bench.say("The line would cross itself here.");
    // A line that has come out on the other side needs no second click to say that it is done.
    if (this.#outline.corners.length > 1 && this.#outside(event.point)) this.#finish();
    else this.#sketch(event);
  }

  interrupt() {
    this.#press = null;
    this.#sketch(null);
  }

  cancel() {
    this.#press = null;
    this.#outline.clear();
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return "crosshair";
  }

  /** Cutting looks at where the pointer is, and holds on to corners alone when asked. @param {ToolEvent} event @returns {Corner} */
  #corner(event) {
    const { point, held } = this.#outline.aim(event);
    return held && held.along === 0 ? { point, held } : { point: { x: event.point.x, y: event.point.y }, held: null };
  }

  /** The selected polygons, else all that the line comes near. @returns {PolygonShape[]} */
  #targets() {
    const { scene, session } = this.#bench;
    const chosen = selectedPolygons(scene, session);
    if (chosen.length > 0) return chosen;
    const around = boundsOf(this.#outline.points.map((point) => ({ ...point, width: 0, height: 0 })));
    const near = around ? scene.near(around) : [];
    return near.map(({ id }) => (session.state.hidden.has(id) ? undefined : freePolygon(scene, session, id))).filter((shape) => shape !== undefined);
  }

  /** @param {Point} point */
  #outside(point) {
    return !this.#targets().some((shape) => ringsContain(shape.parts, point));
  }

  #finish() {
    const { scene, session, say } = this.#bench;
    const line = this.#outline.points.map(({ x, y }) => /** @type {const} */ ([x, y]));
    const count = scene.shapes().length;
    const wrong = line.length < 2 ? "Draw a line across a polygon to cut it apart." : splitAlong(scene, session, this.#targets(), line);
    this.cancel();
    if (wrong) return say(wrong);
    const pieces = scene.shapes().length - count + 1;
    say(pieces === 2 ? "Cut in two." : `Cut into ${pieces} pieces.`);
  }

  /** @param {ToolEvent | null} event */
  #sketch(event) {
    const { session } = this.#bench;
    const corners = this.#outline.points;
    const stroke = this.#press?.stroke?.map(({ point }) => point) ?? [];
    const end = event ? this.#corner(event).point : null;
    const mark = end && stroke.length === 0 && !(event && this.#outline.repeats(event)) ? crossingOfLine(corners, end) : null;
    session.update({ sketch: { kind: "outline", corners, way: stroke, end, open: true, closes: false, held: null, mark, cuts: true } });
  }
}
