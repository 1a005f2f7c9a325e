// @ts-check
import { adjustPixels, isNeutral } from "../adjust.js";
import { Emitter } from "../emitter.js";
import { boxOf, levelAt, placesIn } from "../tiles.js";
import { applyView, visibleBox } from "../viewport.js";
/** @import { Adjust } from "../adjust.js" */
/** @import { Grid, Place } from "../tiles.js" */
/** @import { Box, Size, View } from "../types.js" */
/** @import { Level, Picture } from "./picture.js" */

/**
 * What the server says of a large image's tiles.
 * @typedef {Grid & {state: "ready" | "waiting" | "working" | "failed", done: number, total: number, reason: string, url?: string}} Tiling
 */

const MOST_AT_ONCE = 6;
/** Bytes of decoded tiles that are kept: about three screens of the largest kind. */
const MOST_BYTES = 256 * 2 ** 20;
const POLL_MILLISECONDS = 1500;
/** Tiles that are read pixel by pixel at once: 25 megapixels, less than half of what is kept. */
const MOST_READ = 96;

/**
 * Waits until the tiles of an image are made, asking for them to be made soon.
 * @param {string} url
 * @param {() => string} csrf
 * @param {(tiling: Tiling) => void} tell while they are not there yet
 * @returns {Promise<TiledPicture>}
 */
export async function openTiles(url, csrf, tell) {
  let tiling = await ask(url);
  for (let first = true; tiling.state !== "ready"; first = false) {
    if (tiling.state === "failed" && !first) throw new Error(tiling.reason);
    if (first) tiling = await ask(url, csrf);
    tell(tiling);
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    tiling = await ask(url);
  }
  return new TiledPicture(tiling, url, csrf);
}

