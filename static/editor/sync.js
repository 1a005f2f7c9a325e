// @ts-check
import { sameDocument } from "./documents.js";
import { Emitter } from "./emitter.js";
import { newTrack, sendDraft, stateOf, worstOf } from "./tracks.js";
/** @import { ApiError } from "./api.js" */
/** @import { Backup } from "./backup.js" */
/** @import { PatchDraft, PutDraft, SaveState, Subject, Track } from "./tracks.js" */
/** @import { AnnotationDocument, Clock } from "./types.js" */

const LONGEST_WAIT = 30_000;
/** Gestures follow each other faster than a large document is written down. */
const KEEP_AFTER = 250;
/** Writing down thousands of regions takes longer than a frame; mostly the server has them by then. */
const KEEP_LARGE_AFTER = 2500;
/** Of a track whose last request was answered. */
const HEARD = { failures: 0, trouble: null, message: "", unheard: [] };

/** Saves drafts soon after they change, one request per task at a time, and never gives up on them. */
export class DraftSync {
  #put;
  #patch;
  #backup;
  #clock;
  #delay;
  /** @type {Map<string, Track>} */
  #tracks = new Map();
  /** Tasks whose answers are on their way. @type {Map<string, Track>} */
  #resting = new Map();

  /** @type {Emitter<SaveState>} */
  changed = new Emitter();
  /** A task whose draft was changed elsewhere. @type {Emitter<string>} */
  conflicted = new Emitter();

  /** @param {{put: PutDraft, patch: PatchDraft, backup: Backup, clock: Clock, delay: number}} parts `delay` in milliseconds */
  constructor({ put, patch, backup, clock, delay }) {
    this.#put = put;
    this.#patch = patch;
    this.#backup = backup;
    this.#clock = clock;
    this.#delay = delay;
  }

