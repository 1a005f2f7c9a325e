// @ts-check
import { chord } from "../../editor/keymap.js";
import { part, setText } from "../../editor/panel/dom.js";
/** @import { Classifier } from "./classifier.js" */

/**
 * The large view of one image: fitted, or pixel by pixel after a click; arrows go through the page, number keys label.
 * @param {Classifier} page
 * @param {() => void} focusBack
 * @returns {(id: string) => void} opens it
 */
export function largeView(page, focusBack) {
  const dialog = /** @type {HTMLDialogElement} */ (part("large"));
  const picture = /** @type {HTMLImageElement} */ (part("large-image"));
  let shown = "";

  /** @param {string} id */
  const show = (id) => {
    const entry = page.entries.find((other) => other.task.code === id);
    if (!entry) return;
    shown = id;
    dialog.classList.remove("is-actual");
    picture.src = entry.task.image.url;
    picture.alt = entry.task.image.name;
    words();
  };
  const words = () => {
    const entry = page.entries.find((other) => other.task.code === shown);
    const names = page.sheet.answer(shown).labels.map((label) => page.labels.name(label));
    setText(part("large-words"), [entry?.task.image.name ?? "", names.join(", ") || (page.sheet.answer(shown).empty ? "none of these" : "no label")].join(" · "));
  };
  /** @param {number} way */
  const go = (way) => {
    const next = page.sheet.page[page.sheet.page.indexOf(shown) + way];
    if (!next) return;
    page.sheet.setFocus(next);
    show(next);
  };

  dialog.addEventListener("keydown", (event) => {
    const pressed = chord(event);
    const label = page.labels.byKey(pressed);
    if (label && page.able().includes(shown)) page.sheet.apply(label.code, [shown]);
    else if (pressed === "N" && page.able().includes(shown)) page.sheet.declareEmpty([shown]);
    else if (pressed === "ArrowLeft" || pressed === "ArrowRight") go(pressed === "ArrowRight" ? 1 : -1);
    else if (pressed === "Space" || pressed === "Enter" || pressed === "Z") dialog.close();
    else return;
    event.preventDefault();
    words();
  });
  picture.addEventListener("click", () => dialog.classList.toggle("is-actual"));
  dialog.addEventListener("close", focusBack);
  return (id) => {
    show(id);
    if (!dialog.open) dialog.showModal();
  };
}
