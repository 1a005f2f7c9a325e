// @ts-check
import { edited } from "../edits.js";
import { clampPoint } from "../geometry.js";
import { step } from "../history.js";
import * as polygons from "../polygons.js";
import { countPoints, problem, reshape } from "../shapes/polygon.js";
import { toImage } from "../viewport.js";
/** @import { Editor } from "../editor.js" */
/** @import { Command } from "../keymap.js" */
/** @import { PolygonShape } from "../types.js" */
/** @import { Acts } from "../tools/tool.js" */

const ARROWS = /** @type {const} */ ([["ArrowLeft", "left", -1, 0], ["ArrowRight", "right", 1, 0], ["ArrowUp", "up", 0, -1], ["ArrowDown", "down", 0, 1]]);
/** Screen pixels from the middle to the corners of a polygon that is made by key. */
const FIRST_RADIUS = 40;

const draws = (/** @type {Editor} */ editor) => editor.editable && editor.draws("polygon");
const hasPolygon = (/** @type {Editor} */ editor) => draws(editor) && chosen(editor).length > 0;
const chosen = (/** @type {Editor} */ editor) => polygons.selectedPolygons(editor.scene, editor.session);

/** The polygon with chosen corners, and which they are. @param {Editor} editor @returns {{shape: PolygonShape, corners: ReadonlySet<number>} | null} */
function corners(editor) {
  const { corners: held, selection } = editor.session.state;
  const shape = held && draws(editor) && selection.has(held.id) ? polygons.freePolygon(editor.scene, editor.session, held.id) : undefined;
  const indexes = new Set([...(held?.indexes ?? [])].filter((index) => shape && index < countPoints(shape)));
  return shape && indexes.size > 0 ? { shape, corners: indexes } : null;
}

const hasCorners = (/** @type {Editor} */ editor) => !editor.machine.busy && corners(editor) !== null;

/** Says why nothing was done. @param {Editor} editor @param {string | null} wrong @param {string} [done] */
function tell(editor, wrong, done) {
  if (wrong) editor.say(wrong);
  else if (done) editor.say(done);
}

/**
 * What the tool at work does on a key.
 * @param {keyof Acts} act @param {string} id @param {string} title @param {string[]} keys
 * @returns {Command<Editor>}
 */
function act(act, id, title, keys) {
  return {
    id, title, group: "Polygons", keys, repeat: act !== "close" && act !== "flip",
    when: (editor) => editor.editable && editor.machine.active.acts?.[act] !== undefined,
    run: (editor) => editor.machine.active.acts?.[act]?.(),
  };
}

/** @param {string} name @param {string} title @param {string} key @returns {Command<Editor>} */
function tool(name, title, key) {
  return { id: `tool.${name}`, title, group: "Polygons", keys: [key], when: draws, run: (editor) => editor.machine.switch(name) };
}

/** @param {Editor} editor @param {"add" | "cut"} mode */
function toggleMode(editor, mode) {
  const { session } = editor;
  const next = session.state.outlining.mode === mode ? "new" : mode;
  if (next !== "new" && chosen(editor).length !== 1) return editor.say("Select one polygon first.");
  editor.machine.switch("polygon");
  session.update({ outlining: { ...session.state.outlining, mode: next } });
  editor.say({ new: "The next outline is a new polygon.", add: "The next outline is added to the selected polygon.", cut: "The next outline is cut out of the selected polygon." }[next]);
}

/** @param {Editor} editor @param {"snaps" | "follows"} what @param {[string, string]} words */
function toggle(editor, what, words) {
  const { outlining } = editor.session.state;
  editor.session.update({ outlining: { ...outlining, [what]: !outlining[what] } });
  editor.say(outlining[what] ? words[1] : words[0]);
}

