// @ts-check
/** A page that takes one file, of labels or a list of images: sends it in chunks, then goes to its report. The queue is the uploads'. */
/** @import { Picked } from "../projects/upload-files.js" */
import { fromDrop, fromPicker } from "../projects/upload-files.js";
import { Refused, UploadQueue } from "../projects/upload-queue.js";

const settings = JSON.parse(document.getElementById("bootstrap")?.textContent ?? "{}");
const csrf = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.querySelector(`[data-import="${name}"]`));
const [drop, panel, bar, summary, speed, again] = ["drop", "panel", "bar", "summary", "speed", "retry"].map(part);

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

/** What was made as the queue's row: it is done when the server goes on to look it through. @param {any} made */
const row = (made) => ({
  code: made.code,
  received: made.received,
  state: made.state === "receiving" ? "receiving" : "done",
  reason: "",
});

/** What goes with the file: from the server, and what was chosen on the page. */
function body() {
  const form = document.querySelector('form[data-import="choices"]');
  return { ...settings.body, ...(form instanceof HTMLFormElement ? Object.fromEntries(new FormData(form)) : {}) };
}

const queue = new UploadQueue({
  chunk: settings.chunk,
  batch: 1,
  parallel: 1,
  announce: async ([file]) => {
    const whole = JSON.stringify({ ...body(), name: file?.path, byte_size: file?.byte_size });
    return [row(await request(settings.url, { method: "POST", headers: { "Content-Type": "application/json" }, body: whole }))];
  },
  send: async (code, offset, bytes) => {
    const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
    return row(await request(`${settings.url}${code}/file/`, { method: "PATCH", headers, body: bytes }));
  },
  changed: draw,
});

/** @param {number} bytes */
function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  return `${(bytes / 1024 ** step).toFixed(step && bytes / 1024 ** step < 100 ? 1 : 0)} ${units[step]}`;
}

function draw() {
  const item = queue.items.at(-1);
  panel?.toggleAttribute("hidden", !item);
  drop?.toggleAttribute("hidden", Boolean(item) && item?.state !== "failed");
  if (!item) return;
  if (item.state === "done") {
    window.location.assign(`${settings.page}${item.code}/`);
    return;
  }
  bar?.setAttribute("max", String(Math.max(item.content.size, 1)));
  bar?.setAttribute("value", String(item.received));
  if (summary) summary.textContent = item.state === "failed" ? item.reason : `Uploading ${item.path}`;
  if (speed) speed.textContent = `${size(item.received)} of ${size(item.content.size)}`;
  again?.toggleAttribute("hidden", item.state !== "failed");
}

/** @param {Picked[]} files */
function take(files) {
  const file = files[0];
  if (!file) return;
  queue.cancel();
  queue.items.length = 0;
  queue.add([{ path: file.path.split("/").at(-1) ?? file.path, content: file.content }]);
}

const picker = document.getElementById("pick-file");
picker?.addEventListener("change", () => {
  if (picker instanceof HTMLInputElement && picker.files) take(fromPicker(picker.files));
});
document.querySelector("[data-picks]")?.addEventListener("click", () => picker?.click());
again?.addEventListener("click", () => queue.retry());
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
