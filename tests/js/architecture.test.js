// The rules of the editor's structure that a machine can check.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../static/", import.meta.url));
const files = ["editor", "annotations"]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))))
  .filter((path) => path.endsWith(".js"))
  .map((path) => ({ path, name: relative(root, path), text: readFileSync(path, "utf8") }));

/** Who may touch the page: input, rendering, panels, fetch, and the composition roots. */
const PAGE = /^(editor\/(input|api|main)\.js|editor\/(render|panel)\/|annotations\/\w+\/(main|[\w-]*-page)\.js|annotations\/\w+\/panel\/)|^annotations\/(?!classify\/)/;

const code = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").replace(/"[^"\n]*"|`[^`]*`/g, "");

test("only the edges touch document, window or fetch", () => {
  const sinners = files.filter(({ name, text }) => !PAGE.test(name) && /\b(document\s*\.|window\b|fetch\s*\(|localStorage\b|navigator\b)/.test(code(text).replace(/\.document\b/g, "")));
  assert.deepEqual(sinners.map(({ name }) => name), []);
});

test("files are short, typed and without default exports", () => {
  for (const { name, text } of files) {
    assert.ok(text.split("\n").length <= 251, `${name} has more than 250 lines`);
    assert.ok(text.startsWith("// @ts-check"), `${name} is not type-checked`);
    assert.ok(!/export default/.test(text), `${name} has a default export`);
    // `collectstatic` follows import("…") in comments too, and types may go in circles.
    assert.ok(!/\/[*/].*\bimport\("|^\s*\*.*\bimport\("/m.test(text), `${name} takes a type by import("…"), not by @import`);
  }
});

test("imports have no cycles and no missing targets", () => {
  const known = new Map(files.map(({ path, text }) => [path, [...text.matchAll(/^(?:import|export)[^;]*?from "(\.[^"]+)";/gms)].map(([, target]) => join(dirname(path), target))]));
  const done = new Set();
  const visit = (path, trail) => {
    assert.ok(!trail.includes(path), `cycle: ${[...trail, path].map((step) => relative(root, step)).join(" → ")}`);
    if (done.has(path) || !known.has(path)) return;
    for (const target of known.get(path)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of known.keys()) visit(path, []);
});
