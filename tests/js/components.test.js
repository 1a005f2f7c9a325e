// The behaviours behind the components, in what they decide; and what the templates promise about icons and sheets.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
Object.assign(globalThis, { document: { addEventListener() {}, querySelectorAll: () => [] } });
const { placeMenu, stepTo } = await import("../../static/components/menu.js");
const { matching } = await import("../../static/components/combobox.js");
Reflect.deleteProperty(globalThis, "document");
const { relative } = await import("../../static/components/time.js");
const { failureWords } = await import("../../static/components/toast.js");

const page = { width: 1280, height: 800 };
const menu = { width: 200, height: 300 };

test("a menu opens under its button", () => {
  assert.deepEqual(placeMenu({ left: 100, right: 140, top: 10, bottom: 40 }, menu, page), { left: 100, top: 44 });
});

test("a menu at the right edge ends where its button ends", () => {
  assert.deepEqual(placeMenu({ left: 1220, right: 1260, top: 10, bottom: 40 }, menu, page), { left: 1060, top: 44 });
});

test("a menu at the bottom opens above", () => {
  assert.deepEqual(placeMenu({ left: 100, right: 140, top: 700, bottom: 730 }, menu, page), { left: 100, top: 396 });
});

test("a menu never leaves a narrow page", () => {
  assert.deepEqual(placeMenu({ left: 150, right: 190, top: 10, bottom: 40 }, menu, { width: 216, height: 320 }), { left: 8, top: 12 });
});

for (const [key, current, next] of /** @type {[string, number, number | null][]} */ ([
  ["ArrowDown", -1, 0],
  ["ArrowDown", 2, 0],
  ["ArrowUp", 0, 2],
  ["ArrowUp", -1, 2],
  ["Home", 1, 0],
  ["End", 1, 2],
  ["x", 1, null],
])) {
  test(`${key} from item ${current} of three leads to ${next}`, () => assert.equal(stepTo(key, current, 3), next));
}

test("an empty menu has nowhere to go", () => assert.equal(stepTo("ArrowDown", -1, 0), null));

test("typing finds options that contain the words, those that begin with them first", () => {
  const options = ["Police car", "Car", "Bicycle"].map((label) => ({ label, value: label }));
  assert.deepEqual(matching(options, " CAR ").map((option) => option.label), ["Car", "Police car"]);
  assert.deepEqual(matching(options, ""), options);
});

const now = Date.UTC(2026, 3, 1, 12);
for (const [seconds, words] of /** @type {[number, string][]} */ ([
  [0, "just now"],
  [-59, "just now"],
  [-180, "3 minutes ago"],
  [-7_200, "2 hours ago"],
  [-86_400, "yesterday"],
  [172_800, "in 2 days"],
])) {
  test(`${seconds} s from now is "${words}"`, () => assert.equal(relative(now + seconds * 1000, now), words));
}

test("a server error names its reference", () => {
  assert.equal(failureWords(500, "7f3a"), "The server could not do that. Nothing was changed. Reference 7f3a.");
  assert.equal(failureWords(0, null), "The server cannot be reached. Nothing was changed; try again when you are back online.");
});

const templates = readdirSync(new URL("templates/", root), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".html"))
  .map((entry) => `${entry.parentPath}/${entry.name}`);

test("every icon that a template names is in the sprite", () => {
  const sprite = readFileSync(new URL("static/icons.svg", root), "utf8");
  const missing = templates.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?:components\/icon\.html["'] with name=|\bicon=)["']([a-z0-9-]+)["']/g)]
      .filter((match) => !sprite.includes(`id="${match[1]}"`))
      .map((match) => `${file}: ${match[1]}`),
  );
  assert.deepEqual(missing, []);
});

test("no template has an inline style, script or handler", () => {
  const found = templates.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/<style|\sstyle=|\son[a-z]+=["']|\shx-on|<script(?![^>]*(?:\ssrc=|application\/json))/g)].map(
      (match) => `${file}: ${match[0].trim()}`,
    ),
  );
  assert.deepEqual(found, []);
});

test("every component's sheet is linked", () => {
  const linked = readFileSync(new URL("templates/partials/stylesheets.html", root), "utf8");
  const missing = readdirSync(new URL("static/css/components/", root)).filter((name) => !linked.includes(`css/components/${name}`));
  assert.deepEqual(missing, []);
});
