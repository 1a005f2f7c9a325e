// @ts-check
/** @import { Api } from "./api.js" */
/** @import { Beat } from "./leases.js" */
/** @import { AnnotationDocument, Comment, DraftChanges, HistoryEntry, NewComment, Page, SubmitAnswer, SubmitItem, Task, Urls } from "./types.js" */

const REOPEN = "/api/v1/annotations/{annotation}/reopen/";

/**
 * The labelling API as functions.
 * @typedef {ReturnType<typeof connect>} Server
 */

/**
 * @param {Api} api
 * @param {Urls} urls
 */
export function connect(api, urls) {
  return {
    /** @param {number} count @param {string[]} exclude @returns {Promise<Page>} */
    lease: (count, exclude) => api.send("POST", urls.lease, { count, exclude }),

    /** @param {{key: string, items: SubmitItem[], next: number}} body @returns {Promise<SubmitAnswer>} */
    submit: (body) => api.send("POST", urls.submit, body, { timeout: 60_000 }),

    /**
     * @param {string} task
     * @param {{lease: string, document: AnnotationDocument, version: number | null, active_seconds: number}} body
     * @returns {Promise<{version: number, saved_at: string}>}
     */
    saveDraft: (task, body) => api.send("PUT", urls.draft.replace("{task}", task), body),

    /**
     * @param {string} task
     * @param {DraftChanges & {lease: string, version: number, active_seconds: number}} body
     * @returns {Promise<{version: number, saved_at: string}>}
     */
    changeDraft: (task, body) => api.send("PATCH", urls.draft.replace("{task}", task), body),

    /** The caller's latest answers. @returns {Promise<{results: HistoryEntry[]}>} */
    history: () => api.send("GET", `${urls.history}?page_size=10`),

    /** What is said about an image, page by page. @param {string} task @param {string} next the page's address; empty for the first @returns {Promise<{next: string | null, results: Comment[]}>} */
    comments: (task, next) => api.send("GET", next || (urls.comments ?? "").replace("{task}", task)),

    /** @param {string} task @param {NewComment} body @returns {Promise<Comment>} */
    comment: (task, body) => api.send("POST", (urls.comments ?? "").replace("{task}", task), body),

    /** @param {string} comment @param {boolean} resolved @returns {Promise<Comment>} */
    resolveComment: (comment, resolved) => api.send("PATCH", (urls.comment ?? "").replace("{comment}", comment), { resolved }),

    /** @param {string[]} leases @returns {Promise<Beat>} */
    heartbeat: (leases) => api.send("POST", urls.heartbeat, { leases }),

    /** @param {string[]} leases @returns {Promise<void>} */
    release: (leases) => api.send("POST", urls.release, { leases }, { keepalive: true }),

    /** @param {string} annotation @returns {Promise<Task>} */
    reopen: (annotation) => api.send("POST", (urls.reopen ?? REOPEN).replace("{annotation}", annotation)),

    clockOffset: () => api.clockOffset,
  };
}
