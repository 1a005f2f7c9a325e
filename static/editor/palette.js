// @ts-check
import { HATCHINGS } from "./hatching.js";

/**
 * What tells a label apart on the picture: its colour, and where colours could be confused a dash pattern of its lines and a hatching of
 * its masks as well (hatching.js; 0 is none).
 * @typedef {Readonly<{colour: string, dash: readonly number[], hatching: number}>} Paint
 */

/** The colours of Okabe and Ito (2008) but black, which photographs swallow; each pair differs for every common colour vision. */
const SAFE = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"];
/** Lines are whole, dashed, dotted and dash-dotted, in screen pixels. */
const DASHES = [[], [9, 5], [2, 4], [10, 4, 2, 4]];
/** The second and third round are paler and darker: shares of white, then of black. */
const SHADES = [0, 0.45, -0.4];

/**
 * The paint of a label in the colour-blind-safe palette: seven colours, then shades of them, every round with a dash of its own.
 * @param {number} index place of the label in its project
 * @returns {Paint}
 */
export function safePaint(index) {
  const round = Math.floor(index / SAFE.length);
  const colour = SAFE[index % SAFE.length] ?? "#ffffff";
  return { colour: shade(colour, SHADES[round % SHADES.length] ?? 0), dash: DASHES[round % DASHES.length] ?? [], hatching: (index + round) % (HATCHINGS + 1) };
}

/** @param {string} colour `#rrggbb` @param {number} share towards white, or below 0 towards black */
function shade(colour, share) {
  const goal = share > 0 ? 255 : 0;
  const channels = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
  return `#${channels.map((value) => Math.round(value + (goal - value) * Math.abs(share)).toString(16).padStart(2, "0")).join("")}`;
}
