import assert from "node:assert/strict";
import { test } from "node:test";
import * as tree from "../../../static/projects/tree.js";

/** @param {tree.Row[]} rows */
const shape = (rows) => rows.map((row) => `${"  ".repeat(row.depth)}${row.name}`).join("\n");
/** @param {string} text */
const from = (text) =>
  text.split("\n").map((line) => tree.makeRow({ name: line.trim(), depth: (line.length - line.trimStart().length) / 2 }));

const ANIMALS = "Animal\n  Cat\n    Tabby\n  Dog\nColour\n  Black";

test("nested and back", () => {
  assert.equal(shape(tree.fromNested(tree.toNested(from(ANIMALS)))), ANIMALS);
});

test("paths are names from the root", () => {
  const rows = from(ANIMALS);
  assert.deepEqual(rows.map((_, index) => tree.pathOf(rows, index)), [
    "Animal", "Animal/Cat", "Animal/Cat/Tabby", "Animal/Dog", "Colour", "Colour/Black",
  ]);
});

test("a new label goes behind the branch, on its level", () => {
  assert.equal(shape(tree.insertAfter(from(ANIMALS), 1, tree.makeRow({ name: "New" }))), ANIMALS.replace("  Dog", "  New\n  Dog"));
  assert.equal(shape(tree.insertAfter(from("A\n  B"), -1, tree.makeRow({ name: "C" }))), "A\n  B\nC");
});

test("a new label under another is its last child, down to six levels", () => {
  assert.equal(shape(tree.insertUnder(from("A\n  B\nC"), 0, tree.makeRow({ name: "N" }))), "A\n  B\n  N\nC");
  const deep = from("a\n  b\n    c\n      d\n        e\n          f");
  assert.equal(tree.insertUnder(deep, 5, tree.makeRow({ name: "g" })), deep);
});

test("removing takes the branch", () => {
  assert.equal(shape(tree.removeBranch(from(ANIMALS), 1)), "Animal\n  Dog\nColour\n  Black");
});

test("shifting moves the branch a level, where the tree allows it", () => {
  assert.equal(shape(tree.shift(from("A\nB\n  C"), 1, 1)), "A\n  B\n    C");
  const rows = from("A\n  B");
  assert.equal(tree.shift(rows, 0, 1), rows);
  assert.equal(tree.shift(rows, 1, 1), rows);
  assert.equal(tree.shift(rows, 0, -1), rows);
});

test("stepping passes the neighbour and its branch", () => {
  assert.equal(shape(tree.step(from("A\n  B\nC\n  D"), 0, 1)), "C\n  D\nA\n  B");
  assert.equal(shape(tree.step(from("A\n  B\nC\n  D"), 2, -1)), "C\n  D\nA\n  B");
  const rows = from(ANIMALS);
  assert.equal(tree.step(rows, 3, 1), rows);
  assert.equal(tree.step(rows, 1, -1), rows);
});

test("dropping before, after and inside", () => {
  assert.equal(shape(tree.drop(from("A\nB\nC"), 2, 0, "before")), "C\nA\nB");
  assert.equal(shape(tree.drop(from("A\nB\n  C\nD"), 0, 1, "after")), "B\n  C\nA\nD");
  assert.equal(shape(tree.drop(from("A\n  X\nB"), 0, 2, "inside")), "B\n  A\n    X");
});

test("a branch is not dropped into itself or too deep", () => {
  const rows = from("A\n  B");
  assert.equal(tree.drop(rows, 0, 1, "inside"), rows);
  const deep = from("a\n  b\n    c\n      d\n        e\nx\n  y");
  assert.equal(tree.drop(deep, 5, 4, "inside"), deep);
});

test("pasted paths join what is there", () => {
  assert.equal(
    shape(tree.addLines(from("Animal\n  Cat"), " Animal/Dog \n\nAnimal/Cat/Tabby\nPlant/Tree")),
    "Animal\n  Cat\n    Tabby\n  Dog\nPlant\n  Tree",
  );
});

test("pasted paths with more than six levels are left out, and named", () => {
  const lines = "A/B\n1/2/3/4/5/6/7\n";
  assert.equal(shape(tree.addLines([], lines)), "A\n  B");
  assert.deepEqual(tree.tooDeep(lines), ["1/2/3/4/5/6/7"]);
});

test("keys: the first nine, and one owner each", () => {
  const rows = tree.withDefaults(from("a\nb\nc\nd\ne\nf\ng\nh\ni\nj"), ["#111111", "#222222"]);
  assert.deepEqual(rows.map((row) => row.hotkey).join(","), "1,2,3,4,5,6,7,8,9,");
  assert.deepEqual(rows.slice(0, 3).map((row) => row.colour), ["#111111", "#222222", "#111111"]);
  assert.deepEqual(tree.assignKey(rows, 9, "1").map((row) => row.hotkey).join(","), ",2,3,4,5,6,7,8,9,1");
  assert.equal(tree.numberFirstNine(tree.assignKey(rows, 9, "1"))[9]?.hotkey, "");
});

test("problems name the label", () => {
  assert.equal(tree.problemOf(from(ANIMALS)), null);
  assert.deepEqual(tree.problemOf(from("A\n  B\n  B")), {
    index: 2,
    message: "“A/B” is there twice. Names must differ on one level.",
  });
  assert.equal(tree.problemOf(from("a/b"))?.message, "“a/b”: a name cannot contain “/”, which separates the levels.");
  assert.equal(tree.problemOf([tree.makeRow({ name: " " })])?.message, "A label has no name.");
});
