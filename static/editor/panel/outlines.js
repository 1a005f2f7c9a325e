// @ts-check
import { element } from "./dom.js";
import { action } from "./polygons.js";

/** What stands above the picture while a smart outline is made. */
export function outlineOptions() {
  const prompting = element("div", { role: "group", "aria-label": "Outline in a box" },
    action("outline.close", "check", "Take it"), action("outline.back", "undo-2", "Point"),
    element("p", { class: "option-hint" }, "Drag a box around one thing. Click what is missing, Alt+click what is too much."),
  );
  const tracing = element("div", { role: "group", "aria-label": "Scissors" },
    action("outline.close", "check", "Close"), action("outline.back", "undo-2", "Point"),
    element("p", { class: "option-hint" }, "Click along the edge of a thing: the outline follows it."),
  );
  return [{ tools: ["scissors"], content: tracing }, { tools: ["outline"], content: prompting }];
}
