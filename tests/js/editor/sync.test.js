import assert from "node:assert/strict";
import test from "node:test";
import { Backup } from "../../../static/editor/backup.js";
import { DraftSync } from "../../../static/editor/sync.js";
import { FakeClock, FakeStorage, box, documentOf, failure, settle } from "./support.js";

const empty = documentOf();
const one = documentOf(box("a", 1, 2, 3, 4));
const two = documentOf(box("a", 1, 2, 3, 4), box("b", 5, 6, 7, 8));

/** A sync for one task `t` with a server that answers as `answers` says, or saves. */
function desk({ storage = new FakeStorage(), draft = null } = {}) {
  const clock = new FakeClock();
  const backup = new Backup(storage, "p");
  const puts = [];
  const answers = [];
  const put = async (task, body) => {
    puts.push({ at: clock.now(), task, ...structuredClone(body) });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    return { version: (body.version ?? 0) + 1, saved_at: "" };
  };
  const sync = new DraftSync({ put, backup, clock, delay: 1500 });
  const state = { document: draft?.document ?? empty };
  const subject = { lease: () => "lease", read: () => state.document, seconds: () => 7, replace: (document) => (state.document = document) };
  sync.track("t", subject, draft);
  const change = (document) => {
    state.document = document;
    sync.touch("t");
  };
  return { sync, clock, backup, storage, puts, answers, state, change };
}

test("a change reaches the server within two seconds, many changes in one request", async () => {
  const { sync, clock, puts, change, storage } = desk();
  change(one);
  await clock.run(1000);
  change(two);
  assert.equal(sync.state, "unsaved");
  await clock.run(1000);
  assert.deepEqual(puts.map(({ at: _, ...put }) => put), [{ task: "t", lease: "lease", document: two, version: null, active_seconds: 7 }]);
  assert.deepEqual([sync.state, sync.unsaved, storage.keys()], ["saved", false, []]);
});

test("the version goes up with each save", async () => {
  const { clock, puts, change } = desk();
  for (const document of [one, two, one]) {
    change(document);
    await clock.run(2000);
  }
  assert.deepEqual(puts.map((put) => put.version), [null, 1, 2]);
});

test("a change while a request is under way is saved after it, never beside it", async () => {
  const { sync, clock, puts, answers, change } = desk();
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
  const { sync, clock, puts, answers, change, backup } = desk();
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
  const { sync, clock, puts, answers, change } = desk();
  answers.push(failure(503, "down"), failure(503, "down"), failure(503, "down"));
  change(one);
  await clock.run(4500);
  sync.flush();
  await clock.run(1);
  assert.deepEqual([puts.length, sync.state], [4, "saved"]);
});

test("a reload takes an unacknowledged draft up again", async () => {
  const storage = new FakeStorage();
  const before = desk({ storage });
  before.answers.push(failure(0, "unreachable"));
  before.change(one);
  await before.clock.run(1500);
  const after = desk({ storage });
  assert.deepEqual([after.state.document, after.sync.unsaved], [one, true]);
  await after.clock.run(10);
  assert.deepEqual([after.puts[0].document, after.sync.state, storage.keys()], [one, "saved", []]);
});

test("a backup that the server has already is dropped", () => {
  const storage = new FakeStorage();
  new Backup(storage, "p").keepDraft("t", { document: one, version: 3, seconds: 0, at: 0 });
  const { sync } = desk({ storage, draft: { document: one, version: 4 } });
  assert.deepEqual([sync.unsaved, storage.keys()], [false, []]);
});

test("a backup that the server has moved past is a conflict", async () => {
  const storage = new FakeStorage();
  new Backup(storage, "p").keepDraft("t", { document: one, version: 3, seconds: 0, at: 0 });
  const { sync, clock, puts, state } = desk({ storage, draft: { document: two, version: 5 } });
  assert.deepEqual([sync.state, sync.conflict(), state.document], ["conflict", "t", one]);
  await clock.run(10_000);
  assert.equal(puts.length, 0);
});

test("a conflict offers the server's version; taking it replaces ours", async () => {
  const { sync, clock, answers, change, state, storage } = desk();
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
  const { sync, clock, answers, puts, change } = desk();
  answers.push(failure(409, "draft_conflict", { document: two, version: 8 }));
  change(one);
  await clock.run(2000);
  sync.resolve("t", "ours");
  await clock.run(10);
  assert.deepEqual([puts.at(-1).version, puts.at(-1).document, sync.state], [8, one, "saved"]);
});

test("a conflict about the same content is none", async () => {
  const { sync, clock, answers, change } = desk();
  answers.push(failure(409, "draft_conflict", { document: structuredClone(one), version: 8 }));
  change(one);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("a lost lease stops saving but keeps the backup", async () => {
  const { sync, clock, answers, puts, change, backup } = desk();
  answers.push(failure(409, "lease_expired"));
  change(one);
  await clock.run(60_000);
  assert.deepEqual([puts.length, sync.state, backup.draft("t").document], [1, "lost", one]);
});

test("a refused draft waits for the next change", async () => {
  const { sync, clock, answers, puts, change } = desk();
  answers.push(failure(422, "invalid_document"));
  change(one);
  await clock.run(60_000);
  assert.deepEqual([puts.length, sync.state], [1, "refused"]);
  change(two);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("a released task is not saved any more; resumed, it is, with its version", async () => {
  const { sync, clock, puts, change } = desk();
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
  const { sync, clock, storage, backup, change } = desk();
  storage.full = true;
  change(one);
  assert.equal(backup.healthy, false);
  await clock.run(2000);
  assert.equal(sync.state, "saved");
});

test("old backups and broken ones go", async () => {
  const storage = new FakeStorage();
  const backup = new Backup(storage, "p");
  backup.keepDraft("old", { document: one, version: 1, seconds: 0, at: 0 });
  backup.keepDraft("new", { document: one, version: 1, seconds: 0, at: 1e9 });
  storage.setItem("labelwright:p:draft:broken", "{");
  backup.sweep(1e9 + 1);
  assert.deepEqual(storage.keys(), ["labelwright:p:draft:new"]);
  await settle();
});
