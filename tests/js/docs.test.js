// The key tables of docs/editor.md are those of the command tables. UPDATE_DOCS=1 writes them anew.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS as CLASSIFY } from "../../static/annotations/classify/commands.js";
import { COMMANDS as REGIONS } from "../../static/editor/commands.js";

const path = fileURLToPath(new URL("../../docs/editor.md", import.meta.url));
const ROWS = { LAB: 14, CLS: 7, BOX: 11, POL: 6, SEM: 7, DCM: 5 };
const WORDS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** @param {string} chord as in the command tables */
const keyText = (chord) => `\`${chord.replace(/Arrow\w+|Escape/, (key) => WORDS[key])}\``;

/** A Markdown table of all commands by group; the nine number keys are one row. @param {readonly {id: string, title: string, group: string, keys: readonly string[]}[]} commands */
function keyTable(commands) {
  const rows = commands.filter(({ id }) => !/^label\.[2-9]$/.test(id)).map(({ id, title, group, keys }) =>
    (id === "label.1" ? { group, title: "The label with this number", keys: "`1` … `9`" } : { group, title, keys: keys.map(keyText).join(" ") }));
  const groups = [...new Set(rows.map(({ group }) => group))];
  const lines = groups.flatMap((group) => rows.filter((row) => row.group === group).map(({ title, keys }, index) => `| ${index ? "" : `**${group}**`} | ${title} | ${keys} |`));
  return ["| | action | keys |", "|---|---|---|", ...lines].join("\n");
}

for (const [name, commands] of Object.entries({ regions: REGIONS, classification: CLASSIFY })) {
  test(`docs/editor.md lists the keys of ${name}`, () => {
    const text = readFileSync(path, "utf8");
    const between = new RegExp(`(?<=<!-- keys of ${name}, .* -->\\n)[\\s\\S]*?(?=\\n<!-- end -->)`);
    const table = keyTable(commands);
    if (process.env["UPDATE_DOCS"]) return writeFileSync(path, text.replace(between, () => table));
    assert.equal(between.exec(text)?.[0], table, "Run UPDATE_DOCS=1 node --test tests/js/docs.test.js");
  });
}

test("docs/editor.md says of every row of the checklist where it is", () => {
  const found = readFileSync(path, "utf8").match(/^\| (?:LAB|CLS|BOX|POL|SEM|DCM)-\d\d(?= \|)/gm)?.map((row) => row.slice(2));
  const wanted = Object.entries(ROWS).flatMap(([group, count]) => Array.from({ length: count }, (_, index) => `${group}-${String(index + 1).padStart(2, "0")}`));
  assert.deepEqual(found, wanted);
});
