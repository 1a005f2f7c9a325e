// @ts-check
import { restack } from "../depths.js";
import { previousRegions } from "../previous.js";
import { toggleHidden, toggleLocked, toggleSolo, withLabel } from "../sight.js";
import { free, insert } from "./regions.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */

const isSelected = (/** @type {Editor} */ editor) => editor.selected().length > 0;
const mayMove = (/** @type {Editor} */ editor) => editor.editable && free(editor).length > 0;
const regions = (/** @type {number} */ count) => (count === 1 ? "Region" : `${count} regions`);

/** @param {"front" | "forward" | "backward" | "back"} way @param {string} title @param {string} key @returns {Command<Editor>} */
function stacking(way, title, key) {
  const end = way === "front" || way === "forward" ? "Nothing lies above it." : "Nothing lies below it.";
  const run = (/** @type {Editor} */ editor) => editor.say(restack(editor.scene, free(editor), way) ? `${title}.` : end);
  return { id: `region.${way}`, title, group: "Region", keys: [key], repeat: true, when: mayMove, run };
}

/** Regions with a label of the selection. @param {Editor} editor */
function alike(editor) {
  const labels = new Set(editor.selected().map((id) => editor.scene.shape(id)?.label));
  return [...labels].flatMap((label) => (label ? withLabel(editor.scene, label) : []));
}

/** @param {(editor: Editor) => string[]} which @param {(editor: Editor, ids: string[]) => boolean} act @param {string} yes @param {string} no */
function sight(which, act, yes, no) {
  return (/** @type {Editor} */ editor) => {
    const ids = which(editor);
    editor.say(act(editor, ids) ? `${regions(ids.length)} ${yes}` : `${regions(ids.length)} ${no}`);
  };
}

/** @param {Editor} editor */
async function copyFromPrevious(editor) {
  const { entry } = editor;
  try {
    const shapes = await previousRegions(editor);
    if (editor.entry !== entry || !editor.editable) return;
    if (!shapes) return editor.say("There is no image before this one.");
    if (shapes.length === 0) return editor.say("The image before this one has no regions.");
    insert(editor, shapes, 0);
    editor.say(`${regions(shapes.length)} copied from the image before.`);
  } catch (error) {
    editor.ui.say(/** @type {Error} */ (error).message, true);
  }
}

const LOCKED = /** @type {const} */ ([toggleLocked, "locked.", "unlocked."]);
const HIDDEN = /** @type {const} */ ([toggleHidden, "hidden. They are submitted all the same. Shift+H shows them.", "shown."]);
const ALONE = /** @type {const} */ ([toggleSolo, "shown alone. The others are submitted all the same.", "shown among the others."]);

/** Order, sight and locks of regions. @type {readonly Command<Editor>[]} */
export const ARRANGE_COMMANDS = [
  stacking("forward", "Bring forward", "Alt+]"),
  stacking("backward", "Send backward", "Alt+["),
  stacking("front", "Bring to the front", "Alt+PageUp"),
  stacking("back", "Send to the back", "Alt+PageDown"),
  { id: "region.solo", title: "Show the selection alone", group: "Region", keys: ["Shift+S"], when: isSelected, run: sight((editor) => editor.selected(), ...ALONE) },
  { id: "label.solo", title: "Show the selection's label alone", group: "Region", keys: ["Alt+S"], when: isSelected, run: sight(alike, ...ALONE) },
  { id: "label.hide", title: "Hide the selection's label", group: "Region", keys: ["Alt+H"], when: isSelected, run: sight(alike, ...HIDDEN) },
  { id: "region.lock-selected", title: "Lock or unlock the selection", group: "Region", keys: ["Shift+L"], when: isSelected, run: sight((editor) => editor.selected(), ...LOCKED) },
  { id: "label.lock", title: "Lock or unlock the selection's label", group: "Region", keys: ["Alt+L"], when: isSelected, run: sight(alike, ...LOCKED) },
  { id: "region.copy-previous", title: "Copy regions from the image before", group: "Edit", keys: ["Ctrl+Shift+V"], when: (editor) => editor.editable, run: (editor) => void copyFromPrevious(editor) },
];
