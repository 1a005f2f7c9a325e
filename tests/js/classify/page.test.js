import assert from "node:assert/strict";
import test from "node:test";
import { COMMANDS } from "../../../static/annotations/classify/commands.js";
import { choose, confirmHere } from "../../../static/annotations/classify/labelling.js";
import { Recents } from "../../../static/annotations/classify/recents.js";
import { FakeStorage } from "../editor/support.js";
import { classifier } from "./support.js";

const press = (page, id) => {
  const command = COMMANDS.find((one) => one.id === id);
  if (command.when?.(page) ?? true) command.run(page);
};
const seconds = (page) => page.entries.map((entry) => Math.round(entry.seconds));

test("in a strip a label goes to the image in front, and the next without one comes", async () => {
  const page = await classifier("multiclass");
  press(page, "layout.film");
  assert.deepEqual([page.layout, page.large, page.sheet.targets()], ["film", true, ["t0"]]);
  choose(page, "cat");
  page.sheet.setFocus("t3");
  choose(page, "dog");
  assert.deepEqual([page.sheet.focus, page.sheet.missing(page.able())], ["t1", ["t1", "t2"]]);
  choose(page, "cow");
  choose(page, "cow");
  assert.deepEqual([page.sheet.focus, page.complete], ["t2", true]);
});

test("nothing moves where somebody wants that, with a selection, and where an image takes several labels", async () => {
  const calm = await classifier("multiclass", { habits: { film: true, advance: false } });
  choose(calm, "cat");
  assert.equal(calm.sheet.focus, "t0");
  const selected = await classifier("multiclass", { habits: { film: true } });
  selected.sheet.select(["t0", "t2"]);
  choose(selected, "cat");
  assert.deepEqual([selected.sheet.focus, selected.sheet.answer("t2").labels], ["t0", ["cat"]]);
  const several = await classifier("multilabel", { habits: { film: true } });
  choose(several, "cat");
  choose(several, "dog");
  assert.deepEqual([several.sheet.focus, several.sheet.answer("t0").labels], ["t0", ["cat", "dog"]]);
});

test("another layout keeps labels and all of the selection, and is remembered", async () => {
  const page = await classifier("multiclass", { size: 9 });
  page.sheet.select(["t1", "t8"]);
  page.layOut(4);
  assert.deepEqual([page.entries.length, [...page.sheet.selection]], [4, ["t1"]]);
  page.layOut("film");
  page.layOut(9);
  assert.deepEqual([...page.sheet.selection], ["t1", "t8"]);
  page.layOut(1);
  await page.clock.run(1000);
  assert.deepEqual(page.log.preferences.at(-1), { layout: { images: 1, film: false } });
  const again = await classifier("multiclass", { size: 9, habits: { images: 6, film: true } });
  assert.deepEqual([again.desk.pager.size, again.layout], [6, "film"]);
});

test("a strip of one image has the room for more", async () => {
  const page = await classifier("multiclass", { size: 1 });
  press(page, "layout.film");
  await page.clock.run(0);
  assert.deepEqual([page.layout, page.entries.length], ["film", 9]);
  press(page, "layout.film");
  assert.equal(page.layout, 9);
});

test("time is shared by the images of a grid, and belongs to the one in front of a strip", async () => {
  const page = await classifier("multiclass");
  await page.clock.run(8000);
  press(page, "layout.film");
  assert.deepEqual(seconds(page), [2, 2, 2, 2]);
  await page.clock.run(5000);
  page.sheet.setFocus("t2");
  await page.clock.run(3000);
  page.book();
  assert.deepEqual(seconds(page), [7, 2, 5, 2]);
  await page.clock.run(10 * 60_000);
  page.book();
  assert.deepEqual(seconds(page), [7, 2, 65, 2], "a minute at most, when nobody is there");
});

test("what is skipped gets its time, and the rest goes to the others", async () => {
  const page = await classifier("multiclass");
  await page.clock.run(4000);
  page.sheet.select(["t0"]);
  page.skip("I am not sure");
  await page.clock.run(3000);
  page.book();
  assert.deepEqual([page.log.submitted[0].active_seconds, seconds(page)], [1, [1, 2, 2, 2]]);
});

