// @ts-check
import { isKind } from "./shapes/index.js";
/** @import { AnnotationDocument, DraftChanges, ImageAnswer, Item, Shape } from "./types.js" */

export const IMAGE = "@image";

/** @returns {AnnotationDocument} */
export function emptyDocument() {
  return { labels: [], regions: [], empty: false };
}

/**
 * The document as items for the store; the order of regions becomes their depth.
 * @param {AnnotationDocument} answer
 * @returns {Item[]}
 */
export function toItems(answer) {
  /** @type {ImageAnswer} */
  const image = { id: IMAGE, shape: "image", labels: [...answer.labels], empty: answer.empty };
  const shapes = answer.regions
    .filter((region) => isKind(String(region["shape"])))
    .map((region, index) => /** @type {Shape} */ ({ note: "", origin: "manual", crowd: false, ...region, z: index + 1 }));
  return [image, ...shapes.map(tidy)];
}

/** Keeps only what the kind owns: `crowd` belongs to boxes. @param {Shape} shape @returns {Shape} */
function tidy(shape) {
  if (shape.shape === "box") return shape;
  const { crowd: _, ...rest } = /** @type {Shape & {crowd?: boolean}} */ (shape);
  return /** @type {Shape} */ (rest);
}

/**
 * @param {ImageAnswer | undefined} image
 * @param {readonly Shape[]} shapes in order of depth
 * @returns {AnnotationDocument}
 */
export function toDocument(image, shapes) {
  const regions = shapes.map(({ z: _, ...region }) => /** @type {Record<string, unknown>} */ (region));
  return { labels: [...(image?.labels ?? [])], regions, empty: Boolean(image?.empty) && regions.length === 0 };
}

/** Fewer regions are sent whole, unless they are masks: one of them weighs as much as thousands of boxes. */
const LARGE = 40;

/**
 * What became of some regions, for a server that has the rest; `null` where the whole document is about as short.
 * @param {ImageAnswer} image
 * @param {readonly Shape[]} shapes all of them, in order of depth
 * @param {ReadonlySet<string>} ids
 * @returns {DraftChanges | null}
 */
export function changesOf(image, shapes, ids) {
  const heavy = shapes.some((shape) => shape.shape === "mask");
  if (heavy ? ids.size * 2 > shapes.length : shapes.length < LARGE || ids.size * 4 > shapes.length) return null;
  const gone = new Set(ids);
  const placed = [];
  for (const [index, shape] of shapes.entries()) {
    if (!gone.delete(shape.id)) continue;
    const { z: _, ...region } = shape;
    placed.push({ after: shapes[index - 1]?.id ?? null, region });
  }
  gone.delete(IMAGE);
  return { placed, removed: [...gone], labels: [...image.labels], empty: image.empty };
}

/**
 * Whether two documents say the same, whatever the order of their keys.
 * @param {AnnotationDocument} a
 * @param {AnnotationDocument} b
 */
export function sameDocument(a, b) {
  return canonical(normal(a)) === canonical(normal(b));
}

/** @param {AnnotationDocument} answer */
function normal(answer) {
  const items = toItems(answer);
  return toDocument(/** @type {ImageAnswer} */ (items[0]), /** @type {Shape[]} */ (items.slice(1)));
}

/** @param {unknown} value @returns {string} */
function canonical(value) {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
