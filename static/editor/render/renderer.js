// @ts-check
import { Emitter } from "../emitter.js";
import { boxesTouch } from "../geometry.js";
import { masksOf } from "../mask/painting.js";
import { kindOf } from "../shapes/index.js";
import { drawCrosshair, drawPicture, drawPixelGrid } from "./layers.js";
import { MaskLayer } from "./masks.js";
import { drawBefore, drawCorners } from "./outlines.js";
import { drawHandles, drawHover, drawSelection, drawShapes } from "./regions.js";
import { drawSketch } from "./sketches.js";
import { THEME } from "./theme.js";
/** @import { Editor } from "../editor.js" */
/** @import { Shape } from "../types.js" */
/** @import { Picture } from "./picture.js" */

/** What the base canvas shows of the session. */
const SETTLED = /** @type {const} */ (["selection", "hidden", "adjust", "look"]);

/** Two canvases and one frame loop: `base` holds what is settled, `overlay` what is under the hand. */
export class Renderer {
  #editor;
  #base;
  #overlay;
  #masks = new MaskLayer();
  #coarse = matchMedia("(pointer: coarse)");
  #dirty = { base: true, overlay: true };
  #frame = 0;
  #ratio = 1;
  /** @type {Picture | null} */
  #picture = null;
  /** @type {(() => void) | null} */
  #unwatch = null;
  /** Regions the base canvas leaves to the overlay. @type {ReadonlySet<string>} */
  #lifted = new Set();
  /** Another picture is in front, or more of it came. @type {Emitter<Picture | null>} */
  shown = new Emitter();
  /** Called after a frame was painted. @type {(() => void) | null} */
  painted = null;

  /**
   * @param {Editor} editor
   * @param {HTMLCanvasElement} base
   * @param {HTMLCanvasElement} overlay
   */
  constructor(editor, base, overlay) {
    this.#editor = editor;
    this.#base = base;
    this.#overlay = overlay;
    this.#masks.canvas.className = overlay.className;
    overlay.before(this.#masks.canvas);
    editor.viewport.changed.on(() => this.invalidate(true));
    editor.opened.on(() => {
      this.#masks.clear();
      this.invalidate(true);
    });
    editor.edited.on((ids) => this.invalidate([...ids].some((id) => !this.#lifted.has(id) && editor.scene.shape(id)?.shape !== "mask")));
    editor.session.changed.on((fields) => this.invalidate(SETTLED.some((field) => fields.has(field))));
  }

  /** @param {Picture | null} picture */
  show(picture) {
    if (picture !== this.#picture) this.#picture?.rest?.();
    this.#picture = picture;
    this.#unwatch?.();
    this.#unwatch = picture?.changed?.on(() => {
      this.invalidate(true);
      this.shown.emit(picture);
    }) ?? null;
    this.invalidate(true);
    this.shown.emit(picture);
  }

  get picture() {
    return this.#picture;
  }

  /** Fits the canvases to the stage. @param {number} width @param {number} height screen pixels */
  resize(width, height) {
    this.#ratio = devicePixelRatio || 1;
    for (const canvas of [this.#base, this.#overlay]) {
      canvas.width = Math.max(1, Math.round(width * this.#ratio));
      canvas.height = Math.max(1, Math.round(height * this.#ratio));
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.#masks.resize({ width, height }, this.#ratio);
    this.#editor.viewport.resize({ width, height });
    this.invalidate(true);
    this.#paint();
  }

  /** @param {boolean} base whether the settled picture has to be painted anew, too */
  invalidate(base) {
    this.#dirty.overlay = true;
    this.#dirty.base ||= base;
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#dirty.base) this.#paintBase();
    this.#paintMasks();
    if (this.#dirty.overlay) this.#paintOverlay();
    this.#dirty = { base: false, overlay: false };
    this.painted?.();
  }

  #paintBase() {
    const { viewport, session, labels, entry } = this.#editor;
    const context = this.#clean(this.#base);
    this.#lifted = new Set(session.state.selection);
    if (!context || !entry) return;
    if (this.#picture) drawPicture(context, this.#picture, viewport.view, viewport.image, this.#ratio, session.state.adjust);
    const settled = this.#visible().filter((shape) => !this.#lifted.has(shape.id));
    if (session.state.look.grid) drawPixelGrid(context, viewport.view, viewport.image, viewport.stage);
    drawShapes(context, settled, viewport.view, labels, session.state.look);
  }

  #paintMasks() {
    const { viewport, scene, session, labels } = this.#editor;
    const masks = masksOf(scene).filter((mask) => !session.state.hidden.has(mask.id));
    this.#masks.canvas.style.opacity = String(session.state.paint.opacity);
    this.#masks.paint(masks, session.state.selection, viewport.view, labels, this.#ratio);
  }

  #paintOverlay() {
    const { viewport, scene, session, labels, entry } = this.#editor;
    const context = this.#clean(this.#overlay);
    if (!context || !entry) return;
    const { hover, selection, sketch, pointer, hidden, look } = session.state;
    const { view } = viewport;
    const hovered = hover && !selection.has(hover) && !hidden.has(hover) ? scene.shape(hover) : undefined;
    if (hovered) drawHover(context, hovered, view, labels, look);
    const selected = this.#selected();
    this.#masks.drawRim(context, this.#ratio);
    drawSelection(context, selected, view, labels, look);
    const only = selected.length === 1 ? selected[0] : undefined;
    if (only && this.#editor.editable && !session.isLocked(only.id)) {
      drawHandles(context, only, view, labels.colour(only.label), this.#coarse.matches ? THEME.touchHandle : THEME.handle);
      if (only.shape === "polygon") drawCorners(context, only, session.state.corners, view, viewport.stage, labels.colour(only.label), this.#coarse.matches);
    }
    if (session.state.before) drawBefore(context, session.state.before, view);
    if (sketch) drawSketch(context, sketch, view, labels, session.state.label);
    if (pointer && !this.#coarse.matches) drawCrosshair(context, pointer, view, viewport.stage);
  }

  /** Regions on the stage that are not hidden, lowest first. */
  #visible() {
    const { scene, session, viewport } = this.#editor;
    const area = viewport.visible;
    const shapes = scene.near(area).filter((shape) => !session.state.hidden.has(shape.id));
    return shapes.filter((shape) => boxesTouch(kindOf(shape).bounds(shape), area)).sort((a, b) => a.z - b.z);
  }

  #selected() {
    const { scene, session } = this.#editor;
    /** @type {Shape[]} */
    const shapes = [];
    for (const id of session.state.selection) {
      const shape = session.state.hidden.has(id) ? undefined : scene.shape(id);
      if (shape) shapes.push(shape);
    }
    return shapes;
  }

  /** @param {HTMLCanvasElement} canvas */
  #clean(canvas) {
    const context = canvas.getContext("2d");
    if (!context) return null;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, canvas.width / this.#ratio, canvas.height / this.#ratio);
    return context;
  }
}
