// @ts-check
import { COMMENT_COMMANDS } from "../../editor/commands/comments.js";
import { PICTURE_COMMANDS } from "../../editor/commands/view.js";
import { WINDOW_COMMANDS } from "../../editor/commands/window.js";
import { choose, confirmAll, confirmHere, declareEmpty } from "./labelling.js";
/** @import { Classifier } from "./classifier.js" */
/** @import { Command } from "../../editor/keymap.js" */
/** @import { Looker } from "../../editor/types.js" */

const ARROWS = /** @type {const} */ ([["ArrowLeft", "left", -1, 0], ["ArrowRight", "right", 1, 0], ["ArrowUp", "up", 0, -1], ["ArrowDown", "down", 0, 1]]);
const SIZES = /** @type {const} */ ([1, 4, 6, 9]);
/** What adjusts the pictures of a grid, too. */
const EVERYWHERE = ["view.panel", "view.invert", "view.plain"];

const hasPage = (/** @type {Classifier} */ page) => page.able().length > 0;
const hasSuggestions = (/** @type {Classifier} */ page) => page.sheet.suggested(page.able()).length > 0;

/** @param {string} key @returns {Command<Classifier>} */
function labelKey(key) {
  return {
    id: `label.${key}`, title: `Label ${key}`, group: "Labels", keys: [key],
    when: (page) => hasPage(page) && page.labels.byKey(key) !== undefined,
    run: (page) => choose(page, page.labels.byKey(key)?.code ?? ""),
  };
}

/** @param {Classifier} page */
function toggleFocused(page) {
  const { focus } = page.sheet;
  if (focus && page.able().includes(focus)) page.sheet.toggle(focus);
}

/** @param {Classifier} page */
function clearLabels(page) {
  for (const id of page.chosen()) {
    if (page.sheet.answer(id).empty) page.sheet.declareEmpty([id]);
    for (const label of page.sheet.answer(id).labels) page.sheet.remove(id, label);
  }
}

/** Esc takes back one thing at a time: a gesture, the tool, the selection. @param {Classifier} page */
function escape(page) {
  const { machine, session } = page.viewer;
  if (machine.cancel()) return;
  if (session.state.tool !== "select") machine.switch("select");
  else page.sheet.clearSelection();
}

/** @param {Classifier} page @param {number} x @param {number} y @param {boolean} extend */
function go(page, x, y, extend) {
  page.sheet.move(x, y, page.ui.columns(), extend);
  page.ui.focusStage();
}

/** @param {Classifier} page @param {"letters" | "advance"} habit @param {boolean} on @param {string} yes @param {string} no */
function keep(page, habit, on, yes, no) {
  page.keepHabit({ [habit]: on });
  page.ui.say(on ? yes : no);
}

/** Begins a comment: on a point of the large view, or on the image. @param {Classifier} page */
function comment(page) {
  if (page.large) COMMENT_COMMANDS[0]?.run(page.viewer);
  else page.viewer.session.update({ pin: { x: null, y: null, region: "" } });
}

/** A command of the large view. @param {Command<Looker>} command @returns {Command<Classifier>} */
function large({ when, run, ...command }) {
  const anywhere = EVERYWHERE.includes(command.id);
  return { ...command, when: (page) => (anywhere || page.large) && (when?.(page.viewer) ?? true), run: (page) => run(page.viewer) };
}

