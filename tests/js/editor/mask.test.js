// The mask engine against a naive raster: every pixel asked one by one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { distanceToSegment, ringsContain } from "../../../static/editor/geometry.js";
import { Bitmap, Patch, changedBox } from "../../../static/editor/mask/bitmap.js";
import { decode, encode } from "../../../static/editor/mask/codec.js";
import { flood, holes, inside, outside } from "../../../static/editor/mask/flood.js";
import { fillRectangle, fillRings, snap, sweep } from "../../../static/editor/mask/scan.js";
import { combine, differenceOf, butNot } from "../../../static/editor/mask/tiles.js";
import { Likeness } from "../../../static/editor/mask/wand.js";
import { inSlices } from "../../../static/editor/mask/slices.js";
import { pack } from "../../../static/editor/shapes/rle.js";
import { seeded } from "./support.js";

/** Masks written by pycocotools, with its own areas and boxes. */
const MASKS = JSON.parse(readFileSync(new URL("./rle.json", import.meta.url), "utf8"));
const SIZES = [{ width: 1, height: 1 }, { width: 7, height: 300 }, { width: 300, height: 40 }, { width: 256, height: 256 }, { width: 530, height: 289 }];

/** The pixels as rows of 0 and 1. */
function raster(bitmap) {
  const found = new Uint8Array(bitmap.width * bitmap.height);
  for (let y = 0; y < bitmap.height; y++) for (let x = 0; x < bitmap.width; x++) found[y * bitmap.width + x] = Number(bitmap.has(x, y));
  return found;
}

/** What COCO writes for such a raster, the slow way. */
function naiveCounts(pixels, { width, height }) {
  const counts = [0];
  let value = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (pixels[y * width + x] !== value) {
        value = 1 - value;
        counts.push(0);
      }
      counts[counts.length - 1] += 1;
    }
  }
  return pack(counts);
}

function each(size, test) {
  const pixels = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) for (let x = 0; x < size.width; x++) pixels[y * size.width + x] = Number(test(x, y));
  return pixels;
}

function bitmapFrom(pixels, size) {
  const patch = new Patch(size);
  for (let y = 0; y < size.height; y++) for (let x = 0; x < size.width; x++) if (pixels[y * size.width + x]) patch.run(x, y, y + 1);
  return patch.bitmap();
}

function run(generator) {
  for (;;) {
    const step = generator.next();
    if (step.done) return step.value;
  }
}

test("strokes set the pixels whose centres the nib covers, and no others", () => {
  const random = seeded(21);
  for (let turn = 0; turn < 160; turn++) {
    const size = SIZES[turn % SIZES.length];
    const diameter = 1 + Math.floor(random() * (turn % 3 ? 12 : 90));
    const point = () => snap({ x: random() * (size.width + 40) - 20, y: random() * (size.height + 40) - 20 }, diameter);
    const [a, b] = [point(), turn % 7 ? point() : null];
    const end = b ?? a;
    const nib = turn % 2 ? "round" : "square";
    const patch = new Patch(size);
    sweep(patch, a, end, diameter, nib);
    const covered = (x, y) => (nib === "round" ? distanceToSegment({ x: x + 0.5, y: y + 0.5 }, a, end) <= diameter / 2 + 1e-7 : squareCovers(x + 0.5, y + 0.5, a, end, diameter / 2));
    assert.deepEqual(raster(patch.bitmap()), each(size, covered), JSON.stringify({ a, end, diameter, nib, size }));
  }
});

/** Whether a square on its way from a to b covers a point: the times at which it does so in x and in y meet. */
function squareCovers(x, y, a, b, radius) {
  let [from, to] = [0, 1];
  for (const [value, start, way] of [[x, a.x, b.x - a.x], [y, a.y, b.y - a.y]]) {
    if (way === 0) {
      if (Math.abs(value - start) > radius) return false;
      continue;
    }
    const times = [(value - radius - start) / way, (value + radius - start) / way];
    from = Math.max(from, Math.min(...times));
    to = Math.min(to, Math.max(...times));
  }
  return from <= to + 1e-9;
}

test("a nib of one pixel paints the pixel under it, and lines without gaps", () => {
  const patch = new Patch({ width: 20, height: 20 });
  sweep(patch, snap({ x: 3.9, y: 4.1 }, 1), snap({ x: 3.9, y: 4.1 }, 1), 1, "round");
  assert.deepEqual(patch.bitmap().bounds, { x: 3, y: 4, width: 1, height: 1 });
  sweep(patch, snap({ x: 3.9, y: 4.1 }, 1), snap({ x: 15.2, y: 9.7 }, 1), 1, "round");
  for (let x = 3; x <= 15; x++) assert.ok(Array.from({ length: 20 }, (_, y) => patch.bitmap().has(x, y)).includes(true), `column ${x}`);
});

