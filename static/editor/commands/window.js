// @ts-check
import { firstWindow, isDicom, presetOf, presetsOf } from "../windowing.js";
/** @import { Command } from "../keymap.js" */
/** @import { Looker } from "../types.js" */
/** @import { Range } from "../windowing.js" */

const hasDicom = (/** @type {Looker} */ editor) => editor.entry !== null && isDicom(editor.entry.task.image);

/** Says why there is no window to change. @param {Looker} editor */
function refuse(editor) {
  const grey = Boolean(editor.entry?.task.image.values_url);
  editor.ui.say(grey ? "The picture is not there yet." : "This DICOM image is in colour: it has no window and level. Brightness and contrast are under V.", true);
}

/** A command of the window, where there is one. @param {(editor: Looker) => void} run @returns {Pick<Command<Looker>, "when" | "run">} */
function ofWindow(run) {
  return { when: hasDicom, run: (editor) => (editor.session.state.windowing ? run(editor) : refuse(editor)) };
}

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

/** Grey DICOM images alone have a window. @type {readonly Command<Looker>[]} */
export const WINDOW_COMMANDS = [
  { id: "tool.window", title: "Window and level of DICOM", group: "View", keys: ["Alt+W"], ...ofWindow((editor) => editor.machine.switch("window")) },
  { id: "window.next", title: "Next window preset", group: "View", keys: ["Alt+Shift+W"], ...ofWindow(nextPreset) },
  { id: "window.facts", title: "Facts about the DICOM image", group: "View", keys: ["Alt+D"], when: hasDicom, run: (editor) => editor.ui.togglePanel("dicom") },
  { id: "window.reset", title: "Window of the file", group: "View", keys: ["Alt+0"], ...ofWindow(resetWindow) },
];
