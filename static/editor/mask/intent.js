// @ts-check
import { masksOf } from "./painting.js";
/** @import { Bench } from "../tools/tool.js" */
/** @import { Intent } from "./painting.js" */

/**
 * What paint would do now: it grows the mask of the label in hand, or with several masks per label the selected one or a new one.
 * Hidden and locked masks stay as they are. An eraser takes from the selected masks, or from all.
 * @param {Bench} bench
 * @param {boolean} erase
 * @returns {Intent | null} `null` where it may do nothing; the person has been told why
 */
export function intentOf({ scene, session, say }, erase) {
  const { selection, hidden, locked, label, paint } = session.state;
  const masks = masksOf(scene);
  const kept = new Set(masks.filter(({ id }) => hidden.has(id) || locked?.has(id)).map(({ id }) => id));
  const chosen = masks.filter(({ id }) => selection.has(id));
  const target = scene.oneMaskPerLabel ? masks.find((mask) => mask.label === label) : chosen.length === 1 ? chosen[0] : undefined;
  if (!erase && !label) return refuse(say, "Choose a label first.");
  if (!erase && target && kept.has(target.id)) {
    return refuse(say, hidden.has(target.id) ? "This mask is hidden. Press Shift+H to show it." : "This mask is locked. Press L to unlock it.");
  }
  const only = erase && chosen.length > 0 ? new Set(chosen.map(({ id }) => id)) : null;
  return { label, target: target?.id ?? null, erase, over: paint.over, kept, only };
}

/** @param {(message: string) => void} say @param {string} message */
function refuse(say, message) {
  say(message);
  return null;
}

/** Whether a press erases, whatever the tool: with the right button or Alt. @param {{button: number, mods: {alt: boolean}}} event */
export function erases(event) {
  return event.button === 2 || event.mods.alt;
}

/** Selects what was painted, where a stroke may make a region of its own. @param {Bench} bench @param {string} id */
export function selectPainted({ scene, session }, id) {
  if (!scene.oneMaskPerLabel && scene.shape(id)) session.select([id]);
}
