// @ts-check
import { element, icon, swatch } from "../../../editor/panel/dom.js";
/** @import { Classifier } from "../classifier.js" */
/** @import { Entry } from "../../../editor/pager.js" */

const NONE = "None of these";

/** How sure the model was, in whole percent; empty where nothing is left to confirm. @param {Classifier} page @param {Entry} entry */
export function sureness(page, { task }) {
  const suggested = page.sheet.answer(task.code).suggested.length > 0;
  return suggested && task.prelabel_confidence !== null ? `${Math.round(task.prelabel_confidence * 100)} %` : "";
}

/** What is said of an image, for those who listen. @param {Classifier} page @param {Entry} entry */
export function answerWords(page, entry) {
  const { labels, suggested, empty } = page.sheet.answer(entry.task.code);
  const sure = sureness(page, entry);
  const names = labels.map((label) => {
    const name = page.labels.get(label)?.path ?? "Unknown label";
    return suggested.includes(label) ? `${name} (suggested${sure && `, ${sure} sure`})` : name;
  });
  return names.length ? names.join(", ") : empty ? NONE.toLowerCase() : "no label";
}

/** Shows the labels of an image; those that a model gave can be confirmed. @param {Element | null} list @param {Classifier} page @param {Entry} entry */
export function showChips(list, page, entry) {
  const answer = page.sheet.answer(entry.task.code);
  const sure = sureness(page, entry);
  const wanted = JSON.stringify([entry.task.code, answer, sure, entry.state]);
  if (!(list instanceof HTMLElement) || list.dataset["shows"] === wanted) return;
  list.dataset["shows"] = wanted;
  if (answer.empty) return list.replaceChildren(element("li", { class: "chip" }, icon("circle-slash"), element("span", { class: "truncate" }, NONE)));
  list.replaceChildren(...answer.labels.map((label) => {
    const suggested = answer.suggested.includes(label);
    const name = page.labels.get(label)?.path ?? "Unknown label";
    const chip = element("li", { class: `chip${suggested ? " is-suggested" : ""}`, title: suggested ? `${name}, suggested by a model${sure && `, ${sure} sure`}` : name },
      swatch(page.labels.paint(label), label), element("span", { class: "truncate" }, page.labels.name(label)));
    if (entry.state !== "open") return chip;
    if (suggested) chip.append(element("button", { type: "button", class: "chip-remove", "data-do": "confirm", "data-label": label, title: "Confirm", "aria-label": `Confirm ${name}` }, icon("check")));
    chip.append(element("button", { type: "button", class: "chip-remove", "data-do": "remove", "data-label": label, title: "Remove", "aria-label": `Remove ${name}` }, icon("x")));
    return chip;
  }));
}

/** What the buttons on an image do. @param {Classifier} page @param {string} code @param {Element} button */
export function act(page, code, button) {
  const label = button.getAttribute("data-label") ?? "";
  const what = button.getAttribute("data-do");
  page.sheet.setFocus(code);
  if (what === "large") page.layOut("film");
  else if (what === "remove") page.sheet.remove(code, label);
  else if (what === "confirm") page.sheet.confirm([code], label);
  else if (what === "back") void page.takeBack(code);
  else if (what === "skip") {
    if (!page.sheet.selection.has(code)) page.sheet.clearSelection();
    page.ui.open("skip");
  }
}

/** Says of an image that it was skipped, and how to take that back. */
export function skippedCover() {
  return element("div", { class: "tile-skipped" }, element("span", {}, "Skipped"), element("button", { type: "button", class: "button button-small", "data-do": "back" }, "Take back"));
}
