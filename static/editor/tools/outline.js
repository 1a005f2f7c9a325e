// @ts-check
import { clampPoint, distance } from "../geometry.js";
import { between, snap } from "../rings/borders.js";
import { crossingOfLine } from "../rings/crossings.js";
import { thin } from "../rings/simplify.js";
import { toScreen } from "../viewport.js";
/** @import { Snap } from "../rings/borders.js" */
/** @import { Point, PolygonShape, ToolEvent } from "../types.js" */
/** @import { Bench } from "./tool.js" */

/**
 * A corner of an outline in the making, and what holds it there.
 * @typedef {{point: Point, held: Snap | null}} Corner
 * @typedef {Corner & {closes: boolean}} Aim
 */

/** Screen pixels within which a point is taken for another. */
const REACH = { mouse: 9, touch: 20 };
const SAME_PLACE = { mouse: 4, touch: 14 };
/** How far a line drawn by hand may lie from its thinned self, in screen pixels. */
const HAND = 1.2;

/** A line that grows click by click, by hand, and along the borders of neighbours, and never crosses itself. */
export class Outline {
  #bench;
  /** @type {readonly Corner[]} */
  corners = [];
  /** Corners taken back, last first. @type {Corner[]} */
  #undone = [];
  /** Whether the way along a neighbour goes round the other side. */
  flipped = false;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get points() {
    return this.corners.map(({ point }) => point);
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  clear() {
    this.corners = [];
    this.#undone = [];
    this.flipped = false;
  }

  back() {
    const last = this.corners.at(-1);
    if (!last) return;
    this.#undone.push(last);
    this.corners = this.corners.slice(0, -1);
  }

  forward() {
    const corner = this.#undone.pop();
    if (corner) this.corners = [...this.corners, corner];
  }

  /** Where a click would go: to the first corner, to a neighbour's border, or where the pointer is. @param {ToolEvent} event @returns {Aim} */
  aim(event) {
    const { scene, session, viewport } = this.#bench;
    const first = this.corners[0];
    if (first && this.corners.length > 2 && this.apart(first, event) <= 1) return { ...first, closes: true };
    const reach = (event.touch ? REACH.touch : REACH.mouse) / viewport.view.scale;
    const free = !session.state.outlining.snaps || event.mods.alt;
    const held = free ? null : snap(this.#neighbours(event.point, reach), event.point, reach);
    return { point: clampPoint(held?.point ?? event.point, scene.size), held, closes: false };
  }

  /** How far the pointer is from a corner, in reaches within which it would be taken for it. @param {Corner | undefined} corner @param {ToolEvent} event */
  apart(corner, event) {
    const reach = event.touch ? REACH.touch : REACH.mouse;
    return corner ? distance(toScreen(this.#bench.viewport.view, corner.point), event.screen) / reach : Infinity;
  }

  /** Whether a click is a second one at the last corner, as in a double click. @param {ToolEvent} event */
  repeats(event) {
    const last = this.corners.at(-1);
    const reach = event.touch ? SAME_PLACE.touch : SAME_PLACE.mouse;
    return last !== undefined && distance(toScreen(this.#bench.viewport.view, last.point), event.screen) <= reach;
  }

  /** The corners of a neighbour's border between the last corner and the aim, if both are on it. @param {Aim} aim @param {boolean} follows */
  way(aim, follows) {
    const from = this.corners.at(-1)?.held;
    const to = aim.held;
    if (!follows || !from || !to || from.id !== to.id || from.ring !== to.ring) return [];
    const shape = this.#bench.scene.shape(from.id);
    const ring = shape?.shape === "polygon" ? shape.parts[from.ring] : undefined;
    return ring ? between(ring, from, to, this.flipped) : [];
  }

  /**
   * Adds corners as far as the line does not cross itself.
   * @param {readonly Corner[]} corners
   * @returns {Point | null} where it would have crossed
   */
  extend(corners) {
    const grown = [...this.corners];
    const points = this.points;
    let crossing = null;
    for (const corner of corners) {
      if (points.length > 0 && distance(/** @type {Point} */ (points.at(-1)), corner.point) === 0) continue;
      crossing = crossingOfLine(points, corner.point);
      if (crossing) break;
      grown.push(corner);
      points.push(corner.point);
    }
    this.corners = grown;
    this.#undone = [];
    this.flipped = false;
    return crossing;
  }

  /** Adds a line drawn by hand, thinned as far as nobody sees it. @param {readonly Corner[]} stroke */
  draw(stroke) {
    const kept = new Set(thin(stroke.map(({ point }) => point), HAND / this.#bench.viewport.view.scale));
    return this.extend(stroke.filter(({ point }) => kept.has(point)));
  }

  /** @param {Point} point @param {number} reach image pixels @returns {PolygonShape[]} */
  #neighbours(point, reach) {
    const { scene, session } = this.#bench;
    const area = { x: point.x - reach, y: point.y - reach, width: 2 * reach, height: 2 * reach };
    return /** @type {PolygonShape[]} */ (scene.near(area).filter((shape) => shape.shape === "polygon" && !session.state.hidden.has(shape.id)));
  }
}
