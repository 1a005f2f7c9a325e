// @ts-check
import { listing } from "../listing.js";
import { hiddenRegions, toggleHidden, toggleLocked, toggleSolo } from "../sight.js";
import { part, setText } from "./dom.js";
import { dress, fillGroup, fillRow, newGroup, newRow, showHidden } from "./region-rows.js";
import { wireWishes } from "./region-wishes.js";
/** @import { Editor } from "../editor.js" */
/** @import { Keymap } from "../keymap.js" */
/** @import { Line, Wish } from "../listing.js" */
/** @import { Shape } from "../types.js" */

/** Rows beyond the edges of what is in sight. */
const SPARE = 8;
/** Height of every row, in pixels: static/css/editor.css says the same. */
const ROW = matchMedia("(pointer: coarse)").matches ? 44 : 32;

/** The list of regions: the same things as on the canvas, for keys and screen readers. Only rows in sight are in the page. */
export class RegionList {
  #editor;
  #keymap;
  #list;
  /** What scrolls: room for rows out of sight is padding of the list, and an element is never smaller than its padding. */
  #scroller;
  #count;
  /** @type {Wish} */
  #wish = { text: "", sort: "order", grouped: false };
  /** @type {Line[]} */
  #lines = [];
  /** Rows in the page, by line. @type {Map<string, {row: HTMLElement, shape: Shape | null}>} */
  #rows = new Map();
  /** The line that has, or gets, the focus. @type {string} */
  #active = "";
  #due = 0;
  #stale = true;
  /** The scene's arrangement that the lines show. */
  #arrangement = -1;

