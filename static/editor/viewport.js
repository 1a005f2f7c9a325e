// @ts-check
import { Emitter } from "./emitter.js";
import { clamp } from "./geometry.js";
import { UPRIGHT, toImage, toScreen, toScreenBox, visibleBox } from "./mapping.js";
/** @import { Way } from "./mapping.js" */
/** @import { Box, Point, Size, View } from "./types.js" */

export { UPRIGHT, applyView, mirrored, toImage, toImageDelta, toImageStep, toScreen, toScreenBox, turned, visibleBox } from "./mapping.js";

const SMALLEST = 0.02;
const LARGEST = 64;
/**
 * The view of the same scale and turn that has an image point at a screen point.
 * @param {View} view
 * @param {Point} point
 * @param {Point} screen
 * @returns {View}
 */
function anchored(view, point, screen) {
  const now = toScreen(view, point);
  return { ...view, x: view.x + screen.x - now.x, y: view.y + screen.y - now.y };
}

/**
 * Zooms by `factor` while the image point under `screen` stays where it is.
 * @param {View} view
 * @param {Point} screen
 * @param {number} factor
 * @returns {View}
 */
export function zoomAt(view, screen, factor) {
  const scale = clamp(view.scale * factor, SMALLEST, LARGEST);
  return anchored({ ...view, scale }, toImage(view, screen), screen);
}

/**
 * The view that shows all of `box` in the middle of the stage.
 * @param {Box} box
 * @param {Size} stage
 * @param {number} [margin] screen pixels left free on every side
 * @param {Way} [way]
 * @param {number} [smallest] the scale that it does not go below
 * @returns {View}
 */
export function fitBox(box, stage, margin = 16, way = UPRIGHT, smallest = SMALLEST) {
  const width = Math.max(1, stage.width - 2 * margin);
  const height = Math.max(1, stage.height - 2 * margin);
  const lying = way.turn % 2 === 1;
  const [across, down] = lying ? [box.height, box.width] : [box.width, box.height];
  const scale = clamp(Math.min(width / Math.max(1, across), height / Math.max(1, down)), smallest, LARGEST);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return anchored({ scale, x: 0, y: 0, turn: way.turn, flip: way.flip }, middle, { x: stage.width / 2, y: stage.height / 2 });
}

/**
 * Keeps at least a strip of the image on the stage, so that nobody gets lost.
 * @param {View} view
 * @param {Size} image
 * @param {Size} stage
 * @returns {View}
 */
export function keepInSight(view, image, stage) {
  const strip = 48;
  const seen = toScreenBox(view, { x: 0, y: 0, ...image });
  const x = clamp(seen.x, strip - seen.width, stage.width - strip);
  const y = clamp(seen.y, strip - seen.height, stage.height - strip);
  return { ...view, x: view.x + x - seen.x, y: view.y + y - seen.y };
}

/** The view of one image on one stage. */
export class Viewport {
  /** @type {View} */
  #view = { scale: 1, x: 0, y: 0, ...UPRIGHT };
  /** @type {Size} */
  #image = { width: 1, height: 1 };
  /** @type {Size} */
  #stage = { width: 1, height: 1 };
  #fitted = true;
  #code = "";
  /** How images were turned, by their codes. @type {Map<string, Way>} */
  #ways = new Map();

  /** @type {Emitter<View>} */
  changed = new Emitter();

  get view() {
    return this.#view;
  }

  get image() {
    return this.#image;
  }

  get stage() {
    return this.#stage;
  }

  /** What of the image is on the stage. @returns {Box} */
  get visible() {
    return visibleBox(this.#view, this.#stage);
  }

  /**
   * Shows another image, fitted. A new one is upright, as nobody should label a mirrored image without having asked for it;
   * one that was turned before lies as it was left.
   * @param {Size & {code?: string}} image
   */
  show(image) {
    this.#image = { width: image.width, height: image.height };
    this.#code = image.code ?? "";
    this.#view = { ...this.#view, ...(this.#ways.get(this.#code) ?? UPRIGHT) };
    this.fit();
  }

  /** Turns or mirrors around the middle of the stage; a fitted image stays fitted. @param {Way} way */
  lay({ turn, flip }) {
    this.#ways.set(this.#code, { turn, flip });
    const [middle, fitted] = [this.#middle, this.#fitted];
    this.#set(anchored({ ...this.#view, turn, flip }, toImage(this.#view, middle), middle));
    if (fitted) this.fit();
  }

  /** Brings an image point into the middle of the stage. @param {Point} point */
  centre(point) {
    this.#set(anchored(this.#view, point, this.#middle));
  }

  /** Whether all of the image is on the stage. */
  get whole() {
    const { x, y, width, height } = this.visible;
    return x <= 0 && y <= 0 && x + width >= this.#image.width && y + height >= this.#image.height;
  }

  get #middle() {
    return { x: this.#stage.width / 2, y: this.#stage.height / 2 };
  }

  /** A resized stage stays fitted if it was; otherwise its middle stays. @param {Size} stage */
  resize(stage) {
    const [dx, dy] = [(stage.width - this.#stage.width) / 2, (stage.height - this.#stage.height) / 2];
    this.#stage = { width: stage.width, height: stage.height };
    if (this.#fitted) this.fit();
    else this.pan({ x: dx, y: dy });
  }

  fit() {
    this.#set(fitBox({ x: 0, y: 0, ...this.#image }, this.#stage, 16, this.#view));
    this.#fitted = true;
  }

  /** @param {Box} box */
  focus(box) {
    const room = Math.max(box.width, box.height, 24);
    this.#set(
      fitBox({ x: box.x - room / 2, y: box.y - room / 2, width: box.width + room, height: box.height + room }, this.#stage, 16, this.#view),
    );
  }

  /** One image pixel per screen pixel, around the middle. */
  actual() {
    this.zoom(this.#middle, 1 / this.#view.scale);
  }

  /**
   * @param {Point} screen
   * @param {number} factor
   */
  zoom(screen, factor) {
    this.#set(zoomAt(this.#view, screen, factor));
  }

  /** @param {number} factor */
  zoomMiddle(factor) {
    this.zoom(this.#middle, factor);
  }

  /** @param {Point} delta screen pixels */
  pan(delta) {
    this.#set({ ...this.#view, x: this.#view.x + delta.x, y: this.#view.y + delta.y });
  }

  /** @param {View} view */
  #set(view) {
    this.#view = keepInSight(view, this.#image, this.#stage);
    this.#fitted = false;
    this.changed.emit(this.#view);
  }
}
