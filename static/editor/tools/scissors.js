// @ts-check
import { clampPoint } from "../geometry.js";
import { Excerpt } from "../outline/excerpt.js";
import { addOutline } from "../polygons.js";
import { thin } from "../rings/simplify.js";
import { land } from "./landing.js";
import { Outline } from "./outline.js";
/** @import { Point, Ring, ToolEvent } from "../types.js" */
/** @import { Acts, Bench } from "./tool.js" */

/** Pixels of the copy in which edges are looked for. */
const MOST = 1_200_000;
/** Room a corner needs around it in the copy before another one is made, as a part of the view's shorter side. */
const ROOM = 0.05;
/** How far the outline may lie from the edge found, in pixels of the copy. */
const SLACK = 0.8;
/** Screen pixels within which a click means the edge beside it; with Alt it means itself. */
const REACH = { mouse: 8, touch: 16 };

/** Intelligent scissors: click along a thing, and the outline between two clicks follows its edge. */
export class ScissorsTool {
  name = "scissors";
  rests = true;
  /** @type {Bench} */
  #bench;
  #outline;
  /** How many corners there were before each click. @type {number[]} */
  #clicks = [];
  /** @type {Excerpt | null} */
  #excerpt = null;
  /** The way from the last corner to where the pointer was, in image pixels. @type {readonly Point[]} */
  #way = [];
  /** Where that way ends. @type {Point | null} */
  #end = null;
  /** @type {ToolEvent | null} */
  #last = null;
  /** @type {AbortController | null} */
  #asking = null;
  /** A click that waits for its way. @type {ToolEvent | null} */
  #click = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#outline = new Outline(bench);
  }

  get busy() {
    return this.#outline.corners.length > 0;
  }

  /** @returns {Acts} */
  get acts() {
    return this.busy ? { close: () => this.#close(), back: () => this.#back() } : {};
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#last = event;
    if (this.busy) {
      this.#click = event;
      return this.#trace(event);
    }
    if (!this.#look(event.point)) return this.#bench.say("The picture is not there yet.");
    this.#clicks = [0];
    this.#outline.extend([this.#corner(event.point)]);
    this.#show();
    void this.#settle(event);
  }

  /** Moves the first corner onto its edge, unless somebody was quicker. @param {ToolEvent} event */
  async #settle(event) {
    const excerpt = this.#excerpt;
    if (!excerpt || !this.#bench.outlines) return;
    const [[at] = []] = await this.#bench.outlines.ask({ kind: "edge", at: excerpt.pixel(event.point), reach: this.#reach(event, excerpt) }).catch(() => []); // said by whoever asks for a way
    if (!at || this.#excerpt !== excerpt || this.#outline.corners.length !== 1 || this.#click) return;
    this.#outline.clear();
    this.#outline.extend([this.#corner(middle(excerpt, at))]);
    this.#show();
  }

  /** How far a point may move to an edge, in pixels of the copy. @param {ToolEvent} event @param {Excerpt} excerpt */
  #reach(event, excerpt) {
    const reach = event.mods.alt ? 0 : event.touch ? REACH.touch : REACH.mouse;
    return Math.min(12, reach / this.#bench.viewport.view.scale / excerpt.factor);
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (!this.busy || this.#click) return;
    this.#last = event;
    this.#trace(event);
  }

  up() {}

  cancel() {
    this.#asking?.abort();
    this.#asking = null;
    this.#outline.clear();
    this.#clicks = [];
    this.#way = [];
    this.#last = null;
    this.#click = null;
    this.#excerpt = null;
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return this.#click ? "progress" : "crosshair";
  }

  /** Takes the part of the picture in sight as what is traced in. @param {Point} point @returns {boolean} whether there is a picture */
  #look(point) {
    const { viewport, scene, outlines } = this.#bench;
    const read = this.#bench.pixels?.();
    if (!read || !outlines) return false;
    const { visible } = viewport;
    const room = ROOM * Math.min(visible.width, visible.height);
    const area = {
      x: Math.min(visible.x, point.x - room), y: Math.min(visible.y, point.y - room),
      width: visible.width + 2 * room, height: visible.height + 2 * room,
    };
    this.#excerpt = new Excerpt(area, scene.size, MOST);
    outlines.ask({ kind: "picture", pixels: this.#excerpt.copy(read) }).catch((/** @type {Error} */ error) => this.#bench.say(error.message));
    return true;
  }

  /** Looks for the way to the pointer; only the last question counts. @param {ToolEvent} event */
  async #trace(event) {
    const from = this.#outline.corners.at(-1)?.point;
    const { outlines } = this.#bench;
    if (!from || !outlines) return;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const aim = this.#aim(event);
    const both = this.#excerpt?.holds(from, 0) && this.#excerpt.holds(aim, 0);
    if (!both) this.#look(from);
    const excerpt = this.#excerpt;
    if (!excerpt) return;
    try {
      const closes = this.#outline.aim(event).closes;
      const reach = closes ? 0 : this.#reach(event, excerpt);
      const [way = []] = await outlines.ask({ kind: "wire", from: excerpt.pixel(from), to: excerpt.pixel(aim), reach }, asking.signal);
      if (asking.signal.aborted) return;
      this.#way = this.#thinned(way, excerpt);
      this.#end = closes || reach === 0 ? aim : middle(excerpt, way.at(-1) ?? excerpt.pixel(aim));
      if (this.#click) this.#take(this.#click);
      this.#show();
    } catch (error) {
      if (asking.signal.aborted) return;
      this.cancel();
      this.#bench.say(/** @type {Error} */ (error).message);
    }
  }

  /** The middles of the pixels of a way, without its ends. @param {readonly (readonly [number, number])[]} way @param {Excerpt} excerpt @returns {Point[]} */
  #thinned(way, excerpt) {
    const points = way.map((pixel) => middle(excerpt, pixel));
    return thin(points, SLACK * excerpt.factor).slice(1, -1);
  }

  /** @param {ToolEvent} event */
  #aim(event) {
    return this.#outline.aim(event).closes ? /** @type {Point} */ (this.#outline.points[0]) : clampPoint(event.point, this.#bench.scene.size);
  }

  /** @param {Point} point */
  #corner(point) {
    return { point: clampPoint(point, this.#bench.scene.size), held: null };
  }

  /** Adds the way and the click at its end. @param {ToolEvent} event */
  #take(event) {
    this.#click = null;
    const closes = this.#outline.aim(event).closes || this.#outline.repeats(event);
    const before = this.#outline.corners;
    const ends = closes ? [] : [this.#corner(this.#end ?? event.point)];
    let crossing = this.#outline.extend([...this.#way.map((point) => this.#corner(point)), ...ends]);
    if (crossing) {
      // The edge led back to where the outline is already: then the straight line is meant.
      this.#outline.corners = before;
      crossing = this.#outline.extend(ends);
    }
    this.#clicks.push(before.length);
    this.#way = [];
    if (crossing) this.#bench.say("The outline would cross itself here. Click elsewhere, or take back points with Backspace.");
    else if (closes) this.#close();
  }

  /** Takes back what the last click added. */
  #back() {
    const before = this.#clicks.pop() ?? 0;
    while (this.#outline.corners.length > before) this.#outline.back();
    this.#way = [];
    if (before === 0) return this.cancel();
    if (this.#last) this.#trace(this.#last);
    this.#show();
  }

  #close() {
    const { scene, session, say } = this.#bench;
    if (this.#outline.corners.length < 3) return say("An outline needs at least three points.");
    /** @type {Ring} */
    const ring = this.#outline.points.map(({ x, y }) => /** @type {const} */ ([x, y]));
    const wrong = this.#bench.draws?.("polygon") ? addOutline(scene, session, ring, []) : land(this.#bench, [ring], 1);
    if (wrong) return say(wrong);
    this.cancel();
  }

  #show() {
    const { session } = this.#bench;
    const event = this.#last;
    if (!this.busy || !event) return session.update({ sketch: null });
    session.update({
      sketch: {
        kind: "outline", corners: this.#outline.points, way: this.#way, end: this.#way.length > 0 && this.#end ? this.#end : this.#aim(event), open: false,
        closes: this.#outline.aim(event).closes, held: null, mark: null, cuts: session.state.outlining.mode === "cut",
      },
    });
  }
}

/** The middle of a pixel of the copy, in the image. @param {Excerpt} excerpt @param {readonly [number, number]} pixel @returns {Point} */
function middle(excerpt, [x, y]) {
  return excerpt.outOf({ x: x + 0.5, y: y + 0.5 });
}
