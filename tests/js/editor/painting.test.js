// The tools that paint, with pointer events in image pixels.
import assert from "node:assert/strict";
import test from "node:test";
import { bitmapOf } from "../../../static/editor/mask/painted.js";
import { masksOf } from "../../../static/editor/mask/painting.js";
import { Scene } from "../../../static/editor/scene.js";
import { changesOf } from "../../../static/editor/documents.js";
import * as edits from "../../../static/editor/edits.js";
import { makeTools } from "../../../static/editor/tools/index.js";
import { changeSize, nextSize } from "../../../static/editor/commands/masks.js";
import { at, bench, documentOf } from "./support.js";

// With a clock that stands still every fill is one slice, however slow the machine.
Object.defineProperty(performance, "now", { value: () => 0 });

/** A desk where labels have one mask each, or several, and its tools by name. */
function studio(onePerLabel = true) {
  const desk = bench();
  desk.scene = new Scene({ width: 400, height: 300 }, documentOf(), onePerLabel);
  desk.session.update({ paint: { ...desk.session.state.paint, size: 20, nib: "square", tolerance: 10 } });
  const tools = new Map(makeTools(desk).map((tool) => [tool.name, tool]));
  return { desk, tool: (name) => tools.get(name) };
}

function stroke(tool, desk, points, more = {}) {
  tool.down(at(desk, ...points[0], more));
  for (const point of points.slice(1)) tool.move(at(desk, ...point, more));
  tool.up(at(desk, ...points.at(-1), more));
}

/** Painted boxes by label: the bounds and the area of every mask. */
function painted(desk) {
  return masksOf(desk.scene).map((mask) => {
    const { x, y, width, height } = bitmapOf(mask.rle).bounds;
    assert.deepEqual([mask.x, mask.y, mask.width, mask.height], [x, y, width, height]);
    return [mask.label, [x, y, width, height], bitmapOf(mask.rle).area];
  });
}

const alt = { mods: { shift: false, alt: true, ctrl: false } };

test("a stroke is one step, and a later one of the same label joins it", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[50, 50], [100, 50]]);
  stroke(tool("brush"), desk, [[200, 50], [200, 80]]);
  assert.deepEqual(painted(desk), [["cat", [40, 40, 170, 50], 70 * 20 + 20 * 50]]);
  desk.scene.history.undo();
  assert.deepEqual(painted(desk), [["cat", [40, 40, 70, 20], 1400]]);
  desk.scene.history.undo();
  assert.deepEqual(painted(desk), []);
  desk.scene.history.redo();
  assert.deepEqual(painted(desk), [["cat", [40, 40, 70, 20], 1400]]);
});

test("another label takes the pixels it is painted over, or leaves them", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[50, 50], [100, 50]]);
  desk.session.update({ label: "dog" });
  stroke(tool("brush"), desk, [[50, 50]]);
  assert.deepEqual(painted(desk), [["cat", [60, 40, 50, 20], 1000], ["dog", [40, 40, 20, 20], 400]]);
  desk.session.update({ label: "cow", paint: { ...desk.session.state.paint, over: "background" } });
  stroke(tool("brush"), desk, [[60, 60]]);
  assert.deepEqual(painted(desk).at(-1), ["cow", [50, 60, 20, 10], 200]);
  assert.equal(painted(desk)[0][2], 1000);
});

test("locked masks give and take nothing, and say so", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[50, 50], [100, 50]]);
  desk.session.update({ locked: new Set([masksOf(desk.scene)[0].id]) });
  stroke(tool("brush"), desk, [[150, 50]]);
  assert.match(desk.said.at(-1), /locked/);
  stroke(tool("eraser"), desk, [[50, 50]]);
  desk.session.update({ label: "dog" });
  stroke(tool("brush"), desk, [[60, 50], [60, 60]]);
  assert.deepEqual(painted(desk), [["cat", [40, 40, 70, 20], 1400], ["dog", [50, 60, 20, 10], 200]]);
});

test("the eraser takes from all masks, or from those selected", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[50, 50]]);
  desk.session.update({ label: "dog" });
  stroke(tool("brush"), desk, [[70, 50]]);
  desk.session.select([masksOf(desk.scene)[0].id]);
  stroke(tool("brush"), desk, [[60, 50]], alt);
  assert.deepEqual(painted(desk), [["cat", [40, 40, 10, 20], 200], ["dog", [60, 40, 20, 20], 400]]);
  desk.session.select([]);
  stroke(tool("brush"), desk, [[60, 50]], { button: 2 });
  assert.deepEqual(painted(desk), [["cat", [40, 40, 10, 20], 200], ["dog", [70, 40, 10, 20], 200]]);
  stroke(tool("eraser"), desk, [[45, 50], [75, 50]]);
  assert.deepEqual(painted(desk), []);
});

