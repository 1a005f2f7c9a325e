// @ts-check
import { part, setText } from "./dom.js";
/** @import { Pager } from "../pager.js" */

/** @typedef {"ready" | "loading" | "preparing" | "finished" | "paused" | "failed" | "broken"} StageState */

const REASONS = /** @type {Record<string, [string, string]>} */ ({
  finished: ["Everything is labelled", "There is nothing left in this project's queue. New images appear here when they come."],
  nothing_for_you: ["Nothing for you right now", "What is left is with other labellers, or you have labelled it already."],
  paused: ["Labelling is paused", "The project is paused. Your drafts are kept and wait for you."],
});

/**
 * Says why there is no picture. Loading shows only after 200 ms.
 * @param {StageState} state
 * @param {{title?: string, words?: string}} [what]
 */
export function showStage(state, what = {}) {
  const cover = part("cover");
  cover.dataset["state"] = state;
  cover.hidden = state === "ready";
  for (const action of cover.querySelectorAll("[data-for]")) {
    /** @type {HTMLElement} */ (action).hidden = !(action.getAttribute("data-for") ?? "").split(" ").includes(state);
  }
  setText(part("cover-title"), what.title ?? "");
  setText(part("cover-words"), what.words ?? "");
}

/** A large image is cut into tiles before it can be shown. @param {{state: string, done: number, total: number}} tiling */
export function showPreparing({ state, done, total }) {
  const share = state === "working" && total > 0 ? `${Math.floor((100 * done) / total)} % is done.` : "It is next in line.";
  showStage("preparing", { title: "Preparing this large image", words: `${share} It opens by itself; meanwhile you can go on to another image.` });
}

/**
 * The state of a desk without an image.
 * @param {Pager} pager
 * @param {boolean} paused
 */
export function showEmptyDesk(pager, paused) {
  const reason = paused ? "paused" : pager.reason;
  const [title, words] = REASONS[reason ?? ""] ?? [];
  if (title) showStage(reason === "paused" ? "paused" : "finished", { title, words: words ?? "" });
  else if (pager.error) showStage("failed", { title: "The next images could not be fetched", words: /** @type {Error} */ (pager.error).message });
  else showStage("loading");
}

/** Another image comes into sight: what was said of the one before goes; what was said this moment is about the change and stays. */
export function hushOldWords() {
  if (!fresh) part("message").hidden = true;
}

/** A short message that goes by itself; urgent ones stay longer. @param {string} message @param {boolean} urgent */
export function say(message, urgent) {
  fresh = true;
  queueMicrotask(() => (fresh = false));
  const line = part("message");
  line.hidden = false;
  line.dataset["urgent"] = String(urgent);
  setText(line, message);
  setText(part("announce"), message);
  clearTimeout(fading);
  fading = window.setTimeout(() => (line.hidden = true), urgent ? 6000 : 2200);
}

let fading = 0;
/** Whether the message was said by what runs now. */
let fresh = false;
