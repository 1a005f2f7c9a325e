// @ts-check
/** @import { Scene } from "../scene.js" */
/** @import { Session } from "../session.js" */
/** @import { Hit, ToolEvent } from "../types.js" */
/** @import { Viewport } from "../viewport.js" */

/**
 * What a tool may touch. `scene` is the image of the moment.
 * @typedef {{
 *   readonly scene: Scene, readonly session: Session, readonly viewport: Viewport, say: (message: string) => void,
 * }} Bench
 *
 * @typedef {{
 *   readonly name: string, readonly busy: boolean,
 *   down: (event: ToolEvent) => void, move: (event: ToolEvent) => void, up: (event: ToolEvent) => void,
 *   cancel: () => void, exit: () => void, cursor: (hit: Hit | null) => string,
 * }} Tool
 */

/** A press becomes a drag after this many screen pixels. */
export const DRAG = { mouse: 3, touch: 8 };

/** @param {ToolEvent} from @param {ToolEvent} to */
export function isDrag(from, to) {
  const far = Math.hypot(to.screen.x - from.screen.x, to.screen.y - from.screen.y);
  return far >= (to.touch ? DRAG.touch : DRAG.mouse);
}
