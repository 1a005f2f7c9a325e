// @ts-check
import { clamp } from "./geometry.js";

/**
 * Which measured values become black and which white (DICOM PS3.3, C.11.2); projects/dicom/windows.py says the same.
 * @typedef {"LINEAR" | "LINEAR_EXACT" | "SIGMOID"} Law
 * @typedef {Readonly<{name: string, centre: number, width: number, function: Law}>} Range
 *
 * What the 16-bit values of an image mean: `value * slope + intercept`, in `unit`. `curve` has a grey for every value there is,
 * `padding` the first and last value that mean “no measurement”.
 * @typedef {Readonly<{
 *   width: number, height: number, slope: number, intercept: number, inverted: boolean, unit: string, padding: readonly number[] | null,
 *   windows: readonly Range[], curve: readonly number[] | null, auto: Range, full: Range,
 * }>} Scale
 *
 * The window of the image in front; no `range` where the file's own curve shows.
 * @typedef {Readonly<{scale: Scale, range: Range | null}>} Windowing
 * @typedef {{id: string, title: string, range: Range | null}} Preset
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

/** What shows when nobody has chosen: the file's first window or curve, else what fits the values. @param {Scale} scale @returns {Range | null} */
export function firstWindow(scale) {
  return scale.windows[0] ?? (scale.curve ? null : scale.auto);
}

/** Every window that is offered for an image. @param {Scale} scale @returns {Preset[]} */
export function presetsOf(scale) {
  const fromFile = scale.windows.map((range, index) => ({ id: `file-${index}`, title: scale.windows.length > 1 ? range.name : "From the file", range }));
  const curve = scale.curve ? [{ id: "curve", title: "Curve of the file", range: null }] : [];
  const tissue = scale.unit === "HU" ? HOUNSFIELD.map(([id, title, centre, width]) => ({ id, title, range: exact(title, centre, width) })) : [];
  return [...fromFile, ...curve, { id: "auto", title: "Automatic", range: scale.auto }, { id: "full", title: "Full range", range: scale.full }, ...tissue];
}

/** The preset that a window is; `null` if it was set by hand. @param {Scale} scale @param {Range | null} range */
export function presetOf(scale, range) {
  const same = (/** @type {Preset} */ { range: known }) => known === range || (known !== null && range !== null && known.centre === range.centre && known.width === range.width && known.function === range.function);
  return presetsOf(scale).find(same) ?? null;
}

/** @param {string} name @param {number} centre @param {number} width @returns {Range} */
export function exact(name, centre, width) {
  return Object.freeze({ name, centre, width, function: "LINEAR_EXACT" });
}

/**
 * A window after a drag: to the right wider, up brighter.
 * @param {Scale} scale
 * @param {Range | null} range where the drag began
 * @param {{x: number, y: number}} delta screen pixels in all
 */
export function draggedWindow(scale, range, delta) {
  const start = range ?? scale.auto;
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
export function greysOf({ scale, range }) {
  const greys = new Uint8ClampedArray(VALUES);
  const { slope, intercept, inverted, curve, padding } = scale;
  for (let value = 0; value < VALUES; value++) {
    const share = range ? shareOf(range, value * slope + intercept) : (curve?.[value] ?? 255) / 255;
    greys[value] = 255 * (inverted ? 1 - clamp(share, 0, 1) : share);
  }
  if (padding) greys.fill(0, padding[0], (padding[1] ?? 0) + 1);
  return greys;
}

/** How far from black (0) to white (1). @param {Range} range @param {number} measured */
function shareOf(range, measured) {
  const distance = measured - range.centre;
  if (range.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * distance) / range.width));
  if (range.function === "LINEAR_EXACT") return distance / range.width + 0.5;
  return (distance + 0.5) / Math.max(range.width - 1, 1e-6) + 0.5;
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

/** Whether an image came from a DICOM file: those alone bring facts about their pixels. @param {{details?: Record<string, unknown>}} image */
export function isDicom({ details }) {
  return Object.keys(details ?? {}).length > 0;
}