  /** The worst state of all tasks. @returns {SaveState} */
  get state() {
    return worstOf(this.#tracks.values());
  }

  /** Why the server does not take a draft, for a person. */
  get message() {
    return [...this.#tracks.values()].find((track) => track.message)?.message ?? "";
  }

  /** Whether anything would be lost if this browser vanished now. */
  get unsaved() {
    return [...this.#tracks.values()].some((track) => track.revision > track.saved);
  }

  /**
   * Follows a task. A backup newer than the server's draft is taken up again; one that the server has moved past is a conflict.
   * @param {string} task
   * @param {Subject} subject
   * @param {{document: AnnotationDocument, version: number} | null} draft the server's
   */
  track(task, subject, draft) {
    const track = newTrack(subject, draft);
    this.#tracks.set(task, track);
    this.#resting.delete(task);
    this.#restore(task, track, draft);
    const steps = this.#backup.steps(task);
    if (steps) subject.recall?.(steps);
  }

  /** @param {string} task @param {Track} track @param {{document: AnnotationDocument, version: number} | null} draft */
  #restore(task, track, draft) {
    const kept = this.#backup.draft(task);
    if (!kept) return;
    if (sameDocument(kept.document, track.subject.read())) return this.#backup.dropDraft(task);
    track.subject.replace(kept.document);
    Object.assign(track, { revision: 1, dirty: null });
    if (draft && kept.version !== draft.version) this.#conflict(task, track, draft);
    else this.#schedule(task, track, 0);
  }

  /** Takes note of a committed change. @param {string} task @param {Iterable<string>} [ids] the regions it changed */
  touch(task, ids) {
    const track = this.#tracks.get(task);
    if (!track) return;
    track.revision += 1;
    if (!ids) track.dirty = null;
    for (const id of ids ?? []) track.dirty?.add(id);
    track.keeping ??= this.#clock.after(track.subject.large?.() ? KEEP_LARGE_AFTER : KEEP_AFTER, () => this.#keep(task, track));
    if (track.trouble === "refused") track.trouble = null;
    if (track.timer === null && !track.inFlight && !track.trouble) this.#schedule(task, track, this.#delay);
    this.changed.emit(this.state);
  }

  /** Saves everything at once, for instance because the network is back. */
  flush() {
    for (const [task, track] of this.#tracks) {
      if (track.keeping !== null) this.#keep(task, track);
      const waiting = track.revision > track.saved && !track.inFlight && (!track.trouble || track.trouble === "offline");
      if (waiting) this.#schedule(task, track, 0);
    }
  }

  /** Stops saving a task whose answer is on its way; a second time, it is forgotten. @param {string} task */
  release(task) {
    const track = this.#tracks.get(task);
    if (!track) return void this.#resting.delete(task);
    if (track.timer !== null) this.#clock.cancel(track.timer);
    track.timer = null;
    this.#stopKeeping(track);
    this.#tracks.delete(task);
    if (track.trouble !== "lost") this.#resting.set(task, track);
    this.changed.emit(this.state);
  }

  /** Saves a released task again, because its answer came back. @param {string} task */
  resume(task) {
    const track = this.#resting.get(task);
    if (!track) return;
    this.#resting.delete(task);
    this.#tracks.set(task, track);
    if (track.revision > track.saved && !track.inFlight) this.#schedule(task, track, this.#delay);
  }

  /** @param {string} task @param {SaveState} state */
  has(task, state) {
    const track = this.#tracks.get(task);
    return track !== undefined && stateOf(track) === state;
  }

  /** The first task in conflict. */
  conflict() {
    return [...this.#tracks].find(([, track]) => track.theirs)?.[0] ?? null;
  }

  /** What the server holds of a task in conflict. @param {string} task */
  theirs(task) {
    return this.#tracks.get(task)?.theirs ?? null;
  }

  /**
   * Settles a conflict: ours overwrites the server's version, or theirs replaces ours.
   * @param {string} task
   * @param {"ours" | "theirs"} choice
   */
  resolve(task, choice) {
    const track = this.#tracks.get(task);
    if (!track?.theirs) return;
    const theirs = track.theirs;
    Object.assign(track, { version: theirs.version, theirs: null, trouble: null, message: "", dirty: null });
    if (choice === "theirs") {
      track.subject.replace(theirs.document);
      track.saved = track.revision;
      this.#backup.dropDraft(task);
      this.changed.emit(this.state);
    } else {
      track.revision += 1;
      this.#keep(task, track);
      this.#schedule(task, track, 0);
    }
  }

  /** @param {string} task @param {Track} track @param {number} wait milliseconds */
  #schedule(task, track, wait) {
    if (track.timer !== null) this.#clock.cancel(track.timer);
    track.timer = this.#clock.after(wait, () => {
      track.timer = null;
      if (this.#tracks.get(task) === track) void this.#save(task, track);
    });
    this.changed.emit(this.state);
  }

  /** @param {string} task @param {Track} track */
  async #save(task, track) {
    const { revision, dirty } = track;
    const document = track.subject.read();
    track.inFlight = true;
    track.dirty = new Set();
    this.changed.emit(this.state);
    try {
      const answer = await sendDraft({ put: this.#put, patch: this.#patch }, task, track, dirty, document);
      Object.assign(track, { version: answer.version, saved: revision, ...HEARD });
    } catch (error) {
      track.dirty = dirty && track.dirty && new Set([...dirty, ...track.dirty]);
      this.#refused(task, track, /** @type {ApiError} */ (error), document);
    }
    track.inFlight = false;
    if (this.#tracks.get(task) === track) this.#after(task, track);
  }

  /** @param {string} task @param {Track} track */
  #after(task, track) {
    if (track.revision === track.saved) this.#backup.dropDraft(task);
    else if (track.keeping === null) this.#keep(task, track);
    const wait = track.failures > 0 ? Math.min(LONGEST_WAIT, 1000 * 2 ** (track.failures - 1)) : this.#delay;
    const again = track.revision > track.saved && (!track.trouble || track.trouble === "offline");
    if (again) this.#schedule(task, track, wait);
    this.changed.emit(this.state);
  }

  /** @param {string} task @param {Track} track @param {ApiError} error @param {AnnotationDocument} sent */
  #refused(task, track, error, sent) {
    track.message = error.message;
    if (error.code === "draft_conflict" && this.#tracks.get(task) === track) {
      const theirs = /** @type {{document: AnnotationDocument, version: number}} */ (/** @type {unknown} */ (error.problem));
      if (sameDocument(theirs.document, track.subject.read())) {
        Object.assign(track, { version: theirs.version, saved: track.revision, ...HEARD, dirty: new Set() });
      } else if (track.unheard.some((document) => sameDocument(theirs.document, document))) {
        // It was ours: an earlier request arrived, and its answer did not.
        Object.assign(track, { version: theirs.version, ...HEARD, dirty: null });
      } else this.#conflict(task, track, theirs);
    } else if (error.code === "draft_missing") Object.assign(track, { ...HEARD, dirty: null });
    else if (error.code === "lease_expired" || error.status === 404) track.trouble = "lost";
    else if (error.passing || error.status === undefined) {
      track.trouble = "offline";
      track.failures += 1;
      track.unheard = [...track.unheard, sent].slice(-5);
    } else track.trouble = "refused";
  }

  /** @param {string} task @param {Track} track @param {{document: AnnotationDocument, version: number}} theirs */
  #conflict(task, track, theirs) {
    track.trouble = "conflict";
    track.theirs = { document: theirs.document, version: theirs.version };
    this.conflicted.emit(task);
    this.changed.emit(this.state);
  }

  /** @param {string} task @param {Track} track */
  #keep(task, track) {
    this.#stopKeeping(track);
    const { version, subject } = track;
    const at = this.#clock.now();
    if (track.revision > track.saved) this.#backup.keepDraft(task, { document: subject.read(), version, at });
    const steps = subject.remember?.();
    if (steps) this.#backup.keepSteps(task, steps, at);
  }

  /** @param {Track} track */
  #stopKeeping(track) {
    if (track.keeping !== null) this.#clock.cancel(track.keeping);
    track.keeping = null;
  }
}
