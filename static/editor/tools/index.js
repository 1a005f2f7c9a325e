// @ts-check
import { BoxTool } from "./box.js";
import { PanTool } from "./pan.js";
import { SelectTool } from "./select.js";
import { TemplateTool } from "./template.js";
/** @import { Bench, Tool } from "./tool.js" */

/** Every tool there is. @param {Bench} bench @returns {Tool[]} */
export function makeTools(bench) {
  const select = new SelectTool(bench);
  return [select, new PanTool(bench), new BoxTool(bench, select), new TemplateTool(bench, select)];
}
