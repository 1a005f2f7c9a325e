// @ts-check
import { Desk } from "./desk.js";
import { changesOf, emptyDocument } from "./documents.js";
import { Emitter } from "./emitter.js";
import { hitTest } from "./hit.js";
import { Labels } from "./labels.js";
import { Machine } from "./machine.js";
import { firstSize } from "./pager.js";
import { recall, remember } from "./recall.js";
import { Scene } from "./scene.js";
import { Session } from "./session.js";
import { kindOf } from "./shapes/index.js";
import { hiddenRegions } from "./sight.js";
import { makeTools } from "./tools/index.js";
import { Viewport } from "./viewport.js";
/** @import { Pixels } from "./mask/wand.js" */
/** @import { Outlines } from "./outline/client.js" */
/** @import { Server } from "./server.js" */
/** @import { Refusal } from "./desk.js" */
/** @import { Entry } from "./pager.js" */
/** @import { AnnotationDocument, Bootstrap, Box, Clock, Hit, Point, Shape } from "./types.js" */
/** @import { Vault } from "./vault.js" */

/**
 * What the editor asks of the page around it.
 * @typedef {{
 *   say: (message: string, urgent?: boolean) => void, open: (dialog: "help" | "skip" | "conflict") => void,
 *   searchLabels: (relabel?: boolean) => void, focusRegion: (id: string, what: "row" | "note") => void, focusStage: () => void,
 *   togglePanel: (side: "left" | "right" | "notes" | "view" | "dicom") => void, leave: () => void,
 * }} Surroundings
 */

const NOWHERE = new Scene({ width: 1, height: 1 }, emptyDocument());
/** Shapes by task type; instances may be painted as well as outlined. @type {Record<string, readonly string[]>} */
const DRAWN = { box: ["box"], polygon: ["polygon", "mask"], semantic: ["mask"] };
/** The tool in hand to begin with. @type {Record<string, string>} */
const FIRST_TOOL = { box: "box", polygon: "polygon", semantic: "brush" };
const TOLERANCE = { mouse: 7, touch: 18 };

/** The region editor: one page of images, one of them open. */
export class Editor {
  session = new Session();
  viewport = new Viewport();
  labels;
  /** @type {Machine} */
  machine;
  /** @type {Desk} */
  desk;
  /** @type {Surroundings} */
  ui;
  project;
  /** @type {Entry | null} */
  #entry = null;
  /** @type {Map<string, Scene>} */
  #scenes = new Map();
  /** Reads the stored picture in front, once it is there. @type {(() => Pixels | null) | null} */
  pixels = null;
  /** What of a tiled picture is in sight. @type {(() => {area: Box | null, ready: () => Promise<boolean>} | null) | null} */
  finest = null;
  /** Finds outlines in the picture. @type {Outlines | null} */
  outlines = null;
  /** Another image was opened, or none. @type {Emitter<Entry | null>} */
  opened = new Emitter();
  /** The open image's regions changed; the ids. @type {Emitter<Iterable<string>>} */
  edited = new Emitter();

