import assert from "node:assert/strict";
import test from "node:test";
import { Activity } from "../../../static/editor/activity.js";
import { COMMANDS } from "../../../static/editor/commands.js";
import { Editor } from "../../../static/editor/editor.js";
import { Keymap } from "../../../static/editor/keymap.js";
import { LeaseKeeper } from "../../../static/editor/leases.js";
import { FakeClock, FakeStorage, box, documentOf, failure, vaultIn } from "./support.js";

const LABELS = ["cat", "dog", "cow"].map((code, index) => ({ code, name: code, path: code, parent: null, depth: 0, colour: "#123456", hotkey: String(index + 1), description: "" }));

/** A server with `count` tasks and an editor in front of it. */
async function open({ count = 6, size = 1, storage = new FakeStorage(), task = {}, past = [] } = {}) {
  const clock = new FakeClock();
  const log = [];
  const fails = {};
  const tasks = Array.from({ length: count }, (_, index) => ({
    code: `t${index}`, lease: { token: `l${index}`, expires_at: new Date(clock.now() + 900_000).toISOString() }, kind: "manual",
    image: { code: `i${index}`, name: `${index}.jpg`, url: "", thumbnail_url: "", width: 400, height: 300 },
    prelabel: null, prelabel_confidence: null, draft: null, rejection_note: "", ...task,
  }));
  const done = new Set();
  const answer = (kind, body, value) => {
    log.push([kind, structuredClone(body)]);
    const error = fails[kind]?.shift();
    if (error) return Promise.reject(error);
    return Promise.resolve(value());
  };
  const page = (number, exclude) => {
    const free = tasks.filter((one) => !done.has(one.code) && !exclude.includes(one.code)).slice(0, number);
    return { tasks: structuredClone(free), reason: free.length ? null : done.size < count ? "nothing_for_you" : "finished", remaining: count - done.size };
  };
  const server = {
    lease: (number, exclude) => answer("lease", { number, exclude }, () => page(number, exclude)),
    submit: (body) => answer("submit", body, () => ({
      results: body.items.map((item) => {
        done.add(item.task);
        return { task: item.task, outcome: "submitted", annotation: `a-${item.task}`, version: 1 };
      }),
      next: null,
    })),
    saveDraft: (code, body) => answer("draft", { code, ...body }, () => ({ version: (body.version ?? 0) + 1, saved_at: "" })),
    changeDraft: (code, body) => answer("changes", { code, ...body }, () => ({ version: body.version + 1, saved_at: "" })),
    history: () => answer("history", null, () => ({ results: past })),
    heartbeat: (leases) => answer("heartbeat", leases, () => ({ leases: [], lost: [] })),
    release: (leases) => answer("release", leases, () => null),
    reopen: (annotation) => answer("reopen", annotation, () => {
      const found = structuredClone(tasks.find((one) => `a-${one.code}` === annotation));
      done.delete(found.code);
      return { ...found, draft: { document: documentOf(box("again", 1, 1, 9, 9)), version: 4, active_seconds: 3 } };
    }),
    clockOffset: () => 0,
  };
  const said = [];
  const ui = { say: (words) => said.push(words), open: (what) => said.push(`open ${what}`), searchLabels() {}, focusRegion: (id) => said.push(`focus ${id}`), focusStage() {}, togglePanel() {}, leave() {} };
  const first = page(size, []);
  const bootstrap = {
    project: { code: "p", name: "P", task_type: "box", paused: false, instructions_html: "", instructions_url: "" },
    labels: LABELS, page: first, page_sizes: [1, 4, 6, 9], user: { name: "Lou" }, draft_seconds: 2, heartbeat_seconds: 60, urls: {},
  };
  const editor = new Editor({ bootstrap, server, clock, vault: await vaultIn(storage), ui });
  editor.viewport.resize({ width: 432, height: 332 });
  await editor.desk.start(bootstrap.page);
  await clock.run(0);
  const keymap = new Keymap(COMMANDS);
  const press = (chord) => {
    const command = keymap.find(chord, editor);
    command?.run(editor);
    return command?.id ?? null;
  };
  const shapes = () => editor.scene.shapes();
  return { editor, clock, log, fails, said, press, shapes, storage, of: (kind) => log.filter(([name]) => name === kind).map(([, body]) => body) };
}

