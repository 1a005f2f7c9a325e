// @ts-check
/** @import { Session } from "./session.js" */
/** @import { Tool } from "./tools/tool.js" */
/** @import { Hit, ToolEvent } from "./types.js" */

/** Milliseconds within which nobody has looked at what came of a click. */
const CLOSING = 600;

/** Which tool gets the pointer: the chosen one, or the hand while it is held. */
export class Machine {
  /** @type {Map<string, Tool>} */
  #tools;
  /** @type {Session} */
  #session;
  /** @type {Set<"space" | "middle">} */
  #holds = new Set();
  #pressed = false;
  /** Whether the press found an outline in the making. */
  #resumed = false;
  #now;
  #closedAt = -Infinity;

  /**
   * @param {Tool[]} tools one of them is named `pan`
   * @param {Session} session
   * @param {() => number} now milliseconds
   */
  constructor(tools, session, now = () => performance.now()) {
    this.#now = now;
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#session = session;
  }

  /** The tool that gets the next event. */
  get active() {
    const tool = this.#tools.get(this.#holds.size > 0 ? "pan" : this.#session.state.tool);
    if (!tool) throw new Error(`There is no tool named ${this.#session.state.tool}.`);
    return tool;
  }

  get busy() {
    return this.active.busy;
  }

  /**
   * Whether a click closed an outline of clicks a moment ago: an Enter that was meant for it comes too late and must not send the
   * image. A loop drawn in one go ends by itself, so nobody means it with Enter.
   */
  get justClosed() {
    return this.#now() - this.#closedAt < CLOSING;
  }

  /** Whether the tool is in the middle of something that a moving view would spoil. */
  get #held() {
    return this.busy && !this.active.rests;
  }

  /** Ends what the button does, for a second finger or a lost window; an outline in the making stays. */
  interrupt() {
    const { active } = this;
    if (!active.busy || !active.interrupt) return void this.cancel();
    active.interrupt();
    this.#holds.clear();
    this.#pressed = false;
  }

  /** @param {string} name */
  switch(name) {
    if (!this.#tools.has(name) || name === this.#session.state.tool) return;
    this.#tools.get(this.#session.state.tool)?.exit();
    this.#session.update({ tool: name });
  }

  /** Takes the hand for as long as the key is down. @param {boolean} held */
  space(held) {
    if (held && this.#held) return;
    this.#hold("space", held);
  }

  /** A second button during a press means nothing. @param {ToolEvent} event */
  down(event) {
    if (this.#pressed) return;
    if (event.button === 1) {
      if (this.#held) return;
      this.#hold("middle", true);
    } else if (event.button !== 0 && !(event.button === 2 && this.active.secondary)) {
      return;
    }
    this.#pressed = true;
    this.#resumed = this.busy;
    this.active.down(event);
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.active.move(event);
  }

  /** @param {ToolEvent} event */
  up(event) {
    if (event.button === 1 && !this.#holds.has("middle")) return;
    if (event.button > 1 && !(this.#pressed && this.active.secondary)) return;
    this.#pressed = false;
    this.active.up(event);
    if (this.active.acts && this.#resumed && !this.busy) this.#closedAt = this.#now();
    this.#resumed = false;
    this.#hold("middle", false);
  }

  /** Lets work that goes on by itself, such as a fill, come to its end. */
  finish() {
    for (const tool of this.#tools.values()) tool.finish?.();
  }

  /** Ends whatever goes on and leaves no trace of it. @returns {boolean} whether anything went on */
  cancel() {
    const busy = this.busy || this.#session.state.sketch !== null;
    for (const tool of this.#tools.values()) tool.cancel();
    this.#holds.clear();
    this.#pressed = false;
    return busy;
  }

  /** @param {Hit | null} hit */
  cursor(hit) {
    return this.active.cursor(hit);
  }

  /**
   * @param {"space" | "middle"} how
   * @param {boolean} held
   */
  #hold(how, held) {
    if (held) this.#holds.add(how);
    else this.#holds.delete(how);
    if (!held && this.#holds.size === 0) this.#tools.get("pan")?.cancel();
  }
}