test("rings fill even-odd by pixel centres", () => {
  const random = seeded(5);
  for (let turn = 0; turn < 60; turn++) {
    const size = SIZES[turn % SIZES.length];
    const ring = () => Array.from({ length: 3 + Math.floor(random() * 6) }, () => [random() * (size.width + 20) - 10, random() * (size.height + 20) - 10]);
    const rings = turn % 2 ? [ring()] : [ring(), ring()];
    const patch = new Patch(size);
    fillRings(patch, rings);
    assert.deepEqual(raster(patch.bitmap()), each(size, (x, y) => ringsContain(rings, { x: x + 0.5, y: y + 0.5 })));
  }
});

test("rectangles end on whole pixels and have at least one", () => {
  const filled = (a, b) => {
    const patch = new Patch({ width: 30, height: 20 });
    fillRectangle(patch, a, b);
    return patch.bitmap().bounds;
  };
  assert.deepEqual(filled({ x: 2.4, y: 3.6 }, { x: 8.6, y: 6.4 }), { x: 2, y: 4, width: 7, height: 2 });
  assert.deepEqual(filled({ x: 8.6, y: 6.4 }, { x: 2.4, y: 3.6 }), { x: 2, y: 4, width: 7, height: 2 });
  assert.deepEqual(filled({ x: 5.2, y: 5.2 }, { x: 5.3, y: 5.3 }), { x: 5, y: 5, width: 1, height: 1 });
  assert.deepEqual(filled({ x: -5, y: -5 }, { x: 50, y: 50 }), { x: 0, y: 0, width: 30, height: 20 });
});

test("painting over each other keeps masks apart, as pixel by pixel", () => {
  const random = seeded(8);
  const size = { width: 300, height: 280 };
  const owner = new Uint8Array(size.width * size.height);
  let masks = [new Bitmap(size), new Bitmap(size), new Bitmap(size)];
  for (let turn = 0; turn < 60; turn++) {
    const patch = new Patch(size);
    const point = () => snap({ x: random() * 300, y: random() * 280 }, 31);
    sweep(patch, point(), point(), 31, turn % 2 ? "round" : "square");
    const painted = raster(patch.bitmap());
    const label = Math.floor(random() * 4); // 3 erases
    masks = masks.map((mask, index) => (index === label ? mask.plus(patch) : mask.minus(patch)));
    painted.forEach((set, at) => set && (owner[at] = label === 3 ? 0 : label + 1));
  }
  masks.forEach((mask, index) => {
    assert.deepEqual(raster(mask), Uint8Array.from(owner, (value) => Number(value === index + 1)));
    assert.equal(mask.area, owner.reduce((sum, value) => sum + Number(value === index + 1), 0));
  });
});

test("a stroke shares the tiles that it does not touch, and what it does not change stays itself", () => {
  const size = { width: 2000, height: 2000 };
  const whole = new Patch(size);
  fillRectangle(whole, { x: 0, y: 0 }, { x: 2000, y: 1000 });
  const before = whole.bitmap();
  const dot = new Patch(size);
  sweep(dot, { x: 1500, y: 1500 }, { x: 1500, y: 1500 }, 20, "round");
  const after = before.plus(dot);
  const shared = after.tiles.filter((tile, place) => tile === before.tiles[place]).length;
  assert.equal(shared, after.tiles.length - 1);
  assert.equal(after.plus(dot), after);
  assert.equal(before.minus(dot), before);
  assert.deepEqual(changedBox(before, after), { x: 1490, y: 1472, width: 20, height: 64 });
  assert.equal(changedBox(before, before.plus(whole)), null);
  assert.equal(combine(undefined, new Uint32Array(2048), butNot), null);
  assert.equal(differenceOf(undefined, new Uint32Array(2048)), null);
});

test("run lengths are those of pycocotools, there and back", () => {
  for (const { size: [height, width], counts, area, box } of MASKS) {
    const bitmap = decode({ size: [height, width], counts });
    const { x, y, width: wide, height: high } = bitmap.bounds;
    assert.deepEqual([bitmap.area, [x, y, wide, high]], [area, box]);
    assert.equal(encode(bitmap), counts);
  }
});

test("run lengths join across strips, whatever lies beside them", () => {
  const random = seeded(3);
  for (let turn = 0; turn < 80; turn++) {
    const size = SIZES[turn % SIZES.length];
    const density = [0, 0.02, 0.5, 0.98, 1][Math.floor(turn / SIZES.length) % 5];
    const blocky = turn % 3 === 0;
    const pixels = each(size, (x, y) => (blocky ? ((x >> 6) + (y >> 5)) % 3 === 0 : random() < density));
    const bitmap = bitmapFrom(pixels, size);
    const counts = encode(bitmap);
    assert.equal(counts, naiveCounts(pixels, size));
    assert.deepEqual(raster(decode({ size: [size.height, size.width], counts })), pixels);
  }
});