test("the next page is leased ahead and is there at once after a submit", async () => {
  const { editor, press, of } = await open();
  assert.deepEqual([editor.entry.task.code, editor.desk.pager.upcoming.map((entry) => entry.task.code)], ["t0", ["t1"]]);
  assert.deepEqual(of("lease"), [{ number: 1, exclude: ["t0"] }]);
  press("N");
  press("Enter");
  assert.equal(editor.entry.task.code, "t1");
});

test("a submit carries the document, the lease and the active time", async () => {
  const { clock, press, of } = await open();
  await clock.run(5000);
  press("Shift+T");
  press("Enter");
  await clock.run(10);
  const [{ items, next }] = of("submit");
  const [{ document, ...rest }] = items;
  assert.deepEqual([rest, next, document.regions.length], [{ task: "t0", lease: "l0", skip_reason: null, active_seconds: 5 }, 0, 1]);
  assert.deepEqual(Object.keys(document.regions[0]).sort(), ["crowd", "height", "id", "label", "note", "origin", "shape", "width", "x", "y"]);
});

test("nothing is submitted without an answer", async () => {
  const { editor, press, said, of } = await open();
  press("Enter");
  assert.deepEqual([editor.entry.task.code, of("submit"), said], ["t0", [], ["Draw a region first, or press N if there is nothing here."]]);
});

test("a skip needs a reason and sends no document", async () => {
  const { editor, clock, press, said, of } = await open();
  press("S");
  assert.deepEqual(said, ["open skip"]);
  editor.skip("blurred");
  await clock.run(0);
  assert.deepEqual(of("submit")[0].items[0], { task: "t0", lease: "l0", document: null, skip_reason: "blurred", active_seconds: 0 });
  assert.equal(editor.entry.task.code, "t1");
});

test("an answer that is refused comes back with its region in focus and goes on saving", async () => {
  const { editor, clock, press, fails, said, shapes, of } = await open();
  press("Shift+T");
  press("Shift+T");
  const wrong = shapes()[1].id;
  fails.submit = [failure(422, "invalid_document", { fields: { "items.0.regions.1.width": ["No."] } })];
  press("Enter");
  assert.equal(editor.entry.task.code, "t1");
  await clock.run(0);
  assert.deepEqual([editor.entry.task.code, [...editor.session.state.selection], said.at(-1)], ["t0", [wrong], `focus ${wrong}`]);
  press("ArrowRight");
  await clock.run(2000);
  assert.equal(of("draft").at(-1).code, "t0");
  press("Enter");
  await clock.run(0);
  assert.deepEqual([editor.entry.task.code, of("submit").length], ["t1", 2]);
});

test("an answer that comes back stands on the strip once", async () => {
  const { editor, clock, fails, press } = await open();
  fails.submit = [failure(409, "conflict", "The project is paused. Your work is kept as a draft.")];
  const first = editor.entry;
  press("N");
  press("Enter");
  await clock.run(0);
  assert.deepEqual([...editor.desk.recent, ...editor.desk.pager.current].filter((entry) => entry === first).length, 1);
  assert.equal(editor.entry, first);
});

test("an image that somebody else has taken is let go", async () => {
  const { editor, clock, press, fails } = await open();
  press("N");
  fails.submit = [failure(409, "lease_expired", { lost: ["t0"] })];
  press("Enter");
  await clock.run(0);
  assert.equal(editor.entry.task.code, "t1");
  assert.equal(editor.desk.entry("t0").state, "lost");
});