/** Every action of the classification page. @type {readonly Command<Classifier>[]} */
export const COMMANDS = [
  ...["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(labelKey),
  { id: "label.search", title: "Search labels", group: "Labels", keys: ["/", "0"], run: (page) => page.ui.searchLabels() },
  { id: "label.letters", title: "Letters search labels, commands take Shift", group: "Labels", keys: ["Alt+L"], run: (page) => keep(page, "letters", page.habits["letters"] !== true, "Type a label's first letters. Letter commands take Shift.", "Letters are commands again.") },
  { id: "label.repeat", title: "The label used last", group: "Labels", keys: ["R"], when: (page) => hasPage(page) && page.recents.order.length > 0, run: (page) => choose(page, page.recents.order[0] ?? "") },
  { id: "label.none", title: "None of these labels", group: "Labels", keys: ["N"], when: (page) => hasPage(page) && page.sheet.mode === "multilabel", run: declareEmpty },
  { id: "label.clear", title: "Take all labels off", group: "Labels", keys: ["Delete", "Backspace"], when: hasPage, run: clearLabels },
  { id: "label.confirm-one", title: "Confirm this suggestion, go to the next", group: "Suggestions", keys: ["Y"], when: (page) => page.sheet.suggested(page.chosen()).length > 0, run: confirmHere },
  { id: "label.confirm", title: "Confirm all suggestions", group: "Suggestions", keys: ["C"], when: hasSuggestions, run: confirmAll },
  { id: "label.confirm-submit", title: "Confirm all and submit", group: "Suggestions", keys: ["Shift+Enter"], when: hasSuggestions, run: (page) => { confirmAll(page); page.submit(); } },
  { id: "select.toggle", title: "Select the image in focus", group: "Selection", keys: ["Space"], when: hasPage, run: toggleFocused },
  { id: "select.all", title: "Select all, or none", group: "Selection", keys: ["A", "Ctrl+A"], when: hasPage, run: (page) => page.sheet.toggleAll(page.able()) },
  { id: "select.none", title: "Cancel, then deselect", group: "Selection", keys: ["Escape"], run: escape },
  ...ARROWS.flatMap(([key, way, x, y]) => /** @type {Command<Classifier>[]} */ ([
    { id: `focus.${way}`, title: `Focus ${way}`, group: "Selection", keys: [key], repeat: true, when: hasPage, run: (page) => go(page, x, y, false) },
    { id: `select.${way}`, title: `Select ${way}`, group: "Selection", keys: [`Shift+${key}`], repeat: true, when: hasPage, run: (page) => go(page, x, y, true) },
  ])),
  { id: "undo", title: "Undo", group: "Page", keys: ["Ctrl+Z"], repeat: true, when: (page) => page.sheet.history.canUndo, run: (page) => page.sheet.history.undo() },
  { id: "redo", title: "Redo", group: "Page", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], repeat: true, when: (page) => page.sheet.history.canRedo, run: (page) => page.sheet.history.redo() },
  { id: "page.next", title: "Next image", group: "Page", keys: [".", "PageDown"], repeat: true, when: (page) => page.entries.length > 1, run: (page) => go(page, 1, 0, false) },
  { id: "page.previous", title: "Previous image", group: "Page", keys: [",", "PageUp"], repeat: true, when: (page) => page.entries.length > 1, run: (page) => go(page, -1, 0, false) },
  { id: "page.submit", title: "Submit page", group: "Page", keys: ["Enter", "Ctrl+Enter"], when: hasPage, run: (page) => page.submit() },
  { id: "page.skip", title: "Skip with a reason", group: "Page", keys: ["S"], when: (page) => page.chosen().length > 0, run: (page) => page.ui.open("skip") },
  { id: "comment.new", title: "Comment on the image, or on a point of the large view", group: "Page", keys: ["Alt+C"], when: (page) => page.front !== null, run: comment },
  ...SIZES.map((size) => /** @type {Command<Classifier>} */ ({ id: `layout.${size}`, title: size === 1 ? "One image" : `${size} images`, group: "Layout", keys: [`Alt+${size}`], run: (page) => page.layOut(size) })),
  { id: "layout.film", title: "Large view with a filmstrip", group: "Layout", keys: ["Z"], run: (page) => page.layOut(page.layout === "film" ? page.desk.pager.size : "film") },
  { id: "layout.advance", title: "Go on to the next image after a label", group: "Layout", keys: ["Alt+N"], run: (page) => keep(page, "advance", page.habits["advance"] === false, "Goes on to the next image after a label.", "Stays on the image after a label.") },
  { id: "panel.right", title: "Show or hide labels and comments", group: "Layout", keys: ["Ctrl+]"], run: (page) => page.ui.togglePanel("right") },
  ...[...PICTURE_COMMANDS, ...WINDOW_COMMANDS].map(large),
  { id: "page.instructions", title: "Instructions", group: "Help", keys: ["I"], run: (page) => page.ui.togglePanel("notes") },
  { id: "page.help", title: "Keyboard shortcuts", group: "Help", keys: ["?"], run: (page) => page.ui.open("help") },
  { id: "page.leave", title: "Leave", group: "Help", keys: ["Ctrl+Shift+L"], run: (page) => page.ui.leave() },
];
