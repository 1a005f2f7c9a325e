// @ts-check
/**
 * Times as people say them: <time datetime="…" data-relative>. The words are relative ("3 minutes ago"), the title is the
 * exact time in the person's own time zone; both are renewed every 30 seconds.
 */

/** @type {[Intl.RelativeTimeFormatUnit, number][]} unit and its length in seconds, longest first */
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/**
 * "3 minutes ago", "in 2 days", "just now".
 * @param {number} at milliseconds since the epoch @param {number} now the same
 */
export function relative(at, now) {
  const seconds = (at - now) / 1000;
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  return unit ? words.format(Math.trunc(seconds / unit[1]), unit[0]) : "just now";
}

/** @param {ParentNode} root */
function write(root) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    const at = Date.parse(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(at)) continue;
    time.textContent = relative(at, Date.now());
    time.setAttribute("title", exact.format(at));
  }
}

if (typeof document !== "undefined") {
  write(document);
  setInterval(() => write(document), 30_000);
  document.addEventListener("htmx:load", () => write(document));
}
