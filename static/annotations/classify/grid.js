// @ts-check
import { element, icon, swatch } from "../../editor/panel/dom.js";
import { columnsFor } from "./model.js";
/** @import { Classifier } from "./classifier.js" */
/** @import { Entry } from "../../editor/pager.js" */

const NONE = "None of these";

/** The images of the page; one tab stop, arrows inside. */
export class Grid {
  #page;
  #list;
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map();
  #narrow = matchMedia("(max-width: 760px)");
  #due = false;

  /** @param {Classifier} page @param {HTMLElement} list */
  constructor(page, list) {
    this.#page = page;
    this.#list = list;
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("dblclick", (event) => this.#zoom(event));
    list.addEventListener("focusin", (event) => this.#follow(event));
    page.sheet.changed.on(() => this.#later());
    page.desk.changed.on(() => this.#later());
    this.#narrow.addEventListener("change", () => this.render());
  }

  columns() {
    return columnsFor(this.#page.desk.pager.size, this.#narrow.matches);
  }

  /** Puts the focus on the image in front. */
  focus() {
    this.render();
    const tile = this.#tiles.get(this.#page.sheet.focus ?? "")?.querySelector("button");
    tile?.focus();
    tile?.scrollIntoView({ block: "nearest" });
  }

  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.render());
  }

  render() {
    this.#due = false;
    const entries = this.#page.entries;
    const size = this.#page.desk.pager.size;
    this.#list.dataset["size"] = String(size);
    this.#list.dataset["columns"] = String(this.columns());
    const codes = new Set(entries.map((entry) => entry.task.code));
    for (const [code, tile] of this.#tiles) if (!codes.has(code)) this.#drop(code, tile);
    entries.forEach((entry, index) => {
      const tile = this.#tiles.get(entry.task.code) ?? this.#add(entry);
      if (this.#list.children[index] !== tile) this.#list.insertBefore(tile, this.#list.children[index] ?? null);
      this.#fill(tile, entry, size === 1);
    });
  }

  /** @param {string} code @param {HTMLElement} tile */
  #drop(code, tile) {
    this.#tiles.delete(code);
    tile.remove();
  }

  /** @param {Entry} entry */
  #add(entry) {
    const { code, image } = entry.task;
    const picture = element("img", { src: image.url, alt: "", draggable: "false" });
    picture.addEventListener("error", () => tile.classList.add("is-broken"));
    const tile = element("li", { class: "tile", "data-code": code },
      element("button", { type: "button", class: "tile-main", "data-do": "toggle" }, picture, element("span", { class: "tile-check", "aria-hidden": "true" }, icon("check"))),
      element("div", { class: "tile-foot" },
        element("ul", { class: "chips", role: "list", "aria-label": `Labels of ${image.name}` }),
        element("button", { type: "button", class: "tile-act", "data-do": "skip", title: "Skip this image (S)", "aria-label": `Skip ${image.name}` }, icon("skip-forward")),
        element("button", { type: "button", class: "tile-act", "data-do": "zoom", title: "Large view (Z)", "aria-label": `Large view of ${image.name}` }, icon("maximize")),
      ),
      element("div", { class: "tile-skipped" }, element("span", {}, "Skipped"), element("button", { type: "button", class: "button button-small", "data-do": "back" }, "Take back")),
    );
    this.#tiles.set(code, tile);
    return tile;
  }

  /** @param {HTMLElement} tile @param {Entry} entry @param {boolean} alone */
  #fill(tile, entry, alone) {
    const { sheet, labels } = this.#page;
    const { code, image } = entry.task;
    const answer = sheet.answer(code);
    const selected = sheet.selection.has(code) && !alone;
    const main = tile.querySelector("button");
    tile.classList.toggle("is-selected", selected);
    tile.classList.toggle("is-focus", sheet.focus === code && !alone);
    tile.classList.toggle("is-skipped", entry.state !== "open" && entry.skipped);
    tile.classList.toggle("is-done", answer.labels.length > 0 || answer.empty);
    if (!main) return;
    main.tabIndex = sheet.focus === code ? 0 : -1;
    main.setAttribute("aria-pressed", String(selected));
    const names = answer.labels.map((label) => labels.get(label)?.path ?? "Unknown label");
    main.setAttribute("aria-label", [image.name, names.length ? names.join(", ") : answer.empty ? NONE.toLowerCase() : "no label"].join(": "));
    this.#chips(tile, code);
  }

  /** @param {HTMLElement} tile @param {string} code */
  #chips(tile, code) {
    const { sheet, labels } = this.#page;
    const answer = sheet.answer(code);
    const list = tile.querySelector(".chips");
    const wanted = JSON.stringify([answer.labels, answer.suggested, answer.empty]);
    if (!(list instanceof HTMLElement) || list.dataset["shows"] === wanted) return;
    list.dataset["shows"] = wanted;
    if (answer.empty) return list.replaceChildren(element("li", { class: "chip" }, icon("circle-slash"), element("span", { class: "truncate" }, NONE)));
    list.replaceChildren(...answer.labels.map((label) => {
      const suggested = answer.suggested.includes(label);
      const name = labels.get(label)?.path ?? "Unknown label";
      const chip = element("li", { class: `chip${suggested ? " is-suggested" : ""}`, title: suggested ? `${name}, suggested by a model` : name },
        swatch(labels.colour(label)), element("span", { class: "truncate" }, labels.name(label)));
      if (suggested) chip.append(element("button", { type: "button", class: "chip-remove", "data-do": "confirm", title: "Confirm", "aria-label": `Confirm ${name}` }, icon("check")));
      chip.append(element("button", { type: "button", class: "chip-remove", "data-do": "remove", "data-label": label, title: "Remove", "aria-label": `Remove ${name}` }, icon("x")));
      return chip;
    }));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const code = target?.closest("[data-code]")?.getAttribute("data-code");
    if (!target || !code) return;
    const { sheet } = this.#page;
    const what = target.getAttribute("data-do");
    sheet.setFocus(code);
    if (what === "toggle") this.#toggle(code, event);
    else if (what === "zoom") this.#page.ui.zoom(code);
    else if (what === "remove") sheet.remove(code, target.getAttribute("data-label") ?? "");
    else if (what === "confirm") sheet.confirm([code]);
    else if (what === "back") void this.#page.takeBack(code);
    else if (what === "skip") {
      if (!sheet.selection.has(code)) sheet.clearSelection();
      this.#page.ui.open("skip");
    }
    if (what !== "zoom" && what !== "skip" && event.detail > 0) this.focus();
  }

  /** @param {string} code @param {MouseEvent} event */
  #toggle(code, event) {
    const { sheet } = this.#page;
    if (!this.#page.able().includes(code)) return;
    if (event.shiftKey) sheet.range(code);
    else if (sheet.page.length > 1) sheet.toggle(code);
  }

  /** @param {MouseEvent} event */
  #zoom(event) {
    const tile = event.target instanceof Element ? event.target.closest(".tile-main") : null;
    const code = tile?.closest("[data-code]")?.getAttribute("data-code");
    if (code) this.#page.ui.zoom(code);
  }

  /** @param {FocusEvent} event */
  #follow(event) {
    const code = event.target instanceof Element ? event.target.closest("[data-code]")?.getAttribute("data-code") : null;
    if (code) this.#page.sheet.setFocus(code);
  }
}
