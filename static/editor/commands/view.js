// @ts-check
import { NEUTRAL, isNeutral, toAdjust } from "../adjust.js";
import { boundsOf } from "../geometry.js";
import { kindOf } from "../shapes/index.js";
import { UPRIGHT, mirrored, turned } from "../viewport.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */
/** @import { Way } from "../mapping.js" */
/** @import { Looker } from "../types.js" */

const ARROWS = /** @type {const} */ ([["ArrowLeft", "left", 1, 0], ["ArrowRight", "right", -1, 0], ["ArrowUp", "up", 0, 1], ["ArrowDown", "down", 0, -1]]);
/** Screen pixels that an arrow moves the view by. */
const STRIDE = 80;

const isOpen = (/** @type {Looker} */ editor) => editor.entry !== null;
const hasSelection = (/** @type {Editor} */ editor) => editor.selected().length > 0;

/** @param {Editor} editor */
function focusSelection(editor) {
  const shapes = editor.selected().map((id) => editor.scene.shape(id)).filter((shape) => shape !== undefined);
  const around = boundsOf(shapes.map((shape) => kindOf(shape).bounds(shape)));
  if (around) editor.viewport.focus(around);
}

/**
 * Turns or mirrors what is seen. Coordinates stay those of the stored image, so nothing has to be converted or saved.
 * @param {Looker} editor
 * @param {(way: Way) => Way} change
 */
function lay(editor, change) {
  editor.machine.cancel();
  editor.viewport.lay(change(editor.viewport.view));
  editor.say(wayWords(editor.viewport.view));
}

/** @param {Way} way */
export function wayWords({ turn, flip }) {
  const words = [turn ? `turned by ${turn * 90}°` : "", flip ? "mirrored" : ""].filter(Boolean).join(", ");
  return words ? `View ${words}` : "View upright";
}

/** @param {Looker} editor @param {"minimap" | "grid"} what @param {string} name */
function toggle({ session, ui }, what, name) {
  const look = Object.freeze({ ...session.state.look, [what]: !session.state.look[what] });
  session.update({ look });
  ui.say(`${name} ${look[what] ? "on" : "off"}.`);
}

/** Looking at the picture, whatever is drawn on it. @type {readonly Command<Looker>[]} */
export const PICTURE_COMMANDS = [
  { id: "view.fit", title: "Fit the image", group: "View", keys: ["F"], when: isOpen, run: (editor) => editor.viewport.fit() },
  { id: "view.actual", title: "Actual size (1:1)", group: "View", keys: ["Shift+F"], when: isOpen, run: (editor) => editor.viewport.actual() },
  { id: "view.in", title: "Zoom in", group: "View", keys: ["+", "="], repeat: true, when: isOpen, run: (editor) => editor.viewport.zoomMiddle(1.25) },
  { id: "view.out", title: "Zoom out", group: "View", keys: ["-"], repeat: true, when: isOpen, run: (editor) => editor.viewport.zoomMiddle(0.8) },
  { id: "view.turn", title: "Turn the view clockwise", group: "View", keys: ["Alt+R"], when: isOpen, run: (editor) => lay(editor, (way) => turned(way, 1)) },
  { id: "view.turn-back", title: "Turn the view anticlockwise", group: "View", keys: ["Alt+Shift+R"], when: isOpen, run: (editor) => lay(editor, (way) => turned(way, -1)) },
  { id: "view.mirror", title: "Mirror the view", group: "View", keys: ["Alt+F"], when: isOpen, run: (editor) => lay(editor, mirrored) },
  { id: "view.upright", title: "Set the view upright", group: "View", keys: ["Alt+Shift+F"], when: isOpen, run: (editor) => lay(editor, () => UPRIGHT) },
  { id: "view.panel", title: "Picture and colours", group: "View", keys: ["V"], run: (editor) => editor.ui.togglePanel("view") },
  { id: "view.invert", title: "Invert the picture", group: "View", keys: ["Alt+I"], run: ({ session }) => session.update({ adjust: toAdjust({ ...session.state.adjust, invert: !session.state.adjust.invert }) }) },
  { id: "view.plain", title: "Show the picture as it is", group: "View", keys: ["Alt+V"], when: ({ session }) => !isNeutral(session.state.adjust), run: ({ session }) => session.update({ adjust: NEUTRAL }) },
  { id: "view.minimap", title: "Show or hide the minimap", group: "View", keys: ["Alt+M"], run: (editor) => toggle(editor, "minimap", "Minimap") },
  { id: "view.grid", title: "Show or hide the pixel grid", group: "View", keys: ["Alt+G"], run: (editor) => toggle(editor, "grid", "Pixel grid") },
];

/** @type {readonly Command<Editor>[]} */
export const VIEW_COMMANDS = [
  ...PICTURE_COMMANDS,
  { id: "view.selection", title: "Zoom to the selection", group: "View", keys: ["Z"], when: hasSelection, run: focusSelection },
  ...ARROWS.map(([key, way, x, y]) => /** @type {Command<Editor>} */ ({
    id: `view.pan-${way}`, title: `Move the view ${way}, with nothing selected`, group: "View", keys: [key], repeat: true,
    when: (editor) => isOpen(editor) && !hasSelection(editor), run: (editor) => editor.viewport.pan({ x: x * STRIDE, y: y * STRIDE }),
  })),
  { id: "view.hand", title: "Move the view while held", group: "View", keys: ["Space"], hold: true, when: isOpen, run: (editor) => editor.machine.space(true) },
  { id: "panel.left", title: "Show or hide the tools", group: "View", keys: ["Ctrl+["], run: (editor) => editor.ui.togglePanel("left") },
  { id: "panel.right", title: "Show or hide labels and regions", group: "View", keys: ["Ctrl+]"], run: (editor) => editor.ui.togglePanel("right") },
];
