import assert from "node:assert/strict";
import test from "node:test";
import { Backup } from "../../../static/editor/backup.js";
import { DraftSync } from "../../../static/editor/sync.js";
import { FakeClock, FakeStorage, box, documentOf, failure, settle, vaultIn } from "./support.js";

const empty = documentOf();
const one = documentOf(box("a", 1, 2, 3, 4));
const two = documentOf(box("a", 1, 2, 3, 4), box("b", 5, 6, 7, 8));

/** A sync for one task `t` with a server that answers as `answers` says, or saves. */
async function desk({ storage = new FakeStorage(), draft = null, changes, steps } = {}) {
  const clock = new FakeClock();
  const backup = new Backup(await vaultIn(storage));
  const puts = [];
  const answers = [];
  const put = async (task, body) => {
    puts.push({ at: clock.now(), task, ...structuredClone(body) });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    return { version: (body.version ?? 0) + 1, saved_at: "" };
  };
  const patches = [];
  const patch = async (task, body) => {
    patches.push(structuredClone(body));
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return { version: body.version + 1, saved_at: "" };
  };
  const sync = new DraftSync({ put, patch, backup, clock, delay: 1500 });
  const state = { document: draft?.document ?? empty };
  const subject = { lease: () => "lease", read: () => state.document, seconds: () => 7, replace: (document) => (state.document = document), changes, ...steps };
  sync.track("t", subject, draft);
  const change = (document, ids) => {
    state.document = document;
    sync.touch("t", ids);
  };
  return { sync, clock, backup, storage, puts, patches, answers, state, change };
}

test("a change reaches the server within two seconds, many changes in one request", async () => {
  const { sync, clock, puts, change, storage } = await desk();
  change(one);
  await clock.run(1000);
  change(two);
  assert.equal(sync.state, "unsaved");
  await clock.run(1000);
  assert.deepEqual(puts.map(({ at: _, ...put }) => put), [{ task: "t", lease: "lease", document: two, version: null, active_seconds: 7 }]);
  assert.deepEqual([sync.state, sync.unsaved, storage.keys()], ["saved", false, []]);
});

test("the version goes up with each save", async () => {
  const { clock, puts, change } = await desk();
  for (const document of [one, two, one]) {
    change(document);
    await clock.run(2000);
  }
  assert.deepEqual(puts.map((put) => put.version), [null, 1, 2]);
});

test("a change while a request is under way is saved after it, never beside it", async () => {
  const { sync, clock, puts, answers, change } = await desk();
  let finish;
  answers.push(new Promise((resolve) => (finish = resolve)));
  change(one);
  await clock.run(1500);
  change(two);
  await clock.run(5000);
  assert.equal(puts.length, 1);
  finish({ version: 1, saved_at: "" });
  await clock.run(2000);
  assert.deepEqual(puts.map((put) => [put.version, put.document]), [[null, one], [1, two]]);
  assert.equal(sync.state, "saved");
});

test("without a network it tries again, ever more slowly, and keeps a backup", async () => {
  const { sync, clock, puts, answers, change, backup } = await desk();
  for (let turn = 0; turn < 4; turn++) answers.push(failure(0, "unreachable"));
  change(one);
  await clock.run(1500);
  assert.deepEqual([sync.state, sync.unsaved], ["offline", true]);
  assert.deepEqual(backup.draft("t").document, one);
  await clock.run(20_000);
  assert.deepEqual(puts.slice(1).map((put, index) => put.at - puts[index].at), [1000, 2000, 4000, 8000]);
  assert.deepEqual([sync.state, backup.draft("t")], ["saved", null]);
});

test("the network coming back does not wait for the next try", async () => {
  const { sync, clock, puts, answers, change } = await desk();
  answers.push(failure(503, "down"), failure(503, "down"), failure(503, "down"));
  change(one);
  await clock.run(4500);
  sync.flush();
  await clock.run(1);
  assert.deepEqual([puts.length, sync.state], [4, "saved"]);
});

