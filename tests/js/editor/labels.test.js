import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels } from "../../../static/editor/labels.js";

const label = (code, parent = null) => ({ code, parent, name: code, path: code, depth: 0, colour: "#888888", hotkey: "", description: "" });

test("drawing begins with the first label that is no group", () => {
  assert.equal(new Labels([label("animal"), label("cat", "animal"), label("tree")]).first?.code, "cat");
  assert.equal(new Labels([label("tree"), label("animal"), label("cat", "animal")]).first?.code, "tree");
  assert.equal(new Labels([]).first, undefined);
});

const tree = (...paths) => new Labels(paths.map((path) => ({ ...label(path), name: path.split("/").at(-1), path })));
const found = (labels, typed) => labels.search(typed).map(({ path }) => path);

test("typed letters find names, then words, then paths, then letters in order", () => {
  const labels = tree("Road/Sign/Stop", "Road/Sign", "Sidewalk", "Design", "Animal/Bird/Red kite", "Animal/Bird");
  assert.deepEqual(found(labels, "sign"), ["Road/Sign", "Design", "Road/Sign/Stop"]);
  assert.deepEqual(found(labels, "road stop"), ["Road/Sign/Stop"]);
  assert.deepEqual(found(labels, "abrk"), ["Animal/Bird/Red kite"]);
  assert.deepEqual(found(labels, "rss"), ["Road/Sign/Stop"]);
  assert.deepEqual(found(labels, "kite"), ["Animal/Bird/Red kite"]);
  assert.deepEqual(found(labels, "xq"), []);
});

test("accents and case do not matter", () => {
  assert.deepEqual(found(tree("Crème brûlée", "Cream"), "CREME BRU"), ["Crème brûlée"]);
});

test("of labels that fit as well, the ones used lately come first", () => {
  const labels = tree("Cat", "Car", "Cart");
  labels.recent = ["Cart"];
  assert.deepEqual(found(labels, "ca"), ["Cart", "Cat", "Car"]);
  assert.deepEqual(found(labels, "car")[0], "Car");
});

test("one of thousands of labels is found by a few of its letters", () => {
  const labels = tree(...Array.from({ length: 5000 }, (_, index) => `Kingdom ${index % 7}/Family ${index % 90}/Species number ${index}`));
  assert.match(found(labels, "species number 4321")[0], /Species number 4321$/);
});