/** A small polygon in the middle of the view, for work without a pointer. @param {Editor} editor */
function polygonInMiddle(editor) {
  const { scene, session, viewport } = editor;
  const { width, height } = viewport.stage;
  const ring = [[0, -1], [1, 0], [0, 1], [-1, 0]].map(([x = 0, y = 0]) => {
    const at = clampPoint(toImage(viewport.view, { x: width / 2 + x * FIRST_RADIUS, y: height / 2 + y * FIRST_RADIUS }), scene.size);
    return /** @type {const} */ ([at.x, at.y]);
  });
  session.update({ outlining: { ...session.state.outlining, mode: "new" } });
  tell(editor, polygons.addOutline(scene, session, ring, []));
  editor.machine.switch("select");
}

/** @param {Editor} editor @param {-1 | 1} direction */
function walkCorners(editor, direction) {
  const shape = chosen(editor)[0];
  if (!shape) return;
  const count = countPoints(shape);
  const now = editor.session.state.corners;
  const last = now?.id === shape.id ? [...now.indexes].at(-1) : undefined;
  const index = last === undefined ? (direction > 0 ? 0 : count - 1) : (last + direction + count) % count;
  editor.machine.switch("select");
  editor.session.select([shape.id]);
  editor.session.update({ corners: { id: shape.id, indexes: new Set([index]) } });
  const [x, y] = polygons.cornerAt(shape, index) ?? [0, 0];
  editor.say(`Point ${index + 1} of ${count}, at ${Math.round(x)}, ${Math.round(y)}`);
}

/** @param {Editor} editor @param {number} x @param {number} y image pixels */
function nudgeCorners(editor, x, y) {
  const held = corners(editor);
  if (!held) return;
  const { shape, corners: indexes } = held;
  const [index = 0] = indexes;
  const moved = reshape(shape, { kind: "vertex", index, also: indexes }, { x, y }, editor.scene.size);
  const wrong = problem(moved, editor.scene.size);
  if (wrong && problem(shape, editor.scene.size) === null) return editor.say(wrong);
  step(editor.scene.history, (put) => put(shape.id, { ...moved, origin: edited(shape.origin) }));
}

/** A point in the middle of the side after the chosen corner. @param {Editor} editor */
function insertCorner(editor) {
  const held = corners(editor);
  if (!held) return;
  const index = /** @type {number} */ ([...held.corners].at(-1));
  let first = 0;
  const ring = held.shape.parts.find((part) => (first += part.length) > index) ?? [];
  const at = index - (first - ring.length);
  const [a, b] = [ring[at] ?? [0, 0], ring[(at + 1) % ring.length] ?? [0, 0]];
  const middle = clampPoint({ x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 }, editor.scene.size);
  const shape = polygons.withPoint(held.shape, index, middle);
  const wrong = problem(shape, editor.scene.size);
  if (wrong) return editor.say(wrong);
  step(editor.scene.history, (put) => put(shape.id, { ...shape, origin: edited(shape.origin) }));
  editor.session.update({ corners: { id: shape.id, indexes: new Set([index + 1]) } });
}

/** @param {Editor} editor */
function deleteCorners(editor) {
  const held = corners(editor);
  if (!held) return;
  const wrong = polygons.removeCorners(editor.scene, editor.session, held.shape, held.corners);
  if (wrong) return editor.say(wrong);
  const next = Math.max(0, Math.min(...held.corners) - 1);
  editor.session.update({ corners: { id: held.shape.id, indexes: new Set([next]) } });
}

/** @param {Editor} editor */
function deletePart(editor) {
  const held = corners(editor);
  const index = [...(held?.corners ?? [])].at(-1);
  if (held && index !== undefined) tell(editor, polygons.removePart(editor.scene, editor.session, held.shape, index), "Part removed.");
  editor.session.update({ corners: null });
}

/** @param {Editor} editor */
function simplify(editor) {
  if (chosen(editor).length === 0) editor.say("Select the polygons to simplify first.");
  else editor.machine.switch("simplify");
}

