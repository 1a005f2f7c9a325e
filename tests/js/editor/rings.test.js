import assert from "node:assert/strict";
import test from "node:test";
import { distance, distanceToSegment } from "../../../static/editor/geometry.js";
import { between, snap, withCorner } from "../../../static/editor/rings/borders.js";
import { boundsOfRings, nearestCorner, nearestSide } from "../../../static/editor/rings/nearest.js";
import { difference, union } from "../../../static/editor/rings/overlay.js";
import { thin } from "../../../static/editor/rings/simplify.js";
import { polygon, seeded } from "./support.js";

const square = (x, y, side) => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];

test("the nearest corner and side are those that looking at all of them finds", () => {
  const random = seeded(5);
  const ring = Array.from({ length: 300 }, (_, i) => [200 + (80 + 20 * random()) * Math.cos(i / 48), 150 + (80 + 20 * random()) * Math.sin(i / 48)]);
  const rings = [square(10, 10, 20), ring];
  const all = rings.flat().map(([x, y]) => ({ x, y }));
  for (let round = 0; round < 200; round++) {
    const point = { x: random() * 400, y: random() * 300 };
    const corner = nearestCorner(rings, point, 12);
    const best = all.reduce((a, b) => (distance(b, point) < distance(a, point) ? b : a));
    if (distance(best, point) > 12) assert.equal(corner, null);
    else assert.deepEqual([corner.point, all[corner.flat]], [best, best]);
    const gaps = rings.flatMap((one) => one.map(([x, y], i) => distanceToSegment(point, { x, y }, { x: one[(i + 1) % one.length][0], y: one[(i + 1) % one.length][1] })));
    const side = nearestSide(rings, point, 12);
    assert.equal(side === null, Math.min(...gaps) > 12);
    if (side) assert.ok(Math.abs(side.away - Math.min(...gaps)) < 1e-9);
  }
  const bounds = boundsOfRings(rings);
  assert.deepEqual([bounds.x, bounds.x + bounds.width], [Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))]);
});

test("a corner holds before a side does", () => {
  const shapes = [polygon("a", [square(100, 100, 100)]), polygon("b", [square(205, 100, 50)])];
  assert.deepEqual(snap(shapes, { x: 202, y: 103 }, 8), { point: { x: 200, y: 100 }, id: "a", ring: 0, index: 1, along: 0 });
  assert.deepEqual(snap(shapes, { x: 196, y: 150 }, 8), { point: { x: 200, y: 150 }, id: "a", ring: 0, index: 1, along: 0.5 });
  assert.equal(snap(shapes, { x: 150, y: 150 }, 8), null);
});

test("the way along a ring goes the shorter way, through its end as well, or the other way", () => {
  const ring = square(0, 0, 100);
  const place = (index, along, x, y) => ({ point: { x, y }, id: "a", ring: 0, index, along });
  const ways = (from, to) => [false, true].map((flipped) => between(ring, from, to, flipped).map(({ x, y }) => [x, y]));
  assert.deepEqual(ways(place(0, 0, 0, 0), place(2, 0, 100, 100)), [[[100, 0]], [[0, 100]]]);
  assert.deepEqual(ways(place(3, 0.9, 0, 10), place(0, 0.1, 10, 0)), [[[0, 0]], [[0, 100], [100, 100], [100, 0]]]);
  assert.deepEqual(ways(place(0, 0.2, 20, 0), place(0, 0.8, 80, 0)), [[], [[0, 0], [0, 100], [100, 100], [100, 0]]]);
  assert.deepEqual(ways(place(0, 0.8, 80, 0), place(0, 0.2, 20, 0)), [[], [[100, 0], [100, 100], [0, 100], [0, 0]]]);
});

test("a neighbour gets a corner where it was touched, once", () => {
  const shape = polygon("a", [square(0, 0, 100)]);
  const more = withCorner(shape, { x: 50, y: 0 });
  assert.deepEqual(more.parts, [[[0, 0], [50, 0], [100, 0], [100, 100], [0, 100]]]);
  assert.equal(withCorner(more, { x: 50, y: 0 }), more);
  assert.equal(withCorner(shape, { x: 50, y: 3 }), shape);
});

test("thinning keeps both ends and what bends", () => {
  const line = Array.from({ length: 101 }, (_, i) => ({ x: i, y: i === 50 ? 5 : 0 }));
  assert.deepEqual(thin(line, 0.5).map(({ x }) => x), [0, 49, 50, 51, 100]);
});

test("what touches at a corner stays two rings, what shares a side becomes one", () => {
  assert.equal(union([square(0, 0, 10)], [square(10, 10, 10)]).length, 2);
  assert.equal(union([square(0, 0, 10)], [square(10, 0, 10)]).length, 1);
  assert.deepEqual(difference([square(0, 0, 10)], [square(0, 0, 10)]), []);
});
