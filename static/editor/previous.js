// @ts-check
import { toItems } from "./documents.js";
/** @import { Editor } from "./editor.js" */
/** @import { Shape } from "./types.js" */

/**
 * The regions of the image that this labeller had before the one in front: on the strip, or, after a reload, in the server's history.
 * @param {Editor} editor
 * @returns {Promise<readonly Shape[] | null>} `null` if there is no such image
 */
export async function previousRegions(editor) {
  const strip = [...editor.desk.recent, ...editor.desk.pager.current];
  const here = editor.entry ? strip.indexOf(editor.entry) : -1;
  const before = strip.slice(0, Math.max(0, here)).findLast((entry) => !entry.skipped);
  const scene = before && editor.sceneOf(before);
  if (scene) return scene.shapes();
  const { results } = await editor.desk.history();
  const past = results.find((one) => one.document && one.task !== editor.entry?.task.code);
  if (!past?.document) return null;
  return /** @type {Shape[]} */ (toItems(past.document).filter((item) => item.shape !== "image"));
}
