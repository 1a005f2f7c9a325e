// @ts-check
import { kindOf } from "./shapes/index.js";
/** @import { Labels } from "./labels.js" */
/** @import { Shape } from "./types.js" */

/**
 * How the list of regions looks. `order` is that of depth, lowest first.
 * @typedef {{text: string, sort: "order" | "label" | "size" | "newest", grouped: boolean}} Wish
 * @typedef {{kind: "group", label: string, ids: string[]} | {kind: "region", shape: Shape}} Line
 */

/** Shapes never change, so their area is reckoned once. @type {WeakMap<Shape, number>} */
const areas = new WeakMap();

/** @param {Shape} shape */
function areaOf(shape) {
  let area = areas.get(shape);
  if (area === undefined) areas.set(shape, (area = kindOf(shape).area(shape)));
  return area;
}

/**
 * The lines of the list.
 * @param {readonly Shape[]} shapes in order of depth
 * @param {readonly Shape[]} born the same in order of birth
 * @param {Labels} labels
 * @param {Wish} wish
 * @returns {Line[]}
 */
export function listing(shapes, born, labels, wish) {
  const found = ordered(wish.sort === "newest" ? born : shapes, labels, wish.sort).filter(matching(labels, wish.text));
  if (!wish.grouped) return found.map((shape) => ({ kind: "region", shape }));
  /** @type {Map<string, Shape[]>} */
  const groups = new Map();
  for (const shape of found) {
    const group = groups.get(shape.label);
    if (group) group.push(shape);
    else groups.set(shape.label, [shape]);
  }
  const place = placeOf(labels);
  return [...groups]
    .sort(([a], [b]) => place(a) - place(b))
    .flatMap(([label, group]) => [
      { kind: /** @type {const} */ ("group"), label, ids: group.map((shape) => shape.id) },
      ...group.map((shape) => ({ kind: /** @type {const} */ ("region"), shape })),
    ]);
}

/** @param {readonly Shape[]} shapes @param {Labels} labels @param {Wish["sort"]} sort @returns {readonly Shape[]} */
function ordered(shapes, labels, sort) {
  if (sort === "newest") return shapes.toReversed();
  if (sort === "size") return shapes.toSorted((a, b) => areaOf(b) - areaOf(a));
  if (sort !== "label") return shapes;
  const place = placeOf(labels);
  return shapes.toSorted((a, b) => place(a.label) - place(b.label));
}

/** Where labels stand in their tree. @param {Labels} labels */
function placeOf(labels) {
  const places = new Map(labels.all.map((label, index) => [label.code, index]));
  return (/** @type {string} */ code) => places.get(code) ?? places.size;
}

/** What a few typed words find: a label, a note, a crowd, a suggestion. @param {Labels} labels @param {string} text */
function matching(labels, text) {
  const words = text.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  /** @type {Map<string, string>} */
  const paths = new Map(labels.all.map((label) => [label.code, label.path.toLocaleLowerCase()]));
  return (/** @type {Shape} */ shape) => {
    const marks = `${shape.shape === "box" && shape.crowd ? "crowd" : ""} ${shape.origin === "prelabel" ? "suggested" : ""}`;
    const said = `${paths.get(shape.label) ?? ""} ${shape.note.toLocaleLowerCase()} ${marks}`;
    return words.every((word) => said.includes(word));
  };
}
