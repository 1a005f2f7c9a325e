// @ts-check
import { element, icon, part, setText } from "./dom.js";
import { togglePanel } from "./page.js";
import { placeOf, showPins } from "./pins.js";
/** @import { CommentBook, Thread } from "../comments.js" */
/** @import { Comment, Looker, Pin } from "../types.js" */

/** The comments on the image in front: their threads, and a form for one's own words. */
export class Comments {
  #editor;
  #book;
  #list = part("threads");
  #form = /** @type {HTMLFormElement} */ (part("comment-form"));
  #text = /** @type {HTMLTextAreaElement} */ (part("comment-text"));
  #flag = /** @type {HTMLInputElement} */ (part("comment-flag"));
  /** What the words in the form are about. @type {{code: string, pin: Pin | null, thread: string | null}} */
  #about = { code: crypto.randomUUID(), pin: null, thread: null };
  #sending = false;
  /** Shows where the comment will be. @type {ReturnType<typeof showPins>} */
  #mark;

  /** @param {Pick<Looker, "session" | "scene" | "labels" | "viewport" | "opened" | "edited" | "say" | "ui">} editor @param {CommentBook} book */
  constructor(editor, book) {
    this.#editor = editor;
    this.#book = book;
    this.#mark = showPins(editor, book, part("pins"), (code) => this.#reveal(code));
    for (const tab of document.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => this.#turnTo(tab.getAttribute("data-tab") ?? ""));
    part("side-tabs").addEventListener("keydown", (event) => this.#tabKey(event));
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#form.addEventListener("keydown", (event) => this.#key(event));
    part("comment-elsewhere").addEventListener("click", () => this.#write(null, null));
    book.changed.on(() => this.#render());
    editor.opened.on((entry) => {
      this.#write(null, null, false);
      void book.open(entry?.task.code ?? null).catch(() => null); // without a network there are none to show
    });
    editor.session.changed.on((fields) => {
      const { pin } = editor.session.state;
      if (!fields.has("pin") || !pin) return;
      editor.session.update({ pin: null });
      this.#write(pin, null);
    });
    this.#write(null, null, false);
  }

  /** @param {string} name */
  #turnTo(name) {
    for (const tab of document.querySelectorAll("[data-tab]")) {
      const chosen = tab.getAttribute("data-tab") === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.setAttribute("tabindex", chosen ? "0" : "-1");
      part(`tab-${tab.getAttribute("data-tab")}`).hidden = !chosen;
    }
  }

  /** @param {KeyboardEvent} event */
  #tabKey(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = /** @type {HTMLElement | null} */ (part("side-tabs").querySelector("[aria-selected=false]"));
    this.#turnTo(other?.dataset["tab"] ?? "regions");
    other?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  /** Begins words about a pin or a thread; what is typed already stays. @param {Pin | null} pin @param {string | null} thread @param {boolean} [focus] */
  #write(pin, thread, focus = true) {
    this.#about = { code: this.#about.code, pin: pin?.x === null ? null : pin, thread };
    const region = pin?.region ? this.#editor.scene.shape(pin.region) : undefined;
    const to = this.#book.threads().find(({ first }) => first.code === thread);
    const place = to ? `Reply to ${to.first.mine ? "your thread" : to.first.author.name}` : region ? `About this region: ${this.#editor.labels.name(region.label)}` : this.#about.pin ? "About this point" : "About the whole image";
    setText(part("comment-place"), place);
    const at = this.#about.pin;
    this.#mark(at && at.x !== null && at.y !== null ? { x: at.x, y: at.y } : null);
    part("comment-elsewhere").hidden = !to && !this.#about.pin;
    part("comment-flag-line").hidden = to !== undefined;
    if (!focus) return;
    togglePanel("right", true);
    this.#turnTo("comments");
    this.#text.focus();
  }

  async #send() {
    const text = this.#text.value.trim();
    if (!text || this.#sending) return this.#text.focus();
    this.#sending = true;
    try {
      await this.#book.say({ ...this.#about, text, flag: this.#flag.checked });
      this.#text.value = "";
      this.#flag.checked = false;
      this.#about.code = crypto.randomUUID();
      this.#write(null, null, false);
      this.#editor.say("Comment saved.");
      this.#editor.ui.focusStage();
    } catch (error) {
      this.#editor.ui.say(`${/** @type {Error} */ (error).message} Your words are still in the form.`, true);
    }
    this.#sending = false;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") this.#editor.ui.focusStage();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.#send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #render() {
    const threads = this.#book.threads();
    const open = threads.filter(({ first }) => !first.resolved_at);
    setText(part("comment-count"), open.length > 0 ? String(open.length) : "");
    part("thread-none").hidden = threads.length > 0;
    const sorted = [...open, ...threads.filter(({ first }) => first.resolved_at)];
    this.#list.replaceChildren(...sorted.map((thread) => this.#thread(thread)));
  }

  /** @param {Thread} thread */
  #thread({ first, replies, number }) {
    const flag = first.kind === "flag";
    const resolved = first.resolved_at !== null;
    const head = element("button", { type: "button", class: "thread-head", "data-do": "show" },
      element("span", { class: `thread-pin ${flag ? "is-flag" : ""}`, "aria-label": flag ? "Flag" : "Comment" }, String(number)),
      element("strong", { class: "truncate" }, first.mine ? "You" : first.author.name), when(first));
    return element("li", { class: `thread ${resolved ? "is-resolved" : ""}`, "data-thread": first.code },
      head,
      element("p", { class: "thread-text" }, first.text),
      ...(flag ? [element("p", { class: "badge badge-warning" }, icon("flag"), resolved ? "Flag, resolved" : "Waits for a reviewer")] : []),
      ...replies.map((reply) => element("div", { class: "thread-reply" }, element("strong", {}, reply.mine ? "You" : reply.author.name), element("p", { class: "thread-text" }, reply.text))),
      element("div", { class: "thread-acts" }, ...acts(resolved)));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const code = button?.closest("[data-thread]")?.getAttribute("data-thread");
    const thread = this.#book.threads().find(({ first }) => first.code === code);
    if (!button || !code || !thread) return;
    const what = button.getAttribute("data-do");
    if (what === "reply") this.#write(null, code);
    else if (what === "show") this.#show(thread);
    else void this.#book.resolve(code, what === "resolve").catch((error) => this.#editor.ui.say(error.message, true));
  }

  /** Brings what a thread is about into sight. @param {Thread} thread */
  #show(thread) {
    const { session, scene, viewport } = this.#editor;
    const point = placeOf(this.#editor, thread);
    if (scene.shape(thread.first.region)) session.select([thread.first.region]);
    if (point) viewport.focus({ x: point.x - 40, y: point.y - 40, width: 80, height: 80 });
  }

  /** @param {string} code */
  #reveal(code) {
    togglePanel("right", true);
    this.#turnTo("comments");
    const row = this.#list.querySelector(`[data-thread="${code}"]`);
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector("button")?.focus();
  }
}

/** @param {boolean} resolved */
function acts(resolved) {
  const make = (/** @type {string} */ what, /** @type {string} */ words) => element("button", { type: "button", class: "button button-small", "data-do": what }, words);
  return [make("reply", "Reply"), resolved ? make("reopen", "Open again") : make("resolve", "Resolve")];
}

/** @param {Comment} comment */
function when({ created_at }) {
  const words = new Date(created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return element("time", { class: "thread-when", datetime: created_at }, words);
}
