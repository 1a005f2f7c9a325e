// @ts-check
import { PAGE_COMMANDS } from "./commands/page.js";
import { REGION_COMMANDS } from "./commands/regions.js";
import { TOOL_COMMANDS } from "./commands/tools.js";
/** @import { Editor } from "./editor.js" */
/** @import { Command } from "./keymap.js" */

/** Every action of the region editor: keys, buttons and the help page read this one table. @type {readonly Command<Editor>[]} */
export const COMMANDS = [...TOOL_COMMANDS, ...PAGE_COMMANDS, ...REGION_COMMANDS];
