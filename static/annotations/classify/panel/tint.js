// @ts-check
import { isNeutral, toneCurve } from "../../../editor/adjust.js";
/** @import { Adjust } from "../../../editor/adjust.js" */
/** @import { Session } from "../../../editor/session.js" */

const SVG = "http://www.w3.org/2000/svg";
const NAME = "picture-adjust";
/** Luma of Rec. 709, in the shares that `adjustPixels` takes. */
const LUMA = [54 / 256, 183 / 256, 19 / 256];

/** @param {string} tag @param {Record<string, string>} attributes */
function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Adjusts the images of the grid as the large view is adjusted: by the same numbers, in a filter. @param {HTMLElement} list @param {Session} session */
export function tintGrid(list, session) {
  const matrix = svg("feColorMatrix", { type: "matrix" });
  const curves = ["R", "G", "B"].map((channel) => svg(`feFunc${channel}`, { type: "table" }));
  const transfer = svg("feComponentTransfer", {});
  transfer.append(...curves);
  const filter = svg("filter", { id: NAME, "color-interpolation-filters": "sRGB", x: "0", y: "0", width: "1", height: "1" });
  filter.append(matrix, transfer);
  const holder = svg("svg", { width: "0", height: "0", "aria-hidden": "true", class: "tint" });
  holder.append(filter);
  list.before(holder);

  const follow = () => {
    const { adjust } = session.state;
    matrix.setAttribute("values", saturating(adjust));
    const table = [...toneCurve(adjust)].map((value) => (value / 255).toFixed(4)).join(" ");
    for (const curve of curves) curve.setAttribute("tableValues", table);
    list.style.setProperty("--picture", isNeutral(adjust) ? "none" : `url("#${NAME}")`);
  };
  session.changed.on((fields) => fields.has("adjust") && follow());
  follow();
}

/** @param {Adjust} adjust */
function saturating({ saturation }) {
  const share = saturation / 100;
  const rows = LUMA.map((_, row) => [...LUMA.map((luma, column) => luma * (1 - share) + (row === column ? share : 0)), 0, 0].join(" "));
  return [...rows, "0 0 0 1 0"].join(" ");
}
