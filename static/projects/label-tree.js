// @ts-check
/** The editor of a label tree; what it does to the rows is in tree.js, the markup in projects/parts/labels.html. */
import { toast } from "../components/toast.js";
import * as tree from "./tree.js";

/** @import {Row} from "./tree.js" */

for (const root of document.querySelectorAll("[data-label-tree]")) {
  if (root instanceof HTMLElement) edit(root);
}

/** @template {Element} T @param {Element} root @param {string} selector @param {new () => T} kind @returns {T} */
function part(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The label editor lacks ${selector}`);
  return found;
}

/** @param {HTMLElement} root */
function edit(root) {
  const list = part(root, "[data-tree-rows]", HTMLOListElement);
  const pattern = part(root, "template[data-tree-row]", HTMLTemplateElement);
  const problem = part(root, "[data-tree-problem]", HTMLElement);
  const value = part(root, "[data-tree-value]", HTMLInputElement);
  const palette = JSON.parse(document.getElementById("palette")?.textContent ?? "[]");
  let rows = tree.fromNested(JSON.parse(document.getElementById(root.dataset.labelTree ?? "")?.textContent ?? "[]"));
  let dragged = -1;

  part(root, "[data-without-script]", HTMLElement).remove();
  value.disabled = false;
  for (const hidden of root.querySelectorAll("[data-tree-tools], [data-tree-help]")) hidden.removeAttribute("hidden");

  /** @param {Row[]} next @param {number} [focused] id of the row whose name gets the focus */
  function show(next, focused) {
    rows = tree.withDefaults(next, palette);
    list.replaceChildren(...rows.map((row) => draw(row)));
    part(root, "[data-tree-count]", HTMLElement).textContent = rows.length === 1 ? "1 label" : `${rows.length} labels`;
    write();
    const name = list.querySelector(`[data-id="${focused}"] [data-part="name"]`);
    if (name instanceof HTMLInputElement) name.focus();
  }

  function write() {
    const words = JSON.stringify(tree.toNested(rows));
    if (value.value && value.value !== words) value.dispatchEvent(new Event("input", { bubbles: true }));
    value.value = words;
    const wrong = tree.problemOf(rows.filter((row) => row.name.trim()));
    problem.hidden = !wrong;
    problem.textContent = wrong?.message ?? "";
  }

  /** @param {Row} row */
  function draw(row) {
    const item = /** @type {HTMLElement} */ (pattern.content.firstElementChild?.cloneNode(true));
    item.dataset.id = String(row.id);
    item.dataset.depth = String(row.depth);
    for (const field of item.querySelectorAll("[data-part]")) {
      const key = /** @type {"name" | "description" | "colour" | "hotkey"} */ (field.getAttribute("data-part"));
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = row[key] ?? "";
      const label = field.getAttribute("aria-label");
      if (row.name) field.setAttribute("aria-label", `${label} of ${row.name}`);
    }
    for (const button of item.querySelectorAll("[data-do]")) {
      if (button.getAttribute("data-do") === "child") button.toggleAttribute("disabled", row.depth + 1 >= tree.DEPTH_LIMIT);
    }
    return item;
  }

  /** @param {EventTarget | null} target */
  function indexOf(target) {
    const id = target instanceof Element && target.closest("[data-id]")?.getAttribute("data-id");
    return rows.findIndex((row) => String(row.id) === id);
  }

  /** @param {(rows: Row[], index: number, row: Row) => Row[]} insert @param {number} index */
  function add(insert, index) {
    const row = tree.makeRow({});
    show(insert(rows, index, row), row.id);
  }

  /** @param {number} index */
  function remove(index) {
    show(tree.removeBranch(rows, index), rows[index - 1]?.id ?? rows[tree.branchEnd(rows, index)]?.id);
  }

  list.addEventListener("input", (event) => {
    const field = event.target;
    const index = indexOf(field);
    if (index < 0 || !(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    const key = field.getAttribute("data-part") ?? "";
    if (key === "hotkey") show(tree.assignKey(rows, index, field.value));
    else rows = rows.map((row, at) => (at === index ? { ...row, [key]: field.value } : row));
    write();
  });

  list.addEventListener("click", (event) => {
    const index = indexOf(event.target);
    const action = event.target instanceof Element && event.target.closest("[data-do]")?.getAttribute("data-do");
    const id = rows[index]?.id;
    if (action === "child") add(tree.insertUnder, index);
    else if (action === "up") show(tree.step(rows, index, -1), id);
    else if (action === "down") show(tree.step(rows, index, 1), id);
    else if (action === "remove") remove(index);
  });

  list.addEventListener("keydown", (event) => {
    const index = indexOf(event.target);
    const row = rows[index];
    if (!row || !(event.target instanceof HTMLInputElement) || event.target.getAttribute("data-part") !== "name") return;
    const next = afterKey(event, index, row);
    if (!next) return;
    event.preventDefault();
    next();
  });

  /** @param {KeyboardEvent} event @param {number} index @param {Row} row @returns {(() => void) | null} */
  function afterKey(event, index, row) {
    if (event.key === "Enter") return () => add(tree.insertAfter, index);
    if (event.altKey && event.key === "ArrowUp") return () => show(tree.step(rows, index, -1), row.id);
    if (event.altKey && event.key === "ArrowDown") return () => show(tree.step(rows, index, 1), row.id);
    if (event.altKey && event.key === "ArrowRight") return () => show(tree.shift(rows, index, 1), row.id);
    if (event.altKey && event.key === "ArrowLeft") return () => show(tree.shift(rows, index, -1), row.id);
    if (event.key === "Backspace" && !row.name && !row.code && rows.length > 1) return () => remove(index);
    return null;
  }

  list.addEventListener("dragstart", (event) => {
    dragged = indexOf(event.target);
    event.dataTransfer?.setData("text/plain", rows[dragged]?.name ?? "");
  });
  list.addEventListener("dragover", (event) => {
    const item = event.target instanceof Element && event.target.closest("[data-id]");
    if (dragged < 0 || !(item instanceof HTMLElement)) return;
    event.preventDefault();
    clearDrop();
    item.dataset.drop = placeOf(event, item);
  });
  list.addEventListener("drop", (event) => {
    const item = event.target instanceof Element && event.target.closest("[data-id]");
    if (dragged < 0 || !(item instanceof HTMLElement)) return;
    event.preventDefault();
    show(tree.drop(rows, dragged, indexOf(item), placeOf(event, item)), rows[dragged]?.id);
  });
  list.addEventListener("dragend", () => {
    dragged = -1;
    clearDrop();
  });

  function clearDrop() {
    for (const item of list.querySelectorAll("[data-drop]")) item.removeAttribute("data-drop");
  }

  part(root, "[data-tree-add]", HTMLElement).addEventListener("click", () => add(tree.insertAfter, -1));
  part(root, "[data-tree-keys]", HTMLElement).addEventListener("click", () => show(tree.numberFirstNine(rows)));
  part(root, "[data-tree-paste]", HTMLElement).addEventListener("click", () => {
    const lines = part(root, "[data-tree-lines]", HTMLTextAreaElement);
    show(tree.addLines(rows.filter((row) => row.name.trim() || row.code), lines.value));
    const left = tree.tooDeep(lines.value);
    lines.value = left.join("\n");
    if (left.length) toast({ message: leftOut(left), level: "warning" });
  });
  root.closest("form")?.addEventListener("submit", () => {
    // A new row that was never named is no label.
    rows = rows.filter((row, index) => row.name.trim() || row.code || tree.branchEnd(rows, index) > index + 1);
    write();
  });

  show(rows.length ? rows : [tree.makeRow({})]);
}

/** @param {string[]} lines pasted paths that are too deep */
function leftOut(lines) {
  const rest = lines.length > 1 ? ` and ${lines.length - 1} more` : "";
  return `Left out: “${lines[0]?.trim()}”${rest}. A label has at most ${tree.DEPTH_LIMIT} levels; shorten the path and paste it again.`;
}

/** Where in a row the pointer is: its upper, middle or lower third. @param {DragEvent} event @param {HTMLElement} item @returns {"before" | "inside" | "after"} */
function placeOf(event, item) {
  const box = item.getBoundingClientRect();
  const share = (event.clientY - box.top) / box.height;
  if (share < 0.3) return "before";
  return share > 0.7 ? "after" : "inside";
}
