// @ts-check
import { chord, mayBind } from "../keymap.js";
import { element, icon, keyWords, keys, part, setText } from "./dom.js";
/** @import { Command, Keymap } from "../keymap.js" */
/** @import { Preferences } from "../preferences.js" */

/** Chords that one command can have. */
const MOST = 4;

/**
 * What a row asks for: new keys in the place of `old` (or one more), or what to do where they are another command's.
 * @typedef {{kind: "keys", id: string, old: string | null} | {kind: "conflict", id: string, old: string | null, pressed: string, others: readonly Command<any>[]}} Question
 */

/** The overlay of all shortcuts: searched, changed, set back. What a person chooses is kept for both labelling pages. */
export class KeysDialog {
  #keymap;
  #preferences;
  #nameOf;
  #list = part("help-list");
  #search = /** @type {HTMLInputElement} */ (part("help-search"));
  /** @type {Question | null} */
  #question = null;

  /**
   * @param {Keymap<any>} keymap
   * @param {Preferences} preferences
   * @param {(id: string) => string | null} nameOf another title, for commands that depend on the project; empty hides a row
   */
  constructor(keymap, preferences, nameOf) {
    this.#keymap = keymap;
    this.#preferences = preferences;
    this.#nameOf = nameOf;
    keymap.rebind(preferences.get("keys") ?? {});
    this.#search.addEventListener("input", () => this.#render());
    this.#list.addEventListener("click", (event) => this.#click(event));
    const dialog = part("help");
    dialog.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    dialog.addEventListener("close", () => this.#ask(null));
    part("help-reset").addEventListener("click", () => {
      this.#keep({});
      this.#say("All keys are as they came.");
    });
    this.#render();
  }

  #render() {
    const wanted = this.#search.value.trim().toLocaleLowerCase();
    const groups = [...this.#keymap.groups()].flatMap(([group, commands]) => {
      const rows = commands.filter((command) => this.#title(command) !== "" && this.#fits(command, wanted)).map((command) => this.#row(command));
      return rows.length ? [element("section", { class: "help-group" }, element("h3", {}, group), element("dl", {}, ...rows))] : [];
    });
    this.#list.replaceChildren(...(groups.length ? groups : [element("p", { class: "muted" }, "No command is called that.")]));
    part("help-reset").hidden = Object.keys(this.#own()).length === 0;
  }

  /** @param {Command<any>} command @param {string} wanted */
  #fits(command, wanted) {
    if (command.id === this.#question?.id) return true;
    const keyed = this.#keymap.keysOf(command.id).map((pressed) => keyWords(pressed).join(" "));
    return [this.#title(command), command.group, ...keyed].some((words) => words.toLocaleLowerCase().includes(wanted));
  }

  /** @param {Command<any>} command */
  #row(command) {
    const asked = this.#question?.id === command.id ? this.#question : null;
    const answer = asked ? this.#answers(asked) : this.#chords(command);
    return element("div", { class: asked ? "help-row is-asking" : "help-row", "data-row": command.id }, element("dt", {}, this.#title(command)), element("dd", {}, ...answer));
  }

  /** @param {Command<any>} command */
  #chords(command) {
    const title = this.#title(command);
    const held = this.#keymap.keysOf(command.id);
    const buttons = held.map((pressed) =>
      element("button", { type: "button", class: "help-key", "data-do": "change", "data-chord": pressed, title: "Change", "aria-label": `Change ${keyWords(pressed).join(" ")} of ${title}` }, keys(pressed)));
    if (held.length < MOST) buttons.push(element("button", { type: "button", class: "help-act", "data-do": "add", title: "Add keys", "aria-label": `Add keys for ${title}` }, icon("plus")));
    if (command.id in this.#own()) buttons.push(element("button", { type: "button", class: "help-act is-changed", "data-do": "reset", title: "Set back", "aria-label": `Set back the keys of ${title}` }, icon("rotate-ccw")));
    return buttons;
  }

  /** @param {Question} question */
  #answers(question) {
    const act = (/** @type {string} */ what, /** @type {string} */ words) => element("button", { type: "button", class: "button button-small", "data-do": what }, words);
    if (question.kind === "keys") {
      const recorder = element("button", { type: "button", class: "help-recorder", "data-do": "record", "aria-label": `Press the new keys for ${this.#titleOf(question.id)}. Escape cancels.` }, "Press the keys…");
      return [recorder, ...(question.old ? [act("remove", "Remove")] : []), act("cancel", "Cancel")];
    }
    // A command of other task types has no row here, and keeps its keys all the same.
    const names = question.others.map((other) => `“${this.#title(other) || other.title}”`).join(", ");
    return [element("span", { class: "help-conflict" }, keys(question.pressed), ` is ${names}`), act("swap", question.old ? "Swap" : "Take"), act("cancel", "Leave it")];
  }

  /** @param {Event} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const id = button?.closest("[data-row]")?.getAttribute("data-row");
    if (!button || !id) return;
    const what = button.getAttribute("data-do");
    if (what === "change") this.#ask({ kind: "keys", id, old: button.getAttribute("data-chord") });
    else if (what === "add") this.#ask({ kind: "keys", id, old: null });
    else if (what === "reset") this.#bind({ [id]: this.#keymap.command(id)?.keys ?? [] }, id);
    else if (what === "remove") this.#bind({ [id]: this.#without(id, this.#question?.old ?? "") }, id);
    else if (what === "swap") this.#swap();
    else if (what === "cancel") this.#ask(null, id);
  }

  /** While keys are asked for, the next ones are the answer; Tab goes on to the buttons beside. @param {KeyboardEvent} event */
  #key(event) {
    const question = this.#question;
    if (event.key === "Escape" && question) {
      event.preventDefault();
      event.stopPropagation();
      return this.#ask(null, question.id);
    }
    const recording = event.target instanceof Element && event.target.matches("[data-do=record]");
    if (!recording || question?.kind !== "keys" || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key) || event.repeat) return;
    const pressed = chord(event);
    if (!mayBind(pressed)) return this.#say(`${keyWords(pressed).join(" ")} belongs to the browser. Press others.`);
    const command = this.#keymap.command(question.id);
    const others = this.#keymap.holders(pressed).filter(({ id }) => id !== question.id);
    // What shared the keys from the beginning is told apart by when it may run.
    if (others.length === 0 || command?.keys.includes(pressed)) this.#bind({ [question.id]: this.#with(question.id, question.old, pressed) }, question.id);
    else this.#ask({ ...question, kind: "conflict", pressed, others });
  }

