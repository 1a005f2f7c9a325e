// @ts-check
import { LARGEST_NIB, setPaint } from "../commands/masks.js";
import { element, setText } from "./dom.js";
/** @import { Editor } from "../editor.js" */
/** @import { Preferences } from "../preferences.js" */
/** @import { Paint } from "../session.js" */
/** @import { ToolOptions } from "./options.js" */

const PAINTERS = ["brush", "eraser"];
const ALL = [...PAINTERS, "fill-rectangle", "fill-polygon", "bucket", "wand"];

/** Sliders move by steps that feel alike: the brush's runs from 1 to 1000 px on a curve. */
const CURVE = 3;
const toSlider = (/** @type {number} */ size) => Math.round(100 * (size / LARGEST_NIB) ** (1 / CURVE));
const toSize = (/** @type {number} */ place) => Math.max(1, Math.round(LARGEST_NIB * (place / 100) ** CURVE));

/**
 * The bar of the tools that paint: size and shape of the brush, tolerance of the wand, what paint may cover, opacity.
 * A person's choice is kept for the next time.
 * @param {Editor} editor
 * @param {Preferences} preferences
 * @returns {ToolOptions[]}
 */
export function paintOptions(editor, preferences) {
  const { session } = editor;
  setPaint(session, keptOf(preferences.get("brush") ?? {}, session.state.paint));
  /** @type {((paint: Paint) => void)[]} */
  const followers = [];
  const set = (/** @type {Partial<Paint>} */ change) => {
    setPaint(session, change);
    editor.ui.focusStage();
  };
  const content = element("div", {},
    only(editor, PAINTERS, slider(followers, "Size", "px", [1, 100], (paint) => paint.size, toSlider, (place) => setPaint(session, { size: toSize(place) }))),
    only(editor, PAINTERS, choice(followers, "Shape of the brush", [["round", "Round"], ["square", "Square"]], (paint) => paint.nib, (nib) => set({ nib }))),
    only(editor, ["wand"], slider(followers, "Tolerance", "", [0, 255], (paint) => paint.tolerance, Number, (tolerance) => setPaint(session, { tolerance }))),
    choice(followers, "What paint covers", [["any", "Over all"], ["background", "Background"]], (paint) => paint.over, (over) => set({ over })),
    slider(followers, "Opacity", "%", [0, 100], (paint) => Math.round(100 * paint.opacity), Number, (percent) => setPaint(session, { opacity: percent / 100 })),
    only(editor, ["bucket"], element("span", { class: "option-hint" }, "A click on a piece of the same label fills its holes.")),
    only(editor, ["wand"], element("span", { class: "option-hint" }, "Drag right for more; Alt erases.")),
    only(editor, ["fill-polygon"], element("span", { class: "option-hint" }, "Click corners or draw by hand; Enter closes.")),
    only(editor, ALL.filter((tool) => tool !== "wand"), element("span", { class: "option-hint" }, "Alt or the right button erases.")),
  );
  const follow = () => followers.forEach((show) => show(session.state.paint));
  session.changed.on((fields) => {
    if (!fields.has("paint")) return;
    follow();
    preferences.set("brush", { ...session.state.paint });
  });
  follow();
  return [{ tools: ALL, content }];
}

/** What of a person's earlier choice still makes sense. @param {Record<string, unknown>} kept @param {Paint} usual @returns {Paint} */
function keptOf(kept, usual) {
  const within = (/** @type {unknown} */ value, /** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ otherwise) =>
    typeof value === "number" && value >= low && value <= high ? value : otherwise;
  return {
    size: Math.round(within(kept["size"], 1, LARGEST_NIB, usual.size)),
    nib: kept["nib"] === "square" ? "square" : usual.nib,
    over: kept["over"] === "background" ? "background" : usual.over,
    tolerance: Math.round(within(kept["tolerance"], 0, 255, usual.tolerance)),
    opacity: within(kept["opacity"], 0, 1, usual.opacity),
  };
}

/** Shows a control while one of the tools is in hand. @template {HTMLElement} E @param {Editor} editor @param {readonly string[]} tools @param {E} control @returns {E} */
function only(editor, tools, control) {
  const follow = () => {
    control.hidden = !tools.includes(editor.session.state.tool);
  };
  editor.session.changed.on((fields) => fields.has("tool") && follow());
  follow();
  return control;
}

/**
 * @param {((paint: Paint) => void)[]} followers
 * @param {string} words
 * @param {string} unit
 * @param {[number, number]} range of the slider
 * @param {(paint: Paint) => number} read the value shown
 * @param {(value: number) => number} place where the slider stands for a value
 * @param {(place: number) => void} moved
 */
function slider(followers, words, unit, [min, max], read, place, moved) {
  const input = element("input", { type: "range", min: String(min), max: String(max), "aria-label": words });
  const output = element("output", { class: "option-value" });
  input.addEventListener("input", () => moved(input.valueAsNumber));
  followers.push((paint) => {
    const value = read(paint);
    if (document.activeElement !== input) input.value = String(place(value));
    input.setAttribute("aria-valuetext", `${value} ${unit}`.trim());
    setText(output, `${value} ${unit}`.trim());
  });
  return element("label", {}, element("span", {}, words), input, output);
}

/**
 * @template {string} V
 * @param {((paint: Paint) => void)[]} followers
 * @param {string} words
 * @param {readonly (readonly [V, string])[]} values
 * @param {(paint: Paint) => V} read
 * @param {(value: V) => void} chosen
 */
function choice(followers, words, values, read, chosen) {
  const buttons = values.map(([value, name]) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, name);
    button.addEventListener("click", () => chosen(value));
    followers.push((paint) => button.setAttribute("aria-pressed", String(read(paint) === value)));
    return button;
  });
  return element("div", { class: "segmented", role: "group", "aria-label": words }, ...buttons);
}
