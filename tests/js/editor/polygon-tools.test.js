import assert from "node:assert/strict";
import test from "node:test";
import { PAGE_COMMANDS } from "../../../static/editor/commands/page.js";
import { ringArea } from "../../../static/editor/geometry.js";
import { Machine } from "../../../static/editor/machine.js";
import * as polygons from "../../../static/editor/polygons.js";
import { findCrossing } from "../../../static/editor/rings/crossings.js";
import { PanTool } from "../../../static/editor/tools/pan.js";
import { PointsTool } from "../../../static/editor/tools/points.js";
import { PolygonTool } from "../../../static/editor/tools/polygon.js";
import { SelectTool } from "../../../static/editor/tools/select.js";
import { SimplifyTool } from "../../../static/editor/tools/simplify.js";
import { SplitTool } from "../../../static/editor/tools/split.js";
import { at, bench, drag, polygon, seeded } from "./support.js";

const SQUARE = [[100, 100], [200, 100], [200, 200], [100, 200]];
const HOLE = [[130, 130], [170, 130], [170, 170], [130, 170]];
const shift = { mods: { shift: true, alt: false, ctrl: false } };
const alt = { mods: { shift: false, alt: true, ctrl: false } };
const rings = (desk) => desk.scene.shapes().map((shape) => shape.parts);

function click(tool, desk, x, y, more) {
  tool.move(at(desk, x, y, more));
  tool.down(at(desk, x, y, more));
  tool.up(at(desk, x, y, more));
}

function drawn(desk, points, close = true) {
  const tool = new PolygonTool(desk);
  for (const [x, y] of points) click(tool, desk, x, y);
  if (close) tool.acts.close();
  return tool;
}

test("clicks draw a polygon; Enter, the first point and a second click close it", () => {
  const endings = [(tool) => tool.acts.close(), (tool, desk) => click(tool, desk, 102, 101), (tool, desk) => click(tool, desk, 101, 201)];
  for (const end of endings) {
    const desk = bench();
    const tool = drawn(desk, SQUARE, false);
    assert.equal(desk.scene.shapes().length, 0);
    end(tool, desk);
    assert.deepEqual(rings(desk), [[SQUARE]]);
    assert.deepEqual([tool.busy, desk.session.state.sketch?.corners ?? []], [false, []]);
    assert.deepEqual([...desk.session.state.selection], [desk.scene.shapes()[0].id]);
  }
});

test("Backspace takes points back one by one and redo brings them again", () => {
  const desk = bench();
  const tool = drawn(desk, [...SQUARE, [50, 150]], false);
  tool.acts.back();
  tool.acts.back();
  tool.acts.forward();
  tool.acts.close();
  assert.deepEqual(rings(desk), [[SQUARE]]);
});

test("Esc leaves nothing, and no gesture makes a polygon without an area", () => {
  const desk = bench();
  const tool = drawn(desk, SQUARE, false);
  tool.cancel();
  assert.deepEqual([tool.busy, rings(desk), desk.scene.history.canUndo], [false, [], false]);
  for (let turn = 0; turn < 5; turn++) click(tool, desk, 50, 50);
  tool.acts.close();
  tool.cancel();
  for (const [x, y] of [[50, 50], [100, 50], [75, 50]]) click(tool, desk, x, y);
  tool.acts.close();
  assert.deepEqual(rings(desk), []);
  assert.ok(desk.said.includes("A polygon needs at least three points."));
  assert.ok(desk.said.includes("The outline would cross itself here."));
});

test("a side that would cross is marked while it is drawn and refused when it is clicked", () => {
  const desk = bench();
  const tool = drawn(desk, [[100, 100], [200, 100], [200, 200]], false);
  tool.move(at(desk, 150, 50));
  const { x, y } = desk.session.state.sketch.mark;
  assert.deepEqual([Math.round(x), y], [167, 100]);
  click(tool, desk, 150, 50);
  assert.equal(desk.session.state.sketch.corners.length, 3);
  assert.deepEqual(desk.said, ["The outline would cross itself here."]);
});

test("a drag draws by hand, thinned to what can be seen", () => {
  const desk = bench();
  const tool = new PolygonTool(desk);
  const ring = Array.from({ length: 120 }, (_, i) => [200 + 80 * Math.cos((i * Math.PI) / 60), 150 + 80 * Math.sin((i * Math.PI) / 60)]);
  tool.move(at(desk, ...ring[0]));
  tool.down(at(desk, ...ring[0]));
  for (const [x, y] of ring) tool.move(at(desk, x, y));
  tool.up(at(desk, ...ring[0]));
  const [shape] = desk.scene.shapes();
  assert.ok(shape && shape.parts[0].length > 12 && shape.parts[0].length < 50, `${shape?.parts[0].length} points`);
  assert.ok(Math.abs(ringArea(shape.parts[0]) - Math.PI * 6400) < 350);
});

