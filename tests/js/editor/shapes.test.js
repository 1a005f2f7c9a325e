import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { kindOf } from "../../../static/editor/shapes/index.js";
import { pack, unpack } from "../../../static/editor/shapes/rle.js";
import { box, seeded } from "./support.js";

const LIMITS = { width: 200, height: 100 };
/** Masks written by pycocotools, with its own areas and boxes. */
const MASKS = JSON.parse(readFileSync(new URL("./rle.json", import.meta.url), "utf8"));

test("reshaping a box keeps it inside the image and never without size", () => {
  const random = seeded(11);
  for (let turn = 0; turn < 2000; turn++) {
    const width = 1 + random() * 99;
    const height = 1 + random() * 49;
    const shape = box("a", random() * (200 - width), random() * (100 - height), width, height);
    const grip = { kind: random() < 0.5 ? "vertex" : "edge", index: Math.floor(random() * 4) };
    const delta = { x: random() * 500 - 250, y: random() * 300 - 150 };
    const mods = { shift: random() < 0.5, alt: false, ctrl: false };
    const after = kindOf(shape).reshape(shape, grip, delta, LIMITS, mods);
    assert.equal(kindOf(after).problem(after, LIMITS), null, JSON.stringify({ shape, grip, delta, after }));
  }
});

test("each of the eight handles moves its own sides", () => {
  const shape = box("a", 50, 30, 40, 20);
  const after = (kind, index) => {
    const { x, y, width, height } = kindOf(shape).reshape(shape, { kind, index }, { x: 5, y: 7 }, LIMITS);
    return [x, y, width, height];
  };
  assert.deepEqual(after("vertex", 0), [55, 37, 35, 13]);
  assert.deepEqual(after("vertex", 1), [50, 37, 45, 13]);
  assert.deepEqual(after("vertex", 2), [50, 30, 45, 27]);
  assert.deepEqual(after("vertex", 3), [55, 30, 35, 27]);
  assert.deepEqual(after("edge", 0), [50, 37, 40, 13]);
  assert.deepEqual(after("edge", 1), [50, 30, 45, 20]);
  assert.deepEqual(after("edge", 2), [50, 30, 40, 27]);
  assert.deepEqual(after("edge", 3), [55, 30, 35, 20]);
});

test("a handle dragged past the other side turns the box over", () => {
  const after = kindOf({ shape: "box" }).reshape(box("a", 50, 30, 40, 20), { kind: "edge", index: 3 }, { x: 60, y: 0 }, LIMITS);
  assert.deepEqual([after.x, after.width], [90, 20]);
});

test("shift keeps the proportions of a corner drag", () => {
  const mods = { shift: true, alt: false, ctrl: false };
  const after = kindOf({ shape: "box" }).reshape(box("a", 50, 30, 40, 20), { kind: "vertex", index: 2 }, { x: 20, y: 1 }, LIMITS, mods);
  assert.deepEqual([after.width, after.height], [60, 30]);
});

test("a box has eight grips, a polygon one per point, a mask none", () => {
  const polygon = { shape: "polygon", parts: [[[0, 0], [9, 0], [9, 9]], [[2, 2], [3, 2], [3, 3]]] };
  assert.equal(kindOf({ shape: "box" }).grips(box("a", 0, 0, 9, 9)).length, 8);
  assert.equal(kindOf(polygon).grips(polygon).length, 6);
  assert.deepEqual(kindOf({ shape: "mask" }).grips({}), []);
});

test("a polygon's holes count in area and hits", () => {
  const polygon = { shape: "polygon", parts: [[[0, 0], [10, 0], [10, 10], [0, 10]], [[4, 4], [6, 4], [6, 6], [4, 6]]] };
  const kind = kindOf(polygon);
  assert.equal(kind.area(polygon), 96);
  assert.equal(kind.contains(polygon, { x: 5, y: 5 }), false);
  assert.equal(kind.contains(polygon, { x: 1, y: 1 }), true);
  assert.deepEqual(kind.bounds(polygon), { x: 0, y: 0, width: 10, height: 10 });
});

test("moving a polygon's point or the whole of it stays inside the image", () => {
  const polygon = { shape: "polygon", parts: [[[10, 10], [60, 10], [60, 60]]] };
  const kind = kindOf(polygon);
  assert.deepEqual(kind.reshape(polygon, { kind: "vertex", index: 1 }, { x: 500, y: -500 }, LIMITS).parts, [[[10, 10], [200, 0], [60, 60]]]);
  assert.deepEqual(kind.translate(polygon, { x: -500, y: 20 }, LIMITS).parts, [[[0, 30], [50, 30], [50, 80]]]);
});

test("polygons without an area are refused", () => {
  const kind = kindOf({ shape: "polygon" });
  assert.equal(kind.problem({ shape: "polygon", parts: [[[0, 0], [1, 1]]] }, LIMITS), "Every part of a polygon needs at least three points.");
  assert.equal(kind.problem({ shape: "polygon", parts: [[[0, 0], [1, 1], [2, 2]]] }, LIMITS), "The outline crosses or touches itself.");
});

test("run lengths are those of pycocotools, there and back", () => {
  for (const { size, counts } of MASKS) {
    const [height, width] = size;
    const numbers = unpack(counts);
    assert.equal(numbers.reduce((sum, count) => sum + count, 0), height * width);
    assert.equal(pack(numbers), counts);
  }
});

test("random run lengths survive packing", () => {
  const random = seeded(12);
  for (let turn = 0; turn < 300; turn++) {
    const counts = Array.from({ length: 2 + Math.floor(random() * 30) }, () => Math.floor(random() ** 4 * 5_000_000));
    assert.deepEqual(unpack(pack(counts)), counts);
  }
});

test("a mask's area and bounds are those of pycocotools", () => {
  for (const { size, counts, area, box: [x, y, width, height] } of MASKS) {
    const mask = { shape: "mask", rle: { size, counts }, x, y, width, height };
    assert.equal(kindOf(mask).area(mask), area);
    if (area > 0) {
      const same = kindOf(mask).translate(mask, { x: 0, y: 0 }, { width: size[1], height: size[0] });
      assert.deepEqual({ ...same, rle: same.rle.counts }, { ...mask, rle: counts });
    }
  }
});

test("moving a mask there and back is exact, and hits move along", () => {
  const { size, counts, box: [x, y, width, height] } = MASKS.at(-1);
  const mask = { shape: "mask", rle: { size, counts }, x, y, width, height };
  const limits = { width: size[1], height: size[0] };
  const moved = kindOf(mask).translate(mask, { x: 13, y: -21 }, limits);
  assert.equal(kindOf(mask).contains(mask, { x: 200.5, y: 250.5 }), true);
  assert.equal(kindOf(moved).contains(moved, { x: 213.5, y: 229.5 }), true);
  assert.equal(kindOf(moved).contains(moved, { x: x + 1, y: 250 }), false);
  assert.equal(kindOf(moved).translate(moved, { x: -13, y: 21 }, limits).rle.counts, counts);
});
