// @ts-check
import { keyWords } from "./dom.js";
/** @import { Keymap } from "../keymap.js" */

/**
 * Wires every `[data-command]` button to the command table: what it runs, what it is called, its key, whether it may.
 * A button clicked with the pointer gives the focus back, so that Enter and Space stay the page's own.
 * @template E
 * @param {E} editor
 * @param {Keymap<E>} keymap
 * @param {{pressed: (id: string) => boolean | null, focusBack: () => void}} page `pressed` is `null` for what is no toggle
 */
export function wireButtons(editor, keymap, { pressed, focusBack }) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("button[data-command]")]);
  for (const button of buttons) {
    const command = keymap.command(button.dataset["command"] ?? "");
    if (!command) throw new Error(`No command is called ${button.dataset["command"]}.`);
    describe(button, command.title, keymap.keysOf(command.id)[0] ?? "");
    keymap.changed.on(() => describe(button, command.title, keymap.keysOf(command.id)[0] ?? ""));
    button.addEventListener("click", (event) => {
      keymap.run(command.id, editor);
      if (event.detail > 0 && !document.querySelector("dialog:modal")) focusBack();
    });
  }
  return () => {
    for (const button of buttons) {
      const command = keymap.command(button.dataset["command"] ?? "");
      const state = pressed(button.dataset["command"] ?? "");
      const able = command?.when?.(editor) ?? true;
      if (button.getAttribute("aria-disabled") !== String(!able)) button.setAttribute("aria-disabled", String(!able));
      if (state !== null && button.getAttribute("aria-pressed") !== String(state)) button.setAttribute("aria-pressed", String(state));
    }
  };
}

/** @param {HTMLButtonElement} button @param {string} title @param {string} chord */
function describe(button, title, chord) {
  const words = keyWords(chord).join(" ");
  button.title = words ? `${title} (${words})` : title;
  if (chord) button.setAttribute("aria-keyshortcuts", chord.replace("Ctrl", "Control"));
  else button.removeAttribute("aria-keyshortcuts");
  const key = button.querySelector("[data-key]");
  if (key) key.textContent = key.classList.contains("tool-key") && words.includes(" ") ? "" : words;
  // What can be read on a button is part of its name, for those who speak to it.
  const bare = !button.querySelector(":scope > span:not(.tool-key)") && (button.textContent ?? "").trim() === (key?.textContent ?? "");
  if (bare) button.setAttribute("aria-label", (key?.textContent ?? "").length > 1 ? `${title}, ${words}` : title);
}
