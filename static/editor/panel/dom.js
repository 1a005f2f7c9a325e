// @ts-check
import { inkOn } from "../render/theme.js";
/** @import { Paint } from "../palette.js" */

/**
 * The element that plays a part on the page: `data-part="name"`.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(name) {
  const element = document.querySelector(`[data-part="${name}"]`);
  if (!(element instanceof HTMLElement)) throw new Error(`The page has no part "${name}".`);
  return element;
}

/** @param {string} name @returns {HTMLElement | null} */
export function maybePart(name) {
  return document.querySelector(`[data-part="${name}"]`);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | null>} attributes `null` and `false` leave an attribute out
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the page's sprite. @param {string} name */
export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  const sprite = document.querySelector("[data-icons]")?.getAttribute("data-icons") ?? "/static/icons.svg";
  use.setAttribute("href", `${sprite}#${name}`);
  made.append(use);
  return made;
}

/** A patch of a label's paint. @param {Paint} paint @param {string} [label] its code, so that the patch follows when colours change */
export function swatch(paint, label) {
  const made = element("span", { class: "swatch", "aria-hidden": "true", "data-swatch": label ?? null });
  wear(made, paint);
  return made;
}

/** Gives every patch the paint that its label has now. @param {(label: string) => Paint} paintOf */
export function recolour(paintOf) {
  for (const made of document.querySelectorAll("[data-swatch]")) wear(/** @type {HTMLElement} */ (made), paintOf(made.getAttribute("data-swatch") ?? ""));
}

/** @param {HTMLElement} patch @param {Paint} paint */
function wear(patch, { colour, hatching }) {
  patch.style.backgroundColor = colour;
  patch.style.setProperty("--hatch", inkOn(colour));
  patch.dataset["hatching"] = String(hatching);
}

/** A chord as people read it. @param {string} chord */
export function keyWords(chord) {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const names = /** @type {Record<string, string>} */ ({
    Ctrl: mac ? "⌘" : "Ctrl", Shift: "Shift", Alt: mac ? "⌥" : "Alt", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓",
    Escape: "Esc", Delete: "Del", PageUp: "Page ↑", PageDown: "Page ↓", Backspace: "⌫", "-": "−",
  });
  return chord.split("+").map((key) => names[key] ?? (key || "+")).filter((key, index, all) => !(key === "+" && all[index + 1] === "+"));
}

/** The chord as `<kbd>`s. @param {string} chord */
export function keys(chord) {
  return element("span", { class: "keys" }, ...keyWords(chord).map((key) => element("kbd", {}, key)));
}

/** Sets text only where it differs, so that screen readers are not disturbed. @param {Element} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Seconds as `0:42` or `1:02:05`. @param {number} seconds */
export function clockText(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((value, index) => (index ? String(value).padStart(2, "0") : String(value))).join(":");
}