  /** @param {{bootstrap: Bootstrap, server: Server, clock: Clock, vault: Vault, ui: Surroundings}} parts */
  constructor({ bootstrap, server, clock, vault, ui }) {
    this.project = bootstrap.project;
    this.labels = new Labels(bootstrap.labels);
    this.ui = ui;
    this.session.update({ label: this.labels.first?.code ?? "", tool: FIRST_TOOL[this.project.task_type] ?? "select" });
    this.machine = new Machine(makeTools(this), this.session, clock.now);
    this.desk = new Desk({ server, bootstrap, clock, vault, size: firstSize(bootstrap), adopt: (entry) => this.#adopt(entry) });
    this.desk.pager.changed.on(() => this.#followPage());
    this.desk.refused.on((refusal) => this.#correct(refusal));
    this.desk.gone.on((codes) => codes.forEach((code) => this.#scenes.delete(code)));
  }

  get entry() {
    return this.#entry;
  }

  /** @param {Entry} entry */
  sceneOf(entry) {
    return this.#scenes.get(entry.task.code);
  }

  get scene() {
    return (this.#entry && this.#scenes.get(this.#entry.task.code)) ?? NOWHERE;
  }

  /** Whether there is an image that may be changed. */
  get editable() {
    return this.#entry?.state === "open";
  }

  /** Whether the project's answers are made of such shapes. @param {Shape["shape"]} kind */
  draws(kind) {
    return (DRAWN[this.project.task_type] ?? []).includes(kind);
  }

  /** @param {string} message */
  say = (message) => this.ui.say(message);

  /** @param {Entry | null} entry */
  open(entry) {
    if (entry === this.#entry) return;
    this.machine.finish();
    this.machine.cancel();
    this.#entry = entry;
    this.session.reset();
    this.desk.activity.follow(entry);
    if (entry) this.viewport.show(entry.task.image);
    this.opened.emit(entry);
  }

  /** @param {Point} point @param {boolean} touch @returns {Hit | null} */
  hit(point, touch) {
    const { selection, hidden, locked } = this.session.state;
    const tolerance = touch ? TOLERANCE.touch : TOLERANCE.mouse;
    return hitTest(this.scene, point, { scale: this.viewport.view.scale, tolerance, selected: selection, hidden, locked });
  }

  /** Ids of the selected regions that still exist. */
  selected() {
    return [...this.session.state.selection].filter((id) => this.scene.shape(id));
  }

  /** Why the open image cannot be submitted; `null` if it can. */
  obstacle() {
    const scene = this.scene;
    for (const [index, shape] of scene.shapes().entries()) {
      const wrong = kindOf(shape).problem(shape, scene.size) ?? (this.labels.get(shape.label) ? null : "Choose a label.");
      if (wrong) return { id: shape.id, message: `Region ${index + 1}: ${wrong}` };
    }
    return scene.shapes().length > 0 || scene.image.empty ? null : { id: null, message: "Draw a region first, or press N if there is nothing here." };
  }

  /** Sends the open image's answer and goes on. */
  submit() {
    const entry = this.#entry;
    if (!entry || entry.state !== "open") return;
    this.machine.finish();
    this.machine.cancel();
    const obstacle = this.obstacle();
    if (obstacle) {
      this.ui.say(obstacle.message, true);
      if (obstacle.id) this.#point(obstacle.id);
      return;
    }
    this.desk.activity.follow(null);
    if (hiddenRegions(this).length > 0) this.ui.say("Hidden regions were submitted, too.");
    this.desk.submit([{ entry, document: this.scene.document(), reason: null }]);
    this.#goOn();
  }

  /** @param {string} reason */
  skip(reason) {
    const entry = this.#entry;
    if (!entry || entry.state !== "open") return;
    this.desk.activity.follow(null);
    this.desk.submit([{ entry, document: null, reason }]);
    this.#goOn();
  }

  /** Opens the image before or after this one; an answered one can be looked at. @param {1 | -1} direction */
  step(direction) {
    const strip = [...this.desk.recent, ...this.desk.pager.current];
    const place = this.#entry ? strip.indexOf(this.#entry) : strip.length;
    const target = strip[place + direction];
    if (target) this.open(target);
  }

  /** Whether the image in front was answered and may be taken up again. */
  get reopenable() {
    return this.#entry?.state === "sent" || this.#entry?.state === "done";
  }

  /** Takes the answered image in front up again. */
  async reopen() {
    const entry = this.#entry;
    if (!entry || !this.reopenable) return;
    try {
      const fresh = await this.desk.reopen(entry);
      if (!fresh) this.ui.say("This answer is still on its way.");
      else if (this.#entry === entry) this.open(fresh);
    } catch (error) {
      this.ui.say(/** @type {Error} */ (error).message, true);
    }
  }

  /** Goes to the next image without an answer, or to the next page. */
  #goOn() {
    const { current } = this.desk.pager;
    const from = this.#entry ? current.indexOf(this.#entry) : -1;
    const rest = [...current.slice(from + 1), ...current.slice(0, from + 1)];
    const next = rest.find((entry) => entry.state === "open");
    this.open(next ?? null);
    if (!next) void this.desk.advance();
  }

  #followPage() {
    const { current } = this.desk.pager;
    if (this.#entry && (current.includes(this.#entry) || this.desk.recent.includes(this.#entry))) return;
    this.open(current.find((entry) => entry.state === "open") ?? null);
  }

  /** @param {Entry} entry */
  #adopt(entry) {
    const { code, image, draft, prelabel } = entry.task;
    const scene = new Scene(image, draft?.document ?? prelabel ?? emptyDocument(), this.project.task_type === "semantic");
    this.#scenes.set(code, scene);
    scene.history.committed.on((diff) => this.desk.touch(entry, diff.keys()));
    scene.store.changed.on(({ diff }) => {
      if (this.scene === scene) this.edited.emit(diff.keys());
    });
    return {
      read: () => scene.document(),
      changes: (/** @type {ReadonlySet<string>} */ ids) => changesOf(scene.image, scene.shapes(), ids),
      large: () => scene.shapes().length > 1000,
      remember: () => remember(scene), recall: (/** @type {string} */ text) => recall(scene, text),
      replace: (/** @type {AnnotationDocument} */ document) => {
        this.machine.cancel();
        scene.replace(document);
      },
    };
  }

  /** An answer came back: opens it and points at what is wrong. @param {Refusal} refusal */
  #correct({ entries, error }) {
    const first = entries[0];
    this.ui.say(error.message, true);
    if (!first) return;
    this.open(first);
    const path = Object.keys(error.fields).find((field) => field.includes("regions."));
    const index = Number(/regions\.(\d+)/.exec(path ?? "")?.[1]);
    const shape = this.scene.shapes()[index];
    if (shape) this.#point(shape.id);
  }

  /** @param {string} id */
  #point(id) {
    const shape = this.scene.shape(id);
    if (!shape) return;
    this.session.select([id]);
    this.viewport.focus(kindOf(shape).bounds(shape));
    this.ui.focusRegion(id, "row");
  }
}