test("on a page of four, submitting goes through it and then turns it", async () => {
  const { editor, press } = await open({ count: 8, size: 4 });
  const seen = [];
  for (let turn = 0; turn < 5; turn++) {
    seen.push(editor.entry.task.code);
    press("N");
    press("Enter");
  }
  assert.deepEqual(seen, ["t0", "t1", "t2", "t3", "t4"]);
});

test("previous and next walk through the strip; an answered image is looked at, then reopened", async () => {
  const { editor, clock, press, shapes } = await open({ size: 4 });
  press("N");
  press("Enter");
  await clock.run(0);
  press(",");
  assert.deepEqual([editor.entry.task.code, editor.editable, press("Delete")], ["t0", false, null]);
  press("Enter");
  await clock.run(0);
  assert.deepEqual([editor.entry.task.code, editor.editable, shapes().map((shape) => shape.id)], ["t0", true, ["again"]]);
  press(".");
  assert.equal(editor.entry.task.code, "t1");
});

test("what was copied can be pasted into the next image", async () => {
  const { press, shapes } = await open({ size: 4 });
  press("Shift+T");
  press("Ctrl+C");
  press(".");
  press("Ctrl+V");
  assert.deepEqual(shapes().map(({ x, y, width, height }) => [x, y, width, height]), [[175, 125, 50, 50]]);
  press("Ctrl+V");
  assert.deepEqual(shapes().map(({ x }) => x), [175, 185]);
});

test("number keys choose the next label while drawing and relabel while selecting", async () => {
  const { editor, press, shapes } = await open();
  press("Shift+T");
  press("2");
  assert.deepEqual([shapes()[0].label, editor.session.state.label], ["cat", "dog"]);
  press("M");
  press("3");
  assert.deepEqual([shapes()[0].label, editor.session.state.label], ["cow", "cow"]);
});

test("arrows nudge by 1 and 10 px, with Ctrl they resize", async () => {
  const { press, shapes } = await open();
  press("Shift+T");
  for (const chord of ["ArrowLeft", "Shift+ArrowDown", "Ctrl+ArrowRight", "Ctrl+Shift+ArrowUp"]) press(chord);
  const [{ x, y, width, height }] = shapes();
  assert.deepEqual([x, y, width, height], [174, 135, 51, 40]);
  for (let turn = 0; turn < 4; turn++) press("Ctrl+Z");
  assert.deepEqual([shapes()[0].x, shapes()[0].width], [175, 50]);
});

test("delete all is one step, and locked regions survive it", async () => {
  const { press, shapes } = await open();
  press("Shift+T");
  press("L");
  press("Shift+T");
  press("Shift+T");
  press("Shift+Delete");
  assert.equal(shapes().length, 1);
  press("Ctrl+Z");
  assert.equal(shapes().length, 3);
});

test("nothing-here is refused where there are regions", async () => {
  const { editor, press } = await open();
  press("Shift+T");
  press("N");
  assert.equal(editor.scene.document().empty, false);
  press("Delete");
  press("N");
  assert.deepEqual(editor.scene.document(), { labels: [], regions: [], empty: true });
});

test("a pre-label is the start of the answer and is not yet a draft", async () => {
  const prelabel = documentOf(box("p", 1, 1, 20, 20, { origin: "prelabel" }));
  const { clock, press, shapes, of } = await open({ task: { prelabel, kind: "prelabelled" } });
  assert.deepEqual(shapes().map((shape) => shape.origin), ["prelabel"]);
  await clock.run(5000);
  assert.equal(of("draft").length, 0);
  press("J");
  press("ArrowRight");
  assert.deepEqual(shapes().map((shape) => shape.origin), ["prelabel-edited"]);
});