test("the view moves in the middle of a polygon and a second finger keeps it", () => {
  const desk = bench();
  desk.session.update({ tool: "polygon" });
  const tools = new Machine([new PolygonTool(desk), new PanTool(desk)], desk.session);
  for (const [x, y] of SQUARE.slice(0, 2)) click(tools, desk, x, y);
  tools.space(true);
  assert.equal(tools.active.name, "pan");
  drag(tools, desk, [100, 100], [120, 110]);
  tools.space(false);
  tools.down(at(desk, 100, 100, { button: 1 }));
  assert.equal(tools.active.name, "pan");
  tools.up(at(desk, 100, 100, { button: 1 }));
  desk.viewport.zoom({ x: 10, y: 10 }, 2);
  tools.down(at(desk, 300, 250));
  tools.interrupt();
  for (const [x, y] of SQUARE.slice(2)) click(tools, desk, x, y);
  tools.active.acts.close();
  assert.deepEqual(rings(desk).map(([ring]) => ring.map((point) => point.map(Math.round))), [SQUARE]);
});

test("points snap to a neighbour's corners and sides; Alt suspends that", () => {
  const desk = bench(polygon("a", [SQUARE]));
  drawn(desk, [[203, 98], [260, 100], [260, 203], [202, 197]]);
  assert.deepEqual(rings(desk)[1], [[[200, 100], [260, 100], [260, 203], [200, 200]]]);
  const tool = new PolygonTool(desk);
  for (const [x, y] of [[97, 150], [20, 150], [20, 180]]) click(tool, desk, x, y, alt);
  tool.acts.close();
  assert.deepEqual(rings(desk)[2], [[[97, 150], [20, 150], [20, 180]]]);
});

test("a point on a neighbour's side becomes a point of the neighbour, in the same step", () => {
  const desk = bench(polygon("a", [SQUARE]));
  drawn(desk, [[203, 140], [260, 140], [260, 160], [202, 160]]);
  assert.deepEqual(rings(desk), [
    [[[100, 100], [200, 100], [200, 140], [200, 160], [200, 200], [100, 200]]],
    [[[200, 140], [260, 140], [260, 160], [200, 160]]],
  ]);
  desk.scene.history.undo();
  assert.deepEqual(rings(desk), [[SQUARE]]);
});

test("the outline follows a neighbour's border the shorter way, and the other way when flipped", () => {
  const border = [[100, 100], [120, 110], [140, 100], [160, 110], [180, 100], [180, 200], [100, 200]];
  for (const [flipped, wanted] of [[false, [[100, 100], [120, 110], [140, 100], [160, 110], [180, 100]]], [true, [[100, 100], [100, 200], [180, 200], [180, 100]]]]) {
    const desk = bench(polygon("a", [border]));
    const tool = new PolygonTool(desk);
    click(tool, desk, 100, 100);
    tool.move(at(desk, 180, 100, shift));
    assert.ok(tool.acts.flip);
    if (flipped) tool.acts.flip();
    assert.deepEqual(desk.session.state.sketch.way.map(({ x, y }) => [x, y]), wanted.slice(1, -1));
    click(tool, desk, 180, 100, shift);
    if (flipped) click(tool, desk, 250, 250);
    else click(tool, desk, 140, 20);
    assert.deepEqual(tool.acts.close && desk.session.state.sketch.corners.slice(0, wanted.length).map(({ x, y }) => [x, y]), wanted);
  }
});

test("parts and holes belong to the selected polygon", () => {
  const desk = bench(polygon("a", [SQUARE]));
  desk.session.select(["a"]);
  const mode = (mode) => desk.session.update({ outlining: { ...desk.session.state.outlining, mode, snaps: false } });
  mode("cut");
  drawn(desk, HOLE);
  assert.deepEqual(rings(desk), [[SQUARE, HOLE]]);
  assert.equal(desk.session.state.outlining.mode, "new");
  mode("add");
  drawn(desk, [[250, 100], [300, 100], [300, 150]]);
  assert.deepEqual(rings(desk), [[SQUARE, HOLE, [[250, 100], [300, 100], [300, 150]]]]);
  mode("add");
  drawn(desk, [[180, 120], [290, 120], [290, 130], [180, 130]]);
  assert.equal(desk.scene.shapes()[0].parts.length, 2);
  mode("cut");
  drawn(desk, [[10, 10], [30, 10], [30, 30]]);
  assert.equal(desk.said.at(-1), "A hole must lie on the selected polygon.");
  mode("cut");
  drawn(desk, [[5, 5], [395, 5], [395, 295], [5, 295]]);
  assert.equal(desk.said.at(-1), "That would leave nothing of the polygon.");
  assert.equal(findCrossing(desk.scene.shapes()[0].parts), null);
});

