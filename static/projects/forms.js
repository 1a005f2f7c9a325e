// @ts-check
/**
 * Small behaviours of the pages about projects and people.
 *
 *   <select data-submits>                     sends its form when changed
 *   <dialog data-open-at-load>                is open when the page comes: it holds a form with errors
 *   <button data-fills="id" data-from="id">   puts a template's text into a text area that is empty
 *   .stepper a, beside <form id="part">       saves the step before it goes to another
 *   <form id="part">                          asks before the page is left with changes that were not sent
 */

const part = document.getElementById("part");
let isChanged = false;
part?.addEventListener("input", () => (isChanged = true));
part?.addEventListener("submit", () => (isChanged = false));
window.addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const select = event.target;
  if (select instanceof HTMLSelectElement && select.hasAttribute("data-submits")) select.form?.requestSubmit();
});

for (const dialog of document.querySelectorAll("dialog[data-open-at-load]")) {
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const filler = event.target.closest("[data-fills]");
  if (filler instanceof HTMLElement) fill(filler);
  const step = event.target.closest(".stepper a");
  const form = document.getElementById("part");
  if (step instanceof HTMLAnchorElement && form instanceof HTMLFormElement && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    leaveFor(form, new URL(step.href).searchParams.get("step") ?? "next");
  }
});

/** @param {HTMLElement} button */
function fill(button) {
  const area = document.getElementById(button.dataset.fills ?? "");
  const source = document.getElementById(button.dataset.from ?? "");
  if (!(area instanceof HTMLTextAreaElement) || !(source instanceof HTMLTemplateElement)) return;
  const text = source.content.textContent ?? "";
  area.value = area.value.trim() ? `${area.value.trimEnd()}\n\n${text}` : text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

/** @param {HTMLFormElement} form @param {string} step */
function leaveFor(form, step) {
  const go = document.createElement("input");
  go.type = "hidden";
  go.name = "go";
  go.value = step;
  form.append(go);
  form.requestSubmit();
}
