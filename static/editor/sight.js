// @ts-check
/** @import { Scene } from "./scene.js" */
/** @import { Session } from "./session.js" */

/** @typedef {{scene: Scene, session: Session}} Place */

/** Ids of the regions with a label. @param {Scene} scene @param {string} label */
export function withLabel(scene, label) {
  return scene.shapes().filter((shape) => shape.label === label).map((shape) => shape.id);
}

/** Ids of regions that are there and not shown. @param {Place} place */
export function hiddenRegions({ scene, session }) {
  return [...session.state.hidden].filter((id) => scene.shape(id));
}

/** Hides regions, or shows them if all of them are hidden. @param {Place} place @param {readonly string[]} ids @returns {boolean} whether they are hidden now */
export function toggleHidden({ session }, ids) {
  const { hidden, selection } = session.state;
  const shown = ids.every((id) => hidden.has(id));
  const next = toggled(hidden, ids, !shown);
  session.update({ hidden: next, selection: shown ? selection : new Set([...selection].filter((id) => !next.has(id))) });
  return !shown;
}

/** Shows some regions alone, or everything if they are alone already. @param {Place} place @param {readonly string[]} ids @returns {boolean} whether they are alone now */
export function toggleSolo({ scene, session }, ids) {
  const wanted = new Set(ids);
  const others = scene.shapes().map((shape) => shape.id).filter((id) => !wanted.has(id));
  const { hidden } = session.state;
  const alone = others.length > 0 && others.every((id) => hidden.has(id)) && !ids.some((id) => hidden.has(id));
  session.update({ hidden: new Set(alone ? [] : others) });
  return !alone;
}

/** Locks regions, or unlocks them if all of them are locked. @param {Place} place @param {readonly string[]} ids @returns {boolean} whether they are locked now */
export function toggleLocked({ session }, ids) {
  const open = ids.every((id) => session.isLocked(id));
  const locked = toggled(session.state.locked ?? new Set(), ids, !open);
  session.update({ locked: locked.size > 0 ? locked : null });
  return !open;
}

/** @param {ReadonlySet<string>} old @param {readonly string[]} ids @param {boolean} inside */
function toggled(old, ids, inside) {
  const next = new Set(old);
  for (const id of ids) {
    if (inside) next.add(id);
    else next.delete(id);
  }
  return next;
}
