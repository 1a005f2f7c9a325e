import assert from "node:assert/strict";
import test from "node:test";
import { Outlines } from "../../../static/editor/outline/client.js";
import { contours } from "../../../static/editor/outline/contours.js";
import { edgeMap, onEdge } from "../../../static/editor/outline/edges.js";
import { outlineInBox, shrink } from "../../../static/editor/outline/find.js";
import { STEPS } from "../../../static/editor/outline/links.js";
import { LiveWire } from "../../../static/editor/outline/livewire.js";
import { GridCut } from "../../../static/editor/outline/maxflow.js";
import { seeded } from "./support.js";

/** Runs a generator to its end. */
function finish(steps) {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A bright disc on dark ground, both noisy. */
function disc(width, height, middle, radius, random) {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = (Math.hypot(x - middle.x, y - middle.y) < radius ? 180 : 80) + 40 * random();
      data.set([value, value * 0.8, value * 0.6], 4 * (y * width + x));
    }
  }
  return { width, height, data };
}

/** Whether a point lies inside by the even-odd rule. */
function inside(rings, x, y) {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
    }
  }
  return odd;
}

/** The value of the maximum flow by Edmonds and Karp, the slow and simple way. */
function maximumFlow(pixels, terminals, links) {
  const [source, sink] = [pixels, pixels + 1];
  const room = Array.from({ length: pixels + 2 }, () => new Array(pixels + 2).fill(0));
  terminals.forEach((value, pixel) => (value > 0 ? (room[source][pixel] = value) : (room[pixel][sink] = -value)));
  for (const [a, b, capacity] of links) [room[a][b], room[b][a]] = [capacity, capacity];
  for (let total = 0; ; ) {
    const before = new Array(pixels + 2).fill(-1);
    before[source] = source;
    for (const queue = [source]; queue.length; ) {
      const node = queue.shift();
      room[node].forEach((left, next) => left > 0 && before[next] < 0 && ((before[next] = node), queue.push(next)));
    }
    if (before[sink] < 0) return total;
    let least = Infinity;
    for (let node = sink; node !== source; node = before[node]) least = Math.min(least, room[before[node]][node]);
    for (let node = sink; node !== source; node = before[node]) {
      room[before[node]][node] -= least;
      room[node][before[node]] += least;
    }
    total += least;
  }
}

test("a cut costs what the greatest flow carries", () => {
  const random = seeded(11);
  const upTo = (limit) => Math.floor(random() * limit);
  for (let round = 0; round < 200; round++) {
    const [width, height] = [2 + upTo(4), 2 + upTo(4)];
    const cut = new GridCut(width, height);
    const terminals = Array.from({ length: width * height }, () => upTo(41) - 20);
    const links = [];
    terminals.forEach((value, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      cut.setTerminal(cut.pixel(x, y), Math.max(0, value), Math.max(0, -value));
      for (const step of [0, 2, 4, 6]) {
        const [right, down] = STEPS[step];
        if (x + right < 0 || x + right >= width || y + down >= height || y + down < 0) continue;
        links.push([pixel, pixel + right + down * width, upTo(15)]);
        cut.setLink(cut.pixel(x, y), step, links.at(-1)[2]);
      }
    });
    finish(cut.solve());
    const source = terminals.map((_, pixel) => cut.isSource(cut.pixel(pixel % width, Math.floor(pixel / width))));
    const torn = links.filter(([a, b]) => source[a] !== source[b]).reduce((sum, [, , capacity]) => sum + capacity, 0);
    const against = terminals.reduce((sum, value, pixel) => sum + (value > 0 !== source[pixel] ? Math.abs(value) : 0), 0);
    assert.equal(torn + against, maximumFlow(width * height, terminals, links));
  }
});

test("contours filled by even-odd give the bitmap back, and no ring touches itself", () => {
  const random = seeded(12);
  for (let round = 0; round < 400; round++) {
    const size = { width: 1 + Math.floor(random() * 9), height: 1 + Math.floor(random() * 9) };
    const bits = Uint8Array.from({ length: size.width * size.height }, () => (random() < 0.5 ? 1 : 0));
    const rings = contours(bits, size);
    for (const ring of rings) assert.equal(new Set(ring.map(String)).size, ring.length);
    bits.forEach((bit, pixel) => {
      assert.equal(inside(rings, (pixel % size.width) + 0.5, Math.floor(pixel / size.width) + 0.5), bit === 1);
    });
  }
});

