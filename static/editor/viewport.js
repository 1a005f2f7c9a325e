// @ts-check
import { Emitter } from "./emitter.js";
import { boxBetween, clamp } from "./geometry.js";
/** @import { Box, Point, Size, View } from "./types.js" */

const SMALLEST = 0.02;
const LARGEST = 64;
/** @type {Pick<View, "turn" | "flip">} */
const UPRIGHT = { turn: 0, flip: false };

/**
 * The turn and mirroring of a view as a matrix of ones and zeros, columns first: [a, b, c, d].
 * The image is mirrored left to right first, then turned clockwise.
 * @type {readonly (readonly [number, number, number, number])[]}
 */
const TURNS = [[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0]];

/** @param {View} view @returns {readonly [number, number, number, number]} */
function matrix({ turn, flip }) {
  const [a, b, c, d] = TURNS[turn] ?? /** @type {readonly [number, number, number, number]} */ ([1, 0, 0, 1]);
  return flip ? [-a, -b, c, d] : [a, b, c, d];
}

/**
 * @param {View} view
 * @param {Point} delta screen pixels
 * @returns {Point} the same way in image pixels
 */
export function toImageDelta(view, delta) {
  const [a, b, c, d] = matrix(view);
  return { x: (a * delta.x + b * delta.y) / view.scale, y: (c * delta.x + d * delta.y) / view.scale };
}

/**
 * @param {View} view
 * @param {Point} screen
 * @returns {Point}
 */
export function toImage(view, screen) {
  return toImageDelta(view, { x: screen.x - view.x, y: screen.y - view.y });
}

/**
 * @param {View} view
 * @param {Point} point
 * @returns {Point}
 */
export function toScreen(view, point) {
  const [a, b, c, d] = matrix(view);
  return {
    x: (a * point.x + c * point.y) * view.scale + view.x,
    y: (b * point.x + d * point.y) * view.scale + view.y,
  };
}

/**
 * @param {View} view
 * @param {Box} box image pixels
 * @returns {Box} what it covers on the screen
 */
export function toScreenBox(view, box) {
  const far = { x: box.x + box.width, y: box.y + box.height };
  return boxBetween(toScreen(view, box), toScreen(view, far));
}

/**
 * What of the image is on a stage; it may reach beyond the image.
 * @param {View} view
 * @param {Size} stage
 * @returns {Box} image pixels
 */
export function visibleBox(view, stage) {
  return boxBetween(toImage(view, { x: 0, y: 0 }), toImage(view, { x: stage.width, y: stage.height }));
}

/**
 * Makes a canvas draw in image pixels; call between `save` and `restore`.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 */
export function applyView(context, view) {
  const [a, b, c, d] = matrix(view);
  context.transform(a * view.scale, b * view.scale, c * view.scale, d * view.scale, view.x, view.y);
}

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
 * @param {Pick<View, "turn" | "flip">} [way]
 * @returns {View}
 */
export function fitBox(box, stage, margin = 16, way = UPRIGHT) {
  const width = Math.max(1, stage.width - 2 * margin);
  const height = Math.max(1, stage.height - 2 * margin);
  const lying = way.turn % 2 === 1;
  const [across, down] = lying ? [box.height, box.width] : [box.width, box.height];
  const scale = clamp(Math.min(width / Math.max(1, across), height / Math.max(1, down)), SMALLEST, LARGEST);
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
