// @ts-check
import { placeTemplate } from "../tools/template.js";
import { toImage } from "../viewport.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */

const isOpen = (/** @type {Editor} */ editor) => editor.entry !== null;
const drawsBoxes = (/** @type {Editor} */ editor) => editor.editable && editor.draws("box");
const isEditable = (/** @type {Editor} */ editor) => editor.editable;

/**
 * @param {string} name
 * @param {string} title
 * @param {string} key
 * @param {(editor: Editor) => boolean} when
 * @returns {Command<Editor>}
 */
function tool(name, title, key, when) {
  return { id: `tool.${name}`, title, group: "Tools", keys: [key], when, run: (editor) => editor.machine.switch(name) };
}

/** @param {Editor} editor */
function toggleLock(editor) {
  const { session, scene } = editor;
  const locked = session.state.locked ? null : new Set(scene.shapes().map((shape) => shape.id));
  session.update({ locked });
  editor.say(locked ? "Regions locked. New ones can still be changed." : "Regions unlocked.");
}

/** @param {Editor} editor */
function templateInMiddle(editor) {
  const { width, height } = editor.viewport.stage;
  placeTemplate(editor, toImage(editor.viewport.view, { x: width / 2, y: height / 2 }));
}

/**
 * Esc takes back one thing at a time: the gesture, chosen points, the selection, the tool.
 * @param {Editor} editor
 */
function escape(editor) {
  const { machine, session } = editor;
  const wasBusy = machine.busy;
  machine.cancel();
  if (wasBusy) return;
  if (session.state.corners) session.update({ corners: null });
  else if (session.state.selection.size > 0) session.select([]);
  else machine.switch("select");
}

/** @type {readonly Command<Editor>[]} */
export const TOOL_COMMANDS = [
  tool("select", "Select, move and reshape", "M", isEditable),
  tool("box", "Draw boxes", "R", drawsBoxes),
  tool("template", "Place template boxes", "T", drawsBoxes),
  tool("pan", "Move the view", "G", isOpen),
  { id: "tool.template-here", title: "Template box in the middle of the view", group: "Tools", keys: ["Shift+T"], when: drawsBoxes, run: templateInMiddle },
  { id: "region.lock", title: "Lock or unlock regions", group: "Tools", keys: ["L"], when: isEditable, run: toggleLock },
  { id: "cancel", title: "Cancel, then deselect", group: "Tools", keys: ["Escape"], run: escape },
];
