import assert from "node:assert/strict";
import test from "node:test";
import * as geometry from "../../../static/editor/geometry.js";
import { fitBox, keepInSight, toImage, toScreen, Viewport, zoomAt } from "../../../static/editor/viewport.js";
import { SpatialIndex } from "../../../static/editor/spatial.js";
import { seeded } from "./support.js";

const near = (a, b, slack = 1e-6) => assert.ok(Math.abs(a - b) <= slack, `${a} is not ${b}`);

test("screen and image coordinates are each other's inverse", () => {
  const random = seeded(3);
  for (let turn = 0; turn < 500; turn++) {
    const view = { scale: 0.02 + random() * 60, x: random() * 900 - 400, y: random() * 900 - 400, turn: turn % 4, flip: turn % 8 > 3 };
    const point = { x: random() * 4000, y: random() * 4000 };
    const back = toImage(view, toScreen(view, point));
    near(back.x, point.x, 1e-6);
    near(back.y, point.y, 1e-6);
  }
});

test("zooming keeps the point under the cursor", () => {
  const random = seeded(4);
  for (let turn = 0; turn < 500; turn++) {
    const view = { scale: 0.1 + random() * 5, x: random() * 500, y: random() * 500, turn: turn % 4, flip: turn % 8 > 3 };
    const screen = { x: random() * 900, y: random() * 700 };
    const before = toImage(view, screen);
    const after = toImage(zoomAt(view, screen, 0.5 + random() * 2), screen);
    near(after.x, before.x, 1e-6);
    near(after.y, before.y, 1e-6);
  }
});

test("fit shows the whole box in the middle", () => {
  const view = fitBox({ x: 0, y: 0, width: 200, height: 100 }, { width: 432, height: 332 }, 16);
  assert.deepEqual(view, { scale: 2, x: 16, y: 66, turn: 0, flip: false });
});

test("a quarter turn clockwise shows the left side on top, mirrored or not", () => {
  const box = { x: 0, y: 0, width: 200, height: 100 };
  const stage = { width: 132, height: 232 };
  const turned = fitBox(box, stage, 16, { turn: 1, flip: false });
  assert.deepEqual(toScreen(turned, { x: 0, y: 100 }), { x: 16, y: 16 });
  assert.deepEqual(toScreen(turned, { x: 200, y: 0 }), { x: 116, y: 216 });
  const mirrored = fitBox(box, stage, 16, { turn: 1, flip: true });
  assert.deepEqual(toScreen(mirrored, { x: 200, y: 100 }), { x: 16, y: 16 });
});

test("the image never leaves the stage altogether", () => {
  const kept = keepInSight({ scale: 1, x: 5000, y: -5000, turn: 0, flip: false }, { width: 100, height: 100 }, { width: 400, height: 300 });
  assert.deepEqual(kept, { scale: 1, x: 352, y: -52, turn: 0, flip: false });
});

test("a fitted view stays fitted when the stage changes, a chosen one keeps its middle", () => {
  const viewport = new Viewport();
  viewport.resize({ width: 232, height: 132 });
  viewport.show({ width: 100, height: 100 });
  assert.equal(viewport.view.scale, 1);
  viewport.resize({ width: 432, height: 232 });
  assert.equal(viewport.view.scale, 2);
  viewport.zoom({ x: 216, y: 116 }, 2);
  viewport.resize({ width: 532, height: 232 });
  assert.equal(viewport.view.scale, 4);
  assert.deepEqual(toImage(viewport.view, { x: 266, y: 116 }), { x: 50, y: 50 });
});

test("even-odd leaves holes out", () => {
  const rings = [[[0, 0], [10, 0], [10, 10], [0, 10]], [[4, 4], [6, 4], [6, 6], [4, 6]]];
  assert.equal(geometry.ringsContain(rings, { x: 2, y: 2 }), true);
  assert.equal(geometry.ringsContain(rings, { x: 5, y: 5 }), false);
  assert.equal(geometry.ringsContain(rings, { x: 11, y: 5 }), false);
});

test("the distance to a segment is that to its nearest point", () => {
  near(geometry.distanceToSegment({ x: 5, y: 3 }, { x: 0, y: 0 }, { x: 10, y: 0 }), 3);
  near(geometry.distanceToSegment({ x: 13, y: 4 }, { x: 0, y: 0 }, { x: 10, y: 0 }), 5);
  near(geometry.distanceToSegment({ x: 3, y: 4 }, { x: 0, y: 0 }, { x: 0, y: 0 }), 5);
});

test("a clamped move never leaves the image", () => {
  const random = seeded(5);
  const size = { width: 300, height: 200 };
  for (let turn = 0; turn < 500; turn++) {
    const width = 1 + random() * 200;
    const height = 1 + random() * 150;
    const box = { x: random() * (300 - width), y: random() * (200 - height), width, height };
    const { x, y } = geometry.clampDelta(box, { x: random() * 1000 - 500, y: random() * 1000 - 500 }, size);
    assert.ok(box.x + x >= -1e-9 && box.y + y >= -1e-9 && box.x + x + width <= 300 + 1e-9 && box.y + y + height <= 200 + 1e-9);
  }
});

test("the spatial index finds all that touch an area", () => {
  const random = seeded(6);
  const index = new SpatialIndex({ width: 1000, height: 700 });
  const boxes = new Map();
  for (let turn = 0; turn < 600; turn++) {
    const id = `b${Math.floor(random() * 150)}`;
    const box = { x: random() * 1000, y: random() * 700, width: random() ** 3 * 500, height: random() ** 3 * 400 };
    if (random() < 0.25) {
      boxes.delete(id);
      index.delete(id);
    } else {
      boxes.set(id, box);
      index.set(id, box);
    }
    const area = { x: random() * 1100 - 50, y: random() * 800 - 50, width: random() * 200, height: random() * 200 };
    const found = index.query(area);
    for (const [other, bounds] of boxes) if (geometry.boxesTouch(bounds, area)) assert.ok(found.has(other));
    for (const other of found) assert.ok(boxes.has(other));
  }
});