  /** @param {Editor} editor @param {Keymap<Editor>} keymap @param {HTMLElement} list @param {HTMLElement} count */
  constructor(editor, keymap, list, count) {
    this.#editor = editor;
    this.#keymap = keymap;
    this.#list = list;
    this.#scroller = /** @type {HTMLElement} */ (list.parentElement);
    this.#count = count;
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("focusin", (event) => (this.#active = keyOf(event.target) || this.#active));
    this.#scroller.addEventListener("scroll", () => this.#later(false), { passive: true });
    new ResizeObserver(() => this.#later(false)).observe(this.#scroller);
    wireWishes((wish) => this.#want(wish), () => this.#focusLine(0), () => editor.ui.focusStage());
    part("region-hidden").querySelector("button")?.addEventListener("click", () => keymap.run("region.show-all", editor));
    editor.edited.on(() => this.#later(this.#wish.sort === "size" || editor.scene.arrangement !== this.#arrangement));
    editor.opened.on(() => {
      this.#active = "";
      this.#later(true);
    });
    editor.session.changed.on((fields) => {
      if (fields.has("selection")) this.#follow();
      if (fields.has("selection") || fields.has("hidden") || fields.has("locked")) this.#later(false);
    });
    this.#later(true);
  }

  /** Puts the focus on a region's row. @param {string} id */
  focus(id) {
    this.#render(true);
    this.#focusLine(this.#place(id));
  }

  /** @param {Partial<Wish>} wish */
  #want(wish) {
    this.#wish = { ...this.#wish, ...wish };
    this.#scroller.scrollTop = 0;
    this.#render(true);
  }

  /** Dragging changes a region often; the list follows once per frame. @param {boolean} stale whether the lines have changed, too */
  #later(stale) {
    this.#stale ||= stale;
    this.#due ||= requestAnimationFrame(() => this.#render(this.#stale));
  }

  /** @param {boolean} stale */
  #render(stale) {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    const { scene, labels } = this.#editor;
    if (stale) this.#lines = listing(scene.shapes(), this.#wish.sort === "newest" ? scene.born() : [], labels, this.#wish);
    if (stale) this.#arrangement = scene.arrangement;
    this.#stale = false;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW) - SPARE);
    const last = Math.min(this.#lines.length, Math.ceil((this.#scroller.scrollTop + this.#scroller.clientHeight) / ROW) + SPARE);
    this.#show(first, last);
    const total = scene.shapes().length;
    const found = this.#lines.filter((line) => line.kind === "region").length;
    setText(this.#count, found === total ? total.toLocaleString("en") : `${found.toLocaleString("en")} of ${total.toLocaleString("en")}`);
    this.#list.dataset["empty"] = total === 0 ? "none" : found === 0 ? "unfound" : "";
    showHidden(part("region-hidden"), hiddenRegions(this.#editor).length);
  }

  /** Puts these lines into the page, and room for the others. @param {number} first @param {number} last */
  #show(first, last) {
    const lines = this.#lines.slice(first, last);
    const wanted = new Set(lines.map(nameOf));
    for (const [name, { row }] of this.#rows) if (!wanted.has(name)) this.#drop(name, row);
    this.#list.style.paddingTop = `${first * ROW}px`;
    this.#list.style.paddingBottom = `${(this.#lines.length - last) * ROW}px`;
    let before = this.#list.firstElementChild;
    lines.forEach((line, index) => {
      const row = this.#rowOf(line);
      if (row !== before) this.#list.insertBefore(row, before);
      before = row.nextElementSibling;
      row.setAttribute("aria-setsize", String(this.#lines.length));
      row.setAttribute("aria-posinset", String(first + index + 1));
    });
    const stop = this.#rows.get(this.#active)?.row ?? this.#list.firstElementChild;
    for (const { row } of this.#rows.values()) row.querySelector("button")?.setAttribute("tabindex", row === stop ? "0" : "-1");
  }

  /** @param {Line} line */
  #rowOf(line) {
    const name = nameOf(line);
    const known = this.#rows.get(name) ?? { row: line.kind === "region" ? newRow(line.shape.id) : newGroup(line.label), shape: null };
    this.#rows.set(name, known);
    if (line.kind === "group") fillGroup(known.row, line.label, line.ids.length, this.#editor.labels);
    else {
      const shape = this.#editor.scene.shape(line.shape.id) ?? line.shape;
      if (known.shape !== shape) fillRow(known.row, (known.shape = shape), this.#editor.labels);
    }
    const { session } = this.#editor;
    const ids = idsOf(line);
    dress(known.row, {
      hidden: ids.every((id) => session.state.hidden.has(id)), locked: ids.every((id) => session.isLocked(id)),
      selected: ids.every((id) => session.state.selection.has(id)),
    });
    return known.row;
  }

  /** A row that goes leaves the focus in the list. @param {string} name @param {HTMLElement} row */
  #drop(name, row) {
    const focused = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const gone = this.#place(name) < 0;
    this.#rows.delete(name);
    row.remove();
    if (focused) (gone ? (next?.querySelector("button") ?? this.#list) : this.#list).focus({ preventScroll: true });
  }

  /** Brings a single selected region into sight. */
  #follow() {
    const [id, more] = this.#editor.session.state.selection;
    if (!id || more || this.#list.contains(document.activeElement)) return;
    if (this.#stale) this.#render(true);
    this.#reveal(this.#place(id));
  }

  /** @param {number} place */
  #reveal(place) {
    if (place < 0) return;
    const top = place * ROW;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.#scroller.scrollTop = top + ROW - clientHeight;
  }

  /** @param {number} place */
  #focusLine(place) {
    const line = this.#lines[Math.max(0, Math.min(place, this.#lines.length - 1))];
    if (!line) return;
    this.#active = nameOf(line);
    this.#reveal(this.#place(this.#active));
    this.#render(false);
    this.#rows.get(this.#active)?.row.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {string} name */
  #place(name) {
    return this.#lines.findIndex((line) => nameOf(line) === name);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const line = this.#lines[this.#place(keyOf(button))];
    if (!button || !line) return;
    const ids = idsOf(line);
    const what = button.getAttribute("data-do");
    if (what === "hide") toggleHidden(this.#editor, ids);
    else if (what === "lock") toggleLocked(this.#editor, ids);
    else if (what === "solo") toggleSolo(this.#editor, ids);
    else if (what === "delete") this.#delete(ids);
    else this.#select(ids, line, event);
  }

  /** Shift takes everything between, Ctrl one more or one less. @param {string[]} ids @param {Line} line @param {MouseEvent} event */
  #select(ids, line, event) {
    const { session, machine } = this.#editor;
    const old = session.state.selection;
    machine.switch("select");
    if (event.shiftKey && old.size > 0) {
      const from = this.#lines.findIndex((other) => idsOf(other).some((id) => old.has(id)));
      const [a, b] = [from, this.#lines.indexOf(line)].sort((x, y) => x - y);
      session.select([...old, ...this.#lines.slice(a, (b ?? 0) + 1).flatMap(idsOf)]);
    } else if (event.ctrlKey || event.metaKey) {
      const all = ids.every((id) => old.has(id));
      session.select([...[...old].filter((id) => !ids.includes(id)), ...(all ? [] : ids)]);
    } else session.select(ids);
  }

  /** @param {string[]} ids */
  #delete(ids) {
    if (!this.#editor.editable || ids.some((id) => this.#editor.session.isLocked(id))) return this.#editor.say("This region is locked.");
    this.#editor.session.select(ids);
    this.#keymap.run("region.delete", this.#editor);
  }

  /** Arrows walk through the list, and from a row to what can be done with it. @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const here = this.#place(keyOf(event.target) || this.#active);
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW) - 1);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: Infinity });
    const beside = event.key === "ArrowRight" ? "nextElementSibling" : event.key === "ArrowLeft" ? "previousElementSibling" : null;
    if (beside) /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target)[beside])?.focus();
    else if (event.key in steps) this.#focusLine(/** @type {number} */ (steps[event.key]));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** @param {Line} line */
function nameOf(line) {
  return line.kind === "region" ? line.shape.id : `group ${line.label}`;
}

/** @param {Line} line */
function idsOf(line) {
  return line.kind === "region" ? [line.shape.id] : line.ids;
}

/** The line of an element in the list. @param {EventTarget | null} target */
function keyOf(target) {
  const row = target instanceof HTMLElement ? target.closest("li") : null;
  return row?.dataset["id"] ?? (row?.dataset["group"] ? `group ${row.dataset["group"]}` : "");
}
