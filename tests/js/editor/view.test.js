// How the picture is looked at: turns, mirrors, adjustments, safe colours, and what of it is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEUTRAL, adjustPixels, isNeutral, toAdjust, toneCurve } from "../../../static/editor/adjust.js";
import { VIEW_COMMANDS } from "../../../static/editor/commands/view.js";
import { REGION_COMMANDS } from "../../../static/editor/commands/regions.js";
import { LOOK, keepLook } from "../../../static/editor/look.js";
import { safePaint } from "../../../static/editor/palette.js";
import { Preferences, mergePatch } from "../../../static/editor/preferences.js";
import { Session } from "../../../static/editor/session.js";
import { UPRIGHT, Viewport, mirrored, toImage, toScreen, toScreenBox, turned } from "../../../static/editor/viewport.js";
import { FakeClock, bench, box, failure, seeded } from "./support.js";

const WAYS = [0, 1, 2, 3].flatMap((turn) => [{ turn, flip: false }, { turn, flip: true }]);
const near = (a, b) => assert.ok(Math.hypot(a.x - b.x, a.y - b.y) < 1e-6, `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);

test("a turn moves what is seen by a quarter, clockwise, from every way", () => {
  for (const way of WAYS) {
    const view = { scale: 2, x: 30, y: 40, ...way };
    const seen = toScreen({ ...view, x: 0, y: 0 }, { x: 7, y: 11 });
    const after = toScreen({ ...view, ...turned(way, 1), x: 0, y: 0 }, { x: 7, y: 11 });
    near(after, { x: -seen.y, y: seen.x });
    near(toImage(view, toScreen(view, { x: 7, y: 11 })), { x: 7, y: 11 });
  }
});

test("mirroring exchanges left and right as they are seen, from every way", () => {
  for (const way of WAYS) {
    const seen = toScreen({ scale: 1, x: 0, y: 0, ...way }, { x: 7, y: 11 });
    near(toScreen({ scale: 1, x: 0, y: 0, ...mirrored(way) }, { x: 7, y: 11 }), { x: -seen.x, y: seen.y });
    assert.deepEqual(mirrored(mirrored(way)), way);
  }
});

test("a fitted image stays fitted when it is turned; a moved one keeps its middle", () => {
  const viewport = new Viewport();
  viewport.resize({ width: 800, height: 600 });
  viewport.show({ width: 400, height: 200, code: "a" });
  viewport.lay(turned(viewport.view, 1));
  assert.ok(viewport.whole);
  near({ x: toScreenBox(viewport.view, { x: 0, y: 0, width: 400, height: 200 }).height, y: 0 }, { x: 568, y: 0 });
  viewport.zoom({ x: 100, y: 100 }, 3);
  const middle = toImage(viewport.view, { x: 400, y: 300 });
  viewport.lay(mirrored(viewport.view));
  near(toImage(viewport.view, { x: 400, y: 300 }), middle);
  assert.ok(!viewport.whole);
});

test("a new image is upright; one that was turned lies as it was left", () => {
  const viewport = new Viewport();
  viewport.resize({ width: 800, height: 600 });
  viewport.show({ width: 400, height: 200, code: "a" });
  viewport.lay({ turn: 3, flip: true });
  const way = () => ({ turn: viewport.view.turn, flip: viewport.view.flip });
  viewport.show({ width: 400, height: 200, code: "b" });
  assert.deepEqual(way(), UPRIGHT);
  viewport.show({ width: 400, height: 200, code: "a" });
  assert.deepEqual(way(), { turn: 3, flip: true });
});

test("arrow keys move regions where they point, however the view is turned", () => {
  for (const way of WAYS) {
    const desk = bench(box("a", 100, 100, 50, 40));
    const editor = { ...desk, editable: true, selected: () => ["a"], say: () => {} };
    desk.viewport.lay(way);
    const before = toScreenBox(desk.viewport.view, desk.scene.shape("a"));
    REGION_COMMANDS.find((command) => command.id === "nudge.right-10").run(editor);
    REGION_COMMANDS.find((command) => command.id === "nudge.up").run(editor);
    const after = toScreenBox(desk.viewport.view, desk.scene.shape("a"));
    near({ x: after.x - before.x, y: after.y - before.y }, { x: 10 * desk.viewport.view.scale, y: -desk.viewport.view.scale });
    REGION_COMMANDS.find((command) => command.id === "resize.right").run(editor);
    const grown = toScreenBox(desk.viewport.view, desk.scene.shape("a"));
    near({ x: grown.width - after.width, y: grown.height - after.height }, { x: desk.viewport.view.scale, y: 0 });
  }
});

test("arrows move the view only while nothing is selected", () => {
  const pan = VIEW_COMMANDS.find((command) => command.id === "view.pan-left");
  assert.equal(pan.when({ entry: {}, selected: () => ["a"] }), false);
  assert.equal(pan.when({ entry: {}, selected: () => [] }), true);
});

test("tone curves: nothing at neutral, steeper with contrast, reversed when inverted, always within bytes", () => {
  const all = [...Array(256).keys()];
  assert.deepEqual([...toneCurve(NEUTRAL)], all);
  assert.deepEqual([...toneCurve({ ...NEUTRAL, invert: true })], all.map((value) => 255 - value));
  const steep = toneCurve({ ...NEUTRAL, contrast: 60 });
  assert.ok(steep[64] < 64 && steep[192] > 192 && steep[127] > 120 && steep[127] < 135);
  assert.ok(toneCurve({ ...NEUTRAL, gamma: 2 })[64] > 100);
  assert.deepEqual([...new Set(toneCurve({ ...NEUTRAL, contrast: -100 }))], [128]);
  assert.deepEqual([...toneCurve({ ...NEUTRAL, contrast: 100 })].slice(0, 100), Array(100).fill(0));
});

test("pixels: grey without saturation, alpha untouched, neutral changes nothing", () => {
  const random = seeded(3);
  const pixels = Uint8ClampedArray.from({ length: 400 }, () => random() * 256);
  const neutral = pixels.slice();
  adjustPixels(neutral, NEUTRAL);
  assert.deepEqual(neutral, pixels);
  const grey = pixels.slice();
  adjustPixels(grey, { ...NEUTRAL, saturation: 0, invert: true });
  for (let i = 0; i < grey.length; i += 4) {
    assert.ok(Math.abs(grey[i] - grey[i + 1]) <= 1 && Math.abs(grey[i + 1] - grey[i + 2]) <= 1);
    assert.equal(grey[i + 3], pixels[i + 3]);
  }
});

test("adjustments are read whatever was kept", () => {
  assert.equal(toAdjust(null), NEUTRAL);
  assert.equal(toAdjust({ brightness: 0, hue: 7 }), NEUTRAL);
  assert.deepEqual(toAdjust({ brightness: 900, gamma: Number.NaN, invert: "yes" }), { ...NEUTRAL, brightness: 100 });
  assert.ok(Object.isFrozen(toAdjust({ contrast: 5 })) && !isNeutral(toAdjust({ contrast: 5 })));
});

test("safe colours: the first 28 labels differ by colour or by dash", () => {
  const paints = Array.from({ length: 28 }, (_, index) => safePaint(index));
  assert.equal(new Set(paints.map(({ colour, dash }) => `${colour} ${dash}`)).size, 28);
  assert.equal(new Set(paints.map(({ colour, hatching }) => `${colour} ${hatching}`)).size, 28);
  assert.equal(new Set(paints.slice(0, 7).map(({ hatching }) => hatching)).size, 7, "masks of the first round have a hatching each");
  assert.ok(paints.every(({ colour }) => /^#[0-9a-f]{6}$/.test(colour)));
});

test("a merge patch says what changed and nothing else", () => {
  assert.equal(mergePatch({ a: 1, b: { c: [1] } }, { a: 1, b: { c: [1] } }), null);
  assert.deepEqual(mergePatch({ a: 1, b: { c: 1, d: 2 } }, { b: { c: 1, d: 3 }, e: true }), { a: null, b: { d: 3 }, e: true });
});

function preferences(values, outcomes = []) {
  const clock = new FakeClock();
  const sent = [];
  const send = async (patch) => {
    sent.push(patch);
    const outcome = outcomes.shift();
    if (outcome) throw outcome;
  };
  return { clock, sent, preferences: new Preferences(values, { send, clock }) };
}

test("a burst of changes is one request, and a failed one is sent again with what came since", async () => {
  const desk = preferences({ fill: 0.2 }, [failure(0, "unreachable")]);
  for (const fill of [0.3, 0.4, 0.5]) desk.preferences.set("fill", fill);
  await desk.clock.run(1_000);
  assert.deepEqual(desk.sent, [{ fill: 0.5 }]);
  desk.preferences.set("palette", "safe");
  await desk.clock.run(20_000);
  assert.deepEqual(desk.sent.at(-1), { fill: 0.5, palette: "safe" });
  desk.preferences.set("fill", undefined);
  await desk.preferences.flush();
  assert.deepEqual(desk.sent.at(-1), { fill: null });
});

test("what the server refuses is told and not sent for ever", async () => {
  const desk = preferences({}, [Object.assign(new Error("Too many."), { passing: false })]);
  const told = [];
  desk.preferences.refused.on((message) => told.push(message));
  desk.preferences.set("outline", 3);
  await desk.clock.run(60_000);
  assert.deepEqual([told, desk.sent.length], [["Too many."], 1]);
});

test("the look is everybody's own, adjustments are by project, and both come back", () => {
  const first = preferences({ fill: 0.4, adjust: { other: toAdjust({ contrast: 9 }) } });
  const session = new Session();
  keepLook(session, first.preferences, "mine");
  assert.deepEqual(session.state.look, { ...LOOK, fill: 0.4 });
  session.update({ adjust: toAdjust({ gamma: 2 }), look: Object.freeze({ ...LOOK, palette: "safe", grid: false }) });
  assert.deepEqual(first.preferences.get("adjust"), { other: toAdjust({ contrast: 9 }), mine: toAdjust({ gamma: 2 }) });
  assert.equal(first.preferences.get("fill"), undefined);
  assert.deepEqual(first.preferences.get("layout"), { grid: false });
  const again = new Session();
  keepLook(again, first.preferences, "mine");
  assert.deepEqual([again.state.adjust, again.state.look], [session.state.adjust, session.state.look]);
  again.update({ adjust: NEUTRAL });
  assert.deepEqual(first.preferences.get("adjust"), { other: toAdjust({ contrast: 9 }) });
});
