// @ts-check
import * as edits from "../edits.js";
import { kindOf } from "../shapes/index.js";
import { toggleHidden } from "../sight.js";
import { toImageStep } from "../viewport.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */
/** @import { Shape } from "../types.js" */

const ARROWS = /** @type {const} */ ([["ArrowLeft", "left", -1, 0], ["ArrowRight", "right", 1, 0], ["ArrowUp", "up", 0, -1], ["ArrowDown", "down", 0, 1]]);

const hasSelection = (/** @type {Editor} */ editor) => editor.editable && editor.selected().length > 0;
const hasRegions = (/** @type {Editor} */ editor) => editor.editable && editor.scene.shapes().length > 0;
const canUndo = (/** @type {Editor} */ editor) => editor.editable && (editor.scene.history.canUndo || editor.machine.busy);

/** The selected regions that are not locked. @param {Editor} editor */
export function free(editor) {
  return editor.selected().filter((id) => !editor.session.isLocked(id));
}

/** @param {Editor} editor @returns {Shape[]} */
function selectedShapes(editor) {
  return editor.selected().map((id) => editor.scene.shape(id)).filter((shape) => shape !== undefined);
}

/** @param {Editor} editor @param {readonly string[]} ids */
function remove(editor, ids) {
  editor.machine.cancel();
  const locked = editor.selected().length - free(editor).length;
  edits.remove(editor.scene, ids);
  editor.session.select(editor.selected());
  if (ids.length > 0) editor.say(ids.length === 1 ? "Region deleted." : `${ids.length} regions deleted. Ctrl+Z brings them back.`);
  else if (locked > 0) editor.say("Locked regions cannot be deleted. Press L to unlock them.");
}

/** @param {Editor} editor @param {-1 | 1} direction */
function neighbour(editor, direction) {
  const shapes = editor.scene.shapes().filter((shape) => !editor.session.state.hidden.has(shape.id));
  if (shapes.length === 0) return;
  const last = editor.selected().at(-1);
  const place = shapes.findIndex((shape) => shape.id === last);
  const next = shapes[place < 0 ? (direction > 0 ? 0 : shapes.length - 1) : (place + direction + shapes.length) % shapes.length];
  if (!next) return;
  editor.machine.switch("select");
  editor.session.select([next.id]);
  editor.say(`${editor.labels.name(next.label)}, ${kindOf(next).measure(next)}`);
}

/** @param {Editor} editor */
function copy(editor) {
  const shapes = selectedShapes(editor);
  editor.session.update({ clipboard: shapes, clipboardFrom: editor.entry?.task.code ?? "" });
  editor.say(shapes.length === 1 ? "Region copied." : `${shapes.length} regions copied.`);
}

/**
 * Puts copies of regions into the open image and selects them.
 * @param {Editor} editor
 * @param {readonly Shape[]} shapes
 * @param {number} offset image pixels
 */
export function insert(editor, shapes, offset) {
  editor.machine.cancel();
  const fresh = edits.copies(editor.scene, shapes, { x: offset, y: offset });
  edits.add(editor.scene, fresh);
  editor.machine.switch("select");
  editor.session.select(fresh.map((shape) => shape.id));
  if (fresh.length < shapes.length) editor.say("Some regions do not fit into this image.");
}

/** @param {Editor} editor */
function paste(editor) {
  const { clipboard, clipboardFrom } = editor.session.state;
  const here = clipboardFrom === editor.entry?.task.code;
  insert(editor, clipboard, here ? 10 : 0);
  editor.session.update({ clipboard: selectedShapes(editor), clipboardFrom: editor.entry?.task.code ?? "" });
}

/** @param {Editor} editor */
function toggleCrowd(editor) {
  const boxes = selectedShapes(editor).filter((shape) => shape.shape === "box");
  const crowd = !boxes.every((box) => box.crowd);
  edits.change(editor.scene, boxes.map((box) => box.id), (shape) => (shape.shape === "box" ? { ...shape, crowd } : shape));
  editor.say(crowd ? "Marked as a crowd." : "No longer a crowd.");
}

/** @param {Editor} editor */
function hide(editor) {
  const ids = editor.selected();
  toggleHidden(editor, ids);
  editor.say(`${ids.length === 1 ? "Region" : `${ids.length} regions`} hidden, and submitted all the same. Shift+H shows what is hidden.`);
}

/** @param {Editor} editor */
function showAll(editor) {
  editor.session.update({ hidden: new Set() });
  editor.say("All regions are shown.");
}

