// @ts-check
import * as box from "./box.js";
import * as mask from "./mask.js";
import * as polygon from "./polygon.js";
/** @import { Box, Grip, Mods, Point, Shape, Size } from "../types.js" */

/**
 * What every kind of shape can do.
 * @typedef {{
 *   vertices: (shape: any) => Point[],
 *   grips: (shape: any) => {kind: "vertex" | "edge", index: number, point: Point}[],
 *   gripAt?: (shape: any, point: Point, reach: number) => Grip | null,
 *   edges: (shape: any) => [Point, Point][],
 *   bounds: (shape: any) => Box,
 *   area: (shape: any) => number,
 *   contains: (shape: any, point: Point) => boolean,
 *   reshape: (initial: any, grip: Grip, delta: Point, limits: Size, mods?: Mods) => any,
 *   translate: (initial: any, delta: Point, limits: Size) => any,
 *   problem: (shape: any, limits: Size) => string | null,
 *   measure: (shape: any) => string,
 * }} Kind
 */

/** @type {Record<Shape["shape"], Kind>} */
const KINDS = { box, polygon, mask };

/** The functions of the shape's kind. @param {{shape: Shape["shape"]}} shape @returns {Kind} */
export function kindOf(shape) {
  return KINDS[shape.shape];
}

/** @param {string} kind @returns {kind is Shape["shape"]} */
export function isKind(kind) {
  return kind in KINDS;
}
