// @ts-check
import { element, part } from "./dom.js";
import { outlineOptions } from "./outlines.js";
import { paintOptions } from "./paint.js";
import { polygonOptions } from "./polygons.js";
import { windowOptions } from "./window.js";
/** @import { Editor } from "../editor.js" */
/** @import { Preferences } from "../preferences.js" */

/**
 * What stands in the bar above the picture while one of `tools` is in hand: a hint, or the tool's controls.
 * The bar is one line of 40 px and scrolls sideways; wrap each control with its words in a `label`, groups in `.segmented`.
 * @typedef {{tools: readonly string[], content: HTMLElement}} ToolOptions
 */

/**
 * Every tool's entry in the bar. A tool with controls replaces its hint here; it builds its element in a module of its own under panel/.
 * @param {Editor} editor
 * @param {Preferences} preferences
 * @returns {ToolOptions[]}
 */
export function makeOptions(editor, preferences) {
  return [
    { tools: ["select"], content: hint("Click to select, drag to move, pull handles to reshape. Shift adds to the selection.") },
    { tools: ["box"], content: hint("Drag, or click two corners. Shift makes a square.") },
    { tools: ["template"], content: hint("Click to place a box of the size made last.") },
    ...(editor.draws("mask") ? paintOptions(editor, preferences) : []),
    ...(editor.draws("polygon") ? polygonOptions(editor) : []),
    ...outlineOptions(),
    ...windowOptions(editor),
    { tools: ["pan"], content: hint("Drag to move the view. Space lends this hand to every tool.") },
  ];
}

/** @param {string} words */
export function hint(words) {
  return element("p", { class: "option-hint" }, words);
}

/** Shows the options of the tool in hand. @param {Editor} editor @param {readonly ToolOptions[]} all */
export function showOptions(editor, all) {
  const bar = part("options");
  for (const { tools, content } of all) {
    content.dataset["tools"] = tools.join(" ");
    content.hidden = true;
    bar.append(content);
  }
  const follow = () => {
    for (const { tools, content } of all) content.hidden = !tools.includes(editor.session.state.tool);
  };
  editor.session.changed.on((fields) => fields.has("tool") && follow());
  follow();
}
