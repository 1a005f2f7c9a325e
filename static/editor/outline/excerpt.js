// @ts-check
import { clamp } from "../geometry.js";
/** @import { Pixels as ReadPixels } from "../mask/wand.js" */
/** @import { Box, Point, Rings, Size } from "../types.js" */
/** @import { Pixels } from "./grabcut.js" */

/** Part of the image that is looked at: whole pixels, copied with one pixel for `factor` × `factor`. */
export class Excerpt {
  /** @type {Box} */
  #area;
  #factor;

  /**
   * @param {Box} area image pixels; what lies outside of the image is left out
   * @param {Size} image
   * @param {number} most pixels the copy may have
   */
  constructor(area, image, most) {
    const [left, top] = [clamp(Math.floor(area.x), 0, image.width - 1), clamp(Math.floor(area.y), 0, image.height - 1)];
    const right = clamp(Math.ceil(area.x + area.width), left + 1, image.width);
    const bottom = clamp(Math.ceil(area.y + area.height), top + 1, image.height);
    this.#area = { x: left, y: top, width: right - left, height: bottom - top };
    this.#factor = Math.max(1, Math.ceil(Math.sqrt((this.#area.width * this.#area.height) / most)));
  }

  /** Pixels of the copy. @returns {Size} */
  get size() {
    return { width: Math.ceil(this.#area.width / this.#factor), height: Math.ceil(this.#area.height / this.#factor) };
  }

  /** How many image pixels one of the copy is wide. */
  get factor() {
    return this.#factor;
  }

  /** Whether a point lies in it, with some room around. @param {Point} point @param {number} room image pixels */
  holds({ x, y }, room) {
    const { x: left, y: top, width, height } = this.#area;
    return x >= left + room && y >= top + room && x <= left + width - room && y <= top + height - room;
  }

  /** From the image to the copy. @param {Point} point @returns {Point} */
  into({ x, y }) {
    return { x: (x - this.#area.x) / this.#factor, y: (y - this.#area.y) / this.#factor };
  }

  /** The pixel of the copy at a point, or the nearest. @param {Point} point @returns {[number, number]} */
  pixel(point) {
    const { x, y } = this.into(point);
    return [clamp(Math.floor(x), 0, this.size.width - 1), clamp(Math.floor(y), 0, this.size.height - 1)];
  }

  /** From the copy to the image, inside of which the result stays. @param {Point} point @returns {Point} */
  outOf({ x, y }) {
    const { x: left, y: top, width, height } = this.#area;
    return { x: Math.min(left + width, left + x * this.#factor), y: Math.min(top + height, top + y * this.#factor) };
  }

  /** @param {readonly (readonly (readonly [number, number])[])[]} rings of the copy @returns {Rings} */
  ringsOutOf(rings) {
    return rings.map((ring) => ring.map(([x, y]) => {
      const point = this.outOf({ x, y });
      return /** @type {const} */ ([point.x, point.y]);
    }));
  }

  /** The copy; it is read in strips, so that a large one needs no more memory than the copy. @param {ReadPixels} read @returns {Pixels} */
  copy(read) {
    const { x, y, width } = this.#area;
    const { size } = this;
    const data = new Uint8ClampedArray(4 * size.width * size.height);
    const rows = Math.max(1, Math.floor(256 / this.#factor));
    for (let row = 0; row < size.height; row += rows) {
      const count = Math.min(rows, size.height - row);
      const tall = Math.min(count * this.#factor, this.#area.height - row * this.#factor);
      const strip = read(x, y + row * this.#factor, width, tall);
      if (this.#factor === 1) data.set(strip, 4 * row * size.width);
      else this.#average(strip, width, tall, data, row);
    }
    return { ...size, data };
  }

  /** @param {Uint8ClampedArray} strip @param {number} width @param {number} tall @param {Uint8ClampedArray} data @param {number} row where the strip begins in the copy */
  #average(strip, width, tall, data, row) {
    for (let top = 0; top < tall; top += this.#factor, row++) {
      const bottom = Math.min(tall, top + this.#factor);
      for (let left = 0, column = 0; left < width; left += this.#factor, column++) {
        const right = Math.min(width, left + this.#factor);
        let [red, green, blue] = [0, 0, 0];
        for (let y = top; y < bottom; y++) {
          for (let at = 4 * (y * width + left); at < 4 * (y * width + right); at += 4) {
            red += strip[at] ?? 0;
            green += strip[at + 1] ?? 0;
            blue += strip[at + 2] ?? 0;
          }
        }
        const count = (bottom - top) * (right - left);
        data.set([red / count, green / count, blue / count, 255], 4 * (row * this.size.width + column));
      }
    }
  }
}
