// @ts-check
import { element, icon, setText } from "../../../editor/panel/dom.js";
import { columnsFor } from "../model.js";
import { act, answerWords, showChips, skippedCover, sureness } from "./chips.js";
/** @import { Classifier } from "../classifier.js" */
/** @import { Entry } from "../../../editor/pager.js" */

/** The images of the page, side by side or as a strip below the one in front; one tab stop, arrows inside. */
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
    list.addEventListener("dblclick", (event) => this.#enlarge(event));
    list.addEventListener("focusin", (event) => this.#follow(event));
    page.sheet.changed.on(() => this.#later());
    page.desk.changed.on(() => this.#later());
    this.#narrow.addEventListener("change", () => this.render());
  }

  columns() {
    if (this.#page.large) return this.#page.entries.length;
    return columnsFor(this.#page.desk.pager.size, this.#narrow.matches);
  }

  /** Puts the focus on the image in front. */
  focus() {
    this.render();
    const tile = this.#tiles.get(this.#page.sheet.focus ?? "")?.querySelector("button");
    tile?.focus();
    tile?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.render());
  }

  render() {
    this.#due = false;
    const { entries, layout } = this.#page;
    this.#list.dataset["columns"] = layout === "film" ? "strip" : String(this.columns());
    const codes = new Set(entries.map((entry) => entry.task.code));
    for (const [code, tile] of this.#tiles) if (!codes.has(code)) this.#drop(code, tile);
    entries.forEach((entry, index) => {
      const tile = this.#tiles.get(entry.task.code) ?? this.#add(entry);
      if (this.#list.children[index] !== tile) this.#list.insertBefore(tile, this.#list.children[index] ?? null);
      this.#fill(tile, entry);
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
    const picture = element("img", { alt: "", draggable: "false", decoding: "async" });
    const tile = element("li", { class: "tile", "data-code": code },
      element("button", { type: "button", class: "tile-main", "data-do": "toggle" }, picture, element("span", { class: "tile-check", "aria-hidden": "true" }, icon("check")), element("span", { class: "tile-sure", "aria-hidden": "true" }, icon("sparkles"), element("span"))),
      element("div", { class: "tile-foot" },
        element("ul", { class: "chips", role: "list", "aria-label": `Labels of ${image.name}` }),
        element("button", { type: "button", class: "tile-act", "data-do": "skip", title: "Skip this image", "aria-label": `Skip ${image.name}` }, icon("skip-forward")),
        element("button", { type: "button", class: "tile-act", "data-do": "large", title: "Large view", "aria-label": `Large view of ${image.name}` }, icon("maximize")),
      ),
      skippedCover(),
      element("span", { class: "tile-mark", "aria-hidden": "true" }, icon("check")),
    );
    this.#tiles.set(code, tile);
    return tile;
  }

  /** @param {HTMLElement} tile @param {Entry} entry */
  #fill(tile, entry) {
    const { sheet, layout } = this.#page;
    const { code } = entry.task;
    const answer = sheet.answer(code);
    const selected = sheet.selection.has(code) && layout !== 1;
    const main = tile.querySelector("button");
    tile.classList.toggle("is-selected", selected);
    tile.classList.toggle("is-focus", sheet.focus === code && layout !== 1);
    tile.classList.toggle("is-skipped", entry.state !== "open" && entry.skipped);
    tile.classList.toggle("is-done", answer.labels.length > 0 || answer.empty);
    tile.classList.toggle("is-suggested", answer.suggested.length > 0);
    this.#picture(tile.querySelector("img"), entry);
    const sure = tile.querySelector(".tile-sure > span");
    if (sure) setText(sure, sureness(this.#page, entry));
    if (!main) return;
    main.tabIndex = sheet.focus === code ? 0 : -1;
    main.setAttribute("aria-pressed", String(selected));
    main.setAttribute("aria-label", `${entry.task.image.name}: ${answerWords(this.#page, entry)}`);
    if (layout === "film" && sheet.focus === code) main.setAttribute("aria-current", "true");
    else main.removeAttribute("aria-current");
    showChips(tile.querySelector(".chips"), this.#page, entry);
  }

  /** A strip shows thumbnails, so that nine large images need not be decoded for it. @param {HTMLImageElement | null} picture @param {Entry} entry */
  #picture(picture, { task: { image } }) {
    const small = this.#page.layout === "film" || image.tiles_url;
    const wanted = (small && image.thumbnail_url) || image.url;
    if (picture && picture.getAttribute("src") !== wanted) picture.src = wanted;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const code = target?.closest("[data-code]")?.getAttribute("data-code");
    if (!target || !code) return;
    const what = target.getAttribute("data-do") ?? "";
    if (what === "toggle") this.#toggle(code, event);
    else act(this.#page, code, target);
    if (!["large", "skip"].includes(what) && event.detail > 0) this.focus();
  }

  /** In a strip a click brings to the front; the ring, Ctrl and Shift select. @param {string} code @param {MouseEvent} event */
  #toggle(code, event) {
    const { sheet, layout } = this.#page;
    const able = this.#page.able().includes(code);
    const ring = event.target instanceof Element && event.target.closest(".tile-check") !== null;
    const selects = layout !== "film" || ring || event.ctrlKey || event.metaKey;
    if (able && event.shiftKey) sheet.range(code);
    else if (able && selects && sheet.page.length > 1) sheet.toggle(code);
    sheet.setFocus(code);
  }

  /** @param {MouseEvent} event */
  #enlarge(event) {
    const code = event.target instanceof Element ? event.target.closest(".tile-main")?.closest("[data-code]")?.getAttribute("data-code") : null;
    if (!code || this.#page.large) return;
    this.#page.sheet.setFocus(code);
    this.#page.layOut("film");
  }

  /** @param {FocusEvent} event */
  #follow(event) {
    const code = event.target instanceof Element ? event.target.closest("[data-code]")?.getAttribute("data-code") : null;
    if (code) this.#page.sheet.setFocus(code);
  }
}
