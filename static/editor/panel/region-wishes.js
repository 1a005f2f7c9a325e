// @ts-check
import { part } from "./dom.js";
/** @import { Wish } from "../listing.js" */

/**
 * The search, the order and the grouping of the list of regions.
 * @param {(wish: Partial<Wish>) => void} want
 * @param {() => void} enter goes from the search into the list
 * @param {() => void} leave gives the focus back to the picture
 */
export function wireWishes(want, enter, leave) {
  const search = /** @type {HTMLInputElement} */ (part("region-search"));
  const sort = /** @type {HTMLSelectElement} */ (part("region-sort"));
  const group = part("region-group");
  search.addEventListener("input", () => want({ text: search.value }));
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") enter();
    else if (event.key === "Escape") {
      search.value = "";
      want({ text: "" });
      leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  sort.addEventListener("change", () => want({ sort: /** @type {Wish["sort"]} */ (sort.value) }));
  group.addEventListener("click", () => {
    const grouped = group.getAttribute("aria-pressed") !== "true";
    group.setAttribute("aria-pressed", String(grouped));
    want({ grouped });
  });
}
