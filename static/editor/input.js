// @ts-check
import { changeSize } from "./commands/masks.js";
import { Fingers } from "./fingers.js";
import { belongsToFocus, chord } from "./keymap.js";
import { toImage } from "./viewport.js";
/** @import { Step } from "./fingers.js" */
/** @import { Keymap } from "./keymap.js" */
/** @import { Looker, Point, ToolEvent } from "./types.js" */

/** The other end of a pen presses like the right button. */
const PEN_ERASER = 5;

/**
 * Listens to pointer, wheel and keys, and hands on what they mean in image pixels.
 * @template {Looker} E
 */
export class Input {
  #editor;
  #stage;
  #fingers = new Fingers();
  /** @type {PointerEvent | null} */
  #last = null;
  /** The key that lends the hand, by its place on the keyboard. */
  #held = "";

  /**
   * @param {E} editor
   * @param {HTMLElement} stage the element under the pointer
   * @param {Keymap<E> | null} keymap without one, the keys are the page's own
   */
  constructor(editor, stage, keymap) {
    this.#editor = editor;
    this.#stage = stage;
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("pointercancel", (event) => this.#abort(event));
    stage.addEventListener("pointerleave", () => this.#leave());
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("auxclick", (event) => event.preventDefault());
    if (keymap) document.addEventListener("keydown", (event) => this.#keyDown(event, keymap));
    document.addEventListener("keyup", (event) => this.#keyUp(event));
    window.addEventListener("blur", () => this.#blur());
    editor.viewport.changed.on(() => this.#followView());
    editor.session.changed.on((fields) => (fields.has("tool") || fields.has("selection")) && this.#showCursor());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.#stage.focus({ preventScroll: true });
    const whose = this.#fingers.down(pointerOf(event), this.#screen(event));
    if (whose === "view") this.#editor.machine.interrupt();
    if (whose !== "tool" || !this.#ready(event.button)) return;
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#editor.machine.down(this.#read(event));
    this.#showCursor();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const whose = this.#fingers.move(pointerOf(event), this.#screen(event));
    if (typeof whose === "object") return this.#moveView(whose);
    if (whose === "nobody" || !this.#editor.entry) return;
    this.#last = event;
    const { machine } = this.#editor;
    const reads = this.#positions(event).map((one) => this.#read(one));
    for (const read of reads) machine.move(read);
    this.#stage.style.cursor = machine.cursor(reads.at(-1)?.hit ?? null);
  }

  /** Where the pointer was since the last event: a stroke follows the hand, anything else the frame. @param {PointerEvent} event */
  #positions(event) {
    const { machine } = this.#editor;
    const all = machine.busy && machine.active.smooth ? event.getCoalescedEvents() : [];
    return all.length > 0 ? all : [event];
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#fingers.up(pointerOf(event)) !== "tool") return;
    if (!this.#ready(event.button)) return;
    this.#editor.machine.up(this.#read(event));
    if (event.pointerType === "touch") this.#editor.session.update({ hover: null });
    this.#showCursor();
  }

  /** @param {PointerEvent} event */
  #abort(event) {
    if (this.#fingers.up(pointerOf(event)) === "tool") this.#editor.machine.interrupt();
  }

  /** The pointer rests while the view moves beneath it. */
  #followView() {
    const { session, viewport } = this.#editor;
    if (this.#last && session.state.pointer) session.update({ pointer: toImage(viewport.view, this.#screen(this.#last)) });
  }

  #leave() {
    this.#last = null;
    if (!this.#editor.machine.busy) this.#editor.session.update({ hover: null, pointer: null, sketch: null });
  }

  /** Looking around is always possible, changing only while the answer is open. @param {number} button */
  #ready(button) {
    const editor = this.#editor;
    return editor.entry !== null && (editor.editable || button === 1 || ["pan", "window"].includes(editor.machine.active.name));
  }

  /** @param {Step} step */
  #moveView({ pan, middle, factor }) {
    const { viewport } = this.#editor;
    viewport.pan(pan);
    if (factor !== 1) viewport.zoom(middle, factor);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { viewport } = this.#editor;
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.altKey && this.#editor.draws("mask")) {
      changeSize(this.#editor.session, event.deltaY < 0 ? 1 : -1);
    } else if (event.shiftKey && !event.ctrlKey) {
      viewport.pan({ x: -(event.deltaX || event.deltaY) * unit, y: 0 });
    } else {
      const strength = event.ctrlKey ? 0.01 : 0.0018;
      viewport.zoom(this.#screen(event), Math.exp(-Math.max(-300, Math.min(300, event.deltaY * unit)) * strength));
    }
    if (this.#last) this.#move(this.#last);
  }

  /** @param {KeyboardEvent} event @param {Keymap<E>} keymap */
  #keyDown(event, keymap) {
    this.#editor.desk.activity.touch();
    const pressed = chord(event);
    if (event.isComposing || belongsToFocus(focusOf(event.target), pressed)) return;
    const command = keymap.find(pressed, this.#editor);
    if (!command) return;
    event.preventDefault();
    if (event.repeat && !command.repeat) return;
    command.run(this.#editor);
    if (command.hold) this.#held = event.code;
    this.#showCursor();
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (event.code !== this.#held) return;
    this.#held = "";
    this.#editor.machine.space(false);
    this.#showCursor();
  }

  #blur() {
    this.#fingers.forget();
    this.#editor.machine.interrupt();
  }

  #showCursor() {
    const hit = this.#last ? this.#read(this.#last).hit : null;
    this.#stage.style.cursor = this.#editor.machine.cursor(hit);
  }

  /** @param {MouseEvent} event @returns {Point} */
  #screen(event) {
    const frame = this.#stage.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  /** @param {PointerEvent} event @returns {ToolEvent} */
  #read(event) {
    this.#editor.desk.activity.touch();
    const screen = this.#screen(event);
    const point = toImage(this.#editor.viewport.view, screen);
    const touch = event.pointerType === "touch";
    const busy = this.#editor.machine.busy;
    return {
      point, screen, touch, button: event.button === PEN_ERASER ? 2 : Math.max(0, event.button), hit: busy ? null : this.#editor.hit(point, touch),
      mods: { shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey },
    };
  }
}

/** @param {PointerEvent} event */
function pointerOf({ pointerId, pointerType }) {
  return { id: pointerId, type: pointerType };
}

/** What has the focus, as far as keys care. @param {EventTarget | null} target */
export function focusOf(target) {
  const element = target instanceof HTMLElement ? target : document.body;
  return {
    tag: element.tagName,
    type: element instanceof HTMLInputElement ? element.type : "",
    editable: element.isContentEditable,
    dialog: document.querySelector("dialog:modal") !== null,
  };
}
