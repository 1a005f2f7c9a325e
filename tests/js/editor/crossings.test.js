import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { distinctPoints, findCrossing } from "../../../static/editor/rings/crossings.js";
import { seeded } from "./support.js";

const TABLE = JSON.parse(readFileSync(new URL("../../annotations/polygons.json", import.meta.url), "utf8"));

test("page and server agree on one table of polygons", () => {
  for (const { name, parts, problem } of TABLE) {
    const found = parts.some((ring) => distinctPoints(ring) < 3) ? "points" : (findCrossing(parts)?.kind ?? null);
    assert.equal(found, problem, name);
  }
});

test("the mark is put where the lines cross", () => {
  assert.deepEqual(findCrossing([[[0, 0], [100, 100], [100, 0], [0, 100]]]), { kind: "self", point: { x: 50, y: 50 } });
  assert.deepEqual(findCrossing([[[0, 0], [100, 0], [100, 100], [50, 0], [0, 100]]])?.point, { x: 50, y: 0 });
});

test("only the edges of moved corners are looked at when asked", () => {
  const bowTie = [[[0, 0], [100, 100], [100, 0], [0, 100], [-20, 50]]];
  assert.equal(findCrossing(bowTie, new Set([4])), null);
  assert.equal(findCrossing(bowTie, new Set([1]))?.kind, "self");
});

function wheel(count, random) {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const radius = 1000 + 200 * random();
    return [1500 + radius * Math.cos(angle), 1500 + radius * Math.sin(angle)];
  });
}

test("the grid finds what comparing all pairs finds", () => {
  const random = seeded(7);
  for (let round = 0; round < 400; round++) {
    const ring = Array.from({ length: 3 + Math.floor(random() * 9) }, () => [Math.floor(random() * 10), Math.floor(random() * 10)]);
    const all = new Set(ring.keys());
    if (distinctPoints(ring) < 3 || ring.some(([x, y], i) => x === ring[(i + 1) % ring.length][0] && y === ring[(i + 1) % ring.length][1])) continue;
    assert.equal(findCrossing([ring]) === null, findCrossing([ring], all) === null, JSON.stringify(ring));
  }
});

test("the one crossing among ten thousand points is found", () => {
  const ring = wheel(10_000, seeded(3));
  assert.equal(findCrossing([ring]), null);
  const [a, b] = [ring[100], ring[5000]];
  [ring[100], ring[5000]] = [b, a];
  assert.equal(findCrossing([ring])?.kind, "self");
});
