import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import test from "node:test";
import { restack } from "../../../static/editor/depths.js";
import { changesOf } from "../../../static/editor/documents.js";
import { setBox } from "../../../static/editor/edits.js";
import { step } from "../../../static/editor/history.js";
import { Labels } from "../../../static/editor/labels.js";
import { listing } from "../../../static/editor/listing.js";
import { recall, remember } from "../../../static/editor/recall.js";
import { Scene } from "../../../static/editor/scene.js";
import { Session } from "../../../static/editor/session.js";
import { hiddenRegions, toggleHidden, toggleLocked, toggleSolo, withLabel } from "../../../static/editor/sight.js";
import { box, documentOf, seeded } from "./support.js";

const SIZE = { width: 400, height: 300 };
const labels = new Labels(["cat", "dog"].map((code) => ({ code, name: code, path: code, parent: null, depth: 0, colour: "#123456", hotkey: "", description: "" })));
const ids = (scene) => scene.shapes().map((shape) => shape.id).join("");
const row = (...names) => new Scene(SIZE, documentOf(...names.map((name, index) => box(name, 10 * index, 10, 50, 50))));
const put = (scene, ...items) => step(scene.history, (write) => items.forEach(([id, item]) => write(id, item)));

test("regions go up and down by what they overlap, and to the ends", () => {
  const scene = new Scene(SIZE, documentOf(box("a", 0, 0, 50, 50), box("b", 200, 0, 50, 50), box("c", 20, 20, 50, 50), box("d", 30, 30, 9, 9)));
  assert.equal(restack(scene, ["a"], "forward"), true);
  assert.equal(ids(scene), "bcad");
  assert.equal(restack(scene, ["b"], "forward"), false);
  restack(scene, ["d", "b"], "back");
  assert.equal(ids(scene), "bdca");
  restack(scene, ["b", "d"], "front");
  assert.equal(ids(scene), "cabd");
  restack(scene, ["d"], "backward");
  assert.equal(ids(scene), "cdab");
  while (scene.history.canUndo) scene.history.undo();
  assert.equal(ids(scene), "abcd");
});

test("a thousand steps between two neighbours still change the order", () => {
  const scene = row("a", "b", "c");
  for (let turn = 0; turn < 1000; turn++) assert.equal(restack(scene, ["b"], turn % 2 ? "backward" : "forward"), true);
  assert.equal(ids(scene), "abc");
});

test("the order is kept right without sorting anew, whatever changes", () => {
  const chance = seeded(5);
  const scene = row("a", "b", "c", "d", "e");
  for (let turn = 0; turn < 400; turn++) {
    const shapes = scene.shapes();
    const some = shapes[Math.floor(chance() * shapes.length)];
    const act = Math.floor(chance() * 5);
    if (act === 0 || !some) put(scene, [`n${turn}`, box(`n${turn}`, 1, 1, 5, 5, { z: scene.top() })]);
    else if (act === 1) put(scene, [some.id, null]);
    else if (act === 2) put(scene, [some.id, { ...some, x: turn }]);
    else if (act === 3) restack(scene, [some.id], "back");
    else scene.history.undo();
    const sorted = scene.born().sort((a, b) => a.z - b.z);
    assert.deepEqual(scene.shapes().map((shape) => shape.id), sorted.map((shape) => shape.id));
    assert.ok(scene.shapes().every((shape) => scene.shape(shape.id) === shape));
  }
});

test("sight and locks go by region and by label, and come back", () => {
  const scene = new Scene(SIZE, documentOf(box("a", 0, 0, 5, 5), box("b", 9, 0, 5, 5, { label: "dog" }), box("c", 0, 9, 5, 5)));
  const place = { scene, session: new Session() };
  const cats = withLabel(scene, "cat");
  place.session.select(["a", "b"]);
  assert.deepEqual([toggleHidden(place, cats), hiddenRegions(place), [...place.session.state.selection]], [true, ["a", "c"], ["b"]]);
  assert.deepEqual([toggleHidden(place, cats), hiddenRegions(place)], [false, []]);
  assert.deepEqual([toggleSolo(place, ["b"]), hiddenRegions(place)], [true, ["a", "c"]]);
  assert.deepEqual([toggleSolo(place, ["b"]), hiddenRegions(place)], [false, []]);
  toggleLocked(place, cats);
  assert.deepEqual(["a", "b", "c"].map((id) => place.session.isLocked(id)), [true, false, true]);
  toggleLocked(place, cats);
  assert.equal(place.session.state.locked, null);
});

