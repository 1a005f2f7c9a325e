// @ts-check
import { edgeMap, onEdge } from "./edges.js";
import { outlineInBox } from "./find.js";
import { LiveWire } from "./livewire.js";
/** @import { EdgeMap } from "./edges.js" */
/** @import { Answer, Request } from "./client.js" */

/** How long the work goes on before messages are read, in milliseconds. */
const SLICE = 12;

/** The picture of the moment and the wire from its last seed. @type {{edges: EdgeMap, wire: LiveWire | null, seed: string} | null} */
let traced = null;
/** @type {Set<number>} */
const cancelled = new Set();
/** Work is done in the order it was asked for. @type {Promise<void>} */
let last = Promise.resolve();

/** @param {Request} request @returns {Generator<void, Answer["result"]>} */
function* work(request) {
  if (request.kind === "box") return yield* outlineInBox(request.pixels, request.box, request);
  if (request.kind === "picture") {
    traced = { edges: edgeMap(request.pixels), wire: null, seed: "" };
    return [];
  }
  if (!traced) throw new Error("No picture was given to trace in.");
  if (request.kind === "edge") return [[onEdge(traced.edges, request.at, request.reach)]];
  const seed = String(request.from);
  if (!traced.wire || traced.seed !== seed) {
    traced.wire = new LiveWire(traced.edges, ...request.from);
    traced.seed = seed;
  }
  return [yield* traced.wire.path(...onEdge(traced.edges, request.to, request.reach))];
}

/** @param {number} id @param {Request} request */
async function answer(id, request) {
  try {
    const steps = work(request);
    let pause = performance.now() + SLICE;
    let step = steps.next();
    while (!step.done && !cancelled.has(id)) {
      if (performance.now() > pause) {
        await new Promise((resolve) => setTimeout(resolve));
        pause = performance.now() + SLICE;
      }
      step = steps.next();
    }
    if (step.done && !cancelled.has(id)) postMessage({ id, result: step.value });
  } catch (error) {
    postMessage({ id, error: String(error) });
  } finally {
    cancelled.delete(id);
  }
}

addEventListener("message", ({ data }) => {
  if ("cancel" in data) cancelled.add(data.cancel);
  else last = last.then(() => answer(data.id, data.request));
});
