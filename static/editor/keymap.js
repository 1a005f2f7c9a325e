// @ts-check
import { Emitter } from "./emitter.js";

/**
 * What a key press is called in the command tables: modifiers, then the key, as in `Ctrl+Shift+Z`, `?` or `Delete`.
 * Command on a Mac counts as Ctrl. Shift is left out where it is what makes the character.
 * @param {{key: string, code: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean}} event
 */
export function chord(event) {
  const key = keyName(event);
  const made = key.length === 1 && !/[A-Z0-9 ]/.test(key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && !made) parts.push("Shift");
  return [...parts, key].join("+");
}

/** Letters and digits by their key cap, whatever the layout writes. @param {{key: string, code: string, altKey: boolean}} event */
function keyName({ key, code, altKey }) {
  if (key === " ") return "Space";
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit?.[1] && (/^\d$/.test(key) || key.length !== 1)) return digit[1];
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const bracket = altKey ? { BracketLeft: "[", BracketRight: "]" }[code] : undefined;
  if (bracket) return bracket;
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter?.[1] && key.length === 1 && key.charCodeAt(0) > 127) return letter[1];
  return key;
}

/** What a browser or its help for keyboard users keeps for itself, or what would lock somebody in. */
const TAKEN = /^(Tab|Shift\+Tab|Escape|F5|F11|F12|Ctrl\+(Shift\+)?[NTWR]|Ctrl\+(Tab|[LPQ])|Alt\+(Tab|F4)|Dead|Unidentified|Process)$/;

/** Whether a person may give these keys to a command. @param {string} pressed */
export function mayBind(pressed) {
  return !TAKEN.test(pressed) && !/^(.*\+)?(Control|Shift|Alt|Meta|AltGraph|CapsLock|OS)$/.test(pressed);
}

/**
 * A named action. `keys` are the chords it comes with; the first is shown on buttons and in help. With `hold` it lasts as long as the key.
 * @template E
 * @typedef {{
 *   id: string, title: string, group: string, keys: readonly string[], repeat?: boolean, hold?: boolean,
 *   when?: (editor: E) => boolean, run: (editor: E) => void,
 * }} Command
 */

/**
 * Chord → commands. Two commands may share a chord if their `when` tells them apart; the first that may run wins, and what a person
 * bound comes before what was there.
 * @template E
 */
export class Keymap {
  /** @type {Map<string, Command<E>[]>} */
  #byChord = new Map();
  /** @type {Map<string, Command<E>>} */
  #byId = new Map();
  /** Chords that a person chose, by command. @type {Readonly<Record<string, readonly string[]>>} */
  #own = {};

  /** Other keys hold. @type {Emitter<void>} */
  changed = new Emitter();

  /** @param {readonly Command<E>[]} commands @param {Readonly<Record<string, readonly string[]>>} [own] */
  constructor(commands, own = {}) {
    for (const command of commands) {
      if (this.#byId.has(command.id)) throw new Error(`Two commands are called ${command.id}.`);
      this.#byId.set(command.id, command);
    }
    this.rebind(own);
  }

  /** Takes a person's chords; commands that are not named keep those they come with. @param {Readonly<Record<string, readonly string[]>>} own */
  rebind(own) {
    this.#own = own;
    this.#byChord.clear();
    const commands = this.commands;
    for (const command of [...commands.filter(({ id }) => id in own), ...commands.filter(({ id }) => !(id in own))]) {
      for (const key of this.keysOf(command.id)) this.#byChord.set(key, [...(this.#byChord.get(key) ?? []), command]);
    }
    this.changed.emit();
  }

  /** The chords of a command as they are now. @param {string} id @returns {readonly string[]} */
  keysOf(id) {
    return this.#own[id] ?? this.#byId.get(id)?.keys ?? [];
  }

  /** Everything that a chord stands for. @param {string} pressed @returns {readonly Command<E>[]} */
  holders(pressed) {
    return this.#byChord.get(pressed) ?? [];
  }

  get commands() {
    return [...this.#byId.values()];
  }

  /** @param {string} id */
  command(id) {
    return this.#byId.get(id);
  }

  /**
   * The command a chord would run now.
   * @param {string} pressed
   * @param {E} editor
   */
  find(pressed, editor) {
    return (this.#byChord.get(pressed) ?? []).find((command) => command.when?.(editor) ?? true) ?? null;
  }

  /**
   * @param {string} id
   * @param {E} editor
   * @returns {boolean} whether it could run
   */
  run(id, editor) {
    const command = this.#byId.get(id);
    if (!command || !(command.when?.(editor) ?? true)) return false;
    command.run(editor);
    return true;
  }

  /**
   * Commands by group, for help pages.
   * @returns {Map<string, Command<E>[]>}
   */
  groups() {
    /** @type {Map<string, Command<E>[]>} */
    const groups = new Map();
    for (const command of this.#byId.values()) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
    return groups;
  }
}

/**
 * Whether a key press belongs to the element in focus rather than to the editor.
 * @param {{tag: string, type: string, editable: boolean, dialog: boolean}} focus
 * @param {string} pressed
 */
export function belongsToFocus(focus, pressed) {
  if (focus.dialog) return true;
  const plain = ["checkbox", "radio", "button", "submit", "range"];
  const typing = focus.editable || focus.tag === "TEXTAREA" || (focus.tag === "INPUT" && !plain.includes(focus.type));
  if (typing || focus.tag === "SELECT") return pressed !== "Ctrl+Enter";
  if (focus.type === "range" || focus.type === "radio") return /^((Shift\+)?Arrow.*|Page(Up|Down)|Home|End|Enter|Space)$/.test(pressed);
  const presses = focus.tag === "BUTTON" || focus.tag === "A" || focus.tag === "SUMMARY" || focus.tag === "INPUT";
  return presses && (pressed === "Enter" || pressed === "Space");
}
