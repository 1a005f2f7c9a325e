// The colour tokens keep WCAG 2.2 AA in both themes: text 4.5, controls and graphics 3.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../static/css/tokens.css", import.meta.url), "utf8");

/** @param {string} name @param {"light" | "dark"} theme */
function token(name, theme) {
  const value = new RegExp(`${name}:\\s*([^;]+);`).exec(css)?.[1] ?? "";
  const colours = [...value.matchAll(/oklch\(([^)]+)\)/g)].map((match) => match[1]);
  assert.ok(colours.length > 0, `${name} is not a colour`);
  return colours[theme === "dark" ? colours.length - 1 : 0].split(/[\s/]+/).map(Number);
}

/** Relative luminance of an OKLCH colour, clipped to sRGB. @param {number[]} colour */
function luminance([lightness, chroma, hue]) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} front @param {string} back @param {"light" | "dark"} theme */
function contrast(front, back, theme) {
  const [high, low] = [luminance(token(front, theme)), luminance(token(back, theme))].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ["--bg", "--surface", "--surface-2", "--raised"];
/** @type {[string, string, number][]} */
const pairs = [
  ...grounds.flatMap((ground) =>
    ["--text", "--text-muted", "--accent", "--danger", "--warning", "--success"].map(
      (front) => /** @type {[string, string, number]} */ ([front, ground, 4.5]),
    ),
  ),
  ...grounds.map((ground) => /** @type {[string, string, number]} */ (["--line-strong", ground, 3])),
  ["--text", "--raised-hover", 4.5],
  ["--text-muted", "--raised-hover", 4.5],
  ["--danger", "--danger-surface", 4.5],
  ["--text", "--surface-3", 4.5],
  ["--text-muted", "--surface-3", 4.5],
  ["--accent-text", "--accent", 4.5],
  ["--accent-text", "--accent-hover", 4.5],
  ["--danger-text", "--danger", 4.5],
  ["--danger-text", "--danger-hover", 4.5],
  ["--accent-fill-text", "--accent-fill", 4.5],
  ["--accent-fill-text", "--accent-fill-hover", 4.5],
  ["--danger-fill-text", "--danger-fill", 4.5],
  ["--danger-fill-text", "--danger-fill-hover", 4.5],
  ["--accent", "--accent-surface", 4.5],
  ["--text", "--accent-surface", 4.5],
  ["--warning", "--warning-surface", 4.5],
  ["--success", "--success-surface", 4.5],
  ...["--chart-1", "--chart-2", "--chart-3", "--chart-4"].map(
    (front) => /** @type {[string, string, number]} */ ([front, "--surface", 3]),
  ),
];

for (const theme of /** @type {const} */ (["light", "dark"])) {
  for (const [front, back, least] of pairs) {
    test(`${front} on ${back} in ${theme} is at least ${least}:1`, () => {
      const measured = contrast(front, back, theme);
      assert.ok(measured >= least, `${measured.toFixed(2)}:1`);
    });
  }
}
