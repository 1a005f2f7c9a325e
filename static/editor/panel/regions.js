// @ts-check
import * as edits from "../edits.js";
import { kindOf } from "../shapes/index.js";
import { element, icon, setText, swatch } from "./dom.js";
/** @import { Editor } from "../editor.js" */
/** @import { Keymap } from "../keymap.js" */
/** @import { Shape } from "../types.js" */

/** The list of regions: the same things as on the canvas, for keys and screen readers. */
export class RegionList {
  #editor;
  #keymap;
  #list;
  #count;
  /** @type {Map<string, {row: HTMLElement, shape: Shape | null}>} */
  #rows = new Map();
  #due = false;

  /** @param {Editor} editor @param {Keymap<Editor>} keymap @param {HTMLElement} list @param {HTMLElement} count */
  constructor(editor, keymap, list, count) {
    this.#editor = editor;
    this.#keymap = keymap;
    this.#list = list;
    this.#count = count;
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("change", (event) => this.#writeNote(event));
    editor.edited.on(() => this.#later());
    editor.opened.on(() => this.#rebuild());
    editor.session.changed.on((fields) => {
      if (fields.has("hidden")) this.#later();
      if (fields.has("selection")) this.#showSelection();
    });
  }

  /** Puts the focus on a region or on its note. @param {string} id @param {"row" | "note"} what */
  focus(id, what) {
    this.#render();
    const row = this.#rows.get(id)?.row;
    if (!row) return;
    if (what === "note") {
      const note = row.querySelector("input");
      if (note) note.hidden = false;
      note?.focus();
    } else row.querySelector("button")?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  /** Dragging changes a region often; the list follows once per frame. */
  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.#render());
  }

  #rebuild() {
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#render();
  }

  #render() {
    this.#due = false;
    const shapes = this.#editor.scene.shapes();
    const alive = new Set(shapes.map((shape) => shape.id));
    for (const [id, { row }] of this.#rows) if (!alive.has(id)) this.#drop(id, row);
    let before = this.#list.firstElementChild;
    for (const shape of shapes) {
      const known = this.#rows.get(shape.id) ?? this.#add(shape.id);
      if (known.row !== before) this.#list.insertBefore(known.row, before);
      before = known.row.nextElementSibling;
      const hidden = this.#editor.session.state.hidden.has(shape.id);
      if (known.shape === shape && known.row.classList.contains("is-hidden") === hidden) continue;
      known.shape = shape;
      this.#fill(known.row, shape, hidden);
    }
    setText(this.#count, String(shapes.length));
    this.#showSelection();
  }

  /** Deleting a row keeps the focus in the list. @param {string} id @param {HTMLElement} row */
  #drop(id, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const focused = row.contains(document.activeElement);
    this.#rows.delete(id);
    row.remove();
    if (focused) (next?.querySelector("button") ?? this.#list).focus();
  }

  /** @param {string} id */
  #add(id) {
    const row = element("li", { class: "region-row", "data-id": id });
    const known = { row, shape: /** @type {Shape | null} */ (null) };
    this.#rows.set(id, known);
    row.append(
      element("button", { type: "button", class: "region-main", "data-do": "select" }),
      ...(/** @type {const} */ ([["hide", "eye", "Hide"], ["note", "message-square", "Note"], ["delete", "x", "Delete"]])).map(([what, name, title]) =>
        element("button", { type: "button", class: "region-act", "data-do": what, title, "aria-label": title }, icon(name)),
      ),
      element("input", { class: "input region-note", type: "text", placeholder: "Note for reviewers", "aria-label": "Note", maxlength: "1000", hidden: true }),
    );
    return known;
  }

  /** @param {HTMLElement} row @param {Shape} shape @param {boolean} hidden */
  #fill(row, shape, hidden) {
    const { labels } = this.#editor;
    row.classList.toggle("is-hidden", hidden);
    const marks = [];
    if (shape.shape === "box" && shape.crowd) marks.push(element("span", { class: "badge" }, "crowd"));
    if (shape.origin === "prelabel") marks.push(element("span", { class: "region-mark", role: "img", title: "Suggested by a model", "aria-label": "suggested" }, icon("sparkles")));
    row.querySelector(".region-main")?.replaceChildren(
      swatch(labels.colour(shape.label)),
      element("span", { class: "region-name" }, labels.name(shape.label)),
      ...marks,
      element("span", { class: "region-size" }, kindOf(shape).measure(shape)),
    );
    const eye = row.querySelector("[data-do=hide]");
    eye?.replaceChildren(icon(hidden ? "eye-off" : "eye"));
    eye?.setAttribute("aria-pressed", String(hidden));
    const note = row.querySelector("input");
    if (!note || document.activeElement === note) return;
    note.value = shape.note;
    note.hidden = shape.note === "";
  }

  #showSelection() {
    const { selection } = this.#editor.session.state;
    for (const [id, { row }] of this.#rows) {
      const chosen = selection.has(id);
      if (row.classList.contains("is-selected") === chosen) continue;
      row.classList.toggle("is-selected", chosen);
      row.querySelector(".region-main")?.setAttribute("aria-pressed", String(chosen));
      if (chosen && selection.size === 1) row.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const id = target?.closest("[data-id]")?.getAttribute("data-id");
    if (!target || !id) return;
    const { session } = this.#editor;
    const { selection } = session.state;
    const what = target.getAttribute("data-do");
    if (what === "hide") this.#toggleHidden(id);
    else if (what === "note") this.#toggleNote(id);
    else if (what === "delete") this.#delete(id);
    else {
      this.#editor.machine.switch("select");
      if (event.shiftKey || event.ctrlKey) session.select(selection.has(id) ? [...selection].filter((other) => other !== id) : [...selection, id]);
      else session.select([id]);
    }
  }

  /** @param {string} id */
  #delete(id) {
    if (!this.#editor.editable || this.#editor.session.isLocked(id)) return this.#editor.say("This region is locked.");
    this.#editor.session.select([id]);
    this.#keymap.run("region.delete", this.#editor);
  }

  /** @param {string} id */
  #toggleHidden(id) {
    const hidden = new Set(this.#editor.session.state.hidden);
    if (!hidden.delete(id)) hidden.add(id);
    this.#editor.session.update({ hidden });
  }

  /** @param {string} id */
  #toggleNote(id) {
    const note = this.#rows.get(id)?.row.querySelector("input");
    if (!note) return;
    note.hidden = !note.hidden && note.value === "";
    if (!note.hidden) note.focus();
  }

  /** @param {Event} event */
  #writeNote(event) {
    const input = event.target;
    const id = input instanceof HTMLInputElement ? input.closest("[data-id]")?.getAttribute("data-id") : null;
    if (!id || !(input instanceof HTMLInputElement)) return;
    edits.annotate(this.#editor.scene, id, input.value.trim());
  }

  /** Arrows walk through the list. @param {KeyboardEvent} event */
  #key(event) {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const row = target?.closest("[data-id]");
    if (target instanceof HTMLInputElement) {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      target.blur();
      this.#editor.ui.focusStage();
      return event.stopPropagation();
    }
    if (event.ctrlKey || event.shiftKey || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    event.stopPropagation();
    const beside = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
    beside?.querySelector("button")?.focus();
  }
}
