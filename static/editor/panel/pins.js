// @ts-check
import { kindOf } from "../shapes/index.js";
import { toScreen } from "../viewport.js";
import { element, icon } from "./dom.js";
/** @import { CommentBook, Thread } from "../comments.js" */
/** @import { Looker, Point } from "../types.js" */

/**
 * Where a thread points to now: a pin on a region goes along with it.
 * @param {Pick<Looker, "scene" | "viewport" | "edited">} editor
 * @param {Thread} thread
 * @returns {Point | null}
 */
export function placeOf(editor, { first }) {
  const shape = first.region ? editor.scene.shape(first.region) : undefined;
  if (shape) {
    const { x, y, width } = kindOf(shape).bounds(shape);
    return { x: x + width, y };
  }
  return first.x === null || first.y === null ? null : { x: first.x, y: first.y };
}

/**
 * Pins of open threads over the picture, and one where the comment that is being written will be.
 * @param {Pick<Looker, "scene" | "viewport" | "edited">} editor
 * @param {CommentBook} book
 * @param {HTMLElement} layer
 * @param {(code: string) => void} open
 * @returns {(point: Point | null) => void} says where the comment in the making is
 */
export function showPins(editor, book, layer, open) {
  /** @type {{thread: Thread, button: HTMLElement}[]} */
  let pins = [];
  /** @type {Point | null} */
  let next = null;
  const draft = element("span", { class: "pin-draft", "aria-hidden": "true" }, "+");
  let due = 0;
  const put = (/** @type {HTMLElement} */ pin, /** @type {Point | null} */ point) => {
    pin.hidden = point === null;
    if (!point) return;
    const at = toScreen(editor.viewport.view, point);
    pin.style.translate = `${Math.round(at.x)}px ${Math.round(at.y)}px`;
  };
  const place = () => {
    due = 0;
    for (const { thread, button } of pins) put(button, placeOf(editor, thread));
    put(draft, next);
  };
  const later = () => (due ||= requestAnimationFrame(place));
  const build = () => {
    pins = book.threads().filter(({ first }) => !first.resolved_at).map((thread) => ({ thread, button: pin(thread) }));
    layer.replaceChildren(...pins.map(({ button }) => button), draft);
    place();
  };
  layer.addEventListener("click", (event) => {
    const code = event.target instanceof Element ? event.target.closest("button")?.dataset["thread"] : null;
    if (code) open(code);
  });
  book.changed.on(build);
  editor.viewport.changed.on(later);
  editor.edited.on(() => pins.length > 0 && later());
  return (point) => {
    next = point;
    later();
  };
}

/** @param {Thread} thread */
function pin({ first, number }) {
  const flag = first.kind === "flag";
  const name = `${flag ? "Flag" : "Comment"} ${number}: ${first.text.slice(0, 80)}`;
  return element("button", { type: "button", class: `pin ${flag ? "is-flag" : ""}`, "data-thread": first.code, "aria-label": name, title: name }, flag ? icon("flag") : String(number));
}