test("suggestions are confirmed one after the other", async () => {
  const prelabel = { labels: ["cat"], regions: [], empty: false };
  const page = await classifier("multilabel", { task: { prelabel, prelabel_confidence: 0.9 } });
  confirmHere(page);
  assert.deepEqual([page.sheet.focus, page.sheet.suggested(page.able())], ["t1", ["t1", "t2", "t3"]]);
  press(page, "label.confirm-submit");
  await page.clock.run(0);
  assert.deepEqual(page.log.submitted.map(({ document }) => document.labels), [["cat"], ["cat"], ["cat"], ["cat"]]);
});

test("one label of several suggested is confirmed alone", async () => {
  const page = await classifier("multilabel", { task: { prelabel: { labels: ["cat", "dog"], regions: [], empty: false } } });
  page.sheet.confirm(["t0"], "dog");
  assert.deepEqual(page.sheet.answer("t0").suggested, ["cat"]);
});

test("walking through images asks for comments where somebody stays, or begins to write", async () => {
  const page = await classifier("multiclass");
  await page.clock.run(1000);
  const stayed = [];
  page.viewer.lingered.on((entry) => stayed.push(entry.task.code));
  for (const id of ["t1", "t2", "t3"]) page.sheet.setFocus(id);
  await page.clock.run(1000);
  page.sheet.setFocus("t0");
  press(page, "comment.new");
  assert.deepEqual([stayed, page.viewer.session.state.pin], [["t3", "t0"], { x: null, y: null, region: "" }]);
});

test("Esc ends the window tool before it deselects", async () => {
  const page = await classifier("multiclass", { habits: { film: true } });
  page.sheet.select(["t1"]);
  page.viewer.machine.switch("window");
  press(page, "select.none");
  assert.deepEqual([page.viewer.session.state.tool, page.sheet.selection.size], ["select", 1]);
  press(page, "select.none");
  assert.equal(page.sheet.selection.size, 0);
});

test("labels used lately keep their seats, come first in a search, and are there again next time", async () => {
  const storage = new FakeStorage();
  const recents = new Recents(storage, "me", () => true);
  for (const code of "abcdefgh") recents.use(code);
  recents.use("a");
  recents.use("z");
  assert.deepEqual([recents.seats.join(""), recents.order.join("")], ["azcdefgh", "zahgfedc"]);
  assert.deepEqual(new Recents(storage, "me", (code) => code !== "h").order.join(""), "zagfedc");
  assert.deepEqual(new Recents(storage, "you", () => true).order, []);

  const page = await classifier("multiclass");
  page.sheet.select(["t0", "t1"]);
  choose(page, "cow");
  page.sheet.select(["t2"]);
  press(page, "label.repeat");
  assert.deepEqual([page.sheet.count("cow"), page.labels.search("c").map(({ code }) => code)], [3, ["cow", "cat"]]);
});

test("a reload remembers which suggestions nobody has confirmed", async () => {
  const storage = new FakeStorage();
  const prelabel = { labels: ["cat", "dog"], regions: [], empty: false };
  const before = await classifier("multilabel", { storage, task: { prelabel } });
  before.sheet.confirm(["t0"], "cat");
  before.sheet.apply("cow", ["t1"]);
  await before.clock.run(5000);
  const draft = { document: { labels: ["cat", "dog", "cow"], regions: [], empty: false }, version: 1, active_seconds: 1 };
  const after = await classifier("multilabel", { storage, task: { prelabel, draft } });
  assert.deepEqual(after.sheet.answer("t1").suggested, ["cat", "dog"]);
  assert.deepEqual(after.sheet.answer("t0").suggested, [], "what was remembered belongs to other labels than the draft's");
});

test("answered images are forgotten behind the strip, and words about a page go with it", async () => {
  const page = await classifier("multiclass", { count: 40, size: 4 });
  for (let turn = 0; turn < 6; turn++) {
    page.sheet.select(page.able());
    choose(page, "cat");
    page.submit();
    await page.clock.run(0);
  }
  const known = [...page.sheet.store.values()].map(({ id }) => id);
  assert.deepEqual(known, Array.from({ length: 16 }, (_, index) => `t${index + 16}`), "eight of the strip, this page and the next");
  assert.equal(page.log.hushed, 6);
});
