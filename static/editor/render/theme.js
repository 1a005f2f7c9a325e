// @ts-check
/** Sizes in screen pixels and the colours that do not come from labels. */
export const THEME = {
  line: 2,
  halo: "rgba(0, 0, 0, 0.45)",
  handle: 8,
  touchHandle: 14,
  crosshair: "rgba(255, 255, 255, 0.75)",
  crosshairShade: "rgba(0, 0, 0, 0.45)",
  selectedFill: 0.2,
  maskFill: 0.5,
  /** Names are written only on regions at least this wide, and only while there are few of them. */
  tagFromWidth: 44,
  tagsUpTo: 250,
  /** Pixels are parted by lines once they are so large, in screen pixels. */
  gridFrom: 8,
  grid: "rgba(128, 128, 128, 0.4)",
  halosUpTo: 600,
};

/** @param {number} size screen pixels */
export function fontOf(size) {
  return `500 ${size}px "Inter Variable", system-ui, sans-serif`;
}

/** The height of a name on its ground. @param {number} size that of its letters, in screen pixels */
export function tagHeight(size) {
  return size + 6;
}

/** @param {string} colour `#rrggbb` @param {number} alpha */
export function fade(colour, alpha) {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgba(${(value >> 16) & 255}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

/** Black or white, whichever reads better on the colour. @param {string} colour `#rrggbb` */
export function inkOn(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  const linear = [(value >> 16) & 255, (value >> 8) & 255, value & 255].map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = linear;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.183 ? "#000" : "#fff";
}
