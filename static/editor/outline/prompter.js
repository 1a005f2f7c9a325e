// @ts-check
import { Excerpt } from "./excerpt.js";
/** @import { Bench } from "../tools/tool.js" */
/** @import { Box, Point, Rings } from "../types.js" */

/**
 * What a person shows to have something outlined: a box around it, points on it and points beside it. Image pixels.
 * @typedef {Readonly<{box: Box, inside: readonly Point[], outside: readonly Point[]}>} Prompt
 *
 * What answers a prompt: rings to be filled by the even-odd rule, in image pixels; none where nothing was found. It stops when
 * the signal says so. A model behind the server fits here as well as a computation in the browser.
 * @typedef {{ask: (prompt: Prompt, signal: AbortSignal) => Promise<Rings>}} Prompter
 */

/** Surroundings that are looked at on each side, as a part of the box's longer side, and at least so many pixels. */
const MARGIN = 0.25;
const LEAST = 8;
/** Pixels of the copy the worker gets. */
const MOST = 4_000_000;

/** Outlines by colour, in a worker. @param {Bench} bench @returns {Prompter} */
export function colourPrompter(bench) {
  return {
    async ask({ box, inside, outside }, signal) {
      const read = bench.pixels?.();
      if (!read || !bench.outlines) throw new Error("The picture is not there yet.");
      const margin = Math.max(LEAST, MARGIN * Math.max(box.width, box.height));
      const area = { x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: box.height + 2 * margin };
      const excerpt = new Excerpt(area, bench.scene.size, MOST);
      const corner = excerpt.into(box);
      const request = {
        kind: /** @type {const} */ ("box"), pixels: excerpt.copy(read),
        box: { ...corner, width: box.width / excerpt.factor, height: box.height / excerpt.factor },
        inside: inside.map((point) => excerpt.into(point)), outside: outside.map((point) => excerpt.into(point)),
      };
      return excerpt.ringsOutOf(await bench.outlines.ask(request, signal));
    },
  };
}
