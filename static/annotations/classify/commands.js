// @ts-check
/** @import { Classifier } from "./classifier.js" */
/** @import { Command } from "../../editor/keymap.js" */

const ARROWS = /** @type {const} */ ([["ArrowLeft", "left", -1, 0], ["ArrowRight", "right", 1, 0], ["ArrowUp", "up", 0, -1], ["ArrowDown", "down", 0, 1]]);
const SIZES = /** @type {const} */ ([1, 4, 6, 9]);

const hasPage = (/** @type {Classifier} */ page) => page.able().length > 0;

/** @param {string} key @returns {Command<Classifier>} */
function labelKey(key) {
  return {
    id: `label.${key}`, title: `Label ${key}`, group: "Labels", keys: [key],
    when: (page) => hasPage(page) && page.labels.byKey(key) !== undefined,
    run: (page) => page.choose(page.labels.byKey(key)?.code ?? ""),
  };
}

/** @param {Classifier} page */
function toggleFocused(page) {
  const { focus } = page.sheet;
  if (focus && page.able().includes(focus)) page.sheet.toggle(focus);
}

/** @param {Classifier} page */
function clearLabels(page) {
  const able = new Set(page.able());
  const ids = page.skippable().filter((id) => able.has(id));
  for (const id of ids) {
    if (page.sheet.answer(id).empty) page.sheet.declareEmpty([id]);
    for (const label of page.sheet.answer(id).labels) page.sheet.remove(id, label);
  }
}

/** @param {Classifier} page */
function confirmAll(page) {
  const ids = page.sheet.suggested(page.able());
  page.sheet.confirm(ids);
  page.ui.say(ids.length === 1 ? "1 suggestion confirmed." : `${ids.length} suggestions confirmed.`);
}

/** Every action of the classification page. @type {readonly Command<Classifier>[]} */
export const COMMANDS = [
  ...["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(labelKey),
  { id: "label.search", title: "Search labels", group: "Labels", keys: ["/", "0"], run: (page) => page.ui.searchLabels() },
  { id: "label.none", title: "None of these labels", group: "Labels", keys: ["N"], when: (page) => hasPage(page) && page.sheet.mode === "multilabel", run: (page) => page.declareEmpty() },
  { id: "label.confirm", title: "Confirm all suggestions", group: "Labels", keys: ["C"], when: (page) => page.sheet.suggested(page.able()).length > 0, run: confirmAll },
  { id: "label.clear", title: "Take all labels off", group: "Labels", keys: ["Delete", "Backspace"], when: hasPage, run: clearLabels },
  { id: "select.toggle", title: "Select the image in focus", group: "Selection", keys: ["Space"], when: hasPage, run: toggleFocused },
  { id: "select.all", title: "Select all, or none", group: "Selection", keys: ["A", "Ctrl+A"], when: hasPage, run: (page) => page.sheet.toggleAll(page.able()) },
  { id: "select.none", title: "Deselect", group: "Selection", keys: ["Escape"], run: (page) => page.sheet.clearSelection() },
  ...ARROWS.flatMap(([key, way, x, y]) => /** @type {Command<Classifier>[]} */ ([
    { id: `focus.${way}`, title: `Focus ${way}`, group: "Selection", keys: [key], repeat: true, when: hasPage, run: (page) => { page.sheet.move(x, y, page.ui.columns(), false); page.ui.focusTile(); } },
    { id: `select.${way}`, title: `Select ${way}`, group: "Selection", keys: [`Shift+${key}`], repeat: true, when: hasPage, run: (page) => { page.sheet.move(x, y, page.ui.columns(), true); page.ui.focusTile(); } },
  ])),
  { id: "undo", title: "Undo", group: "Page", keys: ["Ctrl+Z"], repeat: true, when: (page) => page.sheet.history.canUndo, run: (page) => page.sheet.history.undo() },
  { id: "redo", title: "Redo", group: "Page", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], repeat: true, when: (page) => page.sheet.history.canRedo, run: (page) => page.sheet.history.redo() },
  { id: "page.zoom", title: "Large view", group: "Page", keys: ["Z"], when: (page) => page.sheet.focus !== null, run: (page) => page.ui.zoom(page.sheet.focus ?? "") },
  { id: "page.submit", title: "Submit page", group: "Page", keys: ["Enter", "Ctrl+Enter"], when: hasPage, run: (page) => page.submit() },
  { id: "page.skip", title: "Skip with a reason", group: "Page", keys: ["S"], when: hasPage, run: (page) => page.ui.open("skip") },
  ...SIZES.map((size) => /** @type {Command<Classifier>} */ ({ id: `layout.${size}`, title: size === 1 ? "One image" : `${size} images`, group: "Layout", keys: [`Alt+${size}`], run: (page) => page.layOut(size) })),
  { id: "panel.right", title: "Show or hide labels", group: "Layout", keys: ["Ctrl+]"], run: (page) => page.ui.togglePanel("right") },
  { id: "page.instructions", title: "Instructions", group: "Help", keys: ["I"], run: (page) => page.ui.togglePanel("notes") },
  { id: "page.help", title: "Keyboard shortcuts", group: "Help", keys: ["?"], run: (page) => page.ui.open("help") },
  { id: "page.leave", title: "Leave", group: "Help", keys: ["Ctrl+Shift+L"], run: (page) => page.ui.leave() },
];
