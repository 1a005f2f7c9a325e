import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels } from "../../../static/editor/labels.js";

const label = (code, parent = null) => ({ code, parent, name: code, path: code, depth: 0, colour: "#888888", hotkey: "", description: "" });

test("drawing begins with the first label that is no group", () => {
  assert.equal(new Labels([label("animal"), label("cat", "animal"), label("tree")]).first?.code, "cat");
  assert.equal(new Labels([label("tree"), label("animal"), label("cat", "animal")]).first?.code, "tree");
  assert.equal(new Labels([]).first, undefined);
});
