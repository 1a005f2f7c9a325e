// @ts-check
import { NEUTRAL, RANGES, isNeutral, toAdjust } from "../adjust.js";
import { wayWords } from "../commands/view.js";
import { element, maybePart, part, setText } from "./dom.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Look } from "../look.js" */
/** @import { Looker } from "../types.js" */

/**
 * A slider with its number; both say the same.
 * @param {{title: string, least: number, most: number, step: number}} range
 * @param {(value: number) => void} change
 */
function slider({ title, least, most, step }, change) {
  const limits = { min: String(least), max: String(most), step: String(step) };
  const range = element("input", { type: "range", "aria-label": title, ...limits });
  const number = element("input", { type: "number", class: "input", "aria-label": `${title}, number`, ...limits });
  range.addEventListener("input", () => change(Number(range.value)));
  number.addEventListener("change", () => change(Math.min(most, Math.max(least, Number(number.value) || 0))));
  const row = element("div", { class: "view-row" }, element("span", { class: "view-name" }, title), range, number);
  const show = (/** @type {number} */ value) => {
    const words = String(Math.round(value * 100) / 100);
    if (range.value !== words) range.value = words;
    if (document.activeElement !== number || number.value === "") number.value = words;
  };
  return { row, show };
}

/** @param {string} title @param {(on: boolean) => void} change */
function toggle(title, change) {
  const box = element("input", { type: "checkbox", class: "switch" });
  box.addEventListener("change", () => change(box.checked));
  return { row: element("label", { class: "view-row" }, element("span", { class: "view-name" }, title), box), show: (/** @type {boolean} */ on) => void (box.checked = on) };
}

/**
 * One of a few, as a row of buttons.
 * @template {string} V
 * @param {string} title
 * @param {readonly (readonly [V, string])[]} options
 * @param {(value: V) => void} change
 */
function choice(title, options, change) {
  const buttons = options.map(([value, words]) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, words);
    button.addEventListener("click", () => change(value));
    return { value, button };
  });
  const group = element("div", { class: "segmented", role: "group", "aria-label": title }, ...buttons.map(({ button }) => button));
  const show = (/** @type {V} */ wanted) => buttons.forEach(({ value, button }) => button.setAttribute("aria-pressed", String(value === wanted)));
  return { row: element("div", { class: "view-row" }, element("span", { class: "view-name" }, title), group), show };
}

/** The panel of how the picture and the regions are shown, and the marks on the stage that say so. */
export class ViewPanel {
  #editor;
  #panel = part("view-panel");
  #focusBack;
  /** @type {((adjust: Adjust, look: Look) => void)[]} */
  #shows = [];

  /** @param {Looker} editor @param {() => void} focusBack gives the focus back to the picture */
  constructor(editor, focusBack) {
    this.#editor = editor;
    this.#focusBack = focusBack;
    part("view-picture").append(...this.#pictureRows());
    maybePart("view-regions")?.append(...this.#lookRows());
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
    editor.session.changed.on((fields) => (fields.has("adjust") || fields.has("look")) && this.#show());
    editor.viewport.changed.on(() => this.#showTurn());
    this.#show();
  }

  /** @param {boolean} [shown] */
  toggle(shown = this.#panel.hidden === true) {
    this.#panel.hidden = !shown;
    for (const button of document.querySelectorAll("[data-panel=view]")) button.setAttribute("aria-expanded", String(shown));
    if (shown) this.#panel.querySelector("input")?.focus();
    else this.#focusBack();
  }

  #pictureRows() {
    const { session } = this.#editor;
    const change = (/** @type {Partial<Adjust>} */ part) => session.update({ adjust: toAdjust({ ...session.state.adjust, ...part }) });
    const names = /** @type {(keyof typeof RANGES)[]} */ (Object.keys(RANGES));
    const rows = names.map((name) => {
      const { row, show } = slider(RANGES[name], (value) => change({ [name]: value }));
      this.#shows.push((adjust) => show(adjust[name]));
      return row;
    });
    const invert = toggle("Invert", (on) => change({ invert: on }));
    this.#shows.push((adjust) => invert.show(adjust.invert));
    return [...rows, invert.row];
  }

  #lookRows() {
    const { session } = this.#editor;
    const change = (/** @type {Partial<Look>} */ part) => session.update({ look: Object.freeze({ ...session.state.look, ...part }) });
    const text = choice("Names", /** @type {const} */ ([["none", "None"], ["small", "S"], ["medium", "M"], ["large", "L"]]), (value) => change({ text: value }));
    const outline = slider({ title: "Line width", least: 1, most: 6, step: 0.5 }, (value) => change({ outline: value }));
    const opacity = slider({ title: "Line opacity", least: 20, most: 100, step: 5 }, (value) => change({ opacity: value / 100 }));
    const fill = slider({ title: "Area opacity", least: 0, most: 100, step: 2 }, (value) => change({ fill: value / 100 }));
    const palette = choice("Colours", /** @type {const} */ ([["project", "Project"], ["safe", "Colour-blind"]]), (value) => change({ palette: value }));
    const minimap = toggle("Minimap when zoomed in", (on) => change({ minimap: on }));
    const grid = toggle("Pixel grid when zoomed in", (on) => change({ grid: on }));
    this.#shows.push((_, look) => {
      text.show(look.text);
      outline.show(look.outline);
      opacity.show(look.opacity * 100);
      fill.show(look.fill * 100);
      palette.show(look.palette);
      minimap.show(look.minimap);
      grid.show(look.grid);
    });
    return [palette.row, text.row, outline.row, opacity.row, fill.row, minimap.row, grid.row];
  }

  #show() {
    const { adjust, look } = this.#editor.session.state;
    for (const show of this.#shows) show(adjust, look);
    showAdjusted(adjust);
    this.#showTurn();
  }

  #showTurn() {
    const { view } = this.#editor.viewport;
    const upright = view.turn === 0 && !view.flip;
    part("mark-turned").hidden = upright;
    if (!upright) setText(part("mark-turned-words"), wayWords(view));
  }
}

/** Says on the picture that it is not shown as it is stored. @param {Adjust} adjust */
function showAdjusted(adjust) {
  const mark = part("mark-adjusted");
  mark.hidden = isNeutral(adjust);
  const changed = Object.keys(RANGES).filter((name) => adjust[/** @type {keyof typeof RANGES} */ (name)] !== NEUTRAL[/** @type {keyof typeof RANGES} */ (name)]);
  setText(part("mark-adjusted-words"), adjust.invert && changed.length === 0 ? "Inverted" : "Picture adjusted");
}
