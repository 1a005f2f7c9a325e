// @ts-check
/**
 * Search and commands (templates/partials/palette.html): Ctrl K or Cmd K opens it from everywhere, arrows walk through what
 * was found, Enter opens the first or the one in focus. Any link [data-palette] opens it too, and leads to the page without script.
 */

const palette = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));

/** @param {HTMLDialogElement} dialog */
function show(dialog) {
  if (dialog.open) return;
  const field = dialog.querySelector("input");
  dialog.showModal();
  field?.select();
  field?.form?.dispatchEvent(new CustomEvent("find"));
}

/**
 * The place in the list that a key leads to: -1 is the field above it.
 * @param {string} key @param {number} current @param {number} count
 */
export function nextEntry(key, current, count) {
  if (key === "ArrowDown") return Math.min(current + 1, count - 1);
  if (key === "ArrowUp") return Math.max(current - 1, -1);
  return null;
}

/** @param {KeyboardEvent} event @param {HTMLDialogElement} dialog */
function walk(event, dialog) {
  /** @type {HTMLAnchorElement[]} */
  const entries = [...dialog.querySelectorAll("a")];
  const field = dialog.querySelector("input");
  const next = nextEntry(event.key, entries.findIndex((entry) => entry === document.activeElement), entries.length);
  if (next !== null) (entries[next] ?? field)?.focus();
  else if (event.key === "Enter" && event.target === field) entries[0]?.click();
  else return;
  event.preventDefault();
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(palette);
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-palette]")) return;
    event.preventDefault();
    show(palette);
  });
  palette.addEventListener("keydown", (event) => walk(event, palette));
}