  /** The command gets the keys, and who had them the ones that it gives up. */
  #swap() {
    const question = this.#question;
    if (question?.kind !== "conflict") return;
    const { id, old, pressed, others } = question;
    const changes = Object.fromEntries(others.map((other) => [other.id, old ? this.#with(other.id, pressed, old) : this.#without(other.id, pressed)]));
    this.#bind({ ...changes, [id]: this.#with(id, old, pressed) }, id);
  }

  /** @param {string} id @param {string | null} old @param {string} pressed */
  #with(id, old, pressed) {
    const held = this.#keymap.keysOf(id);
    const fresh = old === null ? [...held, pressed] : held.map((one) => (one === old ? pressed : one));
    return [...new Set(fresh)];
  }

  /** @param {string} id @param {string} pressed */
  #without(id, pressed) {
    return this.#keymap.keysOf(id).filter((one) => one !== pressed);
  }

  #own() {
    return this.#preferences.get("keys") ?? {};
  }

  /** Keeps chords that differ from those that the commands come with. @param {Record<string, readonly string[]>} changes @param {string} id the row to return to */
  #bind(changes, id) {
    const own = { ...this.#own(), ...changes };
    for (const [other, held] of Object.entries(changes)) if (held.join(" ") === this.#keymap.command(other)?.keys.join(" ")) delete own[other];
    this.#keep(own);
    this.#ask(null, id);
    const held = this.#keymap.keysOf(id).map((pressed) => keyWords(pressed).join(" ")).join(", ");
    this.#say(`${this.#titleOf(id)}: ${held || "no keys"}`);
  }

  /** @param {Record<string, readonly string[]>} own */
  #keep(own) {
    this.#preferences.set("keys", Object.keys(own).length > 0 ? own : undefined);
    this.#keymap.rebind(own);
    this.#render();
  }

  /** @param {Question | null} question @param {string} [id] the row that gets the focus back */
  #ask(question, id) {
    this.#question = question;
    this.#say("");
    this.#render();
    const row = this.#list.querySelector(`[data-row="${CSS.escape(question?.id ?? id ?? "")}"]`);
    /** @type {HTMLElement | null | undefined} */ (row?.querySelector("button"))?.focus();
  }

  /** @param {string} words */
  #say(words) {
    setText(part("help-status"), words);
  }

  /** @param {Command<any>} command */
  #title(command) {
    return this.#nameOf(command.id) ?? command.title;
  }

  /** @param {string} id */
  #titleOf(id) {
    const command = this.#keymap.command(id);
    return command ? this.#title(command) : id;
  }
}
