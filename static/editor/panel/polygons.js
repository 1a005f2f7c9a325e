// @ts-check
import { countPoints } from "../shapes/polygon.js";
import { TOLERANCES } from "../tools/simplify.js";
import { element, icon, setText } from "./dom.js";
/** @import { Editor } from "../editor.js" */

/** Steps of the slider: tolerances grow by the same factor from one to the next. */
const STEPS = 100;

/** @param {string} command @param {string} name @param {string} words @param {boolean} [toggles] */
export function action(command, name, words, toggles = false) {
  const attributes = { type: "button", class: "button button-small option-action", "data-command": command, "aria-pressed": toggles ? "false" : null };
  return element("button", attributes, icon(name), element("span", {}, words));
}

/** @param {string} words */
function hint(words) {
  return element("p", { class: "option-hint" }, words);
}

/** What stands above the picture while a polygon tool is in hand. @param {Editor} editor */
export function polygonOptions(editor) {
  const drawing = element("div", { role: "group", "aria-label": "Polygon" },
    action("outline.close", "check", "Close"), action("outline.back", "undo-2", "Point"),
    action("polygon.add", "squares-unite", "Add part", true), action("polygon.cut", "squares-subtract", "Cut hole", true),
    action("polygon.snap", "magnet", "Snap", true), action("polygon.follow", "route", "Follow", true),
    hint("Click or drag. Enter closes."),
  );
  const points = element("div", {}, hint("Click a side to add a point, a point to remove it. Drag a point to move it."));
  const splitting = element("div", { role: "group", "aria-label": "Cut apart" },
    action("outline.close", "check", "Cut"), action("outline.back", "undo-2", "Point"),
    hint("Draw a line right across a polygon, by clicks or by one drag."),
  );
  return [
    { tools: ["polygon"], content: drawing },
    { tools: ["points"], content: points },
    { tools: ["split"], content: splitting },
    { tools: ["simplify"], content: simplifying(editor) },
  ];
}

/** @param {Editor} editor */
function simplifying(editor) {
  const { session } = editor;
  const range = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: "0", max: String(STEPS), step: "1", "aria-label": "How far the outline may move" }));
  const tolerance = element("output", { class: "option-number" });
  const points = element("output", { class: "option-number" });
  const grow = Math.log(TOLERANCES.most / TOLERANCES.least) / STEPS;
  range.addEventListener("input", () => {
    const exact = TOLERANCES.least * Math.exp(Number(range.value) * grow);
    session.update({ outlining: { ...session.state.outlining, tolerance: Math.round(exact * 100) / 100 } });
  });
  const follow = () => {
    const { outlining, before, selection, tool } = session.state;
    if (tool !== "simplify") return;
    if (document.activeElement !== range) range.value = String(Math.round(Math.log(outlining.tolerance / TOLERANCES.least) / grow));
    setText(tolerance, `${outlining.tolerance.toLocaleString("en", { maximumFractionDigits: 2 })} px`);
    const after = [...selection].map((id) => editor.scene.shape(id)).reduce((sum, shape) => sum + (shape?.shape === "polygon" ? countPoints(shape) : 0), 0);
    const was = before?.reduce((sum, ring) => sum + ring.length, 0) ?? after;
    setText(points, `${was.toLocaleString("en")} → ${after.toLocaleString("en")} points`);
  };
  session.changed.on(follow);
  editor.edited.on(follow);
  return element("div", { role: "group", "aria-label": "Simplify" },
    element("label", {}, "Tolerance", range), tolerance, points,
    action("outline.close", "check", "Keep"), action("cancel", "x", "Cancel"),
  );
}

/** Whether a toggle of the polygon tools is on; `null` for what is none. @param {Editor} editor @param {string} id */
export function polygonPressed(editor, id) {
  const { mode, snaps, follows } = editor.session.state.outlining;
  const states = /** @type {Record<string, boolean>} */ ({ "polygon.add": mode === "add", "polygon.cut": mode === "cut", "polygon.snap": snaps, "polygon.follow": follows });
  return states[id] ?? null;
}