test("the points tool adds on a side, removes by a click, moves by a drag", () => {
  const desk = bench(polygon("a", [SQUARE]));
  const tool = new PointsTool(desk);
  click(tool, desk, 150, 102);
  assert.deepEqual(rings(desk)[0], [[[100, 100], [150, 100], [200, 100], [200, 200], [100, 200]]]);
  drag(tool, desk, [150, 100], [150, 60]);
  assert.deepEqual(rings(desk)[0], [[[100, 100], [150, 60], [200, 100], [200, 200], [100, 200]]]);
  drag(tool, desk, [200, 150], [240, 150]);
  assert.deepEqual(rings(desk)[0], [[[100, 100], [150, 60], [200, 100], [240, 150], [200, 200], [100, 200]]]);
  for (const [x, y] of [[240, 150], [150, 60], [100, 100]]) click(tool, desk, x, y);
  assert.deepEqual(rings(desk)[0], [[[200, 100], [200, 200], [100, 200]]]);
  click(tool, desk, 200, 200);
  assert.deepEqual(rings(desk)[0], [[[200, 100], [200, 200], [100, 200]]]);
  assert.match(desk.said.at(-1), /three points/);
  drag(tool, desk, [200, 100], [100, 250]);
  while (desk.scene.history.canUndo) desk.scene.history.undo();
  drag(tool, desk, [100, 100], [150, 250]);
  assert.deepEqual(rings(desk), [[SQUARE]]);
  assert.equal(desk.said.at(-1), "The outline crosses or touches itself. The change was taken back.");
});

test("the select tool moves chosen points together and takes back what would cross", () => {
  const desk = bench(polygon("a", [SQUARE, HOLE]));
  desk.session.select(["a"]);
  const tool = new SelectTool(desk);
  click(tool, desk, 200, 100);
  click(tool, desk, 200, 200, shift);
  drag(tool, desk, [200, 200], [230, 200]);
  assert.deepEqual(rings(desk), [[[[100, 100], [230, 100], [230, 200], [100, 200]], HOLE]]);
  desk.session.update({ corners: null });
  tool.down(at(desk, 230, 200));
  tool.move(at(desk, 150, 150));
  assert.equal(desk.session.state.sketch.kind, "mark");
  tool.up(at(desk, 150, 150));
  assert.deepEqual(rings(desk), [[[[100, 100], [230, 100], [230, 200], [100, 200]], HOLE]]);
  assert.equal(desk.said.at(-1), "Two outlines of the polygon cross. The change was taken back.");
});

test("a line across cuts apart, and both pieces share the cut", () => {
  const desk = bench(polygon("a", [SQUARE], { note: "n" }));
  const tool = new SplitTool(desk);
  click(tool, desk, 80, 150);
  click(tool, desk, 150, 160);
  click(tool, desk, 220, 150);
  const [first, second] = rings(desk).map(([ring]) => ring.map(String));
  const shared = first.filter((point) => second.includes(point));
  assert.deepEqual(shared.sort(), ["100,152.86", "150,160", "200,152.86"]);
  assert.deepEqual(desk.scene.shapes().map(({ id, note }) => [id === "a", note]), [[true, "n"], [false, ""]]);
  desk.scene.history.undo();
  assert.deepEqual(rings(desk), [[SQUARE]]);
  drag(tool, desk, [150, 80], [150, 220]);
  assert.equal(desk.scene.shapes().length, 2);
  desk.session.select([]);
  drag(tool, desk, [300, 80], [300, 220]);
  assert.match(desk.said.at(-1), /right across/);
});

test("join, and cut out of the others", () => {
  const right = SQUARE.map(([x, y]) => [x + 100, y]);
  const desk = bench(polygon("a", [SQUARE]), polygon("b", [right]), polygon("c", [[[150, 50], [250, 50], [250, 150], [150, 150]]], { label: "dog" }));
  desk.session.select(["a", "c"]);
  assert.match(polygons.join(desk.scene, desk.session), /one label/);
  desk.session.select(["a", "b"]);
  assert.equal(polygons.join(desk.scene, desk.session), null);
  assert.deepEqual(desk.scene.shapes().map(({ id }) => id), ["a", "c"]);
  assert.equal(polygons.cutFromOthers(desk.scene, desk.session), null);
  assert.deepEqual(desk.scene.shape("c").parts.map((ring) => ring.map(String).sort()), [["150,100", "150,50", "200,100", "250,100", "250,50"]]);
});

