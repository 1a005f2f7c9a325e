// @ts-check
import * as edits from "../edits.js";
import { round } from "../geometry.js";
import { kindOf } from "../shapes/index.js";
import { part, setText } from "./dom.js";
/** @import { Editor } from "../editor.js" */

const SIDES = /** @type {const} */ (["x", "y", "width", "height"]);

/** What is known of the one selected region, in numbers and words, to be changed there. */
export class RegionDetail {
  #editor;
  #frame = part("region-detail");
  #fields = new Map(SIDES.map((side) => [side, /** @type {HTMLInputElement} */ (part(`region-${side}`))]));
  #note = /** @type {HTMLInputElement} */ (part("region-note"));
  #due = 0;

  /** @param {Editor} editor */
  constructor(editor) {
    this.#editor = editor;
    for (const [side, field] of this.#fields) {
      field.addEventListener("change", () => this.#write(side, field));
      field.addEventListener("keydown", (event) => this.#key(event, field));
    }
    this.#note.addEventListener("change", () => this.#shape && edits.annotate(editor.scene, this.#shape.id, this.#note.value.trim()));
    this.#note.addEventListener("keydown", (event) => this.#key(event, this.#note));
    editor.opened.on(() => this.#later());
    editor.edited.on((ids) => [...ids].includes(this.#frame.dataset["id"] ?? "") && this.#later());
    editor.session.changed.on((fields) => (fields.has("selection") || fields.has("locked")) && this.#later());
  }

  focusNote() {
    this.#render();
    this.#note.focus();
  }

  get #shape() {
    const [id] = this.#editor.session.state.selection;
    return id && this.#editor.session.state.selection.size === 1 ? this.#editor.scene.shape(id) : undefined;
  }

  #later() {
    this.#due ||= requestAnimationFrame(() => this.#render());
  }

  #render() {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    const shape = this.#shape;
    this.#frame.hidden = !shape;
    this.#frame.dataset["id"] = shape?.id ?? "";
    if (!shape) return;
    const open = this.#editor.editable && !this.#editor.session.isLocked(shape.id);
    for (const field of this.#fields.values()) field.readOnly = !open || shape.shape !== "box";
    for (const field of [...this.#fields.values(), this.#note]) if (field !== document.activeElement) this.#fill(field);
    this.#note.readOnly = !this.#editor.editable;
    setText(part("region-detail-name"), this.#editor.labels.name(shape.label));
  }

  /** @param {typeof SIDES[number]} side @param {HTMLInputElement} field */
  #write(side, field) {
    const shape = this.#shape;
    const value = field.valueAsNumber;
    if (shape && Number.isFinite(value)) edits.setBox(this.#editor.scene, shape.id, { [side]: value });
    this.#fill(field);
  }

  /** Shows what is. @param {HTMLInputElement} field */
  #fill(field) {
    const shape = this.#shape;
    if (!shape) return;
    const bounds = kindOf(shape).bounds(shape);
    const side = SIDES.find((one) => this.#fields.get(one) === field);
    field.value = side ? String(round(bounds[side])) : shape.note;
  }

  /** Enter takes what was typed, Escape does not; both go back to the picture. @param {KeyboardEvent} event @param {HTMLInputElement} field */
  #key(event, field) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") this.#fill(field);
    this.#editor.ui.focusStage();
    this.#render();
  }
}
