// @ts-check
/** @import { Editor, Surroundings } from "./editor.js" */
/** @import { Values } from "./preferences.js" */
/**
 * Types shared by the editor's modules. Lengths are pixels of the stored image unless a name says `screen`.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{width: number, height: number}} Size
 *
 * @typedef {"manual" | "prelabel" | "prelabel-edited" | "import"} Origin
 * @typedef {{id: string, label: string, origin: Origin, note: string, z: number}} RegionBase
 * @typedef {Readonly<RegionBase & Box & {shape: "box", crowd: boolean}>} BoxShape
 * @typedef {readonly (readonly [number, number])[]} Ring
 * @typedef {readonly Ring[]} Rings
 * @typedef {Readonly<RegionBase & {shape: "polygon", parts: Rings}>} PolygonShape
 * @typedef {Readonly<{size: readonly [number, number], counts: string}>} Rle
 * @typedef {Readonly<RegionBase & Box & {shape: "mask", rle: Rle}>} MaskShape
 * @typedef {BoxShape | PolygonShape | MaskShape} Shape
 *
 * What is said about the image as a whole lives in the store beside its regions, under the id `@image`.
 * @typedef {Readonly<{id: "@image", shape: "image", labels: readonly string[], empty: boolean}>} ImageAnswer
 * @typedef {Shape | ImageAnswer} Item
 *
 * @typedef {{labels: string[], regions: Record<string, unknown>[], empty: boolean}} AnnotationDocument
 *
 * What became of some regions: where they are, each upon the one named, lowest first; which are gone; what is said of the image.
 * @typedef {{
 *   placed: {after: string | null, region: Record<string, unknown>}[], removed: string[], labels: string[], empty: boolean,
 * }} DraftChanges
 *
 * @typedef {{kind: "vertex" | "edge" | "body", id: string, index: number}} Hit
 * @typedef {{kind: "vertex" | "edge", index: number, also?: ReadonlySet<number> | undefined}} Grip `also`: corners that go with it
 * @typedef {{shift: boolean, alt: boolean, ctrl: boolean}} Mods
 * @typedef {{point: Point, screen: Point, button: number, mods: Mods, hit: Hit | null, touch: boolean}} ToolEvent
 *
 * How the image lies on the stage: `scale` in screen pixels per image pixel, quarter turns clockwise after mirroring, and
 * where the image's origin comes to lie, in screen pixels. Map points with viewport.js alone.
 * @typedef {{scale: number, x: number, y: number, turn: 0 | 1 | 2 | 3, flip: boolean}} View
 *
 * @typedef {{code: string, name: string, path: string, parent: string | null, depth: number, colour: string, hotkey: string, description: string}} Label
 * @typedef {{token: string, expires_at: string}} Lease
 * @typedef {{code: string, name: string, url: string, own_url?: string, thumbnail_url: string, width: number, height: number, values_url?: string, tiles_url?: string, frame?: number, details?: Record<string, unknown>}} ImageInfo
 * @typedef {{document: AnnotationDocument, version: number, active_seconds: number}} Draft
 * @typedef {{
 *   code: string, lease: Lease, kind: "manual" | "clustered" | "prelabelled", image: ImageInfo,
 *   prelabel: AnnotationDocument | null, prelabel_confidence: number | null, draft: Draft | null, rejection_note: string,
 *   image_changed?: boolean,
 * }} Task
 * @typedef {{tasks: Task[], reason: string | null, remaining: number | null}} Page
 * @typedef {{annotation: string, task: string, image: ImageInfo, skipped: boolean, document: AnnotationDocument | null}} HistoryEntry
 * Where a comment points to: a point in image pixels, a region by its id, or, without either, the whole image.
 * @typedef {{x: number | null, y: number | null, region: string}} Pin
 * @typedef {{
 *   code: string, thread: string | null, author: {code: string, name: string}, mine: boolean, kind: "comment" | "flag", text: string,
 *   resolved_at: string | null, created_at: string,
 * } & Pin} Comment
 * @typedef {{code: string, text: string, kind: "comment" | "flag", thread: string | null} & Partial<Pin>} NewComment
 * @typedef {{task: string, lease: string, document: AnnotationDocument | null, skip_reason: string | null, active_seconds: number}} SubmitItem
 * @typedef {{task: string, outcome: "submitted" | "skipped" | "replayed", annotation: string, version: number}} SubmitResult
 * @typedef {{results: SubmitResult[], next: Page | null}} SubmitAnswer
 * @typedef {{
 *   lease: string, submit: string, heartbeat: string, release: string, draft: string, history: string, leave: string, reopen?: string,
 *   comments?: string, comment?: string, preferences?: string,
 * }} Urls
 * @typedef {{
 *   project: {code: string, name: string, task_type: string, paused: boolean, instructions_html: string, instructions_url: string},
 *   labels: Label[], page: Page | null, page_sizes: number[], page_size?: number, user: {code?: string, name: string},
 *   draft_seconds: number, heartbeat_seconds: number, urls: Urls, preferences?: Partial<Values>,
 * }} Bootstrap
 *
 * What looking at one image needs: the region editor, and the large view of the classification page.
 * @typedef {Pick<Editor,
 *   "session" | "viewport" | "machine" | "desk" | "scene" | "labels" | "entry" | "editable" | "opened" | "edited" | "say" | "draws" | "hit" | "selected"
 * > & {ui: Pick<Surroundings, "say" | "focusStage" | "togglePanel">}} Looker
 *
 * Time and timers, injected so that tests run without waiting. `now` is in milliseconds.
 * @typedef {{now: () => number, after: (milliseconds: number, run: () => void) => unknown, cancel: (timer: any) => void}} Clock
 * @typedef {{getItem: (key: string) => string | null, setItem: (key: string, value: string) => void, removeItem: (key: string) => void, key: (index: number) => string | null, readonly length: number}} TextStorage
 */

export {};
