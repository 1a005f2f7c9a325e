import assert from "node:assert/strict";
import test from "node:test";
import { Backup } from "../../../static/editor/backup.js";
import { Outbox } from "../../../static/editor/outbox.js";
import { FakeClock, FakeStorage, failure, vaultIn } from "./support.js";

const item = (task) => ({ task, lease: "l", document: null, skip_reason: "x", active_seconds: 1 });

async function desk(storage = new FakeStorage()) {
  const clock = new FakeClock();
  const posts = [];
  const answers = [];
  const post = async (body) => {
    posts.push(body);
    const answer = answers.shift();
    if (answer) throw answer;
    return { results: body.items.map(({ task }) => ({ task, outcome: "submitted", annotation: `a-${task}`, version: 1 })), next: null };
  };
  const outbox = new Outbox({ post, backup: new Backup(await vaultIn(storage)), clock });
  const delivered = [];
  const returned = [];
  outbox.delivered.on(({ answer }) => delivered.push(...answer.results.map((result) => result.task)));
  outbox.returned.on(({ parcel, error }) => returned.push([parcel.items[0].task, error.code]));
  return { outbox, clock, posts, answers, delivered, returned, storage };
}

test("answers go one after the other, each with a key of its own", async () => {
  const { outbox, clock, posts, delivered, storage } = await desk();
  outbox.send([item("a")]);
  outbox.send([item("b"), item("c")]);
  await clock.run(0);
  assert.deepEqual(delivered, ["a", "b", "c"]);
  assert.equal(new Set(posts.map((post) => post.key)).size, 2);
  assert.deepEqual([outbox.size, storage.keys()], [0, []]);
});

test("an unanswered answer is sent again under the same key until the server speaks", async () => {
  const { outbox, clock, posts, answers, delivered } = await desk();
  answers.push(failure(0, "unreachable"), failure(502, "bad_gateway"));
  outbox.send([item("a")]);
  outbox.send([item("b")]);
  await clock.run(10);
  assert.deepEqual([outbox.offline, outbox.tasks()], [true, ["a", "b"]]);
  await clock.run(10_000);
  assert.deepEqual(delivered, ["a", "b"]);
  assert.equal(new Set(posts.slice(0, 3).map((post) => post.key)).size, 1);
  assert.equal(outbox.offline, false);
});

test("a reload finds what was under way, key and all", async () => {
  const before = await desk();
  before.answers.push(failure(0, "unreachable"));
  const key = before.outbox.send([item("a")]);
  await before.clock.run(0);
  const after = await desk(before.storage);
  assert.deepEqual(after.outbox.tasks(), ["a"]);
  await after.outbox.flush();
  assert.deepEqual([after.posts.map((post) => post.key), after.storage.keys()], [[key], []]);
});

test("a refusal comes back and does not block the next answer", async () => {
  const { outbox, clock, answers, delivered, returned } = await desk();
  answers.push(failure(422, "invalid_document"));
  outbox.send([item("a")]);
  outbox.send([item("b")]);
  await clock.run(0);
  assert.deepEqual([returned, delivered, outbox.size], [[["a", "invalid_document"]], ["b"], 0]);
});
