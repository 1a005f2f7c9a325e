import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, levelAt, placesIn } from "../../../static/editor/tiles.js";

const grid = { tile: 512, levels: /** @type {[number, number][]} */ ([[3000, 2001], [1500, 1001], [750, 501], [375, 251]]) };
const image = { width: 3000, height: 2001 };

test("the level has a pixel for every pixel of the screen, and no more than needed", () => {
  assert.deepEqual([4, 1, 0.55, 0.5, 0.3, 0.24, 0.001].map((scale) => levelAt(grid, scale)), [0, 0, 0, 1, 1, 2, 3]);
});

test("only tiles in sight are named, the middle first", () => {
  const names = placesIn(grid, image, 0, { x: 600, y: 100, width: 1000, height: 300 }).map(({ name }) => name);
  assert.deepEqual(names, ["0-2-0", "0-1-0", "0-3-0"]);
  assert.equal(placesIn(grid, image, 0, { x: -900, y: -900, width: 9000, height: 9000 }).length, 24);
  assert.deepEqual(placesIn(grid, image, 0, { x: 5000, y: 0, width: 10, height: 10 }), []);
});

test("tiles of a level cover the image without gaps", () => {
  for (const level of [0, 1, 2, 3]) {
    const boxes = placesIn(grid, image, level, { x: 0, y: 0, ...image }).map((place) => boxOf(grid, image, place));
    const area = boxes.reduce((sum, { width, height }) => sum + width * height, 0);
    assert.ok(Math.abs(area - 3000 * 2001) < 1);
    assert.equal(Math.max(...boxes.map(({ x, width }) => x + width)), 3000);
  }
});
