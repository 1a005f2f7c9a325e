import assert from "node:assert/strict";
import { test } from "node:test";

import { Refused, UploadQueue } from "../../static/projects/upload-queue.js";

const CHUNK = 4;

/** A server that keeps what it was sent; `faults` are thrown one by one before a chunk is taken. */
function server({ faults = [], answers = {} } = {}) {
  const files = new Map();
  const log = [];
  let running = 0;
  const seen = { most: 0, announced: [] };
  const row = (path) => {
    const file = files.get(path);
    const whole = file.received === file.size;
    return { code: path, received: file.received, state: whole ? (answers[path]?.state ?? "done") : "receiving", reason: answers[path]?.reason ?? "" };
  };
  return {
    files,
    log,
    seen,
    announce: async (wanted) => {
      seen.announced.push(wanted.length);
      for (const file of wanted) if (!files.has(file.path)) files.set(file.path, { size: file.byte_size, received: 0 });
      return wanted.map((file) => row(file.path));
    },
    send: async (code, offset, bytes) => {
      running += 1;
      seen.most = Math.max(seen.most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      const fault = faults.shift();
      if (fault) throw fault;
      const file = files.get(code);
      if (offset !== file.received) throw new Refused(409, "not the next", file.received);
      file.received += bytes.length;
      log.push([code, offset, bytes.length]);
      return row(code);
    },
  };
}

const file = (path, size) => ({ path, content: { size, slice: (start, end) => "x".repeat(end - start) } });

/** Runs until nothing is open. */
async function finished(queue) {
  for (let turn = 0; turn < 2000; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (!queue.totals.open) return;
  }
  throw new Error(`still open: ${JSON.stringify(queue.items)}`);
}

const made = (remote, options = {}) =>
  new UploadQueue({ chunk: CHUNK, batch: 3, changed: () => {}, sleep: async () => {}, announce: remote.announce, send: remote.send, ...options });

test("files are announced in batches and sent in chunks, four at a time", async () => {
  const remote = server();
  const queue = made(remote);
  queue.add(Array.from({ length: 8 }, (_, index) => file(`f${index}`, 10)));
  await finished(queue);
  assert.deepEqual(remote.seen.announced, [3, 3, 2]);
  assert.equal(remote.seen.most, 4);
  assert.deepEqual(remote.log.filter(([code]) => code === "f0"), [["f0", 0, 4], ["f0", 4, 4], ["f0", 8, 2]]);
  assert.deepEqual(queue.totals, { bytes: 80, received: 80, files: 8, open: 0, done: 8, duplicate: 0, failed: 0 });
});

test("what the server has is not sent again", async () => {
  const remote = server();
  remote.files.set("half", { size: 10, received: 8 });
  remote.files.set("whole", { size: 6, received: 6 });
  const queue = made(remote);
  queue.add([file("half", 10), file("whole", 6)]);
  await finished(queue);
  assert.deepEqual(remote.log, [["half", 8, 2]]);
});

test("passing failures are tried again, and a conflict goes on where the server is", async () => {
  const remote = server({ faults: [new Refused(0, ""), new Refused(503, ""), new Refused(429, "", undefined, 2), new Refused(409, "", 4)] });
  remote.files.set("a", { size: 10, received: 4 });
  const waits = [];
  const queue = made(remote, { sleep: async (ms) => waits.push(ms) });
  queue.add([file("a", 10)]);
  await finished(queue);
  assert.deepEqual(waits, [1000, 2000, 4000]);
  assert.deepEqual(remote.log, [["a", 4, 4], ["a", 8, 2]]);
});

test("a refusal ends one file and says why; trying again begins anew", async () => {
  const remote = server({ faults: [new Refused(422, "The store refused the key.")] });
  const queue = made(remote);
  queue.add([file("a", 4), file("b", 4)]);
  await finished(queue);
  assert.deepEqual(queue.items.map((item) => [item.state, item.reason]), [["failed", "The store refused the key."], ["done", ""]]);
  queue.retry();
  await finished(queue);
  assert.equal(queue.items[0].state, "done");
});

test("a connection that stays away fails the file with words", async () => {
  const remote = server({ faults: Array.from({ length: 20 }, () => new Refused(0, "")) });
  const queue = made(remote);
  queue.add([file("a", 4)]);
  await finished(queue);
  assert.match(queue.items[0].reason, /could not be reached/);
});

test("duplicates and unreadable files are counted with their reason", async () => {
  const remote = server({ answers: { b: { state: "duplicate", reason: "The same picture as a." }, c: { state: "failed", reason: "damaged" } } });
  const queue = made(remote);
  queue.add([file("a", 4), file("b", 4), file("c", 4)]);
  await finished(queue);
  assert.deepEqual(queue.totals, { bytes: 12, received: 12, files: 3, open: 0, done: 1, duplicate: 1, failed: 1 });
  assert.equal(queue.items[1].reason, "The same picture as a.");
});

test("pausing stops after the chunk, going on finishes", async () => {
  const remote = server();
  const queue = made(remote);
  queue.add([file("a", 400)]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  queue.pause();
  await new Promise((resolve) => setTimeout(resolve, 10));
  const stopped = remote.log.length;
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(remote.log.length, stopped);
  assert.equal(queue.totals.open, 1);
  queue.resume();
  await finished(queue);
  assert.equal(remote.files.get("a").received, 400);
});

test("cancelling gives up what is open, and the same file can come again", async () => {
  const remote = server();
  const queue = made(remote);
  queue.add([file("a", 400)]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  queue.cancel();
  assert.equal(queue.totals.files, 0);
  queue.add([file("a", 400)]);
  await finished(queue);
  assert.equal(queue.totals.done, 1);
});

test("the same file is not added twice", () => {
  const queue = made(server());
  queue.add([file("a", 4), file("a", 4), file("a", 5)]);
  assert.equal(queue.items.length, 2);
});

/** A server that offers addresses in a store, and that store: `refuse` says with which status a file is not taken. */
function withStore({ refuse = () => 0 } = {}) {
  const remote = server();
  const stored = new Map();
  const puts = [];
  return {
    ...remote,
    stored,
    puts,
    announce: async (wanted) => (await remote.announce(wanted)).map((row, index) => ({ ...row, direct: { url: wanted[index].path, headers: {} } })),
    put: async ({ url }, content, sent) => {
      puts.push(url);
      sent(content.size / 2);
      const status = refuse(url);
      if (status !== 200 && status !== 0) throw new Refused(status === -1 ? 0 : status, "");
      stored.set(url, content.size);
    },
    complete: async (code) => {
      if (!stored.has(code)) throw new Refused(409, "not there");
      remote.files.get(code).received = stored.get(code);
      return { code, received: stored.get(code), state: "done", reason: "" };
    },
  };
}

const direct = (remote) => made(remote, { put: remote.put, complete: remote.complete });

test("files go straight into a store that takes them, whole and once", async () => {
  const remote = withStore();
  const queue = direct(remote);
  queue.add([file("a", 10), file("b", 3)]);
  await finished(queue);
  assert.deepEqual([...remote.stored], [["a", 10], ["b", 3]]);
  assert.deepEqual(remote.log, []);
  assert.equal(queue.totals.done, 2);
});

test("what the store refuses goes through the server, and soon everything, where the store does not even answer", async () => {
  const remote = withStore({ refuse: () => -1 });
  const queue = made(remote, { put: remote.put, complete: remote.complete, parallel: 1 });
  queue.add(["a", "b", "c", "d"].map((name) => file(name, 5)));
  await finished(queue);
  assert.deepEqual(remote.puts, ["a", "b"]);
  assert.equal(remote.log.length, 8);
  assert.equal(queue.totals.done, 4);
  const picky = withStore({ refuse: (url) => (url === "a" ? 403 : 200) });
  const other = direct(picky);
  other.add(["a", "b", "c", "d"].map((name) => file(name, 5)));
  await finished(other);
  assert.deepEqual([picky.puts.length, [...picky.stored.keys()], other.totals.done], [4, ["b", "c", "d"], 4]);
});

test("a file whose answer was lost on the way is in the store all the same", async () => {
  const remote = withStore();
  const queue = made(remote, {
    put: async (offer, content, sent) => {
      await remote.put(offer, content, sent);
      throw new Refused(0, "");
    },
    complete: remote.complete,
  });
  queue.add([file("a", 10)]);
  await finished(queue);
  assert.deepEqual(remote.log, []);
  assert.equal(queue.totals.done, 1);
});

test("an archive is done when it is there, and is said to be unpacked", async () => {
  const remote = server({ answers: { "a.zip": { state: "unpacking", reason: "" } } });
  const queue = made(remote);
  queue.add([file("a.zip", 5)]);
  await finished(queue);
  assert.deepEqual([queue.items[0].state, queue.items[0].unpacks], ["done", true]);
});
