// @ts-check
import { BoxTool } from "./box.js";
import { BrushTool } from "./brush.js";
import { PolygonFillTool, RectangleFillTool } from "./fills.js";
import { PanTool } from "./pan.js";
import { PointsTool } from "./points.js";
import { PolygonTool } from "./polygon.js";
import { SelectTool } from "./select.js";
import { SimplifyTool } from "./simplify.js";
import { SplitTool } from "./split.js";
import { TemplateTool } from "./template.js";
import { BucketTool, WandTool } from "./wand.js";
/** @import { Bench, Tool } from "./tool.js" */

/** Every tool there is. @param {Bench} bench @returns {Tool[]} */
export function makeTools(bench) {
  const select = new SelectTool(bench);
  return [select, new PanTool(bench), new BoxTool(bench, select), new TemplateTool(bench, select), ...polygonTools(bench), ...makePainters(bench)];
}

/** @param {Bench} bench @returns {Tool[]} */
function makePainters(bench) {
  const fills = [new RectangleFillTool(bench), new PolygonFillTool(bench), new BucketTool(bench), new WandTool(bench)];
  return [new BrushTool(bench, "brush"), new BrushTool(bench, "eraser"), ...fills];
}

/** @param {Bench} bench @returns {Tool[]} */
function polygonTools(bench) {
  return [new PolygonTool(bench), new PointsTool(bench), new SplitTool(bench), new SimplifyTool(bench)];
}
