import assert from "node:assert/strict";
import test from "node:test";
import { Sheet, columnsFor } from "../../../static/annotations/classify/model.js";
import { seeded } from "../editor/support.js";

function sheet(mode, count = 4) {
  const made = new Sheet(mode);
  const ids = Array.from({ length: count }, (_, index) => `i${index}`);
  for (const id of ids) made.adopt(id, [], []);
  made.show(ids);
  return made;
}
const labels = (one) => one.page.map((id) => one.answer(id).labels.join("+"));
const select = (one, ...ids) => {
  one.clearSelection();
  ids.forEach((id) => one.toggle(id));
};

test("multi-class: a label replaces the one before", () => {
  const one = sheet("multiclass");
  select(one, "i0", "i1");
  one.apply("cat");
  select(one, "i1");
  one.apply("dog");
  assert.deepEqual(labels(one), ["cat", "dog", "", ""]);
});

test("multi-class: the same label again keeps it", () => {
  const one = sheet("multiclass");
  for (let turn = 0; turn < 2; turn++) {
    select(one, "i0");
    one.apply("cat");
  }
  assert.deepEqual(labels(one), ["cat", "", "", ""]);
});

test("multi-label: a label is applied, then the images are deselected", () => {
  const one = sheet("multilabel");
  select(one, "i0", "i2");
  assert.equal(one.apply("cat"), "added");
  assert.deepEqual([labels(one), [...one.selection]], [["cat", "", "cat", ""], []]);
  assert.equal(one.apply("dog"), "nobody");
});

test("multi-label: the same label on all of the selection takes it off", () => {
  const one = sheet("multilabel");
  select(one, "i0", "i1");
  one.apply("cat");
  select(one, "i0", "i1");
  assert.equal(one.apply("cat"), "removed");
  assert.deepEqual(labels(one), ["", "", "", ""]);
});

test("multi-label: the same label on a part of the selection goes to the rest", () => {
  const one = sheet("multilabel");
  select(one, "i0");
  one.apply("cat");
  select(one, "i0", "i1");
  assert.equal(one.apply("cat"), "added");
  assert.deepEqual(labels(one), ["cat", "cat", "", ""]);
});

test("the X of a chip takes one label off one image", () => {
  const one = sheet("multilabel");
  one.toggleAll(one.page);
  one.apply("cat");
  one.toggleAll(one.page);
  one.apply("dog");
  one.remove("i1", "cat");
  assert.deepEqual(labels(one), ["cat+dog", "dog", "cat+dog", "cat+dog"]);
});

test("a single image needs no selection", () => {
  const one = sheet("multilabel", 1);
  one.apply("cat");
  one.apply("dog");
  one.apply("cat");
  assert.deepEqual(labels(one), ["dog"]);
});

test("shift selects the range from the last toggled image", () => {
  const one = sheet("multilabel", 9);
  one.toggle("i2");
  one.range("i5");
  assert.deepEqual([...one.selection].sort(), ["i2", "i3", "i4", "i5"]);
  one.range("i1");
  assert.deepEqual([...one.selection].sort(), ["i1", "i2", "i3", "i4", "i5"]);
});

test("arrows walk through the grid and stop at its borders", () => {
  const one = sheet("multilabel", 9);
  const go = (...moves) => {
    for (const [right, down] of moves) one.move(right, down, 3, false);
    return one.focus;
  };
  assert.equal(go([1, 0], [0, 1]), "i4");
  assert.equal(go([0, 1], [0, 1]), "i7");
  assert.equal(go([-1, 0], [0, -1], [0, -1], [0, -1]), "i0");
  one.move(1, 0, 3, true);
  assert.deepEqual([...one.selection], ["i0", "i1"]);
});

test("select all, and once more for none", () => {
  const one = sheet("multilabel");
  one.toggleAll(one.page);
  assert.equal(one.selection.size, 4);
  one.toggleAll(one.page);
  assert.equal(one.selection.size, 0);
});

