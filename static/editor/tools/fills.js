// @ts-check
import { boxBetween, clampPoint } from "../geometry.js";
import { Patch } from "../mask/bitmap.js";
import { erases, intentOf, selectPainted } from "../mask/intent.js";
import { Painting } from "../mask/painting.js";
import { fillRectangle, fillRings, wholeSpan } from "../mask/scan.js";
import { toScreen } from "../viewport.js";
import { isDrag } from "./tool.js";
/** @import { Acts, Bench } from "./tool.js" */
/** @import { Point, ToolEvent } from "../types.js" */

/**
 * Paints a figure as one step.
 * @param {Bench} bench
 * @param {boolean} erase
 * @param {(patch: Patch) => void} draw
 */
export function paintOnce(bench, erase, draw) {
  const intent = intentOf(bench, erase);
  if (!intent) return;
  const patch = new Patch(bench.scene.size);
  draw(patch);
  const painting = new Painting(bench.scene, intent);
  painting.apply(patch);
  painting.commit();
  if (!erase) selectPainted(bench, painting.id);
}

/** Fills a rectangle of a mask from one corner to the other. */
export class RectangleFillTool {
  name = "fill-rectangle";
  secondary = true;
  /** @type {Bench} */
  #bench;
  /** @type {ToolEvent | null} */
  #from = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#from !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#from = event;
  }

  /** @param {ToolEvent} event */
  move(event) {
    const { session, scene } = this.#bench;
    session.update({ pointer: event.point });
    if (!this.#from) return;
    const [a, b] = [clampPoint(this.#from.point, scene.size), clampPoint(event.point, scene.size)];
    const [[left, right], [top, bottom]] = [wholeSpan(a.x, b.x), wholeSpan(a.y, b.y)];
    session.update({ sketch: { kind: "box", box: boxBetween({ x: left, y: top }, { x: right, y: bottom }), label: session.state.label } });
  }

  /** @param {ToolEvent} event */
  up(event) {
    const from = this.#from;
    this.#from = null;
    this.#bench.session.update({ sketch: null });
    if (!from || !isDrag(from, event)) return;
    const { size } = this.#bench.scene;
    paintOnce(this.#bench, erases(from), (patch) => fillRectangle(patch, clampPoint(from.point, size), clampPoint(event.point, size)));
  }

  cancel() {
    this.#from = null;
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
    this.#bench.session.update({ pointer: null });
  }

  cursor() {
    return "crosshair";
  }
}

/** Screen pixels: how near the first corner closes, and how far apart corners drawn by hand lie. */
const NEAR = { mouse: 9, touch: 20 };
const APART = 3;

/** Fills a polygon of a mask, by clicks, by hand or both; its corners are not kept. */
export class PolygonFillTool {
  name = "fill-polygon";
  secondary = true;
  rests = true;
  /** @type {Bench} */
  #bench;
  /** @type {Point[]} */
  #corners = [];
  /** The press that goes on, and how many corners there were before it. @type {{from: ToolEvent, corners: number, drags: boolean} | null} */
  #press = null;
  #erasing = false;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#corners.length > 0;
  }

  /** @returns {Acts} */
  get acts() {
    return this.busy ? { close: () => this.#close(), back: () => this.#back() } : {};
  }

  /** @param {ToolEvent} event */
  down(event) {
    if (!this.busy) this.#erasing = erases(event);
    if (this.#closes(event)) return this.#close();
    this.#press = { from: event, corners: this.#corners.length, drags: false };
    this.#add(event);
  }

  /** @param {ToolEvent} event */
  move(event) {
    const press = this.#press;
    if (press && (press.drags || isDrag(press.from, event))) {
      press.drags = true;
      const last = this.#corners.at(-1);
      if (last && this.#away(last, event) >= APART) this.#add(event);
    }
    this.#show(event);
  }

  /** A loop drawn by hand closes where it ends. @param {ToolEvent} event */
  up(event) {
    const press = this.#press;
    this.#press = null;
    if (press?.drags && press.corners === 0 && this.#corners.length > 3) this.#close();
    else this.#show(event);
  }

  /** Drops what the button does and keeps the corners before it. */
  interrupt() {
    if (this.#press) this.#corners = this.#corners.slice(0, this.#press.corners);
    this.#press = null;
    this.#show(null);
  }

  cancel() {
    this.#corners = [];
    this.#press = null;
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return "crosshair";
  }

  /** @param {ToolEvent} event */
  #add(event) {
    this.#corners = [...this.#corners, clampPoint(event.point, this.#bench.scene.size)];
    this.#show(event);
  }

  #back() {
    this.#corners = this.#corners.slice(0, -1);
    this.#show(null);
  }

  #close() {
    const ring = this.#corners.map(({ x, y }) => /** @type {const} */ ([x, y]));
    if (ring.length < 3) return this.#bench.say("A polygon needs at least three points.");
    const erase = this.#erasing;
    this.cancel();
    paintOnce(this.#bench, erase, (patch) => fillRings(patch, [ring]));
  }

  /** At the first corner, or again at the last one as in a double click. @param {ToolEvent} event */
  #closes(event) {
    const [first, last] = [this.#corners[0], this.#corners.at(-1)];
    const near = event.touch ? NEAR.touch : NEAR.mouse;
    return this.#corners.length > 2 && first && last && (this.#away(first, event) <= near || this.#away(last, event) <= APART);
  }

  /** @param {Point} corner @param {ToolEvent} event */
  #away(corner, event) {
    const at = toScreen(this.#bench.viewport.view, corner);
    return Math.hypot(at.x - event.screen.x, at.y - event.screen.y);
  }

  /** @param {ToolEvent | null} event */
  #show(event) {
    const { session } = this.#bench;
    if (!this.busy) return session.update({ sketch: null });
    session.update({
      sketch: {
        kind: "outline", corners: this.#corners, way: [], end: event?.point ?? null, open: true, closes: Boolean(event && this.#closes(event)),
        held: null, mark: null, cuts: this.#erasing,
      },
    });
  }
}
