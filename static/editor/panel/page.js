// @ts-check
import { Preferences } from "../preferences.js";
import { Vault, databaseShelf, textShelf } from "../vault.js";
import { maybePart } from "./dom.js";
/** @import { Api } from "../api.js" */
/** @import { Desk } from "../desk.js" */
/** @import { Bootstrap, Clock } from "../types.js" */

/** What the server wrote into the page. @returns {Bootstrap} */
export function readBootstrap() {
  return JSON.parse(document.getElementById("bootstrap")?.textContent ?? "null");
}

/** The token that a write needs; the page carries it, whatever the cookie is called. @returns {string} */
export function csrfToken() {
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}

/** This person and this project, as one name. @param {Bootstrap} bootstrap */
export function deskName({ user, project }) {
  return `${user.code ?? user.name}:${project.code}`;
}

/** What this person has kept in this browser for this project. @param {Bootstrap} bootstrap */
export async function openVault(bootstrap) {
  const shelf = await databaseShelf(indexedDB).catch(() => textShelf(localStorage));
  return Vault.open(shelf, deskName(bootstrap));
}

/** @type {Clock} */
export const browserClock = {
  now: () => Date.now(),
  after: (milliseconds, run) => window.setTimeout(run, milliseconds),
  cancel: (timer) => window.clearTimeout(timer),
};

/**
 * The person's preferences as they came with the page; what changes goes to the server, at the latest when the page is left.
 * @param {Bootstrap} bootstrap
 * @param {Api} api
 */
export function openPreferences({ preferences, urls }, api) {
  const opened = new Preferences(preferences, {
    clock: browserClock,
    send: async (patch, last) => (urls.preferences ? api.send("PATCH", urls.preferences, patch, { keepalive: last }) : null),
  });
  window.addEventListener("pagehide", () => void opened.flush(true));
  return opened;
}

/** Where the panels become drawers over the picture. */
const NARROW = matchMedia("(max-width: 760px)");

/**
 * Shows or hides a panel. Tools and labels are there unless hidden; where there is no room they are drawers.
 * @param {"left" | "right" | "notes"} side
 * @param {boolean} [shown]
 */
export function togglePanel(side, shown) {
  const frame = maybePart("frame");
  if (!frame) return;
  const drawer = NARROW.matches && side === "right";
  const key = side === "notes" ? "shownotes" : drawer ? "drawerright" : `hide${side}`;
  const present = key in frame.dataset;
  const marksShown = !key.startsWith("hide");
  const wanted = shown ?? present !== marksShown;
  if (wanted === marksShown) frame.dataset[key] = "";
  else delete frame.dataset[key];
  for (const button of document.querySelectorAll(`[data-panel=${side}]`)) button.setAttribute("aria-expanded", String(wanted));
}

/** Puts a drawer away; a panel beside the picture stays. */
export function closeDrawer() {
  if (NARROW.matches) togglePanel("right", false);
}

/**
 * Tells the desk about the page: activity, visibility, network, and the wish to leave.
 * @param {Desk} desk
 */
export function watchPage(desk) {
  closeDrawer();
  for (const kind of ["pointerdown", "wheel", "keydown"]) {
    document.addEventListener(kind, () => desk.activity.touch(), { passive: true, capture: true });
  }
  document.addEventListener("pointerdown", (event) => {
    const inside = event.target instanceof Element && event.target.closest(".editor-side, [data-panel]");
    if (!inside) closeDrawer();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") desk.keep();
    else desk.activity.show(true);
  });
  window.addEventListener("online", () => desk.retry());
  window.addEventListener("beforeunload", (event) => {
    if (desk.sync.unsaved || desk.outbox.size > 0) event.preventDefault();
  });
  window.addEventListener("pagehide", () => {
    desk.keep();
    void desk.release(true).catch(() => null);
  });
  window.addEventListener("pageshow", (event) => event.persisted && location.reload()); // its leases were given back
}
