// @ts-check
import { firstWindow, presetOf, presetsOf } from "../windowing.js";
/** @import { Command } from "../keymap.js" */
/** @import { Looker } from "../types.js" */
/** @import { Range } from "../windowing.js" */

const isWindowed = (/** @type {Looker} */ editor) => editor.entry !== null && editor.session.state.windowing !== null;

const isDicom = (/** @type {Looker} */ editor) => Object.keys(editor.entry?.task.image.details ?? {}).length > 0;

/** @param {Looker} editor @param {Range | null} range */
export function chooseWindow(editor, range) {
  const { windowing } = editor.session.state;
  if (windowing) editor.session.update({ windowing: { ...windowing, range } });
}

/** @param {Looker} editor */
function nextPreset(editor) {
  const { windowing } = editor.session.state;
  if (!windowing) return;
  const presets = presetsOf(windowing.scale);
  const now = presetOf(windowing.scale, windowing.range);
  const next = presets[(presets.findIndex((preset) => preset.id === now?.id) + 1) % presets.length];
  if (!next) return;
  chooseWindow(editor, next.range);
  editor.say(`Window: ${next.title}`);
}

/** The window comes back to what the file says. @param {Looker} editor */
export function resetWindow(editor) {
  const { windowing } = editor.session.state;
  if (windowing) chooseWindow(editor, firstWindow(windowing.scale));
}

/** DICOM images alone have a window. @type {readonly Command<Looker>[]} */
export const WINDOW_COMMANDS = [
  { id: "tool.window", title: "Window and level of DICOM", group: "View", keys: ["Alt+W"], when: isWindowed, run: (editor) => editor.machine.switch("window") },
  { id: "window.next", title: "Next window preset", group: "View", keys: ["Alt+Shift+W"], when: isWindowed, run: nextPreset },
  { id: "window.facts", title: "Facts about the DICOM image", group: "View", keys: ["Alt+D"], when: isDicom, run: (editor) => editor.ui.togglePanel("dicom") },
  { id: "window.reset", title: "Window of the file", group: "View", keys: ["Alt+0"], when: isWindowed, run: resetWindow },
];
