// @ts-check
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */

const isEditable = (/** @type {Editor} */ editor) => editor.editable;
const traces = (/** @type {Editor} */ editor) => editor.editable && (editor.draws("polygon") || editor.draws("mask"));

/** @param {string} name @param {string} title @param {string} key @param {(editor: Editor) => boolean} when @returns {Command<Editor>} */
function tool(name, title, key, when) {
  return { id: `tool.${name}`, title, group: "Smart outlines", keys: [key], when, run: (editor) => editor.machine.switch(name) };
}

/** @type {readonly Command<Editor>[]} */
export const OUTLINE_COMMANDS = [
  tool("scissors", "Scissors: click along an edge, the outline follows it", "D", traces),
  tool("outline", "Outline the thing in a box", "Shift+D", isEditable),
];