test("simplify previews, keeps on Enter and takes back on Esc", () => {
  const ring = Array.from({ length: 200 }, (_, i) => [200 + 90 * Math.cos((i * Math.PI) / 100), 150 + 90 * Math.sin((i * Math.PI) / 100)].map((v) => Math.round(v * 100) / 100));
  const desk = bench(polygon("a", [ring]));
  desk.session.select(["a"]);
  const tool = new SimplifyTool(desk);
  desk.session.update({ tool: "simplify" });
  const first = rings(desk)[0][0].length;
  tool.acts.more();
  assert.ok(first < 60 && rings(desk)[0][0].length <= first && tool.busy);
  tool.cancel();
  assert.deepEqual([rings(desk)[0][0].length, desk.scene.history.canUndo, desk.session.state.tool], [200, false, "select"]);
  desk.session.update({ tool: "simplify" });
  tool.acts.close();
  assert.deepEqual([rings(desk)[0][0].length < 60, desk.scene.history.canUndo, tool.busy], [true, true, false]);
});

test("random gestures never leave a polygon that the server would refuse", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed);
    const desk = bench(polygon("a", [SQUARE, HOLE]), polygon("b", [SQUARE.map(([x, y]) => [x + 120, y])]));
    const select = new SelectTool(desk);
    const tools = new Machine([select, new PolygonTool(desk), new PointsTool(desk), new SplitTool(desk), new SimplifyTool(desk), new PanTool(desk)], desk.session);
    tools.switch("select");
    for (let turn = 0; turn < 150; turn++) {
      const event = at(desk, random() * 440 - 20, random() * 340 - 20, random() < 0.2 ? shift : {});
      const dice = random();
      if (dice < 0.3) tools.down(event);
      else if (dice < 0.6) tools.move(event);
      else if (dice < 0.85) tools.up(event);
      else if (dice < 0.9) tools.active.acts?.close?.();
      else if (dice < 0.93) desk.session.update({ outlining: { ...desk.session.state.outlining, mode: ["new", "add", "cut"][Math.floor(random() * 3)] } });
      else tools.switch(["select", "polygon", "points", "split", "simplify"][Math.floor(random() * 5)]);
      if (desk.scene.history.open) continue;
      for (const shape of desk.scene.shapes()) assert.equal(findCrossing(shape.parts), null, `${seed}: ${JSON.stringify(shape.parts)}`);
    }
    tools.cancel();
    while (desk.scene.history.canUndo) desk.scene.history.undo();
    assert.deepEqual(rings(desk), [[SQUARE, HOLE], [SQUARE.map(([x, y]) => [x + 120, y])]]);
  }
});

test("an Enter that comes too late for an outline does not send the image", () => {
  let now = 1000;
  const desk = bench();
  desk.session.update({ tool: "polygon" });
  const machine = new Machine([new PolygonTool(desk), new PanTool(desk)], desk.session, () => now);
  const done = [];
  const enter = () => PAGE_COMMANDS.find(({ id }) => id === "page.submit").run({ machine, ui: { say: (words) => done.push(words) }, submit: () => done.push("sent") });
  for (const [x, y] of [...SQUARE, SQUARE[0]]) click(machine, desk, x, y);
  assert.equal(desk.scene.shapes().length, 1);
  enter();
  now += 600;
  enter();
  for (const [x, y] of SQUARE) click(machine, desk, x + 100, y);
  machine.active.acts.close();
  enter();
  assert.deepEqual(done, ["The outline is closed already. Press Enter again to submit.", "sent", "sent"]);
});

test("an Enter right after a loop by hand sends the image", () => {
  const desk = bench();
  desk.session.update({ tool: "polygon" });
  const machine = new Machine([new PolygonTool(desk), new PanTool(desk)], desk.session, () => 1000);
  const [first, ...rest] = [[50, 50], [150, 50], [150, 150], [50, 150], [50, 52]];
  machine.down(at(desk, ...first));
  for (const point of rest) machine.move(at(desk, ...point));
  machine.up(at(desk, ...rest.at(-1)));
  assert.equal(desk.scene.shapes().length, 1);
  assert.equal(machine.justClosed, false);
});
