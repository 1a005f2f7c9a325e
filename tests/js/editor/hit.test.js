import assert from "node:assert/strict";
import test from "node:test";
import { cursorFor, hitTest } from "../../../static/editor/hit.js";
import { Scene } from "../../../static/editor/scene.js";
import { box, documentOf, seeded } from "./support.js";

const scene = (...regions) => new Scene({ width: 400, height: 300 }, documentOf(...regions));
const options = (more = {}) => ({ scale: 1, tolerance: 6, selected: new Set(), hidden: new Set(), locked: null, ...more });
const hit = (where, x, y, more) => hitTest(where, { x, y }, options(more));

test("vertex comes before edge, edge before body", () => {
  const one = scene(box("a", 100, 100, 100, 100));
  const selected = new Set(["a"]);
  assert.deepEqual(hit(one, 103, 98, { selected }), { kind: "vertex", id: "a", index: 0 });
  assert.deepEqual(hit(one, 150, 103, { selected }), { kind: "edge", id: "a", index: 0 });
  assert.deepEqual(hit(one, 197, 150, { selected }), { kind: "edge", id: "a", index: 1 });
  assert.deepEqual(hit(one, 150, 150, { selected }), { kind: "body", id: "a", index: 0 });
  assert.equal(hit(one, 90, 150, { selected }), null);
});

test("the selected region wins, then the smallest", () => {
  const nested = scene(box("big", 0, 0, 300, 200), box("small", 50, 50, 40, 40));
  assert.equal(hit(nested, 70, 70).id, "small");
  assert.equal(hit(nested, 70, 70, { selected: new Set(["big"]) }).id, "big");
  assert.equal(hit(nested, 150, 150).id, "big");
});

test("an unselected region offers grips only if there is room", () => {
  assert.equal(hit(scene(box("a", 100, 100, 100, 100)), 100, 100).kind, "vertex");
  assert.equal(hit(scene(box("a", 100, 100, 15, 15)), 100, 100).kind, "body");
});

test("the middle of a small selected box still moves it", () => {
  const small = scene(box("a", 100, 100, 16, 16));
  assert.equal(hit(small, 108, 108, { selected: new Set(["a"]) }).kind, "body");
});

test("tolerance is in screen pixels", () => {
  const one = scene(box("a", 100, 100, 100, 100));
  const selected = new Set(["a"]);
  assert.equal(hit(one, 95, 150, { selected, scale: 1 }).kind, "edge");
  assert.equal(hit(one, 95, 150, { selected, scale: 4 }), null);
  assert.equal(hit(one, 80, 150, { selected, scale: 0.25 }).kind, "edge");
});

test("hidden regions are not hit, locked ones have no grips", () => {
  const one = scene(box("a", 100, 100, 100, 100));
  assert.equal(hit(one, 150, 150, { hidden: new Set(["a"]) }), null);
  assert.deepEqual(hit(one, 101, 101, { selected: new Set(["a"]), locked: new Set(["a"]) }), { kind: "body", id: "a", index: 0 });
});

test("the hit among many is the same as without an index", () => {
  const random = seeded(21);
  const boxes = Array.from({ length: 300 }, (_, index) => box(`b${index}`, random() * 350, random() * 250, 2 + random() * 48, 2 + random() * 48));
  const many = scene(...boxes);
  for (let turn = 0; turn < 400; turn++) {
    const point = { x: random() * 400, y: random() * 300 };
    const inside = boxes.filter((one) => point.x >= one.x && point.x <= one.x + one.width && point.y >= one.y && point.y <= one.y + one.height);
    const smallest = inside.sort((a, b) => a.width * a.height - b.width * b.height)[0];
    if (smallest) assert.equal(hit(many, point.x, point.y).id, smallest.id);
  }
});

test("the cursor tells what a press would do", () => {
  const shape = box("a", 0, 0, 9, 9);
  const upright = { turn: 0, flip: false };
  assert.equal(cursorFor(null, undefined, upright), "default");
  assert.equal(cursorFor({ kind: "body", id: "a", index: 0 }, shape, upright), "move");
  assert.equal(cursorFor({ kind: "vertex", id: "a", index: 1 }, shape, upright), "nesw-resize");
  assert.equal(cursorFor({ kind: "edge", id: "a", index: 3 }, shape, upright), "ew-resize");
});

test("the cursor follows a turned or mirrored view", () => {
  const shape = box("a", 0, 0, 9, 9);
  const cursor = (kind, index, turn, flip) => cursorFor({ kind, id: "a", index }, shape, { turn, flip });
  assert.deepEqual([0, 1, 2, 3].map((turn) => cursor("vertex", 0, turn, false)), ["nwse-resize", "nesw-resize", "nwse-resize", "nesw-resize"]);
  assert.deepEqual([0, 1, 2, 3].map((turn) => cursor("vertex", 0, turn, true)), ["nesw-resize", "nwse-resize", "nesw-resize", "nwse-resize"]);
  assert.deepEqual([0, 1].map((turn) => cursor("edge", 0, turn, true)), ["ns-resize", "ew-resize"]);
});