test("an outage shows the next image anyway and asks again for the page after it", async () => {
  const { editor, clock, press, fails, of } = await open();
  fails.submit = [failure(0, "unreachable")];
  fails.lease = [failure(0, "unreachable"), failure(0, "unreachable")];
  press("N");
  press("Enter");
  assert.equal(editor.entry.task.code, "t1");
  press("N");
  press("Enter");
  await clock.run(100);
  assert.equal(editor.entry, null);
  await clock.run(15_000);
  assert.equal(editor.entry.task.code, "t2");
  assert.deepEqual(of("submit").at(-1).items[0].task, "t1");
});

test("leaving gives back what nobody has begun", async () => {
  const { editor, press, of } = await open({ size: 4 });
  press("Shift+T");
  await editor.desk.release(false);
  assert.deepEqual(of("release"), [["l1", "l2", "l3", "l4", "l5"]]);
});

test("leaving waits for the draft that is not saved yet", async () => {
  const { editor, clock, press, of } = await open();
  press("Shift+T");
  const left = editor.desk.leave();
  await clock.run(3000);
  await left;
  assert.deepEqual([editor.desk.sync.unsaved, of("draft").length, of("release")], [false, 1, [["l1"]]]);
});

test("leases beat while somebody works and warn when nobody does", async () => {
  const clock = new FakeClock();
  let active = true;
  const beats = [];
  const states = [];
  const lease = (seconds) => ({ token: "l", expires_at: new Date(clock.now() + seconds * 1000).toISOString() });
  const keeper = new LeaseKeeper({
    beat: async (tokens) => {
      beats.push(tokens);
      return { leases: [lease(300)], lost: [] };
    },
    clock, interval: 60_000, active: () => active, offset: () => 0,
  });
  keeper.changed.on((state) => states.push(state));
  keeper.hold(lease(300));
  keeper.start();
  await clock.run(130_000);
  assert.equal(beats.length, 3);
  active = false;
  await clock.run(250_000);
  assert.equal(beats.length, 3);
  assert.equal(states.at(-1).kind, "expiring");
  active = true;
  await clock.run(6000);
  assert.deepEqual([beats.length, states.at(-1).kind], [4, "safe"]);
});

test("images that nobody can come back to are forgotten, those of the strip and those without an answer are not", async () => {
  const { editor, clock, fails, press } = await open({ count: 40 });
  const seen = [];
  for (let turn = 0; turn < 30; turn++) {
    seen.push(editor.entry);
    press("N");
    if (turn === 20) fails.submit = Array.from({ length: 12 }, () => failure(0, "unreachable", "Gone."));
    press("Enter");
    await clock.run(0);
  }
  const known = seen.flatMap((entry, index) => (editor.sceneOf(entry) ? [index] : []));
  assert.deepEqual(known, seen.slice(20).map((_, index) => index + 20), "what is not sent yet is kept, however long");
  assert.deepEqual(known, seen.flatMap((entry, index) => (editor.desk.entry(entry.task.code) ? [index] : [])));
  await clock.run(120_000);
  assert.deepEqual(seen.filter((entry) => editor.sceneOf(entry)), editor.desk.recent.filter((entry) => seen.includes(entry)));
});

test("active time leaves out idleness beyond a minute and hidden pages", () => {
  let now = 0;
  const activity = new Activity(() => now);
  const subject = { seconds: 0 };
  activity.follow(subject);
  now = 30_000;
  activity.touch();
  assert.equal(activity.seconds(), 30);
  now = 600_000;
  assert.equal(activity.active, false);
  activity.touch();
  assert.equal(activity.seconds(), 90);
  activity.show(false);
  now = 700_000;
  activity.show(true);
  now = 705_000;
  activity.follow(null);
  assert.equal(subject.seconds, 95);
});

test("that everything is labelled is said once the last answer has arrived", async () => {
  const { editor, press, clock } = await open({ count: 1 });
  press("N");
  press("Enter");
  await clock.run(0);
  assert.equal(editor.entry, null);
  assert.equal(editor.desk.pager.reason, "finished");
});
