// @ts-check
/**
 * Toasts. The server's messages are already in #toasts; more come
 * - from a response with `HX-Trigger: {"toast": {"message": "Saved", "level": "success"}}`,
 * - from a script with `toast({message, level})`,
 * - when a request fails. Success and info leave after 6 s, unless pointed at or focused; warnings and errors stay.
 */

const STAY_MS = 6000;
const ICONS = { success: "circle-check", info: "info", warning: "triangle-alert", error: "circle-alert" };

/** @typedef {{message: string, level?: keyof typeof ICONS}} Toast */

/** Shows one message. @param {Toast} what */
export function toast({ message, level = "info" }) {
  const pattern = document.getElementById("toast-pattern");
  const list = document.getElementById("toasts");
  if (!(pattern instanceof HTMLTemplateElement) || !list) return;
  const element = /** @type {HTMLElement} */ (pattern.content.firstElementChild?.cloneNode(true));
  element.classList.add(`toast-${level}`);
  element.setAttribute("role", level === "error" ? "alert" : "status");
  const words = element.querySelector("[data-toast-words]");
  if (words) words.textContent = message;
  const icon = element.querySelector(".icon use");
  icon?.setAttribute("href", (icon.getAttribute("href") ?? "").replace(/#.*/, `#${ICONS[level]}`));
  list.append(element);
  leaveLater(element);
}

/** @param {Element} element */
function leave(element) {
  element.classList.add("toast-leaving");
  setTimeout(() => element.remove(), 150);
}

/** @param {Element} element */
function leaveLater(element) {
  if (element.matches(".toast-error, .toast-warning") || element.hasAttribute("data-timed")) return;
  element.toggleAttribute("data-timed", true);
  setTimeout(function check() {
    if (element.matches(":hover, :focus-within")) setTimeout(check, STAY_MS);
    else leave(element);
  }, STAY_MS);
}

function timeAll() {
  for (const element of document.querySelectorAll("#toasts > .toast")) leaveLater(element);
}

/** What a failed request says to the person. @param {number} status @param {string | null} reference */
export function failureWords(status, reference) {
  const after = reference ? ` Reference ${reference}.` : "";
  if (status === 0) return "The server cannot be reached. Nothing was changed; try again when you are back online.";
  if (status === 403) return "You may not do that here. Ask a manager of this workspace.";
  if (status === 404) return "That is no longer there. Reload the page.";
  if (status === 409) return "Somebody changed this in the meantime. Reload the page and try again.";
  if (status === 429) return "That was too many requests. Wait a moment and try again.";
  return `The server could not do that. Nothing was changed.${after}`;
}

if (typeof document !== "undefined") {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-dismisses]");
    const element = button && button.closest(".toast, .callout");
    if (element) leave(element);
  });
  document.addEventListener("toast", (event) => toast(/** @type {CustomEvent<Toast>} */ (event).detail));
  document.addEventListener("htmx:responseError", (event) => {
    const request = /** @type {CustomEvent<{xhr: XMLHttpRequest}>} */ (event).detail.xhr;
    toast({ message: failureWords(request.status, request.getResponseHeader("X-Request-ID")), level: "error" });
  });
  document.addEventListener("htmx:sendError", (event) => {
    const source = /** @type {CustomEvent<{requestConfig?: {verb?: string}}>} */ (event).detail.requestConfig;
    if (source?.verb !== "get") toast({ message: failureWords(0, null), level: "error" });
  });
  document.addEventListener("htmx:load", timeAll);
  timeAll();
}