test("shift goes on in a straight line from the last stroke", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[50, 50]]);
  stroke(tool("brush"), desk, [[150, 50]], { mods: { shift: true, alt: false, ctrl: false } });
  assert.deepEqual(painted(desk), [["cat", [40, 40, 120, 20], 2400]]);
});

test("escape leaves no trace of a stroke, and painting ends an explicit nothing-here", () => {
  const { desk, tool } = studio();
  edits.toggleEmpty(desk.scene);
  tool("brush").down(at(desk, 50, 50));
  assert.equal(desk.scene.image.empty, false);
  tool("brush").cancel();
  assert.deepEqual([painted(desk), desk.scene.image.empty], [[], true]);
  tool("brush").up(at(desk, 60, 60));
  assert.deepEqual(painted(desk), []);
});

test("with several masks of a label, a stroke grows the selected one or begins another", () => {
  const { desk, tool } = studio(false);
  stroke(tool("brush"), desk, [[50, 50]]);
  stroke(tool("brush"), desk, [[70, 50]]);
  assert.equal(painted(desk).length, 1);
  desk.session.select([]);
  stroke(tool("brush"), desk, [[60, 50]]);
  assert.deepEqual(painted(desk), [["cat", [40, 40, 40, 20], 400], ["cat", [50, 40, 20, 20], 400]]);
});

test("a bucket fills the hole that is clicked, and the background", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[100, 80], [200, 80], [200, 180], [100, 180], [100, 80]]);
  stroke(tool("bucket"), desk, [[150, 130]]);
  assert.deepEqual(painted(desk), [["cat", [90, 70, 120, 120], 14400]]);
  desk.session.update({ label: "dog" });
  stroke(tool("bucket"), desk, [[300, 250]]);
  assert.deepEqual(painted(desk).at(-1), ["dog", [0, 0, 400, 300], 120000 - 14400]);
});

test("a bucket gives a piece the label in hand, and fills the holes of one that has it", () => {
  const { desk, tool } = studio();
  stroke(tool("brush"), desk, [[100, 80], [200, 80], [200, 180], [100, 180], [100, 80]]);
  stroke(tool("brush"), desk, [[300, 100]]);
  stroke(tool("bucket"), desk, [[100, 130]]);
  assert.equal(painted(desk)[0][2], 14400 + 400);
  desk.session.update({ label: "dog" });
  stroke(tool("bucket"), desk, [[300, 100]]);
  assert.deepEqual(painted(desk), [["cat", [90, 70, 120, 120], 14400], ["dog", [290, 90, 20, 20], 400]]);
  stroke(tool("bucket"), desk, [[300, 100]], alt);
  assert.equal(painted(desk).length, 1);
});

test("moving, pasting and relabelling keep one mask per label and one label per pixel", () => {
  const { desk, tool } = studio();
  const { scene } = desk;
  stroke(tool("brush"), desk, [[50, 50]]);
  desk.session.update({ label: "dog" });
  stroke(tool("brush"), desk, [[150, 50]]);
  const [cat, dog] = masksOf(scene);
  edits.nudge(scene, [cat.id], { x: 90, y: 0 });
  assert.deepEqual(painted(desk), [["cat", [130, 40, 20, 20], 400], ["dog", [150, 40, 10, 20], 200]]);
  scene.history.undo();
  edits.add(scene, edits.copies(scene, [scene.shape(cat.id)], { x: 0, y: 100 }));
  assert.deepEqual(painted(desk).map(([label, , area]) => [label, area]), [["dog", 400], ["cat", 800]]);
  scene.history.undo();
  edits.relabel(scene, [dog.id], "cat");
  assert.deepEqual(painted(desk), [["cat", [40, 40, 120, 20], 800]]);
  scene.history.undo();
  assert.deepEqual(painted(desk).map(([label]) => label), ["cat", "dog"]);
});

