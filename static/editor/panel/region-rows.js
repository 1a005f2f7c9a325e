// @ts-check
import { kindOf } from "../shapes/index.js";
import { element, icon, setText, swatch } from "./dom.js";
/** @import { Labels } from "../labels.js" */
/** @import { Shape } from "../types.js" */

const ACTS = /** @type {const} */ ([["hide", "eye", "Hide"], ["lock", "lock-open", "Lock"], ["delete", "x", "Delete"]]);
const GROUP_ACTS = /** @type {const} */ ([["solo", "focus", "Show alone"], ["hide", "eye", "Hide"], ["lock", "lock-open", "Lock"]]);

/** @typedef {{hidden: boolean, locked: boolean, selected: boolean}} Look */

/** @param {string} id */
export function newRow(id) {
  return element("li", { class: "region-row", "data-id": id }, element("button", { type: "button", class: "region-main", "data-do": "select" }), ...acts(ACTS));
}

/** @param {string} label */
export function newGroup(label) {
  return element("li", { class: "region-row region-group", "data-group": label }, element("button", { type: "button", class: "region-main", "data-do": "select" }), ...acts(GROUP_ACTS));
}

/** @param {readonly (readonly [string, string, string])[]} list */
function acts(list) {
  return list.map(([what, name, title]) => element("button", { type: "button", class: "region-act", "data-do": what, title, "aria-label": title, tabindex: "-1" }, icon(name)));
}

/** @param {HTMLElement} row @param {Shape} shape @param {Labels} labels */
export function fillRow(row, shape, labels) {
  const marks = [];
  if (shape.shape === "box" && shape.crowd) marks.push(element("span", { class: "badge" }, "crowd"));
  if (shape.origin === "prelabel") marks.push(mark("sparkles", "suggested", "Suggested by a model"));
  if (shape.note) marks.push(mark("message-square", "has a note", shape.note));
  row.querySelector(".region-main")?.replaceChildren(
    swatch(labels.paint(shape.label), shape.label),
    element("span", { class: "region-name" }, labels.name(shape.label)),
    ...marks,
    element("span", { class: "region-size" }, kindOf(shape).measure(shape)),
  );
}

/** @param {HTMLElement} row @param {string} label @param {number} count @param {Labels} labels */
export function fillGroup(row, label, count, labels) {
  row.querySelector(".region-main")?.replaceChildren(
    swatch(labels.paint(label), label),
    element("span", { class: "region-name" }, labels.name(label)),
    element("span", { class: "region-size" }, String(count)),
  );
}

/** @param {string} name @param {string} words @param {string} title */
function mark(name, words, title) {
  return element("span", { class: "region-mark", role: "img", title, "aria-label": words }, icon(name));
}

/** Shows whether a row's regions are hidden, locked, selected. @param {HTMLElement} row @param {Look} look */
export function dress(row, { hidden, locked, selected }) {
  row.classList.toggle("is-selected", selected);
  row.querySelector(".region-main")?.setAttribute("aria-pressed", String(selected));
  turn(row, "hide", hidden, hidden ? "eye-off" : "eye");
  turn(row, "lock", locked, locked ? "lock" : "lock-open");
  row.classList.toggle("is-hidden", hidden);
  row.classList.toggle("is-locked", locked);
}

/** @param {HTMLElement} row @param {string} what @param {boolean} on @param {string} name */
function turn(row, what, on, name) {
  const button = row.querySelector(`[data-do=${what}]`);
  if (!button || button.getAttribute("aria-pressed") === String(on)) return;
  button.setAttribute("aria-pressed", String(on));
  button.replaceChildren(icon(name));
}

/** Says which regions are hidden, and that this changes nothing about them. @param {HTMLElement} line @param {number} count */
export function showHidden(line, count) {
  line.hidden = count === 0;
  const words = line.querySelector("span");
  if (words) setText(words, count === 1 ? "1 region is hidden. It is submitted all the same." : `${count.toLocaleString("en")} regions are hidden. They are submitted all the same.`);
}
