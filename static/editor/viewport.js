// @ts-check
import { Emitter } from "./emitter.js";
import { clamp } from "./geometry.js";
/** @import { Box, Point, Size, View } from "./types.js" */

const SMALLEST = 0.02;
const LARGEST = 64;

/**
 * @param {View} view
 * @param {Point} screen
 * @returns {Point}
 */
export function toImage(view, screen) {
  return { x: (screen.x - view.x) / view.scale, y: (screen.y - view.y) / view.scale };
}

/**
 * @param {View} view
 * @param {Point} point
 * @returns {Point}
 */
export function toScreen(view, point) {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
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
  const point = toImage(view, screen);
  return { scale, x: screen.x - point.x * scale, y: screen.y - point.y * scale };
}

/**
 * The view that shows all of `box` in the middle of the stage.
 * @param {Box} box
 * @param {Size} stage
 * @param {number} [margin] screen pixels left free on every side
 * @returns {View}
 */
export function fitBox(box, stage, margin = 16) {
  const width = Math.max(1, stage.width - 2 * margin);
  const height = Math.max(1, stage.height - 2 * margin);
  const scale = clamp(Math.min(width / Math.max(1, box.width), height / Math.max(1, box.height)), SMALLEST, LARGEST);
  return {
    scale,
    x: stage.width / 2 - (box.x + box.width / 2) * scale,
    y: stage.height / 2 - (box.y + box.height / 2) * scale,
  };
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
  return {
    scale: view.scale,
    x: clamp(view.x, strip - image.width * view.scale, stage.width - strip),
    y: clamp(view.y, strip - image.height * view.scale, stage.height - strip),
  };
}

/** The view of one image on one stage. */
export class Viewport {
  /** @type {View} */
  #view = { scale: 1, x: 0, y: 0 };
  /** @type {Size} */
  #image = { width: 1, height: 1 };
  /** @type {Size} */
  #stage = { width: 1, height: 1 };
  #fitted = true;

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
    const corner = toImage(this.#view, { x: 0, y: 0 });
    return { ...corner, width: this.#stage.width / this.#view.scale, height: this.#stage.height / this.#view.scale };
  }

  /** @param {Size} image */
  show(image) {
    this.#image = { width: image.width, height: image.height };
    this.fit();
  }

  /** A resized stage stays fitted if it was; otherwise its middle stays. @param {Size} stage */
  resize(stage) {
    const [dx, dy] = [(stage.width - this.#stage.width) / 2, (stage.height - this.#stage.height) / 2];
    this.#stage = { width: stage.width, height: stage.height };
    if (this.#fitted) this.fit();
    else this.pan({ x: dx, y: dy });
  }

  fit() {
    this.#set(fitBox({ x: 0, y: 0, ...this.#image }, this.#stage));
    this.#fitted = true;
  }

  /** @param {Box} box */
  focus(box) {
    const room = Math.max(box.width, box.height, 24);
    this.#set(
      fitBox({ x: box.x - room / 2, y: box.y - room / 2, width: box.width + room, height: box.height + room }, this.#stage),
    );
  }

  /** One image pixel per screen pixel, around the middle. */
  actual() {
    this.zoom({ x: this.#stage.width / 2, y: this.#stage.height / 2 }, 1 / this.#view.scale);
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
    this.zoom({ x: this.#stage.width / 2, y: this.#stage.height / 2 }, factor);
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
