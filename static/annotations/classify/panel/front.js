// @ts-check
import { Emitter } from "../../../editor/emitter.js";
import { part, setText } from "../../../editor/panel/dom.js";
import { drawPicture, drawPixelGrid } from "../../../editor/render/layers.js";
import { act, answerWords, showChips } from "./chips.js";
/** @import { Classifier } from "../classifier.js" */
/** @import { Entry } from "../../../editor/pager.js" */
/** @import { Picture, Pictures } from "../../../editor/render/picture.js" */
/** @import { Tiling } from "../../../editor/render/tiles.js" */

const BROKEN = "The image could not be loaded. Skip it so that somebody looks into it.";

/** The image in front, large: its picture, its labels and its place on the page. */
export class Front {
  #page;
  #pictures;
  #frame = part("front");
  #stage = part("stage");
  #canvas = /** @type {HTMLCanvasElement} */ (part("base"));
  #ratio = 1;
  #painting = 0;
  /** The image that is shown or on its way. @type {Entry | null} */
  #entry = null;
  /** @type {Picture | null} */
  picture = null;
  /** @type {(() => void) | null} */
  #unwatch = null;

  /** Another picture is in front, or more of it came. @type {Emitter<Picture | null>} */
  shown = new Emitter();

  /** @param {Classifier} page @param {Pictures} pictures */
  constructor(page, pictures) {
    this.#page = page;
    this.#pictures = pictures;
    const { viewport, session } = page.viewer;
    viewport.changed.on(() => this.#later());
    session.changed.on((fields) => (fields.has("adjust") || fields.has("look")) && this.#later());
    pictures.preparing.on(({ code, tiling }) => code === this.#entry?.task.image.code && this.#say(preparing(tiling)));
    this.#frame.addEventListener("click", (event) => this.#click(event));
    this.#stage.addEventListener("dblclick", () => (viewport.whole ? viewport.actual() : viewport.fit()));
    new ResizeObserver(([box]) => box && box.contentRect.width > 0 && this.#resize(box.contentRect.width, box.contentRect.height)).observe(this.#stage);
  }

  /** Puts the focus on the picture. */
  focus() {
    this.#stage.focus({ preventScroll: true });
  }

  /** Follows the page: whether anything is large, and what. */
  refresh() {
    const entry = this.#page.large ? this.#page.front : null;
    this.#frame.hidden = entry === null;
    if (entry !== this.#entry) void this.#open(entry);
    if (!entry) return;
    const { name } = entry.task.image;
    setText(part("front-name"), name);
    this.#stage.setAttribute("aria-label", `${name}: ${answerWords(this.#page, entry)}`);
    this.#frame.classList.toggle("is-skipped", entry.state !== "open" && entry.skipped);
    showChips(part("front-chips"), this.#page, entry);
    const place = this.#page.entries.indexOf(entry);
    for (const [what, there] of /** @type {const} */ ([["previous", place > 0], ["next", place < this.#page.entries.length - 1]])) part(`front-${what}`).hidden = !there;
  }

  /** @param {Entry | null} entry */
  async #open(entry) {
    this.#entry = entry;
    if (!entry) return this.#show(null);
    const { image } = entry.task;
    this.#show(this.#pictures.get(image.code));
    if (!this.picture) {
      this.#say("Loading…");
      const picture = await this.#pictures.load(image).catch(() => null);
      if (this.#entry !== entry) return;
      this.#show(picture);
      if (!picture) return this.#say(BROKEN);
    }
    const next = this.#page.entries[this.#page.entries.indexOf(entry) + 1];
    if (next) void this.#pictures.load(next.task.image).catch(() => null); // said when it is in front
  }

  /** @param {Picture | null} picture */
  #show(picture) {
    if (picture !== this.picture) this.picture?.rest?.();
    this.picture = picture;
    this.#say("");
    this.#unwatch?.();
    this.#unwatch = picture?.changed?.on(() => {
      this.#later();
      this.shown.emit(picture);
    }) ?? null;
    this.#later();
    this.shown.emit(picture);
  }

  /** @param {string} words */
  #say(words) {
    part("front-words").hidden = words === "";
    setText(part("front-words"), words);
  }

  /** @param {number} width @param {number} height screen pixels */
  #resize(width, height) {
    this.#ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.max(1, Math.round(width * this.#ratio));
    this.#canvas.height = Math.max(1, Math.round(height * this.#ratio));
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#page.viewer.viewport.resize({ width, height });
    this.#paint();
  }

  #later() {
    this.#painting ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    cancelAnimationFrame(this.#painting);
    this.#painting = 0;
    const { viewport, session } = this.#page.viewer;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (!this.picture) return;
    drawPicture(context, this.picture, viewport.view, viewport.image, this.#ratio, session.state.adjust);
    if (session.state.look.grid) drawPixelGrid(context, viewport.view, viewport.image, viewport.stage);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    if (!button || !this.#entry) return;
    act(this.#page, this.#entry.task.code, button);
    if (button.getAttribute("data-do") !== "skip" && event.detail > 0) this.#page.ui.focusStage();
  }
}

/** @param {Tiling} tiling */
function preparing({ state, done, total }) {
  const share = state === "working" && total > 0 ? `${Math.floor((100 * done) / total)} % is done.` : "It is next in line.";
  return `This large image is being prepared. ${share}`;
}
