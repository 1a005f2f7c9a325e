// @ts-check

/**
 * A refusal or failure, in the shape of the server's problem details.
 * `status` 0 means that no answer came at all.
 */
export class ApiError extends Error {
  name = "ApiError";

  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {Record<string, unknown>} [problem]
   */
  constructor(status, code, detail, problem = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.problem = problem;
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Messages by field path. @returns {Record<string, string[]>} */
  get fields() {
    return /** @type {Record<string, string[]>} */ (this.problem["fields"] ?? {});
  }
}

/** JSON over the session of the page. */
export class Api {
  #csrf;
  /** Server time minus browser time, in milliseconds; `null` until an answer came. @type {number | null} */
  clockOffset = null;

  /** @param {() => string} csrf reads the token when it is needed */
  constructor(csrf) {
    this.#csrf = csrf;
  }

  /**
   * @param {"GET" | "POST" | "PUT" | "PATCH"} method
   * @param {string} url
   * @param {unknown} [body]
   * @param {{keepalive?: boolean, timeout?: number}} [options]
   * @returns {Promise<any>} the answer's JSON, `null` for an empty one
   */
  async send(method, url, body, { keepalive = false, timeout = 20_000 } = {}) {
    /** @type {RequestInit} */
    const request = {
      method, keepalive, credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.#csrf() },
      signal: AbortSignal.timeout(timeout),
    };
    if (body !== undefined) request.body = JSON.stringify(body);
    const response = await fetch(url, request).catch(() => {
      throw new ApiError(0, "unreachable", "The server cannot be reached.");
    });
    this.#readClock(response);
    if (response.redirected) throw new ApiError(401, "signed_out", "You are signed out. Sign in again in another tab.");
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? null : response.json();
  }

  /** @param {Response} response */
  #readClock(response) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.clockOffset = date - Date.now();
  }
}

/** @param {Response} response */
async function problemOf(response) {
  /** @type {Record<string, unknown>} */
  const problem = await response.json().catch(() => ({}));
  const detail = String(problem["detail"] ?? problem["title"] ?? `The server answered ${response.status}.`);
  return new ApiError(response.status, String(problem["code"] ?? "error"), detail, problem);
}