test("the wire follows an edge around a bend", () => {
  const picture = disc(240, 240, { x: 120, y: 120 }, 70, seeded(13));
  const wire = new LiveWire(edgeMap(picture), 190, 120);
  const way = finish(wire.path(120, 190));
  assert.deepEqual([way[0], way.at(-1)], [[190, 120], [120, 190]]);
  for (const [x, y] of way) assert.ok(Math.abs(Math.hypot(x - 120, y - 120) - 70) <= 2);
  const further = finish(wire.path(50, 120));
  assert.deepEqual([further[0], further.at(-1)], [[190, 120], [50, 120]]);
});

test("a box around a disc finds the disc, at any size of the picture", () => {
  for (const scale of [1, 4]) {
    const middle = { x: 160 * scale, y: 120 * scale };
    const picture = disc(300 * scale, 240 * scale, middle, 70 * scale, seeded(14));
    const box = { x: 80 * scale, y: 40 * scale, width: 160 * scale, height: 160 * scale };
    const rings = finish(outlineInBox(picture, box));
    assert.equal(rings.length, 1);
    for (const [x, y] of rings[0]) assert.ok(Math.abs(Math.hypot(x - middle.x, y - middle.y) - 70 * scale) <= 2 * scale);
  }
});

test("a box on plain ground ends with an answer", () => {
  const picture = { width: 60, height: 60, data: new Uint8ClampedArray(4 * 3600).fill(90) };
  for (const ring of finish(outlineInBox(picture, { x: 20, y: 20, width: 20, height: 20 }))) {
    for (const [x, y] of ring) assert.ok(x >= 20 && x <= 40 && y >= 20 && y <= 40);
  }
});

test("a smaller copy keeps the mean colour", () => {
  const data = Uint8ClampedArray.from([0, 0, 0, 255, 100, 100, 100, 255, 200, 200, 200, 255, 100, 100, 100, 255]);
  assert.deepEqual([...shrink({ width: 2, height: 2, data }, 1).data], [100, 100, 100, 255]);
});

test("an answer nobody waits for any more is dropped", async () => {
  const sent = [];
  const port = { postMessage: (message) => sent.push(message), onmessage: null, onerror: null };
  const outlines = new Outlines(() => port);
  const stop = new AbortController();
  const first = outlines.ask({ kind: "wire", from: [0, 0], to: [1, 1] }, stop.signal);
  const second = outlines.ask({ kind: "wire", from: [0, 0], to: [2, 2] });
  stop.abort(new Error("moved on"));
  await assert.rejects(first, /moved on/);
  assert.deepEqual(sent.at(-1), { cancel: 1 });
  port.onmessage({ data: { id: 1, result: [] } });
  port.onmessage({ data: { id: 2, result: [[[0, 0], [2, 2]]] } });
  assert.deepEqual(await second, [[[0, 0], [2, 2]]]);
});

test("a click beside an edge means the edge, within its reach", () => {
  const [width, height] = [40, 30];
  const cost = new Uint8Array(width * height).fill(255);
  for (let row = 0; row < height; row++) cost[row * width + 20] = 10;
  const edges = { width, height, cost, alongX: new Float32Array(cost.length), alongY: new Float32Array(cost.length) };
  assert.deepEqual(onEdge(edges, [16, 12], 6), [20, 12]);
  assert.deepEqual(onEdge(edges, [16, 12], 3), [16, 12], "too far away");
  assert.deepEqual(onEdge(edges, [16, 12], 0), [16, 12], "Alt means the point itself");
  assert.deepEqual(onEdge(edges, [20, 0], 6), [20, 0]);
  cost[12 * width + 15] = 10;
  assert.deepEqual(onEdge(edges, [16, 12], 6), [15, 12], "of two as good the nearer");
});
