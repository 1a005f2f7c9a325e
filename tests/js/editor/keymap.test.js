import assert from "node:assert/strict";
import test from "node:test";
import { COMMANDS as CLASSIFY } from "../../../static/annotations/classify/commands.js";
import { COMMANDS } from "../../../static/editor/commands.js";
import { documentOf, box } from "./support.js";
import { emptyDocument, sameDocument, toDocument, toItems } from "../../../static/editor/documents.js";
import { Keymap, belongsToFocus, chord, mayBind } from "../../../static/editor/keymap.js";
import { Labels } from "../../../static/editor/labels.js";

const key = (name, code, mods = {}) => chord({ key: name, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });

test("chords name keys as people write them", () => {
  assert.equal(key("r", "KeyR"), "R");
  assert.equal(key("Z", "KeyZ", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z");
  assert.equal(key("z", "KeyZ", { metaKey: true }), "Ctrl+Z");
  assert.equal(key("?", "Slash", { shiftKey: true }), "?");
  assert.equal(key("3", "Numpad3"), "3");
  assert.equal(key("&", "Digit1"), "&");
  assert.equal(key("ArrowLeft", "ArrowLeft", { shiftKey: true }), "Shift+ArrowLeft");
  assert.equal(key(" ", "Space"), "Space");
  assert.equal(key("к", "KeyR"), "R");
  assert.equal(key("¡", "Digit1", { altKey: true }), "Alt+¡");
});

test("keys typed into fields, and Enter on buttons, are not commands", () => {
  const field = { tag: "INPUT", type: "text", editable: false, dialog: false };
  const button = { tag: "BUTTON", type: "", editable: false, dialog: false };
  const stage = { tag: "DIV", type: "", editable: false, dialog: false };
  assert.equal(belongsToFocus(field, "R"), true);
  assert.equal(belongsToFocus(field, "Ctrl+Enter"), false);
  assert.equal(belongsToFocus(button, "Enter"), true);
  assert.equal(belongsToFocus(button, "R"), false);
  assert.equal(belongsToFocus(stage, "Enter"), false);
  assert.equal(belongsToFocus({ ...stage, dialog: true }, "R"), true);
});

test("of two commands on one chord the first that may run is taken", () => {
  const keymap = new Keymap([
    { id: "a", title: "A", group: "G", keys: ["X"], when: (on) => on, run() {} },
    { id: "b", title: "B", group: "G", keys: ["X"], run() {} },
  ]);
  assert.deepEqual([keymap.find("X", true).id, keymap.find("X", false).id, keymap.find("Y", true)], ["a", "b", null]);
});

test("a person's keys replace those of the table and come first where they meet", () => {
  const command = (id, ...keys) => ({ id, title: id, group: "G", keys, run() {} });
  const keymap = new Keymap([command("a", "X"), command("b", "Y", "Z"), command("c", "Q")]);
  let told = 0;
  keymap.changed.on(() => told++);
  keymap.rebind({ b: ["X"], c: [] });
  const found = (pressed) => keymap.find(pressed, null)?.id ?? null;
  assert.deepEqual(["X", "Y", "Z", "Q"].map(found), ["b", null, null, null]);
  assert.deepEqual([keymap.keysOf("a"), keymap.keysOf("b"), keymap.keysOf("c"), told], [["X"], ["X"], [], 1]);
  assert.deepEqual(keymap.holders("X").map(({ id }) => id), ["b", "a"]);
  keymap.rebind({});
  assert.deepEqual(["X", "Y", "Q"].map(found), ["a", "b", "c"]);
});

test("what belongs to the browser or leads out of a field cannot be bound", () => {
  assert.deepEqual(["Tab", "Escape", "Ctrl+W", "Ctrl+Shift+T", "F5", "Shift", "Ctrl+Alt+Control"].filter(mayBind), []);
  assert.deepEqual(["T", "Ctrl+K", "Alt+ArrowLeft", "F2", "Delete"].filter(mayBind).length, 5);
});

test("a slider keeps its arrows, a switch does not keep letters", () => {
  const slider = { tag: "INPUT", type: "range", editable: false, dialog: false };
  assert.deepEqual(["ArrowLeft", "Shift+ArrowUp", "PageUp", "Home", "V", "Enter"].map((pressed) => belongsToFocus(slider, pressed)), [true, true, true, true, false, true]);
});

for (const [name, commands] of Object.entries({ editor: COMMANDS, classify: CLASSIFY })) {
  test(`${name}: every command has a name, a key, and no key is taken twice without a condition`, () => {
    const owners = new Map();
    for (const command of commands) {
      assert.ok(command.title && command.group && command.keys.length > 0, command.id);
      for (const chord of command.keys) {
        const other = owners.get(chord);
        assert.ok(!other || (other.when && command.when), `${chord}: ${other?.id} and ${command.id}`);
        owners.set(chord, command);
      }
    }
    assert.equal(new Set(commands.map((command) => command.id)).size, commands.length);
  });
}

test("the keys that Azure's labellers know do the same here", () => {
  const keys = new Map(COMMANDS.flatMap((command) => command.keys.map((chord) => [chord, command.id])));
  assert.deepEqual(
    ["R", "T", "M", "L", "1", "9"].map((chord) => keys.get(chord)),
    ["tool.box", "tool.template", "tool.select", "region.lock", "label.1", "label.9"],
  );
});

const labels = new Labels(
  [["a", "Animal", null], ["b", "Cat", "a"], ["c", "Hot-air balloon", null], ["d", "Balloon", null]].map(([code, name, parent]) => ({
    code, name, parent, path: parent ? `Animal/${name}` : name, depth: parent ? 1 : 0, colour: "#000000", hotkey: "", description: "",
  })),
);

test("type-ahead finds the best label first", () => {
  const found = (typed) => labels.search(typed).map((label) => label.code);
  assert.deepEqual(found("ball"), ["d", "c"]);
  assert.deepEqual(found("animal"), ["a", "b"]);
  assert.deepEqual(found("zebra"), []);
  assert.deepEqual(found(" "), ["a", "b", "c", "d"]);
});

test("without chosen keys the first nine labels get the numbers", () => {
  assert.deepEqual([labels.byKey("2").code, labels.keyOf("d"), labels.byKey("5")], ["b", "4", undefined]);
});

test("a document survives the way into the store and back", () => {
  const document = {
    labels: ["cat"], empty: false,
    regions: [
      documentOf(box("a", 1, 2, 3, 4, { crowd: true, note: "n" })).regions[0],
      { id: "p", shape: "polygon", label: "dog", parts: [[[0, 0], [1, 0], [1, 1]]], origin: "import", note: "" },
      { id: "m", shape: "mask", label: "dog", rle: { size: [4, 4], counts: "3" }, x: 0, y: 0, width: 2, height: 2, origin: "prelabel", note: "" },
    ],
  };
  const [image, ...shapes] = toItems(document);
  assert.deepEqual(toDocument(image, shapes), document);
  assert.deepEqual(shapes.map((shape) => shape.z), [1, 2, 3]);
});

test("documents are compared by what they say", () => {
  const a = documentOf(box("a", 1, 2, 3, 4));
  const b = { empty: false, regions: [Object.fromEntries(Object.entries(a.regions[0]).reverse())], labels: [] };
  assert.equal(sameDocument(a, b), true);
  assert.equal(sameDocument(a, emptyDocument()), false);
});
