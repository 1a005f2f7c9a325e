// @ts-check
import { part } from "./dom.js";

/** @param {string} name */
function dialog(name) {
  return /** @type {HTMLDialogElement} */ (part(name));
}

/**
 * Opens a dialog and gives the focus back when it closes; who types in a field by then keeps it.
 * @param {string} name
 * @param {() => void} focusBack
 */
export function openDialog(name, focusBack) {
  const target = dialog(name);
  if (target.open) return;
  const back = () => {
    const active = document.activeElement;
    if (!(active instanceof HTMLInputElement) || target.contains(active)) focusBack();
  };
  target.addEventListener("close", back, { once: true });
  target.showModal();
}

/**
 * The skip dialog: a reason is required, a click on a common one suffices.
 * @param {(reason: string) => void} skip
 */
export function wireSkip(skip) {
  const box = dialog("skip");
  const form = box.querySelector("form");
  const input = box.querySelector("input");
  if (!form || !input) return;
  const send = () => {
    const reason = input.value.trim();
    if (!reason) return input.focus();
    box.close();
    input.value = "";
    skip(reason);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  for (const button of box.querySelectorAll("[data-reason]")) {
    button.addEventListener("click", () => {
      input.value = button.getAttribute("data-reason") ?? "";
      send();
    });
  }
}

/** @param {(choice: "ours" | "theirs") => void} resolve */
export function wireConflict(resolve) {
  const box = dialog("conflict");
  box.addEventListener("cancel", (event) => event.preventDefault());
  for (const button of box.querySelectorAll("[data-choice]")) {
    button.addEventListener("click", () => {
      box.close();
      resolve(button.getAttribute("data-choice") === "theirs" ? "theirs" : "ours");
    });
  }
}

/** Every `[data-close]` closes the dialog around it. */
export function wireClosing() {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-close]") : null;
    target?.closest("dialog")?.close();
  });
}
