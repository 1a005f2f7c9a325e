import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedWindow, draggedWindow, exact, firstWindow, greysOf, halveValues, presetOf, presetsOf, unpackValues } from "../../../static/editor/windowing.js";
import { WINDOW_COMMANDS } from "../../../static/editor/commands/window.js";

/** @param {Record<string, unknown>} [change] */
function scale(change = {}) {
  return /** @type {import("../../../static/editor/windowing.js").Scale} */ ({
    width: 4, height: 2, slope: 1, intercept: -1000, inverted: false, unit: "HU", padding: null, curve: null,
    windows: [{ name: "File", centre: 40, width: 400, function: "LINEAR" }],
    auto: exact("Automatic", 0, 800), full: exact("Full range", 500, 3000), ...change,
  });
}

test("windows are the standard's: linear, exact, sigmoid, inverted, with padding black", () => {
  const grey = (/** @type {any} */ range, /** @type {number} */ measured, change = {}) => greysOf({ scale: scale(change), range })[measured + 1000];
  const law = (/** @type {string} */ name) => ({ name: "", centre: 40, width: 41, function: name });
  assert.deepEqual([0, 20, 40, 60, 80].map((value) => grey(law("LINEAR"), value)), [0, 3, 131, 255, 255]);
  assert.deepEqual([19, 40, 61].map((value) => grey(law("LINEAR_EXACT"), value)), [0, 128, 255]);
  assert.equal(grey(law("SIGMOID"), 40), 128);
  assert.equal(grey(law("LINEAR"), 80, { inverted: true }), 0);
  assert.deepEqual([-1000, -999].map((value) => grey(exact("", -1000, 2), value, { padding: [0, 0] })), [0, 255]);
  assert.equal(grey(null, -998, { curve: [0, 10, 77] }), 77);
});

test("presets offer what the file says first, and Hounsfield windows where the unit is theirs", () => {
  assert.deepEqual(presetsOf(scale()).map(({ id }) => id), ["file-0", "auto", "full", "lung", "bone", "soft", "brain"]);
  assert.deepEqual(presetsOf(scale({ unit: "", windows: [], curve: [0] })).map(({ id }) => id), ["curve", "auto", "full"]);
  assert.equal(firstWindow(scale())?.centre, 40);
  assert.equal(firstWindow(scale({ windows: [], curve: [0] })), null);
  assert.equal(firstWindow(scale({ windows: [] }))?.name, "Automatic");
  assert.equal(presetOf(scale(), { name: "File", centre: 40, width: 400, function: "LINEAR" })?.id, "file-0");
  assert.equal(presetOf(scale(), exact("Own", 41, 400)), null);
});

test("a drag goes from where it began, and never to a window that shows nothing", () => {
  const start = exact("Own", 100, 300);
  assert.deepEqual(draggedWindow(scale(), start, { x: 60, y: -20 }), exact("Own", 0, 600));
  assert.deepEqual(draggedWindow(scale(), start, { x: -6000, y: 0 }), exact("Own", 100, 1));
  assert.equal(draggedWindow(scale(), null, { x: 0, y: 0 }).width, 800);
  assert.equal(boundedWindow(scale(), 1e9, 1e9).width, 12_000);
});

test("values come out of their planes as they went in, rows of their own", () => {
  const values = [1, 65_535, 0, 300, 7, 7, 7, 40_000];
  const planes = new Uint8Array(16);
  for (let at = 0; at < 8; at++) {
    const step = (values[at] - (at % 4 === 0 ? 0 : values[at - 1])) & 0xffff;
    planes[at] = step & 255;
    planes[8 + at] = step >> 8;
  }
  assert.deepEqual([...unpackValues(planes, 4, 2)], values);
  assert.throws(() => unpackValues(planes, 4, 3), /not complete/);
});

test("halves are means of four, and odd edges stand for themselves", () => {
  const half = halveValues({ values: Uint16Array.from([0, 2, 9, 4, 6, 11, 65_535, 65_535, 65_535]), width: 3, height: 3 });
  assert.deepEqual([half.width, half.height, ...half.values], [2, 2, 3, 10, 65_535, 65_535]);
});

test("a colour DICOM image says why its window cannot be changed", () => {
  const said = [];
  const editor = (image, windowing) => ({ entry: { task: { image } }, session: { state: { windowing } }, machine: { switch: (tool) => said.push(tool) }, ui: { say: (words) => said.push(words) } });
  const alt = WINDOW_COMMANDS.find(({ id }) => id === "tool.window");
  const details = { Modality: "US" };
  alt.run(editor({ details }, null));
  alt.run(editor({ details, values_url: "/files/x/" }, null));
  alt.run(editor({ details, values_url: "/files/x/" }, { scale: scale(), range: null }));
  assert.deepEqual(said, ["This DICOM image is in colour: it has no window and level. Brightness and contrast are under V.", "The picture is not there yet.", "window"]);
  assert.deepEqual([{ details }, { details: {} }, {}].map((image) => alt.when(editor(image, null))), [true, false, false]);
});
