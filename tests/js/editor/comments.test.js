import assert from "node:assert/strict";
import { test } from "node:test";
import { CommentBook } from "../../../static/editor/comments.js";

function comment(code, more = {}) {
  return { code, text: code, kind: "comment", thread: null, resolved_at: null, mine: true, author: { name: "Lena" }, x: null, y: null, region: "", ...more };
}

/** A server whose list of comments comes when it is told to. */
function slowServer() {
  const waiting = [];
  return {
    comments: () => new Promise((answer) => waiting.push((...results) => answer({ next: null, results }))),
    comment: async (_task, { code, text }) => comment(code, { text }),
    resolveComment: async (code, resolved) => comment(code, { resolved_at: resolved ? "2026-01-01T00:00:00Z" : null }),
    arrive: (...results) => waiting.shift()(...results),
  };
}

const codes = (book) => book.threads().map(({ first }) => first.code);

test("what is said while the list is on its way stays, once", async () => {
  const server = slowServer();
  const book = new CommentBook(server);
  const opened = book.open("task");
  await book.say({ code: "new", text: "Mine", flag: false, pin: null, thread: null });
  server.arrive(comment("old"));
  await opened;
  assert.deepEqual(codes(book), ["old", "new"]);
});

test("a list that knows what was said meanwhile does not undo what was done with it", async () => {
  const server = slowServer();
  const book = new CommentBook(server);
  const opened = book.open("task");
  await book.say({ code: "new", text: "Mine", flag: false, pin: null, thread: null });
  await book.resolve("new", true);
  server.arrive(comment("old"), comment("new"));
  await opened;
  assert.deepEqual(book.threads().map(({ first }) => [first.code, first.resolved_at !== null]), [["old", false], ["new", true]]);
});

test("a list that comes after another image was opened is dropped", async () => {
  const server = slowServer();
  const book = new CommentBook(server);
  const first = book.open("one");
  const second = book.open("two");
  server.arrive(comment("of one"));
  server.arrive(comment("of two"));
  await Promise.all([first, second]);
  assert.deepEqual(codes(book), ["of two"]);
});
