// @ts-check
/** @import { Editor } from "../editor.js" */
/** @import { Session, Paint } from "../session.js" */
/** @import { Command } from "../keymap.js" */

export const LARGEST_NIB = 1000;

const paints = (/** @type {Editor} */ editor) => editor.editable && editor.draws("mask");

/** A size that is a pixel larger or smaller up to 32 px, and an eighth beyond. @param {number} size @param {1 | -1} way */
export function nextSize(size, way) {
  const step = size + way > 32 ? Math.round(size / 8) : 1;
  return Math.max(1, Math.min(LARGEST_NIB, size + way * step));
}

/** @param {Session} session @param {Partial<Paint>} change */
export function setPaint(session, change) {
  const paint = { ...session.state.paint, ...change };
  const { sketch } = session.state;
  session.update(sketch?.kind === "nib" ? { paint, sketch: { ...sketch, size: paint.size, nib: paint.nib } } : { paint });
}

/** @param {Session} session @param {1 | -1} way */
export function changeSize(session, way) {
  setPaint(session, { size: nextSize(session.state.paint.size, way) });
}

/** @param {Editor} editor @param {1 | -1} way */
function resize(editor, way) {
  changeSize(editor.session, way);
  editor.say(`Brush: ${editor.session.state.paint.size} px`);
}

/** @param {Editor} editor */
function toggleNib(editor) {
  const nib = editor.session.state.paint.nib === "round" ? "square" : "round";
  setPaint(editor.session, { nib });
  editor.say(nib === "round" ? "Round brush." : "Square brush.");
}

/** @param {Editor} editor */
function toggleOver(editor) {
  const over = editor.session.state.paint.over === "any" ? "background" : "any";
  setPaint(editor.session, { over });
  editor.say(over === "any" ? "Paints over other masks." : "Paints on background only; other masks stay.");
}

/** @param {Editor} editor @param {number} change */
function fade(editor, change) {
  const opacity = Math.round(Math.max(0, Math.min(1, editor.session.state.paint.opacity + change)) * 100) / 100;
  setPaint(editor.session, { opacity });
  editor.say(`Masks: ${Math.round(100 * opacity)} % opaque`);
}

/** @param {Editor} editor @param {number} change */
function tolerate(editor, change) {
  const tolerance = Math.max(0, Math.min(255, editor.session.state.paint.tolerance + change));
  setPaint(editor.session, { tolerance });
  editor.say(`Wand: tolerance ${tolerance}`);
}

/** @param {string} name @param {string} title @param {string} key @returns {Command<Editor>} */
function tool(name, title, key) {
  return { id: `tool.${name}`, title, group: "Tools", keys: [key], when: paints, run: (editor) => editor.machine.switch(name) };
}

/** @type {readonly Command<Editor>[]} */
export const MASK_COMMANDS = [
  tool("brush", "Paint with a brush", "B"),
  tool("eraser", "Erase", "Shift+B"),
  tool("fill-rectangle", "Fill a rectangle", "Shift+R"),
  tool("fill-polygon", "Fill a polygon", "Shift+P"),
  tool("bucket", "Fill what is connected, or holes", "Shift+G"),
  tool("wand", "Take connected pixels of like colour", "W"),
  { id: "paint.smaller", title: "Smaller brush", group: "Painting", keys: ["["], repeat: true, when: paints, run: (editor) => resize(editor, -1) },
  { id: "paint.larger", title: "Larger brush", group: "Painting", keys: ["]"], repeat: true, when: paints, run: (editor) => resize(editor, 1) },
  { id: "paint.nib", title: "Round or square brush", group: "Painting", keys: ["Shift+Q"], when: paints, run: toggleNib },
  { id: "paint.over", title: "Paint over background only, or over any mask", group: "Painting", keys: ["Q"], when: paints, run: toggleOver },
  { id: "paint.tolerate-less", title: "Wand: less tolerance", group: "Painting", keys: ["Alt+ArrowLeft"], repeat: true, when: paints, run: (editor) => tolerate(editor, -4) },
  { id: "paint.tolerate-more", title: "Wand: more tolerance", group: "Painting", keys: ["Alt+ArrowRight"], repeat: true, when: paints, run: (editor) => tolerate(editor, 4) },
  { id: "paint.fainter", title: "Masks fainter", group: "Painting", keys: ["Alt+ArrowDown"], repeat: true, when: paints, run: (editor) => fade(editor, -0.1) },
  { id: "paint.stronger", title: "Masks stronger", group: "Painting", keys: ["Alt+ArrowUp"], repeat: true, when: paints, run: (editor) => fade(editor, 0.1) },
];