/** @param {string} url @param {() => string} [csrf] given to have the tiles made, and the address renewed @returns {Promise<Tiling>} */
async function ask(url, csrf) {
  const answer = await fetch(url, csrf ? { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": csrf() } } : { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** A large image, of which only the tiles that are looked at are here. @implements {Picture} */
export class TiledPicture {
  /** @type {Level[]} */
  levels = [];
  /** @type {Emitter<void>} */
  changed = new Emitter();
  /** @type {number} */
  width;
  /** @type {number} */
  height;
  /** @type {Grid} */
  #grid;
  #url;
  #csrf;
  /** Tiles that are here, the one drawn last at the end. @type {Map<string, ImageBitmap>} */
  #tiles = new Map();
  /** @type {Map<string, AbortController>} */
  #coming = new Map();
  /** What each canvas that shows the image, or who reads it, waits for: coarse tiles first. @type {Map<object, Place[]>} */
  #wanted = new Map();
  /** @type {Set<string>} */
  #broken = new Set();
  /** @type {Promise<void> | null} */
  #renewing = null;
  /** Those who want to know when a tile came or failed. @type {Set<() => void>} */
  #readers = new Set();

  /** @param {Tiling} tiling @param {string} url @param {() => string} csrf */
  constructor(tiling, url, csrf) {
    this.#grid = tiling;
    this.#url = url;
    this.#csrf = csrf;
    [this.width, this.height] = tiling.levels[0] ?? [1, 1];
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Size} image
   * @param {number} ratio
   * @param {Adjust} adjust
   */
  draw(context, view, image, ratio, adjust) {
    const seen = visibleBox(view, { width: context.canvas.width / ratio, height: context.canvas.height / ratio });
    const finest = levelAt(this.#grid, view.scale * ratio);
    const coarsest = this.#grid.levels.length - 1;
    context.save();
    applyView(context, view);
    context.imageSmoothingEnabled = view.scale * ratio < 4;
    for (let level = coarsest; level >= finest; level--) this.#paint(context, image, placesIn(this.#grid, image, level, seen));
    context.restore();
    if (!isNeutral(adjust)) adjustCanvas(context, adjust);
    const missing = [coarsest, finest].flatMap((level) => placesIn(this.#grid, image, level, seen)).filter(({ name }) => !this.#tiles.has(name) && !this.#broken.has(name));
    this.#wanted.set(context.canvas, missing);
    this.#fetchOn();
  }

  /**
   * Pixels as far as they are here: where a tile is still on its way, those of a coarser one.
   * @param {number} x @param {number} y @param {number} width @param {number} height image pixels
   * @returns {Uint8ClampedArray} RGBA
   */
  pixels(x, y, width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("The picture cannot be read.");
    context.translate(-x, -y);
    for (let level = this.#grid.levels.length - 1; level >= 0; level--) this.#paint(context, this, placesIn(this.#grid, this, level, { x, y, width, height }));
    return context.getImageData(0, 0, width, height).data;
  }

  /**
   * What of a box can be read at full resolution, and when its pixels are here.
   * @param {Box} box image pixels
   * @returns {{area: Box | null, ready: () => Promise<boolean>}} `area`: whole pixels, `null` where they are too many; `ready` says whether all came
   */
  finest(box) {
    const [left, top] = [Math.max(0, Math.floor(box.x)), Math.max(0, Math.floor(box.y))];
    const area = { x: left, y: top, width: Math.min(this.width, Math.ceil(box.x + box.width)) - left, height: Math.min(this.height, Math.ceil(box.y + box.height)) - top };
    const places = placesIn(this.#grid, this, 0, area);
    return { area: places.length > MOST_READ ? null : area, ready: () => this.#bring(places) };
  }

  /** @param {readonly Place[]} places */
  async #bring(places) {
    const reader = () => {};
    const missing = () => places.filter(({ name }) => !this.#tiles.has(name) && !this.#broken.has(name));
    this.#wanted.set(reader, missing());
    this.#fetchOn();
    while (this.#wanted.get(reader)?.length) await new Promise((/** @type {(heard: void) => void} */ done) => this.#readers.add(done));
    this.#wanted.delete(reader);
    return places.every(({ name }) => this.#tiles.has(name));
  }

  /** Keeps the smallest copy alone, until somebody looks at the image again. */
  rest() {
    const coarsest = `${this.#grid.levels.length - 1}-`;
    this.#wanted.clear();
    this.#tell();
    for (const controller of this.#coming.values()) controller.abort();
    for (const [name, bitmap] of this.#tiles) {
      if (name.startsWith(coarsest)) continue;
      bitmap.close();
      this.#tiles.delete(name);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Size} image @param {Place[]} places */
  #paint(context, image, places) {
    for (const place of places) {
      const tile = this.#tiles.get(place.name);
      if (!tile) continue;
      this.#tiles.delete(place.name);
      this.#tiles.set(place.name, tile);
      const { x, y, width, height } = boxOf(this.#grid, image, place);
      context.drawImage(tile, x, y, width, height);
    }
  }

  /** Lets go what nobody looks at any more, and fetches what they do. */
  #fetchOn() {
    const wanted = [...this.#wanted.values()].flat();
    const names = new Set(wanted.map(({ name }) => name));
    for (const [name, controller] of this.#coming) if (!names.has(name)) controller.abort();
    for (const { name } of wanted) {
      if (this.#coming.size >= MOST_AT_ONCE) return;
      if (!this.#coming.has(name) && !this.#tiles.has(name) && !this.#broken.has(name)) void this.#fetch(name);
    }
  }

  /** @param {string} name */
  async #fetch(name) {
    const controller = new AbortController();
    this.#coming.set(name, controller);
    try {
      const answer = await fetch(`${this.#url}${name}/`, { signal: controller.signal, credentials: "same-origin" });
      if (answer.status === 403) await this.#renew();
      else if (!answer.ok) this.#broken.add(name);
      else this.#keep(name, await createImageBitmap(await answer.blob()));
    } catch {
      // Given up, or no network: it is asked for again when it is looked at.
    } finally {
      this.#coming.delete(name);
      this.#wanted = new Map([...this.#wanted].map(([canvas, places]) => [canvas, places.filter((place) => place.name !== name)]));
      this.#fetchOn();
      this.#tell();
    }
  }

  #tell() {
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const done of readers) done();
  }

  /** @param {string} name @param {ImageBitmap} tile */
  #keep(name, tile) {
    this.#tiles.set(name, tile);
    const most = Math.floor(MOST_BYTES / (4 * this.#grid.tile ** 2));
    for (const [old, bitmap] of this.#tiles) {
      if (this.#tiles.size <= most) break;
      bitmap.close();
      this.#tiles.delete(old);
    }
    this.changed.emit();
  }

  /** The address has grown old: the server gives another to whoever may still see the image. */
  #renew() {
    this.#renewing ??= ask(this.#url, this.#csrf)
      .then((tiling) => {
        this.#url = tiling.url ?? this.#url;
        this.changed.emit();
      })
      .finally(() => (this.#renewing = null));
    return this.#renewing;
  }
}

/** @type {CanvasRenderingContext2D | null} */
let scratch = null;

/** Adjusts what was painted; where nothing was, nothing shows. @param {CanvasRenderingContext2D} context @param {Adjust} adjust */
function adjustCanvas(context, adjust) {
  const { width, height } = context.canvas;
  scratch ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!scratch) return;
  Object.assign(scratch.canvas, { width, height });
  scratch.drawImage(context.canvas, 0, 0);
  const pixels = scratch.getImageData(0, 0, width, height);
  adjustPixels(pixels.data, adjust);
  context.putImageData(pixels, 0, 0);
}
