import assert from "node:assert/strict";
import test from "node:test";
import { Machine } from "../../../static/editor/machine.js";
import { BoxTool } from "../../../static/editor/tools/box.js";
import { PanTool } from "../../../static/editor/tools/pan.js";
import { SelectTool } from "../../../static/editor/tools/select.js";
import { TemplateTool } from "../../../static/editor/tools/template.js";
import { at, bench, box, drag, seeded } from "./support.js";

const rect = ({ x, y, width, height }) => [x, y, width, height];
const rects = (desk) => desk.scene.shapes().map(rect);
const shift = { mods: { shift: true, alt: false, ctrl: false } };

test("a drag draws a box with the active label and selects it", () => {
  const desk = bench();
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [50, 40], [150, 100]);
  const [shape] = desk.scene.shapes();
  assert.deepEqual({ ...shape, id: "?" }, { ...box("?", 50, 40, 100, 60), z: 1 });
  assert.deepEqual([...desk.session.state.selection], [shape.id]);
  assert.equal(desk.session.state.sketch, null);
  assert.deepEqual(desk.session.state.lastSize, { width: 100, height: 60 });
});

test("two clicks draw a box", () => {
  const desk = bench();
  const tool = new BoxTool(desk, new SelectTool(desk));
  tool.down(at(desk, 150, 100));
  tool.up(at(desk, 150, 100));
  tool.move(at(desk, 100, 90));
  assert.deepEqual(desk.session.state.sketch.box, { x: 100, y: 90, width: 50, height: 10 });
  tool.move(at(desk, 50, 40));
  tool.down(at(desk, 50, 40));
  tool.up(at(desk, 50, 40));
  assert.deepEqual(rects(desk), [[50, 40, 100, 60]]);
});

test("no gesture ever makes a box without size", () => {
  const desk = bench();
  const tool = new BoxTool(desk, new SelectTool(desk));
  for (let click = 0; click < 4; click++) {
    tool.down(at(desk, 80, 80));
    tool.up(at(desk, 80, 80));
  }
  drag(tool, desk, [80, 80], [180, 80]);
  tool.cancel();
  assert.deepEqual(rects(desk), []);
  assert.ok(desk.said.includes("A box must be at least 1 × 1 px."));
});

test("Esc in the middle of drawing leaves nothing behind", () => {
  const desk = bench();
  const tool = new BoxTool(desk, new SelectTool(desk));
  tool.down(at(desk, 50, 40));
  tool.move(at(desk, 150, 100));
  tool.cancel();
  tool.up(at(desk, 150, 100));
  tool.down(at(desk, 50, 40));
  tool.up(at(desk, 50, 40));
  tool.cancel();
  assert.deepEqual([rects(desk), desk.session.state.sketch, tool.busy, desk.scene.history.canUndo], [[], null, false, false]);
});

test("a box drawn beyond the image is cut to it", () => {
  const desk = bench();
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [350, 250], [900, 900]);
  assert.deepEqual(rects(desk), [[350, 250, 50, 50]]);
});

test("shift draws a square", () => {
  const desk = bench();
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [50, 40], [150, 100], shift);
  assert.deepEqual(rects(desk), [[50, 40, 60, 60]]);
});

test("the box tool still reshapes the selected box by its grips", () => {
  const desk = bench(box("a", 100, 100, 100, 100));
  desk.session.select(["a"]);
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [200, 200], [220, 230]);
  assert.deepEqual(rects(desk), [[100, 100, 120, 130]]);
});

test("the template is 50 × 50 first, then the last created size", () => {
  const desk = bench();
  const template = new TemplateTool(desk, new SelectTool(desk));
  const stamp = (x, y) => {
    template.down(at(desk, x, y));
    template.up(at(desk, x, y));
  };
  stamp(200, 150);
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [10, 10], [40, 90]);
  desk.session.select([]);
  stamp(300, 200);
  stamp(0, 0);
  assert.deepEqual(rects(desk), [[175, 125, 50, 50], [10, 10, 30, 80], [285, 160, 30, 80], [0, 0, 30, 80]]);
});

test("a click selects, a click on nothing lets go, shift gathers", () => {
  const desk = bench(box("a", 10, 10, 50, 50), box("b", 200, 100, 50, 50));
  const tool = new SelectTool(desk);
  const click = (x, y, more) => {
    tool.down(at(desk, x, y, more));
    tool.up(at(desk, x, y, more));
    return [...desk.session.state.selection];
  };
  assert.deepEqual(click(35, 35), ["a"]);
  assert.deepEqual(click(225, 125, shift), ["a", "b"]);
  assert.deepEqual(click(35, 35, shift), ["b"]);
  assert.deepEqual(click(350, 250), []);
});

test("a second click reaches the region beneath", () => {
  const desk = bench(box("big", 0, 0, 300, 200), box("small", 100, 80, 60, 60));
  const tool = new SelectTool(desk);
  const click = () => {
    tool.down(at(desk, 130, 110));
    tool.up(at(desk, 130, 110));
    return [...desk.session.state.selection];
  };
  assert.deepEqual(click(), ["small"]);
  assert.deepEqual(click(), ["big"]);
  assert.deepEqual(click(), ["small"]);
});

test("a drag of the body moves, one step, and undo puts it back exactly", () => {
  const desk = bench(box("a", 10.25, 10.5, 50, 50));
  const tool = new SelectTool(desk);
  for (let turn = 0; turn < 50; turn++) drag(tool, desk, [35, 35], [35 + (turn % 2 ? 0.37 : 20.11), 41.7]);
  for (let turn = 0; turn < 50; turn++) desk.scene.history.undo();
  assert.deepEqual(rects(desk), [[10.25, 10.5, 50, 50]]);
  assert.equal(desk.scene.history.canUndo, false);
});

