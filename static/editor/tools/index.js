// @ts-check
import { colourPrompter } from "../outline/prompter.js";
import { BoxTool } from "./box.js";
import { CommentTool } from "./comment.js";
import { BrushTool } from "./brush.js";
import { PolygonFillTool, RectangleFillTool } from "./fills.js";
import { PanTool } from "./pan.js";
import { PointsTool } from "./points.js";
import { PolygonTool } from "./polygon.js";
import { PromptTool } from "./prompt.js";
import { ScissorsTool } from "./scissors.js";
import { SelectTool } from "./select.js";
import { SimplifyTool } from "./simplify.js";
import { SplitTool } from "./split.js";
import { TemplateTool } from "./template.js";
import { BucketTool, WandTool } from "./wand.js";
import { WindowTool } from "./window.js";
/** @import { Bench, Tool } from "./tool.js" */

/** Every tool there is. @param {Bench} bench @returns {Tool[]} */
export function makeTools(bench) {
  const select = new SelectTool(bench);
  return [select, new PanTool(bench), new WindowTool(bench), new CommentTool(bench), new BoxTool(bench, select), new TemplateTool(bench, select), ...polygonTools(bench), ...makePainters(bench), ...smartTools(bench)];
}

/** @param {Bench} bench @returns {Tool[]} */
function smartTools(bench) {
  return [new ScissorsTool(bench), new PromptTool(bench, "outline", colourPrompter(bench))];
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
