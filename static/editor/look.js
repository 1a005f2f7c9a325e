// @ts-check
import { NEUTRAL, toAdjust } from "./adjust.js";
/** @import { Adjust } from "./adjust.js" */
/** @import { Preferences, Values } from "./preferences.js" */
/** @import { Session } from "./session.js" */

/**
 * How regions are shown: `text` is the size of names, `outline` a width in screen pixels, `opacity` that of outlines, `fill` that of areas.
 * @typedef {Readonly<{
 *   palette: Values["palette"], text: Values["text_size"], outline: number, opacity: number, fill: number, minimap: boolean, grid: boolean,
 * }>} Look
 */

/** @type {Look} */
export const LOOK = Object.freeze({ palette: "project", text: "medium", outline: 2, opacity: 1, fill: 0.12, minimap: true, grid: true });

/** Font sizes in screen pixels, whatever the zoom; 0 writes no names. */
export const TEXT_SIZES = { none: 0, small: 11, medium: 12, large: 15 };

/** Projects whose adjustments are kept. */
const PROJECTS = 40;

/** @param {Preferences} preferences @returns {Look} */
function lookOf(preferences) {
  const layout = preferences.get("layout") ?? {};
  return Object.freeze({
    palette: preferences.get("palette") ?? LOOK.palette,
    text: preferences.get("text_size") ?? LOOK.text,
    outline: preferences.get("outline") ?? LOOK.outline,
    opacity: preferences.get("opacity") ?? LOOK.opacity,
    fill: preferences.get("fill") ?? LOOK.fill,
    minimap: layout["minimap"] !== false,
    grid: layout["grid"] !== false,
  });
}

/**
 * Begins with the look and the adjustments that the person left, and keeps what they change: the look everywhere, adjustments by project.
 * @param {Session} session
 * @param {Preferences} preferences
 * @param {string} project its code
 */
export function keepLook(session, preferences, project) {
  session.update({ look: lookOf(preferences), adjust: toAdjust(preferences.get("adjust")?.[project]) });
  session.changed.on((fields) => {
    if (fields.has("adjust")) keepAdjust(preferences, project, session.state.adjust);
    if (fields.has("look")) storeLook(preferences, session.state.look);
  });
}

/** @param {Preferences} preferences @param {string} project @param {Adjust} adjust */
function keepAdjust(preferences, project, adjust) {
  const { [project]: _, ...others } = preferences.get("adjust") ?? {};
  const kept = Object.fromEntries(Object.entries(others).slice(-PROJECTS));
  const all = adjust === NEUTRAL ? kept : { ...kept, [project]: adjust };
  preferences.set("adjust", Object.keys(all).length > 0 ? all : undefined);
}

/** @param {Preferences} preferences @param {Look} look */
function storeLook(preferences, look) {
  const { minimap, grid, ...layout } = preferences.get("layout") ?? {};
  const wanted = /** @type {const} */ ([["palette", look.palette, LOOK.palette], ["text_size", look.text, LOOK.text], ["outline", look.outline, LOOK.outline], ["opacity", look.opacity, LOOK.opacity], ["fill", look.fill, LOOK.fill]]);
  for (const [key, value, usual] of wanted) {
    const kept = value === usual ? undefined : value;
    if (preferences.get(key) !== kept) preferences.set(key, kept);
  }
  if (!look.minimap) layout["minimap"] = false;
  if (!look.grid) layout["grid"] = false;
  if ((minimap !== false) !== look.minimap || (grid !== false) !== look.grid) preferences.set("layout", layout);
}
