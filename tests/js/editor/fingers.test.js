// Who gets a pointer: the tool, the view, or nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fingers } from "../../../static/editor/fingers.js";

const touch = (id) => ({ id, type: "touch" });
const pen = { id: 9, type: "pen" };

test("one finger draws; a second one takes the view until both are up", () => {
  const fingers = new Fingers();
  assert.equal(fingers.down(touch(1), { x: 0, y: 0 }), "tool");
  assert.equal(fingers.move(touch(1), { x: 5, y: 0 }), "tool");
  assert.equal(fingers.down(touch(2), { x: 15, y: 0 }), "view");
  assert.deepEqual(fingers.move(touch(2), { x: 25, y: 0 }), { pan: { x: 5, y: 0 }, middle: { x: 15, y: 0 }, factor: 2 });
  assert.equal(fingers.up(touch(1)), "view");
  assert.deepEqual(fingers.move(touch(2), { x: 28, y: 4 }), { pan: { x: 3, y: 4 }, middle: { x: 28, y: 4 }, factor: 1 });
  assert.equal(fingers.up(touch(2)), "view");
  assert.equal(fingers.down(touch(3), { x: 0, y: 0 }), "tool");
});

test("once a pen was seen, fingers move the view, and a palm beside the pen does nothing", () => {
  const fingers = new Fingers();
  assert.equal(fingers.down(pen, { x: 0, y: 0 }), "tool");
  assert.equal(fingers.down(touch(1), { x: 50, y: 50 }), "nobody");
  assert.equal(fingers.move(touch(1), { x: 60, y: 50 }), "nobody");
  assert.equal(fingers.move(pen, { x: 3, y: 3 }), "tool");
  assert.equal(fingers.up(touch(1)), "nobody");
  assert.equal(fingers.up(pen), "tool");
  assert.equal(fingers.down(touch(2), { x: 10, y: 10 }), "view");
  assert.deepEqual(fingers.move(touch(2), { x: 14, y: 11 }), { pan: { x: 4, y: 1 }, middle: { x: 14, y: 11 }, factor: 1 });
  assert.equal(fingers.up(touch(2)), "view");
});

test("a mouse is never a finger, and a lost window forgets all", () => {
  const fingers = new Fingers();
  assert.deepEqual([fingers.down({ id: 1, type: "mouse" }, { x: 0, y: 0 }), fingers.up({ id: 1, type: "mouse" })], ["tool", "tool"]);
  fingers.down(touch(1), { x: 0, y: 0 });
  fingers.down(touch(2), { x: 9, y: 0 });
  fingers.forget();
  assert.equal(fingers.down(touch(3), { x: 0, y: 0 }), "tool");
});