test("a reload takes an unacknowledged draft up again", async () => {
  const storage = new FakeStorage();
  const before = await desk({ storage });
  before.answers.push(failure(0, "unreachable"));
  before.change(one);
  await before.clock.run(1500);
  const after = await desk({ storage });
  assert.deepEqual([after.state.document, after.sync.unsaved], [one, true]);
  await after.clock.run(10);
  assert.deepEqual([after.puts[0].document, after.sync.state, storage.keys()], [one, "saved", []]);
});

test("a backup that the server has already is dropped", async () => {
  const storage = new FakeStorage();
  new Backup(await vaultIn(storage)).keepDraft("t", { document: one, version: 3, at: 0 });
  const { sync } = await desk({ storage, draft: { document: one, version: 4 } });
  assert.deepEqual([sync.unsaved, storage.keys()], [false, []]);
});

test("a backup that the server has moved past is a conflict", async () => {
  const storage = new FakeStorage();
  new Backup(await vaultIn(storage)).keepDraft("t", { document: one, version: 3, at: 0 });
  const { sync, clock, puts, state } = await desk({ storage, draft: { document: two, version: 5 } });
  assert.deepEqual([sync.state, sync.conflict(), state.document], ["conflict", "t", one]);
  await clock.run(10_000);
  assert.equal(puts.length, 0);
});

test("a conflict offers the server's version; taking it replaces ours", async () => {
  const { sync, clock, answers, change, state, storage } = await desk();
  const asked = [];
  sync.conflicted.on((task) => asked.push(task));
  answers.push(failure(409, "draft_conflict", { document: two, version: 8 }));
  change(one);
  await clock.run(2000);
  assert.deepEqual([asked, sync.theirs("t")], [["t"], { document: two, version: 8 }]);
  sync.resolve("t", "theirs");
  assert.deepEqual([state.document, sync.state, storage.keys()], [two, "saved", []]);
});

test("keeping ours overwrites the server's version", async () => {
  const { sync, clock, answers, puts, change } = await desk();
  answers.push(failure(409, "draft_conflict", { document: two, version: 8 }));
  change(one);
  await clock.run(2000);
  sync.resolve("t", "ours");
  await clock.run(10);
  assert.deepEqual([puts.at(-1).version, puts.at(-1).document, sync.state], [8, one, "saved"]);
});