test("numbers that are typed in stay inside the image and make no step without effect", () => {
  const scene = row("a");
  setBox(scene, "a", { x: -5, width: 9999 });
  assert.deepEqual([scene.shape("a").x, scene.shape("a").width], [0, 400]);
  assert.equal(setBox(scene, "a", { x: 0 }), null);
  setBox(scene, "a", { height: 0 });
  assert.equal(scene.shape("a").height, 1);
});

test("the list is searched, sorted and grouped", () => {
  const scene = new Scene(SIZE, documentOf(box("a", 0, 0, 5, 5, { label: "dog" }), box("b", 9, 0, 50, 5, { note: "Cut off" }), box("c", 0, 9, 5, 50, { crowd: true })));
  const lines = (wish) => listing(scene.shapes(), scene.born(), labels, { text: "", sort: "order", grouped: false, ...wish }).map((line) => (line.kind === "region" ? line.shape.id : `${line.label} ${line.ids.length}`));
  assert.deepEqual(lines({}), ["a", "b", "c"]);
  assert.deepEqual(lines({ sort: "newest" }), ["c", "b", "a"]);
  assert.deepEqual(lines({ sort: "size" }), ["b", "c", "a"]);
  assert.deepEqual(lines({ sort: "label" }), ["b", "c", "a"]);
  assert.deepEqual(lines({ grouped: true }), ["cat 2", "b", "c", "dog 1", "a"]);
  assert.deepEqual([lines({ text: "cut" }), lines({ text: "cat crowd" }), lines({ text: "cow" })], [["b"], ["c"], []]);
  assert.deepEqual([scene.count("dog"), scene.count("cat")], [1, 2]);
});

test("changes name what lies below, and small documents go whole", () => {
  const scene = row(...Array.from({ length: 50 }, (_, index) => `r${index}`));
  put(scene, ["r3", null], ["r5", { ...scene.shape("r5"), x: 1 }]);
  restack(scene, ["r9"], "back");
  const { placed, removed } = changesOf(scene.image, scene.shapes(), new Set(["r3", "r5", "r9", "@image"]));
  assert.deepEqual([removed, placed.map(({ after, region }) => [after, region.id])], [["r3"], [[null, "r9"], ["r4", "r5"]]]);
  assert.ok(!("z" in placed[0].region));
  assert.equal(changesOf(row("a").image, row("a").shapes(), new Set(["a"])), null);
});

test("undo is taken up again by a scene that says the same, and by no other", () => {
  const scene = row("a", "b", "c");
  put(scene, ["b", null]);
  put(scene, ["a", { ...scene.shape("a"), x: 7 }]);
  restack(scene, ["a"], "front");
  scene.history.undo();
  const text = remember(scene);
  const again = new Scene(SIZE, scene.document());
  assert.equal(recall(again, text), true);
  again.history.redo();
  assert.equal(ids(again), "ca");
  for (let turn = 0; turn < 3; turn++) again.history.undo();
  assert.equal(ids(again), "abc");
  assert.deepEqual(again.document(), row("a", "b", "c").document());
  assert.equal(recall(row("a", "b"), text), false);
  assert.equal(recall(row("a", "b", "c"), text), false);
});

test("what is remembered has a bound", () => {
  const scene = row("a");
  for (let turn = 0; turn < 5000; turn++) put(scene, ["a", { ...scene.shape("a"), x: turn % 300, note: "x".repeat(200) }]);
  assert.equal(scene.history.steps().undo.length, 5000);
  assert.ok(remember(scene).length < 600_000);
});

test("a drag leaves the list's lines, its counts and the order of ten thousand regions alone", () => {
  const chance = seeded(1);
  const scene = new Scene({ width: 4000, height: 3000 }, documentOf(...Array.from({ length: 10_000 }, (_, index) => box(`r${index}`, chance() * 3900, chance() * 2900, 20, 20, { label: index % 2 ? "cat" : "dog" }))));
  const before = scene.arrangement;
  put(scene, ["r10", { ...scene.shape("r10"), x: 1 }]);
  assert.deepEqual([scene.arrangement, scene.count("dog"), scene.shapes()[10]?.id], [before, 5000, "r10"]);
  put(scene, ["r10", { ...scene.shape("r10"), label: "cat" }]);
  assert.deepEqual([scene.arrangement > before, scene.count("dog"), scene.count("cat")], [true, 4999, 5001]);
});
