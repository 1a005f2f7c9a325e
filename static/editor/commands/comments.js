// @ts-check
import { kindOf } from "../shapes/index.js";
/** @import { Command } from "../keymap.js" */
/** @import { Looker } from "../types.js" */

/**
 * Begins a comment: on the selected region, else where the next click is, and, asked twice, on the whole image.
 * @param {Looker} editor
 */
function comment(editor) {
  const { session, scene, machine } = editor;
  const [id, more] = editor.selected();
  const shape = id && !more ? scene.shape(id) : undefined;
  if (shape) {
    const { x, y, width } = kindOf(shape).bounds(shape);
    session.update({ pin: { x: x + width, y, region: shape.id } });
  } else if (session.state.tool === "comment") {
    machine.switch("select");
    session.update({ pin: { x: null, y: null, region: "" } });
  } else {
    machine.switch("comment");
    editor.say("Click what the comment is about. Press Alt+C again to comment on the whole image.");
  }
}

/** @type {readonly Command<Looker>[]} */
export const COMMENT_COMMANDS = [
  { id: "comment.new", title: "Comment on a region, a point or the image", group: "Region", keys: ["Alt+C"], when: (editor) => editor.entry !== null, run: comment },
];
