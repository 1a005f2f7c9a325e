// @ts-check
/** Copy buttons: `data-copy="text"`, or `data-copy-from="id"` for the text of another element. */

const SHOWN_MS = 1600;

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy], [data-copy-from]");
  if (!(button instanceof HTMLElement)) return;
  const source = document.getElementById(button.dataset.copyFrom ?? "");
  const text = button.dataset.copy ?? (source instanceof HTMLTextAreaElement ? source.value : source?.innerText) ?? "";
  const copied = await copy(text.trim());
  showResult(button, copied);
});

/** @param {string} text @returns {Promise<boolean>} whether the clipboard took it */
async function copy(text) {
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

/** @param {HTMLElement} button @param {boolean} copied */
function showResult(button, copied) {
  const use = button.querySelector("use");
  const before = use?.getAttribute("href") ?? "";
  const words = button.querySelector("[data-copy-words]");
  const wordsBefore = words?.textContent ?? "";
  if (button.hasAttribute("data-copied")) return;
  button.toggleAttribute("data-copied", true);
  use?.setAttribute("href", before.replace(/#.*/, copied ? "#check" : "#x"));
  if (words) words.textContent = copied ? "Copied" : "Not copied: select and copy by hand";
  setTimeout(() => {
    button.removeAttribute("data-copied");
    use?.setAttribute("href", before);
    if (words) words.textContent = wordsBefore;
  }, SHOWN_MS);
}

export {};
