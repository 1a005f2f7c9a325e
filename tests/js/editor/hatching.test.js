import assert from "node:assert/strict";
import { test } from "node:test";
import { HATCHINGS, hatched } from "../../../static/editor/hatching.js";

const SIDE = 64;
const drawn = (pattern) => Array.from({ length: SIDE * SIDE }, (_, at) => hatched(pattern, at % SIDE, Math.floor(at / SIDE)));

test("every hatching looks different and leaves most of the colour to be seen", () => {
  const all = Array.from({ length: HATCHINGS }, (_, index) => drawn(index + 1));
  assert.equal(new Set(all.map((dots) => dots.map(Number).join(""))).size, HATCHINGS);
  for (const dots of all) {
    const share = dots.filter(Boolean).length / dots.length;
    assert.ok(share > 0.1 && share < 0.3, `${share}`);
  }
  assert.ok(drawn(0).every((dot) => !dot));
});

test("a hatching goes on over the borders of the pieces that masks are painted in", () => {
  for (let pattern = 1; pattern <= HATCHINGS; pattern++) {
    for (let at = 0; at < 40; at++) assert.equal(hatched(pattern, 256 + at, 512 + 2 * at), hatched(pattern, at, 2 * at));
  }
});
