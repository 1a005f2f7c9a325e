// @ts-check
import { drawPicture } from "../render/layers.js";
import { fitBox, toImage, toScreenBox } from "../viewport.js";
import { part } from "./dom.js";
/** @import { Renderer } from "../render/renderer.js" */
/** @import { Looker, View } from "../types.js" */

/** The whole image in a corner while only a part of it is on the stage; dragging in it moves the view. For keys there are the arrows. */
export class Minimap {
  #editor;
  #renderer;
  #frame = part("minimap");
  #window = part("minimap-window");
  #canvas = /** @type {HTMLCanvasElement} */ (part("minimap-canvas"));
  /** How the map shows the image. @type {View} */
  #view = { scale: 1, x: 0, y: 0, turn: 0, flip: false };
  /** What the map was last painted of. */
  #painted = "";
  #version = 0;
  #due = false;

  /** @param {Looker} editor @param {Pick<Renderer, "picture" | "shown">} renderer */
  constructor(editor, renderer) {
    this.#editor = editor;
    this.#renderer = renderer;
    const later = () => this.#later();
    const anew = () => {
      this.#version++;
      later();
    };
    renderer.shown.on(anew);
    editor.viewport.changed.on(later);
    editor.session.changed.on((fields) => {
      if (fields.has("adjust")) anew();
      else if (fields.has("look")) later();
    });
    this.#frame.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#frame.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    this.#frame.addEventListener("pointermove", (event) => this.#frame.hasPointerCapture(event.pointerId) && this.#go(event));
  }

  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#show();
    });
  }

  #show() {
    const { viewport, session, entry } = this.#editor;
    const shown = session.state.look.minimap && entry !== null && this.#renderer.picture !== null && !viewport.whole;
    this.#frame.hidden = !shown;
    if (!shown) return;
    this.#paint();
    const map = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    const seen = toScreenBox(this.#view, viewport.visible);
    const [left, top] = [Math.max(0, seen.x), Math.max(0, seen.y)];
    const [right, bottom] = [Math.min(map.width, seen.x + seen.width), Math.min(map.height, seen.y + seen.height)];
    const style = this.#window.style;
    style.translate = `${left}px ${top}px`;
    style.width = `${Math.max(4, right - left)}px`;
    style.height = `${Math.max(4, bottom - top)}px`;
  }

  /** Paints the image once for each picture, adjustment and turn; moving the view moves the window alone. */
  #paint() {
    const { viewport, session } = this.#editor;
    const { view, image } = viewport;
    const most = this.#frame.parentElement && this.#frame.parentElement.clientWidth < 600 ? 104 : 168;
    const painted = [this.#version, view.turn, view.flip, image.width, image.height, most].join();
    if (painted === this.#painted) return;
    this.#painted = painted;
    const [across, down] = view.turn % 2 ? [image.height, image.width] : [image.width, image.height];
    const share = most / Math.max(across, down);
    const size = { width: Math.max(8, Math.round(across * share)), height: Math.max(8, Math.round(down * share)) };
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(size.width * ratio);
    this.#canvas.height = Math.round(size.height * ratio);
    this.#canvas.style.width = `${size.width}px`;
    this.#canvas.style.height = `${size.height}px`;
    this.#view = fitBox({ x: 0, y: 0, ...image }, size, 0, view, 0);
    const context = this.#canvas.getContext("2d");
    const { picture } = this.#renderer;
    if (!context || !picture) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawPicture(context, picture, this.#view, image, ratio, session.state.adjust);
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const frame = this.#canvas.getBoundingClientRect();
    this.#editor.viewport.centre(toImage(this.#view, { x: event.clientX - frame.left, y: event.clientY - frame.top }));
  }
}
