// @ts-check
/** @import { Pixels } from "../mask/wand.js" */
/** @import { Scene } from "../scene.js" */
/** @import { Session } from "../session.js" */
/** @import { Outlines } from "../outline/client.js" */
/** @import { Box, Hit, Shape, ToolEvent } from "../types.js" */
/** @import { Viewport } from "../viewport.js" */

/**
 * What commands may ask of a tool right now: Enter, Backspace, redo, and what belongs to one tool alone.
 * @typedef {Partial<Record<"close" | "back" | "forward" | "flip" | "more" | "less", () => void>>} Acts
 *
 * What a tool may touch. `scene` is the image of the moment.
 * @typedef {{
 *   readonly scene: Scene, readonly session: Session, readonly viewport: Viewport, say: (message: string) => void,
 *   readonly pixels?: (() => Pixels | null) | null, readonly finest?: (() => {area: Box | null, ready: () => Promise<boolean>} | null) | null, readonly outlines?: Outlines | null, draws?: (kind: Shape["shape"]) => boolean,
 * }} Bench `pixels` reads the stored picture, once it is there. `finest`: of a picture that comes by tiles, what is in
 * sight and when it is here at full resolution; `area` is `null` where that is too much. `outlines` finds edges and things in it
 *
 * A tool that `rests` is busy with no button down, as between two clicks: the view may be moved meanwhile. `interrupt` drops
 * what the button does and keeps what was done before it was pressed. `secondary`: the right button presses, too. `smooth`: the
 * tool wants every position of the pointer and not one per frame. `finish` ends work that goes on by itself, before it is sent.
 * @typedef {{
 *   readonly name: string, readonly busy: boolean,
 *   down: (event: ToolEvent) => void, move: (event: ToolEvent) => void, up: (event: ToolEvent) => void,
 *   cancel: () => void, exit: () => void, cursor: (hit: Hit | null) => string,
 *   readonly rests?: boolean, interrupt?: () => void, readonly acts?: Readonly<Acts>, readonly secondary?: boolean, readonly smooth?: boolean, finish?: () => void,
 * }} Tool
 */

/** A press becomes a drag after this many screen pixels. */
export const DRAG = { mouse: 3, touch: 8 };

/** @param {ToolEvent} from @param {ToolEvent} to */
export function isDrag(from, to) {
  const far = Math.hypot(to.screen.x - from.screen.x, to.screen.y - from.screen.y);
  return far >= (to.touch ? DRAG.touch : DRAG.mouse);
}
