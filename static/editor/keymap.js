// @ts-check

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

/**
 * A named action. `keys` are chords; the first is shown on buttons and in help.
 * @template E
 * @typedef {{
 *   id: string, title: string, group: string, keys: readonly string[], repeat?: boolean,
 *   when?: (editor: E) => boolean, run: (editor: E) => void,
 * }} Command
 */

/**
 * Chord → commands. Two commands may share a chord if their `when` tells them apart; the first that may run wins.
 * @template E
 */
export class Keymap {
  /** @type {Map<string, Command<E>[]>} */
  #byChord = new Map();
  /** @type {Map<string, Command<E>>} */
  #byId = new Map();

  /** @param {readonly Command<E>[]} commands */
  constructor(commands) {
    for (const command of commands) {
      if (this.#byId.has(command.id)) throw new Error(`Two commands are called ${command.id}.`);
      this.#byId.set(command.id, command);
      for (const key of command.keys) this.#byChord.set(key, [...(this.#byChord.get(key) ?? []), command]);
    }
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
  const presses = focus.tag === "BUTTON" || focus.tag === "A" || focus.tag === "SUMMARY" || focus.tag === "INPUT";
  return presses && (pressed === "Enter" || pressed === "Space");
}
