import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS as CLASSIFY } from "../../../static/annotations/classify/commands.js";
import { COMMANDS } from "../../../static/editor/commands.js";
import { Editor } from "../../../static/editor/editor.js";
import { choose } from "../../../static/annotations/classify/labelling.js";
import { classifier } from "../classify/support.js";
import { FakeClock, FakeStorage, at, box, documentOf, polygon, vaultIn } from "./support.js";

/** Commands that may share their keys while both can run: the first comes first, and the reason why nobody is surprised. */
const SHARED = new Map(Object.entries({
  "outline.close": "an outline is closed before the image is sent",
  "outline.back": "points are taken back before steps",
  "outline.forward": "points are brought back before steps",
  "simplify.more": "the slider in hand has the arrows",
  "simplify.less": "the slider in hand has the arrows",
  "corner.delete": "chosen points are deleted before their polygon",
  "corner.left": "chosen points move before their polygon", "corner.right": "", "corner.up": "", "corner.down": "",
  "corner.left-10": "", "corner.right-10": "", "corner.up-10": "", "corner.down-10": "",
}));

const SQUARE = [[[10, 10], [90, 10], [90, 90], [10, 90]]];
const REGIONS = { box: box("a", 10, 10, 50, 50), polygon: polygon("a", SQUARE), semantic: null };
const ui = { say() {}, open() {}, searchLabels() {}, focusRegion() {}, focusStage() {}, togglePanel() {}, leave() {} };
const LABELS = Array.from({ length: 9 }, (_, index) => ({ code: `l${index}`, name: `l${index}`, path: `l${index}`, parent: null, depth: 0, colour: "#123456", hotkey: String(index + 1), description: "" }));

/** @param {"box" | "polygon" | "semantic"} type */
async function editorOf(type) {
  const clock = new FakeClock();
  const lease = { token: "l", expires_at: new Date(clock.now() + 900_000).toISOString() };
  const image = { code: "i", name: "i.dcm", url: "", thumbnail_url: "", width: 400, height: 300, details: { Modality: "CT" } };
  const region = REGIONS[type];
  const draft = region && { document: documentOf(region, { ...region, id: "b", z: 2 }), version: 1, active_seconds: 0 };
  const page = { tasks: [{ code: "t", lease, kind: "manual", image, prelabel: null, prelabel_confidence: null, draft, rejection_note: "" }], reason: null, remaining: 1 };
  const never = () => new Promise(() => {});
  const server = { lease: never, submit: never, saveDraft: never, changeDraft: never, history: never, heartbeat: never, release: never, reopen: never, clockOffset: () => 0 };
  const bootstrap = { project: { code: "p", name: "P", task_type: type, paused: false }, labels: LABELS, page, page_sizes: [1], user: { name: "Lou" }, draft_seconds: 2, heartbeat_seconds: 60, urls: {} };
  const editor = new Editor({ bootstrap, server, clock, vault: await vaultIn(new FakeStorage()), ui });
  editor.viewport.resize({ width: 432, height: 332 });
  editor.desk.pager.start(page);
  await clock.run(0);
  assert.equal(editor.entry?.task.code, "t");
  return editor;
}

/** What somebody may have in hand, and how it comes to that. */
const STATES = {
  "nothing selected": () => {},
  "a selection": (editor) => editor.session.select(editor.scene.shapes().slice(0, 1).map(({ id }) => id)),
  "a large selection, with hidden ones and a clipboard": (editor) => {
    editor.session.select(editor.scene.shapes().map(({ id }) => id));
    editor.session.update({ hidden: new Set(["b"]), clipboard: editor.scene.shapes() });
  },
  "steps to undo and to redo": (editor) => {
    for (const id of ["x", "y"]) {
      editor.scene.history.begin();
      editor.scene.history.put(id, editor.draws("box") ? box(id, 5, 5, 9, 9) : polygon(id, SQUARE));
      editor.scene.history.commit();
    }
    editor.scene.history.undo();
  },
  "chosen corners": (editor) => {
    if (!editor.draws("polygon")) return;
    editor.session.select(["a"]);
    editor.session.update({ tool: "select", corners: { id: "a", indexes: new Set([1]) } });
  },
  "an outline in the making": (editor) => {
    if (!editor.draws("polygon")) return;
    editor.machine.switch("polygon");
    for (const [x, y] of [[200, 200], [260, 200], [260, 260]]) {
      editor.machine.down(at(editor, x, y));
      editor.machine.up(at(editor, x, y));
    }
  },
  "a point taken back, and steps, too": (editor) => {
    STATES["steps to undo and to redo"](editor);
    STATES["an outline in the making"](editor);
    editor.machine.active.acts?.back?.();
  },
  "outlines being simplified": (editor) => {
    if (!editor.draws("polygon")) return;
    editor.session.select(["a"]);
    editor.machine.switch("simplify");
  },
  "a DICOM image": (editor) => editor.session.update({ windowing: { scale: {}, window: null } }),
  "an answer that is sent": (editor) => Object.assign(editor.entry, { state: "done", annotation: "a" }),
};

/** Commands that shared a key, and may. */
const used = new Set();

/** Pairs of commands that one chord could run now. */
function clashes(commands, editor) {
  const able = commands.filter((command) => command.when?.(editor) ?? true);
  const first = new Map();
  const found = [];
  for (const command of able) {
    for (const chord of command.keys) {
      const other = first.get(chord);
      if (!other) first.set(chord, command);
      else if (SHARED.has(other.id)) used.add(other.id);
      else found.push(`${chord}: ${other.id} hides ${command.id}`);
    }
  }
  return found;
}

for (const type of ["box", "polygon", "semantic"]) {
  for (const [state, arrange] of Object.entries(STATES)) {
    test(`${type}, ${state}: no key stands for two things`, async () => {
      const editor = await editorOf(type);
      arrange(editor);
      assert.deepEqual(clashes(COMMANDS, editor), []);
    });
  }
}

const SHEETS = {
  "nothing selected": () => {},
  "a selection": (page) => page.sheet.toggleAll(page.able()),
  "suggestions, steps and a label used": (page) => {
    page.sheet.adopt("t0", ["cat"], ["cat"]);
    page.sheet.toggleAll(page.able());
    choose(page, "dog");
    page.sheet.toggleAll(page.able());
    choose(page, "cat");
    page.sheet.history.undo();
  },
  "the filmstrip": (page) => page.layOut("film"),
  "one DICOM image": (page) => {
    page.layOut(1);
    page.viewer.session.update({ windowing: { scale: {}, window: null } });
  },
};

for (const type of ["multiclass", "multilabel"]) {
  for (const [state, arrange] of Object.entries(SHEETS)) {
    test(`${type}, ${state}: no key stands for two things`, async () => {
      const page = await classifier(type);
      arrange(page);
      assert.deepEqual(clashes(CLASSIFY, page), []);
    });
  }
}

test("what may share its keys does so somewhere", () => {
  assert.deepEqual([...SHARED.keys()].filter((id) => !used.has(id)), []);
});
