// @ts-check
import * as edits from "../edits.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */

/** Tools that grow the selected mask where a label may have several. */
const MASK_TOOLS = new Set(["brush", "fill-rectangle", "fill-polygon", "bucket", "wand"]);

const isEditable = (/** @type {Editor} */ editor) => editor.editable;

/**
 * Chooses a label for what is drawn next; with the select tool, the selected regions take it as well.
 * @param {Editor} editor
 * @param {string} label
 * @param {boolean} [always] relabels the selection whatever the tool
 */
export function chooseLabel(editor, label, always = false) {
  editor.session.update({ label });
  if (!editor.scene.oneMaskPerLabel && MASK_TOOLS.has(editor.session.state.tool)) editor.session.select([]); // paints a new one
  const ids = editor.selected().filter((id) => !editor.session.isLocked(id));
  const relabels = editor.editable && ids.length > 0 && (always || editor.session.state.tool === "select");
  if (relabels) edits.relabel(editor.scene, ids, label);
  const who = relabels ? (ids.length === 1 ? "Region" : `${ids.length} regions`) : "Next regions";
  editor.say(`${who}: ${editor.labels.name(label)}`);
}

/** @param {string} key @returns {Command<Editor>} */
function labelKey(key) {
  return {
    id: `label.${key}`, title: `Label ${key}`, group: "Labels", keys: [key],
    when: (editor) => isEditable(editor) && editor.labels.byKey(key) !== undefined,
    run: (editor) => chooseLabel(editor, editor.labels.byKey(key)?.code ?? ""),
  };
}

/** @param {Editor} editor */
function nothingHere(editor) {
  if (editor.scene.shapes().length > 0) {
    editor.ui.say("There are regions on this image. Delete them first (Shift+Delete).", true);
    return;
  }
  edits.toggleEmpty(editor.scene);
  editor.say(editor.scene.image.empty ? "Marked as having nothing to label." : "No longer marked as empty.");
}

/** @param {Editor} editor */
function submit(editor) {
  if (editor.machine.justClosed) editor.ui.say("The outline is closed already. Press Enter again to submit.", true);
  else editor.submit();
}

/** @type {readonly Command<Editor>[]} */
export const PAGE_COMMANDS = [
  ...["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(labelKey),
  { id: "label.search", title: "Search labels", group: "Labels", keys: ["/", "0"], run: (editor) => editor.ui.searchLabels() },
  { id: "label.change", title: "Change the label of the selection", group: "Labels", keys: ["C"], when: (editor) => isEditable(editor) && editor.selected().length > 0, run: (editor) => editor.ui.searchLabels(true) },
  { id: "page.empty", title: "Nothing here", group: "Image", keys: ["N"], when: isEditable, run: nothingHere },
  { id: "page.submit", title: "Submit", group: "Image", keys: ["Enter", "Ctrl+Enter"], when: isEditable, run: submit },
  { id: "page.reopen", title: "Change a submitted answer", group: "Image", keys: ["Enter"], when: (editor) => editor.reopenable, run: (editor) => void editor.reopen() },
  { id: "page.skip", title: "Skip with a reason", group: "Image", keys: ["S"], when: isEditable, run: (editor) => editor.ui.open("skip") },
  { id: "page.next", title: "Next image", group: "Image", keys: [".", "PageDown"], run: (editor) => editor.step(1) },
  { id: "page.previous", title: "Previous image", group: "Image", keys: [",", "PageUp"], run: (editor) => editor.step(-1) },
  { id: "page.instructions", title: "Instructions", group: "Help", keys: ["I"], run: (editor) => editor.ui.togglePanel("notes") },
  { id: "page.help", title: "Keyboard shortcuts", group: "Help", keys: ["?"], run: (editor) => editor.ui.open("help") },
  { id: "page.leave", title: "Leave", group: "Help", keys: ["Ctrl+Shift+L"], run: (editor) => editor.ui.leave() },
];