test("suggestions are labels until somebody confirms, changes or removes them", () => {
  const one = sheet("multilabel");
  for (const id of one.page) one.adopt(id, ["cat"], ["cat"]);
  assert.deepEqual(one.missing(one.page), []);
  one.confirm(["i0"]);
  one.apply("cat", ["i1"]);
  one.remove("i2", "cat");
  assert.deepEqual([one.suggested(one.page), labels(one)], [["i3"], ["cat", "", "", "cat"]]);
  one.history.undo();
  assert.deepEqual(one.suggested(one.page), ["i2", "i3"]);
});

test("another layout keeps labels and what of the selection is still there", () => {
  const one = sheet("multilabel");
  one.toggleAll(one.page);
  one.apply("cat");
  select(one, "i0", "i3");
  for (let index = 4; index < 9; index++) one.adopt(`i${index}`, [], []);
  one.show(Array.from({ length: 9 }, (_, index) => `i${index}`));
  assert.equal(one.count("cat"), 4);
  one.show(["i0"]);
  assert.deepEqual([labels(one), [...one.selection], one.history.canUndo], [["cat"], ["i0"], true]);
});

test("one label for many images is one step back", () => {
  const one = sheet("multiclass");
  one.toggleAll(one.page);
  one.apply("cat");
  one.history.undo();
  assert.deepEqual(labels(one), ["", "", "", ""]);
});

test("a new page forgets the steps of the old one", () => {
  const one = sheet("multiclass");
  one.toggleAll(one.page);
  one.apply("cat");
  one.show(["x0", "x1"]);
  assert.deepEqual([one.history.canUndo, one.focus, one.selection.size], [false, "x0", 0]);
});

test("random work keeps the rules: one label per image in multi-class, no label twice in multi-label", () => {
  for (const mode of ["multiclass", "multilabel"]) {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const one = sheet(mode, 6);
      const any = () => one.page[Math.floor(random() * 6)];
      for (let turn = 0; turn < 150; turn++) {
        const dice = random();
        if (dice < 0.35) one.toggle(any());
        else if (dice < 0.45) one.range(any());
        else if (dice < 0.75) one.apply(["cat", "dog", "cow"][Math.floor(random() * 3)]);
        else if (dice < 0.85) one.remove(any(), "cat");
        else if (dice < 0.95) one.history.undo();
        else one.history.redo();
        for (const id of one.page) {
          const { labels: given, suggested } = one.answer(id);
          assert.equal(new Set(given).size, given.length);
          assert.ok(mode === "multilabel" || given.length <= 1);
          assert.ok(suggested.every((label) => given.includes(label)));
        }
      }
    }
  }
});

test("columns follow the layout and the room", () => {
  assert.deepEqual([1, 4, 6, 9].map((size) => columnsFor(size, false)), [1, 2, 3, 3]);
  assert.deepEqual([1, 4, 6, 9].map((size) => columnsFor(size, true)), [1, 2, 2, 2]);
});

test("multi-label: none of the labels is an answer, and gives way to a label", () => {
  const one = sheet("multilabel", 3);
  select(one, "i0", "i1");
  one.apply("cat");
  select(one, "i1", "i2");
  assert.equal(one.declareEmpty(), "added");
  assert.deepEqual([labels(one), [...one.selection], one.missing(one.page)], [["cat", "", ""], [], []]);
  assert.deepEqual(one.document("i1"), { labels: [], regions: [], empty: true });

  select(one, "i1");
  one.apply("dog");
  assert.deepEqual(one.document("i1"), { labels: ["dog"], regions: [], empty: false });
  select(one, "i2");
  assert.equal(one.declareEmpty(), "removed");
  assert.deepEqual(one.missing(one.page), ["i2"]);
  one.history.undo();
  assert.deepEqual(one.document("i2"), { labels: [], regions: [], empty: true });
});

test("multi-class: an image always has its one label", () => {
  const one = sheet("multiclass");
  select(one, "i0");
  assert.equal(one.declareEmpty(), "nobody");
  assert.equal(one.document("i0").empty, false);
});
