// @ts-check
import { clamp } from "../geometry.js";
import { flood, holes, inside, outside } from "../mask/flood.js";
import { erases, intentOf, selectPainted } from "../mask/intent.js";
import { Painting, masksOf } from "../mask/painting.js";
import { bitmapOf } from "../mask/painted.js";
import { inSlices } from "../mask/slices.js";
import { Likeness } from "../mask/wand.js";
/** @import { Bench } from "./tool.js" */
/** @import { Intent } from "../mask/painting.js" */
/** @import { Patch } from "../mask/bitmap.js" */
/** @import { Pixels } from "../mask/wand.js" */
/** @import { Work } from "../mask/slices.js" */
/** @import { Box, MaskShape, Point, ToolEvent } from "../types.js" */

/** The pixel under an event; `null` outside of the image. @param {Bench} bench @param {ToolEvent} event @returns {Point | null} */
function pixelAt({ scene: { size } }, { point }) {
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  return x >= 0 && y >= 0 && x < size.width && y < size.height ? { x, y } : null;
}

/** The mask that owns a pixel. @param {Bench} bench @param {Point} pixel @returns {MaskShape | undefined} */
function maskAt({ scene }, pixel) {
  return masksOf(scene).findLast((mask) => bitmapOf(mask.rle).has(pixel.x, pixel.y));
}

/**
 * Fills what is connected: the background around a click, or its hole; the piece of another mask, which takes the label in hand; the
 * holes of a piece that has it already.
 */
export class BucketTool {
  name = "bucket";
  secondary = true;
  /** @type {Bench} */
  #bench;
  /** @type {Work | null} */
  #work = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#work !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.finish();
    const pixel = pixelAt(this.#bench, event);
    const intent = pixel && intentOf(this.#bench, erases(event));
    if (!intent) return;
    const mask = maskAt(this.#bench, pixel);
    if (mask && intent.kept.has(mask.id)) return this.#bench.say("This mask is locked or hidden.");
    if (!mask && intent.erase) return;
    let done = false;
    const work = inSlices(this.#steps(pixel, mask, intent), (patch) => {
      done = true;
      this.#done(patch, intent);
    });
    if (!done) this.#work = work;
  }

  move() {}

  up() {}

  finish() {
    this.#work?.finish();
  }

  cancel() {
    this.#work?.stop();
    this.#work = null;
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return this.busy ? "progress" : "crosshair";
  }

  /**
   * @param {Point} pixel
   * @param {MaskShape | undefined} mask
   * @param {Intent} intent
   * @returns {Generator<void, Patch>}
   */
  *#steps(pixel, mask, intent) {
    const { scene } = this.#bench;
    if (!mask) return yield* flood(scene.size, outside(scene.size, masksOf(scene).map((other) => bitmapOf(other.rle))), [pixel]);
    const piece = yield* flood(scene.size, inside(bitmapOf(mask.rle)), [pixel]);
    if (intent.erase || mask.id !== intent.target) return piece;
    const enclosed = yield* holes(piece.bitmap());
    for (const other of masksOf(scene)) enclosed.avoid(bitmapOf(other.rle));
    return enclosed;
  }

  /** Who clicks on a piece means that piece, whatever paint may cover otherwise. @param {Patch} patch @param {Intent} intent */
  #done(patch, intent) {
    this.#work = null;
    const painting = new Painting(this.#bench.scene, { ...intent, over: "any" });
    painting.apply(patch);
    painting.commit();
    if (!intent.erase) selectPainted(this.#bench, painting.id);
  }
}

/** Takes what is connected and of like colour; dragging to the right takes more, to the left less. */
export class WandTool {
  name = "wand";
  secondary = true;
  /** @type {Bench} */
  #bench;
  /**
   * @type {{
   *   from: ToolEvent, pixel: Point, intent: Intent, likeness: Likeness, painting: Painting, tolerance: number, base: number,
   *   search: Work | null, ending: boolean,
   * } | null}
   */
  #work = null;
  /** A click that waits for the pixels around it. @type {{released: boolean} | null} */
  #waiting = null;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get busy() {
    return this.#work !== null || this.#waiting !== null;
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.finish();
    const pixel = pixelAt(this.#bench, event);
    if (!pixel) return;
    const pixels = this.#bench.pixels?.() ?? null;
    if (!pixels) return this.#bench.say("The picture is not there yet.");
    const finest = this.#bench.finest?.();
    if (finest) void this.#wait(event, pixel, pixels, finest);
    else this.#begin(event, pixel, pixels, null);
  }

  /** Of a picture that comes by tiles the wand reads what is in sight, at full resolution or not at all. @param {ToolEvent} event @param {Point} pixel @param {Pixels} pixels @param {{area: Box | null, ready: () => Promise<boolean>}} finest */
  async #wait(event, pixel, pixels, { area, ready }) {
    if (!area) return this.#bench.say("Zoom in first: in an image this large the wand reads every pixel in sight.");
    const waiting = { released: false };
    this.#waiting = waiting;
    const all = await ready();
    if (this.#waiting !== waiting) return;
    this.#waiting = null;
    if (!all) return this.#bench.say("Parts of the picture could not be loaded. Try again.");
    this.#begin(event, pixel, pixels, area);
    if (waiting.released) this.up();
  }

  /** @param {ToolEvent} event @param {Point} pixel @param {Pixels} pixels @param {Box | null} area */
  #begin(event, pixel, pixels, area) {
    const intent = intentOf(this.#bench, erases(event));
    if (!intent) return;
    const { scene, session } = this.#bench;
    const { tolerance } = session.state.paint;
    const likeness = new Likeness(scene.size, pixels, pixel, area);
    const painting = new Painting(scene, intent);
    this.#work = { from: event, pixel, intent, likeness, painting, tolerance, base: tolerance, search: null, ending: false };
    this.#take();
  }

  /** @param {ToolEvent} event */
  move(event) {
    const work = this.#work;
    if (!work || work.ending) return;
    const tolerance = clamp(Math.round(work.base + (event.screen.x - work.from.screen.x) / 3), 0, 255);
    if (tolerance === work.tolerance) return;
    work.tolerance = tolerance;
    const { session } = this.#bench;
    session.update({ paint: { ...session.state.paint, tolerance } });
    this.#take();
  }

  up() {
    if (this.#waiting) this.#waiting.released = true;
    if (!this.#work) return;
    this.#work.ending = true;
    if (!this.#work.search) this.#end();
  }

  finish() {
    this.#waiting = null;
    this.#work?.search?.finish();
    if (this.#work) this.#end();
  }

  cancel() {
    const work = this.#work;
    this.#work = this.#waiting = null;
    work?.search?.stop();
    work?.painting.rollback();
  }

  exit() {
    this.cancel();
  }

  cursor() {
    return this.#work?.search || this.#waiting ? "progress" : "crosshair";
  }

  /** Looks for the connected pixels anew; a search that is under way stops. */
  #take() {
    const work = this.#work;
    if (!work) return;
    work.search?.stop();
    work.search = null;
    let done = false;
    const search = inSlices(flood(this.#bench.scene.size, work.likeness.within(work.tolerance), [work.pixel]), (patch) => {
      done = true;
      this.#found(patch);
    });
    if (!done) work.search = search;
  }

  /** @param {Patch} patch */
  #found(patch) {
    const work = this.#work;
    if (!work) return;
    work.search = null;
    work.painting.replace(patch);
    if (work.ending) this.#end();
  }

  #end() {
    const work = this.#work;
    this.#work = null;
    work?.painting.commit();
    if (work && !work.intent.erase) selectPainted(this.#bench, work.painting.id);
  }
}