/** They come before all others, because Enter, Backspace and the arrows mean the outline while there is one. @type {readonly Command<Editor>[]} */
export const POLYGON_COMMANDS = [
  tool("polygon", "Draw polygons", "P"),
  tool("points", "Add, remove and move points", "U"),
  tool("split", "Cut polygons apart along a line", "Shift+K"),
  { id: "tool.simplify", title: "Simplify the selected polygons", group: "Polygons", keys: ["Y"], when: draws, run: simplify },
  act("close", "outline.close", "Close the outline, keep the change", ["Enter"]),
  act("back", "outline.back", "Take back the last point", ["Backspace", "Ctrl+Z"]),
  act("forward", "outline.forward", "Bring back the point", ["Ctrl+Shift+Z", "Ctrl+Y"]),
  act("flip", "outline.flip", "Follow the border the other way round", ["X"]),
  act("more", "simplify.more", "Simplify more", ["ArrowRight", "ArrowUp"]),
  act("less", "simplify.less", "Simplify less", ["ArrowLeft", "ArrowDown"]),
  { id: "polygon.add", title: "Add a part to the selected polygon", group: "Polygons", keys: ["Alt+A"], when: draws, run: (editor) => toggleMode(editor, "add") },
  { id: "polygon.cut", title: "Cut a hole into the selected polygon", group: "Polygons", keys: ["Alt+X"], when: draws, run: (editor) => toggleMode(editor, "cut") },
  { id: "polygon.snap", title: "Snap to neighbours (Alt suspends)", group: "Polygons", keys: ["Alt+N"], when: draws, run: (editor) => toggle(editor, "snaps", ["Points snap to neighbours.", "Points no longer snap."]) },
  { id: "polygon.follow", title: "Follow a neighbour's border (or hold Shift)", group: "Polygons", keys: ["A"], when: draws, run: (editor) => toggle(editor, "follows", ["The outline follows borders between two points on them.", "The outline goes straight."]) },
  { id: "polygon.join", title: "Join the selected polygons", group: "Polygons", keys: ["Shift+J"], when: hasPolygon, run: (editor) => tell(editor, polygons.join(editor.scene, editor.session), "Joined.") },
  { id: "polygon.cut-others", title: "Cut the selection out of other polygons", group: "Polygons", keys: ["Shift+U"], when: hasPolygon, run: (editor) => tell(editor, polygons.cutFromOthers(editor.scene, editor.session), "Cut out.") },
  { id: "polygon.here", title: "Polygon in the middle of the view", group: "Polygons", keys: ["Shift+T"], when: draws, run: polygonInMiddle },
  { id: "corner.next", title: "Next point", group: "Polygons", keys: ["Alt+J"], repeat: true, when: hasPolygon, run: (editor) => walkCorners(editor, 1) },
  { id: "corner.previous", title: "Previous point", group: "Polygons", keys: ["Alt+K"], repeat: true, when: hasPolygon, run: (editor) => walkCorners(editor, -1) },
  { id: "corner.insert", title: "Insert a point after the chosen one", group: "Polygons", keys: ["Insert"], when: hasCorners, run: insertCorner },
  { id: "corner.delete", title: "Delete the chosen points", group: "Polygons", keys: ["Delete", "Backspace", "X"], when: hasCorners, run: deleteCorners },
  { id: "corner.delete-part", title: "Delete the part or hole of the chosen point", group: "Polygons", keys: ["Alt+Delete", "Alt+Backspace"], when: hasCorners, run: deletePart },
  ...ARROWS.flatMap(([key, way, x, y]) => [
    { id: `corner.${way}`, title: `Move the chosen points ${way} by 1 px`, group: "Polygons", keys: [key], repeat: true, when: hasCorners, run: (/** @type {Editor} */ editor) => nudgeCorners(editor, x, y) },
    { id: `corner.${way}-10`, title: `Move the chosen points ${way} by 10 px`, group: "Polygons", keys: [`Shift+${key}`], repeat: true, when: hasCorners, run: (/** @type {Editor} */ editor) => nudgeCorners(editor, 10 * x, 10 * y) },
  ]),
];
