// @ts-check
import { boxBetween, clampPoint } from "../geometry.js";
import { erases } from "../mask/intent.js";
import { land } from "./landing.js";
import { isDrag } from "./tool.js";
/** @import { Prompt, Prompter } from "../outline/prompter.js" */
/** @import { Box, Rings, ToolEvent } from "../types.js" */
/** @import { Acts, Bench } from "./tool.js" */

/** A box smaller than this on a side, in image pixels, is a slip of the hand. */
const SMALLEST = 4;

/**
 * Shows something by a box, then by points on it and beside it, and has it outlined. The outline is a draft until Enter takes it.
 */
export class PromptTool {
  secondary = true;
  name;
  /** @type {Bench} */
  #bench;
  #prompter;
  /** @type {ToolEvent | null} */
  #from = null;
  /** @type {Prompt | null} */
  #prompt = null;
  /** @type {Rings} */
  #rings = [];
  /** @type {AbortController | null} */
  #asking = null;

  /**
   * @param {Bench} bench
   * @param {string} name
   * @param {Prompter} prompter
   */
  constructor(bench, name, prompter) {
    this.#bench = bench;
    this.name = name;
    this.#prompter = prompter;
  }

  get busy() {
    return this.#from !== null || this.#prompt !== null;
  }

  get rests() {
    return this.#from === null;
  }

  /** @returns {Acts} */
  get acts() {
    if (!this.#prompt) return {};
    const hints = this.#prompt.inside.length + this.#prompt.outside.length;
    return { close: () => this.#accept(), ...(hints > 0 && { back: () => this.#takeBack() }) };
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.#from = event;
  }

  /** @param {ToolEvent} event */
  move(event) {
    const { session } = this.#bench;
    if (!this.#prompt) session.update({ pointer: event.point });
    if (this.#from && isDrag(this.#from, event)) {
      session.update({ sketch: { kind: "box", box: this.#box(this.#from, event), label: session.state.label } });
    }
  }

  /** @param {ToolEvent} event */
  up(event) {
    const from = this.#from;
    this.#from = null;
    if (!from) return;
    if (isDrag(from, event)) this.#start(this.#box(from, event));
    else if (this.#prompt) this.#hint(this.#prompt, event);
    else this.#bench.say("Drag a box around one thing.");
  }

  interrupt() {
    this.#from = null;
    this.#show();
  }

  cancel() {
    this.#asking?.abort();
    this.#asking = null;
    this.#from = null;
    this.#prompt = null;
    this.#rings = [];
    this.#bench.session.update({ sketch: null });
  }

  exit() {
    this.cancel();
    this.#bench.session.update({ pointer: null });
  }

  cursor() {
    return this.#asking ? "progress" : "crosshair";
  }

  /** @param {ToolEvent} from @param {ToolEvent} to */
  #box(from, to) {
    const { size } = this.#bench.scene;
    return boxBetween(clampPoint(from.point, size), clampPoint(to.point, size));
  }

  /** @param {Box} box */
  #start(box) {
    this.cancel();
    if (Math.min(box.width, box.height) < SMALLEST) return this.#bench.say("Drag a larger box around one thing.");
    this.#bench.session.update({ pointer: null });
    void this.#ask({ box, inside: [], outside: [] });
  }

  /** A point on the thing, or with Alt or the right button beside it. @param {Prompt} prompt @param {ToolEvent} event */
  #hint(prompt, event) {
    const point = clampPoint(event.point, this.#bench.scene.size);
    const which = erases(event) ? "outside" : "inside";
    void this.#ask({ ...prompt, [which]: [...prompt[which], point] });
  }

  #takeBack() {
    const prompt = this.#prompt;
    if (!prompt) return;
    const which = prompt.outside.length > 0 ? "outside" : "inside";
    void this.#ask({ ...prompt, [which]: prompt[which].slice(0, -1) });
  }

  /** @param {Prompt} prompt */
  async #ask(prompt) {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.#prompt = prompt;
    this.#show();
    try {
      const rings = await this.#prompter.ask(prompt, asking.signal);
      if (asking.signal.aborted) return;
      this.#rings = rings;
      this.#asking = null;
      this.#bench.say(rings.length > 0 ? "Enter takes the outline. Click what is missing, Alt+click what is too much." : "Nothing stands out in this box. Click on the thing, or draw it by hand.");
    } catch (error) {
      if (asking.signal.aborted) return;
      this.cancel();
      this.#bench.say(/** @type {Error} */ (error).message);
    }
    this.#show();
  }

  #accept() {
    if (this.#asking) return this.#bench.say("The outline is still being looked for.");
    if (this.#rings.length === 0) return this.#bench.say("There is no outline to take. Click on the thing, or press Escape.");
    const rings = this.#rings;
    this.cancel();
    const wrong = land(this.#bench, rings, stepOf(rings));
    if (wrong) this.#bench.say(wrong);
  }

  #show() {
    const prompt = this.#prompt;
    this.#bench.session.update({ sketch: prompt && { kind: "proposal", rings: this.#rings, prompt, waiting: this.#asking !== null } });
  }
}

/** The finest detail of an outline: its shortest side. @param {Rings} rings */
function stepOf(rings) {
  let shortest = Infinity;
  for (const ring of rings) {
    ring.forEach(([x, y], index) => {
      const [nextX, nextY] = ring[(index + 1) % ring.length] ?? [x, y];
      const side = Math.hypot(nextX - x, nextY - y);
      if (side > 0) shortest = Math.min(shortest, side);
    });
  }
  return Math.max(1, Number.isFinite(shortest) ? shortest : 1);
}
