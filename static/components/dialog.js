// @ts-check
/**
 * Dialogs and drawers, which are both native <dialog>.
 *
 *   <button data-opens="id">            opens it, modal; with data-beside it stays beside the page
 *   <button data-closes>                closes the one it is in
 *   <dialog data-open-now>              swapped in by htmx: opens at once, is removed when closed
 *   <form data-confirm-name="Animals">  its submit button wakes when [data-confirm-input] holds that name
 *   <dialog data-dismissable>           a click on the backdrop closes it
 */

/** @param {HTMLDialogElement} dialog @param {boolean} beside */
function open(dialog, beside) {
  if (dialog.open) return;
  if (beside) dialog.show();
  else dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-opens") ?? "");
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      open(dialog, opener.hasAttribute("data-beside"));
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && event.target.hasAttribute("data-dismissable")) event.target.close();
});

document.addEventListener("htmx:afterSettle", () => {
  for (const dialog of document.querySelectorAll("dialog[data-open-now]")) {
    if (!(dialog instanceof HTMLDialogElement) || dialog.open) continue;
    dialog.addEventListener("close", () => dialog.remove(), { once: true });
    dialog.showModal();
  }
});

/** Only the exact name wakes the button; the server checks again. @param {Element} form */
function weighName(form) {
  const field = form.querySelector("[data-confirm-input]");
  if (!(field instanceof HTMLInputElement)) return;
  const right = field.value.trim() === form.getAttribute("data-confirm-name");
  for (const button of form.querySelectorAll('button[type="submit"]')) button.toggleAttribute("disabled", !right);
}

document.addEventListener("input", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-confirm-name]");
  if (form) weighName(form);
});
for (const form of document.querySelectorAll("form[data-confirm-name]")) weighName(form);
document.addEventListener("htmx:load", (event) => {
  if (!(event.target instanceof Element)) return;
  for (const form of event.target.querySelectorAll("form[data-confirm-name]")) weighName(form);
});

export {};
