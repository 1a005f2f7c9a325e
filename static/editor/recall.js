// @ts-check
/** @import { Scene } from "./scene.js" */
/** @import { Item } from "./types.js" */
/** @import { Diff } from "./store.js" */

const MOST_STEPS = 200;
const MOST_CHARACTERS = 400_000;

/** A step written out is the same for ever. @type {WeakMap<Diff<Item>, string>} */
const written = new WeakMap();

/** @param {Diff<Item>} diff */
function write(diff) {
  let text = written.get(diff);
  if (text === undefined) written.set(diff, (text = JSON.stringify([...diff])));
  return text;
}

/** The latest of some steps as JSON, as far as there is room. @param {readonly Diff<Item>[]} steps @param {number} room characters */
function latest(steps, room) {
  const texts = [];
  let left = room;
  for (let index = steps.length - 1; index >= 0 && texts.length < MOST_STEPS; index--) {
    const text = write(/** @type {Diff<Item>} */ (steps[index]));
    left -= text.length;
    if (left < 0) break;
    texts.push(text);
  }
  return `[${texts.reverse().join(",")}]`;
}

/**
 * The undo of the last minutes as text, with the depth of every region: a document keeps their order alone.
 * @param {Scene} scene
 */
export function remember(scene) {
  const { undo, redo } = scene.history.steps();
  const depths = scene.shapes().map((shape) => shape.z);
  return `{"undo":${latest(undo, MOST_CHARACTERS)},"redo":${latest(redo, MOST_CHARACTERS / 4)},"depths":${JSON.stringify(depths)}}`;
}

/**
 * Takes up again what `remember` wrote, if the scene is what it was then.
 * @param {Scene} scene
 * @param {string} text
 * @returns {boolean} whether it could
 */
export function recall(scene, text) {
  const { undo, redo, depths } = JSON.parse(text);
  const shapes = scene.shapes();
  if (depths.length !== shapes.length) return false;
  const steps = { undo: undo.map(revive), redo: redo.map(revive) };
  const known = new Map(shapes.map((shape, index) => [shape.id, { ...shape, z: depths[index] }]));
  if (![steps.undo.at(-1), steps.redo.at(-1)].every((step) => fits(step, known))) return false;
  scene.store.apply(new Map([...known].map(([id, shape]) => [id, [scene.shape(id) ?? null, shape]])), "remote");
  scene.history.recall(steps);
  return true;
}

/** @param {[string, [Item | null, Item | null]][]} entries @returns {Diff<Item>} */
function revive(entries) {
  return new Map(entries);
}

/**
 * Whether a step could be taken back now: what it made is still so. That holds for steps to redo as well, which are inverses.
 * @param {Diff<Item> | undefined} step
 * @param {Map<string, Item>} known
 */
function fits(step, known) {
  return [...(step ?? [])].every(([id, [, after]]) => id.startsWith("@") || same(known.get(id) ?? null, after));
}

/** @param {Item | null} a @param {Item | null} b */
function same(a, b) {
  const sorted = (/** @type {Item | null} */ item) => JSON.stringify(item && Object.fromEntries(Object.entries(item).sort(([x], [y]) => (x < y ? -1 : 1))));
  return sorted(a) === sorted(b);
}
