// @ts-check
import { element, swatch } from "../../../editor/panel/dom.js";
import { choose } from "../labelling.js";
/** @import { Classifier } from "../classifier.js" */

const FEW = 9;
const SHOWN = 9;

/** Labels at hand: all where there are few, else those used lately, then those with keys. */
export class QuickLabels {
  #page;
  #list;
  #chosen;

  /** @param {Classifier} page @param {HTMLElement} list @param {() => ReadonlySet<string>} chosen labels that everything acted upon has */
  constructor(page, list, chosen) {
    this.#page = page;
    this.#list = list;
    this.#chosen = chosen;
    list.dataset["many"] = String(page.labels.all.length > FEW);
    list.addEventListener("click", (event) => {
      const code = event.target instanceof Element ? event.target.closest("button")?.dataset["code"] : undefined;
      if (!code) return;
      choose(page, code);
      if (event.detail > 0) page.ui.focusStage();
    });
  }

  refresh() {
    const { labels } = this.#page;
    const wanted = this.#codes();
    if (this.#list.dataset["shows"] !== wanted.join()) {
      this.#list.dataset["shows"] = wanted.join();
      this.#list.replaceChildren(...wanted.map((code) => this.#button(code, labels.keyOf(code))));
    }
    const chosen = this.#chosen();
    for (const button of this.#list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(chosen.has(button.dataset["code"] ?? "")));
  }

  #codes() {
    const { labels, recents } = this.#page;
    if (labels.all.length <= FEW) return labels.all.map(({ code }) => code);
    const keyed = labels.all.filter(({ code }) => labels.keyOf(code) !== "").map(({ code }) => code);
    return [...new Set([...recents.seats, ...keyed])].slice(0, SHOWN);
  }

  /** @param {string} code @param {string} key */
  #button(code, key) {
    const { labels } = this.#page;
    const button = element("button", { type: "button", class: "chip", "data-code": code, "aria-pressed": "false", title: labels.get(code)?.path ?? "" },
      swatch(labels.paint(code), code), element("span", { class: "truncate" }, labels.name(code)));
    if (key) button.append(element("kbd", { "aria-label": `key ${key}` }, key));
    return element("li", {}, button);
  }
}
