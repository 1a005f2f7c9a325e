// @ts-check
/**
 * Tables with choices.
 *
 *   <div data-table>                              around everything below
 *   <input type="checkbox" data-select-all>       in the head
 *   <input type="checkbox" data-select>           in each row; shift-click chooses a range
 *   <div class="selection-bar" data-selection hidden> … <span data-selection-count></span> … <button data-select-none>
 *   <tr tabindex="-1" data-row>                   arrow keys walk, Enter follows the row's first link, space chooses
 *   <input type="checkbox" data-column="size">    in a menu: shows or hides cells with data-column-name="size";
 *                                                 remembered under data-table="name"
 */

/** @param {Element} table @returns {HTMLInputElement[]} */
const boxes = (table) => [...table.querySelectorAll("input[data-select]")].map((box) => /** @type {HTMLInputElement} */ (box));

/** @type {WeakMap<Element, HTMLInputElement>} */
const lastChosen = new WeakMap();

/** @param {Element} table */
function showSelection(table) {
  const all = boxes(table);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
  const head = table.querySelector("input[data-select-all]");
  if (head instanceof HTMLInputElement) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  const bar = table.querySelector("[data-selection]");
  if (bar instanceof HTMLElement) bar.hidden = chosen.length === 0;
  const count = table.querySelector("[data-selection-count]");
  if (count) count.textContent = `${chosen.length.toLocaleString("en")} selected`;
}

/** @param {Element} table @param {HTMLInputElement} box @param {boolean} range */
function choose(table, box, range) {
  const all = boxes(table);
  const from = all.indexOf(lastChosen.get(table) ?? box);
  const to = all.indexOf(box);
  if (range && from >= 0) {
    for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
  }
  lastChosen.set(table, box);
  showSelection(table);
}

document.addEventListener("click", (event) => {
  const target = event.target;
  const table = target instanceof Element && target.closest("[data-table]");
  if (!table) return;
  if (target instanceof HTMLInputElement && target.matches("[data-select]")) choose(table, target, event.shiftKey);
  if (target instanceof HTMLInputElement && target.matches("[data-select-all]")) {
    for (const box of boxes(table)) box.checked = target.checked;
    showSelection(table);
  }
  if (target.closest("[data-select-none]")) {
    for (const box of boxes(table)) box.checked = false;
    showSelection(table);
  }
});

document.addEventListener("keydown", (event) => {
  const row = event.target instanceof Element && event.target.closest("tr[data-row]");
  const table = row && row.closest("[data-table]");
  if (!row || !table || (event.target !== row && event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
  const rows = [...table.querySelectorAll("tr[data-row]")];
  const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (next instanceof HTMLElement) next.focus();
  } else if (event.key === "Enter") {
    row.querySelector("a")?.click();
  } else if (event.key === " ") {
    /** @type {HTMLInputElement | null} */ (row.querySelector("input[data-select]"))?.click();
  } else return;
  event.preventDefault();
});

/** @param {Element} table @param {string} column @param {boolean} visible */
function showColumn(table, column, visible) {
  for (const cell of table.querySelectorAll(`[data-column-name="${CSS.escape(column)}"]`)) {
    cell.classList.toggle("is-hidden", !visible);
  }
}

/** @param {Element} table */
function rememberColumns(table) {
  const hidden = [...table.querySelectorAll("input[data-column]")]
    .filter((box) => box instanceof HTMLInputElement && !box.checked)
    .map((box) => box.getAttribute("data-column"));
  localStorage.setItem(`columns:${table.getAttribute("data-table")}`, JSON.stringify(hidden));
}

/** @param {Element} table */
function restore(table) {
  /** @type {string[]} */
  const hidden = JSON.parse(localStorage.getItem(`columns:${table.getAttribute("data-table")}`) ?? "[]");
  for (const box of table.querySelectorAll("input[data-column]")) {
    if (!(box instanceof HTMLInputElement)) continue;
    const column = box.getAttribute("data-column") ?? "";
    box.checked = !hidden.includes(column);
    showColumn(table, column, box.checked);
  }
  showSelection(table);
}

document.addEventListener("change", (event) => {
  const box = event.target;
  const table = box instanceof Element && box.closest("[data-table]");
  if (!table || !(box instanceof HTMLInputElement) || !box.matches("[data-column]")) return;
  showColumn(table, box.getAttribute("data-column") ?? "", box.checked);
  rememberColumns(table);
});

for (const table of document.querySelectorAll("[data-table]")) restore(table);
document.addEventListener("htmx:load", (event) => {
  const table = event.target instanceof Element && event.target.closest("[data-table]");
  if (table) restore(table);
});

export {};
