// @ts-check
import { ARRANGE_COMMANDS } from "./commands/arrange.js";
import { COMMENT_COMMANDS } from "./commands/comments.js";
import { MASK_COMMANDS } from "./commands/masks.js";
import { OUTLINE_COMMANDS } from "./commands/outline.js";
import { PAGE_COMMANDS } from "./commands/page.js";
import { POLYGON_COMMANDS } from "./commands/polygons.js";
import { REGION_COMMANDS } from "./commands/regions.js";
import { TOOL_COMMANDS } from "./commands/tools.js";
import { VIEW_COMMANDS } from "./commands/view.js";
import { WINDOW_COMMANDS } from "./commands/window.js";
/** @import { Editor } from "./editor.js" */
/** @import { Command } from "./keymap.js" */

/** Every action of the region editor: keys, buttons and the help page read this one table. @type {readonly Command<Editor>[]} */
export const COMMANDS = [...POLYGON_COMMANDS, ...TOOL_COMMANDS, ...MASK_COMMANDS, ...PAGE_COMMANDS, ...REGION_COMMANDS, ...ARRANGE_COMMANDS, ...COMMENT_COMMANDS, ...VIEW_COMMANDS, ...WINDOW_COMMANDS, ...OUTLINE_COMMANDS];
