// @ts-check
/** @import { AnnotationDocument, DraftChanges } from "./types.js" */

/**
 * Where a draft comes from and where a server's version goes to. `changes` tells what became of some regions, `null` if that is
 * not shorter than the whole; `remember` and `recall` write down and take up what can be undone.
 * @typedef {{
 *   lease: () => string, read: () => AnnotationDocument, seconds: () => number, replace: (document: AnnotationDocument) => void,
 *   changes?: (ids: ReadonlySet<string>) => DraftChanges | null, remember?: () => string, recall?: (text: string) => boolean,
 *   large?: () => boolean,
 * }} Subject
 *
 * @typedef {"saved" | "unsaved" | "saving" | "offline" | "conflict" | "lost" | "refused"} SaveState
 *
 * @typedef {{
 *   subject: Subject, version: number | null, revision: number, saved: number, inFlight: boolean, timer: unknown, failures: number,
 *   dirty: Set<string> | null, keeping: unknown, unheard: AnnotationDocument[],
 *   trouble: "offline" | "conflict" | "lost" | "refused" | null, message: string,
 *   theirs: {document: AnnotationDocument, version: number} | null,
 * }} Track
 *
 * @typedef {(task: string, body: {lease: string, document: AnnotationDocument, version: number | null, active_seconds: number})
 *   => Promise<{version: number, saved_at: string}>} PutDraft
 * @typedef {(task: string, body: DraftChanges & {lease: string, version: number, active_seconds: number})
 *   => Promise<{version: number, saved_at: string}>} PatchDraft
 *
 * Of a track: `dirty` are the regions changed since the server's version (`null`: who knows), `unheard` are documents that were
 * sent and perhaps arrived.
 */

/** Troubles by how much they matter, worst first. @type {SaveState[]} */
const WORST_FIRST = ["conflict", "lost", "refused", "offline", "saving", "unsaved"];

/** The worst state of all tracks. @param {Iterable<Track>} tracks @returns {SaveState} */
export function worstOf(tracks) {
  const states = new Set([...tracks].map(stateOf));
  return WORST_FIRST.find((state) => states.has(state)) ?? "saved";
}

/** @param {Track} track @returns {SaveState} */
export function stateOf(track) {
  if (track.trouble) return track.trouble;
  if (track.inFlight) return "saving";
  return track.revision > track.saved ? "unsaved" : "saved";
}

/**
 * @param {Subject} subject
 * @param {{version: number} | null} draft the server's
 * @returns {Track}
 */
export function newTrack(subject, draft) {
  return {
    subject, version: draft?.version ?? null, revision: 0, saved: 0, inFlight: false, timer: null, failures: 0,
    dirty: draft ? new Set() : null, keeping: null, unheard: [], trouble: null, message: "", theirs: null,
  };
}

/**
 * Sends what changed, or the whole document where that is not known or not shorter.
 * @param {{put: PutDraft, patch: PatchDraft}} server
 * @param {string} task
 * @param {Track} track
 * @param {ReadonlySet<string> | null} dirty
 * @param {AnnotationDocument} document
 */
export function sendDraft(server, task, { subject, version }, dirty, document) {
  const rest = { lease: subject.lease(), active_seconds: subject.seconds() };
  const changes = version !== null && dirty ? subject.changes?.(dirty) : null;
  if (changes && version !== null) return server.patch(task, { ...rest, ...changes, version });
  return server.put(task, { ...rest, document, version });
}
