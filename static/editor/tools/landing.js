// @ts-check
import { add, newBox } from "../edits.js";
import { boxBetween, round } from "../geometry.js";
import { fillRings } from "../mask/scan.js";
import { addPolygon } from "../polygons.js";
import { simplify } from "../rings/simplify.js";
import { problem } from "../shapes/box.js";
import { paintOnce } from "./fills.js";
/** @import { Rings } from "../types.js" */
/** @import { Bench } from "./tool.js" */

/** How far a polygon may lie from the pixels it was made of; stairs of single pixels become straight lines. */
const STAIRS = 0.75;

/**
 * Makes of an area what the project's answers are made of: a polygon, paint, or the box around it.
 * @param {Bench} bench
 * @param {Rings} rings to be filled by the even-odd rule
 * @param {number} step how many image pixels the finest detail of the rings is
 * @returns {string | null} why nothing was made
 */
export function land(bench, rings, step) {
  const { scene, session } = bench;
  if (bench.draws?.("polygon")) {
    const parts = simplify(rings, STAIRS * step).filter((ring) => ring.length >= 3);
    return addPolygon(scene, session, parts.map((ring) => ring.map(([x, y]) => /** @type {const} */ ([round(x), round(y)]))));
  }
  if (bench.draws?.("mask")) {
    paintOnce(bench, false, (patch) => fillRings(patch, rings));
    return null;
  }
  const [xs, ys] = [rings.flat().map(([x]) => x), rings.flat().map(([, y]) => y)];
  const [a, b] = [{ x: least(xs), y: least(ys) }, { x: -least(xs.map((x) => -x)), y: -least(ys.map((y) => -y)) }];
  const box = newBox(scene, boxBetween(a, b), session.state.label);
  const wrong = problem(box, scene.size);
  if (wrong) return wrong;
  add(scene, [box]);
  session.update({ lastSize: { width: box.width, height: box.height } });
  session.select([box.id]);
  return null;
}

/** @param {readonly number[]} values */
function least(values) {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}
