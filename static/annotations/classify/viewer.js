// @ts-check
import { emptyDocument } from "../../editor/documents.js";
import { Emitter } from "../../editor/emitter.js";
import { Machine } from "../../editor/machine.js";
import { Scene } from "../../editor/scene.js";
import { Session } from "../../editor/session.js";
import { CommentTool } from "../../editor/tools/comment.js";
import { PanTool } from "../../editor/tools/pan.js";
import { WindowTool } from "../../editor/tools/window.js";
import { Viewport } from "../../editor/viewport.js";
/** @import { Desk } from "../../editor/desk.js" */
/** @import { Labels } from "../../editor/labels.js" */
/** @import { Entry } from "../../editor/pager.js" */
/** @import { Clock, Hit, Looker } from "../../editor/types.js" */

/** Walking through images asks for the comments of none that is passed, in milliseconds. */
const LINGER = 250;

/** There is nothing to select on a picture that is only looked at: the first tool is a hand. */
class Hand extends PanTool {
  name = "select";
}

/** Looks at one image: zoom, pan, turn, adjustments, DICOM windows and comments as in the region editor, and no regions. @implements {Looker} */
export class Viewer {
  session = new Session();
  viewport = new Viewport();
  scene = new Scene({ width: 1, height: 1 }, emptyDocument());
  machine;
  editable = true;
  desk;
  labels;
  ui;
  #clock;
  /** @type {unknown} */
  #timer = null;
  /** @type {Entry | null} */
  #entry = null;

  /** @type {Emitter<Entry | null>} */
  opened = new Emitter();
  /** @type {Emitter<Iterable<string>>} */
  edited = new Emitter();
  /** The image in front has been there for a moment. @type {Emitter<Entry | null>} */
  lingered = new Emitter();

  /** @param {{desk: Desk, labels: Labels, clock: Clock, ui: Looker["ui"]}} parts */
  constructor({ desk, labels, clock, ui }) {
    this.desk = desk;
    this.labels = labels;
    this.ui = ui;
    this.#clock = clock;
    this.session.update({ tool: "select" });
    this.session.changed.on((fields) => fields.has("pin") && this.#linger()); // a comment that begins is on this image
    this.machine = new Machine([new Hand(this), new PanTool(this), new WindowTool(this), new CommentTool(this)], this.session);
  }

  get entry() {
    return this.#entry;
  }

  /** @param {string} message */
  say = (message) => this.ui.say(message);

  /** @param {Entry | null} entry */
  open(entry) {
    if (entry === this.#entry) return;
    this.machine.cancel();
    this.#entry = entry;
    this.session.reset();
    if (entry) this.viewport.show(entry.task.image);
    this.opened.emit(entry);
    this.#clock.cancel(this.#timer);
    this.#timer = this.#clock.after(LINGER, () => this.#linger());
  }

  /** Tells those who wait for it which image is in front. */
  #linger() {
    if (this.#timer === null) return;
    this.#clock.cancel(this.#timer);
    this.#timer = null;
    this.lingered.emit(this.#entry);
  }

  draws() {
    return false;
  }

  /** @returns {Hit | null} */
  hit() {
    return null;
  }

  /** @returns {string[]} */
  selected() {
    return [];
  }
}
