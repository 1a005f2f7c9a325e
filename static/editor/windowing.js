// @ts-check
import { clamp } from "./geometry.js";

/**
 * Which measured values become black and which white (DICOM PS3.3, C.11.2); projects/dicom/windows.py says the same.
 * @typedef {"LINEAR" | "LINEAR_EXACT" | "SIGMOID"} Law
 * @typedef {Readonly<{name: string, centre: number, width: number, function: Law}>} Window
 *
 * What the 16-bit values of an image mean: `value * slope + intercept`, in `unit`. `curve` has a grey for every value there is,
 * `padding` the first and last value that mean “no measurement”.
 * @typedef {Readonly<{
 *   width: number, height: number, slope: number, intercept: number, inverted: boolean, unit: string, padding: readonly number[] | null,
 *   windows: readonly Window[], curve: readonly number[] | null, auto: Window, full: Window,
 * }>} Scale
 *
 * The window of the image in front; no `window` where the file's own curve shows.
 * @typedef {Readonly<{scale: Scale, window: Window | null}>} Windowing
 * @typedef {{id: string, title: string, window: Window | null}} Preset
 */

export const VALUES = 65_536;
/** Dragging across so many screen pixels takes the window through the image's whole range. */
const REACH = 600;

/** Windows in Hounsfield units that readers of CT use: centre, width. @type {readonly (readonly [string, string, number, number])[]} */
const HOUNSFIELD = [
  ["lung", "Lung", -600, 1500],
  ["bone", "Bone", 400, 1800],
  ["soft", "Soft tissue", 40, 400],
  ["brain", "Brain", 40, 80],
];

/** What shows when nobody has chosen: the file's first window or curve, else what fits the values. @param {Scale} scale @returns {Window | null} */
export function firstWindow(scale) {
  return scale.windows[0] ?? (scale.curve ? null : scale.auto);
}

/** Every window that is offered for an image. @param {Scale} scale @returns {Preset[]} */
export function presetsOf(scale) {
  const fromFile = scale.windows.map((window, index) => ({ id: `file-${index}`, title: scale.windows.length > 1 ? window.name : "From the file", window }));
  const curve = scale.curve ? [{ id: "curve", title: "Curve of the file", window: null }] : [];
  const tissue = scale.unit === "HU" ? HOUNSFIELD.map(([id, title, centre, width]) => ({ id, title, window: exact(title, centre, width) })) : [];
  return [...fromFile, ...curve, { id: "auto", title: "Automatic", window: scale.auto }, { id: "full", title: "Full range", window: scale.full }, ...tissue];
}

/** The preset that a window is; `null` if it was set by hand. @param {Scale} scale @param {Window | null} window */
export function presetOf(scale, window) {
  const same = (/** @type {Preset} */ { window: known }) => known === window || (known !== null && window !== null && known.centre === window.centre && known.width === window.width && known.function === window.function);
  return presetsOf(scale).find(same) ?? null;
}

/** @param {string} name @param {number} centre @param {number} width @returns {Window} */
export function exact(name, centre, width) {
  return Object.freeze({ name, centre, width, function: "LINEAR_EXACT" });
}

/**
 * A window after a drag: to the right wider, up brighter.
 * @param {Scale} scale
 * @param {Window | null} window where the drag began
 * @param {{x: number, y: number}} delta screen pixels in all
 */
export function draggedWindow(scale, window, delta) {
  const start = window ?? scale.auto;
  const step = Math.max(scale.full.width, start.width) / REACH;
  return boundedWindow(scale, start.centre + delta.y * step, start.width + delta.x * step);
}

/** A window set by hand, kept where it still shows something. @param {Scale} scale @param {number} centre @param {number} width */
export function boundedWindow(scale, centre, width) {
  const least = Math.abs(scale.slope);
  const reach = Math.max(scale.full.width, least) * 4;
  return exact("Own", rounded(clamp(centre, scale.full.centre - reach, scale.full.centre + reach), least), rounded(clamp(width, least, reach), least));
}

/** Whole steps of the image's values, so that numbers stay readable. @param {number} value @param {number} step */
function rounded(value, step) {
  return step >= 1 ? Math.round(value) : Number(value.toPrecision(6));
}

/**
 * The grey (0–255) of every 16-bit value.
 * @param {Windowing} windowing
 * @returns {Uint8ClampedArray}
 */
export function greysOf({ scale, window }) {
  const greys = new Uint8ClampedArray(VALUES);
  const { slope, intercept, inverted, curve, padding } = scale;
  for (let value = 0; value < VALUES; value++) {
    const share = window ? shareOf(window, value * slope + intercept) : (curve?.[value] ?? 255) / 255;
    greys[value] = 255 * (inverted ? 1 - clamp(share, 0, 1) : share);
  }
  if (padding) greys.fill(0, padding[0], (padding[1] ?? 0) + 1);
  return greys;
}

/** How far from black (0) to white (1). @param {Window} window @param {number} measured */
function shareOf(window, measured) {
  const distance = measured - window.centre;
  if (window.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * distance) / window.width));
  if (window.function === "LINEAR_EXACT") return distance / window.width + 0.5;
  return (distance + 0.5) / Math.max(window.width - 1, 1e-6) + 0.5;
}

/**
 * Values from how they travel: differences along the rows, low bytes before high bytes.
 * @param {Uint8Array} planes
 * @param {number} width
 * @param {number} height
 * @returns {Uint16Array}
 */
export function unpackValues(planes, width, height) {
  const count = width * height;
  if (planes.length !== 2 * count) throw new Error("The values of the image are not complete.");
  const values = new Uint16Array(count);
  for (let row = 0, at = 0; row < height; row++) {
    let value = 0;
    for (const end = at + width; at < end; at++) {
      value = (value + /** @type {number} */ (planes[at]) + (/** @type {number} */ (planes[count + at]) << 8)) & 0xffff;
      values[at] = value;
    }
  }
  return values;
}

/**
 * Half the size, by the mean of four values; the last row and column of an odd size stand for themselves.
 * @param {{values: Uint16Array, width: number, height: number}} level
 */
export function halveValues({ values, width, height }) {
  const [across, down] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const halves = new Uint16Array(across * down);
  for (let y = 0, at = 0; y < down; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < across; x++, at++) {
      const [left, right] = [2 * x, Math.min(2 * x + 1, width - 1)];
      const sum = /** @type {number} */ (values[upper + left]) + /** @type {number} */ (values[upper + right])
        + /** @type {number} */ (values[lower + left]) + /** @type {number} */ (values[lower + right]);
      halves[at] = (sum + 2) >> 2;
    }
  }
  return { values: halves, width: across, height: down };
}