/** Moves the selection as the screen has it, however the view is turned. @param {Editor} editor @param {number} x @param {number} y */
function nudge(editor, x, y) {
  edits.nudge(editor.scene, free(editor), toImageStep(editor.viewport.view, { x, y }));
}

/** Grows or shrinks the side that is seen across or down. @param {Editor} editor @param {number} x @param {number} y */
function resize(editor, x, y) {
  const lying = editor.viewport.view.turn % 2 === 1;
  edits.resize(editor.scene, free(editor), lying ? { x: y, y: x } : { x, y });
}

/** @returns {Command<Editor>[]} */
function nudges() {
  return ARROWS.flatMap(([key, way, x, y]) => [1, 10].flatMap((far) => {
    const [shift, suffix] = far === 1 ? ["", ""] : ["Shift+", "-10"];
    const size = `${x + y > 0 ? "Grow" : "Shrink"} ${x ? "width" : "height"}`;
    return [
      { id: `nudge.${way}${suffix}`, title: `Move ${way} by ${far} px`, group: "Position", keys: [`${shift}${key}`], repeat: true, when: hasSelection, run: (/** @type {Editor} */ editor) => nudge(editor, far * x, far * y) },
      { id: `resize.${way}${suffix}`, title: `${size} by ${far} px`, group: "Position", keys: [`Ctrl+${shift}${key}`], repeat: true, when: hasSelection, run: (/** @type {Editor} */ editor) => resize(editor, far * x, far * y) },
    ];
  }));
}

/** @type {readonly Command<Editor>[]} */
export const REGION_COMMANDS = [
  { id: "undo", title: "Undo", group: "Edit", keys: ["Ctrl+Z"], repeat: true, when: canUndo, run: (editor) => (editor.machine.busy ? editor.machine.cancel() : editor.scene.history.undo()) },
  { id: "redo", title: "Redo", group: "Edit", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], repeat: true, when: (editor) => editor.editable && editor.scene.history.canRedo, run: (editor) => editor.scene.history.redo() },
  { id: "region.delete", title: "Delete", group: "Edit", keys: ["Delete", "Backspace", "X"], when: hasSelection, run: (editor) => remove(editor, free(editor)) },
  { id: "region.delete-all", title: "Delete all regions", group: "Edit", keys: ["Shift+Delete", "Shift+X"], when: hasRegions, run: (editor) => remove(editor, editor.scene.shapes().map((shape) => shape.id).filter((id) => !editor.session.isLocked(id))) },
  { id: "region.all", title: "Select all", group: "Edit", keys: ["Ctrl+A"], when: (editor) => editor.entry !== null, run: (editor) => editor.session.select(editor.scene.shapes().map((shape) => shape.id)) },
  { id: "region.copy", title: "Copy", group: "Edit", keys: ["Ctrl+C"], when: (editor) => editor.selected().length > 0, run: copy },
  { id: "region.paste", title: "Paste, also into the next image", group: "Edit", keys: ["Ctrl+V"], when: (editor) => editor.editable && editor.session.state.clipboard.length > 0, run: paste },
  { id: "region.duplicate", title: "Duplicate", group: "Edit", keys: ["Ctrl+D"], when: hasSelection, run: (editor) => insert(editor, selectedShapes(editor), 10) },
  { id: "region.crowd", title: "Crowd: one box around many", group: "Region", keys: ["O"], when: (editor) => hasSelection(editor) && selectedShapes(editor).some((shape) => shape.shape === "box"), run: toggleCrowd },
  { id: "region.note", title: "Write a note", group: "Region", keys: ["E"], when: hasSelection, run: (editor) => editor.ui.focusRegion(editor.selected()[0] ?? "", "note") },
  { id: "region.hide", title: "Hide", group: "Region", keys: ["H"], when: (editor) => editor.selected().length > 0, run: hide },
  { id: "region.show-all", title: "Show all hidden regions", group: "Region", keys: ["Shift+H"], when: (editor) => editor.session.state.hidden.size > 0, run: showAll },
  { id: "region.next", title: "Next region", group: "Region", keys: ["J"], repeat: true, when: (editor) => editor.entry !== null, run: (editor) => neighbour(editor, 1) },
  { id: "region.previous", title: "Previous region", group: "Region", keys: ["K"], repeat: true, when: (editor) => editor.entry !== null, run: (editor) => neighbour(editor, -1) },
  ...nudges(),
];
