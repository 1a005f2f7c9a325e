// @ts-check
import { element } from "../../../editor/panel/dom.js";
/** @import { Classifier } from "../classifier.js" */

/** A press becomes a drag after so many pixels. */
const FAR = 8;

/**
 * A band drawn over the tiles with the mouse selects what it touches; with Shift or Ctrl, in addition to what is selected.
 * @param {Classifier} page
 * @param {HTMLElement} list the tiles
 */
export function selectByBand(page, list) {
  const band = element("div", { class: "band", "aria-hidden": "true" });
  /** @type {{x: number, y: number, id: number, kept: ReadonlySet<string>} | null} */
  let start = null;
  let ended = false;

  list.addEventListener("pointerdown", (event) => {
    const onButton = event.target instanceof Element && event.target.closest("button:not(.tile-main), .tile-skipped") !== null;
    if (event.pointerType !== "mouse" || event.button !== 0 || onButton || page.large) return;
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    start = { x: event.clientX, y: event.clientY, id: event.pointerId, kept: adds ? page.sheet.selection : new Set() };
  });
  list.addEventListener("pointermove", (event) => {
    if (!start || event.pointerId !== start.id) return;
    if (!band.isConnected) {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) < FAR) return;
      list.setPointerCapture(start.id);
      list.append(band);
    }
    const [left, top] = [Math.min(start.x, event.clientX), Math.min(start.y, event.clientY)];
    const [right, bottom] = [Math.max(start.x, event.clientX), Math.max(start.y, event.clientY)];
    const frame = list.getBoundingClientRect();
    band.style.translate = `${left - frame.left + list.scrollLeft}px ${top - frame.top + list.scrollTop}px`;
    band.style.width = `${right - left}px`;
    band.style.height = `${bottom - top}px`;
    const able = new Set(page.able());
    const touched = [...list.querySelectorAll("[data-code]")].filter((tile) => {
      const box = tile.getBoundingClientRect();
      return box.left < right && box.right > left && box.top < bottom && box.bottom > top;
    });
    page.sheet.select([...start.kept, ...touched.map((tile) => tile.getAttribute("data-code") ?? "").filter((code) => able.has(code))]);
  });
  const end = () => {
    ended = band.isConnected;
    if (ended) setTimeout(() => (ended = false), 0);
    band.remove();
    start = null;
  };
  list.addEventListener("click", (event) => ended && event.stopImmediatePropagation(), { capture: true }); // the click that ends a drag
  list.addEventListener("pointerup", end);
  list.addEventListener("pointercancel", end);
}