test("selected regions move together and stop together at the border", () => {
  const desk = bench(box("a", 10, 10, 50, 50), box("b", 100, 100, 50, 50));
  desk.session.select(["a", "b"]);
  drag(new SelectTool(desk), desk, [35, 35], [-165, 35]);
  assert.deepEqual(rects(desk), [[0, 10, 50, 50], [90, 100, 50, 50]]);
});

test("Esc in the middle of a move puts everything back", () => {
  const desk = bench(box("a", 10, 10, 50, 50));
  const tool = new SelectTool(desk);
  tool.down(at(desk, 35, 35));
  tool.move(at(desk, 135, 135));
  tool.cancel();
  tool.up(at(desk, 135, 135));
  assert.deepEqual(rects(desk), [[10, 10, 50, 50]]);
  assert.equal(desk.scene.history.canUndo, false);
});

test("locked regions stay, newer ones move", () => {
  const desk = bench(box("a", 10, 10, 50, 50), box("b", 200, 100, 50, 50));
  desk.session.update({ locked: new Set(["a"]) });
  const tool = new SelectTool(desk);
  drag(tool, desk, [35, 35], [80, 80]);
  drag(tool, desk, [225, 125], [235, 135]);
  assert.deepEqual(rects(desk), [[10, 10, 50, 50], [210, 110, 50, 50]]);
  assert.deepEqual(desk.said, ["Regions are locked. Press L to unlock them."]);
});

test("a rubber band gathers what it touches", () => {
  const desk = bench(box("a", 10, 10, 50, 50), box("b", 100, 10, 50, 50), box("c", 300, 200, 50, 50));
  const tool = new SelectTool(desk);
  drag(tool, desk, [5, 290], [110, 5]);
  assert.deepEqual([...desk.session.state.selection].sort(), ["a", "b"]);
  assert.equal(desk.session.state.sketch, null);
  drag(tool, desk, [390, 290], [320, 220], shift);
  assert.deepEqual([...desk.session.state.selection].sort(), ["a", "b", "c"]);
});

test("a changed suggestion says so, a moved back one does not", () => {
  const desk = bench(box("a", 10, 10, 50, 50, { origin: "prelabel" }));
  drag(new SelectTool(desk), desk, [35, 35], [85, 35]);
  assert.equal(desk.scene.shape("a").origin, "prelabel-edited");
  desk.scene.history.undo();
  assert.equal(desk.scene.shape("a").origin, "prelabel");
});

test("an explicit nothing-here ends with the first box", () => {
  const desk = bench();
  desk.scene.store.apply(new Map([["@image", [desk.scene.image, { ...desk.scene.image, empty: true }]]]), "remote");
  drag(new BoxTool(desk, new SelectTool(desk)), desk, [50, 40], [150, 100]);
  assert.equal(desk.scene.image.empty, false);
  desk.scene.history.undo();
  assert.equal(desk.scene.image.empty, true);
});

function machine(desk) {
  const select = new SelectTool(desk);
  desk.session.update({ tool: "select" });
  return new Machine([select, new BoxTool(desk, select), new PanTool(desk)], desk.session);
}

test("space and the middle button lend the hand, then the tool is back", () => {
  const desk = bench(box("a", 10, 10, 50, 50));
  const tools = machine(desk);
  desk.viewport.zoom({ x: 200, y: 150 }, 3);
  const before = desk.viewport.view;
  tools.space(true);
  assert.equal(tools.active.name, "pan");
  drag(tools, desk, [100, 100], [110, 100]);
  tools.space(false);
  assert.equal(tools.active.name, "select");
  assert.notEqual(desk.viewport.view.x, before.x);
  tools.down(at(desk, 100, 100, { button: 1 }));
  assert.equal(tools.active.name, "pan");
  tools.up(at(desk, 100, 100, { button: 1 }));
  assert.equal(tools.active.name, "select");
  assert.deepEqual(rects(desk), [[10, 10, 50, 50]]);
});

test("switching tools ends what the old one did", () => {
  const desk = bench();
  const tools = machine(desk);
  tools.switch("box");
  tools.down(at(desk, 50, 50));
  tools.move(at(desk, 90, 90));
  tools.switch("select");
  assert.deepEqual([desk.session.state.sketch, rects(desk)], [null, []]);
});

test("random gestures never break the document or its history", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = seeded(seed);
    const desk = bench(box("a", 10, 10, 50, 50), box("b", 100, 100, 80, 60));
    const tools = machine(desk);
    const first = JSON.stringify(rects(desk));
    for (let turn = 0; turn < 120; turn++) {
      const event = at(desk, random() * 440 - 20, random() * 340 - 20);
      const dice = random();
      if (dice < 0.3) tools.down(event);
      else if (dice < 0.7) tools.move(event);
      else if (dice < 0.93) tools.up(event);
      else if (dice < 0.96) tools.cancel();
      else tools.switch(["select", "box", "pan"][Math.floor(random() * 3)]);
      for (const shape of desk.scene.shapes()) {
        assert.ok(shape.width >= 1 && shape.height >= 1 && shape.x >= 0 && shape.y >= 0, JSON.stringify(shape));
        assert.ok(shape.x + shape.width <= 400.02 && shape.y + shape.height <= 300.02, JSON.stringify(shape));
      }
    }
    tools.cancel();
    assert.equal(desk.scene.history.open, false);
    while (desk.scene.history.canUndo) desk.scene.history.undo();
    assert.equal(JSON.stringify(rects(desk)), first);
  }
});
