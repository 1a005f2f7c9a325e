// @ts-check
import { element, icon } from "./dom.js";
/** @import { Editor } from "../editor.js" */
/** @import { Entry } from "../pager.js" */

const STATES = { open: "", sent: "submitted", done: "submitted", lost: "taken by somebody else" };

/**
 * The filmstrip: what was answered last, then the page.
 * @param {Editor} editor
 * @param {HTMLElement} strip
 */
export function showStrip(editor, strip) {
  const render = () => {
    const entries = [...editor.desk.recent, ...editor.desk.pager.current];
    strip.replaceChildren(...entries.map((entry) => frame(entry, entry === editor.entry)));
    strip.hidden = entries.length < 2;
    strip.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  strip.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-task]") : null;
    const code = target?.getAttribute("data-task");
    const entry = [...editor.desk.recent, ...editor.desk.pager.current].find((other) => other.task.code === code);
    if (!entry) return;
    editor.open(entry);
    if (/** @type {MouseEvent} */ (event).detail > 0) editor.ui.focusStage();
  });
  editor.opened.on(render);
  editor.desk.changed.on(render);
  editor.desk.pager.changed.on(render);
  render();
}

/** @param {Entry} entry @param {boolean} current */
function frame(entry, current) {
  const { image, code } = entry.task;
  const state = entry.skipped && entry.state !== "open" ? "skipped" : STATES[entry.state];
  const picture = element("img", { src: image.thumbnail_url || image.url, alt: "", loading: "lazy", draggable: "false" });
  const button = element("button", {
    type: "button", class: "strip-frame", "data-task": code, "data-state": state || "open", "aria-current": current ? "true" : null,
    "aria-label": [image.name, state].filter(Boolean).join(", "), title: state ? `${image.name}: ${state}` : image.name,
  }, picture);
  if (state) button.append(element("span", { class: "strip-mark" }, icon(state === "skipped" ? "skip-forward" : state === "submitted" ? "check" : "ban")));
  return element("li", {}, button);
}