test("rectangles and polygons are one step each", () => {
  const { desk, tool } = studio();
  stroke(tool("fill-rectangle"), desk, [[50, 60], [150, 140]]);
  assert.deepEqual(painted(desk), [["cat", [50, 60, 100, 80], 8000]]);
  stroke(tool("fill-rectangle"), desk, [[50, 60], [150, 100]], { button: 2 });
  assert.deepEqual(painted(desk), [["cat", [50, 100, 100, 40], 4000]]);
  const polygon = tool("fill-polygon");
  for (const corner of [[200, 100], [300, 100], [390, 290], [300, 200], [200, 200]]) {
    stroke(polygon, desk, [corner]);
    if (corner[0] === 390) polygon.acts.back();
  }
  polygon.acts.close();
  assert.deepEqual(painted(desk), [["cat", [50, 100, 250, 100], 14000]]);
  desk.scene.history.undo();
  assert.deepEqual(painted(desk), [["cat", [50, 100, 100, 40], 4000]]);
});

test("the wand takes more or less while it is dragged", () => {
  const { desk, tool } = studio();
  const picture = new Uint32Array(400).map((_, x) => 0x010101 * (10 * Math.floor(x / 10))); // steps of ten from left to right
  desk.pixels = () => (x, y, width, height) => {
    const part = new Uint32Array(width * height);
    for (let row = 0; row < height; row++) part.set(picture.subarray(x, x + width), row * width);
    return new Uint8ClampedArray(part.buffer);
  };
  const wand = tool("wand");
  wand.down(at(desk, 105, 50));
  assert.deepEqual(painted(desk), [["cat", [90, 0, 30, 300], 9000]]);
  wand.move(at(desk, 135, 50));
  assert.equal(desk.session.state.paint.tolerance, 20);
  assert.deepEqual(painted(desk), [["cat", [80, 0, 50, 300], 15000]]);
  wand.move(at(desk, 75, 50));
  wand.up(at(desk, 75, 50));
  assert.deepEqual(painted(desk), [["cat", [100, 0, 10, 300], 3000]]);
  desk.scene.history.undo();
  assert.deepEqual(painted(desk), []);
});

test("sizes go by pixels where they are small, and by eighths beyond", () => {
  assert.deepEqual([nextSize(1, -1), nextSize(1, 1), nextSize(32, 1), nextSize(36, -1), nextSize(1000, 1)], [1, 2, 36, 31, 1000]);
  const { desk } = studio();
  changeSize(desk.session, 1);
  assert.equal(desk.session.state.paint.size, 21);
});

test("a stroke sends the masks that it changed, unless that is most of them", () => {
  const { desk, tool } = studio();
  ["a", "b", "c", "d"].forEach((label, index) => {
    desk.session.update({ label });
    stroke(tool("brush"), desk, [[50 + 60 * index, 50]]);
  });
  const { scene } = desk;
  const before = new Map(scene.shapes().map((shape) => [shape.id, shape]));
  stroke(tool("brush"), desk, [[230, 90]]);
  const ids = new Set(scene.shapes().filter((shape) => before.get(shape.id) !== shape).map(({ id }) => id));
  const changes = changesOf(scene.image, scene.shapes(), ids);
  assert.deepEqual([changes.placed.map(({ region }) => region.label), changes.removed], [["d"], []]);
  assert.equal(changesOf(scene.image, scene.shapes(), new Set(before.keys())), null);
});

test("in a picture that comes by tiles the wand waits for what is in sight, and reads no more", async () => {
  const { desk, tool } = studio();
  const area = { x: 50, y: 40, width: 100, height: 80 };
  let answer = (_) => {};
  desk.pixels = () => (x, y, width, height) => new Uint8ClampedArray(width * height * 4);
  desk.finest = () => ({ area, ready: () => new Promise((done) => (answer = done)) });
  const wand = tool("wand");
  const click = () => {
    wand.down(at(desk, 100, 60));
    wand.up(at(desk, 100, 60));
  };
  click();
  assert.deepEqual([wand.busy, painted(desk)], [true, []]);
  answer(true);
  await null;
  await null;
  assert.deepEqual([wand.busy, painted(desk)], [false, [["cat", [50, 40, 100, 80], 8000]]]);
  desk.scene.history.undo();
  click();
  wand.cancel();
  answer(true);
  await null;
  assert.deepEqual([wand.busy, painted(desk)], [false, []], "Esc leaves nothing behind");
  click();
  answer(false);
  await null;
  await null;
  assert.match(desk.said.at(-1), /could not be loaded/);
  desk.finest = () => ({ area: null, ready: async () => true });
  click();
  assert.match(desk.said.at(-1), /Zoom in first/);
  assert.deepEqual([wand.busy, painted(desk)], [false, []]);
});
