// @ts-check
/** The upload page: files in, progress out. The work is in upload-queue.js. */
/** @import { Item, Offer } from "./upload-queue.js" */
/** @import { Picked } from "./upload-files.js" */
import { toast } from "../components/toast.js";
import { fromDrop, fromPicker } from "./upload-files.js";
import { Refused, UploadQueue, isOpen } from "./upload-queue.js";

const MOST_ROWS = 200;
const settings = JSON.parse(document.getElementById("bootstrap")?.textContent ?? "{}");
const csrf = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
const words = new Intl.NumberFormat("en");
const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.querySelector(`[data-upload="${name}"]`));
const [drop, panel, bar, summary, speed, rows, pause, cancel, again, finished, overwrite] = [
  "drop", "panel", "bar", "summary", "speed", "rows", "pause", "cancel", "retry", "finished", "overwrite",
].map(part);

/** @param {string} url @param {RequestInit} options @returns {Promise<any>} */
async function request(url, options) {
  const response = await fetch(url, { ...options, headers: { ...csrf, Accept: "application/json", ...options.headers } }).catch(() => {
    throw new Refused(0, "");
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0);
  throw new Refused(response.status, body.detail ?? "The server could not take this file.", body.received, retryAfter);
}

/** Sends a file into the store; `fetch` would not say how far it is. @param {Offer} offer @param {File} content @param {(bytes: number) => void} sent */
function put(offer, content, sent) {
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("PUT", offer.url);
    for (const [name, value] of Object.entries(offer.headers)) sending.setRequestHeader(name, value);
    sending.upload.addEventListener("progress", (event) => sent(event.loaded));
    sending.addEventListener("load", () => (sending.status < 300 ? resolve() : reject(new Refused(sending.status, ""))));
    sending.addEventListener("error", () => reject(new Refused(0, "")));
    sending.send(content);
  });
}

let scheduled = false;
const queue = new UploadQueue({
  chunk: settings.chunk,
  batch: settings.batch,
  announce: (files) =>
    request(settings.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ dataset: settings.dataset, files, direct: settings.direct, overwrite: overwrite instanceof HTMLInputElement && overwrite.checked }),
    }),
  put,
  complete: (code) => request(`${settings.url}${code}/complete/`, { method: "POST" }),
  send: (code, offset, bytes) =>
    request(`${settings.url}${code}/`, {
      method: "PATCH",
      headers: { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) },
      body: bytes,
    }),
  changed: () => {
    if (scheduled) return;
    scheduled = true;
    setTimeout(() => {
      scheduled = false;
      draw();
    }, 120);
  },
});

/** @type {{at: number, received: number} | null} */
let began = null;
let wasOpen = false;
let archives = 0;

/** @param {number} bytes */
function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  return `${(bytes / 1024 ** step).toFixed(step && bytes / 1024 ** step < 100 ? 1 : 0)} ${units[step]}`;
}

function draw() {
  const totals = queue.totals;
  panel?.toggleAttribute("hidden", !queue.items.length);
  document.querySelector("[data-upload=unfinished]")?.toggleAttribute("hidden", queue.items.length > 0);
  bar?.setAttribute("max", String(Math.max(totals.bytes, 1)));
  bar?.setAttribute("value", String(totals.received));
  const parts = [`${words.format(totals.done)} of ${words.format(totals.files)} uploaded`];
  if (totals.duplicate) parts.push(`${words.format(totals.duplicate)} already there`);
  if (totals.failed) parts.push(`${words.format(totals.failed)} not taken`);
  if (summary) summary.textContent = parts.join(" · ");
  drawSpeed(totals);
  drawRows();
  const open = totals.open > 0;
  pause?.toggleAttribute("hidden", !open);
  cancel?.toggleAttribute("hidden", !open);
  if (pause) pause.textContent = queue.paused ? "Go on" : "Pause";
  again?.toggleAttribute("hidden", open || !totals.failed);
  finished?.toggleAttribute("hidden", open || !(totals.done || totals.duplicate));
  const unpacking = queue.items.filter((item) => item.unpacks).length;
  if (unpacking !== archives) document.body.dispatchEvent(new Event("archive-sent"));
  archives = unpacking;
  if (wasOpen && !open && totals.files) toast({ message: `${parts.join(", ")}.`, level: totals.failed ? "warning" : "success" });
  wasOpen = open;
}

/** @param {{open: number, received: number, bytes: number}} totals */
function drawSpeed(totals) {
  if (!speed) return;
  if (!totals.open || queue.paused) {
    began = null;
    speed.textContent = queue.paused && totals.open ? "Paused. You can close this page and go on later." : size(totals.received);
    return;
  }
  began ??= { at: performance.now(), received: totals.received };
  const rate = (totals.received - began.received) / Math.max((performance.now() - began.at) / 1000, 0.5);
  const left = rate > 0 ? Math.ceil((totals.bytes - totals.received) / rate) : 0;
  const time = left > 90 ? `${Math.round(left / 60)} minutes left` : `${left} seconds left`;
  speed.textContent = `${size(totals.received)} of ${size(totals.bytes)}${rate > 0 ? ` · ${size(rate)}/s · ${time}` : ""}`;
}

const SAYS = { sending: "Uploading", failed: "Not taken", duplicate: "Already there" };

function drawRows() {
  if (!rows) return;
  const shown = queue.items.filter((item) => item.state === "sending");
  for (const state of ["failed", "duplicate"]) shown.push(...queue.items.filter((item) => item.state === state));
  rows.closest("table")?.parentElement?.toggleAttribute("hidden", !shown.length);
  rows.replaceChildren(...shown.slice(0, MOST_ROWS).map(rowOf));
}

/** @param {Item} item */
function rowOf(item) {
  const row = document.createElement("tr");
  const name = row.insertCell();
  name.className = "upload-name";
  name.textContent = item.path;
  const bytes = row.insertCell();
  bytes.className = "numeric nowrap";
  bytes.textContent = size(item.content.size);
  const state = row.insertCell();
  const kind = /** @type {keyof typeof SAYS} */ (item.state);
  const percent = item.content.size > settings.chunk ? ` ${Math.floor((100 * item.received) / item.content.size)} %` : "";
  state.textContent = item.reason || `${SAYS[kind]}${kind === "sending" ? percent : ""}`;
  if (item.state === "failed") state.className = "picture-sub-danger";
  return row;
}

/** @param {Picked[]} files */
function take(files) {
  if (files.length) queue.add(files);
  else toast({ message: "There was no file in that.", level: "info" });
}

for (const input of document.querySelectorAll('[data-upload="picker"]')) {
  input.addEventListener("change", () => {
    if (!(input instanceof HTMLInputElement) || !input.files) return;
    take(fromPicker(input.files));
    input.value = "";
  });
}
for (const button of document.querySelectorAll("[data-picks]")) {
  button.addEventListener("click", () => document.getElementById(button.getAttribute("data-picks") ?? "")?.click());
}
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop?.classList.add("drop-over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop?.classList.remove("drop-over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop?.classList.remove("drop-over");
  if (event.dataTransfer) void fromDrop(event.dataTransfer).then(take);
});
pause?.addEventListener("click", () => (queue.paused ? queue.resume() : queue.pause()));
cancel?.addEventListener("click", () => queue.cancel());
again?.addEventListener("click", () => queue.retry());
window.addEventListener("beforeunload", (event) => {
  if (queue.items.some(isOpen)) event.preventDefault();
});