test("a conflict about the same content is none", async () => {
  const { sync, clock, answers, change } = await desk();
  answers.push(failure(409, "draft_conflict", { document: structuredClone(one), version: 8 }));
  change(one);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("a lost lease stops saving but keeps the backup", async () => {
  const { sync, clock, answers, puts, change, backup } = await desk();
  answers.push(failure(409, "lease_expired"));
  change(one);
  await clock.run(60_000);
  assert.deepEqual([puts.length, sync.state, backup.draft("t").document], [1, "lost", one]);
});

test("a refused draft waits for the next change", async () => {
  const { sync, clock, answers, puts, change } = await desk();
  answers.push(failure(422, "invalid_document"));
  change(one);
  await clock.run(60_000);
  assert.deepEqual([puts.length, sync.state], [1, "refused"]);
  change(two);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("a released task is not saved any more; resumed, it is, with its version", async () => {
  const { sync, clock, puts, change } = await desk();
  change(one);
  await clock.run(2000);
  change(two);
  sync.release("t");
  await clock.run(10_000);
  assert.deepEqual([puts.length, sync.unsaved], [1, false]);
  sync.resume("t");
  await clock.run(2000);
  assert.deepEqual([puts.at(-1).version, puts.at(-1).document], [1, two]);
});

test("a full storage does not stop saving", async () => {
  const { sync, clock, storage, backup, change } = await desk();
  storage.full = true;
  change(one);
  await clock.run(300);
  assert.equal(backup.healthy, false);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("old backups and broken ones go", async () => {
  const storage = new FakeStorage();
  storage.setItem("labelwright:p:draft:broken", "{");
  const backup = new Backup(await vaultIn(storage));
  backup.keepDraft("old", { document: one, version: 1, at: 0 });
  backup.keepDraft("new", { document: one, version: 1, at: 1e9 });
  backup.keepSteps("old", "{}", 0);
  backup.keepSeconds("new", 5, 1e9);
  backup.sweep(1e9 + 1);
  assert.deepEqual(storage.keys(), ["labelwright:p:draft:new", "labelwright:p:seconds:new"]);
  await settle();
});

test("one person's work is not there for another at the same browser", async () => {
  const storage = new FakeStorage();
  new Backup(await vaultIn(storage, "lou:p")).keepDraft("t", { document: one, version: 1, at: 0 });
  assert.equal(new Backup(await vaultIn(storage, "eve:p")).draft("t"), null);
  assert.deepEqual(new Backup(await vaultIn(storage, "lou:p")).draft("t").document, one);
});

test("once the server has a version, only what changed is sent", async () => {
  const asked = [];
  const changes = (ids) => (asked.push([...ids]), { placed: [], removed: [...ids], labels: [], empty: false });
  const { clock, puts, patches, change, sync } = await desk({ changes });
  change(one, ["a"]);
  await clock.run(2000);
  change(two, ["b"]);
  change(one, ["b", "c"]);
  await clock.run(2000);
  assert.deepEqual([puts.length, asked, patches.map((patch) => [patch.version, patch.removed])], [1, [["b", "c"]], [[1, ["b", "c"]]]]);
  assert.equal(sync.state, "saved");
});

test("what could not be sent goes along with the next changes", async () => {
  const changes = (ids) => ({ placed: [], removed: [...ids].sort(), labels: [], empty: false });
  const { clock, patches, answers, change, sync } = await desk({ changes, draft: { document: one, version: 4 } });
  answers.push(failure(0, "unreachable"));
  change(two, ["b"]);
  await clock.run(1500);
  change(one, ["c"]);
  await clock.run(5000);
  assert.deepEqual(patches.map((patch) => [patch.version, patch.removed]), [[4, ["b"]], [4, ["b", "c"]]]);
  assert.equal(sync.state, "saved");
});

test("without a draft on the server, the whole document follows", async () => {
  const changes = () => ({ placed: [], removed: [], labels: [], empty: false });
  const { clock, puts, answers, change, sync } = await desk({ changes, draft: { document: one, version: 4 } });
  answers.push(failure(409, "draft_missing"));
  change(two, ["b"]);
  await clock.run(5000);
  assert.deepEqual([puts.map((put) => [put.version, put.document]), sync.state], [[[4, two]], "saved"]);
});

test("an answer that got lost is no conflict, even if work went on", async () => {
  const { clock, puts, answers, change, sync } = await desk();
  answers.push(failure(0, "unreachable"));
  change(one);
  await clock.run(1500);
  change(two);
  answers.push(failure(409, "draft_conflict", { document: structuredClone(one), version: 1 }));
  await clock.run(10_000);
  assert.deepEqual([sync.state, puts.at(-1).version, puts.at(-1).document], ["saved", 1, two]);
});

test("what can be undone is written down beside the draft, and stays when that is saved", async () => {
  const storage = new FakeStorage();
  const first = await desk({ storage, steps: { remember: () => "steps" } });
  first.change(one);
  await first.clock.run(3000);
  assert.deepEqual(storage.keys(), ["labelwright:p:steps:t"]);
  const recalled = [];
  await desk({ storage, draft: { document: one, version: 1 }, steps: { recall: (text) => recalled.push(text) } });
  assert.deepEqual(recalled, ["steps"]);
  first.backup.forget("t");
  assert.deepEqual(storage.keys(), []);
});