test("run lengths written after each stroke are those written from scratch", () => {
  const random = seeded(13);
  const size = { width: 800, height: 300 };
  let mask = new Bitmap(size);
  for (let turn = 0; turn < 40; turn++) {
    const patch = new Patch(size);
    const point = () => snap({ x: random() * 800, y: random() * 300 }, 25);
    sweep(patch, point(), point(), 25, "round");
    mask = turn % 3 ? mask.plus(patch) : mask.minus(patch);
    assert.equal(encode(mask), naiveCounts(raster(mask), size));
  }
});

/** Connected allowed pixels, one by one. */
function naiveFlood(pixels, { width, height }, seed) {
  const found = new Uint8Array(pixels.length);
  const stack = [seed];
  while (stack.length) {
    const [x, y] = stack.pop();
    if (x < 0 || y < 0 || x >= width || y >= height || found[y * width + x] || !pixels[y * width + x]) continue;
    found[y * width + x] = 1;
    stack.push([x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]);
  }
  return found;
}

test("a bucket fills what is connected by sides", () => {
  const random = seeded(17);
  for (let turn = 0; turn < 30; turn++) {
    const size = SIZES[turn % SIZES.length];
    const density = [0.4, 0.6, 0.75, 1][turn % 4];
    const pixels = each(size, () => random() < density);
    const bitmap = bitmapFrom(pixels, size);
    const seed = { x: Math.floor(random() * size.width), y: Math.floor(random() * size.height) };
    const same = (domain, allowed) => assert.deepEqual(raster(run(flood(size, domain, [seed])).bitmap()), naiveFlood(allowed, size, [seed.x, seed.y]));
    same(inside(bitmap), pixels);
    same(outside(size, [bitmap]), pixels.map((value) => 1 - value));
  }
});

test("holes are the background that a mask encloses", () => {
  const size = { width: 300, height: 300 };
  const ring = new Patch(size);
  fillRings(ring, [[[20, 20], [280, 20], [280, 280], [20, 280]], [[60, 60], [120, 60], [120, 120], [60, 120]], [[200, 260], [240, 260], [240, 280], [200, 280]]]);
  const found = run(holes(ring.bitmap())).bitmap();
  assert.deepEqual([found.bounds, found.area], [{ x: 60, y: 60, width: 60, height: 60 }, 3600]);
});

test("the wand takes what is connected and alike within the tolerance", () => {
  const random = seeded(29);
  const size = { width: 300, height: 270 };
  const rgba = new Uint8ClampedArray(size.width * size.height * 4).map(() => random() * 60);
  const pixels = (x, y, width, height) => {
    const part = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row++) part.set(rgba.subarray(((y + row) * size.width + x) * 4, ((y + row) * size.width + x + width) * 4), row * width * 4);
    return part;
  };
  const seed = { x: 150, y: 130 };
  const origin = (seed.y * size.width + seed.x) * 4;
  const likeness = new Likeness(size, pixels, seed);
  for (const tolerance of [0, 15, 30, 60]) {
    const alike = each(size, (x, y) => [0, 1, 2].every((channel) => Math.abs(rgba[(y * size.width + x) * 4 + channel] - rgba[origin + channel]) <= tolerance));
    const found = run(flood(size, likeness.within(tolerance), [seed])).bitmap();
    assert.deepEqual(raster(found), naiveFlood(alike, size, [seed.x, seed.y]));
  }
});

test("the wand stays within what it may look at", () => {
  const size = { width: 600, height: 520 };
  const asked = [];
  const pixels = (x, y, width, height) => {
    asked.push(`${x} ${y}`);
    return new Uint8ClampedArray(width * height * 4);
  };
  const area = { x: 250, y: 30, width: 40, height: 300 };
  const likeness = new Likeness(size, pixels, { x: 260, y: 40 }, area);
  const found = run(flood(size, likeness.within(0), [{ x: 260, y: 40 }])).bitmap();
  assert.deepEqual([found.bounds, found.area], [area, area.width * area.height]);
  assert.deepEqual(asked.slice(1).sort(), ["0 0", "0 256", "256 0", "256 256"], "what lies outside is not even read");
});

test("a long fill is cut in slices, and can be stopped or brought to its end", async () => {
  let time = 0;
  Object.defineProperty(performance, "now", { value: () => time });
  function* long(turns) {
    for (let turn = 0; turn < turns; turn++, time++) yield; // a millisecond each
    return "done";
  }
  const done = [];
  inSlices(long(20), (result) => done.push(result));
  assert.deepEqual(done, ["done"]);
  const { stop } = inSlices(long(60), (result) => done.push(result));
  inSlices(long(60), (result) => done.push(`later ${result}`));
  inSlices(long(60), (result) => done.push(`at once ${result}`)).finish();
  stop();
  assert.deepEqual(done, ["done", "at once done"]);
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setTimeout(resolve, 2)); // a slice each, and some to spare
  assert.deepEqual(done, ["done", "at once done", "later done"]);
});
